"""RIS: two letters and a value a line, `TY  - ` to `ER  - ` a record. rispy takes a record apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from index.errors import ReadError
from index.papers import Paper
from index.readers.exported import Exported, given_first, lines_of, one_line, paper_of, parts_of
from index.readers.fields import DOI, iso_date
from index.readers.works import type_of

_LINE: Final = re.compile(r"[\ufeff \t]*([A-Z][A-Z0-9]) {1,2}-(?: (.*)|$)")
_BORDER: Final = re.compile(r"^[\ufeff \t]*(?:TY|ER) {1,2}-(?: |$)", re.MULTILINE)
_HEAD: Final = 100_000  # characters in which the first record begins or ends
_FEWEST_TAGS: Final = 3
_LISTS: Final = frozenset(("KW",))  # whose further lines are values of their own
# JF is the full name, JO that or an abbreviation, T2 what databases print, JA and J2 abbreviations.
_JOURNALS: Final = ("JF", "T2", "JO", "JA", "J2")
_WHOLE: Final = frozenset(("BOOK", "EBOOK", "EDBOOK", "THES", "RPRT"))  # works that are part of no other
_NO_MONTH: Final = re.compile(r"[/-]00?(?![0-9]).*|/+\s*$")
_YEAR: Final = re.compile(r"(?:1[5-9]|20)\d\d")
_DOI_ADDRESS: Final = re.compile(r"https?://(?:dx\.)?doi\.org/", re.IGNORECASE)
_PUBMED: Final = re.compile(r"pubmed(?:\.ncbi\.nlm\.nih\.gov)?/(\d{1,8})|PMID:?\s*(\d{1,8})", re.IGNORECASE)


def recognises(text: str) -> bool:
    """Return whether `text` is tagged lines with the first or last line of a RIS record among them."""
    border = _BORDER.search(text, 0, _HEAD)
    lines = lines_of(text[:_HEAD]) if border else []
    first = next((line for line in lines if line.strip("\ufeff \t")), "")
    return _LINE.match(first) is not None and sum(map(bool, map(_LINE.match, lines))) >= _FEWEST_TAGS


def read_records(text: str, path: str) -> Iterator[Paper | ReadError]:
    """Yield each record's paper, or the error that says why it has none."""
    for number, lines in _records(lines_of(text)):
        place = f"The record at line {number} of {path}"
        if not any(line.startswith("TY") for line in lines):
            yield ReadError(f"{place} has no line 'TY  -', so its beginning is missing; export it again.")
            continue
        try:
            yield paper_of(_exported(_fields(lines)), path)
        except ReadError as error:
            yield ReadError(f"{place} is not a paper ({error}); export it again.")


def _records(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines of each record, one a value, with the number of its first.

    A record ends with ER; one whose ER is missing, with an empty line before the next TY. A value goes on in
    the lines without a tag. rispy leaves out what is not whole and does not say where it was.
    """
    start, record, empty = 0, list[str](), False
    for number, line in enumerate(lines, 1):
        match = _LINE.match(line)
        tag, value = (match[1], match[2] or "") if match else ("", line.strip("\ufeff \t"))
        if record and (tag == "ER" or (tag == "TY" and empty)):
            yield start, record
            record = []
        empty = not tag and not value
        if not tag and value and record and record[-1][:2] not in _LISTS:
            record[-1] += f" {one_line(value)}"
        elif tag != "ER" and (tag or (value and record)):
            start = start if record else number
            record.append(f"{tag or record[-1][:2]}  - {one_line(value)}")
    if record:
        yield start, record


def _fields(lines: list[str]) -> dict[str, list[str]]:
    """Return every value of each tag; T1 and TI are both the title's."""
    import rispy

    first = next(line for line in lines if line.startswith("TY"))
    tags = [line[:2] for line in lines]
    mapping = {tag: tag for tag in (*tags, "ER", "UK")} | {"T1": "TI"}
    parser = rispy.RisParser(mapping=mapping, list_tags=tags, delimiter_tags_mapping={})
    (record,) = parser.parse_lines(iter([first, *lines, "ER  - "]))
    return {
        tag: [value for value in ([values] if isinstance(values, str) else values) if value]
        for tag, values in record.items()
    }


def _exported(fields: dict[str, list[str]]) -> Exported:
    """Return what a record says."""

    def one(*tags: str) -> str:
        return next((value for tag in tags for value in fields.get(tag, ())), "")

    def every(*tags: str) -> list[str]:
        return [value for tag in tags for value in fields.get(tag, ())]

    urls = every("UR", "L2", "LK")
    notes = every("AN", "C7", "N1", "M1", "ID")
    in_book = [] if _WHOLE.issuperset(every("TY")) else [one(*_JOURNALS)]
    numbers = filter(None, (_PUBMED.search(value) for value in (*urls, *notes)))
    dois = (*every("DO", "DI"), *every("M3", "N1"), *(url for url in urls if _DOI_ADDRESS.match(url)))
    return Exported(
        title=_title(fields),
        authors=tuple(map(given_first, every("AU", "A1"))),
        date=_date(every("PY", "Y1", "DA")),
        journal="".join(in_book),
        volume=one("VL"),
        issue=one("IS", "CP"),
        pages="-".join(dict.fromkeys(value for value in (one("SP"), one("EP")) if value)),
        doi=next(filter(DOI.search, dois), ""),
        pmid=next((number[1] or number[2] for number in numbers), ""),
        pmcid=one("C2"),
        url=next((url for url in urls if url.startswith("http")), ""),
        keywords=tuple(word for value in every("KW") for word in value.split(";")),
        abstract=parts_of("\n".join(dict.fromkeys(every("N2", "AB")))),
        type=type_of(every("M3")) or type_of(every("TY")),
    )


def _title(fields: dict[str, list[str]]) -> str:
    """Return the title; titles that differ are its parts."""
    joined = ""
    for part in dict.fromkeys(fields.get("TI", ())):
        joined += ("" if not joined else " " if joined[-1] in ".:?!" else ": ") + part
    return joined or next(iter((*fields.get("CT", ()), *fields.get("BT", ()))), "")


def _date(printed: list[str]) -> str:
    """Return the most exact date of the first year that is given: `2001/09/01/` rather than `2001///`."""
    dates = [date for value in printed if _YEAR.match(value) and (date := iso_date(_NO_MONTH.sub("", value)))]
    return max((date for date in dates if date[:4] == dates[0][:4]), key=len, default="")
