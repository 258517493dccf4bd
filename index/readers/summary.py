"""A Markdown summary page of a paper: the abstract, a host's TL;DR and key findings, entity lists.

The host's words are `Kind.SUMMARY`; entity lists are `Kind.ANNOTATION` and are parsed into entities; the
sections that only point to the complete paper are left out.
"""

from __future__ import annotations

import re
from itertools import takewhile
from typing import Final

from index.papers import Kind, Paper, Section
from index.readers.entities import entities_of
from index.readers.fields import DOI, PMCID, PMID, URL, iso_date
from index.readers.headings import kind_of
from index.readers.lines import Line, lines_of, trimmed
from index.readers.markdown import Part, parts_of
from index.readers.records import TITLE, record_of

_ENTITY_HEADINGS: Final = frozenset(("linked entities", "full-text entities"))
_POINTERS: Final = frozenset(("full text", "figures", "tables", "references"))
_AUTHORS: Final = re.compile(r"\*\*Authors?:\*\*[ \t]*(\S.*)")
_SOURCE: Final = re.compile(r"^Source:[ \t]*(https?://\S+)", re.MULTILINE)
_PART: Final = re.compile(r"[^·]+")


def recognises(text: str) -> bool:
    """Return whether `text` is such a page: Markdown with a title, entity lists and its source."""
    parts = parts_of(lines_of(text))
    headings = {_name(part) for part in parts}
    return bool(headings & _ENTITY_HEADINGS and _SOURCE.search(text))


def read(text: str, path: str) -> Paper:
    """Return the paper of the page, with its entities."""
    parts = [part for part in parts_of(lines_of(text)) if part.heading]
    title = parts[0].heading
    sections: list[Section] = []
    if title:
        sections.append(Section(TITLE, Kind.TEXT, title.start, title.end))
    sections.extend(_record_sections(text, parts[0].lines))
    sections.extend(section for part in parts[1:] if (section := _section(part)))
    sections.extend(_source(text))
    sections.sort(key=lambda section: section.start)
    entities = [
        entity
        for section in sections
        if section.kind is Kind.ANNOTATION
        for entity in entities_of(text[section.start : section.end])
    ]
    return Paper(record_of(text, sections, path), text, tuple(sections), entities=tuple(entities))


def _name(part: Part) -> str:
    """Return the folded heading of a part."""
    return part.heading.text.casefold() if part.heading else ""


def _section(part: Part) -> Section | None:
    """Return the section of a part; None for a pointer to the complete paper."""
    lines = list(takewhile(lambda line: not _SOURCE.match(line.text), part.lines))
    name = _name(part)
    if name in _POINTERS and any("complete paper" in line.text for line in lines):
        return None
    kind = Kind.ANNOTATION if name in _ENTITY_HEADINGS else kind_of(name)
    return Part(part.heading, lines).section(part.heading.text if part.heading else "", kind)


def _record_sections(text: str, lines: list[Line]) -> list[Section]:
    """Return the fields of the lines below the title: authors, and `PMC · DOI: … · journal · date`."""
    sections: list[Section] = []
    for line in lines:
        if match := _AUTHORS.match(text, line.start, line.end):
            sections.append(Section("authors", Kind.RECORD, match.start(1), line.end))
        elif "·" in line.text:
            for part in _PART.finditer(text, line.start, line.end):
                if section := _field(text, trimmed(text, *part.span())):
                    sections.append(section)
    return sections


def _field(text: str, part: Line) -> Section | None:
    """Return the field that a part of the record line prints; None for the archive's name."""
    for field, pattern in (("doi", DOI), ("pmid", PMID), ("pmcid", PMCID)):
        if match := pattern.search(text, part.start, part.end):
            group = 1 if field == "pmid" else 0
            return Section(field, Kind.RECORD, *match.span(group))
    if iso_date(part.text) and part.text[:4].isdigit():
        return Section("date", Kind.RECORD, part.start, part.end)
    if part.text in ("PMC", "PubMed", "arXiv", "bioRxiv", "medRxiv"):
        return None
    return Section("journal", Kind.RECORD, part.start, part.end)


def _source(text: str) -> list[Section]:
    """Return the page's address and, from an earlier link, the PMCID."""
    source = _SOURCE.search(text)
    if source is None:
        return []
    sections = [Section("url", Kind.RECORD, *source.span(1))]
    link = URL.search(text)
    if link and link.start() < source.start() and (pmcid := PMCID.search(text, *link.span())):
        sections.append(Section("pmcid", Kind.RECORD, *pmcid.span()))
    return sections
