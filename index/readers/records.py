"""The record that a paper's sections print: every field is read from the span that shows it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePath
from typing import Final

from index.papers import Kind, Record, Section
from index.readers.fields import DOI, PMCID, iso_date, names_of, year_of

TITLE: Final = "Title"
"""Heading of the section that holds a paper's title."""

_BETWEEN_KEYWORDS: Final = re.compile(r"\s*(?:;|[\r\n]+\s*[•*-]?|•)\s*")


def record_of(text: str, sections: Iterable[Section], path: str, *, id: str = "", title: str = "") -> Record:
    """Return the record that the title and `Kind.RECORD` sections of `text` print.

    The first section of a field counts. Where no section prints a title it is `title`, else the name of the
    file. The PMCID may come from the address.
    """
    printed: dict[str, str] = {}
    for section in sections:
        if section.kind is Kind.RECORD or section.heading == TITLE:
            printed.setdefault(section.heading, text[section.start : section.end])
    date = iso_date(printed.get("date", ""))
    doi = DOI.search(printed.get("doi", ""))
    pmcid = PMCID.search(printed.get("pmcid", "") or printed.get("url", ""))
    return Record(
        id=id,
        title=" ".join(printed.get(TITLE, title).split()) or PurePath(path).stem.replace("_", " "),
        authors=names_of(printed.get("authors", "")),
        year=year_of(date),
        date=date,
        journal=printed.get("journal"),
        volume=printed.get("volume"),
        issue=printed.get("issue"),
        pages=printed.get("pages"),
        doi=doi.group() if doi else None,
        pmid=printed.get("pmid"),
        pmcid=f"PMC{pmcid[1]}" if pmcid else None,
        url=printed.get("url"),
        path=path,
        keywords=_keywords(printed.get("keywords", "")),
    )


def _keywords(printed: str) -> tuple[str, ...]:
    """Return the keywords of a line or list: divided by semicolons or bullets, else by commas."""
    words = _BETWEEN_KEYWORDS.split(printed)
    if len(words) == 1:
        words = re.split(r",\s+", printed)
    return tuple(word.strip(" .") for word in words if word.strip(" ."))
