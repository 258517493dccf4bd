"""Zip archives: their members are read like files. Nothing is written, so no member's name can lead anywhere."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from index.errors import ReadError
from index.readers.files import LARGEST_FILE, MEMBER, SUFFIXES, suffix_of

MAGIC: Final = b"PK\x03\x04"

MOST_MEMBERS: Final = 20_000
"""Members of an archive at most: a big library of papers."""

LARGEST_WHOLE: Final = 2 * 2**30
"""Bytes that the members of an archive may have together."""

LARGEST_RATIO: Final = 200
"""How many times larger than packed a member may be: text is five to twenty, the best bombs more than a thousand."""

_SMALL: Final = 2**20  # bytes that do no harm at any ratio
_ENTRY: Final = b"PK\x01\x02"  # begins each member's entry in the directory
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # those that can be unpacked in bounded steps
_STEP: Final = 2**16  # packed and unpacked bytes at a time
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    ValueError,
    NotImplementedError,
    EOFError,
    KeyError,
)
_ENCRYPTED: Final = 0x1  # bit of a member's flags


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an archive: its path, `archive.zip!/folder/paper.pdf`, and its bytes."""

    path: str
    data: bytes


def recognises(data: bytes) -> bool:
    """Return whether `data` is a zip archive; so are Word documents."""
    return data.startswith((MAGIC, b"PK\x05\x06"))


def names(data: bytes) -> frozenset[str]:
    """Return the names of the members; none where the archive cannot be read."""
    try:
        with opened(data, "") as archive:
            return frozenset(archive.namelist())
    except ReadError:
        return frozenset()


def opened(data: bytes, path: str) -> zipfile.ZipFile:
    """Return an archive, to be closed. Raises ReadError where it is damaged or holds more than it may."""
    # Counted before the directory is read: each entry of it takes a kilobyte of memory.
    if data.count(_ENTRY) <= 2 * MOST_MEMBERS:
        try:
            archive = zipfile.ZipFile(io.BytesIO(data))
        except _BROKEN as error:
            raise ReadError(f"{path} is a damaged archive ({error}); make it again.") from error
        if len(archive.infolist()) <= MOST_MEMBERS:
            return archive
    raise ReadError(f"{path} has more than the {MOST_MEMBERS:,} members that an archive may have; split it.")


def problem(archive: zipfile.ZipFile) -> str:
    """Return why an archive is not to be unpacked as a whole; nothing where it may be."""
    members = archive.infolist()
    if sum(member.file_size for member in members) > LARGEST_WHOLE:
        return f"unpacks to more than the {LARGEST_WHOLE // 2**30} GB that an archive may hold"
    return next(filter(None, map(_problem, members)), "")


def members(data: bytes, path: str, passed_over: Counter[str]) -> Iterator[Member | ReadError]:
    """Yield the members that can be read, in the order of their names, or the error that says why one cannot.

    Folders and hidden files are left out, files of other formats counted in `passed_over`. Raises ReadError
    where the archive itself cannot be read.
    """
    left = LARGEST_WHOLE
    with opened(data, path) as archive:
        for info in sorted(archive.infolist(), key=lambda member: member.filename):
            parts = PurePath(info.filename).parts
            if info.is_dir() or any(part.startswith((".", "__MACOSX")) for part in parts):
                continue
            if suffix_of(info.filename) not in SUFFIXES:
                passed_over[suffix_of(info.filename)] += 1
                continue
            name = f"{path}{MEMBER}{info.filename}"
            left -= info.file_size
            if left < 0:
                whole = f"the {LARGEST_WHOLE // 2**30} GB that an archive may hold"
                yield ReadError(f"{path} unpacks to more than {whole}; split it.", path=path)
                return
            yield _member(archive, info, name)


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> Member | ReadError:
    """Return a member with its bytes, or why it cannot be read."""
    if found := _problem(info):
        return ReadError(f"{name} {found}.", path=name)
    unpacked = bytearray()
    try:
        with archive.open(info) as file:
            while piece := file.read(_STEP):
                unpacked += piece
    except _BROKEN as error:
        return ReadError(f"{name} is damaged ({error}); make the archive again.", path=name)
    if recognises(bytes(unpacked[: len(MAGIC)])) and info.filename.casefold().endswith(".zip"):
        return ReadError(
            f"{name} is an archive in an archive; unpack the outer one and index its folder.", path=name
        )
    return Member(name, bytes(unpacked))


def _problem(info: zipfile.ZipInfo) -> str:
    """Return why a member is not to be unpacked; nothing where it may be. It never unpacks to more than it says."""
    if info.flag_bits & _ENCRYPTED:
        return "is encrypted; unpack it with its password and index the file"
    if info.compress_type not in _METHODS:
        return "is packed in an uncommon way; make the archive again"
    if info.file_size > LARGEST_FILE:
        return f"unpacks to more than the {LARGEST_FILE // 2**20} MB that a file may have; split it"
    if info.file_size > max(_SMALL, LARGEST_RATIO * info.compress_size):
        return f"unpacks to more than {LARGEST_RATIO} times its size, as no paper does; leave it out"
    return ""
