"""Where a library's index lies: what the library asks of the place, and the place that is a folder."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from index.drafting import drafting
from index.editions import LAYOUT, Editions, check, read_seal
from index.errors import EmbeddingMismatch, LibraryBusy, StoreError
from index.salvaging import Salvage, salvage
from index.store import Store


class Draft(Protocol):
    """What is written before readers shall see it."""

    @property
    def store(self) -> Store:
        """The store to write in."""
        ...

    def keep(self) -> None:
        """Publish if the last publication is long ago; between two writes."""
        ...


class Shelf(Protocol):
    """A place for an index: published states of it, of which readers see the newest, and one writer at a time."""

    @property
    def where(self) -> str:
        """The place, for messages: "in '/home'"."""
        ...

    @property
    def lasting(self) -> bool:
        """Whether a published state can be read for as long as anybody likes."""
        ...

    def newest(self) -> Any:
        """Return a value that stands for the newest published state; None where there is none."""
        ...

    def is_empty(self, state: Any) -> bool:
        """Return whether a published state holds no paper."""
        ...

    def open(self, state: Any, embedding: str) -> Store:
        """Return the store of a published state, for reading.

        Raises:
            EmbeddingMismatch: it was made with another embedder than the one of the given identity.
            StoreError: it cannot be read.
        """
        ...

    def locked(self, seconds: float) -> AbstractContextManager[None]:
        """Hold the write lock; a second writer waits so long.

        Raises:
            LibraryBusy: another process still holds it.
        """
        ...

    def drafting(self, embedding: str, *, anew: bool) -> AbstractContextManager[Draft]:
        """Give a draft on the newest state, or on nothing in its stead; published at the end, under the lock."""
        ...

    def salvage(self) -> Salvage:
        """Return what can be read of the newest state, and the files that the rest came from."""
        ...


class Folder:
    """An index in editions in a folder of this machine (`index/editions.py`)."""

    lasting = True

    def __init__(self, home: Path) -> None:
        self.home = home
        self.editions = Editions(home / "chroma")

    @property
    def where(self) -> str:
        """The place, for messages."""
        return f"in '{self.home}'"

    def newest(self) -> Path | None:
        """Return the folder of the newest edition; None where nothing was ever published."""
        return self.editions.newest()

    def is_empty(self, state: Path) -> bool:
        """Return whether an edition holds no paper."""
        return not read_seal(state).papers

    def open(self, state: Path, embedding: str) -> Store:
        """Return the store of an edition that was found whole, its vectors read."""
        seal = read_seal(state)
        if seal.layout != LAYOUT:
            raise other_layout(self.where)
        if seal.embedding != embedding:
            raise other_embedding(self.where, seal.embedding, embedding)
        try:
            check(state)
            store = Store(state) if os.access(state, os.W_OK) else scratch(copy_of=state)
            store.warm()
        except StoreError:
            newest = self.newest()
            if newest is None or newest == state:
                raise
            return self.open(newest, embedding)  # a writer has published it and dropped this one meanwhile
        return store

    @contextmanager
    def locked(self, seconds: float) -> Iterator[None]:
        """Hold the library's write lock."""
        from filelock import FileLock, Timeout

        self.newest()  # complains where a file is in the folder's place
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.home / "library.lock", timeout=seconds)
            lock.acquire()
        except Timeout:
            raise busy(self.where) from None
        except OSError as error:
            raise StoreError(
                f"The library folder '{self.home}' cannot be written ({error.strerror}): choose another with --home."
            ) from error
        try:
            yield
        finally:
            lock.release()

    def drafting(self, embedding: str, *, anew: bool) -> AbstractContextManager[Draft]:
        """Give a draft of the next edition; it is published at the end."""
        return drafting(self.editions, embedding, None if anew else self.newest())

    def salvage(self) -> Salvage:
        """Return what can be saved of the newest edition."""
        return salvage(self.editions)


def scratch(*, embedding: str | None = None, copy_of: Path | None = None) -> Store:
    """Return a store in a temporary folder: empty, or a copy of an edition where Chroma must not write."""
    folder = Path(tempfile.mkdtemp(prefix="sorafenib-assistant-"))
    if copy_of is not None:
        shutil.copytree(copy_of, folder, dirs_exist_ok=True)
    store = Store(folder, embedding=embedding)
    weakref.finalize(store, shutil.rmtree, folder, ignore_errors=True)
    return store


def busy(where: str) -> LibraryBusy:
    """Return the error for a library that another process writes to."""
    return LibraryBusy(
        f"Another process is writing to the library {where}: wait until it is done and try again."
    )


def other_layout(where: str) -> StoreError:
    """Return the error for an index that holds other things than this program's."""
    return StoreError(
        f"The library {where} was made by another version of this program: "
        "run 'sorafenib-assistant repair' to index it again."
    )


def other_embedding(where: str, found: str, expected: str) -> EmbeddingMismatch:
    """Return the error for an index that was made with another embedder."""
    return EmbeddingMismatch(
        f"The library {where} was indexed with '{found}', the setting says '{expected}': run "
        "'sorafenib-assistant repair' to index it again, or set ASSISTANT_EMBEDDING back."
    )
