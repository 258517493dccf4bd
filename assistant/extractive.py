"""The embedded reader: chooses the sentences that answer, orders them, or abstains. No language model.

Every claim is a sentence of a paper, word for word.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.checking import conflicts
from assistant.expectations import (
    Expectation,
    asks_definition,
    asks_several,
    expectation,
    resisted,
    words_asking,
)
from assistant.questions import Inquiry
from assistant.signals import GENERIC_WEIGHT, Match, Term, drugs, match, question_terms, similar
from index.aliases import definitions
from index.normalising import fold
from index.papers import Hit, Kind, SentenceHit
from index.retrieval import Catalogue

READ_PASSAGES = 12
"""Passages whose sentences are weighed; the answer's is among the first ten for four questions in five."""

MOST_CLAIMS = 4
"""Sentences of an answer at most: more is a page to read, not an answer."""

ANSWER_FROM = 0.5
"""Confidence from which the reader answers."""

KEEP_SHARE = 0.82
"""A further sentence must score this share of the first one's score."""

OTHER_PAPER_SHARE = 0.6
"""The same for the best sentence of another paper, where several may answer."""

OVERVIEW_CLAIMS = 3
"""Sentences that stand for a whole paper."""

OVERVIEW_CONFIDENCE = 0.8
"""Confidence in them: they are the paper's words, but which ones matter is a guess."""

VETO = 6.0
"""Log-odds that one sign of a near miss costs: more than everything that can speak for a sentence."""

SAME_SHARE = 0.8
"""Two sentences that share this much of their words say the same."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, taken apart for weighing sentences."""

    text: str
    terms: tuple[Term, ...]
    expected: Expectation | None
    definition_of: frozenset[str]  # folded names whose definition is asked for
    several: bool
    yes_no: bool
    why: bool
    how_done: bool  # asks for a method: then what was set up or used is the answer
    papers: frozenset[str]  # ids of the papers that the question names; empty: any
    presumes: str | None  # the statement that a why- or how-question takes for granted


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


def read(
    inquiry: Inquiry, hits: Sequence[Hit], catalogue: Catalogue, is_word: Callable[[str], bool]
) -> Reading:
    """Return the sentences that answer, the most direct first, with the probability that they do."""
    asked = take_apart(inquiry, catalogue, is_word)
    if asked.papers:
        hits = [hit for hit in hits if hit.record.id in asked.papers]
    candidates = [weigh(asked, hit, sentence) for hit in hits[:READ_PASSAGES] for sentence in hit.sentences]
    if not _about(asked.terms) and not asked.papers and asked.expected is None:
        return Reading((), 0.0)
    if asked.papers and asked.expected is None and not _about(asked.terms):
        return _overview(candidates)
    own = _ranked([c for c in candidates if c.hit.kind is Kind.TEXT])
    if own and own[0].confidence >= ANSWER_FROM:
        return Reading(_selection(asked, own), own[0].confidence)
    summaries = _ranked([c for c in candidates if c.hit.kind is Kind.SUMMARY])
    if summaries and summaries[0].confidence >= ANSWER_FROM:
        return Reading(_selection(asked, summaries), summaries[0].confidence)
    return Reading((), max((c.confidence for c in candidates), default=0.0))


_PAPER_NAMED = re.compile(
    r"\b(?:the|this|that) (?P<name>[^\s?.,]+(?: [^\s?.,]+)?) (?:paper|study|article|work)\b", re.IGNORECASE
)


def _about(terms: Sequence[Term]) -> bool:
    """Return whether terms say anything beyond the words in which questions are put."""
    return any(term.named or term.weight > GENERIC_WEIGHT for term in terms)


def _overview(candidates: Sequence[Candidate]) -> Reading:
    """Return what stands for a whole paper: the sentences of its abstract nearest to its title, in text order."""
    body = [c for c in candidates if c.hit.kind is Kind.TEXT and c.hit.section != "Title"]
    nearest = sorted(body, key=lambda c: -similar(c.hit.record.title, c.sentence.text))[:OVERVIEW_CLAIMS]
    chosen = sorted(nearest, key=lambda c: (c.hit.record.id, c.sentence.start))
    return Reading(tuple(chosen), OVERVIEW_CONFIDENCE if chosen else 0.0)


_YES_NO = re.compile(r"^(?:do|does|did|is|are|was|were|can|could|has|have|will|would|should)\b")
_NOT_A_FINDING = re.compile(
    r"^(?:to (?:investigate|determine|examine|explore|test|address|elucidate)\b|we (?:used|investigated|established|aimed)\b"
    r"|therefore, there is\b|despite\b|for nearly\b)|\b(?:remains? (?:unclear|unknown|incompletely|poorly|elusive)|urgent need)\b",
    re.IGNORECASE,
)
"""Sentences that set out an aim, a set-up or a gap rather than what was found."""

_HOW_DONE = re.compile(
    r"\bhow (?:was|were|did)\b|\bmethods?\b|\bused?\b|\bapproach\b|\bwhy\b|\bexperiments?\b|\bmodel\b|\baims?\b"
)
_WHY = re.compile(r"\bwhy\b|\bfor what reason\b|\bhow come\b")
_PRESUMING = re.compile(
    r"^(?:why|how come|for what reason) (?:do|does|did|is|are|was|were|has|have|can|could) (?P<rest>.+)$"
)


def take_apart(inquiry: Inquiry, catalogue: Catalogue, is_word: Callable[[str], bool]) -> Asked:
    """Return what a question asks for; in a follow-up, its own words say what kind of thing."""
    question = inquiry.searched_as
    asking = inquiry.question if expectation(inquiry.question) else question
    terms = question_terms(question, catalogue.aliases, catalogue.text.sentences.idf, is_word)
    papers, said = _papers_named(question, terms, catalogue)
    said |= words_asking(asking)
    terms = tuple(term for term in terms if term.name not in said and fold(term.name) not in said)
    if not _about(terms):
        terms = ()  # what is asked for and of which paper says it all
    names = frozenset(fold(t.name) for t in terms if t.named) if asks_definition(question) else frozenset()
    presuming = _PRESUMING.match(fold(question).rstrip("?. "))
    return Asked(
        text=question,
        terms=terms,
        expected=expectation(asking),
        definition_of=names,
        several=len(papers) > 1 or asks_several(question),
        yes_no=bool(_YES_NO.match(fold(question))),
        why=bool(_WHY.search(fold(question))),
        how_done=bool(_HOW_DONE.search(fold(question))),
        papers=papers,
        presumes=presuming["rest"] if presuming else None,
    )


def _papers_named(
    question: str, terms: Sequence[Term], catalogue: Catalogue
) -> tuple[frozenset[str], set[str]]:
    """Return the papers that a question names ('in the NRF2 study') and the terms that only name them."""
    papers: set[str] = set()
    said: set[str] = set()
    for mention in _PAPER_NAMED.finditer(question):
        naming = [term for term in terms if term.named and term.name in mention["name"]]
        found = {
            id
            for id, paper in catalogue.papers.items()
            if naming and not match(naming, paper.record.title, "").missing
        }
        if found:
            papers |= found
            said |= {term.name for term in naming}
    return frozenset(papers), said


def weigh(asked: Asked, hit: Hit, sentence: SentenceHit) -> Candidate:
    """Weigh a sentence."""
    found = match(asked.terms, sentence.text, f"{hit.text} {hit.record.title}")
    in_title = hit.section == "Title"
    other_drug = bool(drugs(sentence.text) - drugs(asked.text)) and any(
        term.drug and term.name in (*found.missing, *found.elsewhere) for term in asked.terms
    )
    wanted, given = resisted(asked.text), resisted(sentence.text)
    other_object = bool(wanted and given and not wanted & given)
    against = asked.presumes is not None and bool(conflicts(asked.presumes, sentence.text))
    holds = asked.expected.holds(sentence.text) if asked.expected else False
    unmet = asked.expected is not None and asked.expected.strict and not holds
    defines = bool(asked.definition_of & {fold(short) for _, short in definitions(sentence.text)})
    score = (
        0.35 * sentence.dense
        + 0.25 * found.sentence
        + 0.15 * sentence.lexical
        + 0.15 * hit.score
        + 0.10 * found.passage
        + 0.15 * holds
        + 0.40 * defines
        - 0.08 * in_title
        - 0.08 * bool(_NOT_A_FINDING.search(sentence.text) and not asked.how_done)
        - 0.10 * other_drug
        - 0.20 * other_object
        - 0.20 * against
        - 0.05 * min(2, len(found.elsewhere))
        - 0.30 * bool(found.missing)
        - 0.20 * unmet
    )
    logit = (
        -4.2
        + 4.0 * found.passage
        + 2.0 * found.sentence
        + 4.0 * sentence.dense
        + 1.0 * holds
        + 2.5 * defines
        - VETO * len(found.missing)
        - 1.5 * other_drug
        - VETO * other_object
        - VETO * against
        - VETO * unmet
        - (2.0 if asked.yes_no else 0.6) * min(2, len(found.elsewhere))
    )
    return Candidate(hit, sentence, found, score, 1 / (1 + math.exp(-logit)))


def _ranked(candidates: Sequence[Candidate]) -> list[Candidate]:
    return sorted(candidates, key=lambda c: -c.score)


def _selection(asked: Asked, ranked: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Return the best sentence and those near it that add something; the best of each paper where several may."""
    first = ranked[0]
    chosen = [first]
    if asked.why and (reason := _before(first, ranked)):
        chosen.append(reason)
    if asked.several:
        for c in ranked[1:]:
            papers = {o.hit.record.id for o in chosen}
            if c.hit.record.id not in papers and c.score >= OTHER_PAPER_SHARE * first.score:
                _take(c, chosen)
    for c in ranked[1:]:
        if c.score >= KEEP_SHARE * first.score:
            _take(c, chosen)
    order = {c.hit.record.id: n for n, c in reversed(list(enumerate(chosen)))}
    rest = sorted(chosen[1:], key=lambda c: (order[c.hit.record.id], c.sentence.start))
    return (first, *rest)


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


def _take(candidate: Candidate, chosen: list[Candidate]) -> None:
    """Add a sentence unless the answer is full, it is doubtful, or it says what is there already."""
    if len(chosen) == MOST_CLAIMS or candidate.confidence < ANSWER_FROM:
        return
    if candidate.hit.section == "Title" or any(
        similar(candidate.sentence.text, o.sentence.text) >= SAME_SHARE for o in chosen
    ):
        return
    chosen.append(candidate)
