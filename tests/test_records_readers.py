"""Exports of databases and reference managers: PubMed XML, MEDLINE, RIS, BibTeX."""

from __future__ import annotations

import time
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.errors import ReadError
from index.papers import Kind, Paper
from index.readers import bibtex, jats, medline, pubmed, ris
from index.readers.exported import given_first, parts_of, whole_pages
from index.readers.works import licence_of, type_of

READERS = (pubmed, medline, ris, bibtex)

PUBMED = """<?xml version="1.0"?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2019//EN" "https://dtd.nlm.nih.gov/x.dtd">
<PubmedArticleSet>
<PubmedArticle><MedlineCitation><PMID Version="1">111</PMID>
<Article><Journal><JournalIssue><Volume>12</Volume><Issue>3</Issue><PubDate><Year>2020</Year></PubDate></JournalIssue>
<Title>Aging</Title></Journal>
<ArticleTitle>Silencing <i>KIF14</i> reverses resistance.</ArticleTitle>
<Pagination><MedlinePgn>764-9</MedlinePgn></Pagination>
<Abstract><AbstractText Label="BACKGROUND">Resistance is common.</AbstractText><AbstractText Label="UNLABELLED">It fell 10<sup>-3</sup>.</AbstractText>
<CopyrightInformation>This work is licensed under CC BY 4.0.</CopyrightInformation></Abstract>
<AuthorList><Author><LastName>Høyte</LastName><ForeName>Henning A</ForeName><Suffix>Jr</Suffix></Author>
<Author><CollectiveName>SHARP Investigators</CollectiveName></Author></AuthorList>
<PublicationTypeList><PublicationType>Journal Article</PublicationType><PublicationType>Randomized Controlled Trial</PublicationType></PublicationTypeList>
<ArticleDate><Year>2020</Year><Month>04</Month><Day>30</Day></ArticleDate></Article>
<CommentsCorrectionsList><CommentsCorrections RefType="UpdateOf"><RefSource>bioRxiv. 2019 Dec 1;:. doi: 10.1101/2019.12.01.1</RefSource><PMID>99</PMID></CommentsCorrections>
<CommentsCorrections RefType="Cites"><PMID>98</PMID></CommentsCorrections></CommentsCorrectionsList>
<KeywordList><Keyword>liver</Keyword></KeywordList>
<MeshHeadingList><MeshHeading><DescriptorName>Carcinoma</DescriptorName><QualifierName>drug therapy</QualifierName><QualifierName>blood</QualifierName></MeshHeading></MeshHeadingList>
</MedlineCitation><PubmedData><ArticleIdList><ArticleId IdType="doi">10.1000/abc</ArticleId><ArticleId IdType="pmc">PMC77</ArticleId></ArticleIdList>
<ReferenceList><Reference><Citation>Llovet JM. Sorafenib. N Engl J Med. 2008.</Citation><ArticleIdList><ArticleId IdType="pubmed">18650514</ArticleId></ArticleIdList></Reference></ReferenceList>
</PubmedData></PubmedArticle>
<PubmedArticle><MedlineCitation><PMID>112</PMID><Article><ArticleTitle>[Bare title].</ArticleTitle></Article></MedlineCitation></PubmedArticle>
<PubmedBookArticle><BookDocument><PMID>113</PMID><Book><BookTitle>A guideline</BookTitle><PubDate><Year>2009</Year><Month>02</Month></PubDate></Book></BookDocument></PubmedBookArticle>
</PubmedArticleSet>
"""

MEDLINE = """
PMID- 111
STAT- MEDLINE
VI  - 12
IP  - 3
DP  - 2020 Apr 30
TI  - Silencing KIF14 reverses
      resistance.
PG  - 764-9
LID - 10.1000/abc [doi]
LID - S12 [pii]
AB  - BACKGROUND AND PURPOSE: Resistance is common. RESULTS: It fell. Copyright 2020 A Press.
FAU - Høyte, Henning A
AU  - Høyte HA
CN  - SHARP Investigators
PT  - Journal Article
PT  - Systematic Review
JT  - Aging
MH  - Carcinoma/*drug therapy/blood
OT  - liver
PMC - PMC7700
UOF - bioRxiv. 2019 Dec 1;:. doi: 10.1101/2019.12.01.1. PMID: 99

PMID- 112
TI  - A title only

PMID- 113
DP  - 2001
"""

RIS = """TY  - JOUR
TI  - Silencing KIF14 reverses resistance
AU  - Høyte, Henning A.
AU  - King, Martin, Jr
A2  - Editor, An
T2  - Aging
J2  - Ag.
VL  - 12
IS  - 3
SP  - 764
EP  - 769
PY  - 2020///
DA  - 2020/04/30/
N2  - Resistance is common.
It fell.
KW  - liver
kidney
DO  - https://doi.org/10.1000/abc
UR  - https://example.org/a;b
ER  -

TY  - THES
T1  - A thesis
ER  -

TY  - JOUR
AU  - Nobody, N.
ER  -
"""

BIBTEX = r"""% saved today
@string{aging = "Aging"}
@comment{nothing}
@article{one,
  title = {Silencing {KIF14} reverses $\alpha$-resistance: 50% of it \& more},
  author = {H{\o}yte, Henning A. and {SHARP Investigators} and van der Berg, Jan and others},
  journal = aging, volume = 12, number = {3}, pages = {764--769}, year = 2020, month = apr, day = 30,
  doi = {10.1000/abc}, pmid = {111}, pmcid = {PMC77}, keywords = {liver, kidney}, url = {https://a.b/c_d%20e},
  abstract = "Resistance is common.", year = {2021}
}
@article{broken, title = {never closed, author = {Nobody}

@article{one, title = {The same key}}
@misc{bare, year = 2001}
"""


def papers(reader: ModuleType, text: str) -> tuple[list[Paper], list[ReadError]]:
    """Return what a reader makes of a text; every offset of every paper is checked."""
    assert reader.recognises(text)
    found: list[Paper] = []
    errors: list[ReadError] = []
    for result in reader.read_records(text, "some.file"):
        if isinstance(result, ReadError):
            errors.append(result)
        else:
            found.append(result)
            end = 0
            for section in result.sections:
                assert end <= section.start < section.end <= len(result.text)
                end = section.end
    return found, errors


def printed(paper: Paper, heading: str) -> str:
    (section,) = [section for section in paper.sections if section.heading == heading]
    return paper.text[section.start : section.end]


def line(text: str, part: str) -> int:
    """Return the number of the line where a part begins."""
    return text[: text.index(part)].count("\n") + 1


def headings(paper: Paper) -> list[str]:
    return [section.heading for section in paper.sections if section.kind is Kind.TEXT]


@pytest.mark.parametrize(("reader", "text"), list(zip(READERS, (PUBMED, MEDLINE, RIS, BIBTEX), strict=True)))
def test_the_same_work_in_four_formats(reader: ModuleType, text: str) -> None:
    record = papers(reader, text)[0][0].record
    assert record.title.startswith("Silencing KIF14 reverses")
    assert record.authors[0] in ("Henning A Høyte", "Henning A. Høyte")
    assert (record.year, record.date) == (2020, "2020-04-30")
    assert (record.journal, record.volume, record.issue, record.pages) == ("Aging", "12", "3", "764-769")
    assert record.doi == "10.1000/abc"
    assert "liver" in record.keywords
    assert record.path == "some.file"
    assert record.id == ""


def test_formats_are_told_apart() -> None:
    plain = "PMID- is a tag of MEDLINE.\n\nTY  - is one of RIS.\n\n```\n@article{a, title={b}}\n```\n"
    for text, own in zip((PUBMED, MEDLINE, RIS, BIBTEX, plain), (*READERS, None), strict=True):
        assert [reader for reader in READERS if reader.recognises(text)] == [own] * (own is not None)
    for reader in READERS:
        assert not reader.recognises("")
        assert not reader.recognises("<article><front/></article>")


def test_pubmed_xml() -> None:
    (trial, bare, book), errors = papers(pubmed, PUBMED)
    assert not errors
    record = trial.record
    assert record.authors == ("Henning A Høyte", "SHARP Investigators")
    assert (record.pmid, record.pmcid) == ("111", None)  # PMC numbers have four digits at least
    assert record.keywords == ("liver", "Carcinoma/drug therapy", "Carcinoma/blood")
    assert (record.type, record.licence) == ("trial", "CC BY 4.0")
    assert record.versions == ("pmid:99", "doi:10.1101/2019.12.01.1")
    assert record.url == "https://pubmed.ncbi.nlm.nih.gov/111/"
    assert headings(trial) == ["Title", "Abstract: Background", "Abstract"]
    assert printed(trial, "Abstract: Background") == "Resistance is common."
    (cited,) = trial.references
    assert (cited.pmid, trial.text[cited.start : cited.end]) == ("18650514", cited.title)
    assert (bare.record.title, bare.record.year, headings(bare)) == ("Bare title.", None, ["Title"])
    assert (book.record.title, book.record.date, book.record.type) == ("A guideline", "2009-02", "book")


def test_a_spoilt_record_in_xml_is_named_and_the_rest_goes_on() -> None:
    spoilt = PUBMED.replace("[Bare title].", "<i>Bare")
    found, errors = papers(pubmed, spoilt)
    assert [paper.record.pmid for paper in found] == ["111", "113"]
    assert f"The record at line {line(PUBMED, '<PMID>112')} of some.file" in str(errors[0])
    found, errors = papers(pubmed, PUBMED[: PUBMED.index("<PubmedBookArticle>") + 40])
    assert [paper.record.pmid for paper in found] == ["111", "112"]
    assert "its end is missing" in str(errors[0])


@pytest.mark.parametrize(
    "declared",
    [
        '<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">',
        '<!ENTITY a SYSTEM "file:///etc/passwd">',
        '<!ENTITY % a SYSTEM "http://example.org/x.dtd"> %a;',
    ],
)
def test_entities_of_the_file_are_refused(declared: str) -> None:
    text = f"<!DOCTYPE PubmedArticleSet [{declared}]>" + PUBMED[PUBMED.index("<PubmedArticleSet>") :]
    found, errors = papers(pubmed, text)
    assert not found
    assert "entities of its own" in str(errors[0])


def test_a_set_without_records_is_said_to_be_empty() -> None:
    found, errors = papers(pubmed, '<?xml version="1.0"?><PubmedArticleSet></PubmedArticleSet>')
    assert (found, [str(error) for error in errors]) == ([], ["some.file holds no record; export it again."])


def test_deep_nesting_is_refused() -> None:
    deep = PUBMED.replace("[Bare title].", "<i>" * 50_000 + "x" + "</i>" * 50_000)
    found, errors = papers(pubmed, deep)
    assert [paper.record.pmid for paper in found] == ["111", "113"]
    assert "nested too deeply" in str(errors[0])


def test_medline() -> None:
    (review, bare), errors = papers(medline, MEDLINE)
    record = review.record
    assert record.authors == ("Henning A Høyte", "SHARP Investigators")
    assert (record.pmid, record.pmcid, record.type) == ("111", "PMC7700", "review")
    assert record.keywords == ("liver", "Carcinoma/drug therapy", "Carcinoma/blood")
    assert record.versions == ("doi:10.1101/2019.12.01.1", "pmid:99")
    assert record.title == "Silencing KIF14 reverses resistance."
    assert headings(review) == ["Title", "Abstract: Background and purpose", "Abstract: Results"]
    assert printed(review, "Abstract: Results") == "It fell."
    assert (bare.record.title, headings(bare)) == ("A title only", ["Title"])
    assert (
        f"The record at line {line(MEDLINE, 'PMID- 113')} of some.file is not a paper (it has no title)"
        in str(errors[0])
    )


def test_ris() -> None:
    (article, thesis), errors = papers(ris, RIS)
    record = article.record
    assert record.authors == ("Henning A. Høyte", "Martin King")
    assert record.keywords == ("liver", "kidney")
    assert (record.url, record.type, thesis.record.type) == ("https://example.org/a;b", "article", "thesis")
    assert printed(article, "Abstract") == "Resistance is common. It fell."
    assert (
        f"The record at line {line(RIS, 'AU  - Nobody') - 1} of some.file is not a paper (it has no title)"
        in str(errors[0])
    )


def test_ris_without_beginning_or_end() -> None:
    text = "TI  - A cut one\nAU  - A, B\nER  -\n\nTY  - JOUR\nTI  - No end\n\nTY  - JOUR\nTI  - The last"
    found, errors = papers(ris, text)
    assert [paper.record.title for paper in found] == ["No end", "The last"]
    assert "has no line 'TY  -'" in str(errors[0])


def test_bibtex() -> None:
    (article, same), errors = papers(bibtex, BIBTEX)
    record = article.record
    assert record.title == "Silencing KIF14 reverses α-resistance: 50% of it & more"
    assert record.authors == ("Henning A. Høyte", "SHARP Investigators", "Jan van der Berg")
    assert (record.pmid, record.url) == ("111", "https://a.b/c_d%20e")
    assert record.keywords == ("liver", "kidney")
    assert printed(article, "Abstract") == "Resistance is common."
    assert same.record.title == "The same key"
    assert len(errors) == 2
    assert "The entry at line 11 of some.file is not BibTeX" in str(errors[0])
    assert "The entry at line 14 of some.file is not a paper (it has no title)" in str(errors[1])


@pytest.mark.parametrize(
    ("pages", "whole"),
    [
        ("764-9", "764-769"),
        ("454--81", "454-481"),
        ("e12-e19", "e12-e19"),
        ("S1–S4", "S1-S4"),
        ("S101-9", "S101-S109"),
        ("1234", "1234"),
        ("98-102", "98-102"),
        ("12-5, 19", "12-5, 19"),
        ("", ""),
    ],
)
def test_whole_pages(pages: str, whole: str) -> None:
    assert whole_pages(pages) == whole


def test_names_and_abstracts() -> None:
    assert given_first("Zhu, Qiankun") == "Qiankun Zhu"
    assert given_first("Zhu QK") == "QK Zhu"
    assert given_first("SHARP Investigators") == "SHARP Investigators"
    assert parts_of("We saw HBV: it was there. © 2020 Elsevier") == (("", "We saw HBV: it was there."),)
    assert parts_of("") == ()


@pytest.mark.parametrize(
    ("printed", "kind"),
    [
        (["Journal Article", "Clinical Trial, Phase II"], "trial"),
        (["Journal Article", "Review", "Retracted Publication"], "retracted article"),
        (["Retraction of Publication"], "retraction notice"),
        (["Published Erratum"], "correction"),
        (["research-article"], "article"),
        (["Meta-Analysis"], "review"),
        (["Preprint"], "preprint"),
        (["Video-Audio Media"], None),
        ([], None),
    ],
)
def test_types(printed: list[str], kind: str | None) -> None:
    assert type_of(printed) == kind


@pytest.mark.parametrize(
    ("printed", "licence"),
    [
        ("http://creativecommons.org/licenses/by-nc-nd/4.0/", "CC BY-NC-ND 4.0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0 1.0"),
        ("the Creative Commons Attribution 4.0 International License", "CC BY 4.0"),
        ("the terms of the Creative Commons Attribution License, which permits", "CC BY"),
        ("a Creative Commons Attribution-NonCommercial-ShareAlike licence", "CC BY-NC-SA"),
        ("under the CC BY license", "CC BY"),
        ("https://www.elsevier.com/tdm/userlicense/1.0/", "https://www.elsevier.com/tdm/userlicense/1.0/"),
        ("© 2020 A Press. All rights reserved.", None),
    ],
)
def test_licences(printed: str, licence: str | None) -> None:
    assert licence_of(printed) == licence


def test_jats_fills_type_licence_and_versions() -> None:
    text = """<article xmlns:xlink="x" article-type="review-article"><front><article-meta>
<title-group><article-title>A title</article-title></title-group>
<related-article related-article-type="preprint" ext-link-type="doi" xlink:href="10.1101/2020.01.01.5"/>
<related-article related-article-type="corrected-article" ext-link-type="doi" xlink:href="10.1000/other"/>
<permissions><license license-type="open-access"><license-p>Under the <ext-link
xlink:href="https://creativecommons.org/licenses/by/4.0/">licence</ext-link>.</license-p></license></permissions>
</article-meta></front></article>"""
    (paper,) = jats.read_articles(text, "a.xml")
    record = paper.record
    assert (record.type, record.licence, record.versions) == (
        "review",
        "CC BY 4.0",
        ("doi:10.1101/2020.01.01.5",),
    )
    assert not {"type", "licence", "versions", "keywords"} & record.to_json().keys()


# --- anything at all -----------------------------------------------------------------------------------

SAMPLES = dict(zip(READERS, (PUBMED, MEDLINE, RIS, BIBTEX), strict=True))
LONGEST = 5.0  # seconds of the processor for a file of some 100,000 characters; none takes a fifth of that


def read_anything(reader: ModuleType, text: str) -> None:
    """Read a text, recognised or not: nothing but papers and ReadErrors comes, soon."""
    begin = time.process_time()
    reader.recognises(text)
    for result in reader.read_records(text, "some.file"):
        assert isinstance(result, Paper | ReadError)
        if isinstance(result, ReadError):
            assert "some.file" in str(result)
        else:
            assert result.record.title
            assert all(result.text[s.start : s.end].strip() for s in result.sections)
    assert time.process_time() - begin < LONGEST


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.__name__)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=st.text(max_size=300), lines=st.lists(st.sampled_from("PMID- 1|TI  - |TY  - JOUR|ER  -|AU  - ,|@article{a,|title={|\"}\n|\ufeff|AB  - X|PY  - 9|<PubmedArticle>|</PubmedArticle>|\x00".split("|"))))  # fmt: skip
def test_arbitrary_text(reader: ModuleType, text: str, lines: list[str]) -> None:
    read_anything(reader, text + "\n".join(lines) + text)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.__name__)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_mutated_files(reader: ModuleType, data: st.DataObject) -> None:
    text = SAMPLES[reader]
    for _ in range(data.draw(st.integers(1, 5))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 80)))
        text = text[:start] + data.draw(st.text(max_size=20) | st.just(text[start:end] * 3)) + text[end:]
    read_anything(reader, text)


@pytest.mark.parametrize(
    ("reader", "text"),
    [
        (bibtex, "@a{" * 20_000),
        (bibtex, "@article{a, title={" + "{" * 20_000 + "}" * 20_000 + "}}"),
        (bibtex, "@article{a, title={x}, author={" + " and ".join(["A, B"] * 5_000) + "}}"),
        (bibtex, "@article{a, title={" + r"\textbf{$x$}" * 3_000 + "}}"),
        (bibtex, "@article{a, title={x}}\n" * 5_000),
        (ris, "TY  - JOUR\nTI  - " + "x\n" * 100_000 + "ER  -\n"),
        (ris, "TY  - JOUR\nTI  - x\nER  -\n" * 10_000),
        (medline, "PMID- 1\nTI  - " + "x\n      " * 100_000),
        (medline, "PMID- 1\nTI  - x\nAB  - " + "BACKGROUND: A. " * 20_000),
        (medline, "PMID- 1\nTI  - x\nAB  - " + "A" * 300_000 + " Copyright" * 30_000),
        (pubmed, "<PubmedArticleSet>" + "<PubmedArticle>" * 20_000),
        (pubmed, "<PubmedArticleSet>" + "<PubmedArticle></PubmedArticle>" * 20_000 + "<"),
    ],
    ids=lambda value: value.__name__ if isinstance(value, ModuleType) else "",
)
def test_long_and_deep_files_take_no_time(reader: ModuleType, text: str) -> None:
    read_anything(reader, text)
