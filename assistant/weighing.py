"""Weighing sentences: how likely does this one answer the question? No choice is made here.

A sentence's score sums what was learned on other people's questions (benchmarks/train_reader.py and
docs/evaluation.md: covidqa, trials, SQuAD 2.0) and what is known of near misses: a named thing that occurs nowhere
around the sentence, another drug in the place of the one asked for, resistance to something else, no number where a
number is asked for, a presupposition that the sentence contradicts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
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
from assistant.signals import (
    GENERIC_WEIGHT,
    Match,
    Term,
    drugs,
    forms_of,
    match,
    papers_named,
    question_terms,
)
from index.aliases import definitions
from index.lexical import stem, stems
from index.normalising import fold
from index.papers import Hit, SentenceHit
from index.retrieval import DENSE_FLOOR, PAPER_WEIGHT, Catalogue

if TYPE_CHECKING:
    from assistant.span_reader import PassageReading, SpanReader

READ_PASSAGES = 6
"""Passages that the span reader reads: 0.2 s a question on two cores; the answer's passage is among the first six for
nine questions in ten."""

WEIGHED_PASSAGES = 10
"""Passages whose sentences are weighed; those beyond `READ_PASSAGES` without the span reader's word."""

UNREAD = -10.0
"""Log-odds of a sentence that was not read, and the lowest of one that was."""

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
    "span": 0.5,  # log-odds of the span reader's best span in it
}
"""Coefficients of a sentence's score: conditional logistic regression over the candidates of each question of covidqa
and trials, the span reader's coefficient chosen on the same (docs/evaluation.md)."""

CONFIDENCE = {
    "constant": -1.65,
    "answerable": 0.2,  # the most that the span reader says of any passage
    "sentence": 0.12,  # what it says of the chosen sentence
    "covered": 1.7,  # share of the question's terms, by weight, that the sentence itself covers
    "dense": 2.75,  # its cosine with the question
    "around": 1.4,  # the share of them that its passage and title cover, too
    "premise_fails": -4.8,  # what the question takes for granted does not hold
}
"""Coefficients of the log-odds that the question is answered by the first sentence: logistic regression, with the
second values of `SIGNS`, on the development part of the fixed set and benchmarks/questions/tuning.yaml (406 questions
on findings; docs/evaluation.md)."""

CROWD, FEW_PASSAGES = 0.33, 20
"""Log-odds that confidence falls for every e-fold passages over those of the seed papers: brings the mean confidence
on SQuAD 2.0 (450 passages) and covidqa (1,400) to the share that is right."""

SIGNS = {
    "missing": (-6.0, -1.7),  # named things that occur nowhere around the sentence
    "others_missing": (0.0, -0.8),  # those of them that are drugs, organs, cancers or species
    "unknown": (-0.5, -0.6),  # technical words that occur nowhere around it
    "elsewhere": (-0.4, -0.2),  # named things that only its surroundings mention
    "elsewhere_exact": (-1.1, -2.2),  # the same where a yes or a no, or a number, is asked for
    "other_drug": (-1.5, -1.7),  # another drug in the place of the one asked for
    "other_resistance": (-6.0, -3.5),  # resistance or sensitivity to another thing
    "contradicts": (-6.0, -4.0),  # says the opposite of what the question takes for granted
    "unmet": (-6.0, -5.0),  # lacks the kind of thing asked for, where nothing else answers
    "uncounted": (-6.0, 0.0),  # does not speak of the thing whose number is asked for
    "undefined": (-6.0, -4.5),  # does not give the long form that is asked for
    "unsaid": (-4.0, -2.6),  # things that the sentence itself must mention and does not
    "holds": (1.0, 0.5),  # holds the kind of thing asked for
    "defines": (4.0, 3.4),  # defines the name asked for
}
"""What each sign adds to a sentence's score, and to the log-odds that it answers. The second values were fitted with
`CONFIDENCE`; those of signs that fewer than ten of the questions have are rounded by judgement."""

SAYS_ENOUGH = 0.6
"""Share of the question's terms that a sentence must cover to contradict what the question takes for granted."""

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
    written: str  # the question with the names that the passages use
    terms: tuple[Term, ...]
    expected: Expectation | None
    definition_of: frozenset[str]  # folded names whose definition is asked for
    long_form: bool  # asks what a name stands for, and nothing less will do
    several: bool
    yes_no: bool
    why: bool
    how_done: bool  # asks for a method: then what was set up or used is the answer
    papers: frozenset[str]  # ids of the papers that the question names; empty: any
    counted: Term | None  # the thing whose number is asked for
    must: tuple[Term, ...]  # what a follow-up adds: the sentence itself has to speak of it
    presumes: str | None  # the statement that a question takes for granted


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may answer, with what speaks for and against it."""

    hit: Hit
    sentence: SentenceHit
    match: Match
    answers: float  # log-odds of the span reader that the answer lies in it
    signs: Mapping[str, float]  # of a near miss and of an answer, by the names in `SIGNS`
    score: float  # higher is better; differences are log-odds

    @property
    def against(self) -> float:
        """Log-odds that the signs of a near miss cost, 0 or more."""
        return -sum(min(0.0, SIGNS[name][0]) * value for name, value in self.signs.items())


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
        return (
            CONFIDENCE["constant"]
            + CONFIDENCE["answerable"] * self.answerable
            + CONFIDENCE["sentence"] * candidate.answers
            + CONFIDENCE["covered"] * candidate.match.sentence
            + CONFIDENCE["dense"] * candidate.sentence.dense
            + CONFIDENCE["around"] * candidate.match.passage
            + CONFIDENCE["premise_fails"] * self.premise_fails
            + sum(SIGNS[name][1] * value for name, value in candidate.signs.items())
        )


_YES_NO = re.compile(r"^(?:do|does|did|is|are|was|were|can|could|has|have|will|would|should)\b")
_HOW_DONE = re.compile(
    r"\bhow (?:was|were|did)\b|\bmethods?\b|\bused?\b|\bapproach\b|\bwhy\b|\bexperiments?\b|\bmodel\b|\baims?\b"
)
_LONG_FORM = re.compile(
    r"\bstands? for\b|\babbreviat\w+|\bacronym\b|\bfull (?:name|form)\b|\b(?:spelled|spelt|written) out\b"
)
_ACTION = re.compile(r"\bhow (?:can|could|might|may|should) .+ be (?P<done>\w+(?:ed|en))\b")
"""In 'how can resistance be reversed' the reversing is the point: it counts double."""

_WHY = re.compile(r"\bwhy\b|\bfor what reason\b|\bhow come\b")
_PRESUMING = re.compile(
    r"^(?:why|how come|for what reason|how|by what mechanism|in what way) (?:do|does|did|is|are|was|were|has|have|can|could) (?P<rest>.+)$"
    r"|^(?:given that|since|because|as|if) (?P<given>[^,]+),"
)


def take_apart(inquiry: Inquiry, catalogue: Catalogue, is_word: Callable[[str], bool]) -> Asked:
    """Return what a question asks for; in a follow-up, its own words say what kind of thing."""
    question = inquiry.searched_as
    asking = inquiry.question if expectation(inquiry.question) else question
    terms = question_terms(question, catalogue.aliases, catalogue.text.sentences.idf, is_word)
    named, said = papers_named(question, terms, catalogue.papers.values())
    papers = frozenset(paper.record.id for paper in named)
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
        written=question,
        terms=terms,
        expected=expectation(asking),
        definition_of=names,
        long_form=bool(names) and bool(_LONG_FORM.search(fold(question))),
        several=len(papers) > 1 or asks_several(question),
        yes_no=bool(_YES_NO.match(fold(question))),
        why=bool(_WHY.search(fold(question))),
        how_done=bool(_HOW_DONE.search(fold(question))),
        papers=papers,
        counted=_counted(asking, terms),
        must=tuple(t for t in terms if t.named and t.name in inquiry.question) if inquiry.follow_up else (),
        presumes=_directed(presuming["rest"] or presuming["given"]) if presuming else None,
    )


_UPWARDS = re.compile(
    r"\b(?:go(?:es)?|went|push(?:es|ed)?|switch(?:es|ed)?|turn(?:s|ed)?|dial(?:s|led)?)\b(?P<what>.*?) ?\b(?P<way>up|on|down|off)\b"
)
_SHUT = re.compile(r"\b(?:lost|shut down|switched off|turned off)\b")
_FASTER = re.compile(r"\bgr[eo]w faster\b")


def _directed(statement: str) -> str:
    """Return a statement with its everyday words of direction put as the papers put them ('goes up': increases)."""
    statement = _FASTER.sub("growth increased", _SHUT.sub("decreased", statement))
    return _UPWARDS.sub(
        lambda m: f"{'increased' if m['way'] in ('up', 'on') else 'decreased'}{m['what']}", statement
    )


def _counted(question: str, terms: Sequence[Term]) -> Term | None:
    """Return the thing whose number a question asks for, with its other names."""
    noun = counted(question)
    if noun is None:
        return None
    known = (term for term in terms if noun in fold(term.name).split())
    return next(known, Term(noun, forms_of(stem(noun)), 1.0, named=False))


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


def reranked(question: str, hits: Sequence[Hit], catalogue: Catalogue, reader: SpanReader) -> list[Hit]:
    """Return passages in the order of retrieval and the span reader together; those not read come last."""
    question = _as_written(question, hits[:WEIGHED_PASSAGES], catalogue)
    gain = RERANK_WEIGHT / (2 + PAPER_WEIGHT)
    scored = [
        replace(hit, score=hit.score + gain * (max(UNREAD, reading.answerable) - UNREAD))
        for hit, reading in zip(hits, _readings(question, hits, reader), strict=False)
    ]
    return sorted(scored, key=lambda hit: -hit.score) + list(hits[READ_PASSAGES:])


def weigh(asked: Asked, hits: Sequence[Hit], catalogue: Catalogue, reader: SpanReader) -> Weighed:
    """Weigh the sentences of the first passages."""
    hits = hits[:WEIGHED_PASSAGES]
    asked = replace(asked, written=_as_written(asked.text, hits, catalogue))
    readings = _readings(asked.written, hits, reader)
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
    contradicted = any(c.signs["contradicts"] for c in candidates if c.match.sentence >= SAYS_ENOUGH)
    wanted = resisted(asked.written)
    given = frozenset(word for c in candidates for word in resisted(c.sentence.text))
    return contradicted or bool(wanted and given and not wanted & given)


def _contradicts(asked: Asked, text: str) -> bool:
    """Return whether a text says the opposite of what a question takes for granted.

    'How does X do Y' mostly asks for the mechanism of something true; there the opposite must be said of a gene or
    protein that the question names, since of drugs and responses the directions are often several.
    """
    if asked.presumes is None:
        return False
    reasons = conflicts(asked.presumes, text)
    if asked.why:
        return bool(reasons)
    subjects = [fold(term.name) for term in asked.terms if term.named and not term.one_of_many]
    return any(re.search(rf"\b{re.escape(name)}\b", reason) for reason in reasons for name in subjects)


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
    around = f"{hit.text} {hit.record.title} {' '.join(hit.record.keywords)}"
    found = match(asked.terms, text, around)
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
    signs = _signs(asked, sentence, found)
    return Candidate(
        hit=hit,
        sentence=sentence,
        match=found,
        answers=max(UNREAD, reading.sentences[number]) if reading else UNREAD,
        signs=signs,
        score=sum(LEARNED[name] * value for name, value in learned.items())
        + sum(SIGNS[name][0] * value for name, value in signs.items()),
    )


def _signs(asked: Asked, sentence: SentenceHit, found: Match) -> dict[str, float]:
    """Return what is known of near misses and of answers, by the names in `SIGNS`."""
    wanted, given = resisted(asked.written), resisted(sentence.text)
    words = frozenset(stems(sentence.text))
    defines = _defines(asked, sentence.text)
    holds = asked.expected is not None and asked.expected.holds(sentence.text)
    exact = asked.yes_no or (asked.expected is not None and asked.expected.strict)
    return {
        "missing": len(found.missing),
        "others_missing": found.others,
        "unknown": len(found.unknown),
        "elsewhere": min(2, len(found.elsewhere)),
        "elsewhere_exact": exact * min(1, len(found.elsewhere)),
        "other_drug": bool(drugs(sentence.text) - drugs(asked.text))
        and any(term.drug and term.name in (*found.missing, *found.elsewhere) for term in asked.terms),
        "other_resistance": bool(wanted and given and not wanted & given),
        "contradicts": _contradicts(asked, sentence.text),
        "unmet": asked.expected is not None and asked.expected.strict and not holds,
        "uncounted": asked.counted is not None and not asked.counted.in_(words),
        "undefined": asked.long_form and not defines,
        "unsaid": sum(not term.in_(words) for term in asked.must),
        "holds": holds,
        "defines": defines,
    }


def _defines(asked: Asked, text: str) -> bool:
    """Return whether a text gives the long form of a name that is asked for."""
    return bool(asked.definition_of & {fold(short) for _, short in definitions(text)})
