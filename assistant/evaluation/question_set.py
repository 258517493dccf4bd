"""Questions, what is expected of an answer to each, and the file that holds them.

The format is explained at the head of `questions.yaml` and in docs/evaluation.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from assistant.answers import Turn
from assistant.errors import SettingsError

FIXED_SET = Path(__file__).with_name("questions.yaml")
"""The set on the three seed papers."""

KINDS = frozenset({
    "fact", "number", "list", "yes-no", "definition", "method", "mechanism", "comparison", "several-papers",
    "record", "cited-work", "alias", "misspelling", "keywords", "rambling", "follow-up",
    "off-topic", "absent", "near-miss", "cited-only", "annotation-only", "false-premise", "nonsense",
    "instruction",
})  # fmt: skip
"""What questions are about; reports give the scores of each kind."""

SPLITS = ("development", "test")
"""Development is for tuning, test for reporting only."""

_REQUIRED = ("id", "kind", "question", "answerable")
_WHEN_ANSWERABLE = ("papers", "evidence", "key_facts")
_OPTIONAL = ("split", "wrong_facts", "note", "history")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question and what is expected of its answer."""

    id: str
    question: str
    kind: str
    answerable: bool
    split: str = "test"  # a question that nobody tuned on is a test question
    papers: tuple[str, ...] = ()  # file names or paper ids
    evidence: tuple[str, ...] = ()  # verbatim sentences, each of which answers the question or a part of it
    key_facts: tuple[tuple[str, ...], ...] = ()  # every fact is needed, in any one of its wordings
    wrong_facts: tuple[str, ...] = ()  # wordings that show a wrong answer
    note: str | None = None
    history: tuple[Turn, ...] = ()


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Questions with the least figures that they must yield, and the fingerprint of their file."""

    name: str
    version: str
    sha256: str
    gates: Mapping[str, float]
    questions: tuple[Question, ...]

    def part(self, split: str) -> QuestionSet:
        """Return the questions of one split, or everything for `all`."""
        if split == "all":
            return self
        return replace(self, questions=tuple(q for q in self.questions if q.split == split))

    def first(self, limit: int) -> QuestionSet:
        """Return the first questions only."""
        return replace(self, questions=self.questions[:limit])


def load(path: Path) -> QuestionSet:
    """Return the set in a YAML file.

    Raises:
        SettingsError: the file cannot be read or a question in it is not sound.
    """
    import yaml

    try:
        content = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"The question file '{path}' cannot be read ({error.strerror}).") from error
    try:
        values = yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        place = getattr(error, "problem_mark", None)
        line = f" at line {place.line + 1}" if place else ""
        raise SettingsError(f"The question file '{path}' is not valid YAML{line}: mend it there.") from error
    if not isinstance(values, dict) or not isinstance(values.get("questions"), list):
        raise SettingsError(f"The question file '{path}' needs a list named 'questions'.")
    questions = tuple(_question(value, n, path.name) for n, value in enumerate(values["questions"], 1))
    _check_whole(questions, path.name)
    return QuestionSet(
        name=path.name,
        version=str(values.get("version", "")),
        sha256=hashlib.sha256(content).hexdigest(),
        gates=_gates(values.get("gates") or {}, path.name),
        questions=questions,
    )


def _check_whole(questions: tuple[Question, ...], file: str) -> None:
    if not questions:
        raise SettingsError(f"'{file}' holds no question.")
    seen: set[str] = set()
    for question in questions:
        if question.id in seen:
            raise SettingsError(f"'{file}': the id '{question.id}' is used twice; ids must be unique.")
        seen.add(question.id)


def _gates(values: Any, file: str) -> dict[str, float]:
    if not isinstance(values, dict) or not all(isinstance(v, int | float) for v in values.values()):
        raise SettingsError(f"'{file}': 'gates' must map names of measures to numbers.")
    return {str(name): float(least) for name, least in values.items()}


def _question(values: Any, number: int, file: str) -> Question:
    """Build a question from its YAML values; says in one sentence what is wrong with them."""

    def wrong(what: str) -> SettingsError:
        return SettingsError(f"'{file}': question {name} {what}.")

    name = f"number {number}"
    if not isinstance(values, dict):
        raise wrong("is not a mapping of names to values")
    if isinstance(values.get("id"), str):
        name = f"'{values['id']}'"
    required = (*_REQUIRED, *(_WHEN_ANSWERABLE if values.get("answerable") is True else ()))
    for key in required:
        if key not in values or values[key] in (None, "", []):
            raise wrong(
                f"lacks '{key}'" + (": an answerable question needs it" if key in _WHEN_ANSWERABLE else "")
            )
    unknown = sorted(str(key) for key in set(values) - {*_REQUIRED, *_WHEN_ANSWERABLE, *_OPTIONAL})
    if unknown:
        raise wrong(f"has an unknown key '{unknown[0]}'")
    for key in ("id", "question"):
        if not isinstance(values[key], str):
            raise wrong(f"needs a text as '{key}'")
    if not isinstance(values["answerable"], bool):
        raise wrong("needs true or false as 'answerable'")
    if values["kind"] not in KINDS:
        raise wrong(f"has an unknown kind '{values['kind']}'; known are {', '.join(sorted(KINDS))}")
    if values.get("split", "test") not in SPLITS:
        raise wrong(f"has an unknown split '{values['split']}'; known are {' and '.join(SPLITS)}")
    for key in ("papers", "evidence", "wrong_facts"):
        if not _are_texts(values.get(key, [])):
            raise wrong(f"needs a list of texts as '{key}'")
    facts = values.get("key_facts", [])
    if not isinstance(facts, list) or not all(group and _are_texts(group) for group in facts):
        raise wrong("needs a list of lists of wordings as 'key_facts'")
    history = values.get("history", [])
    if not isinstance(history, list) or not all(isinstance(t, dict) and t.get("question") for t in history):
        raise wrong("needs a list of turns, each with a 'question', as 'history'")
    return Question(
        id=values["id"],
        question=values["question"],
        kind=values["kind"],
        answerable=values["answerable"],
        split=values.get("split", "test"),
        papers=tuple(values.get("papers", [])),
        evidence=tuple(values.get("evidence", [])),
        key_facts=tuple(tuple(group) for group in facts),
        wrong_facts=tuple(values.get("wrong_facts", [])),
        note=values.get("note"),
        history=tuple(Turn(turn["question"], turn.get("answer")) for turn in history),
    )


def _are_texts(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) and value.strip() for value in values)
