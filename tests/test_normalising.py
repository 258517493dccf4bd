"""Folding and search terms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.normalising import fold, terms


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("TGF‐β", "tgf-beta"),
        ("multi‑kinase", "multi-kinase"),
        ("5–10 − 2", "5-10 - 2"),
        ("2′‐deoxy", "2'-deoxy"),
        ("“NRF2’s”", '"nrf2\'s"'),
        ("HIF-2α and Κ", "hif-2alpha and kappa"),
        ("µM", "mum"),
        ("ﬁbrosis", "fibrosis"),
        ("Thériault, Żółć, ΐ, ŉ", "theriault, zołc, iota, 'n"),
        ("  Nov;\u00a012\n(22) ", "nov; 12 (22)"),
        ("sora\u00adfenib", "sorafenib"),
        ("STRASSE straße", "strasse strasse"),
    ],
)
def test_fold(written: str, folded: str) -> None:
    assert fold(written) == folded


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("p < 0.03", ["p", "0.03"]),
        ("AKT-ETS1", ["akt-ets1", "akt", "ets1"]),
        ("Hep55.1C cells.", ["hep55.1c", "cells"]),
        ("1,264 genes", ["1264", "genes"]),
        ("[6,7] of 12,345", ["6", "7", "of", "12345"]),
        ("sorafenib's effect", ["sorafenib", "effect"]),
        ("TGF‐β/SMAD", ["tgf-beta", "tgf", "beta", "smad"]),
        ("p27(Kip1)", ["p27", "kip1"]),
        ("- – —", []),
    ],
)
def test_terms(written: str, found: list[str]) -> None:
    assert terms(written) == found


@given(st.text())
def test_folding_again_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_terms_are_folded_and_hold_no_space(text: str) -> None:
    assert all(term and term == fold(term) and not term.isspace() for term in terms(text))
