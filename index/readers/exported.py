"""Papers from the records that databases and reference managers export: title, fields and abstract."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from index.errors import ReadError
from index.papers import Kind, Paper, Record, Reference
from index.readers.composing import Composer
from index.readers.fields import DOI, PMCID, initials_first, iso_date, year_of

_ABSTRACT: Final = "Abstract"
_NO_LABEL: Final = frozenset(("", "UNLABELLED", "UNLABELED", "UNASSIGNED", "ABSTRACT"))
_TRANSLATED: Final = re.compile(
    r"^\[([^\[\]]+)\](\.?)$"
)  # how PubMed marks the title of a paper not in English
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_PAGES: Final = re.compile(r"([A-Za-z]*)(\d+)\s*(?:-{1,3}|[‐‑–—])\s*([A-Za-z]*)(\d+)")
_BARE_MONTH: Final = re.compile(r"(?<=\d)\s+(?=\d\d\b)")
# The labels of a structured abstract that was made one paragraph: "BACKGROUND: … METHODS: …".
_LABEL: Final = re.compile(r"(?:^|(?<=[.?!)\]]))\s*\b([A-Z][A-Z/&,'’() -]{2,60}[A-Z)]):\s+")
_COPYRIGHT: Final = re.compile(r"\s(?:Copyright|©|\(c\))[\s©]*(?:\(c\)\s*)?\d{4}\b[^\n]{0,300}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What one record says; empty is unknown."""

    title: str
    authors: tuple[str, ...] = ()  # given name first
    date: str = ""  # as printed
    journal: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    doi: str = ""
    pmid: str = ""
    pmcid: str = ""
    url: str = ""
    keywords: tuple[str, ...] = ()
    abstract: tuple[tuple[str, str], ...] = ()  # label, text
    type: str | None = None
    licence: str | None = None
    versions: tuple[str, ...] = ()
    cited: tuple[Reference, ...] = ()  # each titled by its whole entry; the spans are set here


def paper_of(values: Exported, path: str) -> Paper:
    """Return the paper of a record. Raises ReadError, half a sentence, where it has no title."""
    title = _TRANSLATED.sub(r"\1\2", one_line(values.title))
    if not title:
        raise ReadError("it has no title")
    date = iso_date(_BARE_MONTH.sub("-", one_line(values.date)))
    doi, pmcid = DOI.search(values.doi), PMCID.search(values.pmcid)
    authors = _listed(values.authors)
    keywords = _listed(values.keywords)
    printed = {
        "journal": one_line(values.journal),
        "volume": one_line(values.volume),
        "issue": one_line(values.issue),
        "pages": whole_pages(one_line(values.pages)),
        "doi": doi.group() if doi else "",
        "pmid": values.pmid.strip() if values.pmid.strip().isdecimal() else "",
        "pmcid": f"PMC{pmcid[1]}" if pmcid else "",
        "url": one_line(values.url),
    }
    composer = Composer()
    lists = {"authors": "; ".join(authors), "date": date or "", "keywords": "; ".join(keywords)}
    composer.add_record(title, printed | lists)
    for label, words in values.abstract:
        label = "" if label.strip(" :.").upper() in _NO_LABEL else label.strip(" :.")
        name = label.capitalize() if label.isupper() else label
        heading = f"{_ABSTRACT}: {name}" if name else _ABSTRACT
        composer.add(heading, Kind.TEXT, words, label=f"{label}\n\n" if label else "")
    references = tuple(_cited(composer, values.cited))
    fields: dict[str, Any] = {field: value or None for field, value in printed.items()}
    record = Record(
        id="",
        title=title,
        authors=authors,
        year=year_of(date),
        date=date,
        path=path,
        keywords=keywords,
        type=values.type,
        licence=values.licence,
        versions=values.versions,
        **fields,
    )
    return Paper(record, composer.text, tuple(composer.sections), references)


def _cited(composer: Composer, references: Iterable[Reference]) -> Iterator[Reference]:
    """Append the cited works, a section each, and yield them with their spans."""
    for reference in references:
        if section := composer.add("References", Kind.REFERENCE, reference.title):
            yield replace(reference, start=section.start, end=section.end)


def lines_of(text: str) -> list[str]:
    """Return the lines of a text, whatever system it was written on, without line ends."""
    return _LINE_END.split(text)


def one_line(text: str) -> str:
    """Return a text with single spaces for its white space."""
    return " ".join(text.split())


def _listed(words: Iterable[str]) -> tuple[str, ...]:
    """Return the words of a list, each once, without empty ones."""
    return tuple(dict.fromkeys(word for word in map(one_line, words) if word))


def given_first(name: str) -> str:
    """Return `Zhu, Qiankun` as `Qiankun Zhu`, `Zhu Q` as `Q Zhu`, `King, Martin, Jr` without its `Jr`.

    A group stays as it is.
    """
    surname, comma, given = name.partition(",")
    return one_line(f"{given.partition(',')[0]} {surname}" if comma else initials_first(one_line(name)))


def whole_pages(pages: str) -> str:
    """Return a page range with its last page in full: `764-9` is `764-769`, `454--81` is `454-481`."""
    match = _PAGES.fullmatch(pages)
    if match is None:
        return pages
    before, first, before_last, last = match.groups()
    if before_last in ("", before) and len(last) < len(first):
        last = first[: len(first) - len(last)] + last
    return f"{before}{first}-{before_last or before}{last}"


def parts_of(abstract: str) -> tuple[tuple[str, str], ...]:
    """Return the parts of an abstract with their labels, without the line of copyright at its end."""
    abstract = _COPYRIGHT.sub("", abstract.strip())
    labels = list(_LABEL.finditer(abstract))
    if not labels:
        return (("", abstract),) if abstract else ()
    ends = [label.start() for label in labels[1:]] + [len(abstract)]
    parts = [("", abstract[: labels[0].start()])]
    parts += [(label[1], abstract[label.end() : end]) for label, end in zip(labels, ends, strict=True)]
    return tuple((label, words.strip()) for label, words in parts if words.strip())
