"""JATS: a small article with everything in it, and files that must be refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.errors import ReadError
from index.papers import Kind, Paper
from index.readers import read
from index.segmenting import segment

ARTICLE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96) v1.0//EN" "JATS-archivearticle1.dtd">
<article xmlns:xlink="http://www.w3.org/1999/xlink"><front>
<journal-meta><journal-title-group><journal-title>Aging</journal-title></journal-title-group></journal-meta>
<article-meta>
<article-id pub-id-type="pmid">33203790</article-id><article-id pub-id-type="pmc">7746388</article-id>
<article-id pub-id-type="doi">10.18632/aging.104028</article-id>
<title-group><article-title>Silencing <italic>KIF14</italic> works<xref ref-type="fn">*</xref><fn><p>Note.</p></fn></article-title>
<subtitle>a study</subtitle></title-group>
<contrib-group>
<contrib contrib-type="author"><name><surname>Høyte</surname><given-names>Henning</given-names><suffix>Jr</suffix></name><xref ref-type="aff">1</xref><email>a@b.c</email></contrib>
<contrib contrib-type="author"><collab>SHARP Investigators</collab></contrib>
<contrib contrib-type="editor"><name><surname>Editor</surname><given-names>An</given-names></name></contrib>
</contrib-group>
<pub-date pub-type="epub"><day>9</day><month>5</month><year>2020</year></pub-date>
<pub-date pub-type="collection"><year>2020</year></pub-date>
<volume>12</volume><issue>22</issue><fpage>22975</fpage><lpage>23003</lpage>
<permissions><license><p>Open access article.</p></license></permissions>
<abstract><sec><title>Background:</title><p>Resistance is common.</p></sec><sec><title>Results</title><p>It&nbsp;fell.</p></sec></abstract>
<kwd-group><kwd>liver</kwd><kwd>KIF14</kwd></kwd-group>
</article-meta></front>
<body><p>An opening.</p>
<sec><label>2</label><title>Methods</title><p>Mice were fed.<xref>1</xref> They lived.<table-wrap><label>Table 1.</label>
<caption><p>Weights.</p></caption><table><thead><tr><th>Group</th><th>g</th></tr></thead><tbody><tr><td>A</td><td>12</td></tr></tbody></table>
<table-wrap-foot><fn><p>Means.</p></fn></table-wrap-foot></table-wrap></p>
<p>Steps:<list><list-item><p>wash</p></list-item><list-item><p>dry</p></list-item></list></p>
<sec><title>Cells</title><p>Hep3B cells.</p><fig><label>Figure 1</label><caption><title>Growth.</title><p>It slowed.</p></caption></fig></sec></sec>
<sec sec-type="supplementary-material"><title>Electronic supplementary material</title><p>See online.</p></sec>
</body>
<back><ack><p>We thank all.</p></ack><ref-list><title>References</title>
<ref id="r1"><label>1</label><element-citation><person-group><name><surname>Llovet</surname><given-names>JM</given-names></name></person-group>
<article-title>Sorafenib in advanced carcinoma</article-title><source>N Engl J Med</source><year>2008</year><volume>359</volume><fpage>378</fpage><lpage>390</lpage><pub-id pub-id-type="pmid">18650514</pub-id></element-citation></ref>
<ref id="r2"><mixed-citation>WHO report, 2019.</mixed-citation></ref></ref-list></back></article>
"""


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Paper:
    path = tmp_path_factory.mktemp("jats") / "a.nxml"
    path.write_text(ARTICLE, encoding="utf-8")
    (paper,) = read(path)
    return paper


def printed(paper: Paper, heading: str) -> str:
    (section,) = [section for section in paper.sections if section.heading == heading]
    return paper.text[section.start : section.end]


def test_the_record(paper: Paper) -> None:
    record = paper.record
    assert record.title == "Silencing KIF14 works: a study"
    assert record.authors == ("Henning Høyte", "SHARP Investigators")
    assert record.id.startswith("hoyte-2020-")
    assert (record.journal, record.year, record.date) == ("Aging", 2020, "2020-05-09")
    assert (record.volume, record.issue, record.pages) == ("12", "22", "22975-23003")
    assert (record.doi, record.pmid, record.pmcid) == ("10.18632/aging.104028", "33203790", "PMC7746388")
    assert record.keywords == ("liver", "KIF14")


def test_the_sections(paper: Paper) -> None:
    assert [section.heading for section in paper.sections if section.kind is Kind.TEXT] == [
        "Title", "Abstract: Background", "Abstract: Results", "Text", "2 Methods", "Table 1", "2 Methods: Cells",
        "Figure 1", "Acknowledgements",
    ]  # fmt: skip
    assert printed(paper, "2 Methods") == "Mice were fed.1 They lived.\n\nSteps:\n\n- wash\n\n- dry"
    assert printed(paper, "Table 1") == "Weights.\n\n| Group | g |\n| A | 12 |\n\nMeans."
    assert printed(paper, "Figure 1") == "Growth. It slowed."
    assert printed(paper, "Abstract: Results") == "It fell."
    assert "Open access" not in paper.text
    assert "See online" not in paper.text


def test_the_references(paper: Paper) -> None:
    first, second = paper.references
    assert (first.title, first.authors, first.journal) == (
        "Sorafenib in advanced carcinoma",
        ("JM Llovet",),
        "N Engl J Med",
    )
    assert (first.year, first.volume, first.pmid) == (2008, "359", "18650514")
    assert paper.text[first.start : first.end] == (
        "Sorafenib in advanced carcinoma.\nJM Llovet.\nN Engl J Med, 2008; 359:378-390."
    )
    assert second.title == "WHO report, 2019"


def test_table_rows_are_sentences(paper: Paper) -> None:
    passages = segment(paper, lambda text: len(text.split()), sentence_tokens=50, passage_tokens=50)
    (table,) = [p for p in passages if paper.sections[p.section].heading == "Table 1"]
    assert [paper.text[s.start : s.end] for s in table.sentences] == [
        "Weights.",
        "| Group | g |",
        "| A | 12 |",
        "Means.",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '<!DOCTYPE article [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><article>&b;</article>',
            "entities of its own",
        ),
        ("<article><front></article>", "not well-formed"),
        ("<article><front/></article>", "without title and text"),
        ('<?xml version="1.0"?><PubmedArticleSet></PubmedArticleSet>', "holds no record"),
    ],
)
def test_markup_that_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.xml"
    path.write_text(text)
    with pytest.raises(ReadError, match=message):
        read(path)
