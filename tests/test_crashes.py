"""Killed writers, readers beside a writer, and damaged files: no paper is lost, none is half there."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import time
from collections.abc import Callable
from multiprocessing.context import ForkServerContext
from pathlib import Path

import crashing
import pytest
from fakes import Content, FakeEmbedder, contents, json_lines

from index import adding
from index.editions import SEAL, VECTOR_LIST, Editions
from index.errors import StoreError
from index.library import Library
from index.readers import read
from index.segmenting import segment
from index.store import PARTS, StoredPaper, version_of

KILLS = 60
"""Moments at which a writer is killed; the issue asks for at least fifty."""

MODELS = ("fake", "other")
"""Embedding models that the library goes to and fro between."""


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Processes that begin with everything imported, so that a kill hits the work and not the imports."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["crashing", "chromadb", "index.library"])
    return context


def texts(version: int, papers: int = 12) -> dict[str, str]:
    """Return the papers of a version: every other one differs from the version before, one is left out."""
    return {
        f"p{n}": f"Gene{n} acts on cells in version {version // 2 if n % 2 else version}. It is number {n}."
        for n in range(papers)
        if n != version % papers
    }


def held_by(file: Path, model: str) -> dict[str, Content]:
    """Return what a library of a file holds, worked out without an index."""
    embedder, found = FakeEmbedder(model), {}
    for paper in read(file):
        passages = segment(
            paper,
            embedder.count_tokens,
            sentence_tokens=embedder.max_tokens,
            passage_tokens=adding.PASSAGE_TOKENS,
            abstract_tokens=adding.ABSTRACT_TOKENS,
        )
        item = StoredPaper(paper, passages, version_of(paper, passages), "")
        vectors = [vector for part in PARTS for vector in embedder.encode(item.texts(part))]
        found[paper.record.id] = (
            paper.text,
            passages,
            [[round(float(x), 5) for x in vector] for vector in vectors],
        )
    return found


def opened(home: Path) -> Library:
    """Return the library with the embedding model that its index was made with; it is whole."""
    libraries = [Library(home, FakeEmbedder(model)) for model in MODELS]
    findings = [library.diagnose() for library in libraries]
    [whole] = [n for n, found in enumerate(findings) if found[0].name != "embedding model"][-1:]
    assert all(finding.ok for finding in findings[whole]), findings[whole]
    return libraries[whole]


@pytest.mark.slow
def test_a_killed_writer_leaves_each_paper_old_or_new(tmp_path: Path, processes: ForkServerContext) -> None:
    """Additions, changes, removals, indexing again and changes of the embedding model, killed at any moment."""
    chance = random.Random(7)
    home, file = tmp_path / "home", tmp_path / "papers.jsonl"
    span, kills, indexed_with = 0.5, 0, set()
    before: dict[str, dict[str, Content]] = {model: {} for model in MODELS}
    for version in range(KILLS * 4):
        file.write_text(json_lines(texts(version)))
        after = {model: held_by(file, model) for model in MODELS}
        removed, model = f"p{(version + 5) % 12}", MODELS[version // 3 % 2]
        ours, theirs = processes.Pipe()
        process = processes.Process(target=crashing.change, args=(home, file, removed, model, theirs))
        process.start()
        ours.recv()
        begin = time.monotonic()
        process.join(chance.uniform(0, span))
        if process.is_alive():
            process.kill()
            kills += 1
        else:
            assert process.exitcode == 0
            span = max(0.2, 0.9 * (time.monotonic() - begin))
        process.join()
        library = opened(home)
        now = library.embedder.identity
        indexed_with.add(now)
        found = contents(library)
        for id in before[now].keys() | after[now].keys() | found.keys():
            allowed = [before[now].get(id), after[now].get(id)]
            assert found.get(id) in (allowed if id != removed else [*allowed, None]), id
        for other in MODELS:  # what is held now, as either model would have it
            before[other] = {
                id: (after if found[id][0] == after[now].get(id, ("",))[0] else before)[other][id]
                for id in found
            }
        if kills == KILLS:
            break
        span *= 1.2
    assert kills == KILLS
    assert indexed_with == set(MODELS)
    library = opened(home)
    library.add(file)
    clean = Library(tmp_path / "clean", library.embedder)
    clean.add(file)
    assert contents(library) == contents(clean)
    editions = Editions(home / "chroma")
    assert len(editions.sealed()) == len(editions._all()) <= 2


@pytest.mark.slow
def test_readers_go_on_beside_a_writer(tmp_path: Path, processes: ForkServerContext) -> None:
    home, folder = tmp_path / "home", tmp_path / "papers"
    folder.mkdir()
    for version in range(3):
        (folder / f"{version}.jsonl").write_text(json_lines(texts(version)))
    Library(home, FakeEmbedder()).add(folder / "0.jsonl")
    stop = processes.Event()
    writer = processes.Process(target=crashing.keep_changing, args=(home, folder, stop))
    writer.start()
    readers = []
    for _ in range(2):
        ours, theirs = processes.Pipe()
        readers.append((processes.Process(target=crashing.keep_reading, args=(home, 4.0, theirs)), ours))
        readers[-1][0].start()
    results = [results.recv() for _, results in readers]
    stop.set()
    writer.join()
    assert writer.exitcode == 0
    for searches, errors in results:
        assert searches > 5
        assert errors == []


@pytest.mark.slow
def test_a_second_writer_waits_for_the_first(tmp_path: Path, processes: ForkServerContext) -> None:
    writers = []
    for n in range(3):
        file = tmp_path / f"{n}.jsonl"
        file.write_text(json_lines({f"{n}-{id}": text for id, text in texts(n).items()}))
        ours, theirs = processes.Pipe()
        arguments = (tmp_path / "home", file, "none", "fake", theirs)
        writers.append((processes.Process(target=crashing.change, args=arguments), ours))
    for writer, _ in writers:
        writer.start()
    for writer, _ in writers:
        writer.join()
        assert writer.exitcode == 0
    assert len(opened(tmp_path / "home").papers()) == 3 * len(texts(0))


# --- damaged files -------------------------------------------------------------------------------------


def overwrite(file: Path) -> None:
    file.write_bytes(random.Random(3).randbytes(file.stat().st_size))


def empty(file: Path) -> None:
    file.write_bytes(b"")


def halve(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def middle(file: Path) -> None:
    data = file.read_bytes()
    third = len(data) // 3
    file.write_bytes(data[:third] + random.Random(3).randbytes(third) + data[2 * third :])


DAMAGES: list[Callable[[Path], None]] = [overwrite, empty, halve, middle, Path.unlink]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of 110 papers; one collection is large enough for files of vectors. Its files are gone."""
    folder = tmp_path_factory.mktemp("whole")
    file = folder / "papers.jsonl"
    file.write_text(
        json_lines(
            {f"p{n}": " ".join(f"Sentence {k} says gene{n * k} acts." for k in range(10)) for n in range(110)}
        )
    )
    Library(folder / "home", FakeEmbedder()).add(file)
    file.unlink()
    return folder / "home"


def newest(home: Path) -> Path:
    edition = Editions(home / "chroma").newest()
    assert edition is not None
    return edition


VECTORS = ["data_level0.bin", "header.bin", "length.bin", "link_lists.bin", VECTOR_LIST]
CASES = [(file, damage) for file in (*VECTORS, SEAL) for damage in DAMAGES]
CASES.remove((SEAL, Path.unlink))  # an edition without a seal was never published


@pytest.mark.parametrize(("file", "damage"), CASES)
def test_damage_is_said_and_mended_from_the_index_itself(
    whole: Path, tmp_path: Path, file: str, damage: Callable[[Path], None]
) -> None:
    home = tmp_path / "home"
    shutil.copytree(whole, home)
    [target] = newest(home).glob(f"{file}" if file == SEAL else f"*/{VECTOR_LIST}")
    damage(target.with_name(file))
    assert_said_and_mended(home, papers=110)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_database_is_mended_from_the_edition_before(
    whole: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    home, file = tmp_path / "home", tmp_path / "new.txt"
    shutil.copytree(whole, home)
    file.write_text("A new study\n\nAnn Bee\n\nAbstract\n\nSorafenib is studied anew.\n")
    Library(home, FakeEmbedder()).add(file)
    damage(newest(home) / "chroma.sqlite3")
    assert_said_and_mended(home, papers=111)


@pytest.mark.parametrize("earlier", [True, False])
def test_of_a_library_that_is_all_garbage_the_files_are_read_again(tmp_path: Path, earlier: bool) -> None:
    home, first, second = tmp_path / "home", tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    first.write_text(json_lines({"first": "Gene5 is in the first file."}))
    second.write_text(json_lines(texts(0)))
    Library(home, FakeEmbedder()).add(*([first] if earlier else [first, second]))
    if earlier:  # the edition before holds this one's paper
        Library(home, FakeEmbedder()).add(second)
        first.unlink()
    for path in newest(home).rglob("*"):
        if path.is_file():
            overwrite(path)
    assert_said_and_mended(home, papers=12)


def test_repair_brings_no_removed_paper_back(tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "paper.jsonl"
    file.write_text(json_lines({"one": "Gene5 acts."}))
    library = Library(home, FakeEmbedder())
    library.add(file)
    library.remove("one")
    empty(newest(home) / "chroma.sqlite3")
    assert not library.repair().added
    assert library.is_empty()


def test_a_paper_that_is_lost_with_its_file_is_named(tmp_path: Path) -> None:
    home, kept, lost = tmp_path / "home", tmp_path / "kept.jsonl", tmp_path / "lost.jsonl"
    kept.write_text(json_lines({"kept": "This file is still there."}))
    lost.write_text(json_lines({"lost": "This file is not."}))
    Library(home, FakeEmbedder()).add(kept, lost)
    lost.unlink()
    empty(newest(home) / "chroma.sqlite3")
    library = Library(home, FakeEmbedder())
    report = library.repair()
    assert [record.id for record in report.added] == ["kept"]
    assert [(failure.path, failure.reason) for failure in report.failed] == [
        (str(lost), f"{lost} is gone, and so is its paper.")
    ]
    assert [record.id for record in library.papers()] == ["kept"]


def assert_said_and_mended(home: Path, papers: int) -> None:
    library = Library(home, FakeEmbedder())
    [finding] = library.diagnose()
    assert not finding.ok
    assert "is damaged" in finding.detail
    assert "\n" not in finding.detail
    acts: list[Callable[[], object]] = [library.papers, lambda: library.retriever.search("gene5")]
    for act in acts:
        with pytest.raises(StoreError, match="is damaged"):
            act()
    report = library.repair()
    assert not report.failed
    assert len(library.papers()) == papers
    assert library.retriever.search("gene5 acts")
    assert all(finding.ok for finding in Library(home, FakeEmbedder()).diagnose())
