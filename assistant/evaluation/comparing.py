"""Comparing two runs question by question: is one better, or can they not be told apart?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assistant.errors import SettingsError
from assistant.evaluation import statistics
from assistant.evaluation.measures import MEASURES, Measure
from assistant.evaluation.rows import Row

SIGN_FLIPS = 10_000
"""Samples of the permutation test: p is then good to about a hundredth where it matters, near .05."""

BLOCK = 500
"""Samples drawn at a time, so that thousands of questions still fit into memory."""

SIGNIFICANT = 0.05

CANNOT_TELL_APART = "cannot tell apart"


@dataclass(frozen=True, slots=True)
class Difference:
    """The paired difference B - A of a measure over the questions that both runs asked."""

    name: str
    label: str
    a: float
    b: float
    difference: float
    low: float
    high: float
    p: float
    test: str  # "McNemar" or "permutation"
    n: int
    verdict: str  # "B is better", "A is better", "B is higher", "A is higher" or `CANNOT_TELL_APART`


def compare(a: Sequence[Row], b: Sequence[Row]) -> tuple[Difference, ...]:
    """Return the differences of all measures that both runs have.

    Raises:
        SettingsError: the runs have not asked the same questions.
    """
    if [row.id for row in a] != [row.id for row in b] or {r.set for r in a} != {r.set for r in b}:
        raise SettingsError(
            "The two runs have not asked the same questions of the same set: run both with the same "
            "--questions, --split and --limit."
        )
    differences = []
    for measure in MEASURES:
        pairs = [
            (x.metrics[measure.name], y.metrics[measure.name])
            for x, y in zip(a, b, strict=True)
            if measure.name in x.metrics and measure.name in y.metrics
        ]
        if pairs:
            differences.append(_difference(measure, np.asarray(pairs, dtype=float)))
    return tuple(differences)


def _difference(measure: Measure, pairs: np.ndarray) -> Difference:
    gaps = pairs[:, 1] - pairs[:, 0]
    interval = statistics.mean(gaps.tolist())
    p = mcnemar(pairs) if measure.binary else permutation(gaps)
    return Difference(
        name=measure.name,
        label=measure.label,
        a=float(pairs[:, 0].mean()),
        b=float(pairs[:, 1].mean()),
        difference=interval.value,
        low=interval.low,
        high=interval.high,
        p=p,
        test="McNemar" if measure.binary else "permutation",
        n=len(pairs),
        verdict=_verdict(measure, interval, p),
    )


def _verdict(measure: Measure, interval: statistics.Interval, p: float) -> str:
    """Return what can be said; where few questions differ, the bootstrap alone would say too much."""
    if interval.low <= 0 <= interval.high or p >= SIGNIFICANT:
        return CANNOT_TELL_APART
    higher = "B" if interval.value > 0 else "A"
    if measure.better == 0:
        return f"{higher} is higher"
    return f"{'B' if (interval.value > 0) == (measure.better > 0) else 'A'} is better"


def mcnemar(pairs: np.ndarray) -> float:
    """Return the exact two-sided p of McNemar's test (1947): only questions that came out differently count."""
    from scipy.stats import binomtest

    only_a = int(((pairs[:, 0] == 1) & (pairs[:, 1] == 0)).sum())
    only_b = int(((pairs[:, 0] == 0) & (pairs[:, 1] == 1)).sum())
    return float(binomtest(only_a, only_a + only_b).pvalue) if only_a + only_b else 1.0


def permutation(gaps: np.ndarray) -> float:
    """Return the two-sided p of the paired permutation test: signs of the differences are flipped at random."""
    random = np.random.default_rng(statistics.SEED)
    blocks = [random.choice((-1.0, 1.0), (BLOCK, gaps.size)) @ gaps for _ in range(SIGN_FLIPS // BLOCK)]
    flipped = np.abs(np.concatenate(blocks))
    # The observed order is one of the permutations; the tolerance keeps equal sums equal.
    as_far = int((flipped >= abs(float(gaps.sum())) - 1e-9).sum())
    return (as_far + 1) / (SIGN_FLIPS + 1)
