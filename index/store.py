"""The store of record: papers and sentence vectors in Chroma. The only file that imports chromadb.

Two kinds of collection lie in one Chroma folder:

- `papers`: one row a paper, with its record, sections, passages (as JSON) and its text. The row is written
  last and names the paper's version: it is the commit point. Sentences of any other version are left-overs of
  an interrupted write; nothing reads them and `sweep` deletes them.
- `text` and `bibliography`: one row a sentence, id `paper#version#number`, with its vector. References and
  records have a collection of their own, so that they never crowd a paper's own words out of a search.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from index.errors import EmbeddingMismatch, StoreError
from index.papers import Kind, Paper, Passage, Span

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

LAYOUT = 1
"""Version of what is written; a store of another layout is rebuilt by `repair`."""

HNSW = {"space": "cosine", "ef_construction": 100, "ef_search": 300}
"""ef_search above the 200 neighbours that retrieval asks for, so that the graph search misses next to none."""

PAGE = 2000
"""Rows a read or write; Chroma's own limit is above 5,000."""


@dataclass(frozen=True, slots=True)
class StoredPaper:
    """A paper as it lies in the store, with its passages and where it came from."""

    paper: Paper
    passages: tuple[Passage, ...]
    version: str
    source: str  # SHA-256 of the file that it was read from

    def row_id(self, number: int) -> str:
        """Return the id of a sentence's row."""
        return row_id(self.paper.record.id, self.version, number)

    def sentences(self, part: Part) -> list[tuple[int, Passage, Span]]:
        """Return (row number, passage, sentence) of a part's sentences, in text order."""
        rows = []
        for passage in self.passages:
            if PART_OF_KIND.get(self.paper.sections[passage.section].kind) == part:
                rows += [(passage, sentence) for sentence in passage.sentences]
        return [(n, passage, sentence) for n, (passage, sentence) in enumerate(rows)]


def version_of(paper: Paper, passages: Sequence[Passage]) -> str:
    """Return a fingerprint of everything that is stored of a paper."""
    content = json.dumps([LAYOUT, paper.to_json(), [asdict(p) for p in passages]], sort_keys=True)
    return hashlib.sha256((content + paper.text).encode("utf-8", "surrogatepass")).hexdigest()[:16]


@contextmanager
def _chroma_errors(what: str) -> Iterator[None]:
    """Turn whatever Chroma raises into a StoreError; its Rust core panics with a BaseException."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit, StoreError):
        raise
    except BaseException as error:
        detail = str(error).strip().splitlines()
        raise StoreError(
            f"{what} ({detail[0][:120] if detail else type(error).__name__}): "
            "run 'sorafenib-assistant doctor' to see what is wrong and 'sorafenib-assistant repair' to mend it."
        ) from error


class Store:
    """Papers and sentence vectors in a Chroma folder."""

    def __init__(self, folder: Path, embedding: str | None) -> None:
        """Open or make the store.

        `embedding` is the embedder's identity; None opens whatever is there, to rebuild it.

        Raises:
            StoreError: the folder cannot be opened or written.
            EmbeddingMismatch: the index was made with another embedding model.
        """
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"The library folder '{folder}' cannot be made ({error.strerror}): choose another with --home."
            ) from error
        with _chroma_errors(f"The index in '{folder}' cannot be opened"):
            import chromadb
            from chromadb.config import Settings as ChromaSettings

            self._client = chromadb.PersistentClient(
                str(folder), settings=ChromaSettings(anonymized_telemetry=False)
            )
            self._collections = {
                name: self._client.get_or_create_collection(
                    name,
                    configuration={"hnsw": HNSW},  # type: ignore[arg-type]
                    metadata={"embedding": embedding or "", "layout": LAYOUT},
                    embedding_function=None,
                )
                for name in ("papers", "text", "bibliography")
            }
        self.embedding = str((self._papers.metadata or {}).get("embedding", ""))
        layout = (self._papers.metadata or {}).get("layout")
        if embedding is not None and self.embedding != embedding:
            raise EmbeddingMismatch(
                f"The library in '{folder.parent}' was indexed with '{self.embedding}', the setting says "
                f"'{embedding}': run 'sorafenib-assistant repair' to index it again, or set "
                f"ASSISTANT_EMBEDDING={self.embedding.split('@')[0]}."
            )
        if embedding is not None and layout != LAYOUT:
            raise StoreError(
                f"The library in '{folder.parent}' was made by another version of this program: "
                "run 'sorafenib-assistant repair' to index it again."
            )

    def close(self) -> None:
        """Release the folder; the store cannot be used afterwards."""
        with _chroma_errors("The index cannot be closed"):
            close: Callable[[], None] = self._client.close  # type: ignore[attr-defined]
            close()

    @property
    def _papers(self) -> Collection:
        return self._collections["papers"]

    def write(self, items: Sequence[StoredPaper], vectors: Sequence[np.ndarray], titles: np.ndarray) -> None:
        """Write papers: sentences first, then the paper rows (the commit), then old sentences go.

        `vectors[i]` has one row a sentence of `items[i]`: those of `text`, then those of `bibliography`.
        """
        with _chroma_errors("The index cannot be written"):
            rows: dict[Part, list[tuple[str, Any, str]]] = {part: [] for part in PARTS}
            for item, matrix in zip(items, vectors, strict=True):
                offset = 0
                for part in rows:
                    for n, _, span in item.sentences(part):
                        text = item.paper.text[span.start : span.end]
                        rows[part].append((item.row_id(n), matrix[offset + n], text))
                    offset = len(item.sentences(part))
            for part, lines in rows.items():
                for i in range(0, len(lines), PAGE):
                    ids, embeddings, texts = zip(*lines[i : i + PAGE], strict=True)
                    self._collections[part].upsert(
                        ids=list(ids),
                        embeddings=np.asarray(embeddings),
                        documents=[_storable(text) for text in texts],
                        metadatas=[{"paper": _owner(id)[0]} for id in ids],
                    )
            old = {p: v for p, v in self.versions().items() if p in {i.paper.record.id for i in items}}
            self._papers.upsert(
                ids=[item.paper.record.id for item in items],
                embeddings=titles,
                documents=[_storable(item.paper.text) for item in items],
                metadatas=[_metadata(item) for item in items],
            )
            for item in items:
                paper = item.paper.record.id
                if paper in old and old[paper] != item.version:
                    self._delete_sentences(paper, keep=item.version)

    def remove(self, paper: str) -> None:
        """Delete a paper: its row first (the commit), then its sentences."""
        with _chroma_errors("The index cannot be written"):
            self._papers.delete(ids=[paper])
            self._delete_sentences(paper, keep=None)

    def _delete_sentences(self, paper: str, keep: str | None) -> None:
        for part in PARTS:
            found = self._collections[part].get(where={"paper": paper}, include=[])["ids"]
            gone = [id for id in found if keep is None or _owner(id)[1] != keep]
            for i in range(0, len(gone), PAGE):
                self._collections[part].delete(ids=gone[i : i + PAGE])

    def sweep(self) -> int:
        """Delete sentences that no paper row names (left by an interrupted write); return how many."""
        versions = self.versions()
        count = 0
        with _chroma_errors("The index cannot be written"):
            for part in PARTS:
                ids = self._collections[part].get(include=[])["ids"]
                gone = [id for id in ids if versions.get(_owner(id)[0]) != _owner(id)[1]]
                for i in range(0, len(gone), PAGE):
                    self._collections[part].delete(ids=gone[i : i + PAGE])
                count += len(gone)
        return count

    def missing(self) -> list[str]:
        """Return the ids of papers that lack sentences which their row promises."""
        with _chroma_errors("The index cannot be read"):
            ids = {part: set(self._collections[part].get(include=[])["ids"]) for part in PARTS}
        return [
            item.paper.record.id
            for item in self.load()
            if any(item.row_id(n) not in ids[part] for part in ids for n, _, _ in item.sentences(part))
        ]

    def versions(self) -> dict[str, str]:
        """Return the version of every paper by its id."""
        with _chroma_errors("The index cannot be read"):
            rows = self._papers.get(include=["metadatas"])
        return {id: str(m["version"]) for id, m in zip(rows["ids"], rows["metadatas"] or [], strict=True)}

    def sources(self) -> dict[str, tuple[str | None, str]]:
        """Return (path, SHA-256 of the source file) of every paper by its id."""
        with _chroma_errors("The index cannot be read"):
            rows = self._papers.get(include=["metadatas"])
        return {
            id: (str(m["path"]) if m.get("path") else None, str(m["source"]))
            for id, m in zip(rows["ids"], rows["metadatas"] or [], strict=True)
        }

    def fingerprint(self) -> str:
        """Return a hash of which papers are stored in which version."""
        lines = sorted(f"{id} {version}" for id, version in self.versions().items())
        return hashlib.sha256("\n".join([self.embedding, *lines]).encode()).hexdigest()

    def load(self, ids: Sequence[str] | None = None) -> list[StoredPaper]:
        """Return papers (all, or those with the given ids) in the order of their ids."""
        with _chroma_errors("The index cannot be read"):
            names = sorted(ids if ids is not None else self.versions())
            papers: list[StoredPaper] = []
            for i in range(0, len(names), PAGE):
                rows = self._papers.get(ids=names[i : i + PAGE], include=["metadatas", "documents"])
                papers += [
                    _stored(m, text)
                    for m, text in zip(rows["metadatas"] or [], rows["documents"] or [], strict=True)
                ]
        return sorted(papers, key=lambda stored: stored.paper.record.id)

    def nearest(self, part: Part, vector: np.ndarray, count: int) -> dict[str, float]:
        """Return cosine similarities of the sentences nearest to a vector, by row id."""
        with _chroma_errors("The index cannot be searched"):
            collection = self._collections[part]
            count = min(count, collection.count())
            if count == 0:
                return {}
            rows = collection.query(query_embeddings=vector[None, :], n_results=count, include=["distances"])
            return {id: 1.0 - d for id, d in zip(rows["ids"][0], (rows["distances"] or [[]])[0], strict=True)}

    def vectors(self, part: Part, ids: Sequence[str]) -> dict[str, np.ndarray]:
        """Return the vectors of rows by their id."""
        found: dict[str, np.ndarray] = {}
        with _chroma_errors("The index cannot be read"):
            for i in range(0, len(ids), PAGE):
                rows = self._collections[part].get(ids=list(ids[i : i + PAGE]), include=["embeddings"])
                embeddings = rows["embeddings"]
                assert embeddings is not None
                found |= {
                    id: np.asarray(v, np.float32) for id, v in zip(rows["ids"], embeddings, strict=True)
                }
        return found


def row_id(paper: str, version: str, number: int) -> str:
    """Return the id of a sentence's row."""
    return f"{paper}#{version}#{number}"


def _owner(row: str) -> tuple[str, str]:
    """Return (paper, version) of a row id; a paper's own id may hold the separator."""
    paper, version, _ = row.rsplit("#", 2)
    return paper, version


def _storable(text: str) -> str:
    """Lone surrogates cannot be stored as UTF-8; they become U+FFFD, one character each: offsets stay."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _metadata(item: StoredPaper) -> dict[str, Any]:
    passages = [[p.section, p.start, p.end, [[s.start, s.end] for s in p.sentences]] for p in item.passages]
    return {
        "version": item.version,
        "source": item.source,
        "path": item.paper.record.path or "",
        "paper": json.dumps(item.paper.to_json(), ensure_ascii=False),
        "passages": json.dumps(passages),
    }


def _stored(metadata: Any, text: str) -> StoredPaper:
    passages = tuple(
        Passage(n, section, start, end, tuple(Span(a, b) for a, b in sentences))
        for n, (section, start, end, sentences) in enumerate(json.loads(metadata["passages"]))
    )
    paper = Paper.from_json(json.loads(metadata["paper"]), text)
    return StoredPaper(paper, passages, metadata["version"], metadata["source"])
