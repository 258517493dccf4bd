"""A library on a Chroma server: its published state, the lease of its writer, and drafts.

A collection with the library's name is its head: its metadata say which edition is read, made with which
embedder, and a number that grows with every publication. Readers look at it before and after each search; where
it has changed they search again. Papers become visible one by one, each whole (`index/server_store.py`).

The rows of the head are leases, `lease-1`, `lease-2`, …: the newest counts. Chroma's `add` leaves a row that
exists as it is, so of two writers that want the same one only one gets it. The holder counts up in its row; one
who waits and sees no counting for `LEASE_SECONDS` takes the next. No clocks are compared. The holder looks before
every commit whether it still holds the newest.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from index import drafting
from index.editions import LAYOUT
from index.errors import StoreError
from index.salvaging import Salvage
from index.server_store import ServerStore, drop_edition
from index.shelf import Draft, busy, other_embedding, other_layout
from index.store import Address, NotThere, connect, server_errors

LEASE_SECONDS = 20.0
"""A writer that has shown no sign of life for so long is taken for dead."""

BEAT_SECONDS = 4.0
"""Time between two signs of life: four may be lost."""

LOOK_SECONDS = 0.5
"""Time between two looks at a lease that another holds."""


@dataclass(frozen=True, slots=True)
class Head:
    """The published state of a library on a server."""

    edition: int  # 0 where nothing was ever published
    publication: int
    embedding: str
    layout: int = LAYOUT
    unclean: bool = field(default=False, compare=False)  # a writer began and has not come to its end

    def metadata(self) -> dict[str, Any]:
        """Return the values as Chroma keeps them."""
        return {
            "edition": self.edition,
            "publication": self.publication,
            "embedding": self.embedding,
            "layout": self.layout,
            "unclean": self.unclean,
        }


class ChromaServer:
    """An index on a Chroma server; a shelf of `index/shelf.py`."""

    lasting = False

    def __init__(self, address: Address) -> None:
        self._address = address
        self._connecting = threading.Lock()
        self._connected: Any = None
        self._lease: Lease | None = None

    @property
    def where(self) -> str:
        """The place, for messages."""
        return self._address.where

    def _client(self, *, make: bool = False) -> Any:
        """Return the connection, made at the first use."""
        with self._connecting:
            if self._connected is None:
                self._connected = connect(self._address, make=make)
            return self._connected

    def newest(self) -> Head | None:
        """Return the published state; None where nothing was ever published. One request."""
        head = self._head()
        return head if head is not None and head.edition else None

    def _head(self) -> Head | None:
        with server_errors(self._address):
            try:
                found = self._client().get_collection(self._address.library, embedding_function=None)
                return Head(**(found.metadata or {}))
            except NotThere:
                return None
            except TypeError:
                raise StoreError(
                    f"The collection {self.where} is not a library of this program: choose another name with "
                    "ASSISTANT_LIBRARY."
                ) from None

    def is_empty(self, state: Head) -> bool:
        """Return whether a state holds no paper."""
        return self._store(state).count() == 0

    def open(self, state: Head, embedding: str) -> ServerStore:
        """Return the store of a state, for reading."""
        if state.layout != LAYOUT:
            raise other_layout(self.where)
        if state.embedding != embedding:
            raise other_embedding(self.where, state.embedding, embedding)
        return self._store(state)

    def _store(self, state: Head) -> ServerStore:
        try:
            return ServerStore(self._client(), self._address, state.edition)
        except StoreError:
            newest = self.newest()
            if newest is None or newest.edition == state.edition:
                raise
            return self._store(newest)  # another edition has taken its place meanwhile

    @contextmanager
    def locked(self, seconds: float) -> Iterator[None]:
        """Hold the library's lease."""
        with server_errors(self._address):
            head = self._client(make=True).get_or_create_collection(
                self._address.library,
                metadata=Head(edition=0, publication=0, embedding="").metadata(),
                embedding_function=None,
            )
            lease = Lease(head, self.where)
            lease.acquire(seconds)
        self._lease = lease
        try:
            yield
        finally:
            self._lease = None
            with suppress(StoreError, NotThere), server_errors(self._address):
                lease.release()  # where the server is away it runs out by itself

    def _set_head(self, head: Head) -> None:
        with server_errors(self._address):
            collection = self._client().get_collection(self._address.library, embedding_function=None)
            collection.modify(metadata=head.metadata())

    @contextmanager
    def drafting(self, embedding: str, *, anew: bool) -> Iterator[Draft]:
        """Give a draft; papers that are complete stay where the work is stopped, unless they are for a new edition.

        A new edition is built beside the old one and takes its place whole or not at all.
        """
        draft = ServerDraft(self, embedding, anew=anew)
        try:
            yield draft
            draft.finish()
        except StoreError:
            raise
        except BaseException:
            draft.abandon()
            raise

    def salvage(self) -> Salvage:
        """Return the papers that can be read, and the files that the others came from."""
        state = self.newest()
        if state is None:
            return Salvage((), ())
        store = ServerStore(self._client(), self._address, state.edition, in_part=True)
        papers, lost = store.readable()
        files = {Path(brief.record.path) for brief in lost if brief.record.path}
        return Salvage(tuple(papers), tuple(sorted(files)))


class ServerDraft:
    """What a writer does to a library on a server, under its lease."""

    def __init__(self, server: ChromaServer, embedding: str, *, anew: bool) -> None:
        self._server = server
        self._embedding = embedding
        self._base = server.newest()
        self._anew = anew or self._base is None
        self._replaces = anew and self._base is not None
        self._store: ServerStore | None = None
        self._sweeps = False
        self._head = self._base or Head(edition=0, publication=0, embedding=embedding)
        self._begun = 0.0

    @property
    def store(self) -> ServerStore:
        """The store to write in."""
        if self._store is None:
            server = self._server
            assert server._lease is not None
            edition = self._head.edition + 1 if self._anew else self._head.edition
            self._sweeps = self._head.unclean and not self._anew
            if not self._anew:
                self._mark(unclean=True)
            self._store = ServerStore(
                server._client(),
                server._address,
                edition,
                embedding=self._embedding if self._anew else None,
                before_commit=server._lease.check,
            )
            self._begun = time.monotonic()
        return self._store

    def _mark(self, *, unclean: bool, edition: int | None = None) -> None:
        """Write the head; a new publication where readers have something to see."""
        head = self._head
        self._head = Head(
            edition=head.edition if edition is None else edition,
            publication=head.publication + (edition is not None),
            embedding=self._embedding,
            unclean=unclean,
        )
        self._server._set_head(self._head)

    def keep(self) -> None:
        """Publish if the last publication is long ago; between two writes."""
        if not self._replaces and time.monotonic() - self._begun > drafting.PUBLISH_SECONDS:
            self._publish()

    def _publish(self) -> None:
        """Have readers look again, then delete what they no longer need."""
        store = self.store
        store.before_commit()
        self._mark(unclean=True, edition=store.edition)
        store.clean()
        self._begun = time.monotonic()

    def finish(self) -> None:
        """Publish what was written; nothing written, nothing done."""
        if self._store is None:
            return
        self._publish()
        if self._sweeps:
            self._store.sweep()
        self._mark(unclean=False)
        if self._replaces and self._base is not None:
            server = self._server
            with server_errors(server._address):
                drop_edition(server._client(), server._address, self._base.edition)

    def abandon(self) -> None:
        """Publish the papers that are complete, if they are not the beginning of a new edition."""
        if self._store is not None and not self._replaces:
            self._publish()


class Lease:
    """The right to write, as long as it is renewed."""

    def __init__(self, rows: Any, where: str) -> None:
        """Prepare a lease; `rows` is the collection that it is a row of."""
        self._rows = rows
        self._where = where
        self._holder = secrets.token_hex(8)
        self._number = 0
        self._beats = 0
        self._ended = threading.Event()

    def acquire(self, seconds: float) -> None:
        """Wait for the lease and take it.

        Raises:
            LibraryBusy: another writer is at work for longer than that.
        """
        end, seen, since = time.monotonic() + seconds, None, time.monotonic()
        while True:
            number, state = self._newest()
            if state != seen:
                seen, since = state, time.monotonic()
            if state is None or state["released"] or time.monotonic() - since > LEASE_SECONDS:
                if self._take(number + 1):
                    break
            elif time.monotonic() > end:
                raise busy(self._where)
            else:
                time.sleep(LOOK_SECONDS)
        threading.Thread(target=self._beat, daemon=True).start()

    def _newest(self) -> tuple[int, dict[str, Any] | None]:
        """Return the number of the newest lease and what it says."""
        found = self._rows.get(include=["metadatas"])
        leases = {
            int(id.rpartition("-")[2]): dict(m)
            for id, m in zip(found["ids"], found["metadatas"], strict=True)
        }
        number = max(leases, default=0)
        return number, leases.get(number)

    def _take(self, number: int) -> bool:
        """Try to get a lease; return whether this process has it."""
        state = {"holder": self._holder, "beats": 0, "released": False}
        self._rows.add(ids=[_row(number)], embeddings=[[1.0, 0.0]], metadatas=[state])
        self._number = number
        newest, found = self._newest()
        if newest != number or found is None or found["holder"] != self._holder:
            # An older row may have been deleted and made again by this attempt; it is nobody's.
            return False
        if older := [_row(n) for n in range(max(1, number - 2), number)]:
            self._rows.delete(ids=older)
        return True

    def check(self) -> None:
        """Raise where another process has taken over.

        Raises:
            StoreError: it has; what it has not overwritten of this process's papers stays.
        """
        number, state = self._newest()
        if number != self._number or state is None or state["holder"] != self._holder:
            raise StoreError(
                f"Another process took over writing to the library {self._where}, because this one was not heard of "
                f"for {LEASE_SECONDS:.0f} seconds: run the command again."
            )

    def _beat(self) -> None:
        """Show signs of life until the lease is released or lost."""
        while not self._ended.wait(BEAT_SECONDS):
            self._beats += 1
            with suppress(Exception):  # the server is away: the work itself will find that out
                self._rows.update(ids=[_row(self._number)], metadatas=[{"beats": self._beats}])

    def release(self) -> None:
        """Let the next writer begin at once."""
        self._ended.set()
        self._rows.update(ids=[_row(self._number)], metadatas=[{"released": True}])


def _row(number: int) -> str:
    return f"lease-{number}"
