"""Values of the library: records, papers, sections, sentences, passages, hits. No input or output here.

Offsets are character offsets into `Paper.text`, half open: `paper.text[start:end]`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a piece of text is as evidence."""

    TEXT = "text"  # the paper's own words: title, abstract, body
    SUMMARY = "summary"  # written about the paper by the page that hosts it
    RECORD = "record"  # authors, dates, journal, identifiers as the page prints them
    REFERENCE = "reference"  # a work that the paper cites
    ANNOTATION = "annotation"  # machine-made entity lists: aliases for search, never quoted


class Role(StrEnum):
    """What a sentence is in its paper."""

    RESULT = "result"  # what the paper itself found or concludes
    METHOD = "method"  # what was done, or was to be done
    BACKGROUND = "background"  # what was known or unknown before, and what belongs to no other
    CITED = "cited"  # a statement about another work


class StatusKind(StrEnum):
    """What has become of a published paper, the gravest first."""

    RETRACTED = "retracted"
    CONCERN = "concern"  # an expression of concern
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True)
class Status:
    """A retraction, correction or expression of concern that stands against a paper."""

    kind: StatusKind
    date: str | None  # ISO 8601 as far as it is known
    notice: str | None  # the notice's DOI, else its address
    source: str  # who says so: a notice in the library, or a list with its date

    @property
    def address(self) -> str | None:
        """Address of the notice that a page may link to."""
        if self.notice and self.notice.startswith("10."):
            return f"https://doi.org/{self.notice}"
        return self.notice if self.notice and self.notice.startswith(("https://", "http://")) else None

    def to_json(self) -> dict[str, str | None]:
        """Return the `status` object of the JSON output."""
        return {"kind": str(self.kind), "date": self.date, "notice": self.notice, "source": self.source}


@dataclass(frozen=True, slots=True)
class Record:
    """The bibliographic record of a paper; unknown is None or empty, nothing is invented."""

    id: str
    title: str
    authors: tuple[str, ...] = ()
    year: int | None = None
    date: str | None = None  # ISO 8601 as far as it is known: "2020-01", "2026-02-11"
    journal: str | None = None
    volume: str | None = None
    issue: str | None = None
    pages: str | None = None  # page range, or the article number where there are no pages
    doi: str | None = None
    pmid: str | None = None
    pmcid: str | None = None
    url: str | None = None
    path: str | None = None
    keywords: tuple[str, ...] = ()
    type: str | None = None  # "article", "review", "trial", "preprint", …: index/readers/works.py lists them
    licence: str | None = None  # "CC BY 4.0", or the address of another licence
    versions: tuple[str, ...] = ()  # other versions of the work, preprint or article: "doi:10.…", "pmid:…"
    status: Status | None = None  # put on when the library is read, never stored

    def to_json(self) -> dict[str, Any]:
        """Return the `PAPER` object of the JSON contract."""
        values = asdict(self)
        for field in ("keywords", "type", "licence", "versions", "status"):  # no part of the contract
            del values[field]
        values["authors"] = list(self.authors)
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Record:
        """Rebuild a record from the values of `dataclasses.asdict`."""
        record: Record = _build(cls, values)
        return record

    @property
    def short(self) -> str:
        """Short citation, e.g. `Zhu et al. 2020`; the title where no author is known."""
        if not self.authors:
            name = self.title if len(self.title) <= 40 else self.title[:39].rstrip() + "…"
        else:
            surnames = [author.rsplit(" ", 1)[-1] for author in self.authors]
            name = (
                surnames[0]
                if len(surnames) == 1
                else (f"{surnames[0]} and {surnames[1]}" if len(surnames) == 2 else f"{surnames[0]} et al.")
            )
        return f"{name} {self.year}" if self.year else name


def status_json(record: Record) -> dict[str, str | None] | None:
    """Return the `status` object of a paper for JSON; None where nothing stands against it."""
    return record.status.to_json() if record.status else None


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its text. For `Kind.RECORD` the heading is the field's name, e.g. `authors`."""

    heading: str
    kind: Kind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reference:
    """A work that a paper cites, with the span of its entry and of its title in the citing paper's text."""

    title: str
    start: int
    end: int
    authors: tuple[str, ...] = ()
    journal: str | None = None
    year: int | None = None
    date: str | None = None
    volume: str | None = None
    issue: str | None = None
    pmid: str | None = None
    doi: str | None = None


@dataclass(frozen=True, slots=True)
class Entity:
    """A machine-annotated entity: names for the same thing, first the preferred one."""

    category: str  # "gene", "chemical", "disease", "species", "cell line"
    names: tuple[str, ...]
    identifier: str | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper as read from a file: its record, its text and what lies where in it.

    Sections are in text order and do not overlap; text outside every section (web-page debris) is never
    evidence. References are in text order too, each inside a section of `Kind.REFERENCE`. `pages` has the offset at
    which the text of each page of the file begins, first page first; it is empty where the file has no pages.
    """

    record: Record
    text: str
    sections: tuple[Section, ...]
    references: tuple[Reference, ...] = ()
    entities: tuple[Entity, ...] = ()
    pages: tuple[int, ...] = ()

    def page_of(self, offset: int) -> int | None:
        """Return the page of the file, from 1, on which `text[offset]` stands; None where it has no pages."""
        return max(1, bisect_right(self.pages, offset)) if self.pages else None

    def to_json(self) -> dict[str, Any]:
        """Return everything that is stored but the text as plain values; `from_json` reads it back."""
        values = asdict(self)
        del values["text"], values["record"]["status"]
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any], text: str) -> Paper:
        """Rebuild a paper from `to_json` values and its text."""
        return cls(
            record=Record.from_json(values["record"]),
            text=text,
            sections=tuple(_build(Section, s | {"kind": Kind(s["kind"])}) for s in values["sections"]),
            references=tuple(_build(Reference, r) for r in values["references"]),
            entities=tuple(_build(Entity, e) for e in values["entities"]),
            pages=tuple(values.get("pages", ())),  # papers stored before pages were kept have none
        )


def _build(cls: type[Any], values: Mapping[str, Any]) -> Any:
    """Build a dataclass from JSON values, lists turned into tuples; unknown keys are left out."""
    names = {field.name for field in fields(cls)}
    return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items() if k in names})


@dataclass(frozen=True, slots=True)
class Span:
    """A sentence (or a piece of one that is longer than the embedder reads) in a paper's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences of one section: the unit of context that is shown."""

    number: int  # position in the paper, from 0
    section: int  # index into `Paper.sections`
    start: int
    end: int
    sentences: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class SentenceHit:
    """A sentence of a hit with its scores, each in [0, 1], higher is better."""

    start: int
    end: int
    text: str
    score: float
    dense: float  # cosine similarity with the question
    lexical: float  # BM25, scaled to the best sentence of this search


@dataclass(frozen=True, slots=True)
class Hit:
    """A retrieved passage."""

    record: Record
    section: str
    kind: Kind
    start: int
    end: int
    text: str
    score: float
    sentences: tuple[SentenceHit, ...]  # every sentence of the passage, in text order
