"""Intervals, ranking and calibration of confidence, comparisons: against values worked out by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from evaluated import row

from assistant.errors import SettingsError
from assistant.evaluation import figures, statistics
from assistant.evaluation.comparing import CANNOT_TELL_APART, compare, mcnemar, permutation


def flags(*values: int) -> np.ndarray:
    return np.array(values, dtype=bool)


def test_the_interval_of_a_mean_is_seeded_and_holds_it() -> None:
    values = [0.0, 0.5, 1.0, 1.0, 0.25, 0.75]
    interval = statistics.mean(values)
    assert interval == statistics.mean(values)
    assert interval.value == pytest.approx(3.5 / 6)
    assert 0 <= interval.low < interval.value < interval.high <= 1


def test_a_share_has_wilsons_interval_even_where_all_are_right() -> None:
    interval = statistics.proportion([1.0] * 10)
    assert interval.value == 1
    assert interval.low == pytest.approx(10 / (10 + 1.959964**2), abs=1e-4)


def test_nothing_has_no_mean() -> None:
    assert math.isnan(statistics.mean([]).value)
    assert math.isnan(statistics.proportion([]).value)


def test_auroc_counts_pairs_in_order_and_ties_half() -> None:
    scores = np.array([0.9, 0.5, 0.5, 0.1])
    assert statistics.auroc(scores, flags(1, 1, 0, 0)) == pytest.approx(3.5 / 4)
    assert math.isnan(statistics.auroc(scores, flags(1, 1, 1, 1)))


def test_risk_at_each_coverage() -> None:
    risks = statistics.risks(np.array([0.2, 0.9, 0.6]), flags(0, 1, 0))
    assert risks.tolist() == pytest.approx([0, 1 / 2, 2 / 3])
    assert statistics.aurc(np.array([0.2, 0.9, 0.6]), flags(0, 1, 0)) == pytest.approx(
        (0 + 1 / 2 + 2 / 3) / 3
    )


def test_ties_share_their_errors_whatever_their_order() -> None:
    scores = np.array([0.5, 0.5])
    assert (
        statistics.risks(scores, flags(0, 1)).tolist()
        == statistics.risks(scores, flags(1, 0)).tolist()
        == [0.5, 0.5]
    )


def test_calibration_has_ten_bins_of_equal_mass() -> None:
    scores = np.linspace(0.05, 0.95, 20)
    bins = statistics.calibration(scores, scores > 0.5)
    assert [b.size for b in bins] == [2] * 10
    assert [b.right for b in bins] == [0] * 5 + [1] * 5


def test_calibration_error_is_the_mean_gap() -> None:
    # Two bins of one: |.8 - 1| and |.6 - 0|.
    assert statistics.calibration_error(np.array([0.8, 0.6]), flags(1, 0)) == pytest.approx(0.4)
    assert math.isnan(statistics.calibration_error(np.array([]), flags()))


def test_mcnemar_is_exact() -> None:
    pairs = np.array([(1, 0)] * 1 + [(0, 1)] * 6 + [(1, 1)] * 20, dtype=float)
    assert mcnemar(pairs) == pytest.approx(2 * (1 + 7) / 2**7)
    assert mcnemar(np.array([(1.0, 1.0)])) == 1


def test_permutation_p_of_equal_gaps() -> None:
    # All eight signs must agree: two of 2^8 sign patterns are as far from zero.
    assert permutation(np.full(8, 0.1)) == pytest.approx(2 / 2**8, abs=0.002)
    assert permutation(np.zeros(8)) == 1


def test_two_runs_are_told_apart_only_where_the_interval_lies_off_zero() -> None:
    a = [
        row(str(n), metrics={"answered_right": 0.0, "key_fact_recall": 0.5, "words": 10.0}) for n in range(20)
    ]
    b = [
        row(str(n), metrics={"answered_right": 1.0, "key_fact_recall": 0.4 + n % 2 * 0.2, "words": 8.0})
        for n in range(20)
    ]
    right, facts, words = compare(a, b)
    assert (right.difference, right.test, right.verdict) == (1.0, "McNemar", "B is better")
    assert (facts.test, facts.verdict) == ("permutation", CANNOT_TELL_APART)
    assert facts.low < 0 < facts.high
    assert words.verdict == "A is higher"


def test_a_difference_on_four_questions_of_forty_is_not_enough() -> None:
    # The bootstrap's interval lies above zero, but four heads in a row are no rare thing: p = 2 / 2^4.
    a = [row(str(n), metrics={"answered_right": float(n < 25)}) for n in range(40)]
    b = [row(str(n), metrics={"answered_right": float(n < 29)}) for n in range(40)]
    (difference,) = compare(a, b)
    assert difference.low > 0
    assert difference.p == pytest.approx(0.125)
    assert difference.verdict == CANNOT_TELL_APART


def test_less_is_better_for_errors() -> None:
    a = [row(str(n), metrics={"false_answer": 1.0}) for n in range(20)]
    b = [row(str(n), metrics={"false_answer": 0.0}) for n in range(20)]
    assert compare(a, b)[0].verdict == "B is better"


@pytest.mark.parametrize("other", [row("2"), row("1", set="another")])
def test_runs_over_other_questions_are_not_compared(other: object) -> None:
    with pytest.raises(SettingsError, match="not asked the same questions"):
        compare([row("1")], [other])  # type: ignore[list-item]


def test_figures_average_every_row_that_yields_them() -> None:
    rows = [
        row("1", metrics={"answered_right": 1.0}, confidence=0.9, seconds=0.1),
        row("2", metrics={"answered_right": 0.0}, right=False, confidence=0.3, seconds=0.4),
        row("3", answerable=False, answered=False, right=False, metrics={"abstained_right": 1.0}, confidence=0.2, seconds=0.2),
    ]  # fmt: skip
    found = {figure.name: figure for figure in figures.figures(rows)}
    assert (found["answered_right"].value, found["answered_right"].n) == (0.5, 2)
    assert (found["abstained_right"].value, found["abstained_right"].n) == (1, 1)
    assert found["auroc_answerable"].value == 1
    assert found["auroc_right"].value == 1
    assert found["seconds_median"].value == 0.2
    assert found["calibration_error"].value == pytest.approx((0.1 + 0.3) / 2)
    assert [failed.id for failed in figures.failures(rows)] == ["2"]


def test_each_part_must_meet_a_gate_on_its_own() -> None:
    rows = [row("1"), row("2", split="test", metrics={"answered_right": 0.0})]
    gates = figures.gates(rows, {"answered_right": 0.5, "abstained_right": 0.5})
    assert [(gate.split, gate.value, gate.met) for gate in gates] == [
        ("development", 1, True),
        ("test", 0, False),
    ]


@pytest.mark.parametrize("name", ["cleverness", "false_answer"])
def test_a_gate_on_something_else_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match=f"no gate on '{name}'"):
        figures.gates([row("1")], {name: 0.5})


def test_kinds_are_scored_apart() -> None:
    rows = [
        row("1"),
        row("2", right=False),
        row("3", kind="absent", answerable=False, answered=False, right=False),
    ]
    assert [(k.kind, k.right.value, k.n) for k in figures.by_kind(rows)] == [
        ("fact", 0.5, 2),
        ("absent", 1, 1),
    ]


def test_rows_come_back_as_they_were_written(tmp_path: Path) -> None:
    from assistant.evaluation import rows

    made = (row("1", quotes=("“a”\u2028b",), history=("before?",)), row("2", error="it broke"))
    rows.write(made, tmp_path / "rows.jsonl")
    assert rows.read(tmp_path / "rows.jsonl") == made


@pytest.mark.parametrize("content", ["", "[]\n", '{"id": 1}\n', "no json\n"])
def test_other_files_are_not_taken_for_rows(content: str, tmp_path: Path) -> None:
    from assistant.evaluation import rows

    (tmp_path / "x").write_text(content)
    with pytest.raises(SettingsError):
        rows.read(tmp_path / "x")
