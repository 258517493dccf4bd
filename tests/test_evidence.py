"""Roles of sentences: written in the style of papers, labelled by hand."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from assistant.extractive import OWN_RESULT_WITHIN, _own_result_first
from assistant.signals import Match
from assistant.weighing import SIGNS, Candidate
from index.evidence import Role, role_at, role_of
from index.papers import Hit, Kind, Paper, Record, Section, SentenceHit
from index.readers import read

LABELLED = """
result     | Results | 0.5 | Knockdown of KIF14 reduced the number of colonies by 62% (p < 0.01).
result     | Results | 0.2 | As shown in Figure 3, tumours were smaller in the treated group.
result     | Results | 0.2 | The median overall survival was 10.7 months with sorafenib and 7.9 months with placebo.
result     | Results: Patients and follow-up | 0.2 | Of 212 patients screened, 148 were enrolled and 145 were analysed.
result     | 3. Results: 3.2. Statistical analysis of survival | 0.2 | Survival did not differ between the arms.
result     | RESULTS | 0.9 | No treatment-related death occurred.
result     | Results | 0.1 | These changes were consistent with the loss of AKT activity described above.
result     | Results: Cell culture | 0.0 | Resistant cells grew more slowly than their parents.
method     | Results | 0.1 | To test whether ETS1 binds the promoter, we carried out a reporter assay.
method     | Results | 0.1 | In order to rule out clonal effects, we generated three independent lines.
result     | Results | 0.1 | To test whether ETS1 binds the promoter, we used a reporter assay and found that it does.
cited      | Results | 0.3 | Tanaka et al. reported that the same receptor is lost in glioma.
cited      | Results | 0.3 | Previous studies have shown that autophagy protects these cells [14, 15].
result     | Table 2 | 0.5 | | Age, years | 61 ± 9 | 63 ± 8 | 0.41 |
result     | Figure 4 | 0.5 | Representative blots of three independent experiments.
cited      | Figure 1 | 0.5 | The model of the pathway, adapted from [22].
method     | Methods | 0.5 | Cells were seeded at 5,000 per well and treated for 48 h.
method     | Materials and Methods | 0.5 | RNA was extracted with Trizol as described previously [31].
method     | 2. Subjects and Methods: 2.3. Statistical Analyses | 0.5 | A p value below 0.05 was considered significant.
method     | Methods: Outcomes | 0.5 | The primary outcome was progression-free survival at 12 months.
method     | Methods | 0.5 | Tumour response was assessed by mRECIST (Lencioni and Llovet, 2010).
method     | Patients and methods | 0.5 | We enrolled adults with Child-Pugh A cirrhosis.
method     | Ethics approval | 0.0 | The protocol was approved by the hospital's review board.
cited      | Methods | 0.5 | Cella et al. [24] suggested that four points are the least difference that matters.
cited      | Methods | 0.5 | Earlier studies have reported a response rate of 20% in this setting.
background | Introduction | 0.0 | Hepatocellular carcinoma is the most common primary cancer of the liver.
background | Introduction | 0.3 | However, the mechanism of acquired resistance remains unclear.
background | 1. Background | 0.3 | Most tumours are found late.
cited      | Introduction | 0.2 | Sorafenib prolongs survival by about three months [3].
cited      | Introduction | 0.2 | Sorafenib prolongs survival by about three months [3, 5–7].
cited      | Introduction | 0.2 | Sorafenib prolongs survival by about three months (Llovet et al., 2008).
cited      | Introduction | 0.2 | Sorafenib prolongs survival by about three months.12
cited      | Introduction | 0.2 | Sorafenib prolongs survival by about three months.¹²
cited      | Introduction | 0.2 | Sorafenib prolongs survival by about three months (12, 13).
cited      | Introduction | 0.2 | Mitotic kinesins have been implicated in the growth of several tumours.
cited      | Introduction | 0.2 | It has been reported that NRF2 protects cells from ferroptosis.
cited      | Introduction | 0.2 | Previous studies have focused on EGFR.
cited      | Introduction | 0.2 | We have previously shown that the line secretes IL-6.
cited      | Introduction | 0.2 | Research has shown that exercise lowers fatigue.
method     | Introduction | 0.9 | In this study, we investigated the role of KIF14 in resistant cells.
method     | Introduction | 0.9 | The aim of this trial was to compare two doses.
method     | Background | 0.9 | We therefore aimed to find genes that both drugs change.
result     | Introduction | 0.95 | Here, we show that silencing KIF14 restores sensitivity.
result     | Discussion | 0.0 | In this study, we found that RRM2 is a target of sorafenib.
result     | Discussion | 0.1 | Our results are in line with those of earlier trials [12].
result     | Discussion | 0.1 | These findings suggest that NRF2 should be inhibited early.
result     | Discussion | 0.8 | The main limitation of our study is its small sample.
result     | Conclusions | 0.5 | Brusatol may therefore overcome resistance.
result     | 5. Conclusion | 0.5 | The combination was safe and doubled the response.
cited      | Discussion | 0.3 | A meta-analysis of nine trials found no benefit [41].
cited      | Discussion | 0.3 | Chen et al. showed that miR-21 does the opposite.
cited      | Discussion | 0.3 | In an earlier study, we treated a larger sample.
cited      | Discussion | 0.3 | Other studies have found higher rates.
cited      | Discussion | 0.3 | The literature is divided on this point.
cited      | Discussion | 0.3 | According to the European guideline, resection comes first.
background | Discussion | 0.3 | The best sequence of drugs is still a matter of debate and remains unknown.
background | Acknowledgements | 0.0 | We thank the patients who took part.
background | Authors' contributions | 0.0 | QZ designed the experiments and analysed the data.
background | Competing interests | 0.0 | The authors declare that they have none.
background | Abstract: Background | 0.0 | Resistance to sorafenib is common.
cited      | Abstract: Background | 0.5 | It has been suggested that kinesins drive resistance.
method     | Abstract: Methods | 0.0 | Mice bearing resistant tumours were given siRNA with sorafenib.
method     | Abstract: Objective | 0.0 | To compare two modes of ablation.
result     | Abstract: Results | 0.0 | Both modes gave comparable survival.
result     | Abstract: Conclusions | 0.0 | The modes may be used alike.
background | Abstract | 0.0 | Sorafenib has served as the first drug for advanced liver cancer for a decade.
background | Abstract | 0.1 | Its benefit is limited by resistance, whose mechanisms remain poorly understood.
background | Abstract | 0.3 | Human ribonucleotide reductase is responsible for the supply of nucleotides.
background | Abstract | 0.1 | Therefore, there is an urgent need for better drugs.
method     | Abstract | 0.3 | Here, we aimed to find the genes behind it.
method     | Abstract | 0.4 | We used bioinformatics methods to identify genes that respond to both drugs.
method     | Abstract | 0.4 | To investigate this, we established a resistant line and performed RNA sequencing.
method     | Abstract | 0.4 | Sixty patients were randomly assigned to either arm.
result     | Abstract | 0.5 | We found that the transporter was lost in resistant cells.
result     | Abstract | 0.5 | Sequencing revealed 1,264 deregulated genes.
result     | Abstract | 0.7 | Inhibition of the enzyme restored sensitivity.
result     | Abstract | 0.9 | These results demonstrate that the kinase is worth targeting.
result     | Abstract | 0.95 | Targeting the pathway may represent a promising strategy.
cited      | Abstract | 0.1 | Previous studies have shown that the enzyme is high in tumours.
background | Introduction | 0.1 | Liver cancer is a leading cause of death worldwide.
background | Abstract: Background | 0.4 | Little is known about its receptor.
background | Abstract | 0.0 | The liver is one of the largest organs.
cited      | 4. Detection by MRI | 0.5 | Diffusion weighting raised the sensitivity to 88% [17].
background | Text | 0.5 | Magnetic resonance imaging is a method without radiation.
result     | Text | 0.5 | We observed that lesions below 1 cm were missed.
"""

LEAST_RIGHT = 0.95
"""Share of the sentences above whose role must be found; the rules find all of them today."""


def cases() -> list[tuple[Role, str, float, str]]:
    """Return role, heading, position and sentence of each line."""
    rows = (line.split(" | ", 3) for line in LABELLED.strip().splitlines())
    return [(Role(role.strip()), heading, float(position), said) for role, heading, position, said in rows]


def test_labelled_sentences_are_recognised() -> None:
    wrong = [
        (role, found, said)
        for role, heading, position, said in cases()
        if (found := role_of(said, heading, position)) is not role
    ]
    assert len(cases()) >= 80
    assert min(Counter(role for role, *_ in cases()).values()) >= 15
    assert len(wrong) <= (1 - LEAST_RIGHT) * len(cases()), wrong


@pytest.mark.parametrize(
    "said",
    [
        "KIF14 was raised in Huh7 and HepG2 cells.",
        "The confidence interval was [0.8, 1.2].",
        "Levels rose in 12 of 30 patients (40%).",
        "IL-6, CD44 and AKT1 fell.",
        "CD133 and CD90 were seen in stage 3.",
    ],
)
def test_numbers_and_names_are_no_citation_marks(said: str) -> None:
    assert role_of(said, "Discussion", 0.5) is Role.RESULT


@pytest.mark.parametrize(
    "heading", ["Results", "Introduction", "Methods", "Abstract", "Discussion", "", "x" * 500]
)
@pytest.mark.parametrize("said", ["", " ", "[", "(" * 3000, "et al " * 2000, "a [1] " * 3000, "A, " * 4000])
def test_odd_text_takes_no_time_and_raises_nothing(said: str, heading: str) -> None:
    assert role_of(said, heading, 0.5) in Role


def test_a_paper_gives_roles_to_its_own_words_only() -> None:
    text = "Kinesins in cancer\n\nIt is known. We found more [3].\n\nPage words."
    paper = Paper(
        Record("p", "Kinesins in cancer"),
        text,
        (
            Section("Abstract", Kind.TEXT, text.index("It is"), text.index("\n\nPage")),
            Section("Summary", Kind.SUMMARY, text.index("Page"), len(text)),
        ),
    )
    start = text.index("We found")
    assert role_at(paper, start, start + 8) is Role.RESULT
    assert (
        role_at(paper, text.index("It is"), text.index("[3]")) is Role.RESULT
    )  # a quote that holds a result
    assert role_at(paper, text.index("Page"), len(text)) is None
    assert role_at(paper, 0, 5) is None


def test_part_of_a_sentence_counts_as_the_sentence() -> None:
    text = "Sorafenib prolongs survival by about three months [3]."
    paper = Paper(Record("p", "T"), text, (Section("Introduction", Kind.TEXT, 0, len(text)),))
    assert role_at(paper, 0, text.index(" by")) is Role.CITED


def test_the_seed_abstracts_are_told_apart(seeds: Path) -> None:
    papers = [paper for file in sorted(seeds.glob("*.txt")) for paper in read(file)]

    def role(words: str) -> Role | None:
        paper = next(paper for paper in papers if words in paper.text)
        start = paper.text.index(words)
        return role_at(paper, start, start + len(words))

    assert role("there is an urgent need") is Role.BACKGROUND
    assert role("Human ribonucleotide reductase is responsible") is Role.BACKGROUND
    assert role("Regorafenib, the first second-line drug") is Role.BACKGROUND
    assert role("We used bioinformatics methods") is Role.METHOD
    assert role("we established a murine model") is Role.METHOD
    assert role("mining the cancer genomics and proteomics data revealed") is Role.RESULT
    assert role("Pharmacological inhibition of NRF2 activity using brusatol") is Role.RESULT
    assert role("injection of siKIF14 with sorafenib suppressed") is Role.RESULT
    assert role("Pharmacological inhibition of NRF2 restores sorafenib") is None  # the site's summary


CITED_SAID, RESULT_SAID = "Others have lost it [3].", "We found that it was lost."


def candidates_of(result_score: float, *, against: float = 0.0, covered: float = 0.5) -> list[str]:
    """Return the order in which another's work (score 0) and a result of the paper are given."""
    text = f"{CITED_SAID} {RESULT_SAID}"
    record = Record("p", "T")
    paper = Paper(record, text, (Section("Discussion", Kind.TEXT, 0, len(text)),))
    hit = Hit(record, "Discussion", Kind.TEXT, 0, len(text), text, 1.0, ())

    def candidate(said: str, score: float, against: float, covered: float) -> Candidate:
        start = text.index(said)
        sentence = SentenceHit(start, start + len(said), said, 0.5, 0.5, 0.5)
        signs = {"unsaid": against / -SIGNS["unsaid"][0]}
        return Candidate(hit, sentence, Match(covered, 0.0, (), 0, (), ()), 0.0, signs, score)

    ranked = [candidate(CITED_SAID, 0.0, 0.0, 0.5), candidate(RESULT_SAID, result_score, against, covered)]
    return [c.sentence.text for c in _own_result_first(ranked, {"p": paper})]


def test_another_work_yields_to_a_result_that_is_as_good() -> None:
    assert candidates_of(-OWN_RESULT_WITHIN / 2) == [RESULT_SAID, CITED_SAID]


def test_it_does_not_yield_to_one_that_is_worse() -> None:
    as_ranked = [CITED_SAID, RESULT_SAID]
    assert candidates_of(-2 * OWN_RESULT_WITHIN) == as_ranked
    assert candidates_of(0.0, against=1.0) == as_ranked
    assert candidates_of(0.0, covered=0.2) == as_ranked
