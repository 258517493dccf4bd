"""A paper's page in a university's research portal (Pure), saved as text.

Such a page prints title, authors, `Research output: …`, the abstract, a table whose labels are glued to
their values (`Article number117`), keywords, and a good deal about itself.
"""

from __future__ import annotations

import re
from typing import Final

from index.papers import Kind, Paper, Section
from index.readers.fields import DOI
from index.readers.lines import Line, blocks_of, lines_of
from index.readers.records import TITLE, record_of

_LABELS: Final = (  # printed label, field
    ("Article number", "pages"),
    ("Pages (from-to)", "pages"),
    ("Journal", "journal"),
    ("Volume", "volume"),
    ("Issue number", "issue"),
    ("Publication status", "date"),
)
_STATUS: Final = re.compile(r"^(?:Published|E-pub ahead of print|Accepted/In press)\s*-\s*")
_COUNTER: Final = re.compile(
    r"[\d,.]+ (?:Citations?|Downloads?)\b.*|\(Scopus\)|\d+\s*Link opens in a new tab.*"
)


def recognises(text: str) -> bool:
    """Return whether `text` is a research portal's page."""
    output, table = _landmarks(list(blocks_of(lines_of(text))))
    return 0 < output < table


def read(text: str, path: str) -> Paper:
    """Return the paper of the page; the record is what the page prints (often without a journal)."""
    blocks = list(blocks_of(lines_of(text)))
    output, table = _landmarks(blocks)
    title = Section(TITLE, Kind.TEXT, blocks[0][0].start, blocks[0][-1].end)
    authors = Section("authors", Kind.RECORD, blocks[1][0].start, blocks[1][-1].end) if output > 1 else None
    abstract = _abstract(blocks[output + 1 : table])
    record_lines = _table(text, blocks[table])
    keywords = _keywords(blocks[table + 1 :])
    doi = _doi(text, blocks[table][0].start)
    sections = [s for s in (title, authors, abstract, *record_lines, keywords, doi) if s]
    sections.sort(key=lambda section: section.start)
    return Paper(record_of(text, sections, path), text, tuple(sections))


def _landmarks(blocks: list[list[Line]]) -> tuple[int, int]:
    """Return the positions of the `Research output` block and of the table; -1 where there is none."""
    first_lines = [block[0].text for block in blocks]
    output = next((i for i, line in enumerate(first_lines) if line.startswith("Research output: ")), -1)
    table = next((i for i, line in enumerate(first_lines) if line.startswith("Original language")), -1)
    return output, table


def _abstract(blocks: list[list[Line]]) -> Section | None:
    """Return the paragraphs between the `Research output` line and the table."""
    lines = [line for block in blocks for line in block]
    while lines and (_COUNTER.fullmatch(lines[0].text) or lines[0].text == "Abstract"):
        del lines[0]
    return Section("Abstract", Kind.TEXT, lines[0].start, lines[-1].end) if lines else None


def _table(text: str, block: list[Line]) -> list[Section]:
    """Return the values of the table, each without its glued label."""
    sections: list[Section] = []
    for line in block:
        for label, field in _LABELS:
            if line.text.startswith(label) and all(section.heading != field for section in sections):
                start = line.start + len(label)
                value = text[start : line.end]
                start += len(value) - len(value.lstrip(" \t:"))
                if field == "date" and (status := _STATUS.match(text[start : line.end])):
                    start += status.end()
                if start < line.end:
                    sections.append(Section(field, Kind.RECORD, start, line.end))
                break
    return sections


def _keywords(blocks: list[list[Line]]) -> Section | None:
    """Return the first list of bullets after the table, unless it stands under another heading."""
    for i, block in enumerate(blocks):
        bullets = [line for line in block if line.text.startswith("•")]
        if bullets:
            heading = blocks[i - 1][-1].text.casefold() if i else "keywords"
            if heading != "keywords" and not block[0].text.startswith("Keywords"):
                return None
            return Section("keywords", Kind.RECORD, _after_bullet(bullets[0]), bullets[-1].end)
    return None


def _doi(text: str, start: int) -> Section | None:
    """Return the DOI that stands in the table or below it."""
    match = DOI.search(text, start)
    return Section("doi", Kind.RECORD, *match.span()) if match else None


def _after_bullet(line: Line) -> int:
    """Return where the words of a bulleted line begin."""
    return line.end - len(line.text.lstrip("• \t"))
