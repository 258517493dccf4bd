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
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assistant.checking import conflicts
from assistant.expectations import (
    Expectation,
    asks_definition,
    asks_several,
    counted,
    expectation,
    resisted,
    words_asking,
)
from assistant.questions import Inquiry
from assistant.signals import GENERIC_WEIGHT, Match, Term, drugs, match, papers_titled, question_terms
from index.aliases import definitions
from index.lexical import stem, stems
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
    "constant": -0.81,
    "answerable": 0.2946,  # the most that the span reader says of any passage
    "sentence": 0.2771,  # what it says of the chosen sentence
    "covered": 2.03,  # share of the question's terms, by weight, that the sentence itself covers
    "dense": 0.64,  # its cosine with the question
    "signs": 0.75,  # log-odds that expected kinds of things bring and signs of a near miss cost
}
"""Coefficients of the log-odds that the question is answered by the first sentence. Those of the span reader come
from questions that it was not trained on (SQuAD 2.0, covidqa, trials); the others were fitted with these held on the
development part of the fixed set and 260 questions of SQuAD 2.0, that of the signs on the former (docs/evaluation.md)."""

CROWD, FEW_PASSAGES = 0.33, 20
"""Log-odds that confidence falls for every e-fold passages over those of the seed papers: brings the mean confidence
on SQuAD 2.0 (450 passages) and covidqa (1,400) to the share that is right."""

HOLDS, DEFINES = 1.0, 4.0
"""Log-odds that holding the kind of thing asked for, and defining the name asked for, bring."""

OTHER_DRUG, ELSEWHERE, ELSEWHERE_YES_NO = 1.5, 0.4, 1.5
"""Log-odds that another drug in the place of the one asked for costs, and each named thing that only the
surroundings mention."""

SAYS_ENOUGH = 0.6
"""Share of the question's terms that a sentence must cover to contradict what the question takes for granted."""

UNSAID = 4.0
"""Log-odds that each named thing of a follow-up costs that the sentence itself does not mention."""

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
    long_form: bool  # asks what a name stands for, and nothing less will do
    several: bool
    yes_no: bool
    why: bool
    how_done: bool  # asks for a method: then what was set up or used is the answer
    papers: frozenset[str]  # ids of the papers that the question names; empty: any
    counted: str | None  # stem of the thing whose number is asked for
    must: tuple[Term, ...]  # what a follow-up adds: the sentence itself has to speak of it
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
    passages: int  # of the library
    answerable: float  # the most that the span reader says of any passage, in log-odds
    premise_fails: bool  # what the question takes for granted does not hold in these papers

    def confidence(self, candidate: Candidate) -> float:
        """Return the probability that a candidate, given first, is right.

        Among more passages a good match by chance is likelier.
        """
        crowd = CROWD * math.log(max(1.0, self.passages / FEW_PASSAGES))
        return 1 / (1 + math.exp(crowd - self.log_odds(candidate)))

    def log_odds(self, candidate: Candidate) -> float:
        """Return how much speaks for a candidate as the answer, in log-odds for a library of a few passages."""
        signs = candidate.speaks - max(candidate.against, VETO * self.premise_fails)
        return (
            CONFIDENCE["constant"]
            + CONFIDENCE["answerable"] * self.answerable
            + CONFIDENCE["sentence"] * candidate.answers
            + CONFIDENCE["covered"] * candidate.match.sentence
            + CONFIDENCE["dense"] * candidate.sentence.dense
            + CONFIDENCE["signs"] * max(-2 * VETO, signs)
        )


_YES_NO = re.compile(r"^(?:do|does|did|is|are|was|were|can|could|has|have|will|would|should)\b")
_HOW_DONE = re.compile(
    r"\bhow (?:was|were|did)\b|\bmethods?\b|\bused?\b|\bapproach\b|\bwhy\b|\bexperiments?\b|\bmodel\b|\baims?\b"
)
_LONG_FORM = re.compile(r"\bstands? for\b|\babbreviat\w+|\bacronym\b|\bfull (?:name|form)\b")
_ACTION = re.compile(r"\bhow (?:can|could|might|may|should) .+ be (?P<done>\w+(?:ed|en))\b")
"""In 'how can resistance be reversed' the reversing is the point: it counts double."""

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
    if action := _ACTION.search(fold(question)):
        terms = tuple(replace(t, weight=2 * t.weight) if fold(t.name) == action["done"] else t for t in terms)
    if not is_about_something(terms):
        terms = ()  # what is asked for and of which paper says it all
    names = frozenset(fold(t.name) for t in terms if t.named) if asks_definition(question) else frozenset()
    presuming = _PRESUMING.match(fold(question).rstrip("?. "))
    return Asked(
        text=question,
        terms=terms,
        expected=expectation(asking),
        definition_of=names,
        long_form=bool(names) and bool(_LONG_FORM.search(fold(question))),
        several=len(papers) > 1 or asks_several(question),
        yes_no=bool(_YES_NO.match(fold(question))),
        why=bool(_WHY.search(fold(question))),
        how_done=bool(_HOW_DONE.search(fold(question))),
        papers=papers,
        counted=stem(noun) if (noun := counted(asking)) else None,
        must=tuple(t for t in terms if t.named and t.name in inquiry.question) if inquiry.follow_up else (),
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
        found = papers_titled(naming, catalogue.papers.values())
        if found:
            papers |= {paper.record.id for paper in found}
            said |= {term.name for term in naming}
    return frozenset(papers), said


def is_about_something(terms: Sequence[Term]) -> bool:
    """Return whether terms say anything beyond the words in which questions are put."""
    return any(term.named or term.weight > GENERIC_WEIGHT for term in terms)


RERANK_WEIGHT = 0.2
"""Weight of the span reader's word in a passage's rank, beside the retrieval score of 0 to 2.5: chosen on held-out
questions of covidqa (hit@1 .636 → .648) and trials (.47 → .62)."""


def _readings(question: str, hits: Sequence[Hit], reader: SpanReader) -> list[PassageReading]:
    """Return what the span reader says of the first passages."""
    first = hits[:READ_PASSAGES]
    spans = [[(s.start - hit.start, s.end - hit.start) for s in hit.sentences] for hit in first]
    return reader.score(question, [hit.text for hit in first], spans)


def reranked(question: str, hits: Sequence[Hit], reader: SpanReader) -> list[Hit]:
    """Return passages in the order of retrieval and the span reader together; those not read come last."""
    gain = RERANK_WEIGHT / (2 + PAPER_WEIGHT)
    scored = [
        replace(hit, score=hit.score + gain * (max(UNREAD, reading.answerable) - UNREAD))
        for hit, reading in zip(hits, _readings(question, hits, reader), strict=False)
    ]
    return sorted(scored, key=lambda hit: -hit.score) + list(hits[READ_PASSAGES:])


def weigh(asked: Asked, hits: Sequence[Hit], catalogue: Catalogue, reader: SpanReader) -> Weighed:
    """Weigh the sentences of the first passages."""
    hits = hits[:WEIGHED_PASSAGES]
    readings = _readings(_as_written(asked.text, hits, catalogue), hits, reader)
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
        passages=catalogue.text.passages.size,
        answerable=max((max(UNREAD, reading.answerable) for reading in readings), default=UNREAD),
        premise_fails=_premise_fails(asked, candidates),
    )


def _premise_fails(asked: Asked, candidates: Sequence[Candidate]) -> bool:
    """Return whether what a question takes for granted is contradicted, or what is resisted is another thing.

    Other sentences may then look like an answer only because they say less.
    """
    about = [c.sentence.text for c in candidates if c.match.sentence >= SAYS_ENOUGH]
    contradicted = asked.presumes is not None and any(conflicts(asked.presumes, text) for text in about)
    wanted = resisted(asked.text)
    given = frozenset(word for c in candidates for word in resisted(c.sentence.text))
    return contradicted or bool(wanted and given and not wanted & given)


def _as_written(question: str, hits: Sequence[Hit], catalogue: Catalogue) -> str:
    """Return the question with the names that the passages use: the span reader knows no aliases."""
    said = fold(" ".join(hit.text for hit in hits))
    for mention, names in catalogue.aliases.expand(question):
        used = next((name for name in names if fold(name) in said), None)
        if used and fold(mention) not in said:
            question = re.sub(rf"(?<!\w){re.escape(mention)}(?!\w)", used, question, flags=re.IGNORECASE)
    return question


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
    words = frozenset(stems(sentence.text))
    unmet = asked.expected is not None and asked.expected.strict and not asked.expected.holds(sentence.text)
    unmet = unmet or (asked.counted is not None and asked.counted not in words)
    unmet = unmet or (asked.long_form and not _defines(asked, sentence.text))
    unsaid = sum(not term.in_(words) for term in asked.must)
    signs = (
        len(found.missing),
        bool(wanted and given and not wanted & given),
        asked.presumes is not None and bool(conflicts(asked.presumes, sentence.text)),
        unmet,
    )
    return (
        VETO * sum(signs)
        + UNSAID * unsaid
        + OTHER_DRUG * other_drug
        + (ELSEWHERE_YES_NO if asked.yes_no else ELSEWHERE) * min(2, len(found.elsewhere))
    )


def _speaks(asked: Asked, sentence: SentenceHit) -> float:
    """Return what holding the kind of thing that is asked for brings."""
    holds = asked.expected is not None and asked.expected.holds(sentence.text)
    return HOLDS * holds + DEFINES * _defines(asked, sentence.text)


def _defines(asked: Asked, text: str) -> bool:
    """Return whether a text gives the long form of a name that is asked for."""
    return bool(asked.definition_of & {fold(short) for _, short in definitions(text)})
