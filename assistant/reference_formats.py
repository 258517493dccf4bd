"""Records as BibTeX and RIS, for reference managers. Pure; fields that are unknown are left out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from index.papers import Record, Status, StatusKind

_LATEX_SPECIALS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
}

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_PARTICLES = {"de", "del", "della", "di", "da", "dos", "du", "van", "von", "der", "den", "ter", "la", "le"}
"""Words that belong to the surname after them when they are written small."""

_CAPITAL_PARTICLES = {"De", "Del", "Della", "Dos"}
"""Particles that belong to the surname even with a capital; the others are given names too (Van, Di, Le)."""

_SUFFIXES = {"Jr", "Jr.", "Sr", "Sr.", "II", "III"}

_ORGANISATION = re.compile(
    r"\b(?:Association|Collaboration|Collaborators|Committee|Consortium|Group|Institute|Investigators|Network"
    r"|Organi[sz]ation|Society|Team|University)\b"
)

_STATUS = {
    StatusKind.RETRACTED: "RETRACTED",
    StatusKind.CORRECTED: "Corrected",
    StatusKind.CONCERN: "Expression of concern",
}

_LETTERS_WITHOUT_DECOMPOSITION = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
"""Latin letters that Unicode does not take apart into an ASCII letter and an accent."""

_FILL_WORDS = {"a", "an", "and", "by", "for", "from", "in", "is", "of", "on", "or", "the", "to", "with"}


def to_bibtex(records: Iterable[Record]) -> str:
    """Return one BibTeX entry a record, with keys such as `zhu2020silencing` that are made unique."""
    taken: set[str] = set()
    entries = []
    for record in records:
        key = _unique(_key(record), taken)
        kind = "article" if record.journal else "misc"
        fields = "".join(f"  {name} = {value},\n" for name, value in _bibtex_fields(record))
        entries.append(f"@{kind}{{{key},\n{fields}}}\n")
    return "\n".join(entries)


def to_ris(records: Iterable[Record]) -> str:
    """Return one RIS entry a record (tags as reference managers read them: AN is the PMID, C2 the PMCID)."""
    return "\n".join(
        "".join(f"{tag}  - {_one_line(value)}\n" for tag, value in _ris_fields(record)) + "ER  - \n"
        for record in records
    )


def surname_first(author: str) -> str:
    """Return the name as `Surname, Given names`; organisations and single names stay as they are.

    Particles count as part of the surname (`De Siena, Bruno`); `Zhu Q`, a surname with initials, is
    understood.
    """
    words = author.split()
    if "," in author or len(words) < 2 or _ORGANISATION.search(author):
        return " ".join(words)
    suffix = f", {words.pop()}" if len(words) > 2 and words[-1] in _SUFFIXES else ""
    if _are_initials(words[-1]) and not _are_initials(words[0]):
        return f"{' '.join(words[:-1])}{suffix}, {words[-1]}"
    start = len(words) - 1
    while start > 1 and (words[start - 1] in _PARTICLES or words[start - 1] in _CAPITAL_PARTICLES):
        start -= 1
    return f"{' '.join(words[start:])}{suffix}, {' '.join(words[:start])}"


def _are_initials(word: str) -> bool:
    letters = word.replace(".", "").replace("-", "")
    return 0 < len(letters) <= 3 and letters.isupper() and letters.isalpha()


def _bibtex_fields(record: Record) -> Iterator[tuple[str, str]]:
    """Yield field names and their values, delimiters included."""
    yield "title", f"{{{_latex_title(record.title)}}}"
    if record.authors:
        yield "author", f"{{{' and '.join(_latex_author(author) for author in record.authors)}}}"
    year, month, _ = _date_parts(record)
    if record.journal:
        yield "journal", f"{{{_latex(record.journal)}}}"
    if year:
        yield "year", f"{{{year}}}"
    if month:
        yield "month", _MONTHS[month - 1]
    if record.volume:
        yield "volume", f"{{{_latex(record.volume)}}}"
    if record.issue:
        yield "number", f"{{{_latex(record.issue)}}}"
    if record.pages:
        yield "pages", f"{{{_latex('--'.join(_page_range(record.pages)))}}}"
    for name in ("doi", "pmid", "pmcid", "url"):
        if value := getattr(record, name):
            yield name, f"{{{_verbatim(value)}}}"
    if record.status:
        yield "note", f"{{{_latex(_note(record.status))}}}"
    if record.keywords:
        yield "keywords", f"{{{_latex(', '.join(record.keywords))}}}"


def _ris_fields(record: Record) -> Iterator[tuple[str, str]]:
    """Yield tags and values in the order of the format, without the closing ER."""
    year, month, day = _date_parts(record)
    yield "TY", "JOUR" if record.journal else "GEN"
    yield "TI", record.title
    for author in record.authors:
        yield "AU", surname_first(author)
    if year:
        yield "PY", str(year)
    if month:
        yield "DA", f"{year}/{month:02d}/{f'{day:02d}' if day else ''}/"
    for tag, value in (("T2", record.journal), ("VL", record.volume), ("IS", record.issue)):
        if value:
            yield tag, value
    if record.pages:
        yield from zip(("SP", "EP"), _page_range(record.pages), strict=False)
    for tag, value in (("DO", record.doi), ("AN", record.pmid), ("C2", record.pmcid), ("UR", record.url)):
        if value:
            yield tag, value
    for keyword in record.keywords:
        yield "KW", keyword
    if record.status:
        yield "N1", _note(record.status)


def _note(status: Status) -> str:
    """Return what stands against a paper as a note."""
    date = f" {status.date}" if status.date else ""
    notice = f"; notice: {status.notice}" if status.notice else ""
    return f"{_STATUS[status.kind]}{date}{notice}; according to {status.source}"


def _latex(text: str) -> str:
    return "".join(_LATEX_SPECIALS.get(character, character) for character in _one_line(text))


def _latex_title(title: str) -> str:
    """Return the title with braces around words that styles must not write small (KIF14, RNA-Seq, mTOR)."""
    words = _one_line(title).split(" ")
    return " ".join(f"{{{_latex(word)}}}" if _has_inner_capital(word) else _latex(word) for word in words)


def _has_inner_capital(word: str) -> bool:
    letters = word.lstrip("(['\"“‘")
    return any(character.isupper() for character in letters[1:])


def _latex_author(author: str) -> str:
    """Return the name as BibTeX splits it; an organisation is kept together by braces."""
    if _ORGANISATION.search(author):
        return f"{{{_latex(author)}}}"
    return _latex(surname_first(author))


def _verbatim(value: str) -> str:
    """Return an identifier or address as it is, with the characters that would end the field encoded."""
    encoded = {"{": "%7B", "}": "%7D", "\\": "%5C"}
    return "".join(encoded.get(character, character) for character in _one_line(value))


def _page_range(pages: str) -> list[str]:
    """Return first and last page, or the one page or article number: `117-125` but not `e12-a`."""
    parts = [part.strip() for part in re.split(r"[-‐‑‒–—]+", pages)]
    is_range = len(parts) == 2 and all(any(c.isdigit() for c in part) for part in parts)
    return parts if is_range else [pages.strip()]


def _date_parts(record: Record) -> tuple[int | None, int | None, int | None]:
    """Return year, month and day as far as the ISO date, or else the year, says them."""
    match = re.match(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", record.date or "")
    if not match:
        return record.year, None, None
    year, month, day = (int(part) if part else None for part in match.groups())
    return year, month if month and month <= len(_MONTHS) else None, day


def _key(record: Record) -> str:
    """Return surname, year and the first telling word of the title in small ASCII letters."""
    surname = surname_first(record.authors[0]).split(",")[0] if record.authors else ""
    words = [word for word in (_ascii(word) for word in re.split(r"[\W_]+", record.title)) if word]
    telling = next((word for word in words if word not in _FILL_WORDS), "")
    year, _, _ = _date_parts(record)
    return f"{_ascii(surname)}{year or ''}{telling}" or "paper"


def _ascii(text: str) -> str:
    small = text.casefold().translate(_LETTERS_WITHOUT_DECOMPOSITION)
    return re.sub(r"[^a-z0-9]", "", unicodedata.normalize("NFKD", small))


def _unique(key: str, taken: set[str]) -> str:
    """Return the key, with a number where it is taken already, and note it as taken."""
    candidate, number = key, 2
    while candidate in taken:
        candidate, number = f"{key}-{number}", number + 1
    taken.add(candidate)
    return candidate


def _one_line(text: str) -> str:
    return " ".join(text.split())
