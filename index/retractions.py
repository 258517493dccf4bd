"""Retractions, corrections and expressions of concern: which papers of a library they stand against.

Two sources, both read when the library is opened, so that nothing has to be indexed again: notices that are papers
of the library themselves, and a list in the CSV format of Retraction Watch (https://gitlab.com/crossref/retraction-watch-data).
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from index.errors import RetractionListError
from index.normalising import terms
from index.papers import Kind, Paper, Record, Status, StatusKind
from index.readers.fields import DOI, PMCID, iso_date

LIST_NAME: Final = "retractions.csv"
"""Name of the list in the library's home, where no other is set."""

LEAST_TITLE: Final = 4
"""Words of a title that tell a paper: shorter ones ('Sorafenib', 'Liver cancer') stand in many texts."""

LARGEST_FIELD: Final = 1_000_000
"""Characters of a field of the list; the longest of Retraction Watch's have a few thousand."""

_NOTICES: Final = {
    "retracts": StatusKind.RETRACTED,
    "corrects": StatusKind.CORRECTED,
    "questions": StatusKind.CONCERN,
}
_NOTICED: Final = {
    "retracted by": StatusKind.RETRACTED,
    "corrected by": StatusKind.CORRECTED,
    "questioned by": StatusKind.CONCERN,
}
"""Record sections of a notice, and of the paper it is about, as readers name them."""

_TITLE: Final = re.compile(
    r"\W*(?:(?:author|publisher|editorial|editor)(?:['’]s)?\s)?(?:(?:notice|statement) of\s)?"
    r"(?P<word>retraction|retracted(?:\sarticle)?|withdrawal|withdrawn(?:\sarticle)?|correction|corrigend(?:um|a)|errat(?:um|a)"
    r"|expression of (?:editorial )?concern)\b(?:\s(?:note|notice|statement))?"
    r"(?:(?P<to>\s(?:to|for|of|on))?(?P<mark>\s?[:.–—\]\-\"“'‘\[])?(?P<rest>.*))",
    re.IGNORECASE | re.DOTALL,
)
_PMID: Final = re.compile(r"\bPMID:?\s*(\d{1,8})\b", re.IGNORECASE)
_MONTH_DAY_YEAR: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})\b")
_DATED_NAME: Final = re.compile(r"(20\d\d)[-_.]?([01]\d)[-_.]?([0-3]\d)(?!\d)")

_NEEDED: Final = ("OriginalPaperDOI", "RetractionDate", "RetractionNature")
_NATURES: Final = {
    "retraction": StatusKind.RETRACTED,
    "expression of concern": StatusKind.CONCERN,
    "correction": StatusKind.CORRECTED,
}
_LIFTS: Final = "reinstatement"
"""Ends the retraction or concern before it."""


def marks_of(papers: Sequence[Paper], listed: Path | None) -> dict[str, Status]:
    """Return the status of each paper that one stands against, by the paper's id.

    Of several the gravest counts, and the newest of these.

    Raises:
        RetractionListError: the list cannot be read.
    """
    found = _noticed(papers)
    if listed is not None:
        for id, statuses in _listed(listed, [paper.record for paper in papers]).items():
            found[id].extend(statuses)
    gravest = list(StatusKind)
    return {
        id: min(
            sorted(statuses, key=lambda s: s.date or "", reverse=True), key=lambda s: gravest.index(s.kind)
        )
        for id, statuses in found.items()
        if statuses
    }


# --- notices in the library ----------------------------------------------------------------------------


class _Keys:
    """Finds the papers of a library by identifier and by title."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._records = tuple(records)
        self._ids: dict[str, str] = {}
        for record in self._records:
            for key in (
                record.doi and record.doi.casefold(),
                record.pmid and f"pmid {record.pmid}",
                record.pmcid,
            ):
                if key:
                    self._ids.setdefault(key, record.id)

    @cached_property
    def titles(self) -> dict[str, str]:
        """The papers' ids by their titles as words."""
        long = (record for record in self._records if len(record.title.split()) >= LEAST_TITLE)
        return {_as_words(record.title): record.id for record in long}

    def doi(self, text: str) -> str | None:
        """Return the paper of the DOI that a text holds."""
        match = DOI.search(text)
        return self._ids.get(match.group().casefold()) if match else None

    def pmid(self, number: str) -> str | None:
        """Return the paper of a PMID."""
        return self._ids.get(f"pmid {number}")

    def named(self, text: str) -> set[str]:
        """Return the papers whose identifiers a text holds."""
        keys = [match.group().casefold() for match in DOI.finditer(text)]
        keys += [f"pmid {match[1]}" for match in _PMID.finditer(text)]
        keys += [f"PMC{match[1]}" for match in PMCID.finditer(text)]
        return {self._ids[key] for key in keys if key in self._ids}

    def titled(self, text: str) -> set[str]:
        """Return the papers whose whole titles stand in a text."""
        words = f" {_as_words(text)} "
        return {id for title, id in self.titles.items() if f" {title} " in words}


def _as_words(title: str) -> str:
    return " ".join(terms(title))


def _noticed(papers: Sequence[Paper]) -> defaultdict[str, list[Status]]:
    """Return what the notices among the papers, and the papers themselves, say."""
    found: defaultdict[str, list[Status]] = defaultdict(list)
    keys = _Keys(paper.record for paper in papers)
    for paper in papers:
        record = paper.record
        printed = {s.heading: paper.text[s.start : s.end] for s in paper.sections if s.kind is Kind.RECORD}
        for field, kind in _NOTICED.items():
            if field in printed:
                found[record.id].append(Status(kind, None, _first_notice(printed[field]), "its own record"))
        is_notice = False
        for field, kind in _NOTICES.items():
            if field in printed:
                is_notice = True
                for id in keys.named(printed[field]) - {record.id}:
                    found[id].append(_by(kind, record))
        titled = None if is_notice else _TITLE.match(record.title)
        if titled:
            kind, itself = _kind_of(titled["word"]), _is_past(titled["word"])
            others = _meant(paper, titled, keys) - {record.id}
            for id in others:
                found[id].append(_by(kind, record))
            if itself and titled["mark"] and (not others or "article" in titled["word"].casefold()):
                found[record.id].append(Status(kind, None, record.doi, "its own title"))
    return found


def _meant(paper: Paper, titled: re.Match[str], keys: _Keys) -> set[str]:
    """Return the papers that a notice is about: by the one identifier that it gives, else by title.

    A title that only begins like a notice ('Correction to …' without a colon or quote) counts where it holds
    another's title.
    """
    word, rest = titled["word"].casefold(), titled["rest"] or ""
    if titled["mark"] or not rest.strip() or (titled["to"] and re.match("errat|corrigend", word)):
        said = [paper.text[s.start : s.end] for s in paper.sections if s.kind in (Kind.TEXT, Kind.REFERENCE)]
        body = "\n".join(said)
        named = keys.named(body) - {paper.record.id}
        if len(named) == 1:
            return named
        if not rest.strip():
            about = keys.titled(body) - {paper.record.id}
            return about if len(about) == 1 else set()
    return keys.titled(rest)


def _by(kind: StatusKind, notice: Record) -> Status:
    """Return the status that a notice of the library brings."""
    date = notice.date or (str(notice.year) if notice.year else None)
    pubmed = f"https://pubmed.ncbi.nlm.nih.gov/{notice.pmid}/" if notice.pmid else None
    return Status(kind, date, notice.doi or pubmed or notice.url, f"a notice in the library ({notice.short})")


def _first_notice(printed: str) -> str | None:
    """Return the DOI or the address of the notice that a record line gives."""
    if doi := DOI.search(printed):
        return doi.group()
    pmid = _PMID.search(printed)
    return f"https://pubmed.ncbi.nlm.nih.gov/{pmid[1]}/" if pmid else None


def _kind_of(word: str) -> StatusKind:
    if word.casefold().startswith(("retract", "withdraw")):
        return StatusKind.RETRACTED
    return StatusKind.CONCERN if "concern" in word.casefold() else StatusKind.CORRECTED


def _is_past(word: str) -> bool:
    """Return whether publishers put this word before the title of the paper itself."""
    return word.casefold().startswith(("retracted", "withdrawn"))


# --- a list --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the list that is about a paper of the library."""

    paper: str
    nature: str
    date: str | None
    notice: str | None


def named_list(path: Path) -> str:
    """Return the name of a list with its date, as it is shown: `retractions.csv of 2026-01-15`.

    The date is that of the file's name (`retractions-2026-01-15.csv`), else the newest of its rows.

    Raises:
        RetractionListError: the list cannot be read.
    """
    return _read(path, _Keys(()))[1]


def _listed(path: Path, records: Sequence[Record]) -> dict[str, list[Status]]:
    """Return what a list says of the papers of a library."""
    rows, source = _read(path, _Keys(records))
    found: defaultdict[str, list[Status]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.date or ""):
        if row.nature == _LIFTS:
            found[row.paper] = [s for s in found[row.paper] if s.kind is StatusKind.CORRECTED]
        else:
            found[row.paper].append(Status(_NATURES[row.nature], row.date, row.notice, source))
    return found


def _read(path: Path, keys: _Keys) -> tuple[list[_Row], str]:
    """Return the rows about papers of the library, and the list's name with its date."""
    try:
        rows, newest = _decoded(path, keys, "utf-8-sig")
    except UnicodeDecodeError:  # older copies of the list are in Latin-1
        rows, newest = _decoded(path, keys, "latin-1")
    dated = _DATED_NAME.search(path.name)
    date = "-".join(dated.groups()) if dated else newest
    return rows, f"{path.name} of {date}" if date else path.name


def _decoded(path: Path, keys: _Keys, encoding: str) -> tuple[list[_Row], str | None]:
    """Return the rows about papers of the library, and the newest date of all rows."""
    found, newest = [], None
    for number, row in _rows(path, encoding):
        if None in row or None in row.values():
            raise RetractionListError(
                f"The list of retractions '{path}' is damaged: row {number} has another number of fields than the "
                "first line; download it again."
            )
        date = _date(row["RetractionDate"])
        if date and (newest is None or date > newest):
            newest = date
        nature = row["RetractionNature"].strip().casefold()
        paper = _paper_of(row, keys) if nature in _NATURES or nature == _LIFTS else None
        if paper is not None:
            found.append(_Row(paper, nature, date, _notice_of(row)))
    return found, newest


def _rows(path: Path, encoding: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the rows of a list with their numbers, from 1. Raises RetractionListError where it is none."""
    csv.field_size_limit(LARGEST_FIELD)
    try:
        with path.open(encoding=encoding, newline="") as file:
            reader = csv.DictReader(file, strict=True)
            missing = [name for name in _NEEDED if name not in (reader.fieldnames or ())]
            if missing:
                raise RetractionListError(
                    f"The list of retractions '{path}' has no column '{missing[0]}': give a CSV file in the format of "
                    "Retraction Watch."
                )
            yield from enumerate(reader, start=1)
    except OSError as error:
        raise RetractionListError(
            f"The list of retractions '{path}' cannot be read ({error.strerror}): name another with "
            "ASSISTANT_RETRACTIONS, or unset it."
        ) from error
    except csv.Error as error:
        raise RetractionListError(
            f"The list of retractions '{path}' is no CSV file that can be read ({error}): download it again."
        ) from error


def _paper_of(row: dict[str, str], keys: _Keys) -> str | None:
    """Return the paper that a row is about: by DOI, else PMID; by title where the row gives neither."""
    pmid = row.get("OriginalPaperPubMedID", "").strip()
    if DOI.search(row["OriginalPaperDOI"]) or pmid.strip("0"):
        return keys.doi(row["OriginalPaperDOI"]) or keys.pmid(pmid)
    return keys.titles.get(_as_words(row.get("Title", "")))


def _notice_of(row: dict[str, str]) -> str | None:
    """Return the DOI of the notice, else its address at PubMed."""
    if doi := DOI.search(row.get("RetractionDOI", "")):
        return doi.group()
    pmid = row.get("RetractionPubMedID", "").strip()
    return f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid.isdigit() and pmid.strip("0") else None


def _date(printed: str) -> str | None:
    """Return a date in ISO 8601: the list writes `1/31/2021 0:00`, month first."""
    match = _MONTH_DAY_YEAR.search(printed)
    if match is None:
        return iso_date(printed)
    month, day = int(match[1]), int(match[2])
    return f"{match[3]}-{month:02d}-{day:02d}" if 1 <= month <= 12 and 1 <= day <= 31 else match[3]
