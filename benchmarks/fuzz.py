"""Mutate real files and read them: no reader may raise anything but ReadError, or take long.

    python -m benchmarks.fuzz FOLDER [FOLDER…] [--megabytes 1] [--seed 0] [--keep DIR]

Files are grouped by ending; of each group mutants are read until so many million bytes were. A line a group says how
many bytes and runs there were, how many ended in a ReadError, and what the slowest took (CPU seconds). Mutants that
something else happened to are written to --keep, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import io
import random
import signal
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from index.errors import ReadError
from index.papers import Paper
from index.readers import papers_of

HANGS: Final = 30.0
"""CPU seconds after which a run counts as hanging; the files of a megabyte take less than one."""

LARGEST: Final = 200_000
"""Bytes of a larger file that are used, from its beginning: many runs find more than large ones."""

_PACKED_AGAIN: Final = 0.8
_MENDED: Final = 0.5

_DICTIONARY: Final = (
    *(b"\0", b"\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\r", b"\n\n", b"\t", b" " * 200, b"\x0c"),
    *(
        b"<",
        b">",
        b"</",
        b"<!--",
        b"-->",
        b"<![CDATA[",
        b"]]>",
        b"&",
        b"&#0;",
        b"&#xd800;",
        b"&x;",
        b"<article>",
    ),
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b'"',
        b"\\",
        b"\\ud800",
        b"null",
        b"1e999",
        b"-0",
        b"%",
        b"@",
        b",",
        b"=",
        b"#",
    ),
    *(
        b"# ",
        b"---\n",
        b"- ",
        b"1. ",
        b"References\n",
        b"Abstract: ",
        b"doi: 10.1/x",
        b"9999999999",
        b"PMID: ",
    ),
    *(
        b"TY  - ",
        b"ER  - ",
        b"PMID- ",
        b"%PDF-1.4",
        b"PK\x03\x04",
        b"endobj",
        b"stream\n",
        b"/Length -1",
        b"<<",
        b">>",
    ),
)


def flip(data: bytearray, chance: random.Random) -> None:
    """Change some bits."""
    for _ in range(chance.randint(1, 8)):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def delete(data: bytearray, chance: random.Random) -> None:
    """Delete a piece."""
    start = chance.randrange(len(data))
    del data[start : start + _length(chance)]


def duplicate(data: bytearray, chance: random.Random) -> None:
    """Repeat a piece, at times often."""
    start = chance.randrange(len(data))
    piece = bytes(data[start : start + _length(chance)])
    data[start:start] = piece * chance.choice((1, 2, 50))


def splice(data: bytearray, chance: random.Random) -> None:
    """Copy a piece to another place."""
    start, target = chance.randrange(len(data)), chance.randrange(len(data))
    data[target:target] = data[start : start + _length(chance)]


def insert(data: bytearray, chance: random.Random) -> None:
    """Insert or overwrite with something that means something in some format."""
    at, word = chance.randrange(len(data)), chance.choice(_DICTIONARY)
    data[at : at + chance.choice((0, len(word)))] = word


def truncate(data: bytearray, chance: random.Random) -> None:
    """Cut the end off."""
    del data[chance.randrange(len(data)) :]


MUTATIONS: Final[tuple[Callable[[bytearray, random.Random], None], ...]] = (
    *(flip, delete, duplicate, splice, insert),
    truncate,
)


def _length(chance: random.Random) -> int:
    return chance.choice((1, 2, 5, 20, 100, 1000))


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Return `data` after some mutations.

    Most mutants of an archive or of XML are refused as a whole, by a checksum or a lost tag; so mostly a member of
    an archive is mutated and packed again, and half of the mutants of XML are made well-formed.
    """
    if data.startswith(b"PK") and chance.random() < _PACKED_AGAIN:
        return _with_mutated_member(data, chance)
    changed = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        if changed:
            chance.choice(MUTATIONS)(changed, chance)
    if data.startswith(b"<") and chance.random() < _MENDED:
        return _well_formed(bytes(changed))
    return bytes(changed)


def _with_mutated_member(data: bytes, chance: random.Random) -> bytes:
    """Return an archive with one member mutated."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        members = [name for name in old.namelist() if not name.endswith("/")]
        # the largest one is where the text is
        chosen = chance.choice(
            (max(members, key=lambda name: old.getinfo(name).file_size), chance.choice(members))
        )
        for name in members:
            new.writestr(name, mutated(old.read(name), chance) if name == chosen else old.read(name))
    return file.getvalue()


def _well_formed(data: bytes) -> bytes:
    """Return what a forgiving parser makes of damaged XML; the data where it makes nothing of them."""
    from lxml import etree

    try:
        root = etree.fromstring(data, etree.XMLParser(recover=True, resolve_entities=False))
    except (etree.LxmlError, ValueError):
        return data
    return data if root is None else etree.tostring(root, encoding="utf-8")


class Hang(BaseException):
    """A reader took too long; no reader catches it."""


def read_mutant(data: bytes, name: str) -> tuple[list[Paper], bool]:
    """Return the papers that are read and whether there was a ReadError. Raises Hang, and what a reader raises."""

    def stop(*_: object) -> None:
        raise Hang(f"{name} took more than {HANGS:.0f} seconds")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, HANGS)
    papers: list[Paper] = []
    failed = False
    try:
        for result in papers_of(data, name):
            if isinstance(result, Paper):
                papers.append(result)
            else:
                failed = True
    except ReadError:
        failed = True
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    return papers, failed


def fuzz(files: list[Path], size: int, chance: random.Random, keep: Path) -> tuple[int, int, int, float, int]:
    """Read mutants of files; return bytes, runs, ReadErrors, the slowest run, and how many ended otherwise."""
    contents = {file: file.read_bytes()[: LARGEST if file.suffix != ".pdf" else None] for file in files}
    total = runs = failed = bad = 0
    slowest = 0.0
    while total < size:
        file = chance.choice(files)
        data = mutated(contents[file], chance)
        begin = time.process_time()
        try:
            failed += read_mutant(data, f"mutant{file.suffix}")[1]
        except (Exception, Hang) as error:
            bad += 1
            keep.mkdir(parents=True, exist_ok=True)
            (keep / f"{bad}-{file.name}").write_bytes(data)
            print(f"{file.name}: {type(error).__name__}: {error}", file=sys.stderr)
        slowest = max(slowest, time.process_time() - begin)
        total += len(data)
        runs += 1
    return total, runs, failed, slowest, bad


def main() -> int:
    """Read the arguments, fuzz, print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", metavar="FOLDER", nargs="+", type=Path)
    parser.add_argument("--megabytes", type=float, default=1.0, help="million bytes of mutants a format (1)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--keep", type=Path, default=Path("fuzz-findings"), help="folder for what breaks a reader"
    )
    args = parser.parse_args()
    groups: dict[str, list[Path]] = {}
    for folder in args.folders:
        for file in sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size):
            groups.setdefault(file.suffix.casefold(), []).append(file)
    worst = 0
    print("format      bytes        runs  ReadErrors  slowest (s)  other")
    for suffix, files in sorted(groups.items()):
        size = int(args.megabytes * 1_000_000)
        total, runs, failed, slowest, bad = fuzz(files, size, random.Random(args.seed), args.keep)
        print(f"{suffix:<8} {total:>10,} {runs:>9,} {failed:>11,} {slowest:>12.2f} {bad:>6}", flush=True)
        worst += bad
    return 1 if worst else 0


if __name__ == "__main__":
    sys.exit(main())
