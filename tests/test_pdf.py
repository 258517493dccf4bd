"""PDF: pages set here, as journals set them, and files that must be refused; nothing crashes, nothing hangs."""

from __future__ import annotations

import io
import random
import textwrap
import time
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from index.errors import ReadError
from index.papers import Kind, Paper
from index.readers import pdf_pages
from index.readers.pdf import read_pdf, recognises

WIDTH, HEIGHT = A4
TITLE = "Silencing KIF14 restores sensitivity to sorafenib in hepatocellular carcinoma"
WORDS = (
    "tumour cells were treated with sorafenib for two days and the viable cells were counted in each well "
    "while control cells received the solvent alone under the same conditions of growth and light"
).split()


def prose(sentences: int, seed: int) -> str:
    """Return sentences that occur once: each names its own sample."""
    random_words = random.Random(seed)
    return " ".join(
        f"Sample {seed}{number:02d} shows that " + " ".join(random_words.choices(WORDS, k=14)) + "."
        for number in range(sentences)
    )


class Sheet:
    """Sets lines on pages, from the top down."""

    def __init__(self) -> None:
        self.buffer = io.BytesIO()
        self.canvas = Canvas(self.buffer, pagesize=A4, invariant=1)
        self.y = HEIGHT - 90

    def line(
        self, text: str, *, x: float = 50, size: float = 10, font: str = "Times-Roman", gap: float = 0
    ) -> None:
        self.y -= gap
        self.canvas.setFont(font, size)
        self.canvas.drawString(x, self.y, text)
        self.y -= size * 1.2

    def lines(self, texts: Sequence[str], **options: float | str) -> None:
        for text in texts:
            self.line(text, **options)  # type: ignore[arg-type]

    def at(self, x: float, y: float, text: str, *, size: float = 8, font: str = "Times-Roman") -> None:
        self.canvas.setFont(font, size)
        self.canvas.drawString(x, y, text)

    def page(self) -> None:
        self.canvas.showPage()
        self.y = HEIGHT - 90

    def bytes(self) -> bytes:
        self.canvas.showPage()
        self.canvas.save()
        return self.buffer.getvalue()


def wrapped(text: str, characters: int) -> list[str]:
    return textwrap.wrap(text, characters, break_on_hyphens=False)


REFERENCES = [
    "1. Zhu Q, Ren H, Li X. Silencing KIF14 reverses acquired resistance",
    "    to sorafenib. Aging. 2020 Nov;12(22):22975-23003.",
    "2. Llovet JM, Ricci S. Sorafenib in advanced hepatocellular",
    "    carcinoma. N Engl J Med. 2008;359(4):378-390.",
    "3. Cheng AL, Kang YK. Efficacy and safety of sorafenib in patients",
    "    in the Asia-Pacific region. Lancet Oncol. 2009;10(1):25-34.",
]


def article() -> bytes:
    """Return a two-column article of three pages with everything in it."""
    sheet = Sheet()
    sheet.canvas.setTitle("article_final.docx")
    sheet.at(50, HEIGHT - 40, "Journal of Liver Tests 2020; 12(3): 101-103")
    sheet.at(50, HEIGHT - 52, "https://doi.org/10.1234/jlt.2020.5678")
    sheet.lines(wrapped(TITLE, 48), size=18, font="Times-Bold")
    sheet.line("Qiankun Zhu1, Haiyang Ren2, Henning Hoyte1*", size=11, gap=6)
    sheet.line(
        "1 Department of Surgery, University of Somewhere, Town, China", size=8, font="Times-Italic", gap=4
    )
    sheet.line("2 Institute of Medicine, Hospital of the Coast, Bay, Norway", size=8, font="Times-Italic")
    sheet.line("Received 3 May 2020; Accepted 9 July 2020; Published 2 August 2020", size=8, gap=4)
    sheet.line("Abstract", size=12, font="Times-Bold", gap=12)
    sheet.lines(wrapped("Resistance to sorafenib is common. " + prose(2, 1), 100), size=9)
    sheet.line("Keywords: sorafenib; KIF14; liver cancer", size=9, gap=5)
    top = sheet.y - 30
    for column, (heading, seed) in enumerate((("1. Introduction", 2), ("2. Methods", 3))):
        sheet.y = top
        x = 50 + column * 255
        sheet.line(heading, x=x, size=12, font="Times-Bold")
        body = wrapped(prose(9, seed), 50)
        if column == 0:
            body[3:5] = [
                "We measured the uptake of the drug in hepato-",
                "cellular carcinoma cells at a dose-dependent rate.",
            ]
        sheet.lines(body, x=x)
    sheet.at(WIDTH / 2, 30, "101")
    for number in (102, 103):
        sheet.page()
        sheet.at(50, HEIGHT - 40, "Journal of Liver Tests")
        sheet.at(WIDTH - 70, HEIGHT - 40, str(number))
        sheet.at(50, 30, "www.example.org/jlt")
        if number == 102:
            second_page(sheet)
        else:
            sheet.line("3. Discussion", size=12, font="Times-Bold")
            sheet.lines(wrapped(prose(4, 6), 50))
            sheet.line("References", size=12, font="Times-Bold", gap=10)
            sheet.lines(REFERENCES, size=8)
    return sheet.bytes()


def second_page(sheet: Sheet) -> None:
    """Set the page with a sentence around a legend, a table and a run-in heading."""
    sheet.lines([*wrapped(prose(3, 4), 50), "The sentence that began above the figure goes"])
    sheet.at(90, sheet.y - 30, "0.5", size=6)
    sheet.at(120, sheet.y - 40, "Viability", size=6)
    sheet.y -= 60
    sheet.lines(
        ["Figure 1. Growth of the cells under sorafenib. Bars", "show the mean of three runs."], size=8
    )
    sheet.y -= 8
    sheet.lines(["on below it and ends here.", *wrapped(prose(2, 7), 50)])
    sheet.y = HEIGHT - 90
    sheet.line("Table 1. Weights of the groups.", x=305, size=8)
    top = sheet.y + 4
    for cells in (("Group", "Weight", "P"), ("Control", "12.5", "0.03"), ("Treated", "9.1", "0.01")):
        for place, cell in enumerate(cells):
            sheet.at(305 + 80 * place, sheet.y - 6, cell)
        sheet.y -= 12
    for y in (top, top - 14, sheet.y):
        sheet.canvas.line(305, y, 545, y)
    sheet.y -= 12
    sheet.line("Means of six animals.", x=305, size=7)
    sheet.y -= 10
    sheet.canvas.setFont("Times-Italic", 10)
    sheet.canvas.drawString(305, sheet.y, "2.1. Animals.")
    sheet.at(365, sheet.y, "Mice were kept in pairs and had water at all", size=10)
    sheet.y -= 12
    sheet.lines(["times of the day.", *wrapped(prose(5, 5), 50)], x=305)


@pytest.fixture(scope="module")
def paper() -> Paper:
    return read_pdf(article(), "papers/article.pdf")


def printed(paper: Paper, heading: str) -> str:
    return "\n\n".join(
        paper.text[section.start : section.end] for section in paper.sections if section.heading == heading
    )


def check_whole(paper: Paper) -> None:
    """Sections in order and apart, references inside theirs, pages in order."""
    for one, other in pairwise(paper.sections):
        assert one.start < one.end <= other.start
    assert all(section.end <= len(paper.text) for section in paper.sections)
    for reference in paper.references:
        assert any(
            section.kind is Kind.REFERENCE and section.start <= reference.start < reference.end <= section.end
            for section in paper.sections
        )
    assert list(paper.pages) == sorted(paper.pages) and paper.pages[0] == 0
    paper.text.encode()
    assert "\0" not in paper.text


def test_recognises_pdfs_by_their_header() -> None:
    assert recognises(article())
    assert recognises(b"\xef\xbb\xbf\n%PDF-1.4\n")
    assert not recognises(b"PDF is a format")
    assert not recognises(b" " * 2000 + b"%PDF-1.4")


def test_the_record(paper: Paper) -> None:
    record = paper.record
    assert record.title == TITLE
    assert record.authors == ("Qiankun Zhu", "Haiyang Ren", "Henning Hoyte")
    assert (record.journal, record.year) == ("Journal of Liver Tests", 2020)
    assert (record.volume, record.issue, record.pages) == ("12", "3", "101-103")
    assert record.doi == "10.1234/jlt.2020.5678"
    assert record.keywords == ("sorafenib", "KIF14", "liver cancer")
    assert record.path == "papers/article.pdf"


def test_the_sections(paper: Paper) -> None:
    check_whole(paper)
    headings = dict.fromkeys(section.heading for section in paper.sections if section.kind is Kind.TEXT)
    assert list(headings) == [
        "Title", "Abstract", "1. Introduction", "2. Methods", "Figure 1", "Table 1", "2. Methods: 2.1. Animals",
        "3. Discussion",
    ]  # fmt: skip


def test_columns_are_read_one_after_the_other(paper: Paper) -> None:
    introduction = printed(paper, "1. Introduction")
    assert introduction.startswith("Sample 200 shows")
    assert introduction.endswith(".")
    assert "Sample 208" in introduction
    assert "Sample 3" not in introduction
    assert "Sample 300" in printed(paper, "2. Methods")


def test_hyphens_at_line_ends_are_mended(paper: Paper) -> None:
    assert "the drug in hepatocellular carcinoma cells at a dose-dependent rate" in printed(
        paper, "1. Introduction"
    )


def test_a_sentence_goes_on_below_a_figure(paper: Paper) -> None:
    assert "The sentence that began above the figure goes on below it and ends here." in paper.text
    assert (
        printed(paper, "Figure 1") == "Growth of the cells under sorafenib. Bars show the mean of three runs."
    )
    assert "Viability" not in paper.text


def test_a_table_has_rows_and_notes(paper: Paper) -> None:
    assert printed(paper, "Table 1") == (
        "Weights of the groups.\n\n| Group | Weight | P |\n| Control | 12.5 | 0.03 |\n| Treated | 9.1 | 0.01 |\n\n"
        "Means of six animals."
    )


def test_heads_feet_and_page_numbers_are_gone(paper: Paper) -> None:
    body = "".join(
        paper.text[section.start : section.end] for section in paper.sections if section.kind is Kind.TEXT
    )
    assert "Journal of Liver Tests" not in body
    assert "www.example.org" not in body
    assert "102" not in body


def test_the_references(paper: Paper) -> None:
    first, second, third = paper.references
    assert first.title == "Silencing KIF14 reverses acquired resistance to sorafenib"
    assert (first.journal, first.year, first.volume, first.issue) == ("Aging", 2020, "12", "22")
    assert first.authors == ("Q Zhu", "H Ren", "X Li")
    assert second.title == "Sorafenib in advanced hepatocellular carcinoma"
    assert paper.text[third.start : third.end].startswith("Cheng AL, Kang YK. Efficacy")
    assert paper.text[third.start : third.end].endswith("2009;10(1):25-34.")


def test_offsets_know_their_pages(paper: Paper) -> None:
    assert len(paper.pages) == 3
    for words, page in (
        ("Sample 200", 1),
        ("Sample 300", 1),
        ("Sample 400", 2),
        ("Growth of", 2),
        ("Sample 600", 3),
    ):
        assert paper.page_of(paper.text.index(words)) == page
    assert paper.page_of(paper.references[0].start) == 3
    assert Paper.from_json(paper.to_json(), paper.text) == paper


def test_papers_without_pages_have_no_page() -> None:
    paper = read_pdf(article(), "a.pdf")
    values = paper.to_json()
    del values["pages"]
    stored_before = Paper.from_json(values, paper.text)
    assert stored_before.pages == ()
    assert stored_before.page_of(5) is None


def test_line_numbers_of_a_manuscript_are_gone() -> None:
    sheet = Sheet()
    sheet.lines(wrapped(TITLE, 60), size=16, font="Times-Bold")
    sheet.line("Introduction", size=12, font="Times-Bold", gap=10)
    for number, line in enumerate(wrapped(prose(20, 1), 80), start=1):
        sheet.at(30, sheet.y, str(number), size=8)
        sheet.line(line, x=80, gap=8)
    paper = read_pdf(sheet.bytes(), "a.pdf")
    text = printed(paper, "Introduction")
    assert " ".join(text.split()) == prose(20, 1)


@pytest.mark.parametrize("quarter", [90, 180, 270])
def test_pages_that_were_turned_are_read(quarter: int) -> None:
    writer = PdfWriter()
    for page in PdfReader(io.BytesIO(article())).pages:
        page.rotate(quarter)
        writer.add_page(page)
    out = io.BytesIO()
    writer.write(out)
    assert read_pdf(out.getvalue(), "a.pdf").text == read_pdf(article(), "a.pdf").text


def test_text_that_runs_up_the_page_is_read() -> None:
    sheet = Sheet()
    sheet.canvas.rotate(90)
    sheet.canvas.setFont("Times-Roman", 10)
    for place, line in enumerate(wrapped(prose(6, 1), 90)):
        sheet.canvas.drawString(60, -60 - 12 * place, line)
    paper = read_pdf(sheet.bytes(), "a.pdf")
    assert prose(6, 1) in paper.text


def test_raised_citations_stay_with_their_word() -> None:
    sheet = Sheet()
    sheet.lines(wrapped(TITLE, 60), size=16, font="Times-Bold")
    sheet.line("Introduction", size=12, font="Times-Bold", gap=10)
    sheet.at(50, sheet.y, "Resistance is common in these tumours.", size=10)
    width = sheet.canvas.stringWidth("Resistance is common in these tumours.", "Times-Roman", 10)
    sheet.at(50 + width, sheet.y + 4, "1,2", size=6)
    sheet.at(50 + width + 12, sheet.y, "Few patients respond for long to the drug.", size=10)
    sheet.y -= 12
    sheet.lines(wrapped(prose(5, 1), 90))
    text = printed(read_pdf(sheet.bytes(), "a.pdf"), "Introduction")
    assert text.startswith("Resistance is common in these tumours.1,2 Few patients respond")


def test_a_file_without_headings_has_its_text() -> None:
    sheet = Sheet()
    sheet.lines(wrapped(prose(12, 1), 90))
    paper = read_pdf(sheet.bytes(), "folder/some_letter.pdf")
    assert paper.record.title == "some letter"
    assert " ".join(printed(paper, "Text").split()) == prose(12, 1)


# ------------------------------------------------------------------------------------------ hostile files


def encrypted(user: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(article())))
    writer.encrypt(user_password=user, owner_password="owner", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def image_only() -> bytes:
    sheet = Sheet()
    sheet.canvas.rect(50, 50, 300, 300, fill=1)
    return sheet.bytes()


def without_pages() -> bytes:
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
        b"trailer<</Root 1 0 R/Size 3>>\n%%EOF\n"
    )


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: encrypted("secret"), "encrypted with a password; save a copy without one"),
        (image_only, "no text layer; run OCR first"),
        (without_pages, "a.pdf"),
        (lambda: article()[:300], "a.pdf"),
        (lambda: b"%PDF-1.7\n" + random.Random(1).randbytes(50_000), "damaged"),
        (lambda: b"%PDF-1.7", "damaged"),
    ],
    ids=["password", "image", "no pages", "truncated", "garbage", "header alone"],
)
def test_files_that_cannot_be_read_say_why(make: Callable[[], bytes], says: str) -> None:
    with pytest.raises(ReadError, match=says):
        read_pdf(make(), "a.pdf")


def test_a_file_that_may_be_read_but_not_changed_is_read() -> None:
    assert read_pdf(encrypted(""), "a.pdf").text == read_pdf(article(), "a.pdf").text


def test_ten_thousand_pages_are_refused_at_once() -> None:
    kids = b" ".join([b"3 0 R"] * 10_000)
    data = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids["
        + kids
        + b"]/Count 10000>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\n"
        b"trailer<</Root 1 0 R/Size 4>>\n%%EOF\n"
    )
    begin = time.monotonic()
    with pytest.raises(ReadError, match="10,000 pages and at most 1,000 are read"):
        read_pdf(data, "a.pdf")
    assert time.monotonic() - begin < 60


def test_reading_has_a_time_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_pages, "MOST_SECONDS", -1.0)
    with pytest.raises(ReadError, match="longer than"):
        read_pdf(article(), "a.pdf")


def test_reading_has_a_bound_of_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_pages, "MOST_CHARACTERS", 100)
    with pytest.raises(ReadError, match="more than 100 characters"):
        read_pdf(article(), "a.pdf")


ARTICLE = article()


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    edits=st.lists(
        st.tuples(st.integers(0, len(ARTICLE) - 1), st.binary(max_size=8)), min_size=1, max_size=40
    ),
    end=st.integers(len(ARTICLE) // 2, len(ARTICLE)),
)
def test_damaged_files_are_read_or_refused(edits: list[tuple[int, bytes]], end: int) -> None:
    data = bytearray(ARTICLE[:end])
    for place, new in edits:
        data[place : place + len(new)] = new
    begin = time.monotonic()
    try:
        check_whole(read_pdf(bytes(data), "a.pdf"))
    except ReadError as error:
        assert str(error).startswith("a.pdf")
    assert time.monotonic() - begin < 60
