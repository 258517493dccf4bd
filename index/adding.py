"""Adding papers to a store: files are read, cut, embedded and written in groups.

Each group is committed before the next begins, so an interrupted run loses at most one group's work and the
next run goes on from there: a file whose papers are all stored from the same bytes is not read again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from index.embedding import Embedder, sha256_of
from index.errors import ReadError
from index.papers import Paper, Record
from index.readers import read
from index.segmenting import segment
from index.store import PARTS, Store, StoredPaper, version_of

PASSAGE_TOKENS = 200
"""Word pieces of a passage at most; that is 117 words on average on full papers (docs/evaluation.md)."""

ABSTRACT_TOKENS = 500
"""Word pieces up to which the abstract stays one passage; nearly every abstract is shorter."""

GROUP_SENTENCES = 1000
"""Sentences embedded and written at a time: what an interruption can cost, about fifteen seconds."""


SLICE = 256
"""Sentences between two signs of life."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be read, and why, in one sentence."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """What adding papers did, by paper."""

    added: tuple[Record, ...] = ()
    changed: tuple[Record, ...] = ()
    unchanged: tuple[Record, ...] = ()
    removed: tuple[Record, ...] = ()
    failed: tuple[Failure, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far long work has come; `sentences` counts what is known so far and grows as files are read."""

    papers_done: int
    papers: int
    sentences_done: int
    sentences: int
    seconds: float


@dataclass
class Tally:
    """What has happened so far, by paper id; a paper counts once."""

    added: dict[str, Record] = field(default_factory=dict)
    changed: dict[str, Record] = field(default_factory=dict)
    unchanged: dict[str, Record] = field(default_factory=dict)
    removed: dict[str, Record] = field(default_factory=dict)
    failed: list[Failure] = field(default_factory=list)

    def __contains__(self, id: str) -> bool:
        return id in self.added or id in self.changed or id in self.unchanged


class Adding:
    """One run of adding papers to a store that this process may write."""

    def __init__(
        self, store: Store, embedder: Embedder, progress: Callable[[Progress], None] | None = None
    ) -> None:
        self._store = store
        self._embedder = embedder
        self._progress = progress
        self._begin = time.perf_counter()
        self._group: list[StoredPaper] = []
        self._done = [0, 0]  # papers, sentences
        self._known = [0, 0]

    def add_files(self, files: Sequence[Path]) -> Report:
        """Read files and write what is new or changed; return what happened, by paper."""
        stored = {item.paper.record.id: item for item in self._store.load()}
        by_path: dict[str | None, list[StoredPaper]] = {}
        for item in stored.values():
            by_path.setdefault(item.paper.record.path, []).append(item)
        tally = Tally()
        self._known[0] += len(files)
        for file in files:
            try:
                self._add_file(file, by_path.get(str(file), []), stored, tally)
            except ReadError as error:
                tally.failed.append(Failure(str(file), str(error)))
            except OSError as error:
                tally.failed.append(Failure(str(file), f"It cannot be read ({error.strerror})."))
            self._done[0] += 1
            self._tell()
        self._write_group()
        for id in tally.removed:
            if id not in tally:
                self._store.remove(id)
        return Report(
            added=tuple(tally.added.values()),
            changed=tuple(tally.changed.values()),
            unchanged=tuple(tally.unchanged.values()),
            removed=tuple(record for id, record in tally.removed.items() if id not in tally),
            failed=tuple(tally.failed),
            seconds=time.perf_counter() - self._begin,
        )

    def add_stored(self, items: Iterable[StoredPaper]) -> tuple[Record, ...]:
        """Cut, embed and write papers that another store held; return their records."""
        records = []
        for item in items:
            self._queue(self._prepared(item.paper, item.source))
            records.append(item.paper.record)
        self._write_group()
        return tuple(records)

    def _add_file(
        self, file: Path, before: Sequence[StoredPaper], stored: dict[str, StoredPaper], tally: Tally
    ) -> None:
        digest = sha256_of(file)
        if before and all(item.source == f"{digest}:{len(before)}" for item in before):
            tally.unchanged |= {item.paper.record.id: item.paper.record for item in before}
            return
        papers = read(file)
        source = f"{digest}:{len(papers)}"
        for paper in papers:
            self._add_paper(paper, source, stored, tally)
        ids = {paper.record.id for paper in papers}
        tally.removed |= {i.paper.record.id: i.paper.record for i in before if i.paper.record.id not in ids}

    def _add_paper(self, paper: Paper, source: str, stored: dict[str, StoredPaper], tally: Tally) -> None:
        id = paper.record.id
        item = self._prepared(paper, source)
        old = stored.get(id)
        if id in tally:
            return  # the same work in another file of this run: the first one stands
        if old is not None and self._stands(old, item):
            tally.unchanged[id] = old.paper.record
            return
        (tally.added if old is None else tally.changed)[id] = paper.record
        stored[id] = item
        self._queue(item)

    @staticmethod
    def _stands(old: StoredPaper, new: StoredPaper) -> bool:
        """Whether the stored paper is the same, or the same work from another file that is still there."""
        if (old.version, old.source) == (new.version, new.source):
            return True
        path = old.paper.record.path
        return path != new.paper.record.path and path is not None and Path(path).is_file()

    def _prepared(self, paper: Paper, source: str) -> StoredPaper:
        passages = segment(
            paper,
            self._embedder.count_tokens,
            sentence_tokens=self._embedder.max_tokens,
            passage_tokens=PASSAGE_TOKENS,
            abstract_tokens=ABSTRACT_TOKENS,
        )
        return StoredPaper(paper, passages, version_of(paper, passages), source)

    def _queue(self, item: StoredPaper) -> None:
        self._group.append(item)
        self._known[1] += sum(len(passage.sentences) for passage in item.passages)
        if len(self._group) >= GROUP_SENTENCES or self._pending() >= GROUP_SENTENCES:
            self._write_group()

    def _pending(self) -> int:
        return sum(len(passage.sentences) for item in self._group for passage in item.passages)

    def _write_group(self) -> None:
        if not self._group:
            return
        texts = [
            item.paper.text[span.start : span.end]
            for item in self._group
            for part in PARTS
            for _, _, span in item.sentences(part)
        ]
        vectors = np.concatenate([self._encoded(texts[i : i + SLICE]) for i in range(0, len(texts), SLICE)])
        titles = self._embedder.encode([item.paper.record.title for item in self._group])
        matrices, offset = [], 0
        for item in self._group:
            size = sum(len(item.sentences(part)) for part in PARTS)
            matrices.append(vectors[offset : offset + size])
            offset += size
        self._store.write(self._group, matrices, titles)
        self._group = []
        self._tell()

    def _encoded(self, texts: Sequence[str]) -> np.ndarray:
        vectors = self._embedder.encode(texts)
        self._done[1] += len(texts)
        self._tell()
        return vectors

    def _tell(self) -> None:
        if self._progress is not None:
            seconds = time.perf_counter() - self._begin
            self._progress(Progress(self._done[0], self._known[0], self._done[1], self._known[1], seconds))
