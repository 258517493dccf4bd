"""The library: papers of one home folder. Adds, changes, removes, diagnoses and repairs them."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from index.adding import Adding, Failure, Progress, Report
from index.embedding import Embedder
from index.errors import EmbeddingMismatch, LibraryBusy, LibraryError, StoreError
from index.papers import Paper, Record
from index.readers import find
from index.retrieval import Catalogue, HybridRetriever
from index.store import Store, StoredPaper

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

    Opening costs nothing; the store is opened at the first use.
    """

    def __init__(self, home: Path, embedder: Embedder) -> None:
        self.home = home
        self.embedder = embedder
        self._catalogue: Catalogue | None = None
        self._seen_state: int | None = None

    @property
    def _folder(self) -> Path:
        return self.home / "chroma"

    @cached_property
    def _store(self) -> Store:
        self._finish_swap()
        return Store(self._folder, self.embedder.identity)

    @cached_property
    def retriever(self) -> HybridRetriever:
        """A LangChain retriever over the library as it is at each search."""
        return HybridRetriever(embedder=self.embedder, source=self.catalogue)

    def catalogue(self) -> Catalogue:
        """Return what is derived from the store; made anew when a writer has changed it."""
        state = self._state()
        if self._catalogue is None or state != self._seen_state:
            if self._catalogue is not None:
                self._release()  # another process wrote: this one's view of the vectors is old
            self._catalogue = Catalogue(self._store, self.home / "cache")
            self._seen_state = state
        return self._catalogue

    def is_empty(self) -> bool:
        """Return whether nothing was ever indexed here; makes no folder."""
        return not self._folder.exists() or not self._store.versions()

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

        A file that cannot be read is reported and the rest goes on.

        Raises:
            ReadError: a named path does not exist.
            LibraryBusy: another process is writing.
            StoreError: the index cannot be opened or written.
        """
        files = find(paths)
        with self._writing():
            return Adding(self._store, self.embedder, progress).add_files(files)

    def remove(self, id: str) -> Record:
        """Remove a paper and return its record.

        Raises:
            LibraryError: there is no such paper.
        """
        record = self.paper(id).record
        with self._writing():
            self._store.remove(id)
        return record

    def diagnose(self) -> tuple[Finding, ...]:
        """Return what is well and what is not; changes nothing."""
        if not self._folder.exists():
            return (
                Finding("library", True, f"empty: '{self.home}' gets the seed papers at the first question"),
            )
        try:
            store = self._store
            papers, missing = store.versions(), store.missing()
        except EmbeddingMismatch as error:
            return (Finding("embedding model", False, str(error)),)
        except StoreError as error:
            return (Finding("index", False, str(error)),)
        findings = [Finding("library", True, f"{len(papers)} papers in '{self.home}'")]
        findings.append(
            Finding(
                "sentences", False, f"{len(missing)} papers lack sentences: run 'sorafenib-assistant repair'"
            )
            if missing
            else Finding("sentences", True, "every paper is complete")
        )
        return tuple(findings)

    def repair(self, progress: Callable[[Progress], None] | None = None) -> Report:
        """Make the index whole again, with the embedding model that is set.

        Papers are taken from the store itself where it can be read, else from the files that they came
        from. The new index is built beside the old one and then swapped in.
        """
        with self._locked():
            self._finish_swap()
            papers, files, failed = self._salvage()
            fresh = self.home / "chroma.new"
            shutil.rmtree(fresh, ignore_errors=True)
            store = Store(fresh, self.embedder.identity)
            adding = Adding(store, self.embedder, progress)
            kept = adding.add_stored(papers)
            known = {p.paper.record.path for p in papers}
            report = adding.add_files([file for file in files if str(file) not in known])
            store.close()
            self._swap()
        return replace(report, added=(*kept, *report.added), failed=(*failed, *report.failed))

    def _salvage(self) -> tuple[list[StoredPaper], list[Path], list[Failure]]:
        """Return the papers that the store still gives, and the files that it was made from."""
        self._release()
        files = [Path(name) for name in self._manifest() if Path(name).is_file()]
        failed = [Failure(name, "the file is gone") for name in self._manifest() if not Path(name).is_file()]
        if not self._folder.exists():
            return [], files, failed
        try:
            store = Store(self._folder, None)
            papers = store.load()
            store.close()
        except StoreError:
            return [], files, failed
        kept = {p.paper.record.path for p in papers}
        return papers, files, [f for f in failed if f.path not in kept]

    def _swap(self) -> None:
        """Put `chroma.new` in the place of `chroma`; `_finish_swap` completes it after a crash."""
        old = self.home / "chroma.old"
        shutil.rmtree(old, ignore_errors=True)
        if self._folder.exists():
            self._folder.rename(old)
        (self.home / "chroma.new").rename(self._folder)
        shutil.rmtree(old, ignore_errors=True)
        self._touch()
        self._release()

    def _finish_swap(self) -> None:
        old = self.home / "chroma.old"
        if old.exists() and not self._folder.exists():
            old.rename(self._folder)

    def _release(self) -> None:
        """Close the store and forget what was derived from it."""
        store = self.__dict__.pop("_store", None)
        if store is not None:
            store.close()
        self._catalogue = None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the library's write lock."""
        from filelock import FileLock, Timeout

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
    def _writing(self) -> Iterator[None]:
        """Hold the lock, clear left-overs, and note the change for this and other processes."""
        with self._locked():
            self._store.sweep()
            try:
                yield
            finally:
                self._write_manifest()
                self._touch()
                self._catalogue = None

    def _state(self) -> int:
        """Return a number that changes with every write by any process."""
        try:
            return (self.home / "state").stat().st_mtime_ns
        except OSError:
            return 0

    def _touch(self) -> None:
        (self.home / "state").write_text(str(time.time_ns()))

    def _manifest(self) -> list[str]:
        """Return the paths that papers were read from; only `repair` of a broken store needs them."""
        try:
            return [str(name) for name in json.loads((self.home / "files.json").read_text("utf-8"))]
        except (OSError, ValueError):
            return []

    def _write_manifest(self) -> None:
        names = sorted({path for path, _ in self._store.sources().values() if path})
        scratch = self.home / "files.json.new"
        scratch.write_text(json.dumps(names, ensure_ascii=False, indent=0), "utf-8")
        scratch.replace(self.home / "files.json")
