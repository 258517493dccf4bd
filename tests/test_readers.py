"""Readers: the seeds word by word, other files sensibly, bad files with one sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import ReadError
from index.papers import Entity, Kind, Paper
from index.readers import abstract, find, markdown, plain, portal, read, summary
from index.readers.fields import iso_date, names_of
from index.readers.references import references_of

SEEDS = Path(__file__).parent.parent / "seeds"
PORTAL, SUMMARY, ABSTRACT = sorted(SEEDS.glob("*.txt"))


def printed(paper: Paper, heading: str) -> str:
    """Return the text of the section with this heading."""
    (section,) = [section for section in paper.sections if section.heading == heading]
    return paper.text[section.start : section.end]


def headings(paper: Paper) -> list[str]:
    return [section.heading for section in paper.sections]


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


# The seeds


def test_the_portal_page() -> None:
    (paper,) = read(PORTAL)
    record = paper.record
    assert record.title.startswith("Sorafenib inhibits ribonucleotide reductase regulatory subunit M2 (RRM2)")
    assert record.authors == ("Pei Ming Yang", "Li Shan Lin", "Tsang Pai Liu")
    assert (record.year, record.date, record.issue, record.pages) == (2020, "2020-01", "1", "117")
    assert (record.journal, record.doi, record.pmid, record.volume) == (None, None, None, None)
    assert record.keywords == (
        "Autophagy",
        "Hepatocellular carcinoma",
        "Ribonucleotide reductase",
        "Sorafenib",
    )
    assert headings(paper) == ["Title", "authors", "Abstract", "pages", "issue", "date", "keywords"]
    assert printed(paper, "Abstract").startswith("The main curative treatments")
    assert printed(paper, "Abstract").endswith("anticancer activity in HCC cells.")
    assert (printed(paper, "pages"), printed(paper, "date")) == ("117", "Jan 2020")


def test_the_summary_page() -> None:
    (paper,) = read(SUMMARY)
    record = paper.record
    assert record.title.endswith("Reprogramming in Sorafenib-Resistant Hepatocellular Carcinoma Cells")
    assert len(record.authors) == 8
    assert record.authors[3] == "Bruno De Siena"
    assert (record.year, record.date, record.journal) == (2026, "2026-02-11", "BioTech")
    assert (record.doi, record.pmcid) == ("10.3390/biotech15010018", "PMC12921911")
    assert record.url == "https://tomesphere.com/paper/PMC12921911"
    kinds = {section.heading: section.kind for section in paper.sections}
    assert kinds["TL;DR"] is kinds["Contribution"] is kinds["Key findings"] is Kind.SUMMARY
    assert kinds["Abstract"] is Kind.TEXT
    assert kinds["Full-text entities"] is kinds["Linked entities"] is Kind.ANNOTATION
    assert not {"Full text", "Figures", "References"} & set(kinds)


def test_the_entities_of_the_summary_page() -> None:
    (paper,) = read(SUMMARY)
    assert (
        Entity("gene", ("Nfe2l2", "nuclear factor, erythroid derived 2, like 2", "Nrf2"), "NCBI Gene 18024")
        in paper.entities
    )
    assert Entity("chemical", ("Bay 43-9006",), "MESH:D000077157") in paper.entities
    assert Entity("chemical", ("3PG",), None) in paper.entities
    assert Entity("species", ("Mus musculus", "house mouse"), "taxon 10090") in paper.entities
    assert Entity("cell line", ("H55-RES",), "CVCL_VU84") in paper.entities
    solute = next(entity for entity in paper.entities if entity.names[0] == "Slc7a11")
    assert (
        solute.names[1] == "solute carrier family 7 (cationic amino acid transporter, y+ system), member 11"
    )
    count = {
        category: sum(e.category == category for e in paper.entities)
        for category in ("gene", "chemical", "disease", "species", "cell line")
    }
    assert count == {"gene": 31, "chemical": 43, "disease": 10, "species": 3, "cell line": 6}


def test_the_abstract_page() -> None:
    (paper,) = read(ABSTRACT)
    record = paper.record
    assert (
        record.title
        == "Silencing KIF14 reverses acquired resistance to sorafenib in hepatocellular carcinoma"
    )
    assert record.authors == (
        "Qiankun Zhu", "Haiyang Ren", "Xiaodong Li", "Bo Qian", "Shengjie Fan", "Fengli Hu", "Lishan Xu", "Bo Zhai",
    )  # fmt: skip
    assert (record.year, record.date, record.journal) == (2020, "2020-11", None)
    assert (record.volume, record.issue, record.pages) == ("12", "22", "22975-23003")
    assert (record.doi, record.pmid) == ("10.18632/aging.104028", "33203790")
    assert "human kinesin family member 14" in record.keywords
    assert printed(paper, "doi") == "10.18632/aging.104028"
    assert printed(paper, "authors").startswith("Qiankun Zhu")
    assert record.short == "Zhu et al. 2020"


def test_the_72_references_of_the_abstract_page() -> None:
    (paper,) = read(ABSTRACT)
    assert len(paper.references) == 72
    first, last = paper.references[0], paper.references[-1]
    assert first.title.startswith("Efficacy and safety of sorafenib in patients in the Asia-Pacific region")
    assert first.authors == ("Ann-Lii Cheng", "Yoon-Koo Kang", "Zhongzhen Guan")
    assert (first.journal, first.date, first.year) == ("Lancet Oncol", "2008-12-20", 2008)
    assert (first.volume, first.issue, first.pmid) == ("10", "1", "19095497")
    assert (last.journal, last.volume, last.issue, last.pmid) == ("Pharmacol Res", "135", None, "30114438")
    assert all(reference.pmid and reference.date and reference.authors for reference in paper.references)
    database = next(r for r in paper.references if r.title.startswith("STRING v10"))
    assert (database.volume, database.issue) == ("43", "Database issue")
    for reference in paper.references:
        entry = paper.text[reference.start : reference.end]
        assert entry.startswith(reference.title)
        assert entry.endswith(str(reference.pmid))


@pytest.mark.parametrize("path", [PORTAL, SUMMARY, ABSTRACT], ids=lambda path: path.name[:3])
def test_the_text_of_a_seed_is_the_file_and_its_sections_lie_in_order(path: Path) -> None:
    (paper,) = read(path)
    assert paper.text == path.read_bytes().decode("utf-8")
    check(paper)
    assert paper.record.id == read(path)[0].record.id


def test_other_pages_of_the_same_sites_are_recognised(tmp_path: Path) -> None:
    page = (
        "Lenvatinib after sorafenib\n\nAnn Lee, Bob Ray\n\nResearch output: Contribution to journalArticlepeer-review\n\n"
        "1 Citation (Scopus)\n\nAbstract\nIt helped. It did.\n\nOriginal languageEnglish\nPages (from-to)12-19\n"
        "JournalCancers\nVolume7\nIssue number2\nDOIs\n  • https://doi.org/10.1000/abc.5\n"
        "Publication statusPublished - 3 Mar 2021\n\nCite this\n"
    )
    (paper,) = read(written(tmp_path, "page.txt", page))
    record = paper.record
    assert (record.journal, record.volume, record.issue, record.pages) == ("Cancers", "7", "2", "12-19")
    assert (record.doi, record.date) == ("10.1000/abc.5", "2021-03-03")
    assert printed(paper, "Abstract") == "It helped. It did."


def test_an_abstract_page_with_a_list_in_its_abstract(tmp_path: Path) -> None:
    page = (
        "Review\nLiver Cancer. 2021 Mar; 3(2):12-19.\ndoi: 10.1000/abc.5.\n\nSorafenib today\n\nAnn Lee 1 Bob Ray 2\n"
        "  • PMID: 123\n  • PMCID: PMC4567\n\nIt helps:\n• some\n• others\n\nKeywords: liver.\n\n"
        "Cancer statistics, 2020.\nA Sun, B Moon.\nGut, 2020 Jan 02; 7. PMID: 9\n"
    )
    (paper,) = read(written(tmp_path, "page.txt", page))
    record = paper.record
    assert (record.journal, record.date, record.pages, record.pmcid) == (
        "Liver Cancer",
        "2021-03",
        "12-19",
        "PMC4567",
    )
    assert record.authors == ("Ann Lee", "Bob Ray")
    assert printed(paper, "Abstract") == "It helps:\n• some\n• others"
    assert [(r.title, r.authors) for r in paper.references] == [
        ("Cancer statistics, 2020", ("A Sun", "B Moon"))
    ]


def test_a_complete_paper_from_the_site_of_the_summaries(tmp_path: Path) -> None:
    page = (
        "# A title\n\n**Authors:** Ann Lee, Bob Ray\n\nPMC · DOI: 10.1000/abc.5 · Liver Cancer · 2021-03-04\n\n"
        "## Abstract\n\nIt helps.\n\n## References\n\n1. Zhu Q, Ren H. Silencing KIF14 works. Aging. 2020;12(22):1-2.\n"
    )
    (paper,) = read(written(tmp_path, "page.md", page))
    assert (paper.record.journal, paper.record.date, paper.record.doi) == (
        "Liver Cancer",
        "2021-03-04",
        "10.1000/abc.5",
    )
    assert [reference.title for reference in paper.references] == ["Silencing KIF14 works"]


# Plain text, Markdown, JSON Lines

PLAIN = """A study of sorafenib in mice

https://www.ncbi.nlm.nih.gov/pmc/articles/PMC5820427/

SHA: edfe02a438fa9b667313da8f03614303fc2a4a14

Authors: Bouvier, Monique; Chen, Wei‐Ju; Arnold, John C.
Date: 2018-02-02
DOI: 10.1111/irv.12538
License: cc-by

Abstract: Mice were studied. They lived.

Text: The first paragraph is about mice and their livers.

Cell culture

Cells were kept in DMEM with ten per cent serum for four days in all.

References

1. Zhu Q, Ren H, et al. Silencing KIF14 reverses resistance. Aging. 2020;12(22):22975-23003. PMID: 33203790
2. Smith, J., & Doe, A. (2019). Drug resistance in liver cancer. Hepatology, 70(4), 1–9.
"""


def test_plain_text(tmp_path: Path) -> None:
    (paper,) = read(written(tmp_path, "a.txt", PLAIN))
    record = paper.record
    assert record.title == "A study of sorafenib in mice"
    assert record.authors == ("Monique Bouvier", "Wei‐Ju Chen", "John C. Arnold")
    assert (record.date, record.doi, record.pmcid) == ("2018-02-02", "10.1111/irv.12538", "PMC5820427")
    assert headings(paper) == [
        "Title",
        "url",
        "authors",
        "date",
        "doi",
        "Abstract",
        "Text",
        "Cell culture",
        "References",
    ]
    assert printed(paper, "Abstract") == "Mice were studied. They lived."
    assert paper.sections[-1].kind is Kind.REFERENCE
    first, second = paper.references
    assert (first.title, first.journal, first.volume) == (
        "Silencing KIF14 reverses resistance",
        "Aging",
        "12",
    )
    assert (first.authors, first.pmid) == (("Q Zhu", "H Ren"), "33203790")
    assert (second.title, second.authors) == ("Drug resistance in liver cancer", ("J. Smith", "A. Doe"))
    check(paper)


def test_plain_text_without_any_form(tmp_path: Path) -> None:
    (paper,) = read(written(tmp_path, "my_notes.txt", "Sorafenib is a drug. " * 40))
    assert paper.record.title == "my notes"
    assert headings(paper) == ["Text"]


def test_a_value_that_says_there_is_none_is_none(tmp_path: Path) -> None:
    (paper,) = read(
        written(tmp_path, "a.txt", "A title\n\nAuthors: nan\n\nAbstract: nan\n\nText: The words go here.\n")
    )
    assert paper.record.authors == ()
    assert headings(paper) == ["Title", "Text"]


def test_markdown(tmp_path: Path) -> None:
    text = (
        "# On *sorafenib*\n\n**Authors:** Ann Lee, Bob Ray\n\n## Abstract\n\nIt works.\n\n```\n# no heading\n```\n\n"
        "## Keywords\n\nliver; cancer\n\nResults\n-------\n\n- one\n- two\n\n---\n"
    )
    (paper,) = read(written(tmp_path, "a.md", text))
    assert paper.record.authors == ("Ann Lee", "Bob Ray")
    assert paper.record.keywords == ("liver", "cancer")
    assert headings(paper) == ["Title", "authors", "Abstract", "keywords", "Results"]
    assert "# no heading" in printed(paper, "Abstract")
    assert printed(paper, "Results") == "- one\n- two"


def test_markdown_with_front_matter(tmp_path: Path) -> None:
    text = "---\ntitle: My notes\nauthors: [Ann Lee, Bob Ray]\nyear: 2021\n---\n\nSome words.\n\n# Results\n\nIt works.\n"
    (paper,) = read(written(tmp_path, "a.md", text))
    assert (paper.record.title, paper.record.year) == ("My notes", 2021)
    assert paper.record.authors == ("Ann Lee", "Bob Ray")
    assert headings(paper) == ["Title", "authors", "date", "Text", "Results"]


def test_json_lines(tmp_path: Path) -> None:
    lines = [
        json.dumps(
            {
                "id": "4983",
                "title": "T one",
                "abstract": "It works.\u2028It does.",
                "authors": ["Zhu, Q", "Ren, H"],
            }
        ),
        "",
        json.dumps(
            {"title": "T two", "year": 2020, "journal": "Aging", "pmid": 33203790, "text": "Methods\nWe did."}
        ),
    ]
    first, second = read(written(tmp_path, "a.jsonl", "\n".join(lines)))
    assert (first.record.id, first.record.authors) == ("4983", ("Q Zhu", "H Ren"))
    assert (second.record.year, second.record.journal, second.record.pmid) == (2020, "Aging", "33203790")
    assert second.record.id.startswith("t-2020-")
    assert printed(second, "journal") == "Aging"
    assert printed(second, "Methods") == "We did."
    check(first)
    check(second)


def test_a_bad_line_is_reported_and_the_others_are_read(tmp_path: Path) -> None:
    lines = ['{"title": "T one"}', "{oops", "[1]", '{"title": {"a": 1}}', "{}", '{"title": "T two"}']
    path = written(tmp_path, "a.jsonl", "\n".join(lines))
    errors: list[ReadError] = []
    papers = read(path, on_error=errors.append)
    assert [paper.record.title for paper in papers] == ["T one", "T two"]
    assert [str(error).split(" of ")[0] for error in errors] == ["Line 2", "Line 3", "Line 4", "Line 5"]
    with pytest.raises(ReadError, match=r"^Line 2 of .*a\.jsonl"):
        read(path)


# Ids


def test_the_same_work_has_the_same_id_from_every_file(tmp_path: Path) -> None:
    one = written(
        tmp_path, "a.txt", "A title\n\nAuthors: Müller, Ann\nDate: 2020\nDOI: 10.1000/ABC\n\nText: One.\n"
    )
    two = written(
        tmp_path,
        "b.md",
        "# A Title.\n\n**Authors:** Ann Müller\n\nDate: 2020\n\nhttps://doi.org/10.1000/abc\n",
    )
    assert read(one)[0].record.id == read(two)[0].record.id
    assert read(one)[0].record.id.startswith("muller-2020-")


def test_an_id_without_author_and_year(tmp_path: Path) -> None:
    assert read(written(tmp_path, "a.txt", "Über alles\n\nSome text.\n"))[0].record.id.startswith("uber-nd-")


# Files


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b" \r\n\t", "is empty"),
        (b"\x00\x00", "is empty"),
        (b"\x1f\x8b\x08\x00" + bytes(range(32)) * 20, "is not text"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(200), "is not text"),
        (b"caf\x81 " * 3, "unknown encoding"),
        (bytes(range(256)) * 3, "of no other format that can be read"),
    ],
)
def test_bad_files_say_why(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "bad.txt"
    path.write_bytes(data)
    with pytest.raises(ReadError, match=message) as caught:
        read(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("Thériault’s title\r\n\r\nSome text.\r\n".encode(encoding))
    (paper,) = read(path)
    assert paper.text == "Thériault’s title\r\n\r\nSome text.\r\n"
    assert paper.record.title == "Thériault’s title"


def test_a_few_stray_nul_bytes_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"A title\n\n" + b"Some words. " * 50 + b"\x00")
    assert read(path)[0].record.title == "A title"


def test_find(tmp_path: Path) -> None:
    for name in ("b.txt", "a.md", "sub/c.jsonl", ".hidden.txt", ".git/d.txt", "e.exe"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    names = ["a.md", "b.txt", "sub/c.jsonl"]
    assert [str(path.relative_to(tmp_path)) for path in find([tmp_path]).files] == names
    assert find([str(tmp_path / "*.txt"), tmp_path / "b.txt"]).files == [tmp_path / "b.txt"]
    assert find([tmp_path / "e.exe"]).files == [tmp_path / "e.exe"]
    with pytest.raises(ReadError, match="no file or folder"):
        find([tmp_path / "missing"])


# Fields


@pytest.mark.parametrize(
    ("line", "date"),
    [
        ("2026-02-11", "2026-02-11"),
        ("2020 Nov; 12(22)", "2020-11"),
        ("Published - Jan 2020", "2020-01"),
        ("3 March 2021", "2021-03-03"),
        ("February 11, 2020", "2020-02-11"),
        ("2008 Dec 20; 10(1)", "2008-12-20"),
        ("2019", "2019"),
        ("In 12345 cells", None),
    ],
)
def test_dates(line: str, date: str | None) -> None:
    assert iso_date(line) == date


@pytest.mark.parametrize(
    ("line", "names"),
    [
        (
            "Qiankun Zhu\u00a01 Haiyang Ren\u00a01 Bo Zhai\u00a01\u00a0",
            ("Qiankun Zhu", "Haiyang Ren", "Bo Zhai"),
        ),
        ("Ann Lee1,2, Bob Ray¹* and Cy Fox†", ("Ann Lee", "Bob Ray", "Cy Fox")),
        ("Zhu Q, Ren H", ("Q Zhu", "H Ren")),
        ("David L. Swerdlow, MD1; Lyn Finelli, DrPH, MS2", ("David L. Swerdlow", "Lyn Finelli")),
        ("Jamieson, Amanda M", ("Amanda M Jamieson",)),
        ("le Roux, David M.; Zar, Heather J.", ("David M. le Roux", "Heather J. Zar")),
        ("Y Sato", ("Y Sato",)),
        ("S S Cao, Y S Zhen", ("S S Cao", "Y S Zhen")),
        ("", ()),
    ],
)
def test_names(line: str, names: tuple[str, ...]) -> None:
    assert names_of(line) == names


def test_references_that_are_no_list_are_parted_by_paragraph() -> None:
    text = "First work, somewhere,\n2001.\n\nSecond work\n2002."
    found = list(references_of(text, 0, len(text)))
    assert [(r.title, r.year) for r in found] == [
        ("First work, somewhere, 2001.", 2001),
        ("Second work 2002.", 2002),
    ]


def check(paper: Paper) -> None:
    """Assert what holds for every paper that a reader returns."""
    position = 0
    for section in paper.sections:
        assert position <= section.start < section.end <= len(paper.text)
        position = section.end
        body = paper.text[section.start : section.end]
        assert body == body.strip()
    for reference in paper.references:
        assert any(
            s.kind is Kind.REFERENCE and s.start <= reference.start < reference.end <= s.end
            for s in paper.sections
        )
    assert paper.record.title


LINES = st.lists(
    st.sampled_from(
        [
            "", "# Title", "## Results", "Abstract: We did.", "Authors: Zhu, Q; Ren, H", "doi: 10.1000/a.b", "---",
            "References", "1. Zhu Q. A title here. Aging. 2020;12:1.", "title: X", "Keywords: a, b", "Short line",
            "A long sentence that goes on with many words and ends here.", "https://doi.org/10.1/x", "2020-01-02",
            "Ann Lee, Bob Ray", "ALL CAPS", "  • PMID: 123", ". 2020 Nov; 12(22):1-2.", "Research output: x",
            "Original languageEnglish", "Source: https://a.b/PMC123456", "## Linked entities", "- **Genes:** A (b) [c] {aka d}",
        ]
    ) | st.text(max_size=30),
    max_size=25,
)  # fmt: skip


@given(LINES, st.sampled_from(["\n", "\r\n"]))
def test_any_text_gives_a_paper_whose_sections_are_in_order(lines: list[str], end: str) -> None:
    text = end.join(lines)
    if not text.strip():
        return
    for reader in (plain, markdown):
        check(reader.read(text, "a.txt"))
    for special in (portal, abstract, summary):
        if special.recognises(text):
            check(special.read(text, "a.txt"))
