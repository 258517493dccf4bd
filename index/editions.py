"""Editions of an index: each is written in private, sealed, and never changed again.

Chroma's files on disk are made for one process. A reader beside a writer meets vectors that are half written,
and a writer that is killed can leave files on which the next reader dies. So a writer works on a draft, a copy
of the newest edition; its seal makes the draft the newest edition at one stroke. A draft without a seal is
what a crash leaves: nobody reads it and the next writer drops it. The edition before the newest is kept: what
`repair` cannot read in a damaged one it takes from there.

    chroma/000007-5f1c2a/    chroma.sqlite3, a folder of vectors a collection, seal.json
    chroma/files.json        where the papers came from, for when nothing else can be read
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from index.errors import StoreError

LAYOUT = 1
"""Version of what is stored and how; an index of another layout is made anew by `repair`."""

KEPT = 2
"""Editions that stay: the newest and the one before."""

DATABASE = "chroma.sqlite3"
VECTOR_LIST = "index_metadata.pickle"  # of Chroma's; never unpickled here
SEAL = "seal.json"
LIST = "files.json"  # beside the editions


@dataclass(frozen=True, slots=True)
class Entry:
    """A paper that an edition holds: the version of its content and the file that it came from."""

    version: str
    path: str | None


@dataclass(frozen=True, slots=True)
class Seal:
    """What a sealed edition holds, so that damage shows."""

    embedding: str
    papers: Mapping[str, Entry]
    checksums: Mapping[str, int]  # CRC-32 of the files of vectors by path; the database checks itself
    layout: int = LAYOUT


class Editions:
    """The editions in a folder. Drafts are made and published under the library's lock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def sealed(self) -> list[Path]:
        """Return the folders of the sealed editions, oldest first."""
        return [folder for folder in self._all() if (folder / SEAL).exists()]

    def newest(self) -> Path | None:
        """Return the folder of the newest edition; None where nothing was ever published."""
        return next((folder for folder in reversed(self._all()) if (folder / SEAL).exists()), None)

    def draft(self, base: Path | None) -> Path:
        """Return a new folder to write in: a copy of `base`, or empty."""
        self._clear()
        number = max((_number(folder) for folder in self._all()), default=0) + 1
        # Chroma keeps what it knows of a folder under its name: no name comes twice.
        draft = self.folder / f"{number:06d}-{secrets.token_hex(3)}"
        with writing_errors(self.folder):
            draft.mkdir(parents=True)
            if base is not None:
                copy_database(base, draft)
                for vectors in _vector_folders(base):
                    shutil.copytree(vectors, draft / vectors.name)
        return draft

    def publish(self, draft: Path, embedding: str, papers: Mapping[str, Entry]) -> None:
        """Make a draft the newest edition; its store is closed."""
        with writing_errors(self.folder):
            for file in [draft / DATABASE, *_vector_files(draft)]:
                _flush(file)
            seal = Seal(embedding, papers, _checksums(draft))
            scratch = draft / f"{SEAL}.new"
            scratch.write_text(json.dumps(asdict(seal), ensure_ascii=False), "utf-8", "surrogatepass")
            _flush(scratch)
            scratch.replace(draft / SEAL)
            spare = self.folder / f"{LIST}.new"
            spare.write_text(json.dumps([entry.path for entry in papers.values()]), "utf-8")
            spare.replace(self.folder / LIST)
        self._clear()

    def listed(self) -> list[Path]:
        """Return the files that the newest edition was made from, where even its seal is damaged."""
        try:
            return [Path(path) for path in json.loads((self.folder / LIST).read_text("utf-8")) if path]
        except (OSError, ValueError, TypeError):
            return []

    def _all(self) -> list[Path]:
        """Return the folders of editions and drafts, oldest first."""
        try:
            with os.scandir(self.folder) as entries:
                names = sorted(entry.name for entry in entries if entry.name[:6].isdigit())
        except FileNotFoundError:
            return []
        except NotADirectoryError as error:
            file = next(path for path in (self.folder.parent, self.folder) if path.is_file())
            raise StoreError(
                f"'{file}' is a file where the library's folder should be: move it away, or choose another "
                "folder with --home."
            ) from error
        except OSError as error:
            raise StoreError(
                f"The library folder '{self.folder}' cannot be read ({error.strerror}): check its permissions."
            ) from error
        return [self.folder / name for name in names]

    def _clear(self) -> None:
        """Delete drafts that were never published and editions that are not kept."""
        kept = self.sealed()[-KEPT:]
        for folder in self._all():
            if folder not in kept:
                # Without its seal a folder that is half deleted is no edition.
                (folder / SEAL).unlink(missing_ok=True)
                shutil.rmtree(folder, ignore_errors=True)


def read_seal(edition: Path) -> Seal:
    """Return the seal of an edition.

    Raises:
        StoreError: it cannot be read.
    """
    try:
        values = json.loads((edition / SEAL).read_text("utf-8", "surrogatepass"))
        papers = {id: Entry(**entry) for id, entry in values.pop("papers").items()}
        return Seal(papers=papers, **values)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise damaged(edition, f"{SEAL} cannot be read") from error


def check(edition: Path) -> None:
    """Read all files of an edition, without Chroma, which dies on some damages.

    Raises:
        StoreError: a file is missing, cut short or changed.
    """
    expected = read_seal(edition).checksums
    try:
        found = _checksums(edition)
    except OSError as error:
        raise damaged(edition, f"{error.filename} cannot be read") from error
    if wrong := sorted({file for file, _ in expected.items() ^ found.items()}):
        raise damaged(edition, f"{wrong[0]} is missing or changed")
    if not is_sound(edition):
        raise damaged(edition, f"{DATABASE} is missing or changed")


def is_sound(edition: Path) -> bool:
    """Return whether SQLite finds the database whole and Chroma's tables in it."""
    try:
        with closing(_connected(edition / DATABASE)) as database:
            database.execute("SELECT count(*) FROM collections")
            return bool(database.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.Error:
        return False


def copy_database(source: Path, target: Path) -> None:
    """Copy the database of an edition as it is between two transactions of whoever has it open."""
    with closing(_connected(source / DATABASE)) as old, closing(sqlite3.connect(target / DATABASE)) as new:
        old.backup(new)


def damaged(edition: Path, what: str) -> StoreError:
    """Return the error for an index that cannot be read."""
    return StoreError(
        f"The index in '{edition}' is damaged ({what}): run 'sorafenib-assistant repair' to mend it."
    )


@contextmanager
def writing_errors(folder: Path) -> Iterator[None]:
    """Turn what goes wrong while files are written into one sentence."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise unwritable(folder, error) from error


def unwritable(folder: Path, error: BaseException) -> StoreError:
    """Return the error for a folder that cannot be written: full, read-only, or not a folder."""
    reason = (getattr(error, "strerror", None) or str(error)).casefold()
    if "no space" in reason or "is full" in reason:
        return StoreError(
            f"The disk is full, the index in '{folder}' stays as it was: free some space and try again."
        )
    if "read-only" in reason or "readonly" in reason or "permission" in reason:
        return StoreError(f"The index in '{folder}' is read-only: choose another folder with --home.")
    return StoreError(
        f"The index in '{folder}' cannot be written ({reason}): choose another folder with --home."
    )


def _number(folder: Path) -> int:
    return int(folder.name[:6])


def _vector_folders(edition: Path) -> list[Path]:
    """Return the folders of vectors that count.

    Below a thousand rows a collection's vectors are in the database alone; its folder has no list of them yet,
    and Chroma makes the other files anew whenever it opens the folder.
    """
    return sorted(list_.parent for list_ in edition.glob(f"*/{VECTOR_LIST}"))


def _vector_files(edition: Path) -> list[Path]:
    return [file for folder in _vector_folders(edition) for file in sorted(folder.iterdir())]


def _checksums(edition: Path) -> dict[str, int]:
    return {file.relative_to(edition).as_posix(): _crc(file) for file in _vector_files(edition)}


def _crc(file: Path) -> int:
    crc = 0
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            crc = zlib.crc32(block, crc)
    return crc


def _flush(file: Path) -> None:
    """Have the disk keep what was written, against a loss of power."""
    with file.open("rb+") as stream:
        os.fsync(stream.fileno())


def _connected(database: Path) -> sqlite3.Connection:
    mode = "rw" if os.access(database, os.W_OK) else "ro"
    return sqlite3.connect(f"{database.absolute().as_uri()}?mode={mode}", uri=True)
