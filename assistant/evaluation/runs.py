"""Runs: asks every question through the public `Assistant` and measures what comes back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Protocol

from assistant.answers import Answer, Citation, Turn
from assistant.checking import supports
from assistant.evaluation.measures import DEPTH, Verbatim, measured
from assistant.evaluation.question_set import Question, QuestionSet
from assistant.evaluation.rows import Row
from index.papers import Hit, Paper

VERIFIER = "assistant.checking.supports"
"""What decides whether quotes support a claim; named in every report, since figures depend on it."""

PLAIN_TEXT = frozenset({".txt", ".md"})
"""Source files whose own text a quote can be looked up in."""


class Papers(Protocol):
    """The part of a library that quotes are checked against."""

    def paper(self, id: str) -> Paper:
        """Return a stored paper."""
        ...


class Asked(Protocol):
    """The part of `Assistant` that is evaluated."""

    @property
    def library(self) -> Papers:
        """The papers."""
        ...

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """Answer a question."""
        ...

    def search(self, question: str, limit: int = DEPTH) -> list[Hit]:
        """Find passages."""
        ...


def run(assistant: Asked, questions: QuestionSet) -> Iterator[Row]:
    """Ask every question and yield its row, in the order of the set."""
    verbatim = verbatim_in(assistant.library)
    for question in questions.questions:
        answer, hits, error, seconds = _ask(assistant, question)
        metrics = measured(question, answer, hits, supports=supported, verbatim=verbatim)
        yield row_of(question, answer, metrics, set=questions.sha256, error=error, seconds=seconds)


def _ask(assistant: Asked, question: Question) -> tuple[Answer | None, list[Hit], str | None, float]:
    begin = time.perf_counter()
    try:
        answer = assistant.ask(question.question, question.history)
        seconds = time.perf_counter() - begin
        hits = assistant.search(answer.searched_as or question.question, limit=DEPTH)
    except Exception as error:  # whatever it is, it counts as wrong, is listed, and the rest goes on
        return None, [], f"{type(error).__name__}: {error}", time.perf_counter() - begin
    return answer, hits, None, seconds


def supported(claim: str, quotes: Sequence[str], question: str) -> bool:
    """Return what `VERIFIER` says."""
    return supports(claim, quotes, question).supported


def verbatim_in(library: Papers) -> Verbatim:
    """Return the check that a quote stands in its stored paper, and in the file that it came from."""

    @cache
    def source(path: str | None) -> str | None:
        if path is None or Path(path).suffix.casefold() not in PLAIN_TEXT:
            return None
        try:
            return Path(path).read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            return None  # gone since, or not UTF-8: the stored text is still checked

    @cache
    def text(id: str) -> str:
        return library.paper(id).text

    def check(citation: Citation) -> bool:
        if not citation.quote or text(citation.paper.id)[citation.start : citation.end] != citation.quote:
            return False
        original = source(citation.paper.path)
        return original is None or citation.quote in original

    return check


def row_of(
    question: Question,
    answer: Answer | None,
    metrics: dict[str, float],
    *,
    set: str,
    error: str | None = None,
    seconds: float,
    right: Callable[[dict[str, float]], bool] = lambda metrics: metrics.get("answered_right") == 1,
) -> Row:
    """Return a question's row; `right` says from the measures whether a right answer was given."""
    return Row(
        set=set,
        id=question.id,
        split=question.split,
        kind=question.kind,
        question=question.question,
        answerable=question.answerable,
        answered=answer is not None and answer.answered,
        right=right(metrics),
        confidence=round(answer.confidence, 4) if answer else 0.0,
        seconds=round(seconds, 4),
        metrics=metrics,
        text=answer.text if answer else "",
        quotes=tuple(citation.quote for citation in answer.citations) if answer else (),
        error=error,
        history=tuple(turn.question for turn in question.history),
        expected={
            "papers": list(question.papers),
            "evidence": list(question.evidence),
            "key_facts": [list(group) for group in question.key_facts],
            "wrong_facts": list(question.wrong_facts),
            "note": question.note,
        },
    )
