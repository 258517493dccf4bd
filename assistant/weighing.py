"""Weighing sentences: how likely does this one answer the question? No choice is made here.

A sentence's score sums what was learned on other people's questions (benchmarks/train_reader.py and
docs/evaluation.md: covidqa, trials, SQuAD 2.0) and what is known of near misses: a named thing that occurs nowhere
around the sentence, another drug in the place of the one asked for, resistance to something else, no number where a
number is asked for, a presupposition that the sentence contradicts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
from assistant.signals import GENERIC_WEIGHT, Match, Term, drugs, match, question_terms
from index.aliases import definitions
from index.lexical import stems
from index.normalising import fold
from index.papers import Hit, SentenceHit
from index.retrieval import DENSE_FLOOR, PAPER_WEIGHT, Catalogue

if TYPE_CHECKING:
    from assistant.span_reader import PassageReading, SpanReader

READ_PASSAGES = 8
"""Passages that the span reader reads: 0.2 to 0.3 s a question on two cores; the answer's passage is among the first
eight for nine questions in ten."""

WEIGHED_PASSAGES = 10
"""Passages whose sentences are weighed; those beyond `READ_PASSAGES` without the span reader's word."""

UNREAD = -10.0
"""Log-odds of a sentence that was not read, and the lowest of one that was."""

VETO = 6.0
"""Log-odds that one sign of a near miss costs: more than everything that can speak for a sentence."""

LEARNED = {
    "dense": 4.5442,  # cosine with the question, scaled to the library's range
    "lexical": 1.4499,  # BM25 over sentences, scaled to the best
    "coverage": 3.2792,  # share of the question's idf mass in the sentence
    "passage": 3.6773,  # retrieval score of its passage, 0 to 2.5
    "length": 0.6709,  # ln(1 + words)
    "short": 0.4086,  # fewer than six words
    "aim": -1.2312,  # says what was to be done, or that something is unknown
    "result": 0.1686,  # says what was found
    "nothing_new": -1.0218,  # fewer than three stems beyond the question's
    "asks": -2.7459,  # is a question itself
    "unfinished": -1.6884,  # has no closing mark: a heading, a title
    "span": 0.6,  # log-odds of the span reader's best span in it
}
"""Coefficients of a sentence's score: conditional logistic regression over the candidates of each question of covidqa
and trials, the span reader's coefficient chosen on the same (docs/evaluation.md)."""

CONFIDENCE = {
    "constant": -2.488,
    "answerable": 0.2946,  # the most that the span reader says of any passage
    "sentence": 0.2771,  # what it says of the chosen sentence
    "share": 2.5792,  # softmax share of the chosen sentence among the candidates
    "keys_missing": -0.3006,  # rarity of the question's names that the best of the first passages lacks
    "unknown": -0.6660,  # words of the question that occur nowhere in the library, three at most
}
"""Coefficients of the log-odds that the first sentence is right: logistic regression on SQuAD 2.0, covidqa and trials."""

KEY_PASSAGES = 5
"""First passages among which the one that lacks least counts."""

HOLDS, DEFINES = 1.0, 4.0
"""Log-odds that holding the kind of thing asked for, and defining the name asked for, bring."""

OTHER_DRUG, ELSEWHERE, ELSEWHERE_YES_NO = 1.5, 0.4, 1.5
"""Log-odds that another drug in the place of the one asked for costs, and each named thing that only the
surroundings mention."""

COVERED, OWN_COVERED = 0.0, 0.0
"""Log-odds that covering all of the question's terms brings, by the surroundings and by the sentence itself."""

_AIM = re.compile(
    r"\b(?:we|our) (?:aim|hypothes|investigat|examin|evaluat|stud|perform|review|describe|discuss|analy[sz]ed)"
    r"|\b(?:aim|purpose|objective)s? of\b|remains? (?:unclear|unknown)|is unknown"
    r"|^(?:to (?:investigate|determine|examine|explore|test|address|elucidate)\b|therefore, there is\b)|\burgent need\b",
    re.IGNORECASE,
)
_RESULT = re.compile(
    r"\b(?:we (?:found|show|demonstrat|observ|conclud)|results?|significant|p\s*[<=]|found that|show(?:ed|n)? that)\b",
    re.IGNORECASE,
)


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
    """A sentence that may answer, with what speaks for and against it."""

    hit: Hit
    sentence: SentenceHit
    match: Match
    answers: float  # log-odds of the span reader that the answer lies in it
    against: float  # log-odds that signs of a near miss cost, 0 or more
    speaks: float  # log-odds that holding the kind of thing asked for brings
    score: float  # higher is better; differences are log-odds


@dataclass(frozen=True, slots=True)
class Weighed:
    """The sentences of the first passages, best first, and what the whole says of the question."""

    asked: Asked
    candidates: tuple[Candidate, ...]
    answerable: float  # the most that the span reader says of any passage, in log-odds
    keys_missing: float
    unknown: int

    def confidence(self, candidate: Candidate) -> float:
        """Return the probability that a candidate, given first, is right."""
        best = max(c.score for c in self.candidates)
        share = math.exp(candidate.score - best) / sum(math.exp(c.score - best) for c in self.candidates)
        log_odds = (
            CONFIDENCE["constant"]
            + CONFIDENCE["answerable"] * self.answerable
            + CONFIDENCE["sentence"] * candidate.answers
            + CONFIDENCE["share"] * share
            + CONFIDENCE["keys_missing"] * self.keys_missing
            + CONFIDENCE["unknown"] * self.unknown
            + COVERED * candidate.match.passage
            + OWN_COVERED * candidate.match.sentence
            + candidate.speaks
            - candidate.against
        )
        return 1 / (1 + math.exp(-log_odds))


_YES_NO = re.compile(r"^(?:do|does|did|is|are|was|were|can|could|has|have|will|would|should)\b")
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
    if not is_about_something(terms):
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


_PAPER_NAMED = re.compile(
    r"\b(?:the|this|that) (?P<name>[^\s?.,]+(?: [^\s?.,]+)?) (?:paper|study|article|work)\b", re.IGNORECASE
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


def is_about_something(terms: Sequence[Term]) -> bool:
    """Return whether terms say anything beyond the words in which questions are put."""
    return any(term.named or term.weight > GENERIC_WEIGHT for term in terms)


def weigh(asked: Asked, hits: Sequence[Hit], catalogue: Catalogue, reader: SpanReader) -> Weighed:
    """Weigh the sentences of the first passages."""
    hits = hits[:WEIGHED_PASSAGES]
    spans = [[(s.start - hit.start, s.end - hit.start) for s in hit.sentences] for hit in hits]
    readings = reader.score(asked.text, [hit.text for hit in hits[:READ_PASSAGES]], spans[:READ_PASSAGES])
    rarity = {word: catalogue.text.passages.idf(word) for word in dict.fromkeys(stems(asked.text))}
    nearest = max((s.dense for hit in hits for s in hit.sentences), default=1.0)
    candidates = []
    for number, hit in enumerate(hits):
        reading = readings[number] if number < len(readings) else None
        for n, sentence in enumerate(hit.sentences):
            candidates.append(_weighed(asked, hit, sentence, n, reading, rarity, nearest))
    return Weighed(
        asked=asked,
        candidates=tuple(sorted(candidates, key=lambda c: -c.score)),
        answerable=max((max(UNREAD, reading.answerable) for reading in readings), default=UNREAD),
        keys_missing=_keys_missing(asked.text, hits, catalogue),
        unknown=min(3, sum(not catalogue.text.passages.document_frequency(word) for word in rarity)),
    )


def _weighed(
    asked: Asked,
    hit: Hit,
    sentence: SentenceHit,
    number: int,
    reading: PassageReading | None,
    rarity: dict[str, float],
    nearest: float,
) -> Candidate:
    text, words = sentence.text, set(stems(sentence.text))
    total = sum(rarity.values())
    found = match(asked.terms, text, f"{hit.text} {hit.record.title}")
    span = max(UNREAD, reading.sentence_spans[number]) if reading else UNREAD
    learned = {
        "dense": (sentence.dense - DENSE_FLOOR) / (nearest - DENSE_FLOOR),
        "lexical": sentence.lexical,
        "coverage": sum(rarity[w] for w in words & rarity.keys()) / total if total else 0.0,
        "passage": hit.score * (2 + PAPER_WEIGHT),
        "length": math.log(1 + len(text.split())),
        "short": len(text.split()) < 6,
        "aim": bool(_AIM.search(text)) and not asked.how_done,
        "result": bool(_RESULT.search(text)),
        "nothing_new": len(words - rarity.keys()) < 3,
        "asks": text.endswith("?"),
        "unfinished": not re.search(r"[.!?)\]\"”][\d\s,\[\]–-]*$", text),
        "span": span,
    }
    against, speaks = _against(asked, sentence, found), _speaks(asked, sentence)
    return Candidate(
        hit=hit,
        sentence=sentence,
        match=found,
        answers=max(UNREAD, reading.sentences[number]) if reading else UNREAD,
        against=against,
        speaks=speaks,
        score=sum(LEARNED[name] * value for name, value in learned.items()) + speaks - against,
    )


def _against(asked: Asked, sentence: SentenceHit, found: Match) -> float:
    """Return what the signs of a near miss cost."""
    other_drug = bool(drugs(sentence.text) - drugs(asked.text)) and any(
        term.drug and term.name in (*found.missing, *found.elsewhere) for term in asked.terms
    )
    wanted, given = resisted(asked.text), resisted(sentence.text)
    unmet = asked.expected is not None and asked.expected.strict and not asked.expected.holds(sentence.text)
    signs = (
        len(found.missing),
        bool(wanted and given and not wanted & given),
        asked.presumes is not None and bool(conflicts(asked.presumes, sentence.text)),
        unmet,
    )
    return (
        VETO * sum(signs)
        + OTHER_DRUG * other_drug
        + (ELSEWHERE_YES_NO if asked.yes_no else ELSEWHERE) * min(2, len(found.elsewhere))
    )


def _speaks(asked: Asked, sentence: SentenceHit) -> float:
    """Return what holding the kind of thing that is asked for brings."""
    holds = asked.expected is not None and asked.expected.holds(sentence.text)
    defines = bool(asked.definition_of & {fold(short) for _, short in definitions(sentence.text)})
    return HOLDS * holds + DEFINES * defines


_KEY = re.compile(r"(?<!^)\b[A-Z][\w-]*|\b(?=\w*[A-Za-z])\w*\d[\w-]*|\b\w*[A-Z]\w*[A-Z]\w*")


def _keys_missing(question: str, hits: Sequence[Hit], catalogue: Catalogue) -> float:
    """Return the rarity, in units of the highest there is, of the question's names that the best passage lacks."""
    keys = set(stems(" ".join(_KEY.findall(question))))
    if not keys or not hits:
        return 0.0
    index = catalogue.text.passages
    highest = math.log(1 + (index.size + 0.5) / 0.5)
    return min(
        sum(index.idf(key) / highest for key in keys - set(stems(hit.text))) for hit in hits[:KEY_PASSAGES]
    )
