"""The library: adding, changing, removing, and what is said when something is wrong."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from fakes import FakeEmbedder, contents, json_lines
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index import adding, drafting, library
from index.adding import Progress
from index.errors import EmbeddingMismatch, LibraryBusy, LibraryError, ReadError, StoreError
from index.library import Library
from index.papers import Record

TEXTS = {
    "a": "KIF14 drives resistance. It lies on chromosome one.",
    "b": "NRF2 protects cells. HO-1 follows.",
    "c": "Autophagy is induced. Cells survive it.",
}


@pytest.fixture
def embedder() -> FakeEmbedder:
    return FakeEmbedder()


@pytest.fixture
def shelf(tmp_path: Path, embedder: FakeEmbedder) -> Library:
    return Library(tmp_path / "home", embedder)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "papers" / "papers.jsonl"
    path.parent.mkdir()
    path.write_text(json_lines(TEXTS))
    return path


def ids(records: tuple[Record, ...]) -> list[str]:
    return [record.id for record in records]


def editions(shelf: Library) -> list[str]:
    folder = shelf.home / "chroma"
    return sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.exists() else []


# --- adding --------------------------------------------------------------------------------------------


def test_papers_are_added_and_found(shelf: Library, file: Path) -> None:
    assert shelf.is_empty()
    report = shelf.add(file.parent)
    assert ids(report.added) == ["a", "b", "c"]
    assert not report.failed
    assert not shelf.is_empty()
    assert ids(shelf.papers()) == ["a", "b", "c"]
    assert "KIF14 drives" in shelf.paper("a").text
    assert shelf.paper("a").record.path == str(file.resolve())


def test_adding_again_changes_and_embeds_nothing(shelf: Library, file: Path, embedder: FakeEmbedder) -> None:
    shelf.add(file)
    before, embedded = editions(shelf), embedder.encoded
    report = shelf.add(file.parent)
    assert ids(report.unchanged) == ["a", "b", "c"]
    assert not (report.added or report.changed or report.removed or report.failed)
    assert embedder.encoded == embedded
    assert editions(shelf) == before


def test_an_unchanged_file_is_not_read(shelf: Library, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.add(file)
    monkeypatch.setattr(adding, "read", lambda *_, **__: pytest.fail("it was read"))
    assert len(shelf.add(file).unchanged) == 3


def test_only_what_changed_is_embedded(shelf: Library, file: Path, embedder: FakeEmbedder) -> None:
    shelf.add(file)
    embedded = embedder.encoded
    file.write_text(json_lines(TEXTS | {"b": "NRF2 protects cells. HO-1 does not."}))
    report = shelf.add(file)
    assert (ids(report.changed), ids(report.unchanged)) == (["b"], ["a", "c"])
    assert embedder.encoded == embedded + 1
    assert "HO-1 does not" in shelf.paper("b").text
    assert len(shelf.add(file).unchanged) == 3


def test_a_paper_that_left_its_file_is_removed(shelf: Library, file: Path) -> None:
    shelf.add(file)
    file.write_text(json_lines({"a": TEXTS["a"], "d": "A new one."}))
    report = shelf.add(file)
    assert (ids(report.added), ids(report.removed)) == (["d"], ["b", "c"])
    assert ids(shelf.papers()) == ["a", "d"]


def test_a_file_that_left_its_folder_keeps_its_papers(shelf: Library, file: Path) -> None:
    shelf.add(file.parent)
    file.unlink()
    report = shelf.add(file.parent)
    assert not report.removed
    assert ids(shelf.papers()) == ["a", "b", "c"]


def test_a_moved_file_is_followed_and_embeds_nothing(
    shelf: Library, file: Path, embedder: FakeEmbedder
) -> None:
    shelf.add(file)
    embedded = embedder.encoded
    moved = file.rename(file.with_name("moved.jsonl"))
    report = shelf.add(moved)
    assert ids(report.changed) == ["a", "b", "c"]
    assert shelf.paper("a").record.path == str(moved.resolve())
    assert embedder.encoded == embedded
    assert len(shelf.add(moved).unchanged) == 3


def test_paths_do_not_depend_on_the_folder_one_is_in(
    shelf: Library, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    shelf.add("papers.jsonl")
    monkeypatch.chdir("/")
    assert ids(shelf.add(file).unchanged) == ["a", "b", "c"]


def test_the_first_of_two_files_with_a_paper_stands(shelf: Library, file: Path) -> None:
    other = file.with_name("z.jsonl")
    other.write_text(json_lines({"a": "Another text of the same work.", "d": "Its own."}))
    report = shelf.add(file, other)
    assert ids(report.added) == ["a", "b", "c", "d"]
    for _ in range(2):
        report = shelf.add(file.parent)
        assert sorted(ids(report.unchanged)) == ["a", "b", "c", "d"]
        assert not (report.changed or report.removed)
    assert "KIF14" in shelf.paper("a").text
    file.unlink()
    assert ids(shelf.add(other).changed) == ["a"]


def test_an_id_twice_in_a_file_is_one_paper(shelf: Library, file: Path, embedder: FakeEmbedder) -> None:
    file.write_text(json_lines(TEXTS) + json_lines({"a": "KIF14 once more."}))
    assert sorted(ids(shelf.add(file).added)) == ["a", "b", "c"]
    embedded = embedder.encoded
    report = shelf.add(file)
    assert (sorted(ids(report.unchanged)), report.changed) == (["a", "b", "c"], ())
    assert embedder.encoded == embedded


def test_ids_of_every_shape(shelf: Library, file: Path) -> None:
    odd = {"a#b": "One.", "a": "Two.", "10.1/x y": "Three.", "β": "Four.", "a#b#0": "Five.", "'\"": "Six."}
    file.write_text(json_lines(odd))
    assert len(shelf.add(file).added) == len(odd)
    shelf.remove("a")
    assert set(ids(shelf.papers())) == set(odd) - {"a"}
    assert all(odd[id] in shelf.paper(id).text for id in odd if id != "a")
    assert len(shelf.add(file).unchanged) == len(odd) - 1


def test_lone_surrogates_are_replaced(shelf: Library, file: Path) -> None:
    file.write_text(
        json.dumps({"id": "s\ud800", "title": "A \udc00 title", "abstract": "Text \ud83d here."}) + "\n"
    )
    [record] = shelf.add(file).added
    paper = shelf.paper(record.id)
    assert "Text \ufffd here." in paper.text
    assert len(shelf.add(file).unchanged) == 1


def test_a_bad_line_is_reported_and_the_rest_goes_on(shelf: Library, file: Path) -> None:
    file.write_text(json_lines(TEXTS) + "{broken\n")
    for _ in range(2):  # and reported again the next time
        report = shelf.add(file)
        assert len(report.failed) == 1
        assert "Line 4" in report.failed[0].reason
        assert len(report.added) + len(report.unchanged) == 3


def test_a_spoilt_line_loses_no_paper(shelf: Library, file: Path) -> None:
    shelf.add(file)
    file.write_text(json_lines({"a": TEXTS["a"]}) + "{broken\n")
    assert shelf.add(file).removed == ()
    assert ids(shelf.papers()) == ["a", "b", "c"]


def test_bad_files_are_reported_and_the_rest_goes_on(
    shelf: Library, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file.parent / "empty.txt").write_text("")
    (file.parent / "locked.txt").write_text("Locked")
    real = adding.bytes_of

    def locked(path: Path) -> bytes:
        if path.name == "locked.txt":
            raise ReadError(f"{path} cannot be opened (Permission denied); check its permissions.")
        return real(path)

    monkeypatch.setattr(adding, "bytes_of", locked)  # as root, no file is unreadable
    report = shelf.add(file.parent)
    assert ids(report.added) == ["a", "b", "c"]
    assert [Path(failure.path).name for failure in report.failed] == ["empty.txt", "locked.txt"]
    assert "is empty" in report.failed[0].reason
    assert "Permission denied" in report.failed[1].reason


def test_a_missing_path_is_said(shelf: Library, tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="There is no file or folder"):
        shelf.add(tmp_path / "nowhere")
    assert not shelf.home.exists()


def test_a_folder_without_papers_makes_no_library(shelf: Library, tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    assert shelf.add(tmp_path / "bare").added == ()
    assert shelf.is_empty()
    assert editions(shelf) == []


def test_progress_counts_papers_and_sentences(
    shelf: Library, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adding, "GROUP_SENTENCES", 4)
    (file.parent / "empty.txt").write_text("")
    seen: list[Progress] = []
    shelf.add(file.parent, progress=seen.append)
    assert (seen[-1].papers_done, seen[-1].papers) == (4, 4)
    assert seen[-1].sentences_done == seen[-1].sentences > 0
    for earlier, later in pairwise(seen):
        assert earlier.papers_done <= later.papers_done <= later.papers
        assert earlier.sentences_done <= later.sentences_done <= later.sentences
        assert earlier.seconds <= later.seconds
    seen.clear()
    shelf.add(file, progress=seen.append)
    assert (seen[-1].papers_done, seen[-1].papers, seen[-1].sentences) == (3, 3, 0)


# --- stopping ------------------------------------------------------------------------------------------


def stop_after(papers: int) -> Callable[[Progress], None]:
    def tell(progress: Progress) -> None:
        if progress.papers_done >= papers:
            raise KeyboardInterrupt

    return tell


def many(number: int, words: str = "") -> str:
    return json_lines(
        {f"p{n:02}": f"Gene{n} acts on cells {words}. It is number {n}." for n in range(number)}
    )


def test_stopped_work_keeps_whole_papers_and_goes_on(
    shelf: Library, file: Path, embedder: FakeEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adding, "GROUP_SENTENCES", 10)
    file.write_text(many(20))
    with pytest.raises(KeyboardInterrupt):
        shelf.add(file, progress=stop_after(8))
    kept = ids(shelf.papers())
    assert 8 <= len(kept) < 20
    assert shelf.store.missing() == []
    embedded = embedder.encoded
    report = shelf.add(file)
    assert len(report.unchanged) == len(kept)
    assert len(report.added) == 20 - len(kept)
    assert embedder.encoded < 2 * embedded + 20  # what was kept is not embedded again
    assert len(shelf.papers()) == 20


def test_work_stopped_in_the_middle_of_a_write_leaves_no_half(
    shelf: Library, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(many(5))
    shelf.add(file)
    before = contents(shelf)
    file.write_text(many(5, "of old mice"))
    store = library.Store
    real = store._write_sentences

    def interrupted(self: library.Store, *args: object) -> None:
        real(self, *args)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "_write_sentences", interrupted)
    with pytest.raises(KeyboardInterrupt):
        shelf.add(file)
    monkeypatch.undo()
    assert contents(shelf) == before
    assert len(shelf.add(file).changed) == 5


def test_a_long_run_is_published_in_between(
    shelf: Library, file: Path, embedder: FakeEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adding, "GROUP_SENTENCES", 10)
    monkeypatch.setattr(drafting, "PUBLISH_SECONDS", 0.0)
    file.write_text(many(20))
    reader = Library(shelf.home, embedder)
    seen = []
    shelf.add(file, progress=lambda _: seen.append(len(reader.papers())))
    assert seen == sorted(seen)
    assert len(set(seen)) > 3
    assert len(reader.papers()) == 20
    assert len(editions(shelf)) == 2


# --- removing ------------------------------------------------------------------------------------------


def test_a_paper_is_removed(shelf: Library, file: Path) -> None:
    shelf.add(file)
    assert shelf.remove("b").id == "b"
    assert ids(shelf.papers()) == ["a", "c"]
    with pytest.raises(LibraryError, match="There is no paper 'b'"):
        shelf.paper("b")
    with pytest.raises(LibraryError, match="There is no paper 'b'"):
        shelf.remove("b")
    for paper in ("a", "c"):
        shelf.remove(paper)
    assert shelf.is_empty()
    assert shelf.papers() == ()
    assert shelf.retriever.search("KIF14") == []


def test_an_empty_library_answers_without_making_one(shelf: Library) -> None:
    assert shelf.papers() == ()
    assert shelf.retriever.search("KIF14") == []
    assert shelf.diagnose()[0].ok
    with pytest.raises(LibraryError, match="There is no paper 'x'"):
        shelf.paper("x")
    assert not shelf.home.exists()


# --- several at once -----------------------------------------------------------------------------------


def test_another_library_on_the_same_home_sees_each_change(
    shelf: Library, file: Path, embedder: FakeEmbedder
) -> None:
    reader = Library(shelf.home, embedder)
    assert reader.papers() == ()
    shelf.add(file)
    assert len(reader.papers()) == 3
    assert reader.retriever.search("KIF14 resistance")[0].record.id == "a"
    shelf.remove("a")
    assert ids(reader.papers()) == ["b", "c"]
    assert all(hit.record.id != "a" for hit in reader.retriever.search("KIF14 resistance"))


def test_a_second_writer_is_told_to_wait_and_readers_go_on(
    shelf: Library, file: Path, embedder: FakeEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.add(file)
    monkeypatch.setattr(library, "LOCK_SECONDS", 0.2)
    other = Library(shelf.home, embedder)
    with shelf._locked():
        with pytest.raises(LibraryBusy, match="Another process is writing"):
            other.add(file)
        with pytest.raises(LibraryBusy):
            other.remove("a")
        assert len(other.papers()) == 3
        assert other.retriever.search("KIF14")
    assert len(other.add(file).unchanged) == 3


def test_threads_share_a_library_while_it_changes(shelf: Library, file: Path) -> None:
    shelf.add(file)
    errors: list[BaseException] = []
    done = threading.Event()

    def search() -> None:
        try:
            while not done.is_set():
                assert shelf.retriever.search("KIF14 resistance")
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(5):
        file.write_text(json_lines(TEXTS | {"c": f"Version {n} of it."}))
        shelf.add(file)
    done.set()
    for thread in threads:
        thread.join()
    assert errors == []


# --- a folder that cannot be used ----------------------------------------------------------------------


@pytest.mark.parametrize("place", ["home", "home/chroma"])
def test_a_file_where_the_folder_should_be(shelf: Library, file: Path, tmp_path: Path, place: str) -> None:
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_text("not a folder")
    actions: list[Callable[[], object]] = [
        shelf.is_empty,
        shelf.papers,
        lambda: shelf.add(file),
        shelf.repair,
    ]
    for act in actions:
        with pytest.raises(StoreError, match="is a file where the library's folder should be"):
            act()
    assert not shelf.diagnose()[0].ok


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes."""
    import subprocess

    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("this user may not mount a file system")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_full_disk_leaves_the_library_as_it_was(
    small_disk: Path, file: Path, embedder: FakeEmbedder
) -> None:
    shelf = Library(small_disk / "home", embedder)
    shelf.add(file)
    before = contents(shelf)
    file.write_text(many(400, "of a long line of mice " * 20))
    with pytest.raises(StoreError, match="The disk is full"):
        shelf.add(file)
    again = Library(shelf.home, embedder)
    assert contents(again) == before
    assert all(finding.ok for finding in again.diagnose())


def test_a_read_only_library_can_be_read(small_disk: Path, file: Path, embedder: FakeEmbedder) -> None:
    import subprocess

    Library(small_disk / "home", embedder).add(file)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    shelf = Library(small_disk / "home", embedder)
    assert shelf.retriever.search("KIF14 resistance")[0].record.id == "a"
    assert shelf.add.__self__ is shelf
    with pytest.raises(StoreError, match="cannot be written"):
        shelf.add(file)


# --- another embedding model ---------------------------------------------------------------------------


def test_another_embedding_model_is_said_and_repaired(shelf: Library, file: Path) -> None:
    shelf.add(file)
    file.unlink()
    other = Library(shelf.home, FakeEmbedder("other"))
    for act in (other.papers, lambda: other.retriever.search("KIF14"), lambda: other.remove("a")):
        with pytest.raises(EmbeddingMismatch, match=r"indexed with 'fake'.*'other'.*repair"):
            act()
    [finding] = other.diagnose()
    assert not finding.ok
    report = other.repair()
    assert ids(report.added) == ["a", "b", "c"]
    assert not report.failed
    assert ids(other.papers()) == ["a", "b", "c"]
    with pytest.raises(EmbeddingMismatch):
        shelf.papers()


def test_a_change_of_model_that_is_stopped_loses_nothing(
    shelf: Library, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adding, "GROUP_SENTENCES", 10)
    monkeypatch.setattr(drafting, "PUBLISH_SECONDS", 0.0)
    file.write_text(many(20))
    shelf.add(file)
    file.unlink()
    before, other = contents(shelf), Library(shelf.home, FakeEmbedder("other"))
    with pytest.raises(KeyboardInterrupt):
        other.repair(progress=stop_after(8))
    assert contents(Library(shelf.home, shelf.embedder)) == before
    assert len(other.repair().added) == 20


def test_repairing_what_is_well_does_nothing(shelf: Library, file: Path, embedder: FakeEmbedder) -> None:
    shelf.add(file)
    before, embedded = editions(shelf), embedder.encoded
    assert ids(shelf.repair().unchanged) == ["a", "b", "c"]
    assert (editions(shelf), embedder.encoded) == (before, embedded)


# --- any history ---------------------------------------------------------------------------------------


def ranked(shelf: Library, question: str) -> list[tuple[float, str, str]]:
    """Return score, paper and text of what is found; the last digits of vectors differ by history."""
    hits = shelf.retriever.search(question)
    return sorted((round(hit.score, 3), hit.record.id, hit.text) for hit in hits)


WORDS = st.sampled_from(["KIF14 rises.", "NRF2 falls.", "Cells die.", "Mice live.", "HO-1 stays."])
ABSTRACTS = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)
FILES = st.dictionaries(st.sampled_from("vwxyz"), ABSTRACTS, max_size=4)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=st.lists(st.one_of(FILES, st.sampled_from("vwxyz")), min_size=1, max_size=6))
def test_any_history_gives_the_library_of_a_fresh_start(
    tmp_path_factory: pytest.TempPathFactory, history: list[dict[str, str] | str]
) -> None:
    """Write the file anew and add it, or remove a paper, in any order."""
    folder = tmp_path_factory.mktemp("history")
    file = folder / "papers.jsonl"
    used = Library(folder / "used", FakeEmbedder())
    expected: dict[str, str] = {}
    for step in history:
        if isinstance(step, dict):
            expected = step
            file.write_text(json_lines(step) or "\n")
            used.add(file)
            if not step:
                expected = {record.id: "" for record in used.papers()}
        elif step in {record.id for record in used.papers()}:
            used.remove(step)
            expected = {id: text for id, text in expected.items() if id != step}
    assert {record.id for record in used.papers()} == set(expected)
    if any(expected.values()) and file.stat().st_size > 1:
        file.write_text(json_lines(expected))
        fresh = Library(folder / "fresh", FakeEmbedder())
        fresh.add(file)
        assert contents(used) == contents(fresh)
        for question in ("KIF14", "which cells die", "nothing at all"):
            assert ranked(used, question) == ranked(fresh, question)
    shutil.rmtree(folder)
