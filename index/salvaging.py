"""What can be saved of a damaged index: papers whose rows can be read, and the files of the others."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from index.editions import Editions, Entry, copy_database, is_sound, read_seal
from index.errors import StoreError
from index.readers import file_of
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
    papers, entries = _read(sealed[-1]), _entries(sealed[-1])
    if entries is None and papers:  # only the seal is damaged
        entries = {}
    before: dict[str, StoredPaper] = {}
    if entries is None or not entries.keys() <= papers.keys():
        before = {id: stored for edition in sealed[:-1] for id, stored in _read(edition).items()}
    files = set()
    if entries is None:  # nothing can be read
        entries = {id: Entry("unknown", stored.paper.record.path) for id, stored in before.items()}
        saved = {file_of(entry.path) for entry in entries.values() if entry.path}
        files = {file_of(str(file)) for file in editions.listed()} - saved
    for id in entries.keys() - papers.keys():
        path, spare = entries[id].path, before.get(id)
        if spare is not None and (spare.version == entries[id].version or not _is_file(path)):
            papers[id] = spare
        elif path is not None:
            files.add(file_of(path))
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


def _entries(edition: Path) -> dict[str, Entry] | None:
    """Return what an edition should hold; None where its seal cannot be read."""
    try:
        return dict(read_seal(edition).papers)
    except StoreError:
        return None


def _is_file(path: str | None) -> bool:
    return path is not None and file_of(path).is_file()
