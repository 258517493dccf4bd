"""The store of record: papers and sentence vectors in Chroma, in a folder or on a server.

The only file that imports chromadb. Two kinds of collection lie in one Chroma folder:

- `papers`: one row a paper, with its record, sections, passages (as JSON) and its text. The row is written
  after the paper's sentences and names its version: it is the commit point. Sentences of any other version are
  left-overs of an interrupted write; nothing reads them and `sweep` deletes them.
- `text` and `bibliography`: one row a sentence, id `paper#version#number`, with its vector. References and
  records have a collection of their own, so that they never crowd a paper's own words out of a search.

What lies on a server is in `index/server_store.py`; the connection to it is made here.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from index.editions import LAYOUT, damaged, unwritable
from index.errors import LibraryError, StoreError
from index.merging import Source
from index.papers import Kind, Paper, Passage, Record, Span

if TYPE_CHECKING:
    from chromadb.api.models.Collection import Collection

Part = Literal["text", "bibliography"]
"""Which sentences: the papers' words and summaries, or references and records."""

PARTS: tuple[Part, ...] = ("text", "bibliography")

PART_OF_KIND: dict[Kind, Part] = {
    Kind.TEXT: "text",
    Kind.SUMMARY: "text",
    Kind.REFERENCE: "bibliography",
    Kind.RECORD: "bibliography",
}

HNSW = {"space": "cosine", "ef_construction": 100, "ef_search": 300}
"""ef_search above the 200 neighbours that retrieval asks for, so that the graph search misses next to none."""

DIGITS = 6
"""Decimals of a similarity that do not differ from one opening of the index to the next."""

PAGE = 2000
"""Rows a read or write; Chroma's own limit is above 5,000."""

NOT_WRITTEN = ("readonly", "read-only", "permission denied")
"""What Chroma's errors say where the folder is at fault, not the index."""

ANSWER_SECONDS = 60.0
"""How long a server may take for one request; Chroma's own client waits for ever."""

FIRST_ANSWER_SECONDS = 10.0
"""How long a server may take for its first sign of life."""

PATIENCE_SECONDS = 20.0
"""How long a server that was there may be away: a restart takes a few seconds."""

PAUSE_SECONDS = 0.25
"""Time between two attempts."""

LEAST_SPACE = 8_000_000
"""Bytes that must be free on the disk: a group of sentences with its vectors and journal takes half of that."""


@dataclass(frozen=True, slots=True)
class StoredPaper:
    """A paper as it lies in the store, with its passages and where it came from."""

    paper: Paper
    passages: tuple[Passage, ...]
    version: str
    sources: tuple[Source, ...] = ()  # the records of files that it was made from, that of the text first

    def row_id(self, number: int) -> str:
        """Return the id of a sentence's row."""
        return f"{self.paper.record.id}#{self.version}#{number}"

    def sentences(self, part: Part) -> list[tuple[int, Passage, Span]]:
        """Return (row number, passage, sentence) of a part's sentences, in text order."""
        rows = []
        for passage in self.passages:
            if PART_OF_KIND.get(self.paper.sections[passage.section].kind) == part:
                rows += [(passage, sentence) for sentence in passage.sentences]
        return [(n, passage, sentence) for n, (passage, sentence) in enumerate(rows)]

    def texts(self, part: Part) -> list[str]:
        """Return the texts of a part's sentences, in text order."""
        return [self.paper.text[span.start : span.end] for _, _, span in self.sentences(part)]


@dataclass(frozen=True, slots=True)
class Brief:
    """A stored paper without its text: enough to tell whether a file has to be read again."""

    record: Record
    version: str
    sources: tuple[Source, ...] = ()

    @property
    def path(self) -> str | None:
        """The file that the text came from."""
        return self.sources[0].path if self.sources else self.record.path


Vectors = dict[Part, np.ndarray]
"""Vectors of a paper's sentences: one row a sentence of a part, in text order."""


def version_of(paper: Paper, passages: Sequence[Passage]) -> str:
    """Return a fingerprint of everything that is stored of a paper."""
    content = json.dumps([LAYOUT, paper.to_json(), [asdict(p) for p in passages]], sort_keys=True)
    return hashlib.sha256((content + paper.text).encode("utf-8", "surrogatepass")).hexdigest()[:16]


class Store:
    """Papers and sentence vectors in a Chroma folder."""

    def __init__(self, folder: Path, *, embedding: str | None = None) -> None:
        """Open the store of a folder; make it where `embedding`, the embedder's identity, is given.

        Raises:
            StoreError: the folder cannot be opened or written.
        """
        self.folder = folder
        with self._errors():
            import chromadb
            from chromadb.config import Settings as ChromaSettings

            client = chromadb.PersistentClient(
                str(folder), settings=ChromaSettings(anonymized_telemetry=False)
            )
        # Also closes a store that nobody closed: a search may still use it when a newer edition is opened.
        self._close: Callable[[], None] = weakref.finalize(self, client.close)  # type: ignore[attr-defined]
        with self._errors():
            if embedding is not None:
                for name in ("papers", *PARTS):
                    client.create_collection(
                        name,
                        configuration={"hnsw": HNSW},  # type: ignore[arg-type]
                        metadata={"embedding": embedding},
                        embedding_function=None,
                    )
            self._collections = {
                name: client.get_collection(name, embedding_function=None) for name in ("papers", *PARTS)
            }
        self.embedding = str((self._papers.metadata or {}).get("embedding", ""))

    @property
    def _page(self) -> int:
        """Rows a read or write."""
        return PAGE

    def close(self) -> None:
        """Release the folder; the store cannot be used afterwards."""
        self._close()

    @property
    def _papers(self) -> Collection:
        return self._collections["papers"]

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn whatever Chroma raises into a StoreError; its Rust core panics with a BaseException."""
        try:
            yield
        except (KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except BaseException as error:
            raise self._named(error) from error

    def _named(self, error: BaseException) -> StoreError:
        """Return what an error of Chroma's means; it does not say so itself when the disk is full."""
        if shutil.disk_usage(self.folder.parent).free < LEAST_SPACE:
            return unwritable(self.folder, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
        if any(sign in str(error).casefold() for sign in NOT_WRITTEN):
            return unwritable(self.folder, error)
        return damaged(self.folder, "Chroma cannot read it")

    def write(self, items: Sequence[StoredPaper], vectors: Sequence[Vectors]) -> None:
        """Write papers: sentences first, then the paper rows (the commit), then old sentences go."""
        ids = [item.paper.record.id for item in items]
        with self._errors():
            for part in PARTS:
                self._write_sentences(part, items, vectors)
            before = self._versions(ids)
            self._papers.upsert(
                ids=ids,
                embeddings=np.array([point_of(item.version) for item in items]),
                documents=[item.paper.text for item in items],
                metadatas=[metadata_of(item) for item in items],
            )
            now = {item.paper.record.id: item.version for item in items}
            self._delete_sentences({id: now[id] for id, old in before.items() if old != now[id]})

    def _write_sentences(self, part: Part, items: Sequence[StoredPaper], vectors: Sequence[Vectors]) -> None:
        texts = [(item, n, text) for item in items for n, text in enumerate(item.texts(part))]
        matrix = np.concatenate([of_paper[part] for of_paper in vectors])
        for i in range(0, len(texts), self._page):
            rows = texts[i : i + self._page]
            self._collections[part].upsert(
                ids=[item.row_id(n) for item, n, _ in rows],
                embeddings=matrix[i : i + self._page],
                documents=[text for _, _, text in rows],
                metadatas=[{"paper": item.paper.record.id} for item, _, _ in rows],
            )

    def set_sources(self, sources: Mapping[str, Sequence[Source]]) -> None:
        """Note for papers that have not changed that the files around them have."""
        ids = list(sources)
        with self._errors():
            for i in range(0, len(ids), self._page):
                some = ids[i : i + self._page]
                self._papers.update(ids=some, metadatas=[{"sources": dumped(sources[id])} for id in some])

    def remove(self, papers: Sequence[str]) -> None:
        """Delete papers: their rows first (the commit), then their sentences."""
        with self._errors():
            for i in range(0, len(papers), self._page):
                self._papers.delete(ids=list(papers[i : i + self._page]))
            self._delete_sentences(dict.fromkeys(papers))

    def _delete_sentences(self, kept: Mapping[str, str | None]) -> None:
        """Delete the sentences of papers, but for those of the version that is kept."""
        papers = list(kept)
        for part in PARTS:
            for i in range(0, len(papers), self._page):
                where: Any = {"paper": {"$in": papers[i : i + self._page]}}
                rows = self._collections[part].get(where=where, include=[])["ids"]
                self._delete(part, [row for row in rows if kept[owner_of(row)[0]] != owner_of(row)[1]])

    def sweep(self) -> None:
        """Delete sentences that no paper row names: left by an interrupted write."""
        with self._errors():
            versions = self._versions()
            for part in PARTS:
                rows = self._collections[part].get(include=[])["ids"]
                self._delete(
                    part, [row for row in rows if versions.get(owner_of(row)[0]) != owner_of(row)[1]]
                )

    def _delete(self, part: Part, rows: Sequence[str]) -> None:
        for i in range(0, len(rows), self._page):
            self._collections[part].delete(ids=list(rows[i : i + self._page]))

    def missing(self) -> list[str]:
        """Return the ids of papers that lack sentences or vectors which their row promises; reads them all."""
        papers = self.load()
        lacking = set()
        for part in PARTS:
            rows = [item.row_id(n) for item in papers for n in range(len(item.sentences(part)))]
            found = self.vectors(part, rows)
            lacking |= {owner_of(row)[0] for row in rows if row not in found}
        return sorted(lacking)

    def _versions(self, ids: Sequence[str] | None = None) -> dict[str, str]:
        rows = self._papers.get(ids=None if ids is None else list(ids), include=["metadatas"])
        return {id: str(m["version"]) for id, m in zip(rows["ids"], rows["metadatas"] or [], strict=True)}

    def briefs(self) -> dict[str, Brief]:
        """Return what is known of every paper, by its id, without reading the texts."""
        with self._errors():
            rows = self._papers.get(include=["metadatas"])
        return {
            id: Brief(record_of(m), str(m["version"]), sources_of(m))
            for id, m in zip(rows["ids"], rows["metadatas"] or [], strict=True)
        }

    def load(self, ids: Sequence[str] | None = None) -> list[StoredPaper]:
        """Return papers (all, or those with the given ids) in the order of their ids."""
        papers: list[StoredPaper] = []
        with self._errors():
            names = sorted(self._papers.get(include=[])["ids"] if ids is None else ids)
            for i in range(0, len(names), self._page):
                rows = self._papers.get(ids=names[i : i + self._page], include=["metadatas", "documents"])
                found = zip(rows["metadatas"] or [], rows["documents"] or [], strict=True)
                papers += [stored_of(metadata, text) for metadata, text in found]
        return sorted(papers, key=lambda stored: stored.paper.record.id)

    def warm(self) -> None:
        """Read the files of vectors, which Chroma does at their first use."""
        with self._errors():
            for part in PARTS:
                self._collections[part].get(limit=1, include=["embeddings"])

    def nearest(self, part: Part, vector: np.ndarray, count: int) -> dict[str, float]:
        """Return cosine similarities of the sentences nearest to a vector, by row id."""
        with self._errors():
            collection = self._collections[part]
            count = min(count, collection.count())
            if count == 0:
                return {}
            rows = collection.query(query_embeddings=vector[None, :], n_results=count, include=["distances"])
            distances: Any = rows["distances"]
            # The last digits depend on where Chroma has a vector in memory: ties must stay ties.
            return {id: round(1 - d, DIGITS) for id, d in zip(rows["ids"][0], distances[0], strict=True)}

    def vectors(self, part: Part, ids: Sequence[str]) -> dict[str, np.ndarray]:
        """Return the vectors of rows by their id; rows that do not exist are left out."""
        found: dict[str, np.ndarray] = {}
        with self._errors():
            for i in range(0, len(ids), self._page):
                rows = self._collections[part].get(ids=list(ids[i : i + self._page]), include=["embeddings"])
                vectors: Any = rows["embeddings"]
                found |= {id: np.asarray(v, np.float32) for id, v in zip(rows["ids"], vectors, strict=True)}
        return found


def fingerprint_of(embedding: str, versions: Mapping[str, str]) -> str:
    """Return a hash of an embedder's identity and of the versions of papers by their ids."""
    lines = sorted(f"{id} {version}" for id, version in versions.items())
    return hashlib.sha256("\n".join([embedding, *lines]).encode()).hexdigest()


def owner_of(row: str) -> tuple[str, str]:
    """Return (paper, version) of a row id; a paper's own id may hold the separator."""
    paper, version, _ = row.rsplit("#", 2)
    return paper, version


def point_of(version: str) -> list[float]:
    """Return a vector for a paper's row: Chroma wants one, nobody searches by it."""
    angle = 2 * np.pi * int(version, 16) / 16 ** len(version)
    return [float(np.cos(angle)), float(np.sin(angle))]


def metadata_of(item: StoredPaper) -> dict[str, Any]:
    """Return all of a paper but its text, as Chroma keeps it."""
    structure = item.paper.to_json()
    return {
        "version": item.version,
        "sources": dumped(item.sources),
        "record": json.dumps(structure.pop("record"), ensure_ascii=False),
        "structure": json.dumps(structure, ensure_ascii=False),
        "passages": json.dumps(
            [[p.section, p.start, p.end, [[s.start, s.end] for s in p.sentences]] for p in item.passages]
        ),
    }


def stored_of(metadata: Any, text: str) -> StoredPaper:
    """Return the paper that `metadata_of` was made from."""
    passages = tuple(
        Passage(n, section, start, end, tuple(Span(a, b) for a, b in sentences))
        for n, (section, start, end, sentences) in enumerate(json.loads(metadata["passages"]))
    )
    structure = json.loads(metadata["structure"]) | {"record": json.loads(metadata["record"])}
    paper = Paper.from_json(structure, text)
    return StoredPaper(paper, passages, str(metadata["version"]), sources_of(metadata))


def dumped(sources: Sequence[Source]) -> str:
    """Return the sources of a paper as its row keeps them."""
    return json.dumps([source.to_json() for source in sources], ensure_ascii=False)


def sources_of(metadata: Any) -> tuple[Source, ...]:
    """Return the sources of a row; none where it is of a time before papers had them."""
    return tuple(map(Source.from_json, json.loads(metadata.get("sources", "[]"))))


def record_of(metadata: Any) -> Record:
    """Return the record in a paper's metadata."""
    values = {"record": json.loads(metadata["record"]), "sections": [], "references": [], "entities": []}
    return Paper.from_json(values, "").record


# --- on a server ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a library on a Chroma server is."""

    url: str
    library: str
    token: str | None = field(default=None, repr=False)
    tenant: str = "default_tenant"  # Chroma's names of what a fresh server has
    database: str = "default_database"

    @property
    def where(self) -> str:
        """The place, for messages."""
        return f"'{self.library}' on {self.url}"


class NotThere(Exception):
    """A server has no such tenant, database or collection."""


class Patient:
    """A client or collection of a server that may be away for a moment: requests are then made again.

    So every request must be one that may be made twice. What the server does not find is `NotThere`.
    """

    def __init__(self, asked: Any) -> None:
        self._asked = asked

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._asked, name)
        return partial(_patiently, value) if callable(value) else value


def _patiently(request: Callable[..., Any], *args: Any, **options: Any) -> Any:
    from chromadb.api.models.Collection import Collection
    from chromadb.errors import NotFoundError
    from httpx import TransportError

    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            answer = request(*args, **options)
            return Patient(answer) if isinstance(answer, Collection) else answer
        except NotFoundError as error:
            raise NotThere(str(error)) from error
        except TransportError:
            if time.monotonic() > end:
                raise
            time.sleep(PAUSE_SECONDS)


def connect(address: Address, *, make: bool = False) -> Any:
    """Return a client of a server; its requests are made again while the server is away for a moment.

    Args:
        address: the server, the token it asks for, and the tenant and database.
        make: make a tenant and a database that do not exist.

    Raises:
        NotThere: there is no such tenant or database.
        StoreError: the server cannot be reached or does not take the token.
    """
    with server_errors(address):
        import chromadb
        import httpx
        from chromadb.config import Settings as ChromaSettings
        from chromadb.errors import NotFoundError

        headers = {"x-chroma-token": address.token} if address.token else {}
        secure = address.url.startswith("https:")
        httpx.get(f"{address.url}/api/v2/heartbeat", headers=headers, timeout=FIRST_ANSWER_SECONDS)
        if make:
            _make_database(address, headers)
        try:
            client = chromadb.HttpClient(
                address.url,
                443 if secure else 80,  # where the URL names none
                ssl=secure,
                headers=headers,
                tenant=address.tenant,
                database=address.database,
                settings=ChromaSettings(anonymized_telemetry=False),
            )
        except NotFoundError as error:
            raise NotThere(str(error)) from error
        client._server._session.timeout = httpx.Timeout(ANSWER_SECONDS)  # type: ignore[attr-defined]
    return Patient(client)


def _make_database(address: Address, headers: dict[str, str]) -> None:
    """Make the tenant and the database where they do not exist."""
    import chromadb
    from chromadb.config import Settings as ChromaSettings
    from chromadb.errors import NotFoundError

    settings = ChromaSettings(
        anonymized_telemetry=False,
        chroma_api_impl="chromadb.api.fastapi.FastAPI",
        chroma_server_host=address.url,
        chroma_server_http_port=443 if address.url.startswith("https:") else 80,
        chroma_server_ssl_enabled=address.url.startswith("https:"),
        chroma_server_headers=dict(headers),
    )
    admin = chromadb.AdminClient(settings)
    try:
        admin.get_tenant(address.tenant)
    except NotFoundError:
        admin.create_tenant(address.tenant)
    try:
        admin.get_database(address.database, address.tenant)
    except NotFoundError:
        admin.create_database(address.database, address.tenant)


@contextmanager
def server_errors(address: Address) -> Iterator[None]:
    """Turn whatever a server or its client raises into a StoreError; `NotThere` goes through."""
    try:
        yield
    except (LibraryError, NotThere, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:
        raise server_error(address, error) from error


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and those that it came from."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def server_error(address: Address, error: BaseException) -> StoreError:
    """Return what an error of a server or its client means."""
    from chromadb.errors import AuthorizationError, ChromaAuthError
    from httpx import HTTPStatusError, InvalidURL, TransportError

    chain = list(_chain(error))  # Chroma's client puts its own words in the place of what happened
    statuses = {one.response.status_code for one in chain if isinstance(one, HTTPStatusError)}
    if any(isinstance(one, AuthorizationError | ChromaAuthError) for one in chain) or statuses & {401, 403}:
        return StoreError(
            f"The Chroma server at {address.url} does not let you in: correct ASSISTANT_CHROMA_TOKEN, "
            "ASSISTANT_CHROMA_TENANT and ASSISTANT_CHROMA_DATABASE."
        )
    if isinstance(error, InvalidURL):
        return StoreError(f"'{address.url}' is no address: write ASSISTANT_CHROMA_URL as http://host:port.")
    if any(isinstance(one, TransportError) for one in chain):
        return StoreError(
            f"The Chroma server at {address.url} cannot be reached: start it, or correct ASSISTANT_CHROMA_URL."
        )
    said = " ".join(str(error).split())[:200] or type(error).__name__
    return StoreError(
        f"The Chroma server at {address.url} did not do what it was asked ({said}): look into its log, then run "
        "'sorafenib-assistant doctor'."
    )
