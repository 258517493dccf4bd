"""Sections → sentences → passages. Pure; every span is an exact character span of the paper's text."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from index.papers import Kind, Paper, Passage, Reference, Section, Span

# The longest line that is taken for a line of hard-wrapped text; longer lines are whole paragraphs.
_WIDEST_WRAP: Final = 200
# Brackets further apart than this are not taken for a pair: one of them is a slip of the pen.
_LONGEST_BRACKET: Final = 400
# Characters before a full stop that can tell whether it ends a sentence.
_LOOK_BACK: Final = 100
# Characters of the first guess at a piece of a long sentence, for each token that it may have.
_TOKEN_LENGTH: Final = 4

_SPACE: Final = re.compile(r"\s+")
_BRACKET: Final = re.compile(r"[()\[\]]")
_LINE: Final = re.compile(r"[^\r\n]*\S[^\r\n]*")
_ITEM: Final = re.compile(r"(?:[-*+•‣▪◦·–|]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s+\S")
_MARKER: Final = re.compile(r"[(\[]?(?:\d{1,3}(?:\.\d{1,3})*|[A-Za-z]|[ivxIVX]{1,4})[.)]?")

_CITED: Final = r"\[\d{1,3}(?:\s*[,;–‐-]\s*\d{1,3})*\]"  # [1], [1, 2], [4–6]
_NUMBERS: Final = r"\d{1,3}(?:\s*[,–‐-]\s*\d{1,3})*"  # 6, 7 or 4–6 where superscripts were flattened
_RAISED: Final = r"[⁰¹²³⁴-⁹]+(?:[,⁻–-][⁰¹²³⁴-⁹]+)*"
_END: Final = re.compile(
    rf"""
    (?<![.!?…])(?P<stop>[.!?…]++)                                    # possessive: rows of dots take no time
    (?P<close>["'”’»)\]]*)
    (?:{_RAISED}|(?<!\d\.){_NUMBERS}(?=\s+[A-Z]))?                      # illness.13 Patients, not 8.5 Hz
    (?:
        (?:\s*{_CITED}[,;]?(?:\s+{_NUMBERS},?(?=\s+\[))?)+             # adults. [1] [2] 6, 7, [10] In two
      | \s+{_NUMBERS}(?:,?\s+{_CITED})*(?=\s+[A-Z][a-z])               # adults. 6, 7, [10] In two
    )?
    (?P<gap>\s+|(?=[A-Z][a-z]+\s)|$)                                   # cells.The tumours
    """,
    re.VERBOSE,
)
_WORD_BEFORE: Final = re.compile(r"[^\s(\[\"“/]+$")
_WORD_AFTER: Final = re.compile(r"[\"'“‘(\[]*(?P<word>[^\s,;:.)\]]+)")


def _words(text: str) -> frozenset[str]:
    """Return the words of `text`."""
    return frozenset(text.split())


# Abbreviations that a sentence (almost) never ends with, folded, without the last full stop.
_NEVER_LAST: Final = _words(
    "e.g eg i.e vs cf fig figs eq eqs eqn ref refs tab suppl supp approx ca dr prof mr mrs st mt "
    "vol vols pp resp viz nr subsp var gen jan feb mar apr aug sept sep oct nov "
    "dec dept univ av ave est incl excl esp tel ext ed eds sect chap op"
)
# Abbreviations that may end a sentence: they do where a usual first word of a sentence follows.
_SELDOM_LAST: Final = _words(
    "al etc inc ltd co corp sp spp i.v i.p s.c i.m p.o b.i.d t.i.d q.d a.m p.m u.s u.k u.s.a ph.d m.d b.sc "
    "m.sc d.c jr sr"
)
# Before a number only: "No. 5", "p. 12"; elsewhere "no" and "p" are words.
_BEFORE_NUMBER: Final = _words("no nos p n art ch sec lot cat")
_STARTERS: Final = _words(
    "a an the this these those that we our they their it its he she his her i in on at by for from to of "
    "with as if when while where whereas because since after before during among between though "
    "however therefore thus hence moreover furthermore additionally also finally first second third then "
    "here there both all each most many some several such other another no not only what which who how why "
    "despite similarly conversely consequently overall together taken using based data results previous "
    "patients mice cells further in indeed interestingly importantly notably"
)
# A single capital letter after one of these is a label, not an initial: "hepatitis C. Patients".
_LABELLED: Final = _words(
    "vitamin hepatitis group groups type types class grade stage panel arm influenza protein factor virus "
    "method phase subtype cohort child-pugh figure table appendix score site region category"
)
_CLAUSE: Final = re.compile(r"[;:,)\]—–]\s+")


def segment(
    paper: Paper,
    count_tokens: Callable[[str], int],
    *,
    sentence_tokens: int,
    passage_tokens: int,
    abstract_tokens: int | None = None,
) -> tuple[Passage, ...]:
    """Return the passages of `paper` in text order.

    A passage is a run of whole sentences of one part with at most `passage_tokens` tokens as `count_tokens`
    counts them; a part is a section with its sub-sections. The abstract may have `abstract_tokens`: kept
    whole, the answer's passage comes first for .46 of the questions on trial papers against .24 when it is
    cut like the rest (docs/evaluation.md). Sentences over `sentence_tokens` are cut at clause or word
    borders. Each reference entry and each record section is one passage where the limit allows it;
    annotations give none.
    """
    limit = min(sentence_tokens, passage_tokens)
    passages: list[Passage] = []
    for part in _parts(paper.sections):
        is_abstract = part_of(paper.sections[part[0]].heading) == ABSTRACT
        longest = (abstract_tokens or passage_tokens) if is_abstract else passage_tokens
        ends = [paper.sections[index].end for index in part]
        for sentences in _units(paper, [paper.sections[index] for index in part]):
            pieces = [
                piece
                for start, end in sentences
                for piece in _pieces(paper.text, start, end, count_tokens, limit)
            ]
            for run in _runs(paper.text, pieces, count_tokens, longest):
                section = part[bisect_right(ends, run[0].start)]
                passages.append(Passage(len(passages), section, run[0].start, run[-1].end, tuple(run)))
    return tuple(passages)


ABSTRACT: Final = "Abstract"
"""Heading of the abstract; its parts are headed `Abstract: Methods` and so on."""


def part_of(heading: str) -> str:
    """Return the heading of the top-level section that a heading (`Methods: Patients`) belongs to."""
    return heading.split(": ", 1)[0]


def _parts(sections: Sequence[Section]) -> Iterator[list[int]]:
    """Yield the indices of neighbouring sections that belong to one part; other kinds than text stand alone."""
    part: list[int] = []
    for index, section in enumerate(sections):
        first = sections[part[0]] if part else None
        if (
            first
            and (first.kind, section.kind) == (Kind.TEXT, Kind.TEXT)
            and part_of(first.heading) == part_of(section.heading)
        ):
            part.append(index)
            continue
        if part:
            yield part
        part = [index]
    if part:
        yield part


def sentences_of(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the spans of the sentences of `text[start:end]`, trimmed of white space, in order."""
    for block_start, block_end in _blocks(text, start, end):
        yield from _split(text, block_start, block_end)


def _units(paper: Paper, part: Sequence[Section]) -> Iterator[list[tuple[int, int]]]:
    """Yield lists of sentence spans; passages never reach across two lists."""
    section = part[0]
    if section.kind is Kind.ANNOTATION:
        return
    if section.kind is Kind.RECORD:
        yield list(_trimmed(paper.text, section.start, section.end))
    elif section.kind is Kind.REFERENCE:
        yield from _entries(paper, section)
    else:
        yield [span for s in part for span in sentences_of(paper.text, s.start, s.end)]


def _entries(paper: Paper, section: Section) -> Iterator[list[tuple[int, int]]]:
    """Yield each reference entry as its lines; what lies between entries, block by block."""
    position = section.start
    first = bisect_left(paper.references, section.start, key=_start)
    end = bisect_left(paper.references, section.end, key=_start)
    for reference in paper.references[first:end]:
        for block in _blocks(paper.text, position, reference.start):
            yield [block]
        yield list(_lines(paper.text, reference.start, reference.end))
        position = reference.end
    for block in _blocks(paper.text, position, section.end):
        yield [block]


def _start(reference: Reference) -> int:
    return reference.start


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the spans of the lines that are not blank, trimmed."""
    for match in _LINE.finditer(text, start, end):
        yield from _trimmed(text, *match.span())


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the span without its outer white space, or nothing where all of it is white space."""
    inner = text[start:end]
    left = len(inner) - len(inner.lstrip())
    right = len(inner.rstrip())
    if left < right:
        yield start + left, start + right


def _blocks(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield paragraphs, list items and lone lines: lines that were wrapped by hand are joined again."""
    lines = list(_lines(text, start, end))
    if not lines:
        return
    width = max(line_end - line_start for line_start, line_end in lines)
    block_start = lines[0][0]
    for line, following in pairwise(lines):
        if not _wrapped(text, line, following, width):
            yield block_start, line[1]
            block_start = following[0]
    yield block_start, lines[-1][1]


def _wrapped(text: str, line: tuple[int, int], following: tuple[int, int], width: int) -> bool:
    """Return whether `following` goes on with the sentence of `line`.

    It does where its first word would not have fitted on `line` at the width of this text.
    """
    gap = text[line[1] : following[0]]
    if gap.count("\n") > 1 or gap.count("\r") > 1 or _ITEM.match(text, *following):
        return False
    if text[following[0]].islower() and text[line[1] - 1] not in ".!?":
        return True
    first_word = re.match(r"\S+", text[following[0] : following[1]])
    word_length = first_word.end() if first_word else 0
    return width <= _WIDEST_WRAP and line[1] - line[0] + 1 + word_length > width


def _split(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the sentences of one paragraph."""
    brackets = _brackets(text, start, end)
    opened, closed = next(brackets)
    first = start
    for match in _END.finditer(text, start, end):
        while closed < match.start():
            opened, closed = next(brackets)
        if not opened < match.start() < closed and _ends(text, first, match):
            last = match.start("gap")
            yield from _trimmed(text, first, last)
            first = last
    yield from _trimmed(text, first, end)


def _brackets(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the positions of outer pairs of brackets in order, and at last a pair beyond the end."""
    pairs: list[tuple[int, int]] = []
    open_at: list[int] = []
    for match in _BRACKET.finditer(text, start, end):
        if match.group() in "([":
            open_at.append(match.start())
        elif open_at:
            opened = open_at.pop()
            if match.start() - opened <= _LONGEST_BRACKET:
                while pairs and pairs[-1][0] > opened:
                    pairs.pop()
                pairs.append((opened, match.start()))
    yield from pairs
    yield len(text), len(text)


def _ends(text: str, first: int, match: re.Match[str]) -> bool:
    """Return whether the full stop of `match` ends the sentence that begins at `first`."""
    before = text[max(first, match.start() - _LOOK_BACK) : match.start()].strip()
    following = _WORD_AFTER.match(text, match.end())
    if not before or not following or _MARKER.fullmatch(before):
        return False
    word = following.group("word")
    if not match.group("gap"):  # "cells.The": only after a plain word
        return bool(re.search(r"[a-z]{3}$", before)) and not re.search(r"[/@]", before.split()[-1])
    if not _may_begin(word):
        return False
    if match.group("stop") != "." or match.group("close"):
        return True
    return not _abbreviated(before, word)


def _may_begin(word: str) -> bool:
    """Return whether a sentence can begin with `word`: a capital, a number, or a name such as mTOR, p53."""
    initial = word[0]
    if initial.islower():
        return len(word) > 1 and any(char.isupper() or char.isdigit() for char in word[1:])
    return initial.isalnum() or initial in "•*§"


def _abbreviated(before: str, word: str) -> bool:
    """Return whether the full stop after `before` belongs to an abbreviation or an initial."""
    found = _WORD_BEFORE.search(before)
    if found is None:
        return False
    last = found.group()
    folded = last.casefold()
    starter = word.casefold() in _STARTERS and word[0].isupper()
    if folded in _NEVER_LAST:
        return True
    if folded in _SELDOM_LAST:
        return not starter
    if folded in _BEFORE_NUMBER and word[0].isdigit():
        return True
    if len(last) == 1 and last.isupper():
        previous = before[: found.start()].split()
        return not starter and not (previous and previous[-1].casefold() in _LABELLED)
    return bool(re.fullmatch(r"(?:[A-Z]\.)+[A-Z]", last)) and not starter


def _pieces(
    text: str, start: int, end: int, count_tokens: Callable[[str], int], limit: int
) -> Iterator[Span]:
    """Yield the sentence, in pieces of at most `limit` tokens where it is longer."""
    while (furthest := _furthest(text, start, end, count_tokens, limit)) < end:
        cut = _cut(text, start, furthest)
        for piece in _trimmed(text, start, cut):
            yield Span(*piece)
        start = next(_trimmed(text, cut, end))[0]
    yield Span(start, end)


def _furthest(text: str, start: int, end: int, count_tokens: Callable[[str], int], limit: int) -> int:
    """Return the furthest end with at most `limit` tokens, at least one character on.

    Found by doubling, then halving, so that the tokens of a very long text are not counted again and again.
    """

    def fits(stop: int) -> bool:
        return count_tokens(text[start:stop]) <= limit

    length = limit * _TOKEN_LENGTH
    while start + length < end and fits(start + length):
        length *= 2
    good, bad = start + 1, min(start + length, end)
    if bad == end and (end - start == 1 or fits(end)):
        return end
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if fits(middle) else (good, middle)
    return good


def _cut(text: str, start: int, furthest: int) -> int:
    """Return the best border up to `furthest`: of a clause, else of a word, else `furthest` itself.

    A border in the first half is passed over, so that pieces do not get tiny.
    """
    half = start + (furthest - start) // 2
    clauses = [match.end() for match in _CLAUSE.finditer(text, half, furthest)]
    if clauses:
        return clauses[-1]
    words = [match.end() for match in _SPACE.finditer(text, half, furthest)]
    return words[-1] if words else furthest


def _runs(
    text: str, sentences: list[Span], count_tokens: Callable[[str], int], limit: int
) -> Iterator[list[Span]]:
    """Yield runs of neighbouring sentences of at most `limit` tokens, as long as they can be."""
    run: list[Span] = []
    for sentence in sentences:
        if run and count_tokens(text[run[0].start : sentence.end]) > limit:
            yield run
            run = []
        run.append(sentence)
    if run:
        yield run
