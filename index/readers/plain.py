"""Plain text: title, a header of fields, then paragraphs under headings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from index.papers import Kind, Paper, Reference, Section
from index.readers.header import header, labelled, says_nothing, title_lines
from index.readers.headings import inline_heading, is_heading, is_known_heading, kind_of
from index.readers.lines import Line, blocks_of, lines_of, trimmed
from index.readers.records import TITLE, record_of
from index.readers.references import references_of

UNTITLED = "Text"
"""Heading of text that stands under no heading."""


def read(text: str, path: str) -> Paper:
    """Return the paper of a plain text file; a file without a title is called by its name."""
    lines = lines_of(text)
    block = next(blocks_of(lines))
    first = lines.index(block[0])
    sections: list[Section] = []
    count = 0 if labelled(block[0]) else title_lines(block)
    if count:
        sections.append(Section(TITLE, Kind.TEXT, block[0].start, block[count - 1].end))
    sections.extend(opening(text, lines[first + count :]))
    return Paper(record_of(text, sections, path), text, tuple(sections), tuple(cited(text, sections)))


def opening(text: str, lines: list[Line]) -> list[Section]:
    """Return the fields of the record that lines below a title begin with, and the sections after them."""
    fields, taken = header(text, lines[: _first_heading(lines)])
    return sorted([*fields, *body(text, lines[taken:])], key=lambda section: section.start)


@dataclass(frozen=True, slots=True)
class _Mark:
    """A heading in running text: where it stands, and where the text under it begins."""

    heading: str
    kind: Kind
    at: int
    start: int


def body(text: str, lines: list[Line]) -> Iterator[Section]:
    """Yield the sections of running text; its headings themselves belong to none."""
    if not lines:
        return
    first, end = lines[0].start, lines[-1].end
    marks = [_Mark(UNTITLED, Kind.TEXT, first, first), *_marks(lines), _Mark("", Kind.TEXT, end, end)]
    for mark, following in pairwise(marks):
        words = trimmed(text, mark.start, following.at)
        if not says_nothing(words.text):
            yield Section(mark.heading, mark.kind, words.start, words.end)


def _marks(lines: list[Line]) -> Iterator[_Mark]:
    """Yield the headings among the lines: known ones, inline ones, and lines alone that read as one."""
    blocks = list(blocks_of(lines))
    for i, block in enumerate(blocks):
        before = blocks[i - 1][-1].text if i else ""
        after = blocks[i + 1][0].text if i + 1 < len(blocks) else ""
        for j, line in enumerate(block):
            field = labelled(line)
            inline = inline_heading(line.text)
            if field and field.heading == "keywords":
                yield _Mark("keywords", Kind.RECORD, line.start, field.start)
                yield _Mark(UNTITLED, Kind.TEXT, line.end, line.end)
            elif inline:
                yield _Mark(inline[0], kind_of(inline[0]), line.start, line.start + inline[1])
            elif (j == 0 and is_known_heading(line.text)) or (
                len(block) == 1 and is_heading(line.text, before, after)
            ):
                yield _Mark(line.text.strip(" :"), kind_of(line.text), line.start, line.end)


def cited(text: str, sections: list[Section]) -> Iterator[Reference]:
    """Yield the works that the reference sections list."""
    for section in sections:
        if section.kind is Kind.REFERENCE:
            yield from references_of(text, section.start, section.end)


def _first_heading(lines: list[Line]) -> int:
    """Return the position of the first line that is or begins with a heading."""
    for i, line in enumerate(lines):
        if inline_heading(line.text) or is_known_heading(line.text):
            return i
    return len(lines)
