"""Figures: means of rows with their intervals, and whether the gates of a set are met."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.errors import SettingsError
from assistant.evaluation import statistics
from assistant.evaluation.measures import BY_NAME, MEASURES
from assistant.evaluation.rows import Row
from assistant.evaluation.statistics import Interval


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure over `n` questions, with its 95 % interval where it has one."""

    name: str
    label: str
    value: float
    n: int
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """A least value that a figure must reach on a part of the set."""

    name: str
    split: str
    least: float
    value: float

    @property
    def met(self) -> bool:
        """Whether the figure is high enough."""
        return self.value >= self.least


@dataclass(frozen=True, slots=True)
class KindScore:
    """How many questions of a kind ended as they should have."""

    kind: str
    answerable: bool
    right: Interval
    n: int


def figures(rows: Sequence[Row]) -> tuple[Figure, ...]:
    """Return every figure that the rows yield."""
    means = []
    for measure in MEASURES:
        values = [row.metrics[measure.name] for row in rows if measure.name in row.metrics]
        if values:
            interval = statistics.proportion(values) if measure.binary else statistics.mean(values)
            means.append(_figure(measure.name, measure.label, interval, len(values)))
    return (*means, *_confidence(rows), *_seconds(rows))


def _confidence(rows: Sequence[Row]) -> list[Figure]:
    """Return how well confidence ranks (all questions) and is calibrated (answers given)."""
    scores, right = [row.confidence for row in rows], [row.right for row in rows]
    answerable = [row.answerable for row in rows]
    given = [row for row in rows if row.answered]
    made = [
        ("auroc_answerable", "AUROC of confidence, answerable or not", statistics.auroc, scores, answerable),
        ("auroc_right", "AUROC of confidence, right or not", statistics.auroc, scores, right),
        ("aurc", "area under risk-coverage (lower is better)", statistics.aurc, scores, right),
        (
            "calibration_error", "expected calibration error of answers given", statistics.calibration_error,
            [row.confidence for row in given], [row.right for row in given],
        ),
    ]  # fmt: skip
    found = [
        _figure(name, label, statistics.over_questions(statistic, x, y), len(x))
        for name, label, statistic, x, y in made
    ]
    return [figure for figure in found if not math.isnan(figure.value)]


def _seconds(rows: Sequence[Row]) -> list[Figure]:
    if not rows:
        return []
    ordered = sorted(row.seconds for row in rows)
    last = ordered[int(0.95 * (len(ordered) - 1))]
    return [
        Figure("seconds_median", "seconds an answer, median", ordered[len(ordered) // 2], len(rows)),
        Figure("seconds_p95", "seconds an answer, 95th percentile", last, len(rows)),
    ]


def _figure(name: str, label: str, interval: Interval, n: int) -> Figure:
    return Figure(name, label, interval.value, n, interval.low, interval.high)


def by_kind(rows: Sequence[Row]) -> tuple[KindScore, ...]:
    """Return the share that ended right of each kind, answerable questions first, kinds by name."""
    groups: dict[tuple[bool, str], list[float]] = {}
    for row in rows:
        groups.setdefault((not row.answerable, row.kind), []).append(float(not row.failed))
    return tuple(
        KindScore(kind, not unanswerable, statistics.proportion(values), len(values))
        for (unanswerable, kind), values in sorted(groups.items())
    )


def gates(rows: Sequence[Row], least: Mapping[str, float]) -> tuple[Gate, ...]:
    """Return the gates of a set, each for every split among the rows, since each must meet it on its own.

    A gate that applies to no question of a split is left out.

    Raises:
        SettingsError: a gate names no measure of which more is better.
    """
    for name in least:
        if name not in BY_NAME or BY_NAME[name].better < 1:
            known = ", ".join(measure.name for measure in MEASURES if measure.better == 1)
            raise SettingsError(f"There is no gate on '{name}'; a set can put one on {known}.")
    checked = []
    for split in sorted({row.split for row in rows}):
        for name, value in least.items():
            found = [row.metrics[name] for row in rows if row.split == split and name in row.metrics]
            if found:
                checked.append(Gate(name, split, value, float(np.mean(found))))
    return tuple(checked)


def failures(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Return the rows that did not end as they should have, in the order of the set."""
    return tuple(row for row in rows if row.failed)
