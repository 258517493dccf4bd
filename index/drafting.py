"""The next edition of the index while it is being written."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index.editions import Editions, Entry
from index.errors import StoreError
from index.store import Store

PUBLISH_SECONDS = 120.0
"""Time between two publications in a long run: what a crash can cost. Publishing costs a copy of the index."""


class Draft:
    """A private copy of the newest edition, made at the first write and published when all is written.

    Made and used under the library's lock.
    """

    def __init__(self, editions: Editions, embedding: str, base: Path | None) -> None:
        """Prepare a draft on `base`, an edition, or from nothing, for the embedder of the given identity."""
        self._editions = editions
        self._embedding = embedding
        self._base = base
        self._replaces = base is None and editions.newest() is not None
        self._store: Store | None = None
        self._opened = 0.0

    @property
    def store(self) -> Store:
        """The store to write in."""
        if self._store is None:
            folder = self._editions.draft(self._base)
            self._store = Store(folder, embedding=None if self._base else self._embedding)
            self._opened = time.monotonic()
        return self._store

    def keep(self) -> None:
        """Publish if the last publication is long ago; between two writes."""
        if self._replaces:
            return
        if self._store is not None and time.monotonic() - self._opened > PUBLISH_SECONDS:
            self.publish()

    def publish(self) -> None:
        """Make what was written the newest edition; nothing written, nothing done."""
        if self._store is None:
            return
        store = self._store
        papers = {id: Entry(brief.version, brief.path) for id, brief in sorted(store.briefs().items())}
        self._drop()
        self._editions.publish(store.folder, self._embedding, papers)
        self._base = store.folder

    def _drop(self) -> None:
        """Close the store; without a publication its folder is a left-over that the next draft clears."""
        if self._store is not None:
            self._store.close()
            self._store = None


@contextmanager
def drafting(editions: Editions, embedding: str, base: Path | None) -> Iterator[Draft]:
    """Give a draft and publish it; where the work is stopped, with the papers that are complete.

    Where the draft itself cannot be written it is dropped, and the last edition stands. A draft on no base
    replaces the last edition whole or not at all: a part of it would be a library that has lost the rest.
    """
    draft = Draft(editions, embedding, base)
    try:
        yield draft
        draft.publish()
    except StoreError:
        draft._drop()
        raise
    except BaseException:
        if draft._replaces:
            draft._drop()
        elif draft._store is not None:
            draft._store.sweep()
            draft.publish()
        raise
