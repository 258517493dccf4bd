"""Study systems: what is found, how it is named, and what is not taken for one."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.papers import Entity, Kind, Paper, Record, Section
from index.readers import read
from index.systems import SystemKind, systems_of

CELL_LINE, MOUSE, ANIMAL, XENOGRAFT, PATIENTS, COHORT, TRIAL, IN_SILICO = (
    SystemKind.CELL_LINE,
    SystemKind.MOUSE,
    SystemKind.ANIMAL,
    SystemKind.XENOGRAFT,
    SystemKind.PATIENTS,
    SystemKind.COHORT,
    SystemKind.TRIAL,
    SystemKind.IN_SILICO,
)


def paper_of(text: str, heading: str = "Results", entities: tuple[Entity, ...] = ()) -> Paper:
    return Paper(Record("p", "T"), text, (Section(heading, Kind.TEXT, 0, len(text)),), entities=entities)


def named(
    text: str, heading: str = "Results", entities: tuple[Entity, ...] = ()
) -> list[tuple[SystemKind, str]]:
    return [(one.kind, one.name) for one in systems_of(paper_of(text, heading, entities))]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("KIF14 was raised in Huh7 and Hep3B cells.", ["Huh7", "Hep3B"]),
        ("The HCC cell lines (Huh7, Hep3B, and XYZ-12) were used.", ["Huh7", "Hep3B", "XYZ-12"]),
        ("The cell lines HepG2-SR and SK-HEP-1 grew.", ["HepG2-SR", "SK-HEP-1"]),
        ("MHCC97H and QQ-123 hepatoma cells were cultured.", ["MHCC97H", "QQ-123"]),
        ("The HA22T/VGH cell line was obtained.", ["HA22T/VGH"]),
        ("Six mice were injected with Huh7R cells.", ["Huh7R"]),
        ("Growth of PLC/PRF/5, MDA-MB-231 and HEK293T was slow.", ["PLC/PRF/5", "MDA-MB-231", "HEK293T"]),
        ("The drug killed HCC cells.", ["HCC cells"]),
        ("The drug killed HCC cells, above all HepG2.", ["HepG2"]),
    ],
)
def test_cell_lines(text: str, names: list[str]) -> None:
    assert [name for kind, name in named(text) if kind is CELL_LINE] == names


@pytest.mark.parametrize(
    "text",
    [
        "KIF14 cells and NRF2-knockdown cells died.",
        "CD133+ cells, CD8 T cells and NK cells were sorted.",
        "Gpx4 cells, TP53 cells and AKT1, ETS1 cells were compared.",
        "RRM2-overexpressing cell lines were made.",
        "IL-6 cells, miR-21 cells and p53 cells were compared.",
        "C57BL/6 cells were used.",
        "Panels 4a and 4b cell lines.",
        "KIF14, ETS1 and AKT were upregulated.",
    ],
)
def test_genes_markers_and_strains_are_no_cell_lines(text: str) -> None:
    assert CELL_LINE not in [kind for kind, _ in named(text)]


def test_a_name_that_the_page_lists_as_a_gene_is_no_cell_line() -> None:
    text = "The QQ-12 cell lines were compared."
    assert named(text) == [(CELL_LINE, "QQ-12")]
    assert named(text, entities=(Entity("gene", ("QQ-12",)),)) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Male BALB/c nude mice were injected.", (MOUSE, "Male BALB/c nude mice")),
        ("We established a murine model of resistance.", (MOUSE, "murine model")),
        ("Sprague-Dawley rats were fed.", (ANIMAL, "Sprague-Dawley rats")),
        ("It suppressed growth of HCC tumors in mice.", (XENOGRAFT, "HCC tumors in mice")),
        ("Patient-derived xenografts were treated.", (XENOGRAFT, "Patient-derived xenografts")),
        ("A total of 120 patients with HCC were enrolled.", (PATIENTS, "120 patients with HCC")),
        ("Patients (n = 120) were randomised.", (PATIENTS, "Patients (n = 120)")),
        ("Sixty patients received the drug.", (PATIENTS, "Sixty patients")),
        ("Samples of the TCGA cohort were compared.", (COHORT, "TCGA cohort")),
        ("A cohort of 300 patients was followed.", (COHORT, "cohort of 300 patients")),
        ("In this phase III trial, survival rose.", (TRIAL, "phase III trial")),
        ("The trial is registered as NCT01234567.", (TRIAL, "NCT01234567")),
        ("We used bioinformatics methods to find genes.", (IN_SILICO, "bioinformatics methods")),
        ("Public microarray data mining found a target.", (IN_SILICO, "Public microarray data mining")),
        ("Expression was taken from GSE14520.", (IN_SILICO, "GSE14520")),
    ],
)
def test_other_systems(text: str, expected: tuple[SystemKind, str]) -> None:
    assert expected in named(text)


@pytest.mark.parametrize(
    ("text", "heading"),
    [
        ("Sorafenib slows Huh7 cells in mice [3].", "Introduction"),
        ("Smith et al. showed that Huh7 xenografts shrink.", "Results"),
        ("Others have used HepG2 cells.", "Discussion"),
        ("We thank the donors of the Huh7 cells and the mice.", "Acknowledgements"),
        ("In 15% to 25% of patients the drug failed.", "Results"),
        ("A mouse anti-human antibody was used.", "Methods"),
        ("Hepatocellular carcinoma kills many patients.", "Introduction"),
    ],
)
def test_other_works_and_mere_mentions_are_no_systems(text: str, heading: str) -> None:
    assert named(text, heading) == []


def test_each_name_comes_once_with_the_first_sentence_that_says_so() -> None:
    text = "Cells were grown. We treated Huh-7 cells. Then Huh7 cells died."
    (one,) = systems_of(paper_of(text))
    assert (one.kind, one.name, text[one.start : one.end]) == (CELL_LINE, "Huh-7", "We treated Huh-7 cells.")
    assert one.to_json() == {"kind": "cell line", "name": "Huh-7", "start": 18, "end": 41}


@pytest.mark.parametrize(
    "text",
    ["A1, " * 4000 + "cells", "(" * 5000, "mice " * 5000, "9 " * 5000 + "patients enrolled", "a-" * 5000],
)
def test_odd_text_takes_no_time(text: str) -> None:
    systems_of(paper_of(text, "Methods"))


def test_the_seeds(seeds: Path) -> None:
    found = {}
    for file in sorted(seeds.glob("*.txt")):
        for paper in read(file):
            assert all(paper.text[s.start : s.end].strip() for s in systems_of(paper))
            word = next(word for word in ("KIF14", "NRF2", "RRM2") if word in paper.record.title)
            found[word] = [(one.kind, one.name) for one in systems_of(paper)]
    assert found["KIF14"] == [
        (IN_SILICO, "bioinformatics methods"),
        (CELL_LINE, "HCC cells"),
        (XENOGRAFT, "HCC tumors in mice"),
        (MOUSE, "mice"),
    ]
    # The page's machine-made lists name Hep53.4 and strains of mice; the paper's own words do not.
    assert found["NRF2"] == [(CELL_LINE, "Hep55.1C"), (MOUSE, "murine model")]
    assert (IN_SILICO, "public microarray data mining") in found["RRM2"]
    assert {kind for kind, _ in found["RRM2"]} == {IN_SILICO, CELL_LINE}
