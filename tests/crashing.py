"""What the processes do that `test_crashes` kills or watches; a module of its own, since they import it."""

from __future__ import annotations

import time
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path

from fakes import FakeEmbedder

from index import adding, drafting, server, store
from index.library import Library


def hurry() -> None:
    """Write and publish in small steps, so that there are many moments at which to be killed."""
    adding.GROUP_SENTENCES = 8
    drafting.PUBLISH_SECONDS = 0.0
    store.HNSW.update({"batch_size": 5, "sync_threshold": 10})


def change(home: Path, file: Path, remove: str, model: str, started: Connection) -> None:
    """Go over to an embedding model, add a file, remove a paper, and index the file once more."""
    hurry()
    started.send("now")
    library = Library(home, FakeEmbedder(model))
    library.repair()  # nothing is done where the index is of this model
    library.add(file)
    if remove in {record.id for record in library.papers()}:
        library.remove(remove)
    library.add(file)


def keep_changing(home: Path, folder: Path, stop: Event) -> None:
    """Add every file of a folder, one after the other, again and again."""
    hurry()
    library = Library(home, FakeEmbedder())
    while not stop.is_set():
        for file in sorted(folder.iterdir()):
            library.add(file)


def keep_reading(home: Path, seconds: float, results: Connection) -> None:
    """Search with a library that is opened anew each time and with one that stays open; send the errors."""
    stays, errors, searches = Library(home, FakeEmbedder()), [], 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for library in (Library(home, FakeEmbedder()), stays):
            try:
                catalogue = library.catalogue()
                for hit in library.retriever.search("gene3 acts on cells"):
                    if hit.record.id in catalogue.papers:
                        assert hit.text.strip()
                searches += 1
            except Exception as error:
                errors.append(f"{type(error).__name__}: {error}")
    results.send((searches, errors))


def hurry_on_server() -> None:
    """Write and publish in small steps, and wait for no dead writer."""
    hurry()
    server.LEASE_SECONDS = 0.5
    server.BEAT_SECONDS = 0.1


def change_on_server(home: Path, address: store.Address, file: Path, started: Connection) -> None:
    """Add a file to a library on a server, again and again."""
    hurry_on_server()
    started.send("now")
    Library(home, FakeEmbedder(), server.ChromaServer(address)).add(file)
