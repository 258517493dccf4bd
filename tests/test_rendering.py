"""Rendering: prose with [n], terminal, Markdown, JSON, BibTeX and RIS, on values made by hand."""

from __future__ import annotations

import json
from dataclasses import replace

import bibtexparser
import pytest
import rispy
from hypothesis import given
from hypothesis import strategies as st

from assistant.answers import Answer, Citation, Claim
from assistant.reference_formats import surname_first
from assistant.rendering import (
    NEAREST,
    NOT_IN_THESE_PAPERS,
    hits_to_text,
    identifiers_of,
    passages_to_json,
    place_of,
    records_to_text,
    reference_of,
    text_of,
    to_bibtex,
    to_markdown,
    to_ris,
    to_text,
)
from index.papers import Hit, Kind, Record, Role

ZHU = Record(
    id="zhu",
    title="Silencing KIF14 reverses acquired resistance: 50 % of cells_lines & more",
    authors=("Qiang Zhu", "Hao Ren", "Bruno De Siena"),
    year=2020,
    date="2020-01",
    journal="Aging & Disease",
    volume="12",
    issue="1",
    pages="22976–23003",
    doi="10.18632/aging.104_028",
    pmid="33203790",
    keywords=("KIF14", "sorafenib"),
)
MICHILLI = Record(
    id="michilli",
    title="An NRF2-mediated reprogramming",
    authors=("Angelo Michilli",),
    year=2026,
    date="2026-02-11",
    journal="BioTech",
    pages="117",
    pmcid="PMC123",
    url="https://example.org/a_(b)",
)
BARE = Record(id="bare", title="Notes")


def cite(number: int, paper: Record, quote: str = "KIF14 is up.", kind: Kind = Kind.TEXT) -> Citation:
    return Citation(number, paper, "Abstract", kind, quote, 0, len(quote), quote, 0)


CITATIONS = (cite(1, ZHU), cite(2, MICHILLI), cite(3, ZHU, "KIF14 is\nup again."))


def answer(**changes: object) -> Answer:
    claims = (Claim("KIF14 is up.", (1,), True),)
    base = Answer("Is KIF14 up?", "Is KIF14 up?", True, 0.834, text_of(claims, CITATIONS[:1]), claims)
    return replace(base, **{"citations": CITATIONS[:1], "seconds": 0.21} | changes)  # type: ignore[arg-type]


# --- prose ---------------------------------------------------------------------------------------------


def test_claims_of_one_paper_are_one_paragraph_without_a_lead() -> None:
    claims = (Claim("KIF14 is up.", (1,), True), Claim("Silencing helps.", (1, 3), True))
    assert text_of(claims, CITATIONS) == "KIF14 is up. [1] Silencing helps. [1][3]"


def test_claims_of_several_papers_are_grouped_by_paper_in_order_of_first_use() -> None:
    claims = (
        Claim("First.", (1,), True),
        Claim("Second.", (2,), True),
        Claim("Third.", (3,), True),
    )
    assert text_of(claims, CITATIONS) == (
        "Zhu et al. 2020: First. [1] Third. [3]\n\nMichilli 2026: Second. [2]"
    )


def test_a_claim_on_two_papers_names_both_and_one_without_citations_names_none() -> None:
    claims = (Claim("Both.", (1, 2), True), Claim("Only one.", (2,), True), Claim("Nobody.", (), False))
    assert text_of(claims, CITATIONS).split("\n\n") == [
        "Zhu et al. 2020; Michilli 2026: Both. [1][2]",
        "Michilli 2026: Only one. [2]",
        "Nobody.",
    ]


def test_what_a_paper_writes_of_others_is_led_in_as_that() -> None:
    own, of_others = cite(1, ZHU), replace(cite(2, ZHU, "KIF14 was lost [3]."), role=Role.CITED)
    claims = (Claim("KIF14 is up.", (1,), True), Claim("KIF14 was lost [3].", (2,), True))
    text = text_of(claims, (own, of_others))
    assert (
        text == "Zhu et al. 2020: KIF14 is up. [1]\n\nZhu et al. 2020 on other work: KIF14 was lost [3]. [2]"
    )
    assert text_of(claims[1:], (of_others,)).startswith("Zhu et al. 2020 on other work: ")
    both = (Claim("KIF14 is up.", (1, 2), True),)  # one of its quotes is the paper's own
    assert text_of(both, (own, of_others)) == "KIF14 is up. [1][2]"


def test_the_role_of_a_quote_is_said_beside_its_kind() -> None:
    cited = replace(CITATIONS[0], role=Role.METHOD)
    assert "Abstract · the paper's own words · method" in to_text(answer(citations=(cited,)))
    assert cited.to_json()["role"] == "method"
    assert replace(cited, page=4).to_json()["page"] == 4
    assert " · page 4 · " in place_of(replace(cited, page=4))
    assert "page" not in place_of(cited)
    assert CITATIONS[0].to_json()["role"] is None


def test_no_claims_are_no_text() -> None:
    assert text_of((), ()) == ""


# --- terminal ------------------------------------------------------------------------------------------


def test_an_answer_in_the_terminal_shows_sources_with_quotes_and_identifiers() -> None:
    shown = to_text(answer())
    assert shown.startswith("KIF14 is up. [1]\n\nSources\n\n[1] Zhu et al. 2020 · Abstract")
    assert "“KIF14 is up.”" in shown
    assert "DOI 10.18632/aging.104_028 · PMID 33203790" in shown
    assert "Aging & Disease 12(1), 22976–23003" in shown
    assert "confidence 83% · extractive · 0.2 s" in shown


def test_not_in_these_papers_shows_what_was_searched_for_and_the_nearest_as_no_answer() -> None:
    shown = to_text(
        answer(answered=False, claims=(), searched_as="metformin resistance", nearest=CITATIONS[1:2])
    )
    assert shown.startswith(f"{NOT_IN_THESE_PAPERS}\n\nSearched for: metformin resistance")
    assert shown.index(NEAREST) < shown.index("[2] Michilli 2026")
    assert "Sources" not in shown
    assert "confidence" not in shown


def test_title_and_identifiers_are_shown_once_a_paper() -> None:
    shown = to_text(replace(answer(), citations=CITATIONS))
    assert shown.count("PMID 33203790") == 1
    assert "[3] Zhu et al. 2020 · Abstract · the paper's own words\n    “KIF14 is up again.”" in shown


def test_a_summary_or_a_cited_work_is_labelled() -> None:
    summary = to_text(replace(answer(), citations=(cite(1, ZHU, kind=Kind.SUMMARY),)))
    assert "summary by the page" in summary
    assert "cited work" in to_text(replace(answer(), citations=(cite(1, ZHU, kind=Kind.REFERENCE),)))


def test_notice_and_unconfirmed_claims_are_said() -> None:
    shown = to_text(answer(notice="Papers disagree.", claims=(Claim("KIF14 is up.", (1,), False),)))
    assert "Papers disagree." in shown
    assert "Check before use, the quote does not clearly say this: KIF14 is up." in shown


def test_lines_are_wrapped_without_breaking_words_and_left_alone_without_a_width() -> None:
    quote = "anti‐angiogenic sorafenib-resistant cells " * 8
    source = replace(answer(), citations=(cite(1, ZHU, quote.strip()),))
    assert all(len(line) <= 60 for line in to_text(source, 60).splitlines())
    assert "sorafenib-resistant" in to_text(source, 60)
    assert quote.strip() in to_text(source)


def test_paper_text_cannot_steer_the_terminal() -> None:
    shown = to_text(replace(answer(), citations=(cite(1, ZHU, "red \x1b[31m\u202ealert\tand\u2009thin"),)))
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "alert and\u2009thin" in shown


# --- Markdown ------------------------------------------------------------------------------------------


def test_markdown_has_question_answer_quotes_and_linked_references() -> None:
    text = to_markdown(answer())
    assert text.startswith("## Is KIF14 up?\n\nKIF14 is up. \\[1\\]\n\n### Sources")
    assert "> “KIF14 is up.”" in text
    assert "(https://doi.org/10.18632/aging.104_028)" in text
    assert "[PMID 33203790](https://pubmed.ncbi.nlm.nih.gov/33203790/)" in text


def test_markdown_lists_each_paper_once_and_keeps_quotes_on_one_line() -> None:
    text = to_markdown(replace(answer(), citations=CITATIONS))
    assert text.count("- Qiang Zhu") == 1
    assert "> “KIF14 is up again.”" in text


def test_markdown_shows_signs_letter_for_letter() -> None:
    text = to_markdown(replace(answer(), citations=(cite(1, ZHU, "p < 0.05 * <b>_x_</b>"),)))
    assert r"p \< 0.05 \* \<b\>\_x\_\</b\>" in text


def test_markdown_prose_that_begins_like_a_list_does_not_become_one() -> None:
    assert "1\\. Sorafenib" in to_markdown(answer(text="1. Sorafenib helps. [1]"))


def test_markdown_link_addresses_cannot_end_their_link() -> None:
    text = to_markdown(replace(answer(), citations=(cite(1, replace(MICHILLI, pmcid=None)),)))
    assert "[page](https://example.org/a_%28b%29)" in text


def test_markdown_of_what_is_not_in_the_papers() -> None:
    text = to_markdown(answer(answered=False, claims=(), nearest=CITATIONS[:1]))
    assert f"**{NOT_IN_THESE_PAPERS}**" in text
    assert "### Nearest, but not an answer" in text
    assert "### Sources" not in text


# --- JSON and lists ------------------------------------------------------------------------------------

HIT = Hit(ZHU, "Abstract", Kind.TEXT, 3, 15, "KIF14 is up.", 0.734567, ())


def test_search_object_follows_the_contract() -> None:
    value = passages_to_json("q1", "KIF14?", [HIT, replace(HIT, score=0.5)])
    assert json.loads(json.dumps(value)) == value
    assert list(value) == ["id", "question", "passages"]
    first = value["passages"][0]
    assert list(first) == ["rank", "score", "paper", "section", "kind", "text", "start", "end"]
    assert (first["rank"], first["score"], first["kind"]) == (1, 0.7346, "text")
    assert first["paper"] == ZHU.to_json()
    assert value["passages"][1]["rank"] == 2


def test_passages_and_papers_in_the_terminal() -> None:
    assert hits_to_text([HIT]).startswith("1. Zhu et al. 2020 · Abstract · the paper's own words · 0.735")
    assert "Nothing found" in hits_to_text([])
    listed = records_to_text([ZHU, BARE])
    assert "id zhu" in listed
    assert "None" not in listed
    assert records_to_text([]) == ""


def test_reference_and_identifiers_leave_out_what_is_unknown() -> None:
    assert reference_of(BARE) == "Notes."
    assert identifiers_of(BARE) == ()
    many = replace(BARE, title="Why?", authors=tuple(f"A B{n}" for n in range(7)), year=2020)
    assert reference_of(many) == "A B0, A B1, A B2, et al. (2020). Why?"
    assert reference_of(MICHILLI) == "Angelo Michilli (2026). An NRF2-mediated reprogramming. BioTech, 117."


# --- BibTeX and RIS ------------------------------------------------------------------------------------


def parse_bibtex(text: str) -> dict[str, dict[str, str]]:
    library = bibtexparser.parse_string(
        text, append_middleware=[bibtexparser.middlewares.LatexDecodingMiddleware()]
    )
    assert not library.failed_blocks
    return {
        entry.key: {name: field.value for name, field in entry.fields_dict.items()}
        for entry in library.entries
    }


def test_bibtex_read_back_gives_the_record() -> None:
    entry = parse_bibtex(to_bibtex([ZHU]))["zhu2020silencing"]
    assert entry["title"].replace("{", "").replace("}", "") == ZHU.title
    assert entry["author"] == "Zhu, Qiang and Ren, Hao and De Siena, Bruno"
    assert entry["journal"] == "Aging & Disease"
    assert (entry["year"], entry["volume"], entry["number"]) == ("2020", "12", "1")
    assert entry["month"] == "jan"
    assert entry["pages"] in {"22976--23003", "22976–23003"}  # the parser reads `--` as a dash
    assert entry["pmid"] == "33203790"


def test_bibtex_escapes_for_latex_but_leaves_the_doi_alone() -> None:
    text = to_bibtex([ZHU])
    assert r"50 \% of cells\_lines \& more" in text
    assert "doi = {10.18632/aging.104_028}" in text
    assert "{KIF14}" in text  # styles write titles small


def test_bibtex_keys_are_unique_ascii_and_never_empty() -> None:
    odd = replace(ZHU, authors=("Łukasz Ørsted-Müller",))
    text = to_bibtex([ZHU, ZHU, odd, BARE, replace(BARE, title="„—“")])
    assert list(parse_bibtex(text)) == [
        "zhu2020silencing",
        "zhu2020silencing-2",
        "orstedmuller2020silencing",
        "notes",
        "paper",
    ]


def test_bibtex_leaves_out_unknown_fields_and_keeps_article_numbers() -> None:
    entries = parse_bibtex(to_bibtex([BARE, MICHILLI]))
    assert set(entries["notes"]) == {"title"}
    assert entries["michilli2026nrf2"]["pages"] == "117"
    assert "@misc{notes" in to_bibtex([BARE])


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=40))
def test_bibtex_with_any_title_is_one_readable_entry(title: str) -> None:
    record = replace(ZHU, title=f"A{title}", journal=f"J{title}", doi=f"10.1/{title}")
    library = bibtexparser.parse_string(to_bibtex([record, MICHILLI]))
    assert not library.failed_blocks
    assert len(library.entries) == 2
    assert library.entries[0].fields_dict["year"].value == "2020"


def test_ris_read_back_gives_the_record() -> None:
    zhu, michilli = rispy.loads(to_ris([ZHU, MICHILLI]))
    assert zhu["type_of_reference"] == "JOUR"
    assert zhu["title"] == ZHU.title
    assert zhu["authors"] == ["Zhu, Qiang", "Ren, Hao", "De Siena, Bruno"]
    assert (zhu["start_page"], zhu["end_page"], zhu["doi"]) == ("22976", "23003", ZHU.doi)
    assert (zhu["year"], zhu["date"]) == ("2020", "2020/01//")
    assert zhu["keywords"] == ["KIF14", "sorafenib"]
    assert (michilli["start_page"], michilli["date"]) == ("117", "2026/02/11/")
    assert "end_page" not in michilli


def test_ris_of_a_bare_record_has_a_type_and_a_title_only() -> None:
    assert to_ris([BARE]) == "TY  - GEN\nTI  - Notes\nER  - \n"
    assert to_ris([]) == ""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Pei Ming Yang", "Yang, Pei Ming"),
        ("Bruno De Siena", "De Siena, Bruno"),
        ("Ludwig van Beethoven", "van Beethoven, Ludwig"),
        ("Zhu Q", "Zhu, Q"),
        ("de Gramont A.", "de Gramont, A."),
        ("J. R. R. Tolkien", "Tolkien, J. R. R."),
        ("John Smith Jr.", "Smith, Jr., John"),
        ("Zhu, Qiang", "Zhu, Qiang"),
        ("Cancer Genome Atlas Research Network", "Cancer Genome Atlas Research Network"),
        ("Plato", "Plato"),
    ],
)
def test_surname_first(name: str, expected: str) -> None:
    assert surname_first(name) == expected
