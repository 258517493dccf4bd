"""Files: which are papers, and their characters."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from index.errors import ReadError

SUFFIXES: Final = frozenset((".txt", ".text", ".md", ".markdown", ".jsonl", ".ndjson", ".xml", ".nxml"))
"""The file names that `find` picks up in a folder."""

_CONTROLS: Final = "".join(map(chr, range(32))).translate(dict.fromkeys(map(ord, "\t\n\r\f\v\b\x1b")))
# Text has next to no control characters; compressed data have one in ten.
_MOST_CONTROLS: Final = 0.01


def find(paths: Iterable[str | Path]) -> list[Path]:
    """Return the files of `paths`, sorted: files as they are, folders with all below them, globs.

    In folders and globs, hidden files and formats that cannot be read are left out. Raises ReadError where a
    path leads to nothing.
    """
    return sorted({file for path in paths for file in _files(Path(path).expanduser())})


def _files(path: Path) -> Iterator[Path]:
    """Yield the files that one path stands for."""
    if path.is_file():
        yield path
    elif path.is_dir():
        yield from (file for file in path.rglob("*") if _readable(file, path))
    elif any(char in str(path) for char in "*?["):
        base = Path(path.anchor)
        yield from (
            file for file in base.glob(str(path.relative_to(path.anchor))) if _readable(file, file.parent)
        )
    else:
        raise ReadError(f"There is no file or folder {path}; check the path.")


def _readable(file: Path, base: Path) -> bool:
    """Return whether a file found below `base` is of a format that can be read and is not hidden."""
    hidden = any(part.startswith(".") for part in file.relative_to(base).parts)
    return not hidden and file.suffix.casefold() in SUFFIXES and file.is_file()


def text_of(path: Path) -> str:
    """Return the characters of the file: UTF-8, UTF-16 with its mark, else Windows-1252.

    Line ends stay as they are, a byte order mark is dropped. Raises ReadError where the file cannot be
    opened, is empty or is not text.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ReadError(
            f"{path} cannot be opened ({error.strerror or error}); check its permissions."
        ) from error
    text = _decoded(data, path)
    if not text.strip("\0 \t\r\n\f\v"):
        raise ReadError(f"{path} is empty; there is nothing to read in it.")
    controls = sum(text.count(char) for char in _CONTROLS)
    if controls > _MOST_CONTROLS * len(text):
        raise ReadError(f"{path} is not text; save the paper as plain text, Markdown, JATS or JSON Lines.")
    return text


def _decoded(data: bytes, path: Path) -> str:
    """Return `data` decoded by its mark, as UTF-8, or as Windows-1252."""
    try:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return data.decode("utf-16")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError as error:
        raise ReadError(f"{path} is in an unknown encoding; save it as UTF-8.") from error
