"""Plain text: title, a header of fields, then paragraphs under headings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from index.papers import Kind, Paper, Reference, Section
from index.readers.header import header, labelled, title_lines
from index.readers.headings import inline_heading, is_heading, is_known_heading, kind_of
from index.readers.lines import Line, blocks_of, lines_of
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
    rest = lines[first + count :]
    fields, taken = header(text, rest[: _first_heading(rest)])
    sections.extend(fields)
    sections.extend(body(rest[taken:]))
    sections.sort(key=lambda section: section.start)
    title = PurePath(path).stem.replace("_", " ")
    record = record_of(text, sections, path, title=title)
    return Paper(record, text, tuple(sections), tuple(cited(text, sections)))


def body(lines: list[Line]) -> Iterator[Section]:
    """Yield the sections of running text; its headings themselves belong to none."""
    blocks = list(blocks_of(lines))
    heading = UNTITLED
    start: int | None = None
    end = 0
    for i, block in enumerate(blocks):
        before = blocks[i - 1][-1].text if i else ""
        after = blocks[i + 1][0].text if i + 1 < len(blocks) else ""
        for j, line in enumerate(block):
            inline = inline_heading(line.text)
            field = labelled(line) if inline is None else None
            alone = len(block) == 1 and is_heading(line.text, before, after)
            keywords = field is not None and field.heading == "keywords"
            if inline or keywords or alone or (j == 0 and is_known_heading(line.text)):
                if start is not None:
                    yield Section(heading, kind_of(heading), start, end)
                start = None
                if keywords and field:
                    yield field
                    heading = UNTITLED
                    continue
                heading = inline[0] if inline else line.text.strip(" :")
                if inline is None:
                    continue
                start, end = line.start + inline[1], line.end
            elif start is None:
                start = line.start
            end = line.end
    if start is not None:
        yield Section(heading, kind_of(heading), start, end)


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
