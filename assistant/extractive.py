"""The embedded reader: chooses the sentences that answer, orders them, or abstains. No language model.

Every claim is a sentence of a paper, word for word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.questions import Inquiry
from assistant.signals import Term, similar
from assistant.weighing import Candidate, Weighed, is_about_something, take_apart, weigh
from index.evidence import role_at
from index.lexical import stems
from index.papers import Hit, Kind, Paper, Role
from index.retrieval import Catalogue

if TYPE_CHECKING:
    from assistant.span_reader import SpanReader

MOST_CLAIMS = 4
"""Sentences of an answer at most: more is a page to read, not an answer."""

ANSWER_FROM = 0.4
"""Log-odds from which the reader answers: .6 on the seed papers. On 566 questions for tuning 0.2 answers .73 rightly and
abstains for .91, 0.4 gives .71 and .93, 0.8 gives .64 and .96 (docs/evaluation.md)."""

OWN_RESULT_WITHIN = 0.5
"""A result of the paper may score this much (log-odds) below background or another's work and still be given first:
a quarter of `KEEP_WITHIN`, where the reader's order is hardly better than chance."""

KEEP_WITHIN = 2.0
"""A further sentence may score this much (log-odds) below the first."""

OVERVIEW_CLAIMS = 3
"""Sentences that stand for a whole paper."""

OVERVIEW_CONFIDENCE = 0.8
"""Confidence in them: they are the paper's words, but which ones matter is a guess."""

SAME_SHARE = 0.8
"""Two sentences that share this much of their words say the same."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader chose; `chosen` is empty when it abstains."""

    chosen: tuple[Candidate, ...]
    confidence: float


def read(
    inquiry: Inquiry,
    hits: Sequence[Hit],
    catalogue: Catalogue,
    is_word: Callable[[str], bool],
    reader: SpanReader,
) -> Reading:
    """Return the sentences that answer, the most direct first, with the probability that they do."""
    asked = take_apart(inquiry, catalogue, is_word)
    if asked.papers:
        hits = [hit for hit in hits if hit.record.id in asked.papers]
    if not asked.papers and asked.expected is None and not is_about_something(asked.terms):
        return Reading((), 0.0)
    weighed = weigh(asked, hits, catalogue, reader)
    if asked.papers and asked.expected is None and not asked.terms:
        return _overview(weighed.candidates)
    confidence = 0.0
    for kind in (Kind.TEXT, Kind.SUMMARY):  # a summary answers only what the paper's own words do not
        ranked = [c for c in weighed.candidates if c.hit.kind is kind]
        if ranked:
            ranked = _own_result_first(ranked, catalogue.papers)
            sure = weighed.confidence(ranked[0])
            if weighed.log_odds(ranked[0]) >= ANSWER_FROM:
                return Reading(_selection(weighed, ranked), sure)
            confidence = max(confidence, sure)
    return Reading((), confidence)


def _own_result_first(ranked: list[Candidate], papers: Mapping[str, Paper]) -> list[Candidate]:
    """Return the candidates with a paper's own result before background or another's work that is no better.

    It must score nearly as much, show no more signs of a near miss, and cover as much of the question.
    """

    def role(candidate: Candidate) -> Role | None:
        sentence = candidate.sentence
        return role_at(papers[candidate.hit.record.id], sentence.start, sentence.end)

    first = ranked[0]
    near = [
        c for c in ranked[1:]
        if c.score >= first.score - OWN_RESULT_WITHIN and c.against <= first.against
        and c.match.sentence >= first.match.sentence
    ]  # fmt: skip
    if near and role(first) in (Role.CITED, Role.BACKGROUND):
        own = next((c for c in near if role(c) is Role.RESULT and c.hit.section != "Title"), None)
        if own is not None:
            return [own, *(c for c in ranked if c is not own)]
    return ranked


def _overview(candidates: Sequence[Candidate]) -> Reading:
    """Return what stands for a whole paper: the sentences of its abstract nearest to its title, in text order."""
    body = [c for c in candidates if c.hit.kind is Kind.TEXT and c.hit.section != "Title"]
    nearest = sorted(body, key=lambda c: -similar(c.hit.record.title, c.sentence.text))[:OVERVIEW_CLAIMS]
    chosen = sorted(nearest, key=lambda c: (c.hit.record.id, c.sentence.start))
    return Reading(tuple(chosen), OVERVIEW_CONFIDENCE if chosen else 0.0)


def _selection(weighed: Weighed, ranked: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Return the best sentence and those near it that add something; the best of each paper where several may."""
    first = ranked[0]
    chosen = [first]
    if weighed.asked.why and (reason := _before(first, ranked)):
        chosen.append(reason)
    answering = [c for c in ranked[1:] if weighed.log_odds(c) >= ANSWER_FROM]
    if weighed.asked.several:
        for c in sorted(answering, key=lambda c: -weighed.log_odds(c)):
            if c.hit.record.id not in {o.hit.record.id for o in chosen}:
                _take(c, first, chosen)
    for term in weighed.asked.terms:  # a named thing that no chosen sentence speaks of
        if term.named and not any(_speaks_of(c, term) for c in chosen):
            speaking = next((c for c in answering if _speaks_of(c, term)), None)
            if speaking is not None:
                _take(speaking, first, chosen)
    for c in answering:
        if c.score >= first.score - KEEP_WITHIN:
            _take(c, first, chosen)
    order = {c.hit.record.id: n for n, c in reversed(list(enumerate(chosen)))}
    rest = sorted(chosen[1:], key=lambda c: (order[c.hit.record.id], c.sentence.start))
    return (first, *rest)


def _speaks_of(candidate: Candidate, term: Term) -> bool:
    return term.in_(frozenset(stems(candidate.sentence.text)))


_THEREFORE = re.compile(
    r"^(?:therefore|thus|hence|consequently|as a result|accordingly|for this reason)\b", re.IGNORECASE
)


def _before(candidate: Candidate, ranked: Sequence[Candidate]) -> Candidate | None:
    """Return the sentence before one that only draws its conclusion ('Therefore, …'): it holds the reason."""
    if not _THEREFORE.match(candidate.sentence.text):
        return None
    before = [
        c for c in ranked
        if c.hit.record.id == candidate.hit.record.id and c.hit.start == candidate.hit.start
        and c.sentence.end <= candidate.sentence.start
    ]  # fmt: skip
    return max(before, key=lambda c: c.sentence.end, default=None)


def _take(candidate: Candidate, first: Candidate, chosen: list[Candidate]) -> None:
    """Add a sentence unless the answer is full, it is a near miss, or it says what is there already."""
    if (
        len(chosen) == MOST_CLAIMS
        or candidate.against > first.against + 1
        or candidate.hit.section == "Title"
    ):
        return
    if any(similar(candidate.sentence.text, o.sentence.text) >= SAME_SHARE for o in chosen):
        return
    chosen.append(candidate)
