"""Fields of a bibliographic record as pages print them: identifiers, dates, names."""

from __future__ import annotations

import re
from typing import Final

DOI: Final = re.compile(r"\b10\.\d{4,9}/[^\s\"<>|]*[^\s\"<>|.,;:)\]}'’”]", re.ASCII)
PMID: Final = re.compile(r"\bPMID\s*:?\s*(\d{1,8})\b", re.IGNORECASE)
PMCID: Final = re.compile(r"\bPMC\s?(\d{4,9})\b", re.IGNORECASE)
URL: Final = re.compile(r"https?://[^\s<>\"')\]]+[^\s<>\"')\].,;:]")

_MONTHS: Final = "jan feb mar apr may jun jul aug sep oct nov dec"
_ISO: Final = re.compile(r"\b((?:18|19|20)\d\d)[-/](0?[1-9]|1[0-2])(?:[-/](0?[1-9]|[12]\d|3[01]))?(?!\d)")
_YEAR_FIRST: Final = re.compile(
    r"\b((?:18|19|20)\d\d)[\s,]+([A-Z][a-z]{2,8})\.?(?:[\s,]+([0-3]?\d)(?![\d:(]))?"
)
_DAY_FIRST: Final = re.compile(
    r"\b([0-3]?\d)(?:st|nd|rd|th)?[\s.]+([A-Z][a-z]{2,8})\.?,?\s+((?:18|19|20)\d\d)\b"
)
_MONTH_FIRST: Final = re.compile(
    r"\b([A-Z][a-z]{2,8})\.?\s+(?:([0-3]?\d)(?:st|nd|rd|th)?,?\s+)?((?:18|19|20)\d\d)\b"
)
_YEAR: Final = re.compile(r"\b((?:18|19|20)\d\d)\b")

_AFFILIATION: Final = r"[\d¹²³⁴⁵⁶⁷⁸⁹⁰*†‡§¶#✉]"
_MARKS: Final = re.compile(rf"(?:(?<=\w)|(?<=[\s.])){_AFFILIATION}+(?:\s*,\s*{_AFFILIATION}+)*(?=[\s,;]|$)")
_INITIALS_LAST: Final = re.compile(r"(?P<surname>\S.*\S)\s+(?P<initials>[A-Z](?:[.\s-]?[A-Z]){0,2}\.?)")


_DEGREES: Final = re.compile(
    r",\s*(?:MD|M\.D\.|PhD|Ph\.D\.|DrPH|DPhil|MPH|MBBS|MSc?|M\.Sc\.|BSc|RN|DO|DVM|FRCP)(?![A-Za-z])[\d*†‡]*(?=\s*(?:[,;&]|and\b|$))"
)


def iso_date(printed: str) -> str | None:
    """Return the first date of `printed` in ISO 8601 as far as it goes: `2020`, `2020-11`, `2008-12-20`."""
    if match := _ISO.search(printed):
        return _joined(match[1], int(match[2]), match[3])
    for pattern, year, month, day in ((_DAY_FIRST, 3, 2, 1), (_YEAR_FIRST, 1, 2, 3), (_MONTH_FIRST, 3, 1, 2)):
        for match in pattern.finditer(printed):
            if number := _month(match[month]):
                return _joined(match[year], number, match[day])
    match = _YEAR.search(printed)
    return match[1] if match else None


def year_of(date: str | None) -> int | None:
    """Return the year of an ISO date."""
    return int(date[:4]) if date else None


def _month(name: str) -> int | None:
    """Return the number of the month that `name` or its first three letters stand for."""
    start = name[:3].casefold()
    months = _MONTHS.split()
    return months.index(start) + 1 if start in months else None


def _joined(year: str, month: int, day: str | None) -> str:
    """Return year, month and day, where there is one, in ISO 8601."""
    return f"{year}-{month:02d}" + (f"-{int(day):02d}" if day else "")


def names_of(printed: str) -> tuple[str, ...]:
    """Return the people of an author line, given name first, without affiliation marks and degrees.

    Names may be divided by semicolons (`Zhu, Qiankun; Ren, Haiyang`), by commas, by affiliation numbers or
    by `and`; `Zhu Q` becomes `Q Zhu`, and `Jamieson, Amanda M` is one person.
    """
    printed = without_degrees(printed.strip(" []"))
    if ";" in printed:
        parts = [_turned(part) for part in printed.split(";")]
    else:
        parts = re.split(r",\s*and\s+|\s+and\s+|\s+&\s+|,", _MARKS.sub(",", printed))
        if len(parts) == 2 and not all(" " in part.strip() for part in parts):
            parts = [_turned(printed)]
    names = (" ".join(_MARKS.sub(" ", part).split()).strip(" .*") for part in parts)
    return tuple(initials_first(name) for name in names if any(char.isalpha() for char in name))


def without_degrees(printed: str) -> str:
    """Return an author line without `, MD`, `, PhD` and the like."""
    return _DEGREES.sub("", printed)


def _turned(name: str) -> str:
    """Return `Zhu, Qiankun` as `Qiankun Zhu`."""
    surname, comma, given = name.partition(",")
    return f"{given.strip()} {surname.strip()}" if comma else name


def initials_first(name: str) -> str:
    """Return `Zhu Q` as `Q Zhu`; other names as they are."""
    match = _INITIALS_LAST.fullmatch(name)
    if match is None or re.search(r"\b[A-Z]\.?(\s|$)", match["surname"]):
        return name
    return f"{match['initials']} {match['surname']}"
