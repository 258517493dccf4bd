"""Plain text of any kind: the first line is the title, the rest is the text."""

from __future__ import annotations

from pathlib import PurePath

from index.papers import Kind, Paper, Record, Section
from index.readers.lines import lines_of


def read(text: str, path: str) -> Paper:
    """Return the paper of a plain text file."""
    lines = [line for line in lines_of(text) if line.text]
    title = lines[0]
    sections = [Section("Title", Kind.TEXT, title.start, title.end)]
    if len(lines) > 1:
        sections.append(Section("Text", Kind.TEXT, lines[1].start, lines[-1].end))
    return Paper(Record("", title.text or PurePath(path).stem, path=path), text, tuple(sections))
