"""A literature site's page of an abstract with the list of the works that the paper cites.

The list gives each work in three lines, `title / authors / journal, date; volume(issue). PMID: …`, with the
site's own remarks (`Highly Cited.`, `Free PMC article.`) between them, which are left out.
"""

from __future__ import annotations

import re
from itertools import dropwhile
from typing import Final

from index.papers import Kind, Paper, Reference, Section
from index.readers.fields import iso_date, names_of, year_of
from index.readers.header import CITATION, cited_issue, identifiers
from index.readers.lines import Line, lines_of
from index.readers.records import TITLE, record_of

_TOP: Final = 1500  # characters that hold the lines above the abstract
_PMID_BULLET: Final = re.compile(r"•\s+PMID:\s*\d+")
_CITED: Final = re.compile(  # "Lancet Oncol, 2008 Dec 20; 10(1). PMID: 19095497"
    r"(?P<journal>.+),\s(?P<date>(?:18|19|20)\d\d(?:\s[A-Z][a-z]{2}(?:\s\d{2})?)?)"
    r"(?:;\s(?P<volume>[^\s().;]+)?(?:\((?P<issue>[^)]+)\))?)?\.(?:\sPMID:\s(?P<pmid>\d+))?"
)
_REMARK: Final = re.compile(r"(?:(?:Highly Cited|Review|Free PMC article|Retracted|Preprint)\.\s*)+")
_MORE_AUTHORS: Final = re.compile(r"\+\d+ authors?,?")
_KEYWORDS: Final = re.compile(r"Keywords:\s*")


def recognises(text: str) -> bool:
    """Return whether `text` is such a page: an issue line at its top, a title, and a PMID bullet below."""
    return _landmarks([line for line in lines_of(text[:_TOP]) if line.text]) is not None


def read(text: str, path: str) -> Paper:
    """Return the paper of the page with the works it cites."""
    lines = [line for line in lines_of(text) if line.text]
    landmarks = _landmarks(lines)
    if landmarks is None:
        raise ValueError("the page has to be recognised before it is read")
    top, title, first_bullet = landmarks
    below = list(dropwhile(lambda line: line.text.startswith("•"), lines[first_bullet:]))
    authors = lines[title + 1 : first_bullet]
    issue = CITATION.match(text, lines[top].start, lines[top].end)
    references = _references(below)
    sections = [
        *(cited_issue(issue) if issue else ()),
        *_identifiers(text, [*lines[top:title], *lines[first_bullet : len(lines) - len(below)]]),
        _section(TITLE, lines[title], Kind.TEXT),
        *_body(text, below, references[0].start if references else len(text)),
        *(Section("References", Kind.REFERENCE, item.start, item.end) for item in references),
    ]
    if authors:
        sections.append(Section("authors", Kind.RECORD, authors[0].start, authors[-1].end))
    sections.sort(key=lambda section: section.start)
    return Paper(record_of(text, sections, path), text, tuple(sections), tuple(references))


def _landmarks(lines: list[Line]) -> tuple[int, int, int] | None:
    """Return the positions of the issue line, the title and the first bullet, where all three are there."""
    top = next((i for i, line in enumerate(lines) if CITATION.match(line.text)), len(lines))
    title = next((i for i in range(top + 1, len(lines)) if not lines[i].text.lower().startswith("doi:")), 0)
    bullet = next((i for i in range(title + 1, len(lines)) if lines[i].text.startswith("•")), 0)
    pmid = any(_PMID_BULLET.match(line.text) for line in lines[bullet:])
    return (top, title, bullet) if title and bullet and pmid else None


def _identifiers(text: str, lines: list[Line]) -> list[Section]:
    """Return the first DOI, PMID and PMCID of the lines."""
    found: dict[str, Section] = {}
    for line in lines:
        for section in identifiers(text, line.start, line.end):
            found.setdefault(section.heading, section)
    return list(found.values())


def _section(heading: str, line: Line, kind: Kind) -> Section:
    """Return a section of one line."""
    return Section(heading, kind, line.start, line.end)


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
    i = 0
    while i + 2 < len(kept):
        title, authors, published = kept[i : i + 3]
        match = _CITED.match(published.text)
        if match and (match["volume"] or match["pmid"]):
            references.append(_reference(title, authors, published, match))
            i += 3
        else:
            i += 1
    return references


def _reference(title: Line, authors: Line, published: Line, match: re.Match[str]) -> Reference:
    """Return the cited work of three lines; `match` is that of the last one."""
    date = iso_date(match["date"])
    return Reference(
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
