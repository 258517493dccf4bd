"""The embedded reader: chooses the sentences that answer, orders them, or abstains. No language model.

Every claim is a sentence of a paper, word for word.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.questions import Inquiry
from assistant.signals import Match, Term, drugs, match, question_terms, similar
from index.papers import Hit, Kind, SentenceHit
from index.retrieval import Catalogue

READ_PASSAGES = 12
"""Passages whose sentences are weighed; the answer's is among the first ten for four questions in five."""

MOST_CLAIMS = 4
"""Sentences of an answer at most: more is a page to read, not an answer."""

ANSWER_FROM = 0.5
"""Confidence from which the reader answers."""

KEEP_SHARE = 0.78
"""A further sentence must score this share of the first one's score."""

SAME_SHARE = 0.8
"""Two sentences that share this much of their words say the same."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may answer, with what speaks for it."""

    hit: Hit
    sentence: SentenceHit
    match: Match
    score: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader chose; `chosen` is empty when it abstains."""

    chosen: tuple[Candidate, ...]
    confidence: float


def read(inquiry: Inquiry, hits: Sequence[Hit], catalogue: Catalogue) -> Reading:
    """Return the sentences that answer, the most direct first, with the probability that they do."""
    question = question_terms(inquiry.searched_as, catalogue.aliases, catalogue.text.sentences.idf)
    candidates = [
        candidate(inquiry, question, hit, sentence)
        for hit in hits[:READ_PASSAGES]
        for sentence in hit.sentences
    ]
    own = [c for c in candidates if c.hit.kind is Kind.TEXT]
    ranked = _ranked(own)
    if not ranked or ranked[0].confidence < ANSWER_FROM:
        summaries = _ranked([c for c in candidates if c.hit.kind is Kind.SUMMARY])
        if summaries and summaries[0].confidence >= ANSWER_FROM:
            ranked = summaries
    if not ranked:
        return Reading((), 0.0)
    confidence = ranked[0].confidence
    if confidence < ANSWER_FROM:
        return Reading((), confidence)
    return Reading(_selection(ranked), confidence)


def candidate(inquiry: Inquiry, question: Sequence[Term], hit: Hit, sentence: SentenceHit) -> Candidate:
    """Weigh a sentence."""
    found = match(question, sentence.text, f"{hit.text} {hit.record.title}")
    in_title = hit.section == "Title"
    swapped = bool(drugs(inquiry.searched_as) - drugs(sentence.text)) and bool(
        drugs(sentence.text) - drugs(inquiry.searched_as)
    )
    score = (
        0.35 * sentence.dense
        + 0.25 * found.sentence
        + 0.15 * sentence.lexical
        + 0.15 * hit.score
        + 0.10 * found.passage
        - 0.08 * in_title
        - 0.10 * swapped
        - 0.05 * min(2, len(found.elsewhere))
        - 0.30 * bool(found.missing)
    )
    logit = (
        -4.6
        + 4.0 * found.passage
        + 2.0 * found.sentence
        + 4.0 * sentence.dense
        - 3.5 * len(found.missing)
        - 1.5 * swapped
        - 0.6 * min(2, len(found.elsewhere))
    )
    return Candidate(hit, sentence, found, score, 1 / (1 + math.exp(-logit)))


def _ranked(candidates: Sequence[Candidate]) -> list[Candidate]:
    return sorted(candidates, key=lambda c: -c.score)


def _selection(ranked: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Return the best sentence and those near it that add something."""
    chosen = [ranked[0]]
    for c in ranked[1:]:
        if len(chosen) == MOST_CLAIMS or c.score < KEEP_SHARE * ranked[0].score:
            break
        if c.confidence < ANSWER_FROM or any(
            similar(c.sentence.text, o.sentence.text) >= SAME_SHARE for o in chosen
        ):
            continue
        chosen.append(c)
    order = {c.hit.record.id: n for n, c in reversed(list(enumerate(chosen)))}
    first = chosen[0]
    rest = sorted(chosen[1:], key=lambda c: (order[c.hit.record.id], c.sentence.start))
    return (first, *rest)
