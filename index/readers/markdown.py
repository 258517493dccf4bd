"""Markdown: the first heading is the title, the lines below it the record, other headings the sections."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from index.papers import Kind, Paper, Section
from index.readers.header import header
from index.readers.headings import kind_of
from index.readers.lines import Line, lines_of
from index.readers.plain import UNTITLED, cited
from index.readers.records import TITLE, record_of

_ATX: Final = re.compile(r"#{1,6}[ \t]+(?P<words>\S.*?)[ \t]*#*")
_UNDERLINE: Final = re.compile(r"=+|-{3,}")
_RULE: Final = re.compile(r"(?:[-*_]\s?){3,}")
_FENCES: Final = ("```", "~~~")
# Front matter or a heading stands this near the top of a Markdown file.
_TOP_LINES: Final = 5


@dataclass(frozen=True, slots=True)
class Part:
    """A heading without its marks (None above the first one) and the lines under it."""

    heading: Line | None
    lines: list[Line]

    def section(self, heading: str, kind: Kind, first: int = 0) -> Section | None:
        """Return the section of the lines from `first` on, outer rules left out; None where it is empty."""
        filled = [line for line in self.lines[first:] if line.text]
        while filled and _RULE.fullmatch(filled[-1].text):
            filled.pop()
        while filled and _RULE.fullmatch(filled[0].text):
            filled.pop(0)
        return Section(heading, kind, filled[0].start, filled[-1].end) if filled else None


def recognises(text: str) -> bool:
    """Return whether `text` has front matter, or a Markdown heading near its top."""
    top = [line.text for line in lines_of(text) if line.text][:_TOP_LINES]
    return bool(top) and (top[0] == "---" or any(_ATX.fullmatch(line) for line in top))


def read(text: str, path: str) -> Paper:
    """Return the paper of a Markdown file; one without a title is called by its name."""
    lines = lines_of(text)
    front = _front_matter(lines)
    sections, _ = header(text, lines[:front])
    parts = parts_of(lines[front:])
    titled = any(section.heading == TITLE for section in sections)
    title = None if titled else next((part.heading for part in parts if part.heading), None)
    if title:
        sections.append(Section(TITLE, Kind.TEXT, title.start, title.end))
    for i, part in enumerate(parts):
        if part.heading is title or i == 0:
            sections.extend(_opening(text, part, sections))
        elif section := _section(part):
            sections.append(section)
    sections.sort(key=lambda section: section.start)
    return Paper(record_of(text, sections, path), text, tuple(sections), tuple(cited(text, sections)))


def parts_of(lines: Sequence[Line]) -> list[Part]:
    """Return the headings with their lines; the first part is what stands above every heading."""
    parts = [Part(None, [])]
    fenced = False
    for i, line in enumerate(lines):
        if line.text.startswith(_FENCES):
            fenced = not fenced
        match = None if fenced else _ATX.fullmatch(line.text)
        if match:
            start = line.start + match.start("words")
            parts.append(Part(Line(start, line.start + match.end("words"), match["words"]), []))
        elif not fenced and _is_underlined(lines, i):
            parts.append(Part(line, []))
        elif not (i and _is_underlined(lines, i - 1)):
            parts[-1].lines.append(line)
    return parts


def _is_underlined(lines: Sequence[Line], i: int) -> bool:
    """Return whether line `i` is a heading that is underlined by the next line."""
    if i + 1 >= len(lines) or not lines[i].text or (i and lines[i - 1].text):
        return False
    return bool(_UNDERLINE.fullmatch(lines[i + 1].text)) and not _RULE.fullmatch(lines[i].text)


def _front_matter(lines: Sequence[Line]) -> int:
    """Return how many lines the block of fields between `---` lines at the top takes."""
    if not lines or lines[0].text != "---":
        return 0
    return next((i + 1 for i in range(1, len(lines)) if lines[i].text == "---"), 0)


def _opening(text: str, part: Part, known: list[Section]) -> list[Section]:
    """Return the fields and the text of the part under the title or above every heading."""
    fields, taken = header(text, part.lines)
    headings = {section.heading for section in known}
    sections = [field for field in fields if field.heading not in headings]
    rest = part.section(UNTITLED, Kind.TEXT, taken)
    return [*sections, rest] if rest else sections


def _section(part: Part) -> Section | None:
    """Return the section of a headed part; a list of keywords is part of the record."""
    heading = part.heading.text.strip("*_ ") if part.heading else UNTITLED
    if heading.casefold() in ("keywords", "key words"):
        return part.section("keywords", Kind.RECORD)
    return part.section(heading, kind_of(heading))
