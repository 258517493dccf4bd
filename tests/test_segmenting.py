"""Segmenting: sentences as a careful reader would part them, spans that are exact for any text."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.papers import Kind, Paper, Passage, Record, Reference, Section
from index.readers import read
from index.segmenting import part_of, segment, sentences_of

SEEDS = Path(__file__).parent.parent / "seeds"


def words(text: str) -> int:
    """Count tokens the simple way."""
    return len(text.split())


def paper_of(text: str, *sections: Section, references: tuple[Reference, ...] = ()) -> Paper:
    return Paper(Record("p", "P"), text, sections or (Section("Text", Kind.TEXT, 0, len(text)),), references)


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences_of(text, 0, len(text))]


@pytest.mark.parametrize(
    "whole",
    [
        "Zhu et al. reported that KIF14 drives resistance.",
        "Multikinase inhibitors, e.g. Sorafenib and others, i.e. Regorafenib, were used.",
        "Sorafenib vs. Placebo was the comparison.",
        "As Fig. 2 and Figs. 3 show, growth slowed (see Suppl. Fig. S4).",
        "Plates were kept at approx. 37 degrees for ca. 24 h.",
        "Dr. Smith and J. B. Jones of St. Jude, Memphis, analysed it.",
        "The change was significant (adjusted p < 0.03, fold change > 3.0).",
        "Bacteroides spp. and Candida sp. grew.",
        "It is described in 10.18632/aging.104028 and at www.example.org/a.b for readers.",
        "Cells (Sigma, St. Louis, MO. USA) were bought.",
        "Hep55.1C cells and C57BL/6J mice were used.",
        "It was bought from Bio Inc. and Merck Co. in 2019.",
        "The kit (Cat. No. 1234, Lot. 5) was used.",
        "The tumour volume was 0.5 x a x b2.",
        "Mice were treated i.p. with 10 mg/kg b.i.d. for 3 weeks.",
        "Samples were taken at 9 a.m. and 5 p.m. daily.",
        "E. coli and S. aureus were cultured.",
        "Treatment with U.S. Food and Drug Administration approved drugs helped.",
        "We call this Eq. (3) and Ref. [12] below.",
        "1. Cells were washed twice.",
        "It had J = 8.5 Hz and 0.5 M NaCl.",
        "Zhu et al., 2019, and Bio Inc., The Hague, agree.",
        "(iv) Patients gave consent.",
        "Silencing (Fig. 3A. Upper panel) reduced growth.",
    ],
)
def test_one_sentence_stays_whole(whole: str) -> None:
    assert sentences(whole) == [whole]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("KIF14 was silenced.", "Growth slowed."),
        ("Rates ranged from 14% to 45%. [1] [2] [3]", "By contrast, other species are common."),
        ("They described adults. 6, 7, [10] [11] [12]", "In two of these studies, patients were ill."),
        ("It causes influenza-like illness.13", "Patients were recruited."),
        ("The loop was blocked.¹²", "However, tumours grew."),
        ("It was reviewed before [4, 5].", "Here we go on."),
        ("Growth slowed (P < .001).", "Tumours shrank."),
        ("Is there a limit?", "It could have been 100%."),
        ("Cells were lysed.", "mRNA was extracted."),
        ("Cells were lysed.", "p53 and miR-141 were measured."),
        ("Cells were counted.", "5 mice died."),
        ("They have hepatitis C.", "Patients were treated."),
        ("This was shown by Zhu et al.", "We confirm it."),
        ("Mice were obtained from Merck Inc.", "The mice were fed."),
        ("He said “it works.”", "Others doubted it."),
        ("They express ETS1.", "α-SMA was measured."),
        ("KIF14 is a target of drugs.", "(This was confirmed.)"),
        ("Cells were spun for 30 min.", "Proteins were eluted after 120 ms."),
        ("It is glued.", "The next one is not."),
    ],
)
def test_two_sentences_are_parted(first: str, second: str) -> None:
    assert sentences(f"{first} {second}") == [first, second]


def test_sentences_without_a_space_between_are_parted() -> None:
    assert sentences("We silenced KIF14 in cells.The tumours shrank.") == [
        "We silenced KIF14 in cells.",
        "The tumours shrank.",
    ]


def test_a_heading_does_not_glue_to_the_next_sentence() -> None:
    assert sentences("Cell culture\nHep3B cells were kept in DMEM.\n") == [
        "Cell culture",
        "Hep3B cells were kept in DMEM.",
    ]


def test_list_items_are_sentences() -> None:
    text = "- NRF2 is up\n- Ferroptosis is down\n1. First\n2. Second\n"
    assert sentences(text) == ["- NRF2 is up", "- Ferroptosis is down", "1. First", "2. Second"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_hard_wrapped_lines_are_joined(end: str) -> None:
    text = end.join(
        [
            "Sustained exposure of resistant cells to sorafenib",
            "activated the AKT pathway, which upregulated KIF14",
            "Expression by ETS1. Silencing KIF14 reversed this",
            "resistance.",
        ]
    )
    assert [" ".join(s.split()) for s in sentences(text)] == [
        "Sustained exposure of resistant cells to sorafenib activated the AKT pathway, which upregulated KIF14 "
        "Expression by ETS1.",
        "Silencing KIF14 reversed this resistance.",
    ]


def test_paragraphs_are_never_joined() -> None:
    assert sentences("The first goes on without a stop\n\nand so does the second") == [
        "The first goes on without a stop",
        "and so does the second",
    ]


def test_each_record_section_and_reference_is_a_passage_of_its_own() -> None:
    text = "Zhu Q\n2020\nOne title.\nA Author.\nLancet, 2008.\nTwo title.\nB Author.\nGut, 2009."
    second = text.index("Two title.")
    paper = paper_of(
        text,
        Section("authors", Kind.RECORD, 0, 5),
        Section("date", Kind.RECORD, 6, 10),
        Section("References", Kind.REFERENCE, 11, len(text)),
        references=(Reference("One title", 11, second - 1), Reference("Two title", second, len(text))),
    )
    passages = segment(paper, words, sentence_tokens=50, passage_tokens=100)
    assert [text[p.start : p.end].splitlines()[0] for p in passages] == [
        "Zhu Q",
        "2020",
        "One title.",
        "Two title.",
    ]
    assert [text[s.start : s.end] for s in passages[2].sentences] == [
        "One title.",
        "A Author.",
        "Lancet, 2008.",
    ]


def test_annotations_give_no_passage() -> None:
    text = "GABPA is NRF2."
    paper = paper_of(text, Section("Linked entities", Kind.ANNOTATION, 0, len(text)))
    assert segment(paper, words, sentence_tokens=50, passage_tokens=100) == ()


def test_a_passage_never_reaches_across_sections() -> None:
    text = "One. Two. Three."
    paper = paper_of(text, Section("A", Kind.TEXT, 0, 4), Section("B", Kind.TEXT, 5, len(text)))
    passages = segment(paper, words, sentence_tokens=50, passage_tokens=100)
    assert [(p.section, text[p.start : p.end]) for p in passages] == [(0, "One."), (1, "Two. Three.")]


def test_the_sub_sections_of_a_part_are_packed_together_and_the_abstract_is_kept_whole() -> None:
    text = "One. Two. Three. Four."
    headings = ["Abstract: Aim", "Abstract: Results", "Methods", "Methods: Mice"]
    spans = [(0, 4), (5, 9), (10, 16), (17, 22)]
    sections = [Section(h, Kind.TEXT, a, b) for h, (a, b) in zip(headings, spans, strict=True)]
    passages = segment(
        paper_of(text, *sections), words, sentence_tokens=9, passage_tokens=1, abstract_tokens=2
    )
    found = [(p.section, text[p.start : p.end]) for p in passages]
    assert found == [(0, "One. Two."), (2, "Three."), (3, "Four.")]
    packed = segment(paper_of(text, *sections), words, sentence_tokens=9, passage_tokens=9)
    assert [text[p.start : p.end] for p in packed] == ["One. Two.", "Three. Four."]


def test_a_long_sentence_is_cut_at_clauses() -> None:
    text = "Cells were washed twice, then they were lysed on ice, and then spun down for ten minutes."
    passages = segment(paper_of(text), words, sentence_tokens=8, passage_tokens=8)
    pieces = [text[s.start : s.end] for p in passages for s in p.sentences]
    assert pieces[0] == "Cells were washed twice,"
    assert all(words(piece) <= 8 for piece in pieces)


@pytest.mark.parametrize("seed", sorted(SEEDS.glob("*.txt")), ids=lambda path: path.name[:3])
def test_the_seeds_are_covered_without_debris(seed: Path) -> None:
    (paper,) = read(seed)
    passages = segment(paper, words, sentence_tokens=100, passage_tokens=150)
    check(paper, passages, words, 100, 150)
    shown = "\n".join(paper.text[p.start : p.end] for p in passages)
    for debris in (
        "Original language", "Article number", "Dive into", "Citations (Scopus)", "Highly Cited", "Free PMC",
        "Cite this", "Fetch the complete", "aka ", "MESH", "72 References", "Journal Article", "58 references",
    ):  # fmt: skip
        assert debris not in shown


def check(paper: Paper, passages: tuple[Passage, ...], count: object, sentence: int, passage: int) -> None:
    """Assert what holds for every segmentation."""
    assert callable(count)
    assert [p.number for p in passages] == list(range(len(passages)))
    position = 0
    covered: dict[int, str] = {}
    for p in passages:
        section = paper.sections[p.section]
        assert section.start <= p.start < section.end
        assert p.end <= max(s.end for s in paper.sections if part_of(s.heading) == part_of(section.heading))
        assert (p.start, p.end) == (p.sentences[0].start, p.sentences[-1].end)
        assert count(paper.text[p.start : p.end]) <= passage or p.end - p.start == 1
        for s in p.sentences:
            assert position <= s.start < s.end
            position = s.end
            piece = paper.text[s.start : s.end]
            assert piece == piece.strip()
            assert count(piece) <= sentence or len(piece) == 1
            within = next(i for i, x in enumerate(paper.sections) if x.start <= s.start and s.end <= x.end)
            covered[within] = covered.get(within, "") + piece
    for i, section in enumerate(paper.sections):
        if section.kind is not Kind.ANNOTATION:
            whole = paper.text[section.start : section.end]
            assert "".join(covered.get(i, "").split()) == "".join(whole.split())


TEXT_LIKE = st.text(
    st.sampled_from([*"abcXYZ019αβ .,;:!?()[]-•\n\r\t‐′\u00a0"]) | st.characters(codec="utf-8"), max_size=300
)


@given(TEXT_LIKE, st.integers(1, 20), st.integers(1, 40), st.sampled_from([words, len]))
def test_any_text_is_covered_once_within_the_limits(
    text: str, sentence: int, passage: int, count: object
) -> None:
    paper = paper_of(text)
    assert callable(count)
    passages = segment(paper, count, sentence_tokens=sentence, passage_tokens=passage)
    check(paper, passages, count, min(sentence, passage), passage)


@given(TEXT_LIKE, st.lists(st.integers(0, 300), max_size=8), st.sampled_from(list(Kind)))
def test_any_sections_and_references_are_covered(text: str, cuts: list[int], kind: Kind) -> None:
    borders = sorted({min(cut, len(text)) for cut in cuts} | {0, len(text)})
    spans = list(pairwise(borders))
    sections = tuple(Section("S", kind, start, end) for start, end in spans)
    references = tuple(Reference("r", start, end) for start, end in spans[::2])
    paper = replace(paper_of(text), sections=sections, references=references)
    passages = segment(paper, len, sentence_tokens=30, passage_tokens=60)
    check(paper, passages, len, 30, 60)


def test_a_text_without_spaces_is_cut() -> None:
    text = "A" * 5000
    passages = segment(paper_of(text), len, sentence_tokens=100, passage_tokens=100)
    assert "".join(text[p.start : p.end] for p in passages) == text
