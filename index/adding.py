"""Adding papers to a library: files are read, cut, embedded and written in groups.

A file whose papers are all stored from the same bytes is not read again, and a sentence that a paper had before
is not embedded again; so an interrupted run goes on where its last group was published.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from index.embedding import Embedder, sha256_of
from index.errors import ReadError
from index.papers import Paper, Record
from index.readers import read
from index.segmenting import segment
from index.shelf import Draft
from index.store import PARTS, Brief, StoredPaper, Vectors, version_of

PASSAGE_TOKENS = 200
"""Word pieces of a passage at most; that is 117 words on average on full papers (docs/evaluation.md)."""

ABSTRACT_TOKENS = 500
"""Word pieces up to which the abstract stays one passage; nearly every abstract is shorter."""

GROUP_SENTENCES = 1000
"""Sentences embedded and written at a time: about fifteen seconds' work on two cores."""

SLICE = 256
"""Sentences between two signs of life."""

_SURROGATE = re.compile("[\ud800-\udfff]")


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
    sources: dict[str, str] = field(default_factory=dict)  # of unchanged papers whose file has changed

    def __contains__(self, id: str) -> bool:
        return id in self.added or id in self.changed or id in self.unchanged


class Adding:
    """One run of adding papers to a draft; used under the library's write lock."""

    def __init__(
        self,
        draft: Draft,
        stored: Mapping[str, Brief],
        embedder: Embedder,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        """Prepare a run; `stored` are the papers that the draft begins with, by their ids."""
        self._draft = draft
        self._stored = stored
        self._embedder = embedder
        self._progress = progress
        self._begin = time.perf_counter()
        self._group: list[StoredPaper] = []
        self._group_size = 0  # sentences in the group
        self._now = Progress(0, 0, 0, 0, 0.0)
        self._tally = Tally()

    def add_files(self, files: Sequence[Path]) -> Report:
        """Add the papers of files; a file that is unchanged is neither read nor embedded."""
        before: dict[str | None, list[Brief]] = {}
        for brief in self._stored.values():
            before.setdefault(brief.record.path, []).append(brief)
        self._tell(papers=len(files))
        for file in files:
            try:
                self._add_file(file, before.get(str(file), []))
            except ReadError as error:
                self._fail(file, str(error))
            except OSError as error:
                self._fail(file, f"{file} cannot be read ({error.strerror}); check its permissions.")
        self._write_group()
        self._settle()
        return self._report()

    def add_stored(self, items: Iterable[StoredPaper]) -> None:
        """Cut, embed and write papers that another store held."""
        papers = list(items)
        self._tell(papers=len(papers))
        for item in papers:
            self._tally.added[item.paper.record.id] = item.paper.record
            self._queue(self._prepared(item.paper, item.source))
        self._write_group()

    def _add_file(self, file: Path, before: Sequence[Brief]) -> None:
        digest = sha256_of(file)
        if before and all(brief.source == f"{digest}:{len(before)}" for brief in before):
            self._tell(papers=len(before) - 1, papers_done=len(before))
            self._tally.unchanged |= {brief.record.id: brief.record for brief in before}
            return
        errors: list[ReadError] = []
        papers = {paper.record.id: paper for paper in map(_storable, read(file, on_error=errors.append))}
        self._tally.failed += [Failure(str(file), str(error)) for error in errors]
        # Lines that failed count, so that the file is read, and they are reported, again.
        source = f"{digest}:{len(papers) + len(errors)}"
        self._tell(papers=len(papers) - 1)
        for paper in papers.values():
            self._add_paper(paper, source)
        if not errors:  # a paper whose line is spoilt is not gone
            self._tally.removed |= {b.record.id: b.record for b in before if b.record.id not in papers}

    def _add_paper(self, paper: Paper, source: str) -> None:
        id, old = paper.record.id, self._stored.get(paper.record.id)
        if id in self._tally or (old is not None and _stands(old, paper.record, source)):
            # Where the same work is in another file of this run too, the first one stands.
            if old is not None:
                self._tally.unchanged.setdefault(id, old.record)
            self._tell(papers_done=1)
            return
        item = self._prepared(paper, source)
        if old is not None and old.version == item.version:
            self._tally.unchanged[id] = old.record
            self._tally.sources[id] = source
            self._tell(papers_done=1)
            return
        (self._tally.added if old is None else self._tally.changed)[id] = paper.record
        self._queue(item)

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
        size = sum(len(passage.sentences) for passage in item.passages)
        self._group.append(item)
        self._group_size += size
        self._tell(sentences=size)
        if self._group_size >= GROUP_SENTENCES or len(self._group) >= GROUP_SENTENCES:
            self._write_group()

    def _write_group(self) -> None:
        group, self._group, self._group_size = self._group, [], 0
        if not group:
            return
        self._draft.store.write(group, self._embedded(group))
        self._tell(papers_done=len(group))
        self._draft.keep()

    def _embedded(self, group: Sequence[StoredPaper]) -> list[Vectors]:
        """Return the vectors of papers; those of sentences that a paper had before are taken over."""
        known = self._known(group)
        texts = {text: None for item in group for part in PARTS for text in item.texts(part)}
        fresh = [text for text in texts if text not in known]
        for i in range(0, len(fresh), SLICE):
            some = fresh[i : i + SLICE]
            known |= zip(some, self._embedder.encode(some), strict=True)
            self._tell(sentences_done=len(some))
        self._tell(sentences_done=sum(len(item.texts(part)) for item in group for part in PARTS) - len(fresh))
        nothing = np.zeros((0, self._embedder.dimension), dtype=np.float32)
        return [
            {
                part: np.array([known[text] for text in item.texts(part)]) if item.texts(part) else nothing
                for part in PARTS
            }
            for item in group
        ]

    def _known(self, group: Sequence[StoredPaper]) -> dict[str, np.ndarray]:
        """Return the vectors of the sentences that the stored versions of these papers have."""
        known: dict[str, np.ndarray] = {}
        ids = [item.paper.record.id for item in group if item.paper.record.id in self._stored]
        if ids:
            store = self._draft.store
            for old in store.load(ids):
                for part in PARTS:
                    vectors = store.vectors(part, [old.row_id(n) for n, _, _ in old.sentences(part)])
                    known |= {
                        text: vectors[old.row_id(n)]
                        for n, text in enumerate(old.texts(part))
                        if old.row_id(n) in vectors
                    }
        return known

    def _settle(self) -> None:
        """Write what concerns no sentence: papers that left their files, and files that changed around them."""
        gone = [id for id in self._tally.removed if id not in self._tally]
        if gone:
            self._draft.store.remove(gone)
        if self._tally.sources:
            self._draft.store.set_sources(self._tally.sources)

    def _report(self) -> Report:
        tally = self._tally
        return Report(
            added=tuple(tally.added.values()),
            changed=tuple(tally.changed.values()),
            unchanged=tuple(tally.unchanged.values()),
            removed=tuple(record for id, record in tally.removed.items() if id not in tally),
            failed=tuple(tally.failed),
            seconds=time.perf_counter() - self._begin,
        )

    def _fail(self, file: Path, reason: str) -> None:
        self._tally.failed.append(Failure(str(file), reason))
        self._tell(papers_done=1)

    def _tell(self, **more: int) -> None:
        """Count on and say so."""
        counts = {name: getattr(self._now, name) + number for name, number in more.items()}
        self._now = replace(self._now, seconds=time.perf_counter() - self._begin, **counts)
        if self._progress is not None:
            self._progress(self._now)


def _stands(old: Brief, record: Record, source: str) -> bool:
    """Return whether a stored paper needs no other look: same bytes, or from another file that is still there."""
    path = old.record.path
    if path == record.path:
        return old.source == source
    return path is not None and Path(path).is_file()


def _storable(paper: Paper) -> Paper:
    """Return the paper without lone surrogates, which no tokenizer or database takes; offsets stay."""
    structure = json.dumps(paper.to_json(), ensure_ascii=False)
    if not _SURROGATE.search(structure) and not _SURROGATE.search(paper.text):
        return paper
    clean = json.loads(_SURROGATE.sub("\ufffd", structure))
    return Paper.from_json(clean, _SURROGATE.sub("\ufffd", paper.text))
