"""Word documents, saved web pages, archives; what is passed over; files that try to harm."""

from __future__ import annotations

import io
import json
import os
import pickle
import threading
import zipfile
from collections import Counter
from pathlib import Path

import documents
import pytest
from documents import ABSTRACT, AUTHORS, CITED, PATIENTS, RESULTS, TITLE, WEB_PAGE, zipped
from fakes import FakeEmbedder, json_lines
from test_readers import check, headings, printed

from index.errors import ReadError
from index.library import Library
from index.papers import Kind, Paper
from index.readers import archive, file_of, files, find, papers_of, read, worker


def written(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@pytest.fixture
def shelf(tmp_path: Path) -> Library:
    return Library(tmp_path / "home", FakeEmbedder())


# Any format


@pytest.mark.parametrize("name", documents.files())
def test_every_format_gives_the_paper(tmp_path: Path, name: str) -> None:
    (paper,) = read(written(tmp_path, name, documents.files()[name]))
    check(paper)
    assert paper.record.title == TITLE
    assert paper.record.authors[0] == AUTHORS[0]
    assert paper.record.doi == "10.18632/aging.104079"
    assert ABSTRACT in printed(paper, "Abstract")


@pytest.mark.parametrize("name", documents.files())
def test_a_format_is_known_by_its_content(tmp_path: Path, name: str) -> None:
    (paper,) = read(written(tmp_path, name, documents.files()[name]))
    (same,) = read(written(tmp_path, "misnamed.pdf", documents.files()[name]))
    assert (same.text, same.sections, same.references) == (paper.text, paper.sections, paper.references)


# Web pages


def test_a_web_page(tmp_path: Path) -> None:
    (paper,) = read(written(tmp_path, "page.html", WEB_PAGE))
    record = paper.record
    assert record.authors == AUTHORS
    assert (record.journal, record.date, record.volume, record.issue) == ("Aging", "2020-11-22", "12", "22")
    assert (record.pages, record.pmid, record.pmcid) == ("22975-23003", "33203790", "PMC7746370")
    assert record.url == "https://www.ncbi.nlm.nih.gov/pmc/articles/PMC7746370/"
    assert printed(paper, "Abstract") == ABSTRACT
    assert printed(paper, "Methods: Patients").startswith(PATIENTS)
    assert printed(paper, "Results") == RESULTS
    assert printed(paper, "Figure 1") == "Figure 1. KIF14 in 42 tumours."
    assert printed(paper, "Table") == "| Group | KIF14 |\n| resistant | 4.2 |"


def test_the_furniture_of_a_page_is_no_evidence(tmp_path: Path) -> None:
    (paper,) = read(written(tmp_path, "page.html", WEB_PAGE))
    for furniture in (
        "cookies",
        "journals",
        "Share",
        "Download",
        "Similar",
        "another matter",
        "Terms",
        "SCRIPT",
        "red",
    ):
        assert furniture not in paper.text.replace("restored", ""), furniture


def test_the_works_that_a_page_cites(tmp_path: Path) -> None:
    (paper,) = read(written(tmp_path, "page.html", WEB_PAGE))
    first, second = paper.references
    assert (first.title, first.doi) == (
        "Sorafenib in advanced hepatocellular carcinoma",
        "10.1056/NEJMoa0708857",
    )
    assert (second.journal, second.year, second.pmid) == ("Lancet Oncol", 2009, "19095497")
    assert paper.text[first.start : first.end] == CITED[0]
    assert not any("Llovet" in paper.text[s.start : s.end] for s in paper.sections if s.kind is Kind.TEXT)


def test_a_page_described_by_linked_data(tmp_path: Path) -> None:
    described = {
        "@graph": [
            {"@type": "WebSite", "name": "A site"},
            {
                "@type": "ScholarlyArticle",
                "headline": TITLE,
                "author": [{"name": "Qiankun Zhu"}, {"name": "Haiyang Ren"}],
                "datePublished": "2020-11-22T08:00:00Z",
                "sameAs": "https://doi.org/10.18632/aging.104079",
                "isPartOf": {
                    "issueNumber": "22",
                    "isPartOf": {"volumeNumber": 12, "isPartOf": {"name": "Aging"}},
                },
            },
        ]
    }
    page = f"""<html><head><script type="application/ld+json">{{broken</script>
    <script type="application/ld+json">{json.dumps(described)}</script></head>
    <body><article><p>{PATIENTS}</p></article></body></html>"""
    (paper,) = read(written(tmp_path, "page.html", page))
    record = paper.record
    assert (record.title, record.authors, record.date) == (TITLE, AUTHORS, "2020-11-22")
    assert (record.journal, record.volume, record.issue) == ("Aging", "12", "22")
    assert record.doi == "10.18632/aging.104079"
    assert PATIENTS in paper.text


def test_a_page_of_an_abstract_in_its_description_only(tmp_path: Path) -> None:
    page = f'<html><head><title>{TITLE}</title><meta name="citation_abstract" content="{ABSTRACT}"></head></html>'
    (paper,) = read(written(tmp_path, "page.html", page))
    assert (paper.record.title, printed(paper, "Abstract")) == (TITLE, ABSTRACT)


@pytest.mark.parametrize("control", ["\x01", "\x0c", "&#12;", "&#x1f;", "&#65535;", "&#2"])
def test_control_characters_in_a_page_do_no_harm(tmp_path: Path, control: str) -> None:
    page = f"""<html><body><h1>{TITLE}</h1><p>Some{control} words of it.</p><h2>References</h2>{control}
    <ol><li>{CITED[0]}{control}</li></ol>{control}<p>{PATIENTS}</p><p>{RESULTS.replace("<", "&lt;") * 9}</p></body></html>"""
    (paper,) = read(written(tmp_path, "page.html", page))
    check(paper)
    assert len(paper.references) == 1
    assert PATIENTS in paper.text  # what follows the list is no reference


def test_a_page_without_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="without a text of its own"):
        read(written(tmp_path, "page.html", "<!DOCTYPE html><html><body><script>1</script></body></html>"))


@pytest.mark.parametrize("encoding", ["iso-8859-2", "koi8-r", "gb2312"])
def test_a_page_in_the_encoding_that_it_declares(tmp_path: Path, encoding: str) -> None:
    word = {"iso-8859-2": "Šimůnek", "koi8-r": "Иванов", "gb2312": "肝癌"}[encoding]
    page = (
        f'<html><head><meta charset="{encoding}"></head><body><p>{word} wrote of sorafenib.</p></body></html>'
    )
    (paper,) = read(written(tmp_path, "page.html", page.encode(encoding)))
    assert f"{word} wrote of sorafenib." in paper.text


# Word


def test_a_word_document(tmp_path: Path) -> None:
    (paper,) = read(written(tmp_path, "paper.docx", documents.word_document()))
    assert headings(paper) == [
        "Title", "authors", "doi", "Abstract", "Methods: Patients", "Results", "Table 1", "References"
    ]  # fmt: skip
    assert paper.record.authors == AUTHORS
    assert printed(paper, "Methods: Patients") == PATIENTS
    assert printed(paper, "Table 1") == "| Group | KIF14 |\n| resistant | 4.2 |"
    assert [reference.year for reference in paper.references] == [2008, 2009]


def test_a_word_document_without_styles(tmp_path: Path) -> None:
    (paper,) = read(written(tmp_path, "paper.docx", documents.word_document(styled=False)))
    check(paper)
    assert paper.record.authors == AUTHORS
    assert printed(paper, "Methods") == PATIENTS
    assert printed(paper, "Table 1") == "| Group | KIF14 |\n| resistant | 4.2 |"
    assert len(paper.references) == 2


def test_text_that_word_tracks_and_controls(tmp_path: Path) -> None:
    from docx import Document
    from docx.oxml import parse_xml

    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    document = Document()
    document.add_paragraph(TITLE, style="Title")
    document.element.body.insert(
        1,
        parse_xml(
            f"<w:sdt {space}><w:sdtContent><w:p><w:r><w:t>It works</w:t></w:r>"
            "<w:ins><w:r><w:t> very well</w:t></w:r></w:ins><w:del><w:r><w:delText> badly</w:delText></w:r></w:del>"
            "<w:sdt><w:sdtContent><w:r><w:t> [1].</w:t></w:r></w:sdtContent></w:sdt></w:p></w:sdtContent></w:sdt>"
        ),
    )
    (paper,) = read(written(tmp_path, "paper.docx", documents.saved(document)))
    assert printed(paper, "Text") == "It works very well [1]."


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<workbook/>"}, "no Word document"),
        ({"mimetype": "application/epub+zip", "a.xhtml": "<html/>"}, "no Word document"),
        ({"[Content_Types].xml": "<Types/>", "word/document.xml": "<w/>"}, "damaged Word document"),
    ],
)
def test_other_office_documents_are_refused(tmp_path: Path, members: dict[str, str], message: str) -> None:
    with pytest.raises(ReadError, match=message):
        read(written(tmp_path, "paper.docx", zipped(members)))


def test_an_empty_word_document_is_refused(tmp_path: Path) -> None:
    from docx import Document

    with pytest.raises(ReadError, match="without text"):
        read(written(tmp_path, "paper.docx", documents.saved(Document())))


# Archives


def test_the_members_of_an_archive_are_read_like_files(tmp_path: Path) -> None:
    members = {
        "b/paper.md": "# One\n\nSome words.\n",
        "a.jsonl": json_lines({"x": "X is here.", "y": "Y is here."}),
        "page.html": WEB_PAGE,
        "paper.docx": documents.word_document(),
        ".hidden.txt": "Hidden",
        "__MACOSX/._a.txt": "Hidden",
        "figure.png": b"\x89PNG",
        "figure2.PNG": b"\x89PNG",
        "README": "nothing",
    }
    passed_over: Counter[str] = Counter()
    path = written(tmp_path, "papers.zip", zipped(members))
    papers = read(path, passed_over=passed_over)
    paths = [f"{path}!/{name}" for name in ("a.jsonl", "a.jsonl", "b/paper.md", "page.html", "paper.docx")]
    assert [paper.record.path for paper in papers] == paths
    assert passed_over == {".png": 2, "no ending": 1}
    assert file_of(paths[0]) == path
    for paper in papers:
        check(paper)


def test_a_bad_member_leaves_the_others(tmp_path: Path) -> None:
    whole = zipped(
        {"a.txt": "A title\n\nSome words.\n", "b.txt": "", "c.zip": zipped({"d.txt": "D"})}, packed=False
    )
    spoilt = whole.replace(b"Some words.", b"Some wards.")
    errors: list[ReadError] = []
    path = written(tmp_path, "papers.zip", spoilt)
    assert read(path, on_error=errors.append) == ()
    assert [error.path for error in errors] == [f"{path}!/{name}" for name in ("a.txt", "b.txt", "c.zip")]
    assert [
        word in str(error) for word, error in zip(("damaged", "empty", "in an archive"), errors, strict=True)
    ]
    with pytest.raises(ReadError, match="CRC"):
        read(path)


def test_bombs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = zipped({"bomb.txt": "0" * 5_000_000, "fine.txt": "Fine\n\nSome words.\n"})
    errors: list[ReadError] = []
    (paper,) = read(written(tmp_path, "bomb.zip", bomb), on_error=errors.append)
    assert paper.record.title == "Fine"
    assert "more than 200 times its size" in str(errors[0])
    with pytest.raises(ReadError, match="200 times"):
        read(
            written(tmp_path, "bomb.docx", zipped({"[Content_Types].xml": "", "word/a.xml": "0" * 5_000_000}))
        )

    monkeypatch.setattr(archive, "MOST_MEMBERS", 3)
    many = zipped({f"{i}.txt": "x" for i in range(5)})
    with pytest.raises(ReadError, match="more than the 3 members"):
        read(written(tmp_path, "many.zip", many))
    monkeypatch.setattr(archive, "LARGEST_WHOLE", 100)
    large = zipped({"a.txt": "A\n\nSome words.\n" * 2, "b.txt": "word " * 30})
    errors.clear()
    assert len(read(written(tmp_path, "large.zip", large), on_error=errors.append)) == 1
    assert "that an archive may hold" in str(errors[0])


def test_an_encrypted_member_says_so(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.txt": "A title"}, packed=False))
    data[6] |= 1  # the flags in the member's header, and in the directory
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(ReadError, match="encrypted"):
        read(written(tmp_path, "a.zip", bytes(data)))


def test_uncommon_packing_is_refused(tmp_path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as made:
        made.writestr("a.txt", "A title")
    with pytest.raises(ReadError, match="uncommon"):
        read(written(tmp_path, "a.zip", file.getvalue()))


@pytest.mark.parametrize(
    "data", [b"PK\x03\x04", b"PK\x05\x06" + bytes(18), zipped({"a.txt": "x" * 99})[:-30]]
)
def test_a_damaged_or_empty_archive(tmp_path: Path, data: bytes) -> None:
    errors: list[ReadError] = []
    assert read(written(tmp_path, "a.zip", data), on_error=errors.append) == ()
    assert all("damaged archive" in str(error) for error in errors)


def test_an_archive_in_the_library(shelf: Library, tmp_path: Path) -> None:
    texts = {
        "a.txt": "First\n\nSome words.\n",
        "b.txt": "Second\n\nOther words.\n",
        "c.txt": "Third\n\nWords.\n",
    }
    path = written(tmp_path, "papers.zip", zipped(texts | {"x.png": b""}))
    assert len(shelf.add(path).added) == 3
    assert len(shelf.add(path).unchanged) == 3

    written(tmp_path, "papers.zip", zipped({"a.txt": texts["a.txt"], "b.txt": ""}))  # c left, b is spoilt
    report = shelf.add(path)
    assert [record.title for record in report.removed] == ["Third"]
    assert [record.title for record in report.unchanged] == ["First"]
    assert [failure.path for failure in report.failed] == [f"{path}!/b.txt"]
    assert sorted(record.title for record in shelf.papers()) == ["First", "Second"]

    written(tmp_path, "papers.zip", b"PK\x03\x04 no longer an archive")
    assert shelf.add(path).removed == ()
    assert len(shelf.papers()) == 2


def test_a_paper_that_moves_out_of_its_archive(shelf: Library, tmp_path: Path) -> None:
    path = written(tmp_path / "papers", "papers.zip", zipped({"a.txt": "First\n\nSome words.\n"}))
    shelf.add(path)
    path.unlink()
    file = written(tmp_path / "papers", "a.txt", "First\n\nSome words.\n")
    report = shelf.add(file)
    assert len(shelf.papers()) == 1
    assert not report.removed
    assert shelf.papers()[0].path == str(file)


def test_repair_reads_archives_anew(shelf: Library, tmp_path: Path) -> None:
    path = written(
        tmp_path, "papers.zip", zipped({"a.txt": "First\n\nSome words.\n", "b.txt": "Second\n\nMore.\n"})
    )
    shelf.add(path)
    (edition,) = [entry for entry in (shelf.home / "chroma").iterdir() if entry.is_dir()]
    (edition / "chroma.sqlite3").write_bytes(b"spoilt")
    fresh = Library(shelf.home, FakeEmbedder())
    report = fresh.repair()
    assert not report.failed
    assert sorted(record.title for record in fresh.papers()) == ["First", "Second"]


# What is in a folder


def test_files_of_other_formats_are_counted(shelf: Library, tmp_path: Path) -> None:
    for name in ("a.png", "b.PNG", "c.csv", "noending", ".hidden.png", ".git/d.png"):
        written(tmp_path / "papers", name, "x")
    written(tmp_path / "papers", "one.txt", "One\n\nSome words.\n")
    written(tmp_path / "papers", "two.zip", zipped({"two.txt": "Two\n\nSome words.\n", "e.csv": "1,2"}))
    report = shelf.add(tmp_path / "papers")
    assert len(report.added) == 2
    assert not report.failed
    assert report.skipped == {".png": 2, ".csv": 2, "no ending": 1}
    assert (
        report.passed_over == "5 files of other formats were passed over: .csv (2), .png (2), no ending (1)."
    )
    assert shelf.add(tmp_path / "papers" / "one.txt").passed_over == ""


def test_a_named_file_is_tried_whatever_it_is_called(shelf: Library, tmp_path: Path) -> None:
    fine = written(tmp_path, "fine.csv", "A title\n\nSome words about it.\n")
    picture = written(tmp_path, "picture.png", b"\x89PNG\r\n\x1a\n" + bytes(range(32)) * 9)
    report = shelf.add(fine, picture)
    assert [record.title for record in report.added] == ["A title"]
    assert all(name in report.failed[0].reason for name in files.FORMATS)


def test_a_loop_of_folders_ends(tmp_path: Path) -> None:
    file = written(tmp_path / "papers" / "inner", "a.txt", "A")
    (tmp_path / "papers" / "inner" / "loop").symlink_to(tmp_path / "papers", target_is_directory=True)
    found = find([tmp_path / "papers"])
    assert found.files == [file]
    assert found.passed_over == {"linked folder": 1}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_pipes_and_broken_links_are_reported(shelf: Library, tmp_path: Path) -> None:
    file = written(tmp_path / "papers", "a.txt", "A\n\nSome words.\n")
    os.mkfifo(tmp_path / "papers" / "pipe.txt")
    (tmp_path / "papers" / "broken.md").symlink_to(tmp_path / "nowhere.md")
    report = shelf.add(tmp_path / "papers")
    assert len(report.added) == 1
    assert [Path(failure.path).name for failure in report.failed] == ["broken.md", "pipe.txt"]
    with pytest.raises(ReadError, match="a pipe or a device"):
        shelf.add(tmp_path / "papers" / "pipe.txt")
    file.unlink()
    os.mkfifo(file)  # between listing and reading
    with pytest.raises(ReadError, match="a pipe or a device"):
        read(file)


def test_a_file_that_vanishes_is_reported(
    tmp_path: Path, shelf: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path / "papers", "a.txt", "A\n\nSome words.\n")
    gone = written(tmp_path / "papers", "b.txt", "B\n\nSome words.\n")

    def vanish(_: object) -> None:
        gone.unlink(missing_ok=True)

    report = shelf.add(tmp_path / "papers", progress=vanish)
    assert len(report.added) == 1
    assert "is gone" in report.failed[0].reason


def test_a_folder_that_cannot_be_listed_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path / "locked", "a.txt", "A")
    real = os.scandir

    def scandir(path: str) -> object:
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)  # as root, no folder is locked
    found = find([tmp_path])
    assert "cannot be listed (Permission denied)" in str(found.errors[0])


# Bounds


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.truncate(files.LARGEST_FILE + 1)  # sparse: takes no room
    with pytest.raises(ReadError, match="more than the 256 MB"):
        read(path)


def test_a_text_that_is_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="more than the 10,000,000 that a paper may have"):
        read(written(tmp_path, "long.txt", "T\n\n" + "Words and words. " * 700_000))


def test_a_reader_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, "page.html", WEB_PAGE)
    assert read(path)
    helper = worker._process
    assert helper is not None
    os.kill(helper.pid, 19)  # SIGSTOP: the helper answers no more
    monkeypatch.setattr(worker, "SECONDS", 0.5)
    with pytest.raises(ReadError, match=r"takes more than the \d+ seconds"):
        read(path)
    monkeypatch.undo()
    assert read(path)  # by a new helper
    assert worker._process is not helper


def test_a_reader_that_works_for_too_long_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(
        tmp_path, "page.html", WEB_PAGE.replace("</main>", "<p>Words of it.</p>" * 2_000 + "</main>")
    )
    monkeypatch.setattr(worker, "SECONDS", 0.01)
    monkeypatch.setattr(worker, "SECONDS_PER_MEGABYTE", 0.0)
    monkeypatch.setattr(worker, "PATIENCE", 100_000)
    with pytest.raises(ReadError, match=r"takes more than the 0 seconds"):
        read(path)
    monkeypatch.undo()
    assert read(path)


def test_a_reader_that_breaks_down_is_reported(tmp_path: Path) -> None:
    path = written(tmp_path, "page.html", WEB_PAGE)
    read(path)
    helper = worker._process
    assert helper is not None
    os.kill(helper.pid, 19)
    threading.Timer(0.3, helper.kill).start()
    with pytest.raises(ReadError, match="the reader broke down over it"):
        read(path)
    assert read(path)


def test_the_helper_does_not_load_what_is_heavy() -> None:
    import subprocess
    import sys

    program = "import index.readers, sys; print([m for m in ('torch', 'chromadb', 'numpy', 'lxml', 'docx') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_errors_keep_their_path_on_the_way_from_the_helper() -> None:
    error = pickle.loads(pickle.dumps(ReadError("It is bad.", path="a.zip!/b.txt")))
    assert (str(error), error.path) == ("It is bad.", "a.zip!/b.txt")


BILLION = '<!DOCTYPE article [<!ENTITY a "aaaa">' + "".join(
    f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True)
)

HOSTILE: dict[str, bytes] = {
    "entities.xml": f"{BILLION}]><article><body><p>&j;</p></body></article>".encode(),
    "external.xml": b'<!DOCTYPE article [<!ENTITY x SYSTEM "file:///etc/passwd">]><article><p>&x;</p></article>',
    "external.html": b'<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]><html><p>Words of &x;</p></html>',
    "deep.xml": b"<article>" + b"<sec>" * 100_000 + b"</sec>" * 100_000 + b"</article>",
    "deep.html": b"<html><body>" + b"<div>" * 100_000 + b"Words.",
    "deep.jsonl": b'{"title": ' + b"[" * 100_000,
    "comments.html": b"<!-- x -->" * 2_000 + b"<html><p>Words of a paper.</p></html>",
    "nul.txt": b"A title\n\n" + b"Some words. " * 200 + b"\0",
    "nul.html": b"<html><body><p>Some\0 words of a paper.</p></body></html>",
    "nul.xml": b"<article>\0</article>",
    "surrogate.jsonl": b'{"title": "A \\ud800 title", "abstract": "Some \\udfff words."}',
    "halves.txt": "A title\n\nSome words.".encode("utf-16")[:-1],
    "mixed.txt": "Thériault\n\nSome words".encode("cp1252") + "é".encode(),
    "binary.txt": bytes(range(256)) * 40,
    "newlines.txt": b"\n" * 100_000 + b"x",
    "brackets.txt": b"T\n\n" + b"(" * 100_000,
    "tall.md": b"# T\n\n" + b"## Results\n\nSome words go here.\n\n" * 10_000,
    "half.docx": documents.word_document()[:4_000],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_read_or_reported_and_the_rest_goes_on(
    shelf: Library, tmp_path: Path, name: str
) -> None:
    written(tmp_path / "papers", name, HOSTILE[name])
    written(tmp_path / "papers", "zz.txt", "A fine paper\n\nIts words.\n")
    report = shelf.add(tmp_path / "papers")
    titles = [record.title for record in report.added]
    assert "A fine paper" in titles
    assert len(titles) + len(report.failed) == 2
    for failure in report.failed:
        assert failure.path.endswith(name)
        assert "\n" not in failure.reason
    assert not any("root:" in shelf.paper(record.id).text for record in report.added)


def test_a_bug_in_a_reader_is_the_error_of_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from index.readers import plain

    def broken(text: str, path: str) -> Paper:
        raise IndexError("list index out of range")

    monkeypatch.setattr(plain, "read", broken)
    with pytest.raises(ReadError, match=r"cannot be read \(IndexError: list index out of range\)"):
        read(written(tmp_path, "a.txt", "Words"))
    with pytest.raises(IndexError):
        list(papers_of(b"Words", "a.txt"))
