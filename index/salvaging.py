"""What can be saved of a damaged index: papers whose rows can be read, and the files of the others."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from index.editions import Editions, Entry, copy_database, is_sound, read_seal
from index.errors import StoreError
from index.store import Store, StoredPaper


@dataclass(frozen=True, slots=True)
class Salvage:
    """Papers to index again: those that were read, and the files of those that were not."""

    papers: tuple[StoredPaper, ...]
    files: tuple[Path, ...]


def salvage(editions: Editions) -> Salvage:
    """Return what the newest edition held.

    A paper comes from the newest edition, else from the one before if that has the same version, else from its
    file, else from the edition before in an older version.
    """
    sealed = editions.sealed()
    if not sealed:
        return Salvage((), ())
    newest = _read(sealed[-1])
    before = (
        {}
        if _whole(newest, sealed[-1])
        else {k: v for folder in sealed[:-1] for k, v in _read(folder).items()}
    )
    wanted = _entries(sealed[-1]) or {id: Entry(s.version, s.paper.record.path) for id, s in before.items()}
    papers = dict(newest)
    files = set() if wanted else set(editions.listed())
    for id, entry in wanted.items():
        spare = before.get(id)
        if id in papers:
            continue
        if spare is not None and (spare.version == entry.version or not _is_file(entry.path)):
            papers[id] = spare
        elif entry.path is not None:
            files.add(Path(entry.path))
    return Salvage(tuple(papers[id] for id in sorted(papers)), tuple(sorted(files)))


def _read(edition: Path) -> dict[str, StoredPaper]:
    """Return the papers that an edition still gives: from a copy without vectors, on which Chroma may die."""
    if not is_sound(edition):
        return {}
    with tempfile.TemporaryDirectory(prefix="sorafenib-assistant-", ignore_cleanup_errors=True) as scratch:
        copy_database(edition, Path(scratch))
        try:
            store = Store(Path(scratch))
            papers = {stored.paper.record.id: stored for stored in store.load()}
            store.close()
        except (StoreError, ValueError, KeyError):
            return {}
    return papers


def _whole(papers: dict[str, StoredPaper], edition: Path) -> bool:
    return bool(papers) and set(_entries(edition)) <= set(papers)


def _entries(edition: Path) -> dict[str, Entry]:
    """Return what an edition should hold; nothing where its seal cannot be read."""
    try:
        return dict(read_seal(edition).papers)
    except StoreError:
        return {}


def _is_file(path: str | None) -> bool:
    return path is not None and Path(path).is_file()
