"""Adding papers to a library: files are read, cut, embedded and written in groups.

A file whose papers are all stored from the same bytes is not read again, and a sentence that a paper had before
is not embedded again; so an interrupted run goes on where its last group was published.

The same work from several files is one paper (`index/merging.py`), whose sources say which. A source that comes
joins the paper at once. Where one goes, with its file or out of it, the paper's other files are read again, for
only the best text of all was kept; the paper keeps its id.
"""

from __future__ import annotations

import json
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from index.embedding import Embedder
from index.errors import ReadError
from index.merging import Source, Works, base_of, by_text, merged
from index.papers import Paper, Record
from index.readers import bytes_of, read
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

MOST_ENDINGS = 8
"""Endings that the sentence about files of other formats lists."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be read, and why, in one sentence."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Merge:
    """A work that came twice: its paper, and the other file that means it too."""

    record: Record
    path: str


@dataclass(frozen=True, slots=True)
class Report:
    """What adding papers did, by paper."""

    added: tuple[Record, ...] = ()
    changed: tuple[Record, ...] = ()
    unchanged: tuple[Record, ...] = ()
    removed: tuple[Record, ...] = ()
    merged: tuple[Merge, ...] = ()
    failed: tuple[Failure, ...] = ()
    seconds: float = 0.0
    skipped: Mapping[str, int] = field(default_factory=dict)
    """Files of folders and archives that are of other formats, by ending: their number."""

    @property
    def passed_over(self) -> str:
        """What was skipped, in one sentence; nothing where nothing was."""
        if not self.skipped:
            return ""
        number = sum(self.skipped.values())
        commonest = sorted(self.skipped.items(), key=lambda item: (-item[1], item[0]))
        listed = ", ".join(f"{ending} ({count})" for ending, count in commonest[:MOST_ENDINGS])
        more = ", …" if len(commonest) > MOST_ENDINGS else ""
        files = "file of another format was" if number == 1 else "files of other formats were"
        return f"{number:,} {files} passed over: {listed}{more}."


@dataclass(frozen=True, slots=True)
class Progress:
    """How far long work has come; `sentences` counts what is known so far and grows as files are read."""

    papers_done: int
    papers: int
    sentences_done: int
    sentences: int
    seconds: float


class Shelf:
    """The papers of a library while a run goes on: as they are stored, or will be when all is written."""

    def __init__(self, stored: Mapping[str, Brief]) -> None:
        """Begin with the papers that are stored."""
        self.papers: dict[str, Brief] = {}
        self.works = Works()
        self._by_path: dict[str, dict[str, None]] = {}  # ids; the values are a set in order
        for id, brief in stored.items():
            self.put(id, brief)

    def put(self, id: str, brief: Brief) -> None:
        """Add or change a paper."""
        self.take(id)
        self.papers[id] = brief
        self.works.put(id, _records(brief))
        for source in brief.sources:
            self._by_path.setdefault(source.path, {})[id] = None

    def take(self, id: str) -> Brief | None:
        """Take a paper off, where it is there, and return it."""
        brief = self.papers.pop(id, None)
        if brief is not None:
            self.works.drop(id)
            for source in brief.sources:
                self._by_path[source.path].pop(id, None)
        return brief

    def of_file(self, path: str) -> list[tuple[str, Source]]:
        """Return the papers that a file is a source of, once for each of its records."""
        ids = self._by_path.get(path, ())
        return [(id, source) for id in ids for source in self.papers[id].sources if source.path == path]


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
        self._shelf = Shelf(stored)
        self._vacant = Works()  # ids whose sources are gone or have to be read again, for whom they become
        self._absorbed: dict[str, None] = {}  # papers that have become part of another one
        self._written = dict(stored)  # what the draft holds when the group is written
        self._touched: dict[str, None] = {}  # papers that this run has met, in order
        self._failed: list[Failure] = []
        self._skipped: Counter[str] = Counter()
        self._files: deque[Path] = deque()
        self._awaited: dict[str, dict[str, None]] = {}  # by file: papers for which it is read again
        self._group: dict[str, StoredPaper] = {}
        self._group_size = 0  # sentences in the group
        self._group_read = 0  # papers that were read for it
        self._now = Progress(0, 0, 0, 0, 0.0)

    def add_files(self, files: Sequence[Path]) -> Report:
        """Add the papers of files; a file that is unchanged is neither parsed nor embedded."""
        self._files.extend(files)
        self._tell(papers=len(files))
        while self._files:
            file = self._files.popleft()
            try:
                self._add_file(file)
            except ReadError as error:
                self._fail(file, error)
        self._write_group()
        removed = self._settle()
        return self._report(removed)

    def add_stored(self, items: Iterable[StoredPaper]) -> None:
        """Cut, embed and write papers that another store held."""
        papers = list(items)
        self._tell(papers=len(papers))
        for old in papers:
            item = self._prepared(old.paper, old.sources)
            self._keep(item)
            self._group_read += 1
            self._queue(item)
        self._write_group()

    # --- files -----------------------------------------------------------------------------------------

    def _add_file(self, file: Path) -> None:
        path, data = str(file), bytes_of(file)
        digest = sha256(data).hexdigest()
        held = self._shelf.of_file(path)
        if held and all((source.digest, source.count) == (digest, len(held)) for _, source in held):
            ids = list(dict.fromkeys(id for id, _ in held))
            self._touched |= dict.fromkeys(ids)
            self._tell(papers=len(held) - 1, papers_done=len(held))
            self._leave_gone_files(ids, path)
            return
        errors: list[ReadError] = []
        found = read(file, data=data, on_error=errors.append, passed_over=self._skipped)
        papers = {_content(paper): paper for paper in found}
        self._failed += [Failure(error.path or path, str(error)) for error in errors]
        self._tell(papers=len(papers) + len(errors) - 1, papers_done=len(errors))
        # Records that failed count, so that the file is read, and they are reported, again.
        count = len(papers) + len(errors)
        before = {source.content: (id, source) for id, source in held}
        kept = {before[content]: content for content in papers if content in before}
        lost = [entry for entry in held if entry not in kept]
        new = {content: paper for content, paper in papers.items() if content not in before}
        if errors:  # a paper whose record, file or archive is spoilt is not gone
            spoilt = {error.path or path for error in errors}
            again = {id for paper in new.values() for id in self._shelf.works.find(paper.record)}
            lost = [
                (id, source) for id, source in lost if id in again or not spoilt & {path, source.record.path}
            ]
        self._lose(lost)
        self._note(kept, digest, count)
        for content, paper in new.items():
            self._add_paper(Source.of(paper, content, path, digest, count), paper)
        self._leave_gone_files([id for id, _ in kept], path)
        if errors:
            self._restore(path)

    def _note(self, kept: Iterable[tuple[str, Source]], digest: str, count: int) -> None:
        """Note for papers that say what they said that the file around them has changed."""
        for id, source in kept:
            if brief := self._shelf.papers.get(id):  # else it comes again, for its other source is gone
                now = replace(source, digest=digest, count=count)
                sources = tuple(now if one == source else one for one in brief.sources)
                self._shelf.put(id, replace(brief, sources=sources))
                if id in self._group:
                    self._group[id] = replace(self._group[id], sources=sources)
                self._touched[id] = None
            self._tell(papers_done=1)

    def _leave_gone_files(self, ids: Iterable[str], path: str) -> None:
        """Let papers go on without their sources, but for `path`, whose files are gone."""
        for id in ids:
            if brief := self._shelf.papers.get(id):
                self._lose([(id, one) for one in brief.sources if one.path != path and not _is_file(one)])

    def _lose(self, lost: Sequence[tuple[str, Source]]) -> None:
        """Take sources from papers; a paper's other files are read again, and what they say may get its id."""
        for id in dict.fromkeys(id for id, _ in lost):
            brief = self._shelf.take(id)
            if brief is not None:
                self._vacant.put(id, _records(brief))
                self._read_again(id, [one for one in brief.sources if (id, one) not in lost])

    def _read_again(self, id: str, sources: Iterable[Source]) -> None:
        """Have the files of sources read again, on behalf of a paper."""
        for path in dict.fromkeys(source.path for source in sources if _is_file(source)):
            self._awaited.setdefault(path, {})[id] = None
            if Path(path) not in self._files:
                self._files.append(Path(path))
                self._tell(papers=1)

    def _restore(self, path: str) -> None:
        """Leave papers as they are stored that waited for a file which cannot be read."""
        for id in self._awaited.pop(path, {}):
            if id in self._vacant and id in self._written:
                self._vacant.drop(id)
                self._shelf.put(id, self._written[id])

    # --- papers ----------------------------------------------------------------------------------------

    def _add_paper(self, source: Source, paper: Paper) -> None:
        """Add a record of a file to the paper that means the same work, else as a new paper."""
        ids = sorted(self._shelf.works.find(source.record), key=lambda id: (id not in self._stored, id))
        briefs = [self._shelf.papers[id] for id in ids]
        rest = [one for brief in briefs for one in brief.sources if one.path == source.path or _is_file(one)]
        sources = by_text(dict.fromkeys([*rest, source]))
        owner = next(
            (id for id, brief in zip(ids, briefs, strict=True) if brief.sources[:1] == sources[:1]), None
        )
        id = ids[0] if ids else self._free_id(source.record)
        if sources[0] == source:
            base = paper
        elif owner is not None:
            base = base_of(self._current(owner).paper, sources[0])
        else:  # a better text has gone with its file, and the best that is left was not kept
            self._read_again(id, rest)
            sources, base = (source,), paper
        for other in ids[1:]:
            self._absorb(other)
        self._vacant.drop(id)
        item = self._prepared(merged(base, sources, id), sources)
        self._keep(item)
        if id not in self._group and id in self._written and self._written[id].version == item.version:
            self._tell(papers_done=1)
        else:
            self._group_read += 1
            self._queue(item)

    def _keep(self, item: StoredPaper) -> None:
        """Put a paper on the shelf."""
        record = item.paper.record
        self._shelf.put(record.id, Brief(record, item.version, item.sources))
        self._touched[record.id] = None

    def _free_id(self, record: Record) -> str:
        """Return the id of the paper that a record was part of, where nobody has it any more, else its own."""
        if former := self._vacant.find(record):
            return min(former)
        id, number = record.id, 1
        while id in self._shelf.papers:  # two works, by the ids that the user gave to other records of them
            number += 1
            id = f"{record.id}-{number}"
        return id

    def _absorb(self, id: str) -> None:
        """Take off a paper that is the same as another one."""
        self._shelf.take(id)
        self._absorbed[id] = None
        if item := self._group.pop(id, None):
            self._forget(item)

    def _current(self, id: str) -> StoredPaper:
        """Return a paper as it is in the group, else in the store."""
        return self._group[id] if id in self._group else self._draft.store.load([id])[0]

    def _prepared(self, paper: Paper, sources: tuple[Source, ...]) -> StoredPaper:
        passages = segment(
            paper,
            self._embedder.count_tokens,
            sentence_tokens=self._embedder.max_tokens,
            passage_tokens=PASSAGE_TOKENS,
            abstract_tokens=ABSTRACT_TOKENS,
        )
        return StoredPaper(paper, passages, version_of(paper, passages), sources)

    def _queue(self, item: StoredPaper) -> None:
        id, size = item.paper.record.id, _size(item)
        if before := self._group.pop(id, None):
            self._forget(before)
        self._group[id] = item
        self._group_size += size
        self._tell(sentences=size)
        if self._group_size >= GROUP_SENTENCES or len(self._group) >= GROUP_SENTENCES:
            self._write_group()

    def _forget(self, item: StoredPaper) -> None:
        """Count the sentences of a paper that left the group as done."""
        self._group_size -= _size(item)
        self._tell(sentences_done=_size(item))

    def _write_group(self) -> None:
        group, read_ = list(self._group.values()), self._group_read
        self._group, self._group_size, self._group_read = {}, 0, 0
        if group:
            self._draft.store.write(group, self._embedded(group))
            self._written |= {
                item.paper.record.id: Brief(item.paper.record, item.version, item.sources) for item in group
            }
        self._remove(self._absorbed)
        self._absorbed = {}
        if group:
            self._tell(papers_done=read_)
            self._draft.keep()

    def _remove(self, ids: Iterable[str]) -> None:
        """Remove those papers that are in the store."""
        gone = [id for id in ids if id in self._written]
        if gone:
            self._draft.store.remove(gone)
        for id in gone:
            del self._written[id]

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
        """Return the vectors of the sentences that these papers, or what they absorb, have in the store."""
        known: dict[str, np.ndarray] = {}
        ids = [*(item.paper.record.id for item in group), *self._absorbed]
        ids = [id for id in ids if id in self._written]
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

    def _settle(self) -> list[Record]:
        """Write what concerns no sentence: papers that left their files, and files that changed around them.

        Returns the records of the papers that are gone.
        """
        gone = [id for id in self._vacant if id in self._written]
        self._remove(gone)
        now = {id: self._shelf.papers[id].sources for id in self._touched if id in self._shelf.papers}
        sources = {id: value for id, value in now.items() if value != self._written[id].sources}
        if sources:
            self._draft.store.set_sources(sources)
        return [self._stored[id].record for id in gone if id in self._stored]

    def _report(self, removed: Sequence[Record]) -> Report:
        groups: dict[str, list[Record]] = {"added": [], "changed": [], "unchanged": []}
        merges: list[Merge] = []
        for id in self._touched:
            if brief := self._shelf.papers.get(id):
                old = self._stored.get(id)
                same = old is not None and old.version == brief.version
                groups["added" if old is None else "unchanged" if same else "changed"].append(brief.record)
                merges += _merges(brief, old)
        return Report(
            **{name: tuple(records) for name, records in groups.items()},
            removed=tuple(removed),
            merged=tuple(merges),
            failed=tuple(dict.fromkeys(self._failed)),  # a file may have been read twice
            seconds=time.perf_counter() - self._begin,
            skipped=dict(self._skipped),
        )

    def _fail(self, file: Path, error: ReadError) -> None:
        self._failed.append(Failure(error.path or str(file), str(error)))
        self._restore(str(file))
        self._tell(papers_done=1)

    def _tell(self, **more: int) -> None:
        """Count on and say so."""
        counts = {name: getattr(self._now, name) + number for name, number in more.items()}
        self._now = replace(self._now, seconds=time.perf_counter() - self._begin, **counts)
        if self._progress is not None:
            self._progress(self._now)


def _merges(brief: Brief, old: Brief | None) -> list[Merge]:
    """Return which files this run found to mean one work: with each new source another file than the text's."""
    before = {(source.path, source.record.id) for source in old.sources} if old else set()
    known = [one for one in brief.sources if (one.path, one.record.id) in before] or list(brief.sources[:1])
    new = [one for one in brief.sources if one not in known]
    paths = [known[0].path if one == brief.sources[0] else one.path for one in new]
    return [Merge(brief.record, path) for path in dict.fromkeys(paths)]


def _records(brief: Brief) -> list[Record]:
    """Return what tells a paper's work: its sources' records, and its own where it has none."""
    return [source.record for source in brief.sources] or [brief.record]


def _is_file(source: Source) -> bool:
    return Path(source.path).is_file()


def _size(item: StoredPaper) -> int:
    return sum(len(passage.sentences) for passage in item.passages)


def _content(paper: Paper) -> str:
    """Return a fingerprint of a paper as it was read, wherever its file lies."""
    structure = json.dumps(replace(paper, record=replace(paper.record, path=None)).to_json(), sort_keys=True)
    return sha256((structure + paper.text).encode()).hexdigest()
