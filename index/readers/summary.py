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
from index.readers.fields import PMCID, URL
from index.readers.header import header
from index.readers.headings import kind_of
from index.readers.lines import lines_of
from index.readers.markdown import Part, parts_of
from index.readers.plain import cited
from index.readers.records import TITLE, record_of

_ENTITY_HEADINGS: Final = frozenset(("linked entities", "full-text entities"))
_POINTERS: Final = frozenset(("full text", "figures", "tables", "references"))
_SOURCE: Final = re.compile(r"^Source:[ \t]*(https?://\S+)", re.MULTILINE)


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
    sections.extend(header(text, parts[0].lines)[0])
    sections.extend(section for part in parts[1:] if (section := _section(part)))
    sections.extend(_source(text, sections))
    sections.sort(key=lambda section: section.start)
    entities = [
        entity
        for section in sections
        if section.kind is Kind.ANNOTATION
        for entity in entities_of(text[section.start : section.end])
    ]
    references = tuple(cited(text, sections))
    return Paper(record_of(text, sections, path), text, tuple(sections), references, tuple(entities))


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


def _source(text: str, sections: list[Section]) -> list[Section]:
    """Return the page's address and the PMCID of an earlier link that lies in none of `sections`."""
    source = _SOURCE.search(text)
    if source is None:
        return []
    known = {section.heading for section in sections}
    found = [] if "url" in known else [Section("url", Kind.RECORD, *source.span(1))]
    for link in URL.finditer(text, 0, source.start() if "pmcid" not in known else 0):
        pmcid = PMCID.search(text, *link.span())
        if pmcid and not any(section.start < pmcid.end() <= section.end for section in sections):
            return [*found, Section("pmcid", Kind.RECORD, *pmcid.span())]
    return found
