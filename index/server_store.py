"""An edition of a library on a Chroma server: four collections that readers see while they are written.

- `papers`: one row a paper. It is written last, and names the paper's version and how many rows it has in the
  other collections: the commit. Readers look for no rows but those.
- `contents`: the paper itself, in slices, since hosted servers limit how large a row may be.
- `text` and `bibliography`: one row a sentence with its vector, as in a folder.

The id of a row is `paper#version#number`. Rows of a version that was replaced stay until `clean`, which is
called when the new one is published; those that a killed writer left are found by `sweep`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from index.errors import StoreError
from index.store import (
    HNSW,
    PARTS,
    Address,
    Brief,
    NotThere,
    Store,
    StoredPaper,
    Vectors,
    dumped,
    metadata_of,
    owner_of,
    point_of,
    record_of,
    server_errors,
    sources_of,
    stored_of,
)

SERVER_PAGE = 300
"""Rows a read or write on a server: Chroma Cloud takes and gives no more (its page on quotas and limits)."""

SLICE = 16_000
"""Bytes of a row of contents; Chroma Cloud takes documents of 16,384."""

READ_AGAIN = 5
"""How often a paper is read again that changes while it is read."""

COUNTED = (*PARTS, "contents")
"""Collections of rows that belong to a version of a paper."""

COLLECTIONS = ("papers", *COUNTED)

Row = TypeVar("Row")


class ServerStore(Store):
    """Papers and sentence vectors of one edition of a library on a Chroma server.

    A paper's row names its version and how many rows it has elsewhere; it is written last, and readers look for
    no rows but those. Old rows stay until `clean`.
    """

    def __init__(
        self,
        client: Any,
        address: Address,
        edition: int,
        *,
        embedding: str | None = None,
        before_commit: Callable[[], None] = lambda: None,
        in_part: bool = False,
    ) -> None:
        """Open an edition; make it, empty, where `embedding`, the embedder's identity, is given.

        Args:
            client: what `connect` gave.
            address: where that is.
            edition: number of the edition.
            embedding: identity of the embedder of a new edition.
            before_commit: raises where this process may no longer write.
            in_part: open it where collections are gone, too, for `readable`.

        Raises:
            StoreError: the edition does not exist, or the server is away.
        """
        self.edition = edition
        self.before_commit = before_commit
        self._address = address
        self._old: dict[str, list[str]] = {}  # rows that nobody needs after the next publication
        with self._errors():
            if embedding is not None:
                drop_edition(client, address, edition)
                for name in COLLECTIONS:
                    client.get_or_create_collection(
                        _full_name(address, name, edition),
                        configuration={"hnsw": HNSW},
                        metadata={"embedding": embedding},
                        embedding_function=None,
                    )
            self._collections = {}
            for name in COLLECTIONS:
                with suppress(*[NotThere] if in_part else []):
                    full = _full_name(address, name, edition)
                    self._collections[name] = client.get_collection(full, embedding_function=None)
        papers = self._collections.get("papers")
        self.embedding = str((papers.metadata if papers else {}).get("embedding", ""))

    @property
    def _page(self) -> int:
        return SERVER_PAGE

    def close(self) -> None:
        """Do nothing: connections are the client's."""

    def warm(self) -> None:
        """Do nothing: vectors are read by the server."""

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn whatever the server or its client raises into a StoreError."""
        try:
            with server_errors(self._address):
                yield
        except NotThere as error:
            raise StoreError(
                f"A part of the library {self._address.where} is gone: try again, and if it stays so run "
                "'sorafenib-assistant repair'."
            ) from error

    def write(self, items: Sequence[StoredPaper], vectors: Sequence[Vectors]) -> None:
        """Write papers: sentences and contents first, then the paper rows (the commit)."""
        with self._errors():
            slices = {item.paper.record.id: _slices(item) for item in items}
            for part in PARTS:
                self._write_sentences(part, items, vectors)
            rows = [(item, n, text) for item in items for n, text in enumerate(slices[item.paper.record.id])]
            for some in _pages(rows):
                self._collections["contents"].upsert(
                    ids=[item.row_id(n) for item, n, _ in some],
                    embeddings=np.array([point_of(item.version) for item, _, _ in some]),
                    documents=[text for _, _, text in some],
                )
            for papers in _pages(items):
                before = self._manifests([item.paper.record.id for item in papers])
                self.before_commit()
                self._papers.upsert(
                    ids=[item.paper.record.id for item in papers],
                    embeddings=np.array([point_of(item.version) for item in papers]),
                    documents=[json.dumps(item.paper.to_json()["record"]) for item in papers],
                    metadatas=[_manifest(item, len(slices[item.paper.record.id])) for item in papers],
                )
                now = {item.paper.record.id: item.version for item in papers}
                self._retire(old for id, old in before.items() if old.version != now[id])

    def remove(self, papers: Sequence[str]) -> None:
        """Delete the rows of papers (the commit); the others go with the next publication."""
        with self._errors():
            for some in _pages(papers):
                before = self._manifests(some)
                self.before_commit()
                self._papers.delete(ids=list(some))
                self._retire(before.values())

    def _retire(self, manifests: Iterable[Manifest]) -> None:
        for manifest in manifests:
            for name in COUNTED:
                self._old.setdefault(name, []).extend(manifest.rows(name))

    def clean(self) -> None:
        """Delete the rows of old versions; after the new ones were published."""
        old, self._old = self._old, {}
        with self._errors():
            # A version that came back meanwhile is no old one.
            kept = {id: manifest.version for id, manifest in self._manifests(_owners(old)).items()}
            for name, rows in old.items():
                self._delete_rows(
                    name, [row for row in rows if kept.get(owner_of(row)[0]) != owner_of(row)[1]]
                )

    def sweep(self) -> None:
        """Delete rows that no paper row names: left by a writer that was killed. Reads the ids of all rows."""
        with self._errors():
            versions = self._versions()
            for name in COUNTED:
                rows = [row for page in self._all(name) for row in page["ids"]]
                self._delete_rows(
                    name, [row for row in rows if versions.get(owner_of(row)[0]) != owner_of(row)[1]]
                )

    def _delete_rows(self, name: str, rows: Sequence[str]) -> None:
        for some in _pages(rows):
            self._collections[name].delete(ids=list(some))

    def _all(self, name: str, include: Sequence[str] = ()) -> Iterator[Any]:
        """Yield all rows of a collection, a page at a time."""
        offset = 0
        while True:
            page = self._collections[name].get(limit=SERVER_PAGE, offset=offset, include=list(include))  # type: ignore[arg-type]
            if not page["ids"]:
                return
            yield page
            offset += len(page["ids"])

    def _manifests(self, ids: Iterable[str] | None = None) -> dict[str, Manifest]:
        if "papers" not in self._collections:
            return {}
        what: Any = ["metadatas", "documents"]
        pages: Iterator[Any] = (
            self._all("papers", what)
            if ids is None
            else (self._papers.get(ids=list(some), include=what) for some in _pages(list(ids)))
        )
        return {
            id: Manifest(id, metadata, record)
            for page in pages
            for id, metadata, record in zip(page["ids"], page["metadatas"], page["documents"], strict=True)
        }

    def count(self) -> int:
        """Return the number of papers."""
        with self._errors():
            return self._papers.count()

    def _versions(self, ids: Sequence[str] | None = None) -> dict[str, str]:
        return {id: manifest.version for id, manifest in self._manifests(ids).items()}

    def briefs(self) -> dict[str, Brief]:
        """Return what is known of every paper, by its id, without reading the texts."""
        with self._errors():
            return {id: manifest.brief() for id, manifest in self._manifests().items()}

    def load(self, ids: Sequence[str] | None = None) -> list[StoredPaper]:
        """Return papers (all, or those with the given ids) in the order of their ids.

        Raises:
            StoreError: of a paper there is less than its row promises.
        """
        papers, lost = self.readable(ids)
        if lost:
            raise StoreError(
                f"The library {self._address.where} is damaged (of {len(lost)} papers a part is missing): run "
                "'sorafenib-assistant repair' to mend it."
            )
        return papers

    def readable(self, ids: Sequence[str] | None = None) -> tuple[list[StoredPaper], list[Brief]]:
        """Return the papers that can be read, in the order of their ids, and what is known of the others.

        A paper that a writer changes while it is read is read again.
        """
        found: dict[str, StoredPaper] = {}
        with self._errors():
            wanted = self._manifests(ids)
            for _ in range(READ_AGAIN):
                found |= self._contents(wanted)
                before = {id: manifest for id, manifest in wanted.items() if id not in found}
                wanted = self._manifests(before)  # without those that were removed meanwhile
                if all(manifest.version == before[id].version for id, manifest in wanted.items()):
                    break  # nothing changed: a part of it is missing
        return [found[id] for id in sorted(found)], [wanted[id].brief() for id in sorted(wanted)]

    def _contents(self, manifests: Mapping[str, Manifest]) -> dict[str, StoredPaper]:
        """Return the papers whose contents are all there."""
        if "contents" not in self._collections:
            return {}
        texts: dict[str, str] = {}
        for rows in _pages([row for manifest in manifests.values() for row in manifest.rows("contents")]):
            page: Any = self._collections["contents"].get(ids=list(rows), include=["documents"])
            texts |= zip(page["ids"], page["documents"], strict=True)
        slices = {id: [texts.get(row) for row in m.rows("contents")] for id, m in manifests.items()}
        return {id: _joined(some, manifests[id]) for id, some in slices.items() if None not in some}

    def missing(self) -> list[str]:
        """Return the ids of papers that lack rows which their row promises; reads the ids of all rows."""
        with self._errors():
            there = {name: {row for page in self._all(name) for row in page["ids"]} for name in COUNTED}
            return sorted(
                id
                for id, manifest in self._manifests().items()
                if any(not there[name].issuperset(manifest.rows(name)) for name in COUNTED)
            )


@dataclass(frozen=True, slots=True)
class Manifest:
    """A paper's row on a server: its version, and how many rows it has in the other collections."""

    id: str
    metadata: Mapping[str, Any]
    record: str  # JSON

    @property
    def version(self) -> str:
        """Version of the paper."""
        return str(self.metadata["version"])

    def rows(self, name: str) -> list[str]:
        """Return the ids of the paper's rows in a collection."""
        return [f"{self.id}#{self.version}#{n}" for n in range(int(self.metadata[name]))]

    def brief(self) -> Brief:
        """Return what is known of the paper without its text."""
        return Brief(record_of({"record": self.record}), self.version, sources_of(self.metadata))


def drop_edition(client: Any, address: Address, edition: int) -> None:
    """Delete an edition's collections, as far as there are any."""
    for name in COLLECTIONS:
        with suppress(NotThere):
            client.delete_collection(_full_name(address, name, edition))


def _full_name(address: Address, name: str, edition: int) -> str:
    return f"{address.library}.{name}.{edition}"


def _pages(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    return (rows[i : i + SERVER_PAGE] for i in range(0, len(rows), SERVER_PAGE))


def _owners(rows: Mapping[str, Sequence[str]]) -> list[str]:
    return sorted({owner_of(row)[0] for some in rows.values() for row in some})


def _manifest(item: StoredPaper, slices: int) -> dict[str, Any]:
    counts: dict[str, Any] = {part: len(item.sentences(part)) for part in PARTS}
    return {"version": item.version, "sources": dumped(item.sources), "contents": slices, **counts}


def _slices(item: StoredPaper) -> list[str]:
    """Return all of a paper as ASCII, a byte a character, in slices."""
    content = json.dumps(metadata_of(item) | {"text": item.paper.text})
    return [content[i : i + SLICE] for i in range(0, len(content), SLICE)]


def _joined(slices: Sequence[str | None], manifest: Manifest) -> StoredPaper:
    content = json.loads("".join(some for some in slices if some is not None))
    text = content.pop("text")
    # The sources may have changed since the contents were written, and with them nothing else.
    return stored_of(content | {"sources": manifest.metadata["sources"]}, text)
