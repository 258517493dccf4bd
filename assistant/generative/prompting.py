"""Prompt texts, read from the `prompts` folder, and what is put into them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

import assistant
from assistant.answers import Turn
from assistant.errors import SettingsError
from index.papers import Hit, Kind

CANNOT_ANSWER = "NOT IN THESE PAPERS"
"""What a model replies, alone on its line, when the passages do not answer the question."""

PASSAGE_TOKENS = 5000
"""Tokens of passages in one prompt: with the rules, some history and a reply it fits a context of 8,192."""

HISTORY_TURNS = 4
"""Earlier turns that a prompt holds: follow-ups point at what was said lately."""

HISTORY_CHARACTERS = 800
"""Characters of an earlier question or answer that a prompt holds."""

PLACEHOLDERS = {
    "answer": {"cannot_answer"},
    "question": {"passages", "history", "question", "cannot_answer"},
    "rewrite": {"history", "question"},
    "repair": {"problem", "cannot_answer"},
}
"""The `$name` placeholders that each prompt file must hold, no more and no less."""

_FENCE = re.compile(r"<(?=\s*/?\s*(?:passage|conversation)\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Prompts:
    """The four prompt texts with their placeholders."""

    answer: Template
    question: Template
    rewrite: Template
    repair: Template


def prompts_folder() -> Path:
    """Return the folder that lies beside the package, the same in a checkout and in a wheel."""
    return Path(assistant.__file__).resolve().parents[1] / "prompts"


def load_prompts(folder: Path | None = None) -> Prompts:
    """Return the prompts of a folder, by default the installed one.

    Raises:
        SettingsError: a file is missing, or its placeholders are not the expected ones.
    """
    folder = folder or prompts_folder()
    return Prompts(**{name: _load(folder / f"{name}.md", names) for name, names in PLACEHOLDERS.items()})


def _load(path: Path, names: set[str]) -> Template:
    """Return one prompt after checking that it holds exactly the placeholders `names`."""
    try:
        template = Template(path.read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"The prompt file {path} cannot be read; put it back or install again.") from None
    if not template.is_valid():
        raise SettingsError(f"The prompt file {path} has a '$' that is no placeholder; write '$$' for it.")
    found = set(template.get_identifiers())
    if missing := names - found:
        raise SettingsError(f"The prompt file {path} lacks the placeholder {_listed(missing)}; add it.")
    if unknown := found - names:
        raise SettingsError(
            f"The prompt file {path} has the unknown placeholder {_listed(unknown)}; remove it."
        )
    return template


def _listed(names: set[str]) -> str:
    return ", ".join(f"${name}" for name in sorted(names))


def pack(hits: Sequence[Hit], count_tokens: Callable[[str], int], budget: int = PASSAGE_TOKENS) -> list[Hit]:
    """Return the hits, in rank order, that fit a prompt of `budget` tokens of passages.

    A passage that does not fit is left out whole, since half a passage misleads; smaller ones after it may
    still fit. Annotations are machine-made and never handed to a model.
    """
    packed: list[Hit] = []
    used = 0
    for hit in hits:
        cost = count_tokens(fence(len(packed) + 1, hit))
        if hit.kind is not Kind.ANNOTATION and used + cost <= budget:
            packed.append(hit)
            used += cost
    return packed


def fence(number: int, hit: Hit) -> str:
    """Return a passage between marks that its own text cannot forge.

    The text keeps its length: only the `<` of a mark inside it is changed.
    """
    about = f'paper="{_attribute(hit.record.short)}" section="{_attribute(hit.section)}" kind="{hit.kind}"'
    return f"<passage [{number}] {about}>\n{_defused(hit.text)}\n</passage [{number}]>"


def transcript(history: Sequence[Turn]) -> str:
    """Return the last turns as lines of `User:` and `Assistant:`, each cut to a bounded length."""
    lines = []
    for turn in history[-HISTORY_TURNS:]:
        lines.append(f"User: {_cut(turn.question)}")
        if turn.answer:
            lines.append(f"Assistant: {_cut(turn.answer)}")
    return "\n".join(lines) or "(none)"


def _cut(text: str) -> str:
    line = _defused(" ".join(text.split()))
    return line if len(line) <= HISTORY_CHARACTERS else line[:HISTORY_CHARACTERS].rstrip() + " …"


def _defused(text: str) -> str:
    """Return text in which no mark of ours can begin or end."""
    return _FENCE.sub("‹", text)


def _attribute(text: str) -> str:
    return " ".join(re.sub(r'[<>"\[\]]', " ", text).split())
