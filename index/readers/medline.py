"""MEDLINE's tagged lines (`.nbib`, PubMed's 'save as PubMed format'): a record a block, `TI  - Title`.

Read here and not with the library nbib, which reads a file as a whole or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from index.errors import ReadError
from index.papers import Paper
from index.readers.exported import Exported, given_first, lines_of, paper_of, parts_of
from index.readers.fields import DOI
from index.readers.works import licence_of, type_of

_TAG: Final = re.compile(r"([A-Z][A-Z0-9]{1,3}) {0,2}-(?: (.*))?$")
_NUMBER: Final = re.compile(r"(?:PMID|PMCR|PMC) {0,2}- ?\S")
_RIS: Final = re.compile(r"^(?:TY|ER) {1,2}-", re.MULTILINE)
_HEAD: Final = 20_000  # characters in which a record's number and its first tags stand
_FEWEST_TAGS: Final = 3
_PREPRINT: Final = ("UOF", "UIN")  # update of, update in: this article's preprint, this preprint's article

Fields = dict[str, list[str]]


def recognises(text: str) -> bool:
    """Return whether `text` is tagged lines with a PubMed number, and not RIS."""
    head = lines_of(text[:_HEAD])
    tagged = [line for line in head if _TAG.match(line) or _NUMBER.match(line)]
    starts = (
        bool(tagged) and next(line for line in head if line.strip("\ufeff \t")).lstrip("\ufeff") == tagged[0]
    )
    numbered = any(map(_NUMBER.match, tagged))
    return starts and numbered and len(tagged) >= _FEWEST_TAGS and not _RIS.search(text, 0, _HEAD)


def read_records(text: str, path: str) -> Iterator[Paper | ReadError]:
    """Yield each record's paper, or the error that says why it has none."""
    for number, fields in _records(lines_of(text.removeprefix("\ufeff"))):
        try:
            yield paper_of(_exported(fields), path)
        except ReadError as error:
            yield ReadError(
                f"The record at line {number} of {path} is not a paper ({error}); export it again."
            )


def _records(lines: Iterable[str]) -> Iterator[tuple[int, Fields]]:
    """Yield the records with the number of their first line: divided by empty lines or by a PubMed number."""
    start, fields, values = 0, Fields(), list[str]()
    for number, line in enumerate(lines, 1):
        match = _TAG.match(line) or re.match(r"(PMID|PMCR|PMC) ?-(\S.*)$", line)
        if fields and (not line.strip() or (match and match[1] == "PMID" and "PMID" in fields)):
            yield start, fields
            fields = Fields()
        if match:
            start = start if fields else number
            values = fields.setdefault(match[1], [])
            values.append((match[2] or "").strip())
        elif fields and line.startswith(" ") and line.strip():
            values[-1] = f"{values[-1]} {line.strip()}"
    if fields:
        yield start, fields


def _exported(fields: Fields) -> Exported:
    """Return what a record says."""

    def one(*tags: str) -> str:
        return next((value for tag in tags for value in fields.get(tag, ()) if value), "")

    def every(*tags: str) -> list[str]:
        return [value for tag in tags for value in fields.get(tag, ()) if value]

    places = [value.removesuffix("[doi]") for value in every("LID", "AID") if not value.endswith("[pii]")]
    return Exported(
        title=" ".join(every("TI")) or one("TT", "BTI", "CTI"),
        authors=tuple(map(given_first, every("FAU") or every("AU"))) + tuple(every("CN")),
        date=one("DP", "DEP"),
        journal=one("JT", "TA"),
        volume=one("VI"),
        issue=one("IP"),
        pages=one("PG"),
        doi=next(filter(DOI.search, places), ""),
        pmid=one("PMID"),
        pmcid=one("PMC"),
        keywords=(*every("OT"), *(subject for heading in every("MH") for subject in _subjects(heading))),
        abstract=parts_of(" ".join(every("AB"))),
        type=type_of(every("PT")),
        licence=licence_of(one("CI")),
        versions=tuple(_versions(every(*_PREPRINT))),
    )


def _subjects(heading: str) -> Iterator[str]:
    """Yield a subject heading (MeSH) for each qualifier: `Women, Working/*history/psychology` is two."""
    name, *qualifiers = heading.replace("*", "").split("/")
    yield from (f"{name}/{qualifier}" for qualifier in qualifiers) if qualifiers else (name,)


def _versions(notes: Iterable[str]) -> Iterator[str]:
    """Yield the numbers of works such as `bioRxiv. 2020 May 1;:. doi: 10.1101/… PMID: 32511368`."""
    for note in notes:
        if doi := DOI.search(note):
            yield f"doi:{doi.group()}"
        if pmid := re.search(r"PMID:\s*(\d+)", note):
            yield f"pmid:{pmid[1]}"
