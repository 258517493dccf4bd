"""Readers: files → papers. Formats are recognised by content, one module a format."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from index.errors import ReadError
from index.papers import Paper
from index.readers import (
    abstract,
    archive,
    bibtex,
    docx,
    html,
    jats,
    jsonl,
    markdown,
    medline,
    pdf,
    plain,
    portal,
    pubmed,
    ris,
    summary,
)
from index.readers.files import READABLE, bytes_of, file_of, find, text_of
from index.readers.identity import with_id
from index.readers.worker import read_apart

__all__ = ["bytes_of", "file_of", "find", "papers_of", "read", "results_of"]

# The formats, a line each: how one is recognised, and how it is read. A new one is also named in `files.FORMATS`.
_OF_BYTES: Final[tuple[tuple[Callable[[bytes], bool], Callable[[bytes, str], Paper]], ...]] = (
    (pdf.recognises, pdf.read_pdf),
    (docx.recognises, docx.read),
)
_OF_RECORDS: Final[
    tuple[tuple[Callable[[str], bool], Callable[[str, str], Iterator[Paper | ReadError]]], ...]
] = (
    (pubmed.recognises, pubmed.read_records),
    (medline.recognises, medline.read_records),
    (ris.recognises, ris.read_records),
    (bibtex.recognises, bibtex.read_records),
    (jats.recognises, jats.read_articles),
)
_OF_TEXT: Final[tuple[tuple[Callable[[str], bool], Callable[[str, str], Paper]], ...]] = (
    (html.recognises, html.read),
    (portal.recognises, portal.read),  # special pages first; plain text is what is left
    (abstract.recognises, abstract.read),
    (summary.recognises, summary.read),
    (markdown.recognises, markdown.read),
)

LONGEST_PAPER: Final = 10_000_000
"""Characters of a paper at most: three thousand pages, an hour of embedding."""

SMALL_TEXT: Final = 2**20
"""Bytes up to which text that is no markup is read at once, without the helper process."""

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_RISKY: Final = (b"<", b"%PDF-", b"PK")
_BEGINNING: Final = 1024  # bytes in which markup begins, and the mark of a PDF may stand


def read(
    path: Path,
    *,
    data: bytes | None = None,
    on_error: Callable[[ReadError], None] | None = None,
    passed_over: Counter[str] | None = None,
) -> tuple[Paper, ...]:
    """Return the papers of a file, each with its stable id; `data` are its bytes where they were read already.

    Raises ReadError, one sentence, where something cannot be read: the file, one of its papers, a member of an
    archive. With `on_error` nothing is raised: it gets each error, and the other papers are returned. Members of
    an archive that are of other formats are counted in `passed_over`, by ending.
    """
    papers = []
    others = Counter() if passed_over is None else passed_over
    for result in _results(path, data, others):
        if isinstance(result, Paper):
            papers.append(replace(result, record=with_id(result.record)))
        elif on_error is None:
            raise result
        else:
            on_error(result)
    return tuple(papers)


def _results(path: Path, data: bytes | None, passed_over: Counter[str]) -> Iterator[Paper | ReadError]:
    """Yield the papers and errors of a file, or of the members of an archive."""
    try:
        data = bytes_of(path) if data is None else data
        if archive.recognises(data) and not docx.recognises(data):
            for member in archive.members(data, str(path), passed_over):
                if isinstance(member, ReadError):
                    yield member
                else:
                    yield from _bounded(member.data, member.path)
        else:
            yield from _bounded(data, str(path))
    except ReadError as error:
        yield _placed(error, str(path))


def _bounded(data: bytes, path: str) -> Iterable[Paper | ReadError]:
    """Return the papers and errors of a file, read within bounds of time and memory."""
    beginning = data[:_BEGINNING]
    if len(data) <= SMALL_TEXT and not any(mark in beginning for mark in _RISKY):
        return results_of(data, path)
    return read_apart(data, path)


def results_of(data: bytes, path: str) -> Iterator[Paper | ReadError]:
    """Yield the papers and errors of a file's bytes; whatever goes wrong in a reader is an error of the file."""
    try:
        for result in papers_of(data, path):
            if isinstance(result, Paper) and len(result.text) > LONGEST_PAPER:
                yield _too_long(len(result.text), path)
            else:
                yield _storable(result) if isinstance(result, Paper) else _placed(result, path)
    except ReadError as error:
        yield _placed(error, path)
    except Exception as error:  # a reader's mistake must not end the work on all other files
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        yield ReadError(f"{path} cannot be read ({reason}); it may be damaged, save it again.", path=path)


def papers_of(data: bytes, path: str) -> Iterator[Paper | ReadError]:
    """Yield the papers of a file's bytes as its reader gives them, without bounds, and an error for each bad one.

    Raises ReadError where the file as a whole cannot be read.
    """
    try:
        yield from _papers(data, path)
    except RecursionError as error:
        raise ReadError(f"{path} is nested too deeply to be read; save it again.") from error
    except MemoryError as error:
        raise ReadError(f"{path} takes more memory than a file may take; split it.") from error


def _papers(data: bytes, path: str) -> Iterator[Paper | ReadError]:
    """Yield what the reader of the file's format gives."""
    for recognises_bytes, read_bytes in _OF_BYTES:
        if recognises_bytes(data):
            yield read_bytes(data, path)
            return
    text = text_of(data, path)
    if jsonl.recognises(text, path):
        yield from jsonl.read_lines(text, path)
        return
    for recognises, read_records in _OF_RECORDS:
        if recognises(text):
            yield from read_records(text, path)
            return
    if len(text) > LONGEST_PAPER:
        raise _too_long(len(text), path)
    reader = next((read_text for recognises, read_text in _OF_TEXT if recognises(text)), None)
    if reader is None and jats.is_markup(text):
        raise ReadError(f"{path} is markup of no format that can be read; these are: {READABLE}.")
    yield (reader or plain.read)(text, path)


def _too_long(length: int, path: str) -> ReadError:
    return ReadError(
        f"{path} holds a text of {length:,} characters, more than the {LONGEST_PAPER:,} that a paper may have; "
        "split it.",
        path=path,
    )


def _placed(error: ReadError, path: str) -> ReadError:
    """Return the error with the path of its file."""
    error.path = error.path or path
    return error


def _storable(paper: Paper) -> Paper:
    """Return the paper without lone surrogates, which no tokenizer or database takes; offsets stay."""
    structure = json.dumps(paper.to_json(), ensure_ascii=False)
    if not _SURROGATE.search(structure) and not _SURROGATE.search(paper.text):
        return paper
    clean = json.loads(_SURROGATE.sub("\ufffd", structure))
    return Paper.from_json(clean, _SURROGATE.sub("\ufffd", paper.text))
