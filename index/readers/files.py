"""Files: which are papers, their bytes and their characters."""

from __future__ import annotations

import codecs
import os
import re
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from index.errors import ReadError

FORMATS: Final[Mapping[str, tuple[str, ...]]] = {
    "PDF": (".pdf",),
    "Word": (".docx",),
    "saved web pages": (".html", ".htm", ".xhtml"),
    "JATS": (".xml", ".nxml"),
    "PubMed and reference managers' records": (".nbib", ".ris", ".bib"),
    "JSON Lines": (".jsonl", ".ndjson"),
    "Markdown": (".md", ".markdown"),
    "plain text": (".txt", ".text"),
    "archives of these": (".zip",),
}
"""What can be read, and how such files are called. Files are recognised by content; their endings only decide
which files of a folder are tried."""

SUFFIXES: Final = frozenset(suffix for suffixes in FORMATS.values() for suffix in suffixes)
"""The endings of the files that `find` picks up in a folder."""

READABLE: Final = ", ".join(f"{name} ({', '.join(suffixes)})" for name, suffixes in FORMATS.items())
"""The formats in words, for messages."""

LARGEST_FILE: Final = 256 * 2**20
"""Bytes of a file at most: ten times the longest paper in any format, or 200,000 abstracts in JSON Lines."""

MEMBER: Final = "!/"
"""Between an archive and its member in a path: `papers.zip!/one.pdf`."""

NO_SUFFIX: Final = "no ending"

_CONTROLS: Final = "".join(map(chr, range(32))).translate(dict.fromkeys(map(ord, "\t\n\r\f\v\b\x1b")))
# Text has next to no control characters; compressed data have one in ten.
_MOST_CONTROLS: Final = 0.01
# Encodings that a file may declare: those of real pages, none of Python's transforms (zip, punycode).
_DECLARED: Final = re.compile(
    rb"""(?:encoding|charset)\s*=\s*["']?
    ((?:iso-?8859|windows-?125|cp125|koi8|gb|big5|euc|shift_jis|latin)[\w-]{0,12})""",
    re.IGNORECASE | re.VERBOSE,
)
_DECLARATION: Final = 2048  # bytes at the beginning of markup that hold it; HTML itself asks for 1,024


@dataclass
class Found:
    """What lies under some paths: the files to read, the errors, and the number of other files by ending."""

    files: list[Path] = field(default_factory=list)
    errors: list[ReadError] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)


def find(paths: Iterable[str | Path]) -> Found:
    """Return the files of `paths`, sorted: files as they are, folders with all below them, patterns.

    In folders, hidden files are left out and files of other formats counted; links to folders are not followed,
    so that a loop of them ends. A folder that cannot be listed and what only looks like a file (a pipe, a broken
    link) are errors. Raises ReadError where a path leads to nothing.
    """
    search = _Search()
    for path in paths:
        search.add(Path(path).expanduser())
    return search.found()


class _Search:
    """Collects what lies under paths, each file once."""

    def __init__(self) -> None:
        self._files: set[Path] = set()
        self._others: set[Path] = set()
        self._errors: dict[str, ReadError] = {}

    def add(self, path: Path) -> None:
        """Add the files that one path stands for."""
        if path.is_file():
            self._files.add(path)
        elif path.is_dir():
            self._add_folder(path)
        elif path.exists():
            raise ReadError(f"{path} is no file but a pipe or a device; name a file or a folder.")
        elif any(char in str(path) for char in "*?["):
            for match in Path(path.anchor).glob(str(path.relative_to(path.anchor))):
                if not match.name.startswith("."):
                    self._add_folder(match) if match.is_dir() else self._add_listed(match)
        else:
            raise ReadError(f"There is no file or folder {path}; check the path.")

    def _add_folder(self, folder: Path) -> None:
        """Add the files of a folder and of all folders below it."""
        for parent, folders, names in os.walk(folder, onerror=self._not_listed):
            here = Path(parent)
            folders[:] = [name for name in folders if not name.startswith(".")]
            self._others.update(here / name for name in folders if (here / name).is_symlink())
            for name in names:
                if not name.startswith("."):
                    self._add_listed(here / name)

    def _add_listed(self, file: Path) -> None:
        """Add a file that was not named itself."""
        if file.suffix.casefold() not in SUFFIXES:
            self._others.add(file)
        elif file.is_file():
            self._files.add(file)
        else:
            self._error(file, f"{file} is no file but a pipe, a device or a broken link; remove it.")

    def _not_listed(self, error: OSError) -> None:
        self._error(
            Path(error.filename),
            f"The folder {error.filename} cannot be listed ({error.strerror}); check its permissions.",
        )

    def _error(self, path: Path, message: str) -> None:
        self._errors[str(path)] = ReadError(message, path=str(path))

    def found(self) -> Found:
        """Return what was found, files in order."""
        endings = ("linked folder" if file.is_dir() else suffix_of(file.name) for file in self._others)
        errors = [error for _, error in sorted(self._errors.items())]
        return Found(sorted(self._files), errors, Counter(endings))


def suffix_of(name: str) -> str:
    """Return the ending of a file's name, folded, for counting."""
    return Path(name).suffix.casefold() or NO_SUFFIX


def file_of(path: str) -> Path:
    """Return the file that holds a paper: for the path of an archive's member, the archive."""
    at = path.find(MEMBER)
    while at > 0:
        if (archive := Path(path[:at])).is_file():
            return archive
        at = path.find(MEMBER, at + 1)
    return Path(path)


def bytes_of(path: Path) -> bytes:
    """Return the bytes of a file.

    Raises ReadError where it is gone, too large, no regular file, or cannot be read.
    """
    try:
        # Without blocking: a pipe that came into the file's place would be waited for.
        with open(path, "rb", opener=_without_blocking) as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise ReadError(f"{path} is no file but a pipe or a device; remove it.", path=str(path))
            if about.st_size > LARGEST_FILE:
                raise _too_large(path, about.st_size)
            return file.read()
    except FileNotFoundError as error:
        raise ReadError(
            f"{path} is gone: it was there a moment ago; index it again.", path=str(path)
        ) from error
    except OSError as error:
        raise ReadError(
            f"{path} cannot be opened ({error.strerror or error}); check its permissions.", path=str(path)
        ) from error


def _without_blocking(name: str, flags: int) -> int:
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))


def _too_large(path: Path, size: int) -> ReadError:
    return ReadError(
        f"{path} has {size / 2**20:,.0f} MB, more than the {LARGEST_FILE // 2**20} MB that a file may have; "
        "split it.",
        path=str(path),
    )


def text_of(data: bytes, path: str) -> str:
    """Return the characters of a file: UTF-8, UTF-16 with its mark, what markup declares, else Windows-1252.

    Line ends stay as they are, a byte order mark is dropped. Raises ReadError where the file is empty or is not
    text.
    """
    text = _decoded(data, path)
    if not text.strip("\0 \t\r\n\f\v"):
        raise ReadError(f"{path} is empty; there is nothing to read in it.")
    controls = sum(text.count(char) for char in _CONTROLS)
    if controls > _MOST_CONTROLS * len(text):
        raise _not_text(path)
    return text


def _not_text(path: str) -> ReadError:
    return ReadError(f"{path} is not text and of no other format that can be read; these are: {READABLE}.")


def _decoded(data: bytes, path: str) -> str:
    """Return `data` decoded: the first encoding that fits."""
    for encoding in _encodings(data):
        try:
            return data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    if sum(data.count(char.encode()) for char in _CONTROLS) > _MOST_CONTROLS * len(data):
        raise _not_text(path)
    raise ReadError(f"{path} is in an unknown encoding; save it as UTF-8.")


def _encodings(data: bytes) -> Iterator[str]:
    """Yield the encodings to try, in order."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        yield "utf-16"
    yield "utf-8-sig"
    if data.lstrip().startswith(b"<") and (declared := _DECLARED.search(data, 0, _DECLARATION)):
        yield declared[1].decode("ascii")
    yield "cp1252"
