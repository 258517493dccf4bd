"""The check: does a quote support a claim, and where does a quote stand?"""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.checking import find_quote, supports

KIF14_AIM = (
    "We identified KIF14 as an oncogene involved in the acquired resistance to sorafenib in HCC and investigated "
    "its potential as a target for reversing this resistance."
)
KIF14_DRIVER = (
    "Sustained exposure of resistant HCC cells to sorafenib activated the AKT pathway, which in turn upregulated "
    "KIF14 expression by increasing expression of the transcription factor ETS1."
)
KIF14_SILENCING = (
    "Silencing KIF14 reversed the acquired resistance to sorafenib by inhibiting AKT activation and downregulating "
    "ETS1 expression by blocking the AKT-ETS1-KIF14 positive feedback loop."
)
KIF14_MICE = "Moreover, injection of siKIF14 with sorafenib suppressed growth of sorafenib-resistant HCC tumors in mice."
REGORAFENIB = (
    "Regorafenib, the first second-line drug approved for treatment after sorafenib failure, can reverse resistance "
    "to sorafenib."
)
RRM2_RESECTION = (
    "The main curative treatments for hepatocellular carcinoma (HCC) are surgical resection and liver "
    "transplantation, which only benefits 15% to 25% of patients."
)
RRM2_SURVIVAL = (
    "Although several multi‐kinase inhibitors, such as sorafenib, regorafenib, and lenvatinib, have been approved "
    "for treating advanced HCC, only a short increase of median overall survival in HCC patients was achieved."
)
RRM2_VITRO = (
    "In vitro experiments validated that sorafenib inhibits RRM2 expression in HCC cells, which is positively "
    "associated with the anticancer activity of sorafenib."
)
RRM2_RESCUE = (
    "Although both RRM2 knockdown and sorafenib induced autophagy in HCC cells, restoration of RRM2 expression did "
    "not rescue HCC cells from sorafenib‐induced autophagy and growth inhibition."
)
RRM2_COLONY = (
    "However, long‐term colony formation assay indicated that RRM2 overexpression partially rescues HCC cells from "
    "the cytotoxicity of sorafenib."
)
RRM2_MINING = (
    "The RNA sequencing (RNA‐Seq) analysis and public microarray data mining found that RRM2 was a novel molecular "
    "target of sorafenib in HCC cells."
)
RRM2_END = (
    "Therefore, this study identifies that RRM2 is a novel target of sorafenib, partially contributing to its "
    "anticancer activity in HCC cells."
)
NRF2_MODEL = (
    "To investigate these mechanisms, we established a murine model of acquired sorafenib resistance and performed "
    "comparative RNA sequencing of sorafenib-sensitive versus -resistant Hep55.1C hepatoma cells."
)
NRF2_GENES = (
    "Transcriptomic profiling revealed a distinct resistance-associated signature comprising 1264 significantly "
    "deregulated genes (adjusted p < 0.03, fold change > 3.0)."
)
NRF2_PATHWAYS = (
    "Pathway analysis and Gene Set Enrichment Analyses (GSEA) indicated a coordinated downregulation of metabolic "
    "and intercellular signaling pathways, accompanied by marked upregulation of redox-regulatory, mitochondrial "
    "and cellular stress-response programs."
)
NRF2_TARGETS = (
    "Genes transcriptionally regulated by nuclear factor erythroid 2-related factor 2 (NRF2) including Gpx4, Txn1, "
    "Txnrd1, Hmox1, Fth1, Taldo1, Phgdh, and MafG, involved in antioxidant defense, ferroptosis suppression and "
    "metabolic rewiring, were all upregulated in resistant cells."
)
NRF2_BRUSATOL = (
    "Pharmacological inhibition of NRF2 activity using brusatol restored sensitivity to sorafenib, functionally "
    "implicating NRF2-dependent pathways in the maintenance of the resistant phenotype."
)
NRF2_END = (
    "These findings demonstrate that acquired sorafenib resistance in HCC is associated with a stable NRF2-driven "
    "transcriptional and metabolic reprogramming that enhances antioxidant capacity, suppresses ferroptosis and "
    "promotes tumor cell survival."
)
NRF2_OUTLOOK = (
    "Targeting NRF2-regulated redox metabolism may therefore represent a promising strategy to overcome therapeutic "
    "resistance in HCC."
)
NRF2_INELIGIBLE = (
    "Despite the advent of immune checkpoint inhibitor-based regimens, sorafenib remains an important therapeutic "
    "option for patients with advanced hepatocellular carcinoma (HCC) who are ineligible for immunotherapy."
)
DOSE = "Patients received sorafenib 400 mg twice daily for 28 days."
SURVIVAL = "Median overall survival was 10.7 months with sorafenib and 7.9 months with placebo."
VIABILITY = "Viability was lower in sorafenib-sensitive cells than in sorafenib-resistant cells."
NULL = "Metformin had no effect on KIF14 expression in Huh7 cells."

SUPPORTED = [
    ("Silencing KIF14 reversed acquired resistance to sorafenib.", KIF14_SILENCING),
    ("KIF14 silencing reverses sorafenib resistance by inhibiting AKT activation.", KIF14_SILENCING),
    ("Silencing KIF14 downregulates ETS1 expression.", KIF14_SILENCING),
    ("Knockdown of KIF14 restored sensitivity to sorafenib.", KIF14_SILENCING),
    ("KIF14 promotes acquired resistance to sorafenib.", KIF14_SILENCING),
    ("Silencing KIF14 blocks the AKT-ETS1-KIF14 positive feedback loop.", KIF14_SILENCING),
    ("AKT, ETS1 and KIF14 form a positive feedback loop.", KIF14_SILENCING),
    ("KIF14 is an oncogene involved in acquired sorafenib resistance in HCC.", KIF14_AIM),
    ("Sorafenib activated the AKT pathway in resistant HCC cells.", KIF14_DRIVER),
    ("The AKT pathway upregulates KIF14 expression by increasing ETS1 expression.", KIF14_DRIVER),
    ("KIF14 expression was upregulated by the AKT pathway.", KIF14_DRIVER),
    ("ETS1 is a transcription factor whose expression is increased by AKT activation.", KIF14_DRIVER),
    ("Injection of siKIF14 with sorafenib suppressed the growth of resistant tumours in mice.", KIF14_MICE),
    ("In mice, KIF14 silencing combined with sorafenib suppressed tumor growth.", KIF14_MICE),
    ("Regorafenib can reverse resistance to sorafenib.", REGORAFENIB),
    ("Regorafenib was the first second‑line drug approved after sorafenib failure.", REGORAFENIB),
    ("Resection and liver transplantation benefit only 15–25 percent of HCC patients.", RRM2_RESECTION),
    ("Sorafenib, regorafenib and lenvatinib are approved for advanced HCC.", RRM2_SURVIVAL),
    ("Approved kinase inhibitors achieved only a short increase of median overall survival.", RRM2_SURVIVAL),
    ("Sorafenib inhibits RRM2 expression in HCC cells.", RRM2_VITRO),
    ("RRM2 expression is inhibited by sorafenib in vitro.", RRM2_VITRO),
    ("Sorafenib reduces RRM2 expression in liver cancer cells.", RRM2_VITRO),
    ("Inhibition of RRM2 by sorafenib is positively associated with its anticancer activity.", RRM2_VITRO),
    ("Restoring RRM2 expression failed to rescue HCC cells from sorafenib-induced autophagy.", RRM2_RESCUE),
    ("RRM2 knockdown induced autophagy in HCC cells.", RRM2_RESCUE),
    ("RRM2 overexpression partially rescued HCC cells from sorafenib cytotoxicity.", RRM2_COLONY),
    ("RRM2 is a novel molecular target of sorafenib in HCC cells.", RRM2_MINING),
    ("RRM2 is a target of sorafenib and contributes in part to its anticancer activity.", RRM2_END),
    ("A murine model of acquired sorafenib resistance was established.", NRF2_MODEL),
    ("Hep55.1C hepatoma cells were used for RNA sequencing.", NRF2_MODEL),
    ("1,264 genes were significantly deregulated (adjusted p < 0.03).", NRF2_GENES),
    ("The signature comprised 1264 deregulated genes with a fold change > 3.", NRF2_GENES),
    ("Metabolic and intercellular signalling pathways were downregulated.", NRF2_PATHWAYS),
    ("NRF2 target genes such as Gpx4 and Hmox1 were upregulated in resistant cells.", NRF2_TARGETS),
    ("Brusatol restored sensitivity to sorafenib by inhibiting NRF2 activity.", NRF2_BRUSATOL),
    ("Inhibiting NRF2 with brusatol re-sensitised cells to sorafenib.", NRF2_BRUSATOL),
    ("NRF2 inhibition restored sorafenib sensitivity.", NRF2_BRUSATOL),
    ("NRF2-driven reprogramming suppresses ferroptosis and promotes tumor cell survival.", NRF2_END),
    ("Targeting NRF2-regulated redox metabolism may overcome resistance in HCC.", NRF2_OUTLOOK),
    ("Targeting NRF2-regulated redox metabolism is a strategy to overcome resistance in HCC.", NRF2_OUTLOOK),
    ("Sorafenib remains an option for patients with advanced HCC who are ineligible for immunotherapy.",
     NRF2_INELIGIBLE),
    ("Sorafenib was given at 400 mg twice daily.", DOSE),
    ("Median overall survival was 10.7 months with sorafenib versus 7.9 months with placebo.", SURVIVAL),
    ("Sorafenib-sensitive cells had lower viability than sorafenib-resistant cells.", VIABILITY),
    ("With placebo median overall survival was 7.9 months, with sorafenib 10.7 months.", SURVIVAL),
    ("The NRF2 inhibitor brusatol restored sorafenib sensitivity.", NRF2_BRUSATOL),
    ("Both sorafenib and RRM2 knockdown trigger autophagy.", RRM2_RESCUE),
    ("Metformin did not affect KIF14 expression in Huh7 cells.", NULL),
]  # fmt: skip

REFUTED = [
    ("Silencing KIF14 increased acquired resistance to sorafenib.", KIF14_SILENCING),
    ("KIF14 overexpression reversed acquired resistance to sorafenib.", KIF14_SILENCING),
    ("KIF14 suppresses acquired resistance to sorafenib.", KIF14_SILENCING),
    ("Silencing KIF14 activates AKT.", KIF14_SILENCING),
    ("Silencing KIF14 upregulated ETS1 expression.", KIF14_SILENCING),
    ("Silencing KIF14 did not reverse acquired resistance to sorafenib.", KIF14_SILENCING),
    ("Silencing KIF14 reversed acquired resistance to lenvatinib.", KIF14_SILENCING),
    ("Silencing KIF11 reversed acquired resistance to sorafenib.", KIF14_SILENCING),
    ("Silencing KIF14 reversed intrinsic resistance to sorafenib.", KIF14_SILENCING),
    ("The AKT-ETS1-KIF14 loop is a negative feedback loop.", KIF14_SILENCING),
    ("KIF14 is a tumor suppressor involved in acquired resistance to sorafenib in HCC.", KIF14_AIM),
    ("KIF14 is not involved in the acquired resistance to sorafenib in HCC.", KIF14_AIM),
    ("Sorafenib inhibited the AKT pathway in resistant HCC cells.", KIF14_DRIVER),
    ("The AKT pathway downregulates KIF14 expression.", KIF14_DRIVER),
    ("KIF14 upregulated the AKT pathway by increasing expression of ETS1.", KIF14_DRIVER),
    ("Sustained exposure of sensitive HCC cells to sorafenib activated the AKT pathway.", KIF14_DRIVER),
    ("Injection of siKIF14 with sorafenib promoted growth of resistant HCC tumors in mice.", KIF14_MICE),
    ("Injection of siKIF14 with sorafenib suppressed growth of resistant HCC tumors in rats.", KIF14_MICE),
    ("Injection of siKIF14 with regorafenib suppressed growth of HCC tumors in mice.", KIF14_MICE),
    ("Sorafenib can reverse resistance to regorafenib.", REGORAFENIB),
    ("Regorafenib cannot reverse resistance to sorafenib.", REGORAFENIB),
    ("Regorafenib is a first-line drug for treatment after sorafenib failure.", REGORAFENIB),
    ("Regorafenib can cause resistance to sorafenib.", REGORAFENIB),
    ("Resection and liver transplantation benefit 25% to 50% of patients.", RRM2_RESECTION),
    ("Resection and liver transplantation benefit 15 to 25 patients with HCC for 15 months.", RRM2_RESECTION),
    ("Kinase inhibitors achieved a substantial increase of median overall survival.", RRM2_SURVIVAL),
    ("Sorafenib, regorafenib and cabozantinib have been approved for advanced HCC.", RRM2_SURVIVAL),
    ("Sorafenib increases RRM2 expression in HCC cells.", RRM2_VITRO),
    ("RRM2 inhibits sorafenib in HCC cells.", RRM2_VITRO),
    ("Sorafenib does not inhibit RRM2 expression in HCC cells.", RRM2_VITRO),
    ("Sorafenib inhibits RRM1 expression in HCC cells.", RRM2_VITRO),
    ("RRM2 inhibition is negatively associated with the anticancer activity of sorafenib.", RRM2_VITRO),
    ("Sorafenib inhibits RRM2 expression in vivo.", RRM2_VITRO),
    ("Restoration of RRM2 expression rescued HCC cells from sorafenib-induced autophagy.", RRM2_RESCUE),
    ("RRM2 knockdown inhibited autophagy in HCC cells.", RRM2_RESCUE),
    ("RRM2 knockdown did not induce autophagy in HCC cells.", RRM2_RESCUE),
    ("RRM2 overexpression induced autophagy in HCC cells.", RRM2_RESCUE),
    ("RRM2 knockdown induced apoptosis in HCC cells.", RRM2_RESCUE),
    ("RRM2 overexpression completely rescues HCC cells from the cytotoxicity of sorafenib.", RRM2_COLONY),
    ("RRM2 overexpression did not rescue HCC cells from the cytotoxicity of sorafenib.", RRM2_COLONY),
    ("RRM2 knockdown partially rescues HCC cells from the cytotoxicity of sorafenib.", RRM2_COLONY),
    ("RRM2 is not a target of sorafenib in HCC cells.", RRM2_MINING),
    ("RRM2 is a novel molecular target of lenvatinib in HCC cells.", RRM2_MINING),
    ("A human model of acquired sorafenib resistance was established with Huh7 cells.", NRF2_MODEL),
    ("1246 genes were significantly deregulated.", NRF2_GENES),
    ("1264 genes were significantly deregulated (adjusted p > 0.03).", NRF2_GENES),
    ("1264 genes were deregulated with a fold change below 3.0.", NRF2_GENES),
    ("Metabolic and intercellular signaling pathways were upregulated.", NRF2_PATHWAYS),
    ("Mitochondrial and stress-response programs were markedly downregulated.", NRF2_PATHWAYS),
    ("Gpx4 and Hmox1 were downregulated in resistant cells.", NRF2_TARGETS),
    ("Gpx4 and Hmox1 were upregulated in sensitive cells.", NRF2_TARGETS),
    ("Gpx4, Hmox1 and Slc7a11 were all upregulated in resistant cells.", NRF2_TARGETS),
    ("Activation of NRF2 restored sensitivity to sorafenib.", NRF2_BRUSATOL),
    ("Brusatol activates NRF2 and restores sensitivity to sorafenib.", NRF2_BRUSATOL),
    ("Brusatol increased resistance to sorafenib.", NRF2_BRUSATOL),
    ("Inhibition of NRF2 using erastin restored sensitivity to sorafenib.", NRF2_BRUSATOL),
    ("Inhibition of NRF2 failed to restore sensitivity to sorafenib.", NRF2_BRUSATOL),
    ("NRF2-driven reprogramming promotes ferroptosis.", NRF2_END),
    ("NRF2-driven reprogramming reduces antioxidant capacity.", NRF2_END),
    ("KEAP1-driven reprogramming suppresses ferroptosis.", NRF2_END),
    ("Sorafenib remains an option for patients with advanced HCC who are eligible for immunotherapy.",
     NRF2_INELIGIBLE),
    ("Sorafenib was given at 400 mg twice daily for 28 weeks.", DOSE),
    ("Sorafenib was given at 800 mg twice daily.", DOSE),
    ("Sorafenib-sensitive cells had higher viability than sorafenib-resistant cells.", VIABILITY),
    ("Viability was lower in sorafenib-resistant cells than in sorafenib-sensitive cells.", VIABILITY),
    ("Median overall survival was 7.9 months with sorafenib and 10.7 months with placebo.", SURVIVAL),
    ("RRM2 upregulation by sorafenib explains its anticancer activity.", RRM2_VITRO),
    ("Metformin reduced KIF14 expression in Huh7 cells.", NULL),
    ("The weather in Paris was pleasant.", KIF14_AIM),
    ("The trial enrolled volunteers from several hospitals.", KIF14_AIM),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "quote"), SUPPORTED, ids=[claim[:60] for claim, _ in SUPPORTED])
def test_a_faithful_claim_is_supported(claim: str, quote: str) -> None:
    assert supports(claim, [quote]).supported, supports(claim, [quote])


@pytest.mark.parametrize(("claim", "quote"), REFUTED, ids=[claim[:60] for claim, _ in REFUTED])
def test_a_claim_that_says_something_else_is_not(claim: str, quote: str) -> None:
    assert not supports(claim, [quote]).supported


QUOTES = sorted({quote for _, quote in SUPPORTED + REFUTED})


@pytest.mark.parametrize("quote", QUOTES, ids=[quote[:40] for quote in QUOTES])
def test_a_quote_supports_itself_with_full_score(quote: str) -> None:
    verdict = supports(quote, ["Another sentence.", quote])
    assert verdict.supported
    assert verdict.score == 1


@given(st.sampled_from(QUOTES), st.sampled_from(QUOTES))
def test_a_quote_told_in_a_frame_is_supported_beside_another(quote: str, other: str) -> None:
    claim = f"According to the paper, {quote}"
    assert supports(claim, [quote]).supported
    assert supports(claim, [quote, other]).supported


@given(
    st.sampled_from([NRF2_GENES, RRM2_RESECTION, DOSE, SURVIVAL]), st.integers(100_000, 999_999), st.data()
)
def test_another_number_breaks_support(quote: str, number: int, data: st.DataObject) -> None:
    places = [match.span() for match in re.finditer(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.]*\w)", quote)]
    start, end = data.draw(st.sampled_from(places))
    verdict = supports(f"{quote[:start]}{number}{quote[end:]}", [quote])
    assert not verdict.supported
    assert str(number) in verdict.reasons[0]


@given(
    st.sampled_from([(KIF14_SILENCING, "KIF14"), (KIF14_DRIVER, "ETS1"), (RRM2_VITRO, "RRM2"), (NRF2_TARGETS, "Gpx4")]),
    st.from_regex(r"[A-Z]{3}[2-9][0-9]", fullmatch=True),
)  # fmt: skip
def test_another_gene_breaks_support(case: tuple[str, str], gene: str) -> None:
    quote, old = case
    assert not supports(quote.replace(old, gene, 1), [quote]).supported or gene == old


def test_names_are_known_by_their_aliases() -> None:
    claim = "Nfe2l2 inhibition restored sensitivity to sorafenib."
    assert not supports(claim, [NRF2_BRUSATOL]).supported
    assert supports(claim, [NRF2_BRUSATOL], aliases={"Nfe2l2": ["NRF2"]}).supported


def test_quotes_are_taken_together() -> None:
    claim = "Sorafenib inhibits RRM2 expression, and RRM2 overexpression partially rescues the cells."
    assert supports(claim, [RRM2_VITRO, RRM2_COLONY]).supported


def test_a_dropped_hedge_is_noted_and_not_rejected() -> None:
    verdict = supports(
        "Targeting NRF2-regulated redox metabolism overcomes resistance in HCC.", [NRF2_OUTLOOK]
    )
    assert verdict.supported
    assert "may" in verdict.reasons[0]


@pytest.mark.parametrize("frame", ["It is not true that", "We found no evidence that", "We tested whether"])
def test_what_a_sentence_denies_or_asks_is_not_stated(frame: str) -> None:
    quote = f"{frame} KIF14 drives resistance to sorafenib."
    assert not supports("KIF14 drives resistance to sorafenib.", [quote]).supported
    assert supports(f"According to the paper, {quote}", [quote]).supported


def test_the_question_lends_words_but_no_names() -> None:
    question = "Does metformin reverse the acquired resistance of Huh7 cells?"
    assert not supports("Metformin reverses acquired resistance.", [KIF14_SILENCING], question).supported


@pytest.mark.parametrize("quotes", [[], [""], ["  "]], ids=["none", "empty", "blank"])
def test_no_quote_supports_nothing(quotes: list[str]) -> None:
    assert not supports("KIF14 drives resistance.", quotes).supported


PAPER = "Intro. Sorafenib‐induced  autophagy needs 2′‐deoxyribonucleoside\nand TGF‐β (“TGF”). It did not rescue cells."


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        ("sorafenib-induced autophagy", "Sorafenib‐induced  autophagy"),
        ("2'-deoxyribonucleoside and TGF-beta", "2′‐deoxyribonucleoside\nand TGF‐β"),
        ('and TGF-β ("TGF")', "and TGF‐β (“TGF"),
        ('"It did not rescue cells."', "It did not rescue cells."),
        ("It did not rescue cells", "It did not rescue cells"),
        ("It did rescue cells.", None),
        ("Sorafenib‐induced … rescue cells.", None),
        ("It did not rescue...", None),
        ("duced autophagy", None),
        ("", None),
        ("...", None),
    ],
    ids=[
        "hyphen",
        "prime",
        "marks",
        "quoted",
        "no stop",
        "changed",
        "joined",
        "cut",
        "inside a word",
        "empty",
        "dots",
    ],
)
def test_find_quote(quote: str, expected: str | None) -> None:
    place = find_quote(quote, PAPER)
    assert (PAPER[slice(*place)] if place else None) == expected


@given(st.text(min_size=1, max_size=80), st.text(max_size=40), st.text(max_size=40))
def test_a_copied_quote_is_found_in_the_text(quote: str, before: str, after: str) -> None:
    text = f"{before} {quote} {after}"
    place = find_quote(quote, text)
    if place is not None:
        start, end = place
        assert 0 <= start < end <= len(text)
        assert find_quote(text[start:end], text[start:end]) is not None
