"""The library: papers of one home folder. Adds, changes, removes, diagnoses and repairs them."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from index.adding import Adding, Failure, Progress, Report
from index.embedding import Embedder
from index.errors import EmbeddingMismatch, LibraryError, StoreError
from index.papers import Paper, Record
from index.readers import find
from index.retractions import LIST_NAME
from index.retrieval import Catalogue, HybridRetriever
from index.shelf import Draft, Folder, Shelf, scratch
from index.store import Store
from index.systems import System

_Stamp = tuple[Path, int, int]  # a file, its time of change in nanoseconds, its size

LOCK_SECONDS = 30.0
"""How long a second writer waits for the first."""

LOAD_AGAIN = 3
"""How often the papers are read again because their index was replaced while they were read."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that `diagnose` looked at."""

    name: str
    ok: bool
    detail: str


class Library:
    """The papers of a home folder and their index, which lies in that folder or on a server.

    Opening costs nothing; the index is opened at the first use. One process writes at a time; any number read,
    each what is published when it searches. Threads may share a library.
    """

    def __init__(
        self, home: Path, embedder: Embedder, shelf: Shelf | None = None, retractions: Path | None = None
    ) -> None:
        """Set a library up.

        Args:
            home: folder of the library.
            embedder: what makes vectors.
            shelf: where the index lies, by default in `home`.
            retractions: a list of retracted papers, else that of the home is used.
        """
        self.home = home
        self._retractions = retractions
        self._list_read: _Stamp | None = None
        self.embedder = embedder
        self._shelf = shelf or Folder(home)
        self._guard = threading.RLock()
        self._catalogue: Catalogue | None = None
        self._store: Store | None = None
        self._state: Any = None  # what the two above belong to

    @property
    def where(self) -> str:
        """Where the index lies, for messages."""
        return self._shelf.where

    @cached_property
    def retriever(self) -> HybridRetriever:
        """A LangChain retriever over the library as it is at each search."""
        return HybridRetriever(embedder=self.embedder, source=self.catalogue)

    @property
    def store(self) -> Store:
        """The published index, for reading; an empty one where nothing was ever indexed."""
        with self._guard:
            newest = self._shelf.newest()
            if self._store is None or newest != self._state:
                self._catalogue = None
                identity = self.embedder.identity
                self._store = (
                    scratch(embedding=identity) if newest is None else self._shelf.open(newest, identity)
                )
                self._state = newest
            return self._store

    def catalogue(self) -> Catalogue:
        """Return what is derived from the index; made anew when any process has changed it."""
        with self._guard:
            listed = self._list()
            for _ in range(LOAD_AGAIN):
                store, state = self.store, self._state
                try:
                    if self._catalogue is None or listed != self._list_read:
                        self._catalogue = self._derived(store, state, listed)
                        self._list_read = listed
                    break
                except StoreError:
                    if self._is_current(state):
                        raise
            return self._catalogue or self._derived(self.store, self._state, listed)

    def _derived(self, store: Store, state: Any, listed: _Stamp | None) -> Catalogue:
        cache = None if state is None else self.home / "cache"
        retractions = listed[0] if listed else None
        if self._shelf.lasting:
            return Catalogue(store, cache, retractions=retractions)
        return Catalogue(store, cache, lambda: self._is_current(state), retractions)

    def _is_current(self, state: Any) -> bool:
        return bool(self._shelf.newest() == state)

    def _list(self) -> _Stamp | None:
        """Return the list of retractions and what tells that it was changed; None where there is none."""
        path = self._retractions or self.home / LIST_NAME
        try:
            found = path.stat()
        except OSError:
            return (path, 0, 0) if self._retractions else None  # reading it says what is wrong
        return path, found.st_mtime_ns, found.st_size

    def is_empty(self) -> bool:
        """Return whether no paper is indexed here; makes no folder.

        Raises:
            StoreError: the index is damaged.
        """
        newest = self._shelf.newest()
        if newest is None:
            return True
        with self._guard:
            if newest == self._state and self._catalogue:
                return not self._catalogue.papers
            return self._shelf.is_empty(newest)

    def systems(self) -> Mapping[str, tuple[System, ...]]:
        """Return what each paper studied, by the paper's id."""
        return self.catalogue().systems

    def papers(self) -> tuple[Record, ...]:
        """Return the records of all papers, in the order of their ids."""
        return self.catalogue().records

    def paper(self, id: str) -> Paper:
        """Return a paper with its text.

        Raises:
            LibraryError: there is no such paper.
        """
        try:
            return self.catalogue().papers[id]
        except KeyError:
            raise LibraryError(
                f"There is no paper '{id}': 'sorafenib-assistant papers' lists them."
            ) from None

    def add(self, *paths: str | Path, progress: Callable[[Progress], None] | None = None) -> Report:
        """Add the papers of files and folders; a file that is unchanged is neither read nor embedded.

        A file that cannot be read is reported and the rest goes on. Where the work is stopped, by an exception
        from `progress` too, the papers that are complete stay.

        Raises:
            ReadError: a named path does not exist.
            LibraryBusy: another process is writing.
            StoreError: the index cannot be opened or written.
        """
        found = find(Path(path).expanduser().resolve() for path in paths)  # `repair` runs from anywhere
        with self._writing() as draft:
            report = Adding(draft, self.store.briefs(), self.embedder, progress).add_files(found.files)
        return replace(
            report,
            failed=(*(Failure(error.path or "", str(error)) for error in found.errors), *report.failed),
            skipped=found.passed_over + Counter(report.skipped),
        )

    def remove(self, id: str) -> Record:
        """Remove a paper and return its record.

        Raises:
            LibraryError: there is no such paper.
        """
        with self._writing() as draft:
            record = self.paper(id).record
            draft.store.remove([id])
        return record

    def diagnose(self) -> tuple[Finding, ...]:
        """Return what is well and what is not; changes nothing."""
        try:
            if self._shelf.newest() is None:
                detail = f"empty: the library {self.where} gets the seed papers at the first question"
                return (Finding("library", True, detail),)
            missing = self.store.missing()
        except EmbeddingMismatch as error:
            return (Finding("embedding model", False, str(error)),)
        except StoreError as error:
            return (Finding("index", False, str(error)),)
        number = len(self.store.briefs())
        return (
            Finding(
                "library", True, f"{number} paper{'' if number == 1 else 's'} in the library {self.where}"
            ),
            Finding(
                "sentences",
                not missing,
                f"{len(missing)} papers lack sentences: run 'sorafenib-assistant repair'"
                if missing
                else "every paper is complete",
            ),
        )

    def repair(self, progress: Callable[[Progress], None] | None = None) -> Report:
        """Make the index whole again, with the embedding model that is set; nothing is done where all is well.

        Papers are taken from the index where it can be read, else from the edition before, else from the files
        that they came from. The new index is built beside the damaged one.
        """
        if all(finding.ok for finding in self.diagnose()):
            return Report(unchanged=self.papers())
        with self._locked():
            with self._guard:
                self._catalogue = self._store = None
            saved = self._shelf.salvage()
            with self._shelf.drafting(self.embedder.identity, anew=True) as draft:
                _ = draft.store  # published even where nothing can be saved
                adding = Adding(draft, {}, self.embedder, progress)
                adding.add_stored(saved.papers)
                report = adding.add_files([file for file in saved.files if file.is_file()])
        gone = [
            Failure(str(file), f"{file} is gone, and so is its paper.")
            for file in saved.files
            if not file.is_file()
        ]
        return replace(report, failed=(*gone, *report.failed))

    def _locked(self) -> AbstractContextManager[None]:
        """Hold the library's write lock."""
        return self._shelf.locked(LOCK_SECONDS)

    @contextmanager
    def _writing(self) -> Iterator[Draft]:
        """Hold the lock and give a draft of what is published at the end."""
        with self._locked():
            _ = self.store  # whole, and made with this embedding model: else nothing is written on it
            with self._shelf.drafting(self.embedder.identity, anew=False) as draft:
                yield draft
