"""Readers: files → papers. Formats are recognised by content, one module a format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from index.errors import ReadError
from index.papers import Paper
from index.readers import abstract, jats, jsonl, markdown, plain, portal, summary
from index.readers.files import find, text_of
from index.readers.identity import with_id

__all__ = ["find", "read"]

_FORMATS: Final = (portal, abstract, summary, markdown)  # special ones first; plain text is what is left


def read(path: Path, *, on_error: Callable[[ReadError], None] | None = None) -> tuple[Paper, ...]:
    """Return the papers of a file, each with its stable id.

    Raises ReadError, one sentence, where the file cannot be read. In a file of many papers a bad one raises
    too, unless `on_error` is given: then it gets the error and the other papers are returned.
    """
    text = text_of(path)
    if jsonl.recognises(text, str(path)):
        return tuple(_identified(paper) for paper in _good(jsonl.read_lines(text, str(path)), on_error))
    if jats.recognises(text):
        return tuple(_identified(paper) for paper in jats.read_articles(text, str(path)))
    reader = next((format_.read for format_ in _FORMATS if format_.recognises(text)), plain.read)
    return (_identified(reader(text, str(path))),)


def _good(
    results: Iterable[Paper | ReadError], on_error: Callable[[ReadError], None] | None
) -> Iterator[Paper]:
    """Yield the papers; hand errors to `on_error`, or raise the first one."""
    for result in results:
        if isinstance(result, Paper):
            yield result
        elif on_error is None:
            raise result
        else:
            on_error(result)


def _identified(paper: Paper) -> Paper:
    """Return the paper with its id."""
    return replace(paper, record=with_id(paper.record))
