"""The same work from several files: when two records mean one work, and the one paper that they make. Pure.

A paper keeps its sources: one for each record of a file that means it, best text first. The text is that of the
first, word for word; its record is the union of all. So the order in which files come does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import PurePath
from typing import Any, Final

from index.normalising import fold
from index.papers import Kind, Paper, Record, Section
from index.readers.composing import Composer
from index.readers.identity import with_id
from index.readers.records import TITLE

SHORTEST_TITLE: Final = 20
"""Letters and digits of a title that can tell a work; shorter ones ('Sorafenib', 'Editorial') are many works'."""

YEARS_APART: Final = 1
"""Years between two dates of one work: on line in December, in print in January; preprint and article."""

FULL_TEXT: Final = 3000
"""Characters of text beside title and abstract that make a full text: research letters begin at about 500 words."""

_PREPRINT_SERVERS: Final = (  # DOI prefixes, https://www.crossref.org/members
    "10.1101/",  # bioRxiv, medRxiv; Cold Spring Harbor's journals too
    "10.21203/",  # Research Square
    "10.20944/",  # Preprints.org
    "10.48550/",  # arXiv
    "10.2139/",  # SSRN
    "10.26434/",  # ChemRxiv
    "10.22541/",  # Authorea
    "10.31219/",  # OSF
    "10.64898/",  # openRxiv
)
_IDENTIFIERS: Final = ("doi", "pmid", "pmcid")
# Works about another work often bear its title and belong to its first author; they are works of their own.
_NOTICES: Final = frozenset(
    ("correction", "retraction notice", "expression of concern", "comment", "letter", "editorial")
)
_ABOVE_ALL: Final = ("retracted article", "expression of concern")
_PLAIN_TYPE: Final = "article"
_PERSONAL: Final = ("authors", "keywords")  # what a preprint may say of the article too


@dataclass(frozen=True, slots=True)
class Source:
    """A record of a file that a paper was made from."""

    path: str  # of the file
    digest: str  # SHA-256 of the file
    count: int  # records of the file, spoilt ones too
    content: str  # fingerprint of the paper as it was read
    weight: tuple[int, int]  # how good its text is: see `weight_of`
    length: int  # characters of its text; what follows in the paper's text was added from other sources
    printed: tuple[
        tuple[str, int, int], ...
    ]  # where its text prints which field of the record: name, start, end
    record: Record  # as it was read, with an id of its own

    @classmethod
    def of(cls, paper: Paper, content: str, path: str, digest: str, count: int) -> Source:
        """Return the source that a paper is as it was read from a file."""
        printed = tuple((s.heading, s.start, s.end) for s in paper.sections if s.kind is Kind.RECORD)
        return cls(path, digest, count, content, weight_of(paper), len(paper.text), printed, paper.record)

    def to_json(self) -> dict[str, Any]:
        """Return plain values; `from_json` reads them back."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Source:
        """Rebuild a source from `to_json` values."""
        changed = {
            "weight": tuple(values["weight"]),
            "printed": tuple(tuple(field) for field in values["printed"]),
            "record": Record.from_json(values["record"]),
        }
        return cls(**(dict(values) | changed))


# --- one work or two -------------------------------------------------------------------------------------


def is_same(one: Record, other: Record) -> bool:
    """Return whether two records mean one work.

    They do where they share an identifier, their id included, or title, first author and year but for one.
    Identifiers that contradict each other make two works of it, unless one is a preprint. An id that a file
    gave is the user's word: two such ids are two works.
    """
    if one.id and one.id == other.id:
        return True
    if has_given_id(one) and has_given_id(other):
        return False
    if set(_identifiers(one)) & set(_identifiers(other)):
        return True
    title = _title_key(one)
    if title is None or title != _title_key(other) or one.year is None or other.year is None:
        return False
    if abs(one.year - other.year) > YEARS_APART or _notice(one) != _notice(other):
        return False
    pairs = [(getattr(one, name), getattr(other, name)) for name in _IDENTIFIERS]
    contradict = any(a and b and fold(a) != fold(b) for a, b in pairs)
    return not contradict or is_preprint(one) or is_preprint(other)


def is_preprint(record: Record) -> bool:
    """Return whether a record is of a preprint: by its type, else by the server that its DOI names."""
    doi = (record.doi or "").casefold()
    # 10.1101/gad.123 is Genes & Development; 10.1101/2020.05.01.123 and 10.1101/123456 are preprints.
    by_doi = doi.startswith(_PREPRINT_SERVERS) and not doi.removeprefix("10.1101/")[:1].isalpha()
    return by_doi or record.type == "preprint"


def has_given_id(record: Record) -> bool:
    """Return whether a file gave the record its id; others are derived from the work."""
    return bool(record.id) and record.id != with_id(replace(record, id="")).id


class Works:
    """Which papers mean which works, found by what records share."""

    def __init__(self) -> None:
        self._records: dict[str, tuple[Record, ...]] = {}
        self._ids: dict[str, dict[str, None]] = {}  # by key; the values are a set in order

    def __contains__(self, id: str) -> bool:
        return id in self._records

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def put(self, id: str, records: Iterable[Record]) -> None:
        """Say what records a paper has; what it had before is forgotten."""
        self.drop(id)
        self._records[id] = tuple(records)
        for record in self._records[id]:
            for key in _keys(record):
                self._ids.setdefault(key, {})[id] = None

    def drop(self, id: str) -> None:
        """Forget a paper."""
        for record in self._records.pop(id, ()):
            for key in _keys(record):
                if id in self._ids.get(key, {}):
                    del self._ids[key][id]

    def find(self, record: Record) -> list[str]:
        """Return the papers that mean the record's work; of several given ids only the first is among them."""
        candidates = dict.fromkeys(id for key in _keys(record) for id in self._ids.get(key, ()))
        given = {record.id} if has_given_id(record) else set[str]()
        found = []
        for id in candidates:
            records = self._records[id]
            own = {one.id for one in records if has_given_id(one)}
            if len(given | own) <= 1 and any(is_same(record, one) for one in records):
                given |= own
                found.append(id)
        return found


def _keys(record: Record) -> Iterator[str]:
    """Yield what two records of one work can share."""
    if record.id:
        yield f"id:{record.id}"
    yield from _identifiers(record)
    if title := _title_key(record):
        yield title


def _identifiers(record: Record) -> Iterator[str]:
    """Yield the identifiers of a work, in all its versions."""
    for name in _IDENTIFIERS:
        if value := getattr(record, name):
            yield f"{name}:{fold(value)}"
    yield from map(fold, record.versions)


def _title_key(record: Record) -> str | None:
    """Return folded title and first author's surname; None where they cannot tell a work."""
    title = "".join(char for char in fold(record.title) if char.isalnum())
    if len(title) < SHORTEST_TITLE or not record.authors:
        return None
    return f"title:{title}:{fold(record.authors[0]).rsplit(' ', 1)[-1]}"


def _notice(record: Record) -> str | None:
    return record.type if record.type in _NOTICES else None


# --- one paper of several --------------------------------------------------------------------------------


def weight_of(paper: Paper) -> tuple[int, int]:
    """Return how good a text is: its class, and the number of characters of the paper's own words.

    The classes: 3 a full text in JATS, 2 another full text, 1 an abstract or a part, 0 a title only.
    """
    own = [section for section in paper.sections if section.kind is Kind.TEXT and section.heading != TITLE]
    size = sum(section.end - section.start for section in own)
    body = sum(s.end - s.start for s in own if not s.heading.startswith("Abstract"))
    if body >= FULL_TEXT:
        is_jats = PurePath(paper.record.path or "").suffix.casefold() in (".xml", ".nxml")
        return (3 if is_jats else 2), size
    return min(size, 1), size


def by_text(sources: Iterable[Source]) -> tuple[Source, ...]:
    """Return the sources with the best text first; a published text before a preprint's of its class."""
    return tuple(
        sorted(
            sources,
            key=lambda source: (
                -source.weight[0],
                is_preprint(source.record),
                -source.weight[1],
                source.content,
                source.path,
            ),
        )
    )


def merged(base: Paper, sources: Sequence[Source], id: str) -> Paper:
    """Return the paper that sources make; `base` is the paper of the first of them, as it was read.

    What its text does not print, or prints of the preprint only, follows after the text, so that it can be quoted.
    """
    record = merged_record([source.record for source in sources], id)
    own, now = _printed(sources[0].record), _printed(record)
    wrong = {field for field, value in own.items() if now.get(field) != value}
    sections = [s for s in base.sections if s.kind is not Kind.RECORD or s.heading not in wrong]
    composer = Composer()
    composer.text, composer.sections = base.text, sections
    composer.add_fields({field: value for field, value in now.items() if own.get(field) != value})
    return replace(base, record=record, text=composer.text, sections=tuple(composer.sections))


def base_of(paper: Paper, first: Source) -> Paper:
    """Return the paper of a merged paper's first source as it was read, but for its record."""
    own = [s for s in paper.sections if s.kind is not Kind.RECORD and s.end <= first.length]
    own += [Section(name, Kind.RECORD, start, end) for name, start, end in first.printed]
    own.sort(key=lambda section: section.start)
    return replace(paper, text=paper.text[: first.length], sections=tuple(own))


def merged_record(records: Sequence[Record], id: str) -> Record:
    """Return the union of records, best text first: the first that knows a field says it.

    Where the work is published, a preprint says nothing of place and date. The date is the most exact one of the
    year. Nothing is taken from two records that belongs together.
    """
    published = [record for record in records if not is_preprint(record)]
    telling = published or list(records)
    values: dict[str, Any] = {
        name: next((value for record in telling if (value := getattr(record, name))), None)
        for name in ("title", "year", "journal", "volume", "issue", "pages", "licence", "url", *_IDENTIFIERS)
    }
    for name in _PERSONAL:
        values[name] = next(
            (value for record in (*telling, *records) if (value := getattr(record, name))), ()
        )
    dates = [record.date for record in telling if record.date and record.year == values["year"]]
    types = [record.type for record in telling if record.type]
    own = {f"{name}:{fold(values[name])}" for name in _IDENTIFIERS if values[name]}
    return Record(
        id=id,
        date=max(dates, key=len, default=None),
        type=next(
            (one for one in _ABOVE_ALL if one in types),
            next((one for one in types if one != _PLAIN_TYPE), next(iter(types), None)),
        ),
        path=records[0].path,
        versions=tuple(sorted({key for record in records for key in _identifiers(record)} - own)),
        **values,
    )


def _printed(record: Record) -> dict[str, str]:
    """Return the fields of a record as they are printed."""
    values = asdict(record)
    return {
        field: "; ".join(value) if isinstance(value, tuple) else str(value)
        for field, value in values.items()
        if value
    }
