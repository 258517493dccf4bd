"""Work that a reader can stop."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Stoppable:
    """What is running, by the names that the page gave it.

    Gradio's own `cancels` closes whatever runs when it arrives, which may already be the next question.
    """

    def __init__(self) -> None:
        self._running: dict[str, threading.Event] = {}

    @contextmanager
    def running(self, name: str) -> Iterator[threading.Event]:
        """Give an event that is set when the work of this name is to stop."""
        stopped = self._running[name] = threading.Event()
        try:
            yield stopped
        finally:
            self._running.pop(name, None)

    def stop(self, name: str) -> None:
        """Ask the work of this name to stop; nothing happens if it is done."""
        if event := self._running.get(name):
            event.set()
