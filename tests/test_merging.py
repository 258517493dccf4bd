"""The same work from several files is one paper: which records mean one work, and what becomes of them."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest
from fakes import FakeEmbedder, contents
from hypothesis import given, settings
from hypothesis import strategies as st

from index import adding
from index.library import Library
from index.merging import (
    Source,
    Works,
    base_of,
    by_text,
    is_preprint,
    is_same,
    merged,
    merged_record,
)
from index.papers import Kind, Paper, Record
from index.readers.composing import Composer
from index.readers.identity import with_id

TITLE = "Silencing KIF14 reverses acquired resistance"
ZHU = Record("", TITLE, ("Qiankun Zhu",), 2020)


def record(**values: object) -> Record:
    return with_id(replace(ZHU, **values))  # type: ignore[arg-type]


# --- one work or two -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"doi": "10.1000/ABC", "year": 2010}, {"doi": "10.1000/abc", "title": "Another title"}),
        ({"pmid": "1", "doi": "10.1000/abc"}, {"pmid": "1", "title": "x"}),
        ({"pmcid": "PMC7700"}, {"pmcid": "PMC7700", "title": "x"}),
        ({"doi": "10.1000/abc"}, {"title": f"{TITLE}."}),
        ({"doi": "10.1000/abc"}, {"pmid": "1", "year": 2021, "title": TITLE.upper()}),
        ({"authors": ("Q Zhu", "H Ren"), "doi": "10.1000/abc"}, {"authors": ("Qiankun Zhu",)}),
        ({"doi": "10.1000/abc"}, {"doi": "10.1101/2019.12.01.1", "year": 2019}),
        ({"doi": "10.1000/abc", "pmid": "1"}, {"doi": "10.1000/x", "pmid": "2", "type": "preprint"}),
        (
            {"doi": "10.1000/abc", "versions": ("doi:10.1101/2.3",)},
            {"doi": "10.1101/2.3", "title": "Other words"},
        ),
        ({"id": "given"}, {"id": "given", "title": "Whatever"}),
        ({"id": "given", "doi": "10.1000/abc"}, {"doi": "10.1000/abc"}),
    ],
)
def test_one_work(one: dict[str, object], other: dict[str, object]) -> None:
    assert is_same(record(**one), record(**other))
    assert is_same(record(**other), record(**one))
    works = Works()
    works.put("a", [record(**one)])
    assert works.find(record(**other)) == ["a"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"doi": "10.1000/abc"}, {"doi": "10.1000/abd"}),
        ({"pmid": "1"}, {"pmid": "2"}),
        ({"pmid": "1"}, {"doi": "10.1000/a", "year": 2022}),
        ({"pmid": "1"}, {"doi": "10.1000/a", "year": None}),
        ({"pmid": "1"}, {"doi": "10.1000/a", "authors": ("Qi Ren",)}),
        ({"pmid": "1", "title": "Sorafenib"}, {"doi": "10.1000/a", "title": "Sorafenib"}),
        ({"pmid": "1"}, {"doi": "10.1000/a", "type": "correction"}),
        ({"id": "first", "doi": "10.1000/abc"}, {"id": "second", "doi": "10.1000/abc"}),
    ],
)
def test_two_works(one: dict[str, object], other: dict[str, object]) -> None:
    assert not is_same(record(**one), record(**other))
    works = Works()
    works.put("a", [record(**one)])
    assert works.find(record(**other)) == []


@pytest.mark.parametrize(
    ("doi", "kind", "expected"),
    [
        ("10.1101/2020.05.01.1", None, True),
        ("10.1101/123456", "article", True),
        ("10.1101/gad.1", None, False),
        ("10.21203/rs.3.rs-1", None, True),
        ("10.1000/a", "preprint", True),
        ("10.1000/a", "article", False),
    ],
)
def test_preprints(doi: str, kind: str | None, expected: bool) -> None:
    assert is_preprint(record(doi=doi, type=kind)) is expected


def test_works_are_forgotten_and_bridged() -> None:
    works = Works()
    works.put("a", [record(doi="10.1000/abc", year=None)])
    works.put("b", [record(pmid="1", year=None)])
    bridge = record(doi="10.1000/abc", pmid="1")
    assert sorted(works.find(bridge)) == ["a", "b"]
    works.put("b", [record(pmid="2", year=None)])
    assert works.find(bridge) == ["a"]
    works.drop("a")
    assert works.find(bridge) == []
    assert "a" not in works


def test_of_several_given_ids_one_is_found() -> None:
    works = Works()
    works.put("a", [record(id="a", doi="10.1000/abc")])
    works.put("b", [record(id="b", doi="10.1000/abc")])
    assert works.find(record(doi="10.1000/abc")) == ["a"]


# --- one paper of several ------------------------------------------------------------------------------


def paper(own: Record, body: str = "", abstract: str = "") -> Paper:
    composer = Composer()
    composer.add_record(own.title, {"doi": own.doi or "", "pmid": own.pmid or "", "date": own.date or ""})
    composer.add("Abstract", Kind.TEXT, abstract)
    composer.add("Results", Kind.TEXT, body)
    return Paper(own, composer.text, tuple(composer.sections))


def source(of: Paper, path: str = "a") -> Source:
    return Source.of(of, of.text, path, "d", 1)


def test_the_best_text_comes_first() -> None:
    long, longer = "It fell. " * 500, "It fell. " * 600
    papers = {
        "title": paper(record()),
        "abstract": paper(record(), abstract="It fell."),
        "preprint": paper(record(doi="10.1101/1.2"), longer),
        "pdf": paper(record(path="a.pdf"), long),
        "jats": paper(record(path="a.nxml"), long),
    }
    sources = [source(one, name) for name, one in papers.items()]
    random.Random(1).shuffle(sources)
    assert [one.path for one in by_text(sources)] == ["jats", "pdf", "preprint", "abstract", "title"]


def test_fields_that_the_text_does_not_print_follow_it() -> None:
    full = paper(record(doi="10.1000/abc", path="a.pdf"), "It fell. " * 500)
    bare = record(doi="10.1000/abc", pmid="1", date="2020-05-09", journal="Aging", path="b.nbib")
    sources = by_text([source(full), source(paper(bare), "b")])
    one = merged(full, sources, "zhu")
    assert one.text == full.text + "\n\nJournal: Aging\nDate: 2020-05-09\nPMID: 1"
    printed = {s.heading: one.text[s.start : s.end] for s in one.sections if s.kind is Kind.RECORD}
    assert printed == {"doi": "10.1000/abc", "journal": "Aging", "date": "2020-05-09", "pmid": "1"}
    assert (one.record.id, one.record.pmid, one.record.path) == ("zhu", "1", "a.pdf")
    base = base_of(one, sources[0])
    assert (base.text, base.sections) == (full.text, full.sections)
    assert merged(base, sources, "zhu") == one


def test_the_record_of_a_preprint_gives_way_to_the_articles() -> None:
    preprint = paper(record(doi="10.1101/1.2", date="2019-12-01", year=2019, path="a.pdf"), "It fell. " * 500)
    article = record(doi="10.1000/abc", date="2020", type="article", licence="CC BY 4.0", path="b.nbib")
    sources = by_text([source(paper(article), "b"), source(preprint)])
    one = merged(preprint, sources, "zhu")
    assert (one.record.doi, one.record.year, one.record.path) == ("10.1000/abc", 2020, "a.pdf")
    assert one.record.versions == ("doi:10.1101/1.2",)
    assert [one.text[s.start : s.end] for s in one.sections if s.heading == "doi"] == ["10.1000/abc"]
    base = base_of(one, sources[0])
    assert (base.text, base.sections) == (preprint.text, preprint.sections)


def test_the_record_is_a_union() -> None:
    one = merged_record(
        [
            record(year=2020, date="2020", keywords=("liver",), type="article", versions=("pmid:9",)),
            record(year=2020, date="2020-05", volume="1", type="trial", authors=("Q Zhu",)),
            record(year=2021, date="2021-01-01", volume="2", issue="3", pmid="1", keywords=("KIF14",)),
        ],
        "zhu",
    )
    assert (one.year, one.date, one.volume, one.issue, one.pmid) == (2020, "2020-05", "1", "3", "1")
    assert (one.authors, one.keywords, one.type) == (("Qiankun Zhu",), ("liver",), "trial")
    assert one.versions == ("pmid:9",)


def test_a_retracted_article_is_above_all_retracted() -> None:
    assert (
        merged_record([record(type="trial"), record(type="retracted article")], "a").type
        == "retracted article"
    )


def test_sources_go_to_json_and_back() -> None:
    one = source(paper(record(doi="10.1000/abc", keywords=("β", "x")), "It fell."))
    assert Source.from_json(json.loads(json.dumps(one.to_json()))) == one


@settings(max_examples=60, deadline=None)
@given(st.permutations(range(5)))
def test_the_order_of_sources_does_not_matter(order: list[int]) -> None:
    papers = [
        paper(record(pmid="1", volume="6")),
        paper(record(doi="10.1000/abc", volume="5"), abstract="It fell."),
        paper(record(doi="10.1000/abc", path="a.xml"), "It fell. " * 500),
        paper(record(doi="10.1101/1.2"), "It fell. " * 600),
        paper(record(pmid="1", issue="2"), abstract="It fell!"),
    ]
    sources = by_text([source(papers[i], f"{i}") for i in order])
    one = merged(papers[2], sources, "id")
    assert one == merged(papers[2], by_text([source(item, f"{i}") for i, item in enumerate(papers)]), "id")
    assert (one.record.volume, one.record.issue, one.record.pmid) == ("5", "2", "1")


# --- in a library --------------------------------------------------------------------------------------

BODY = "Silencing KIF14 reversed it. " * 150

FILES = {  # a record by PMID, one with an abstract and a DOI, a full text with both, and another work
    "a.jsonl": {"title": TITLE, "authors": "Qiankun Zhu", "year": 2020, "pmid": "1", "volume": "12"},
    "b.jsonl": {
        "title": f"{TITLE}.",
        "authors": "Q Zhu",
        "year": 2020,
        "doi": "10.1000/abc",
        "abstract": "It was reversed. Cells died.",
    },
    "c.xml": f"""<article article-type="research-article"><front><article-meta>
<article-id pub-id-type="doi">10.1000/abc</article-id><title-group><article-title>{TITLE}</article-title></title-group>
<contrib-group><contrib><name><surname>Zhu</surname><given-names>Qiankun</given-names></name></contrib></contrib-group>
<pub-date><year>2020</year></pub-date></article-meta></front>
<body><sec><title>Results</title><p>{BODY}</p></sec></body></article>""",
    "d.jsonl": {
        "title": "Autophagy is induced by sorafenib",
        "authors": "Li Shan",
        "year": 2021,
        "abstract": "So.",
    },
}


def put(folder: Path, *names: str) -> None:
    folder.mkdir(exist_ok=True)
    for name in names:
        content = FILES[name]
        (folder / name).write_text(content if isinstance(content, str) else json.dumps(content) + "\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "papers"


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "home", FakeEmbedder())


def the_one(library: Library) -> Paper:
    (id,) = [record.id for record in library.papers() if record.title.startswith("Silencing")]
    return library.paper(id)


def test_three_files_are_one_paper_and_the_report_says_so(library: Library, folder: Path) -> None:
    put(folder, *FILES)
    report = library.add(folder)
    assert [one.short for one in report.added] == ["Zhu 2020", "Shan 2021"]
    assert {(one.record.short, Path(one.path).name) for one in report.merged} == {
        ("Zhu 2020", "a.jsonl"),
        ("Zhu 2020", "b.jsonl"),
    }
    paper = the_one(library)
    assert BODY.strip() in paper.text
    assert (paper.record.pmid, paper.record.doi, paper.record.volume) == ("1", "10.1000/abc", "12")
    assert paper.record.path == str((folder / "c.xml").resolve())
    assert [paper.text[s.start : s.end] for s in paper.sections if s.heading == "pmid"] == ["1"]
    assert library.store.missing() == []


def test_indexing_again_reads_embeds_and_changes_nothing(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, *FILES)
    library.add(folder)
    before, editions = contents(library), library._shelf.newest()
    monkeypatch.setattr(adding, "read", lambda *_, **__: pytest.fail("it was read"))
    report = library.add(folder)
    assert len(report.unchanged) == 2
    assert not (report.added or report.changed or report.removed or report.merged or report.failed)
    assert (contents(library), library._shelf.newest()) == (before, editions)


def test_the_order_of_files_does_not_matter(tmp_path: Path, folder: Path) -> None:
    put(folder, "a.jsonl", "b.jsonl", "c.xml")
    seen = set()
    for number, order in enumerate(permutations(("a.jsonl", "b.jsonl", "c.xml"))):
        library = Library(tmp_path / f"home{number}", FakeEmbedder())
        first = library.add(folder / order[0]).added[0].id
        for name in order[1:]:
            report = library.add(folder / name)
            assert not (report.added or report.removed)
            assert len(report.merged) == 1
        assert [record.id for record in library.papers()] == [first]  # the first id stays
        paper = library.paper(first)
        seen.add((paper.text, paper.sections, replace(paper.record, id="")))
        assert len(library.add(folder).unchanged) == 1
    assert len(seen) == 1


@pytest.mark.parametrize("gone", ["a.jsonl", "b.jsonl", "c.xml"])
def test_where_one_file_goes_the_others_stand(
    library: Library, folder: Path, tmp_path: Path, gone: str
) -> None:
    put(folder, *FILES)
    library.add(folder)
    id = the_one(library).record.id
    (folder / gone).unlink()
    report = library.add(folder)
    assert [one.id for one in (*report.changed, *report.unchanged)].count(id) == 1
    assert not (report.added or report.removed or report.merged)
    clean = Library(tmp_path / "clean", FakeEmbedder())
    clean.add(folder)
    assert replace(the_one(library).record, id="") == replace(the_one(clean).record, id="")
    assert the_one(library).text == the_one(clean).text
    assert not library.add(folder).changed
    put(folder, gone)
    library.add(folder)
    assert (the_one(library).record.id, the_one(library).record.volume) == (id, "12")
    assert BODY.strip() in the_one(library).text


def test_a_record_that_leaves_its_file_leaves_the_paper(library: Library, folder: Path) -> None:
    put(folder, *FILES)
    library.add(folder)
    (folder / "a.jsonl").write_text(
        json.dumps({"title": "Something else entirely, by others", "authors": "A B"})
    )
    report = library.add(folder)
    assert [len(group) for group in (report.added, report.changed, report.unchanged, report.removed)] == [
        1,
        1,
        1,
        0,
    ]
    assert the_one(library).record.pmid is None
    (folder / "c.xml").write_text(str(FILES["c.xml"]).replace("reversed it", "did not reverse it"))
    assert len(library.add(folder).changed) == 1
    assert "did not reverse it" in the_one(library).text
    assert len(library.add(folder).unchanged) == 3


def test_a_file_that_grows_reads_no_other_file(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, *FILES)
    library.add(folder)
    with (folder / "a.jsonl").open("a") as file:
        file.write(json.dumps({"title": "A new one of this week", "authors": "C D"}) + "\n")
    real, seen = adding.read, []
    monkeypatch.setattr(
        adding, "read", lambda path, **options: seen.append(path.name) or real(path, **options)
    )
    report = library.add(folder)
    assert seen == ["a.jsonl"]
    assert (len(report.added), report.changed, report.merged) == (1, (), ())
    assert len(library.add(folder).unchanged) == 3
    assert seen == ["a.jsonl"]


def test_a_record_that_means_two_papers_makes_them_one(library: Library, folder: Path) -> None:
    put(folder, "d.jsonl")
    lines = [
        {"title": "First words of it all, in German", "doi": "10.1000/abc", "abstract": "It fell."},
        {"title": "Other words for the very same", "pmid": "1", "abstract": "It fell and it fell."},
    ]
    (folder / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert len(library.add(folder).added) == 3
    (folder / "b.jsonl").write_text(
        json.dumps({"title": "Both are the same", "doi": "10.1000/abc", "pmid": "1"})
    )
    report = library.add(folder)
    assert (len(report.changed), len(report.unchanged), report.removed) == (1, 1, ())
    assert len(library.papers()) == 2
    assert library.store.missing() == []
    assert not library.add(folder).changed
    (folder / "b.jsonl").unlink()
    library.add(folder)
    assert len(library.papers()) == 3
    assert len(library.add(folder).unchanged) == 3


def test_given_ids_stay_apart(library: Library, folder: Path) -> None:
    folder.mkdir()
    lines = [{"id": id, "title": TITLE, "doi": "10.1000/abc", "abstract": f"{id} fell."} for id in "xy"]
    (folder / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    put(folder, "c.xml")
    report = library.add(folder)
    assert [one.id for one in report.added] == ["x", "y"]
    assert len(report.merged) == 1
    assert len(library.add(folder).unchanged) == 2


def test_a_file_that_cannot_be_read_again_loses_no_paper(library: Library, folder: Path) -> None:
    put(folder, "b.jsonl", "c.xml")
    library.add(folder)
    (folder / "b.jsonl").write_text("\x00\x01\x02")
    (folder / "c.xml").write_text(json.dumps({"title": "Something else entirely, by others"}))
    report = library.add(folder / "c.xml")
    assert (len(report.added), report.removed, len(report.failed)) == (1, (), 1)
    assert BODY.strip() in the_one(library).text


def test_a_damaged_index_keeps_the_sources(library: Library, folder: Path) -> None:
    put(folder, *FILES)
    library.add(folder)
    before = contents(library)
    edition = library._shelf.newest()
    assert edition is not None
    (edition / "seal.json").write_text("{")
    mended = Library(library.home, FakeEmbedder())
    mended.repair()
    assert contents(mended) == before
    report = mended.add(folder)
    assert (len(report.unchanged), report.merged) == (2, ())
