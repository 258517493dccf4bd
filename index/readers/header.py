"""The lines between a paper's title and its text: authors, dates, identifiers, labelled or not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from index.papers import Kind, Section
from index.readers.fields import DOI, PMCID, PMID, URL, iso_date, without_degrees
from index.readers.lines import Line, trimmed
from index.readers.records import TITLE

_LABELS: Final = {
    "title": TITLE,
    "author": "authors",
    "authors": "authors",
    "by": "authors",
    "journal": "journal",
    "published in": "journal",
    "date": "date",
    "published": "date",
    "published online": "date",
    "publication date": "date",
    "year": "date",
    "volume": "volume",
    "issue": "issue",
    "pages": "pages",
    "doi": "doi",
    "pmid": "pmid",
    "pubmed id": "pmid",
    "pmcid": "pmcid",
    "pmc": "pmcid",
    "url": "url",
    "link": "url",
    "source": "url",
    "keywords": "keywords",
    "key words": "keywords",
    "keyword": "keywords",
}
_NOT_KEPT: Final = frozenset(
    ("sha", "license", "licence", "copyright", "language", "id", "type", "publisher")
)
_NOTHING: Final = frozenset(("", "-", "na", "nan", "n/a", "none", "null"))
_LABELLED: Final = re.compile(
    r"(?:[-*•]\s+)?(?:\*\*|__)?(?P<label>[A-Za-z][A-Za-z ]{0,18}?)(?:\*\*|__)?\s*:(?:\*\*|__)?\s*"
    r"(?P<value>\S.*)?$"
)
CITATION: Final = re.compile(
    r"(?P<journal>[A-Z][^.;:\d]*)?\.\s(?P<date>(?:19|20)\d\d(?:\s[A-Z][a-z]{2}(?:\s\d{1,2})?)?)"
    r";\s?(?P<volume>[\w-]+)?(?:\((?P<issue>[^)]+)\))?(?::(?P<pages>[\w–-]+))?"
)
"""A line such as `JAMA. 2020;323(12):1129-1130.` or, its journal lost, `. 2020 Nov; 12(22):22975-23003.`"""

_PART_OF_NAME: Final = re.compile(r"[^\W\d_][\w'’‐-]*\.?|(?:[^\W\d_]\.[‐-]?)+")
_PARTICLES: Final = frozenset(
    (
        "al",
        "bin",
        "da",
        "de",
        "del",
        "den",
        "der",
        "di",
        "dos",
        "du",
        "el",
        "la",
        "le",
        "ten",
        "ter",
        "van",
        "von",
        "zu",
    )
)
_MOST_PARTS: Final = 6  # words of the longest name: "Bruno de Cássio Veloso de Barros"
_BETWEEN_DOTS: Final = re.compile(r"[^·]+")
_ARCHIVES: Final = frozenset(("pmc", "pubmed", "arxiv", "biorxiv", "medrxiv"))
_DATE: Final = re.compile(
    r"(?:\d{4}(?:-\d\d){0,2}|\d{1,2}\s[A-Z][a-z]+\s\d{4}|[A-Z][a-z]+\s(?:\d{1,2},\s)?\d{4})"
)
_DIGIT_MARKS: Final = re.compile(r"[\d*†‡§¹²³⁴⁵⁶⁷⁸⁹⁰]+(?:,[\d*†‡§]+)*(?=[,;\s]|$)")
_SHORTEST_PROSE: Final = 8  # words
# A line this long is a paragraph, not a field.
_LONGEST_FIELD: Final = 1500
_LONGEST_TITLE: Final = 300


def says_nothing(value: str | None) -> bool:
    """Return whether a value is empty or says that there is none: `n/a`, the `nan` of exported tables."""
    return value is None or value.strip().casefold() in _NOTHING


def is_prose(line: Line) -> bool:
    """Return whether the line reads as running text: a sentence of eight words or more."""
    return line.text.rstrip("])”\"'").endswith((".", "!", "?")) and len(line.text.split()) >= _SHORTEST_PROSE


def _is_people(line: Line) -> bool:
    """Return whether the line is a list of two names or more."""
    parts = re.split(r"[,;]|\band\b|&", without_degrees(_DIGIT_MARKS.sub("", line.text)).rstrip(" .,;"))
    names = [part.split() for part in parts if part.strip()]
    return len(names) > 1 and all(map(_is_name, names)) and any(len(name) > 1 for name in names)


def _is_name(parts: list[str]) -> bool:
    """Return whether the words can be a person's name: they begin with capitals, but for particles."""
    return len(parts) <= _MOST_PARTS and all(
        _PART_OF_NAME.fullmatch(part) and (part[0].isupper() or part in _PARTICLES) for part in parts
    )


def title_lines(block: list[Line]) -> int:
    """Return how many lines of a file's first block are its title: 0 where it begins with a paragraph."""
    if not block or len(block[0].text) > _LONGEST_TITLE:
        return 0
    count = 1
    while count < len(block) and not _is_field(block[count]) and not is_prose(block[count]):
        count += 1
    whole = sum(len(line.text) for line in block[:count])
    return count if whole <= _LONGEST_TITLE and count <= 3 else 1


def header(text: str, lines: list[Line]) -> tuple[list[Section], int]:
    """Return the fields that `lines` begin with, and how many lines that header takes.

    The header ends with its last field before the first line of running text; lines between its fields that
    are no field themselves belong to no section.
    """
    sections: list[Section] = []
    taken = 0
    for i, line in enumerate(lines):
        if not line.text:
            continue
        found = list(_fields(text, line)) if len(line.text) <= _LONGEST_FIELD else []
        if found:
            headings = {section.heading for section in sections}
            sections.extend(section for section in found if section.heading not in headings)
        if found or _label(line) in _LABELS or _label(line) in _NOT_KEPT:
            taken = i + 1
        elif is_prose(line) or len(line.text) > _LONGEST_TITLE:
            break
    return sections, taken


def labelled(line: Line) -> Section | None:
    """Return the field of a line such as `Keywords: …`, if it is one."""
    match = _LABELLED.match(line.text)
    field = _LABELS.get(_label(line) or "")
    if match is None or field is None or says_nothing(match["value"]):
        return None
    kind = Kind.TEXT if field == TITLE else Kind.RECORD
    return Section(field, kind, line.start + match.start("value"), line.end)


def _label(line: Line) -> str | None:
    """Return the folded label of a `Label: value` line."""
    match = _LABELLED.match(line.text)
    return match["label"].casefold() if match else None


def _is_field(line: Line) -> bool:
    """Return whether the line is a field of a record."""
    return next(_fields(line.text, Line(0, len(line.text), line.text)), None) is not None


def _fields(text: str, line: Line) -> Iterator[Section]:
    """Yield the fields that a line prints."""
    section = labelled(line)
    if section is not None:
        yield from _exact(text, section)
    elif URL.fullmatch(line.text):
        yield from _address(text, line)
    elif _DATE.fullmatch(line.text) and iso_date(line.text):
        yield Section("date", Kind.RECORD, line.start, line.end)
    elif _is_people(line):
        yield Section("authors", Kind.RECORD, line.start, line.end)
    elif " · " in line.text and DOI.search(line.text):
        yield from _dotted(text, line)
    else:
        yield from _citation(text, line)


def _dotted(text: str, line: Line) -> Iterator[Section]:
    """Yield the fields of a line such as `PMC · DOI: … · journal · date`."""
    for match in _BETWEEN_DOTS.finditer(text, line.start, line.end):
        part = trimmed(text, *match.span())
        known = list(identifiers(text, part.start, part.end))
        if known:
            yield from known
        elif _DATE.fullmatch(part.text):
            yield Section("date", Kind.RECORD, part.start, part.end)
        elif part.text.casefold() not in _ARCHIVES:
            yield Section("journal", Kind.RECORD, part.start, part.end)


def _exact(text: str, section: Section) -> Iterator[Section]:
    """Yield a labelled field cut to the identifier itself."""
    patterns = {"doi": DOI, "pmcid": PMCID, "url": URL}
    start, end = section.start, section.end
    if section.heading == "pmid":
        match = re.compile(r"\d{1,8}").search(text, start, end)
    elif section.heading in patterns:
        match = patterns[section.heading].search(text, start, end)
    else:
        inner = trimmed(text, start, end)
        yield Section(section.heading, section.kind, inner.start, inner.end)
        return
    if match:
        yield Section(section.heading, section.kind, *match.span())


def _address(text: str, line: Line) -> Iterator[Section]:
    """Yield a line that is an address as DOI or URL."""
    doi = DOI.search(text, line.start, line.end)
    if doi and "doi.org/" in line.text:
        yield Section("doi", Kind.RECORD, *doi.span())
    else:
        yield Section("url", Kind.RECORD, line.start, line.end)


def _citation(text: str, line: Line) -> Iterator[Section]:
    """Yield journal, date, volume, issue, pages and identifiers of an unlabelled line."""
    if is_prose(line) and len(line.text) > _LONGEST_TITLE:
        return
    match = CITATION.match(text, line.start, line.end)
    if match:
        yield from cited_issue(match)
    yield from identifiers(text, match.end() if match else line.start, line.end)


def cited_issue(match: re.Match[str]) -> Iterator[Section]:
    """Yield journal, date, volume, issue and pages as far as a `CITATION` prints them."""
    for field in ("journal", "date", "volume", "issue", "pages"):
        if match[field]:
            yield Section(field, Kind.RECORD, *match.span(field))


def identifiers(text: str, start: int, end: int) -> Iterator[Section]:
    """Yield DOI, PMID and PMCID as far as `text[start:end]` prints them."""
    for field, pattern, group in (("doi", DOI, 0), ("pmid", PMID, 1), ("pmcid", PMCID, 0)):
        if found := pattern.search(text, start, end):
            yield Section(field, Kind.RECORD, *found.span(group))
