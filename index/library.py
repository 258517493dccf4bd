"""The library: papers of one home folder. Adds, changes, removes, diagnoses and repairs them."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from index.adding import Adding, Failure, Progress, Report
from index.drafting import Draft, drafting
from index.editions import LAYOUT, Editions, check, read_seal
from index.embedding import Embedder
from index.errors import EmbeddingMismatch, LibraryBusy, LibraryError, StoreError
from index.papers import Paper, Record
from index.readers import find
from index.retractions import LIST_NAME
from index.retrieval import Catalogue, HybridRetriever
from index.salvaging import salvage
from index.store import Store
from index.systems import System

_Stamp = tuple[Path, int, int]  # a file, its time of change in nanoseconds, its size

LOCK_SECONDS = 30.0
"""How long a second writer waits for the first."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that `diagnose` looked at."""

    name: str
    ok: bool
    detail: str


class Library:
    """The papers of a home folder and their index.

    Opening costs nothing; the index is opened at the first use. One process writes at a time; any number read,
    each the newest edition there is when it searches. Threads may share a library.
    """

    def __init__(self, home: Path, embedder: Embedder, retractions: Path | None = None) -> None:
        """Open nothing yet; `retractions` is a list of retracted papers, else that of the home is used."""
        self.home = home
        self._retractions = retractions
        self._list_read: _Stamp | None = None
        self.embedder = embedder
        self._editions = Editions(home / "chroma")
        self._guard = threading.RLock()
        self._catalogue: Catalogue | None = None
        self._store: Store | None = None
        self._edition: Path | None = None  # what the two above belong to

    @cached_property
    def retriever(self) -> HybridRetriever:
        """A LangChain retriever over the library as it is at each search."""
        return HybridRetriever(embedder=self.embedder, source=self.catalogue)

    @property
    def store(self) -> Store:
        """The newest edition of the index, for reading; an empty one where nothing was ever indexed."""
        with self._guard:
            newest = self._editions.newest()
            if self._store is None or newest != self._edition:
                self._catalogue = None
                self._store = self._opened(newest)
                self._edition = newest
            return self._store

    def catalogue(self) -> Catalogue:
        """Return what is derived from the index; made anew when any process has changed it."""
        with self._guard:
            store, listed = self.store, self._list()
            if self._catalogue is None or listed != self._list_read:
                cache = self.home / "cache" if self._edition else None
                self._catalogue = Catalogue(store, cache, listed[0] if listed else None)
                self._list_read = listed
            return self._catalogue

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
        newest = self._editions.newest()
        if newest is None:
            return True
        with self._guard:
            return not (
                self._catalogue.papers
                if newest == self._edition and self._catalogue
                else read_seal(newest).papers
            )

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
        files = find(Path(path).expanduser().resolve() for path in paths)  # `repair` runs from anywhere
        with self._writing() as draft:
            return Adding(draft, self.store.briefs(), self.embedder, progress).add_files(files)

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
            if self._editions.newest() is None:
                detail = f"empty: '{self.home}' gets the seed papers at the first question"
                return (Finding("library", True, detail),)
            missing = self.store.missing()
        except EmbeddingMismatch as error:
            return (Finding("embedding model", False, str(error)),)
        except StoreError as error:
            return (Finding("index", False, str(error)),)
        number = len(self.store.briefs())
        return (
            Finding("library", True, f"{number} paper{'' if number == 1 else 's'} in '{self.home}'"),
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
            saved = salvage(self._editions)
            with drafting(self._editions, self.embedder.identity, None) as draft:
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

    def _opened(self, edition: Path | None) -> Store:
        """Return the store of an edition that was found whole, its vectors read."""
        if edition is None:
            return self._scratch(None)
        seal = read_seal(edition)
        if seal.layout != LAYOUT:
            raise StoreError(
                f"The library in '{self.home}' was made by another version of this program: "
                "run 'sorafenib-assistant repair' to index it again."
            )
        if seal.embedding != self.embedder.identity:
            raise EmbeddingMismatch(
                f"The library in '{self.home}' was indexed with '{seal.embedding}', the setting says "
                f"'{self.embedder.identity}': run 'sorafenib-assistant repair' to index it again, or set "
                f"ASSISTANT_EMBEDDING back."
            )
        try:
            check(edition)
            store = Store(edition) if os.access(edition, os.W_OK) else self._scratch(edition)
            store.warm()
        except StoreError:
            newest = self._editions.newest()
            if newest == edition:
                raise
            return self._opened(newest)  # a writer has published a newer one and dropped this one meanwhile
        return store

    def _scratch(self, edition: Path | None) -> Store:
        """Return a store in a temporary folder: empty, or a copy of an edition where Chroma must not write."""
        folder = Path(tempfile.mkdtemp(prefix="sorafenib-assistant-"))
        if edition is not None:
            shutil.copytree(edition, folder, dirs_exist_ok=True)
        store = Store(folder, embedding=self.embedder.identity if edition is None else None)
        weakref.finalize(store, shutil.rmtree, folder, ignore_errors=True)
        return store

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the library's write lock."""
        from filelock import FileLock, Timeout

        self._editions.newest()  # complains where a file is in the folder's place
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.home / "library.lock", timeout=LOCK_SECONDS)
            lock.acquire()
        except Timeout:
            raise LibraryBusy(
                f"Another process is writing to the library in '{self.home}': wait until it is done and try again."
            ) from None
        except OSError as error:
            raise StoreError(
                f"The library folder '{self.home}' cannot be written ({error.strerror}): choose another with --home."
            ) from error
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def _writing(self) -> Iterator[Draft]:
        """Hold the lock and give a draft of the next edition; it is published at the end."""
        with self._locked():
            _ = self.store  # whole, and made with this embedding model: else nothing is written on it
            with drafting(self._editions, self.embedder.identity, self._editions.newest()) as draft:
                yield draft
