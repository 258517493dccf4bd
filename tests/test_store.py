"""The store of record and its editions."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from fakes import FakeEmbedder

from index import editions, store
from index.editions import Editions, Entry, check, read_seal
from index.errors import StoreError
from index.merging import Source
from index.papers import Kind, Paper, Record, Section
from index.segmenting import segment
from index.store import PARTS, Store, StoredPaper, Vectors, fingerprint_of, version_of

EMBEDDER = FakeEmbedder()


def source(record: Record, digest: str = "d") -> Source:
    return Source(f"/{record.id}.txt", digest, 1, "c", (1, 5), 5, (("doi", 0, 3),), record)


def stored(id: str, text: str, *, kind: Kind = Kind.TEXT) -> StoredPaper:
    paper = Paper(Record(id, f"Title of {id}", path=f"/{id}.txt"), text, (Section("S", kind, 0, len(text)),))
    passages = segment(paper, EMBEDDER.count_tokens, sentence_tokens=40, passage_tokens=60)
    return StoredPaper(paper, passages, version_of(paper, passages), (source(paper.record),))


def vectors_of(item: StoredPaper) -> Vectors:
    return {part: EMBEDDER.encode(item.texts(part)) for part in PARTS}


def write(target: Store, items: Sequence[StoredPaper]) -> None:
    target.write(items, [vectors_of(item) for item in items])


def rows(of: Store) -> set[str]:
    return {row for part in PARTS for row in of._collections[part].get(include=[])["ids"]}


@pytest.fixture
def empty(tmp_path: Path) -> Store:
    return Store(tmp_path / "chroma", embedding="fake")


def test_what_was_written_is_loaded(empty: Store) -> None:
    items = [stored("b", "One here. Two here."), stored("a", "Naïve β‐cells\r\n𝒜 \x00 end.")]
    write(empty, items)
    assert empty.load() == sorted(items, key=lambda item: item.paper.record.id)
    assert empty.load(["b"]) == items[:1]
    assert empty.missing() == []
    assert {id: (b.record, b.sources) for id, b in empty.briefs().items()} == {
        item.paper.record.id: (item.paper.record, item.sources) for item in items
    }


def test_ids_may_hold_the_separator(empty: Store) -> None:
    items = [stored("a#b#1", "First text."), stored("a", "Second text."), stored("a#b", "Third text.")]
    write(empty, items)
    write(empty, [stored("a#b", "Third text, changed.")])
    empty.remove(["a"])
    empty.sweep()
    assert [item.paper.record.id for item in empty.load()] == ["a#b", "a#b#1"]
    assert empty.missing() == []
    assert len(rows(empty)) == 2


def test_a_paper_without_sentences_is_kept(empty: Store) -> None:
    nothing = stored("nothing", "lists", kind=Kind.ANNOTATION)
    assert nothing.passages == ()
    write(empty, [nothing])
    write(empty, [nothing, stored("other", "Some text.")])
    assert [item.paper.record.id for item in empty.load()] == ["nothing", "other"]


def test_old_sentences_go_with_the_new_version(empty: Store) -> None:
    write(empty, [stored("a", "Old one. Old two. Old three."), stored("b", "Stays as it is.")])
    new = stored("a", "New one.")
    write(empty, [new])
    assert rows(empty) == {new.row_id(0), stored("b", "Stays as it is.").row_id(0)}


def test_sweep_deletes_what_no_paper_names(empty: Store) -> None:
    kept, stray = stored("kept", "This stays."), stored("stray", "This was never committed.")
    write(empty, [kept])
    for part in PARTS:
        empty._write_sentences(part, [stray], [vectors_of(stray)])
    empty._write_sentences("text", [stored("kept", "A version never committed.")], [vectors_of(kept)])
    empty.sweep()
    assert rows(empty) == {kept.row_id(0)}


def test_missing_sentences_are_found(empty: Store) -> None:
    item = stored("a", "One here. Two here.")
    write(empty, [item, stored("b", "Three here.")])
    empty._delete("text", [item.row_id(1)])
    assert empty.missing() == ["a"]


def test_a_new_source_leaves_the_rest(empty: Store) -> None:
    item = stored("a", "One here.")
    write(empty, [item])
    others = (source(item.paper.record), source(Record("b", "Another"), "e"))
    empty.set_sources({"a": others})
    assert empty.load() == [dataclasses.replace(item, sources=others)]


def fingerprint(store: Store) -> str:
    """The fingerprint that what is derived from a store carries."""
    return fingerprint_of(store.embedding, {id: brief.version for id, brief in store.briefs().items()})


def test_the_fingerprint_follows_the_content(empty: Store) -> None:
    first = fingerprint(empty)
    write(empty, [stored("a", "One here.")])
    second = fingerprint(empty)
    write(empty, [stored("a", "One, changed.")])
    third = fingerprint(empty)
    write(empty, [stored("a", "One here.")])
    assert len({first, second, third}) == 3
    assert fingerprint(empty) == second


def test_nearest_gives_cosines(empty: Store) -> None:
    items = [stored(f"p{n}", f"Word{n} of gene{n}. More about cell{n}.") for n in range(30)]
    write(empty, items)
    vector = EMBEDDER.encode(["gene7 word7"])[0]
    found = empty.nearest("text", vector, 10)
    all_vectors = {
        item.row_id(n): float(EMBEDDER.encode([text])[0] @ vector)
        for item in items
        for n, text in enumerate(item.texts("text"))
    }
    best = sorted(all_vectors.values(), reverse=True)[:10]
    np.testing.assert_allclose(sorted(found.values(), reverse=True), best, atol=1e-5)
    assert all(abs(all_vectors[row] - similarity) < 1e-5 for row, similarity in found.items())
    assert empty.nearest("bibliography", vector, 10) == {}


def test_many_rows_are_written_in_pages(empty: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "PAGE", 7)
    items = [stored(f"p{n}", " ".join(f"Sentence {k} of {n}." for k in range(5))) for n in range(9)]
    write(empty, items)
    write(empty, [stored(f"p{n}", f"Changed {n}.") for n in range(9)])
    assert len(rows(empty)) == 9
    assert len(empty.load()) == 9
    empty.remove([f"p{n}" for n in range(9)])
    assert rows(empty) == set()


# --- editions ------------------------------------------------------------------------------------------


def published(home: Path, *texts: str) -> tuple[Editions, Path]:
    shelf = Editions(home)
    draft = shelf.draft(shelf.newest())
    target = Store(draft, embedding=None if shelf.newest() else "fake")
    items = [stored(f"p{n}", text) for n, text in enumerate(texts)]
    write(target, items)
    target.close()
    shelf.publish(draft, "fake", {i.paper.record.id: Entry(i.version, i.paper.record.path) for i in items})
    return shelf, draft


def test_a_draft_is_no_edition_before_it_is_published(tmp_path: Path) -> None:
    shelf, first = published(tmp_path, "One here.")
    draft = shelf.draft(first)
    write(Store(draft), [stored("new", "Not yet.")])
    assert shelf.newest() == first
    check(first)
    assert [item.paper.record.id for item in Store(first).load()] == ["p0"]


def test_the_newest_and_the_one_before_are_kept(tmp_path: Path) -> None:
    made = [published(tmp_path, f"Text {n}.")[1] for n in range(4)]
    assert Editions(tmp_path).sealed() == made[-2:]
    assert Editions(tmp_path).newest() == made[-1]


def test_left_over_drafts_are_cleared(tmp_path: Path) -> None:
    shelf, first = published(tmp_path, "One here.")
    left_over = shelf.draft(first)
    draft = shelf.draft(first)
    assert not left_over.exists()
    assert draft.name != left_over.name  # Chroma remembers names


@pytest.mark.parametrize("sentences", [20, 1100])  # vectors in the database alone, and in files too
def test_an_edition_is_whole_however_often_it_is_opened(tmp_path: Path, sentences: int) -> None:
    text = " ".join(f"Sentence {n}." for n in range(sentences // 20))
    _, edition = published(tmp_path, *[text] * 20)
    assert bool(list(edition.glob(f"*/{editions.VECTOR_LIST}"))) == (sentences > 1000)
    for _ in range(3):
        check(edition)
        opened = Store(edition)
        opened.warm()
        assert len(opened.nearest("text", EMBEDDER.encode(["sentence"])[0], 10)) == 10
        opened.close()
    check(edition)


def test_the_seal_says_what_is_inside(tmp_path: Path) -> None:
    _, edition = published(tmp_path, "One here.", "Two here.")
    seal = read_seal(edition)
    assert seal.embedding == "fake"
    assert {id: entry.path for id, entry in seal.papers.items()} == {"p0": "/p0.txt", "p1": "/p1.txt"}


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[]", b"{}", b'{"papers": {"a": 1}}'])
def test_a_damaged_seal_is_said(tmp_path: Path, content: bytes) -> None:
    _, edition = published(tmp_path, "One here.")
    (edition / editions.SEAL).write_bytes(content)
    with pytest.raises(StoreError, match=r"seal\.json cannot be read"):
        read_seal(edition)


def test_other_folders_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    shelf, edition = published(tmp_path, "One here.")
    assert shelf.newest() == edition
    assert (tmp_path / "notes").is_dir()
