"""Readers: files → papers. Formats are recognised by content, one module a format."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from index.papers import Paper
from index.readers import abstract, plain, portal, summary
from index.readers.files import find, text_of
from index.readers.identity import with_id

__all__ = ["find", "read"]

_FORMATS = (portal, abstract, summary)


def read(path: Path) -> tuple[Paper, ...]:
    """Return the papers of a file. Raises ReadError, one sentence, where it cannot be read."""
    text = text_of(path)
    reader = next((format_.read for format_ in _FORMATS if format_.recognises(text)), plain.read)
    paper = reader(text, str(path))
    return (replace(paper, record=with_id(paper.record)),)
