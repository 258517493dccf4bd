"""The library panel: the list of papers, and adding papers with progress and a report."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypedDict

from assistant.errors import AssistantError
from assistant.web.templating import render
from index.errors import LibraryError
from index.papers import Record

if TYPE_CHECKING:
    from index.adding import Progress, Report
    from index.library import Library
    from index.systems import System

log = logging.getLogger(__name__)

FOLDER = "papers"
"""Uploads are kept here in the library's home: `repair` reads papers anew from their files."""


class Step(TypedDict, total=False):
    """A step of adding papers; the last one is `done`."""

    done: bool
    html: str


class Stopped(Exception):
    """The user stopped adding papers; what was written stays."""


def paper_list(papers: Sequence[Record], systems: Mapping[str, Sequence[System]]) -> str:
    """Return the list of papers, by short citation, each with what it studied."""
    in_order = sorted(papers, key=lambda record: record.short.casefold())
    return render("papers.html", papers=[(record, systems.get(record.id, ())) for record in in_order])


def add(library: Library, uploads: Sequence[Path], stopped: threading.Event) -> Iterator[Step]:
    """Add uploaded files to the library; yield how far it is, then a report file by file.

    Setting `stopped` ends the work at the next paper; papers that were added stay.
    """
    events: SimpleQueue[Progress | Report | Exception] = SimpleQueue()

    def tell(progress: Progress) -> None:
        if stopped.is_set():
            raise Stopped
        events.put(progress)

    def work() -> None:
        try:
            files = [_kept(upload, library.home / FOLDER) for upload in uploads]
            events.put(library.add(*files, progress=tell))
        except Exception as error:
            events.put(error)

    threading.Thread(target=work, name="adding papers", daemon=True).start()
    yield from _steps(events)


def _steps(events: SimpleQueue[Progress | Report | Exception]) -> Iterator[Step]:
    from index.adding import Progress, Report

    while True:
        event = events.get()
        if isinstance(event, Progress):
            yield {"done": False, "html": render("progress.html", progress=event, left=_seconds_left(event))}
        elif isinstance(event, Report):
            yield {"done": True, "html": render("report.html", report=event)}
            return
        elif isinstance(event, Stopped):
            return
        else:
            yield {"done": True, "html": render("error.html", message=_sentence(event))}
            return


def _seconds_left(progress: Progress) -> int | None:
    """Return the seconds that are left at the rate so far; None while the rate is not known."""
    if not progress.sentences_done or not progress.seconds:
        return None
    rate = progress.sentences_done / progress.seconds
    return round((progress.sentences - progress.sentences_done) / rate)


def _sentence(error: Exception) -> str:
    if isinstance(error, LibraryError | AssistantError):
        return str(error)
    log.error("Papers could not be added", exc_info=error)
    return "The papers could not be added. The terminal that runs the chat shows the details."


def _kept(upload: Path, folder: Path) -> Path:
    """Copy an upload into the folder and return the copy; a file of that name with other content stays."""
    folder.mkdir(parents=True, exist_ok=True)
    content = upload.read_bytes()
    number = 1
    target = folder / upload.name
    while target.exists() and target.read_bytes() != content:
        number += 1
        target = folder / f"{upload.stem}-{number}{upload.suffix}"
    shutil.copyfile(upload, target)
    return target
