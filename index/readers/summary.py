"""A Markdown summary page of a paper: the abstract, a host's TL;DR and key findings, entity lists.

The host's words are `Kind.SUMMARY`; entity lists are `Kind.ANNOTATION` and are parsed into entities; the
sections that only point to the complete paper are left out.
"""

from __future__ import annotations

import re
from typing import Final

from index.papers import Entity, Kind, Paper, Record, Section
from index.readers.entities import entities_of
from index.readers.fields import DOI, PMCID, PMID, URL, iso_date, names_of, year_of
from index.readers.lines import Line, lines_of, trimmed

_HEADING: Final = re.compile(r"^#{1,6}[ \t]+\S", re.MULTILINE)
_ENTITY_HEADINGS: Final = frozenset(("linked entities", "full-text entities"))
_SUMMARY_HEADINGS: Final = frozenset(("tl;dr", "contribution", "key findings"))
_POINTERS: Final = frozenset(("full text", "figures", "tables", "references"))
_AUTHORS: Final = re.compile(r"\*\*Authors?:\*\*[ \t]*(\S.*)")
_SOURCE: Final = re.compile(r"^Source:[ \t]*(https?://\S+)", re.MULTILINE)
_PART: Final = re.compile(r"[^·]+")


def recognises(text: str) -> bool:
    """Return whether `text` is such a page: Markdown with a title, entity lists and its source."""
    headings = {line.text.lstrip("# ").casefold() for line in lines_of(text) if line.text.startswith("## ")}
    return bool(headings & _ENTITY_HEADINGS and _SOURCE.search(text) and text.lstrip().startswith("# "))


def read(text: str, path: str) -> Paper:
    """Return the paper of the page, with its entities."""
    lines = lines_of(text)
    heads = [i for i, line in enumerate(lines) if re.match(r"#{1,6}\s", line.text)]
    title = _after_hashes(lines[heads[0]])
    top = lines[heads[0] + 1 : heads[1]]
    sections = [Section("Title", Kind.TEXT, title.start, title.end), *_record_sections(text, top)]
    entities: list[Entity] = []
    for head, following in zip(heads[1:], [*heads[2:], len(lines)], strict=True):
        section = _section(lines[head:following])
        if section is None:
            continue
        sections.append(section)
        if section.kind is Kind.ANNOTATION:
            entities.extend(entities_of(text[section.start : section.end]))
    sections.extend(_source(text))
    sections.sort(key=lambda section: section.start)
    return Paper(_record(text, sections, path), text, tuple(sections), entities=tuple(entities))


def _after_hashes(line: Line) -> Line:
    """Return a heading line without its hashes."""
    words = line.text.lstrip("#").strip()
    return Line(line.end - len(words), line.end, words)


def _section(lines: list[Line]) -> Section | None:
    """Return the section under the heading `lines[0]`; None for a pointer to the complete paper."""
    heading = _after_hashes(lines[0]).text
    name = heading.casefold()
    body = [line for line in lines[1:] if line.text]
    for i, line in enumerate(body):
        if line.text.startswith("---") or _SOURCE.match(line.text):
            body = body[:i]
            break
    if not body or (name in _POINTERS and "complete paper" in body[-1].text):
        return None
    kind = Kind.TEXT
    if name in _ENTITY_HEADINGS:
        kind = Kind.ANNOTATION
    elif name in _SUMMARY_HEADINGS:
        kind = Kind.SUMMARY
    return Section(heading, kind, body[0].start, body[-1].end)


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


def _record(text: str, sections: list[Section], path: str) -> Record:
    """Return the record that the sections print."""
    printed = {s.heading: text[s.start : s.end] for s in sections if s.kind is Kind.RECORD}
    date = iso_date(printed.get("date", ""))
    pmcid = PMCID.search(printed.get("pmcid", "") or printed.get("url", ""))
    return Record(
        id="",
        title=text[sections[0].start : sections[0].end],
        authors=names_of(printed.get("authors", "")),
        year=year_of(date),
        date=date,
        journal=printed.get("journal"),
        doi=printed.get("doi"),
        pmid=printed.get("pmid"),
        pmcid=f"PMC{pmcid[1]}" if pmcid else None,
        url=printed.get("url"),
        path=path,
    )
