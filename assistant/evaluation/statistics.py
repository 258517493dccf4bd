"""Intervals of means, and how well confidence ranks and says the chance of being right. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import nan

import numpy as np

ROUNDS = 2000
"""Bootstrap samples: the ends of a 95 % interval then vary by about a hundredth of its width between seeds."""

SEED = 0
LEVEL = 0.95
BINS = 10
"""Bins of equal mass for the calibration error: equal widths would leave most of them near empty."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A value and its 95 % interval; NaN throughout where there is nothing to average."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Bin:
    """Questions of like confidence: their mean confidence and the share that was right."""

    confidence: float
    right: float
    size: int


def mean(values: Sequence[float]) -> Interval:
    """Return the mean with its percentile bootstrap interval over questions (Efron & Tibshirani 1993)."""
    sample = np.asarray(values, dtype=float)
    if not sample.size:
        return Interval(nan, nan, nan)
    means = sample[_draws(sample.size)].mean(axis=1)
    return Interval(sum(values) / len(values), *_ends(means))


def proportion(values: Sequence[float]) -> Interval:
    """Return the share of ones with Wilson's score interval (Wilson 1927).

    The bootstrap would give no width at all where every question came out the same.
    """
    if not values:
        return Interval(nan, nan, nan)
    from scipy.stats import binomtest

    test = binomtest(round(sum(values)), len(values))
    interval = test.proportion_ci(LEVEL, method="wilson")
    return Interval(sum(values) / len(values), float(interval.low), float(interval.high))


def over_questions(
    statistic: Callable[[np.ndarray, np.ndarray], float], scores: Sequence[float], right: Sequence[bool]
) -> Interval:
    """Return a statistic of (scores, right) with its percentile bootstrap interval over questions."""
    x, y = np.asarray(scores, dtype=float), np.asarray(right, dtype=bool)
    value = statistic(x, y)
    if np.isnan(value):
        return Interval(nan, nan, nan)
    samples = np.array([statistic(x[draw], y[draw]) for draw in _draws(x.size)])
    return Interval(value, *_ends(samples[~np.isnan(samples)]))


def auroc(scores: np.ndarray, right: np.ndarray) -> float:
    """Return the chance that a random positive scores above a random negative; NaN where one kind is absent."""
    from scipy.stats import rankdata

    positives, negatives = int(right.sum()), int((~right).sum())
    if not positives or not negatives:
        return nan
    above = rankdata(scores)[right].sum() - positives * (positives + 1) / 2
    return float(above / (positives * negatives))


def calibration(scores: np.ndarray, right: np.ndarray) -> tuple[Bin, ...]:
    """Return at most `BINS` bins of equal mass, least confident first."""
    order = np.argsort(scores, kind="stable")
    parts = [part for part in np.array_split(order, BINS) if part.size]
    return tuple(Bin(float(scores[part].mean()), float(right[part].mean()), int(part.size)) for part in parts)


def calibration_error(scores: np.ndarray, right: np.ndarray) -> float:
    """Return the expected calibration error: the mean gap between confidence and share right over the bins."""
    if not scores.size:
        return nan
    gaps = [abs(b.confidence - b.right) * b.size for b in calibration(scores, right)]
    return float(sum(gaps) / scores.size)


def risks(scores: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the share that is not right among the k most confident, for k = 1 … n.

    Questions of the same confidence share their errors evenly, so that their order does not matter.
    """
    order = np.argsort(-scores, kind="stable")
    wrong = (~right[order]).astype(float)
    _, tie, sizes = np.unique(-scores[order], return_inverse=True, return_counts=True)
    shared = (np.bincount(tie, weights=wrong) / sizes)[tie]
    return np.asarray(np.cumsum(shared) / np.arange(1, scores.size + 1))


def aurc(scores: np.ndarray, right: np.ndarray) -> float:
    """Return the area under the risk-coverage curve (Geifman & El-Yaniv 2017); lower is better."""
    return float(risks(scores, right).mean()) if scores.size else nan


def least_aurc(right: np.ndarray) -> float:
    """Return the area that a perfect order of the same answers would have."""
    return aurc(right.astype(float), right)


def _draws(size: int) -> np.ndarray:
    """Return the bootstrap's indices, shape (rounds, size): the same ones for the same size."""
    return np.random.default_rng(SEED).integers(0, size, (ROUNDS, size))


def _ends(samples: np.ndarray) -> tuple[float, float]:
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(samples, [tail, 100 - tail])
    return float(low), float(high)
