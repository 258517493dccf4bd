"""Retractions and corrections: notices in the library, lists, and where the marks are shown."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import bibtexparser
import pytest
import rispy
from fakes import FakeEmbedder

from assistant import cli
from assistant.answers import Answer, Citation, Claim
from assistant.doctor import examine
from assistant.rendering import (
    hits_to_text,
    records_to_text,
    text_of,
    to_bibtex,
    to_markdown,
    to_ris,
    to_text,
)
from assistant.settings import Settings
from assistant.web import library as panel
from assistant.web.sources import cards
from assistant.web.viewer import paper_page
from index.errors import RetractionListError
from index.library import Library
from index.papers import Hit, Kind, Paper, Record, Section, Status, StatusKind
from index.readers import read
from index.retractions import marks_of, named_list

TITLE = "Kinesin silencing restores sensitivity in resistant tumours"
ORIGINAL = Record(
    "original", TITLE, ("Ada Adams",), 2019, doi="10.1000/Original.1", pmid="12345678", pmcid="PMC7777"
)
OTHER = Record("other", "A second paper about quite another thing", ("Bo Berg",), 2020, doi="10.1000/other.2")

HEADER = (
    "Record ID,Title,Journal,RetractionDate,RetractionDOI,RetractionPubMedID,OriginalPaperDate,OriginalPaperDOI,"
    "OriginalPaperPubMedID,RetractionNature,Reason,Notes"
)


def paper_of(record: Record, text: str = "We found it.", **printed: str) -> Paper:
    """Return a paper with an abstract and record lines."""
    sections = [Section("Abstract", Kind.TEXT, 0, len(text))]
    for field, value in printed.items():
        start = len(text) + 1
        text += f"\n{value}"
        sections.append(Section(field.replace("_", " "), Kind.RECORD, start, len(text)))
    return Paper(record, text, tuple(sections))


def notice_of(title: str, text: str = "The editors announce this.", **printed: str) -> Paper:
    record = Record("notice", title, ("The Editors",), 2021, "2021-03-05", doi="10.1000/notice.9")
    return paper_of(record, text, **printed)


def marks(*papers: Paper, listed: Path | None = None) -> dict[str, Status]:
    return marks_of([paper_of(ORIGINAL), paper_of(OTHER), *papers], listed)


def row(
    title: str = "x",
    date: str = "3/5/2021 0:00",
    doi: str = "unavailable",
    pmid: str = "0",
    nature: str = "Retraction",
    notice: str = "10.1000/notice.9",
) -> str:
    return f'1,"{title}",Journal,{date},{notice},0,1/2/2019 0:00,{doi},{pmid},{nature},"+Error in Data;",'


def list_of(folder: Path, *rows: str, name: str = "list.csv", header: str = HEADER) -> Path:
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    return path


# --- notices in the library ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        (f"Retraction: {TITLE}", StatusKind.RETRACTED),
        (f"Retraction Note to: {TITLE}", StatusKind.RETRACTED),
        (f"Retracted: {TITLE}", StatusKind.RETRACTED),
        (f"Notice of retraction. {TITLE}", StatusKind.RETRACTED),
        (f"Correction to: {TITLE}", StatusKind.CORRECTED),
        (f"Author Correction: {TITLE}", StatusKind.CORRECTED),
        (f"Erratum to “{TITLE}” [J. Made Up 12 (2019) 3–9]", StatusKind.CORRECTED),
        (f"Corrigendum to {TITLE}", StatusKind.CORRECTED),
        (f"Expression of Concern: {TITLE.upper()}.", StatusKind.CONCERN),
    ],
)
def test_a_notice_marks_the_paper_that_its_title_names(title: str, kind: StatusKind) -> None:
    found = marks(notice_of(title))
    assert set(found) == {"original"}
    assert (found["original"].kind, found["original"].date) == (kind, "2021-03-05")
    assert found["original"].notice == "10.1000/notice.9"
    assert found["original"].address == "https://doi.org/10.1000/notice.9"
    assert "a notice in the library (Editors 2021)" in found["original"].source


@pytest.mark.parametrize(
    "text",
    [
        "The article (doi: 10.1000/original.1) is retracted.",
        "The article, PMID: 12345678, is retracted.",
        "The article PMC7777 is retracted.",
        f"In the article titled “{TITLE}”, the figures were false.",
    ],
)
def test_a_notice_without_the_title_names_the_paper_in_its_text(text: str) -> None:
    assert set(marks(notice_of("Retraction", text))) == {"original"}


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Retraction: Some paper that is not in this library at all", "We retract it."),
        ("Correction of low sodium in patients with cirrhosis", "As in 10.1000/original.1 we gave salt."),
        ("Retraction of the tongue in sleep", "See 10.1000/original.1."),
        ("Erratum", "It concerns 10.1000/original.1 and 10.1000/other.2."),
        ("A reply to a paper on kinesins", f"It concerns {TITLE}, 10.1000/original.1."),
    ],
)
def test_what_names_no_paper_for_certain_marks_none(title: str, text: str) -> None:
    assert marks(notice_of(title, text)) == {}


def test_a_paper_that_is_printed_as_retracted_is_marked_itself() -> None:
    itself = Record("self", "RETRACTED ARTICLE: A third paper about kinesins", doi="10.1000/self")
    assert marks(paper_of(itself))["self"] == Status(
        StatusKind.RETRACTED, None, "10.1000/self", "its own title"
    )


def test_record_lines_of_a_notice_and_of_a_paper_are_followed() -> None:
    assert marks(notice_of("A note", retracts="10.1000/ORIGINAL.1"))["original"].kind is StatusKind.RETRACTED
    assert marks(notice_of("A note", corrects="PMID 12345678"))["original"].kind is StatusKind.CORRECTED
    own = paper_of(Record("own", "T"), retracted_by="10.1000/notice.9")
    assert marks(own)["own"].notice == "10.1000/notice.9"


def test_the_gravest_notice_counts() -> None:
    first = notice_of(f"Correction to: {TITLE}")
    second = notice_of(f"Retraction: {TITLE}")
    second = replace(second, record=replace(second.record, id="second", date="2023-01"))
    assert marks(second, first)["original"].kind is StatusKind.RETRACTED
    assert marks(first, second)["original"].date == "2023-01"


@pytest.mark.parametrize(
    ("related", "kind"),
    [
        ("retracted-article", "retracted"),
        ("corrected-article", "corrected"),
        ("object-of-concern", "concern"),
    ],
)
def test_a_jats_notice_marks_its_related_article(tmp_path: Path, related: str, kind: str) -> None:
    file = tmp_path / "notice.xml"
    file.write_text(
        '<article article-type="retraction" xmlns:xlink="http://www.w3.org/1999/xlink"><front><article-meta>'
        "<title-group><article-title>A note from the editors</article-title></title-group>"
        f'<related-article ext-link-type="doi" related-article-type="{related}" xlink:href="10.1000/original.1"/>'
        "</article-meta></front><body><p>It is so.</p></body></article>"
    )
    (notice,) = read(file)
    assert marks(notice)["original"].kind == kind


# --- lists ---------------------------------------------------------------------------------------------


def test_a_list_marks_by_doi_pmid_and_title(tmp_path: Path) -> None:
    by_doi = list_of(tmp_path, row(doi="10.1000/ORIGINAL.1"))
    found = marks(listed=by_doi)
    assert found == {
        "original": Status(StatusKind.RETRACTED, "2021-03-05", "10.1000/notice.9", "list.csv of 2021-03-05")
    }
    assert set(marks(listed=list_of(tmp_path, row(pmid="12345678")))) == {"original"}
    assert set(marks(listed=list_of(tmp_path, row(title=TITLE.lower())))) == {"original"}
    assert marks(listed=list_of(tmp_path, row(title=TITLE, doi="10.1000/elsewhere"))) == {}


@pytest.mark.parametrize(
    ("nature", "kind"),
    [
        ("Retraction", StatusKind.RETRACTED),
        ("Expression of concern", StatusKind.CONCERN),
        ("Correction", StatusKind.CORRECTED),
    ],
)
def test_natures(tmp_path: Path, nature: str, kind: StatusKind) -> None:
    assert marks(listed=list_of(tmp_path, row(pmid="12345678", nature=nature)))["original"].kind is kind


def test_a_reinstatement_lifts_what_was_before(tmp_path: Path) -> None:
    later = row(pmid="12345678", nature="Reinstatement", date="1/1/2022")
    assert marks(listed=list_of(tmp_path, later, row(pmid="12345678"))) == {}
    again = row(pmid="12345678", date="1/1/2023")
    assert marks(listed=list_of(tmp_path, later, again))["original"].date == "2023-01-01"


def test_the_date_of_a_list_is_in_its_name_or_its_newest_row(tmp_path: Path) -> None:
    rows = (row(doi="10.1/a", date="12/31/2024 0:00"), row(doi="10.1/b", date="2/1/2020 0:00"))
    assert named_list(list_of(tmp_path, *rows)) == "list.csv of 2024-12-31"
    dated = list_of(tmp_path, *rows, name="retraction_watch-2025-06-30.csv")
    assert named_list(dated) == "retraction_watch-2025-06-30.csv of 2025-06-30"
    assert named_list(list_of(tmp_path)) == "list.csv"


def test_a_list_in_latin_1_is_read(tmp_path: Path) -> None:
    path = tmp_path / "old.csv"
    path.write_bytes(f"{HEADER}\n{row(title='Café', pmid='12345678')}\n".encode("latin-1"))
    assert set(marks(listed=path)) == {"original"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "has no column 'OriginalPaperDOI'"),
        (b"a,b\n1,2\n", "has no column 'OriginalPaperDOI'"),
        (b"\x00\xff\xfe\x00binary" * 50, "has no column 'OriginalPaperDOI'"),
        (f"{HEADER}\n1,2,3\n".encode(), "row 1 has another number of fields"),
        (f"{HEADER}\n{row()},more,and more\n".encode(), "row 1 has another number of fields"),
        (f'{HEADER}\n1,"no end of\n'.encode(), "is no CSV file that can be read"),
    ],
)
def test_a_malformed_list_is_one_sentence(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    with pytest.raises(RetractionListError, match=reason) as caught:
        marks(listed=path)
    assert "\n" not in str(caught.value)
    with pytest.raises(RetractionListError, match="cannot be read"):
        marks(listed=tmp_path / "absent.csv")


# --- the library ---------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A library of two papers, made with a fake embedder."""
    lines = [
        {
            "id": "one",
            "title": TITLE,
            "doi": "10.1000/original.1",
            "year": 2019,
            "abstract": "We found a gene.",
        },
        {"id": "two", "title": OTHER.title, "year": 2020, "abstract": "Mice were fed. We found none."},
    ]
    file = tmp_path / "papers.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines))
    Library(tmp_path / "home", FakeEmbedder()).add(file)
    return tmp_path / "home"


def test_marks_come_and_go_with_the_list_and_nothing_is_indexed_again(home: Path, tmp_path: Path) -> None:
    library = Library(home, FakeEmbedder())
    before = library.catalogue().fingerprint
    assert [record.status for record in library.papers()] == [None, None]
    listed = list_of(home, row(doi="10.1000/original.1"), name="retractions.csv")
    assert [record.status is not None for record in library.papers()] == [True, False]
    status = library.paper("one").record.status
    assert status and status.source == "retractions.csv of 2021-03-05"
    assert library.retriever.search("gene")[0].record.status == status
    assert library.catalogue().fingerprint == before
    listed.unlink()
    assert [record.status for record in library.papers()] == [None, None]
    elsewhere = list_of(tmp_path, row(doi="10.1000/original.1"), name="mine.csv")
    assert Library(home, FakeEmbedder(), retractions=elsewhere).paper("one").record.status is not None


def test_systems_of_the_library_are_kept_in_its_cache(home: Path) -> None:
    first = Library(home, FakeEmbedder()).systems()
    assert [(one.kind, one.name) for one in first["two"]] == [("mouse", "Mice")]
    assert Library(home, FakeEmbedder()).systems() == first
    for file in (home / "cache").rglob("systems-*.json"):
        file.write_text("{")
    assert Library(home, FakeEmbedder()).systems() == first


def test_a_malformed_list_ends_a_command_with_one_sentence(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("a,b\n1,2\n")
    monkeypatch.setenv("ASSISTANT_RETRACTIONS", str(bad))
    settings = Settings.from_env(home=home)
    assert settings.retractions == bad
    monkeypatch.setattr(
        cli,
        "make_assistant",
        lambda args: type("A", (), {"library": Library(home, FakeEmbedder(), retractions=bad)})(),
    )
    assert cli.main(["papers", "--home", str(home)]) == cli.BAD_INPUT
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1 and "has no column 'OriginalPaperDOI'" in printed.err
    (finding,) = [finding for finding in examine(settings) if finding.name == "retractions"]
    assert not finding.ok


# --- where it shows ------------------------------------------------------------------------------------

MARKED = replace(
    ORIGINAL, status=Status(StatusKind.RETRACTED, "2021-03-05", "10.1000/notice.9", "rw.csv of 2024-01-01")
)
CITATION = Citation(1, MARKED, "Abstract", Kind.TEXT, "We found it.", 0, 12, "We found it.", 0)
CLAIM = Claim("We found it.", (1,), True)
ANSWER = Answer(
    "What?", "What?", True, 0.9, text_of([CLAIM], [CITATION]), claims=(CLAIM,), citations=(CITATION,)
)


def test_terminal_and_markdown_mark_it() -> None:
    assert ANSWER.text == "Adams 2019 [retracted]: We found it. [1]"
    text = to_text(ANSWER)
    assert "[1] Adams 2019 [retracted] · Abstract" in text
    assert (
        "Retracted 2021-03-05, notice https://doi.org/10.1000/notice.9 (according to rw.csv of 2024-01-01)"
        in text
    )
    markdown = to_markdown(ANSWER)
    assert "Adams 2019 \\[retracted\\]" in markdown
    assert "**Retracted 2021-03-05" in markdown
    hit = Hit(MARKED, "Abstract", Kind.TEXT, 0, 12, "We found it.", 0.5, ())
    assert "Adams 2019 [retracted]" in hits_to_text([hit])
    assert "Adams 2019 [retracted]" in records_to_text([MARKED])
    assert "[corrected]" in records_to_text(
        [replace(MARKED, status=Status(StatusKind.CORRECTED, None, None, "x"))]
    )


def test_json_says_it_and_keeps_the_paper_object_as_it_is() -> None:
    value = ANSWER.to_json()["citations"][0]
    assert value["status"] == {
        "kind": "retracted",
        "date": "2021-03-05",
        "notice": "10.1000/notice.9",
        "source": "rw.csv of 2024-01-01",
    }
    assert value["paper"] == ORIGINAL.to_json()
    assert replace(CITATION, paper=ORIGINAL).to_json()["status"] is None


def test_exports_note_it() -> None:
    note = "RETRACTED 2021-03-05; notice: 10.1000/notice.9; according to rw.csv of 2024-01-01"
    (entry,) = bibtexparser.parse_string(to_bibtex([MARKED])).entries
    assert entry["note"] == note
    (item,) = rispy.loads(to_ris([MARKED]))
    assert item["notes"] == [note]
    assert "note" not in to_bibtex([ORIGINAL])


def test_the_page_marks_it() -> None:
    for html in (cards([CITATION]), paper_page(paper_of(MARKED))):
        assert "status-label is-retracted" in html
        assert "Retracted 2021" in html
        assert 'href="https://doi.org/10.1000/notice.9"' in html
        assert "according to rw.csv of 2024-01-01" in html
    assert "[retracted]" in panel.paper_list([MARKED], {})
    assert "status-label" not in cards([replace(CITATION, paper=ORIGINAL)])


def test_a_notice_never_gives_the_page_an_address_that_runs() -> None:
    nasty = Status(StatusKind.RETRACTED, "2021", "javascript:alert(1)", "<b>x</b>")
    html = cards([replace(CITATION, paper=replace(ORIGINAL, status=nasty))])
    assert "javascript:" not in html
    assert "<b>" not in html
