"""Aliases: names that widen a search, and names that must not."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from index.aliases import Aliases, definitions
from index.normalising import fold
from index.papers import Entity, Kind, Paper, Record, Section
from index.readers import read

SEEDS = Path(__file__).parent.parent / "seeds"


@pytest.fixture(scope="module")
def seeds() -> Aliases:
    return Aliases.from_papers(paper for path in sorted(SEEDS.glob("*.txt")) for paper in read(path))


def paper_of(text: str = "", entities: Iterable[Entity] = ()) -> Paper:
    sections = (Section("Text", Kind.TEXT, 0, len(text)),)
    return Paper(Record("p", "P"), text, sections, entities=tuple(entities))


def others(aliases: Aliases, question: str) -> set[str]:
    return {fold(name) for _, names in aliases.expand(question) for name in names}


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("What does Nfe2l2 do?", "NRF2"),
        ("What does NRF2 do?", "Nfe2l2"),
        ("what does nrf-2 do?", "nuclear factor erythroid 2-related factor 2"),
        ("Is heme oxygenase 1 up?", "Hmox1"),
        ("Is Hmox1 up?", "HO-1"),
        ("Is HO1 up?", "heme oxygenase 1"),
        ("What is Bay 43-9006?", "sorafenib"),
        ("What is BAY43‐9006?", "sorafenib"),
        ("What is sorafenib?", "BAY 43-9006"),
        ("What is hepatocellular carcinoma?", "HCC"),
        ("What is hcc?", "hepatocellular carcinoma"),
        ("What is RRM2?", "ribonucleotide reductase regulatory subunit M2"),
        ("What is KIF14?", "kinesin family member 14"),
        ("Does ETS1 bind?", "Ets-1"),
        ("What is Keap1?", "kelch-like ECH-associated protein 1"),
        ("What is GPX4?", "PHGPx"),
        ("What is GSEA?", "Gene Set Enrichment Analyses"),
    ],
)
def test_the_seeds_names(seeds: Aliases, question: str, name: str) -> None:
    assert fold(name) in others(seeds, question)


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("What does GABPA do?", "NRF2"),
        ("What does NRF2 do?", "GABPA"),
        ("Is PSA up?", "Psat1"),
        ("Is GR up?", "Nr3c1"),
        ("Is A10 up?", "Phgdh"),
        ("Is sut up?", "Slc7a11"),
        ("a kit for kids", "CD117"),
        ("a human medulloblastoma line", "H55-RES"),
        ("sorafenibs", "BAY 43-9006"),
        ("Which humans?", "Homo sapiens"),
    ],
)
def test_names_that_are_not_trusted(seeds: Aliases, question: str, name: str) -> None:
    assert fold(name) not in others(seeds, question)


def test_a_symbol_that_is_a_word_counts_in_capitals(seeds: Aliases) -> None:
    assert "cd117" in others(seeds, "Is KIT mutated?")


def test_the_mention_is_given_as_it_stands_and_the_longest_wins(seeds: Aliases) -> None:
    mentions = [
        mention
        for mention, _ in seeds.expand("Do Txnrd1 and nuclear factor erythroid 2‐related factor 2 act?")
    ]
    assert mentions == ["Txnrd1", "nuclear factor erythroid 2‐related factor 2"]


def test_compounds_are_read_part_by_part(seeds: Aliases) -> None:
    assert [mention for mention, _ in seeds.expand("the AKT-ETS1-KIF14 loop")] == ["AKT", "ETS1", "KIF14"]


def test_an_annotation_does_not_take_a_known_name() -> None:
    wrong = Entity("gene", ("GABPA", "GA binding protein", "NRF2", "HO-1"))
    aliases = Aliases.from_papers([paper_of(entities=[wrong])])
    assert "gabpa" not in others(aliases, "NRF2 and HO-1")
    assert "nrf2" not in others(aliases, "GABPA")


def test_a_name_that_two_things_share_names_neither() -> None:
    entities = [Entity("gene", ("Aaa1", "Shared")), Entity("gene", ("Bbb1", "Shared"))]
    aliases = Aliases.from_papers([paper_of(entities=entities)])
    assert others(aliases, "Shared Aaa1 Bbb1") == set()


def test_human_and_mouse_symbols_are_one() -> None:
    entities = [Entity("gene", ("Abc1", "first name")), Entity("gene", ("ABC1", "second name"))]
    aliases = Aliases.from_papers([paper_of(entities=entities)])
    assert others(aliases, "abc1") == {"first name", "second name"}


def test_an_abbreviation_with_two_meanings_is_left_alone() -> None:
    papers = [
        paper_of("a prostate specific antigen (PSA) test"),
        paper_of("a public service announcement (PSA)"),
    ]
    assert Aliases.from_papers(papers).expand("What is PSA?") == ()


def test_papers_of_one_mind_define_an_abbreviation() -> None:
    papers = [paper_of("the prostate specific antigen (PSA)"), paper_of("of Prostate-Specific Antigen (PSA)")]
    assert "prostate specific antigen" in others(Aliases.from_papers(papers), "What is PSA?")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("by nuclear factor erythroid 2-related factor 2 (NRF2) including", [("nuclear factor erythroid 2-related factor 2", "NRF2")]),
        ("for advanced hepatocellular carcinoma (HCC).", [("hepatocellular carcinoma", "HCC")]),
        ("the mammalian target of rapamycin (mTOR)", [("mammalian target of rapamycin", "mTOR")]),
        ("Tumours (see Fig. 2) and mice (n = 5) grew (P < 0.05).", []),
        ("It was raised (Table 1).", []),
        ("in cells (HCC)", []),
        ("RNA sequencing (RNA‐Seq) analysis", [("RNA sequencing", "RNA‐Seq")]),
    ],
)  # fmt: skip
def test_definitions(text: str, found: list[tuple[str, str]]) -> None:
    assert list(definitions(text)) == found


def test_no_papers_still_know_the_reviewed_table() -> None:
    assert "sorafenib" in others(Aliases.from_papers([]), "BAY 43-9006")
