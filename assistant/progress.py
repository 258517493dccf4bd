"""Showing long work on the terminal (standard error): a bar with a rate and the time left, or plain lines."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from index.adding import Progress

SECONDS_BETWEEN_LINES = 2.0
"""Where there is no terminal, a line is written at most this often: logs stay short."""


@contextmanager
def showing_progress() -> Iterator[Callable[[Progress], None]]:
    """Give a callback that shows how far indexing has come; nothing is shown until it is first called."""
    if sys.stderr.isatty():
        with _bar() as show:
            yield show
    else:
        yield _lines()


def waiting(message: str) -> AbstractContextManager[object]:
    """Show what is being waited for while the block runs; only on a terminal."""
    if not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console

    return Console(stderr=True).status(message)


def describe(progress: Progress) -> str:
    """Return a line such as `2 of 3 papers · 120 of 160 sentences · 35 sentences/s · 1 s left`."""
    parts = [f"{progress.papers_done:,} of {progress.papers:,} paper{'' if progress.papers == 1 else 's'}"]
    if progress.sentences:
        parts.append(f"{progress.sentences_done:,} of {progress.sentences:,} sentences")
    left = seconds_left(progress)
    if left is not None:
        parts.append(f"{progress.sentences_done / progress.seconds:,.0f} sentences/s")
        parts.append(f"{_duration(left)} left")
    return " · ".join(parts)


def seconds_left(progress: Progress) -> float | None:
    """Return the seconds that the known sentences still take at the rate so far; None while there is no rate."""
    if not progress.sentences_done or progress.seconds <= 0:
        return None
    return (progress.sentences - progress.sentences_done) * progress.seconds / progress.sentences_done


def _duration(seconds: float) -> str:
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as RichProgress

    columns = (TextColumn("Indexing"), BarColumn(bar_width=30), TextColumn("{task.description}"))
    with RichProgress(*columns, console=Console(stderr=True)) as shown:
        task = shown.add_task("reading papers", total=None)

        def show(progress: Progress) -> None:
            shown.update(
                task,
                description=describe(progress),
                total=max(progress.sentences, 1),
                completed=progress.sentences_done,
            )

        yield show


def _lines() -> Callable[[Progress], None]:
    """Return a callback that writes a line now and then, and always the last one."""
    written_at: float | None = None
    last = ""

    def show(progress: Progress) -> None:
        nonlocal written_at, last
        finished = progress.papers_done == progress.papers and progress.sentences_done == progress.sentences
        due = written_at is None or finished or progress.seconds - written_at >= SECONDS_BETWEEN_LINES
        line = f"Indexing: {describe(progress)}\n"
        if due and line != last:
            written_at, last = progress.seconds, line
            sys.stderr.write(line)

    return show
