"""Spelling repair of questions."""

from __future__ import annotations

from collections import Counter

import pytest

from index.spelling import repair

VOCABULARY = Counter(
    "sorafenib resistance kif14 nrf2 lenvatinib hepatocellular carcinoma silencing autophagy regorafenib "
    "proteins protein ho-1 akt p53".split()
)
COMMON = frozenset("what which drives drive model training".split())


def repaired(question: str) -> str:
    return repair(question, VOCABULARY, COMMON.__contains__)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("What drives sorafenob resistance?", "What drives sorafenib resistance?"),
        ("soraefnib", "sorafenib"),  # a swap of neighbours
        ("SORAFENIBB", "sorafenib"),
        ("hepatocelular carcinnoma", "hepatocellular carcinoma"),
        ("autophgy", "autophagy"),
        ("KIF 14", "KIF14"),
        ("KIF-14 and NRF 2", "KIF14 and NRF2"),
    ],
)
def test_slips_are_put_right(typed: str, meant: str) -> None:
    assert repaired(typed) == meant


@pytest.mark.parametrize(
    "question",
    [
        "",
        "KIF15",  # another gene, no slip
        "NRF3 and p63",
        "AKT2",
        "HO-1",
        "drives",  # a common word that the library does not hold
        "silencings",  # another form of a word of the library
        "metformin",  # unknown, but near nothing
        "torafenib",  # the first letter is taken to be right
        "akd",  # too short
        "What is it?",
    ],
)
def test_what_is_no_slip_stays(question: str) -> None:
    assert repaired(question) == question


def test_two_equally_near_words_leave_it_alone() -> None:
    assert repair("sorafenab", {"sorafenib": 3, "sorafenub": 2}, COMMON.__contains__) == "sorafenab"


def test_words_of_the_library_are_never_changed() -> None:
    for word in VOCABULARY:
        assert repaired(word) == word
    assert repaired("Sorafenib RESISTANCE") == "Sorafenib RESISTANCE"


def test_repairing_twice_changes_nothing_more() -> None:
    for question in ("sorafenob resistence of KIF 14", "lenvatinb"):
        assert repaired(repaired(question)) == repaired(question)


def test_a_symbol_is_joined_only_if_the_library_writes_it_so() -> None:
    assert repaired("stage 3") == "stage 3"
    assert repair("grade 3", {"grade", "grade3"}, COMMON.__contains__) == "grade 3"


def test_a_long_question_takes_no_time() -> None:
    assert repaired("sorafenib resistance " * 4000).count("sorafenib") == 4000


def test_of_two_equally_near_words_the_much_commoner_one_is_meant() -> None:
    vocabulary = Counter({"influenza": 50, "influenzae": 2})
    assert repair("What causes influenze?", vocabulary, COMMON.__contains__) == "What causes influenza?"


def test_symbols_in_mixed_case_are_never_changed() -> None:
    assert repair("Was siRNA used?", Counter({"siena": 3}), COMMON.__contains__) == "Was siRNA used?"
