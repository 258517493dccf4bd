"""A literature site's page of an abstract with the list of the works that the paper cites.

The list gives each work in three lines, `title / authors / journal, date; volume(issue). PMID: …`, with the
site's own remarks (`Highly Cited.`, `Free PMC article.`) between them, which are left out.
"""

from __future__ import annotations

import re
from typing import Final

from index.papers import Kind, Paper, Reference, Section
from index.readers.fields import DOI, PMCID, PMID, iso_date, names_of, year_of
from index.readers.lines import Line, lines_of
from index.readers.records import TITLE, record_of

_ISSUE: Final = re.compile(  # ". 2020 Nov; 12(22):22975-23003."
    r"^(?P<journal>[^.\n]*)\.\s(?P<date>(?:19|20)\d\d(?:\s[A-Z][a-z]{2}(?:\s\d{1,2})?)?)"
    r"(?:;\s?(?P<volume>[\w-]+)?(?:\((?P<issue>[^)]+)\))?(?::(?P<pages>[\w-]+))?)?\.?$",
    re.MULTILINE,
)
_CITED: Final = re.compile(  # "Lancet Oncol, 2008 Dec 20; 10(1). PMID: 19095497"
    r"(?P<journal>.+),\s(?P<date>(?:18|19|20)\d\d(?:\s[A-Z][a-z]{2}(?:\s\d{2})?)?)"
    r"(?:;\s(?P<volume>[^\s().;]+)?(?:\((?P<issue>[^)]+)\))?)?\.(?:\sPMID:\s(?P<pmid>\d+))?"
)
_REMARK: Final = re.compile(r"(?:(?:Highly Cited|Review|Free PMC article|Retracted|Preprint)\.\s*)+")
_MORE_AUTHORS: Final = re.compile(r"\+\d+ authors?,?")
_KEYWORDS: Final = re.compile(r"Keywords:\s*")


def recognises(text: str) -> bool:
    """Return whether `text` is such a page: an issue line at its top and a PMID bullet below."""
    top = text[:1500]
    return bool(_ISSUE.search(top) and re.search(r"^\s*•\s+PMID:\s*\d+", top, re.MULTILINE))


def read(text: str, path: str) -> Paper:
    """Return the paper of the page with the works it cites."""
    lines = [line for line in lines_of(text) if line.text]
    top = next(i for i, line in enumerate(lines) if _ISSUE.match(line.text))
    title = next(i for i in range(top + 1, len(lines)) if not lines[i].text.lower().startswith("doi:"))
    bullets = [i for i, line in enumerate(lines) if line.text.startswith("•")]
    authors = lines[title + 1 : bullets[0]]
    references = _references(lines[bullets[-1] + 1 :])
    sections = [
        *_issue(text, lines[top]),
        *_identifiers(text, lines[: bullets[-1] + 1]),
        _section(TITLE, lines[title], Kind.TEXT),
        *_body(text, lines[bullets[-1] + 1 :], references[0].start if references else len(text)),
        *(Section("References", Kind.REFERENCE, item.start, item.end) for item in references),
    ]
    if authors:
        sections.append(Section("authors", Kind.RECORD, authors[0].start, authors[-1].end))
    sections.sort(key=lambda section: section.start)
    return Paper(record_of(text, sections, path), text, tuple(sections), tuple(references))


def _section(heading: str, line: Line, kind: Kind) -> Section:
    """Return a section of one line."""
    return Section(heading, kind, line.start, line.end)


def _issue(text: str, line: Line) -> list[Section]:
    """Return journal, date, volume, issue and pages as far as the issue line prints them."""
    match = _ISSUE.match(text, line.start, line.end)
    if match is None:
        return []
    fields = ("journal", "date", "volume", "issue", "pages")
    return [Section(field, Kind.RECORD, *match.span(field)) for field in fields if match[field]]


def _identifiers(text: str, lines: list[Line]) -> list[Section]:
    """Return DOI, PMID and PMCID of the lines above the abstract."""
    start, end = lines[0].start, lines[-1].end
    sections: list[Section] = []
    for field, pattern, group in (("doi", DOI, 0), ("pmid", PMID, 1), ("pmcid", PMCID, 0)):
        if match := pattern.search(text, start, end):
            sections.append(Section(field, Kind.RECORD, *match.span(group)))
    return sections


def _body(text: str, lines: list[Line], end: int) -> list[Section]:
    """Return abstract and keywords: the lines before the first cited work."""
    body = [line for line in lines if line.end <= end]
    sections: list[Section] = []
    abstract = [line for line in body if not _KEYWORDS.match(line.text)]
    if abstract:
        sections.append(Section("Abstract", Kind.TEXT, abstract[0].start, abstract[-1].end))
    for line in body:
        if match := _KEYWORDS.match(text, line.start, line.end):
            stop = line.end - line.text.endswith(".")
            sections.append(Section("keywords", Kind.RECORD, match.end(), stop))
    return sections


def _references(lines: list[Line]) -> list[Reference]:
    """Return the cited works: two lines and the line with journal and date that follows them."""
    references: list[Reference] = []
    kept = [line for line in lines if not _REMARK.fullmatch(line.text)]
    for title, authors, published in zip(kept, kept[1:], kept[2:], strict=False):
        match = _CITED.match(published.text)
        if match is None:
            continue
        date = iso_date(match["date"])
        references.append(
            Reference(
                title=title.text.removesuffix("."),
                start=title.start,
                end=published.start + match.end(),
                authors=names_of(_MORE_AUTHORS.sub("", authors.text).removesuffix(".")),
                journal=match["journal"],
                year=year_of(date),
                date=date,
                volume=match["volume"],
                issue=match["issue"],
                pmid=match["pmid"],
            )
        )
    return references
