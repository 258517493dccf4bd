"""Plots as inline SVG: no script, no file from elsewhere; colours come from the page's style sheet."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from assistant.evaluation.figures import KindScore
from assistant.evaluation.rows import Row
from assistant.evaluation.statistics import calibration, risks

SIDE = 300
"""Width and height of a square plot's inner area, in SVG units."""

LEFT, BOTTOM, TOP, RIGHT = 46, 40, 10, 14
ROW = 22
"""Height of a bar's row."""

NAMES = 190
"""Width of the names beside bars."""


def risk_coverage(rows: Sequence[Row]) -> str:
    """Return the risk-coverage curve, that of a perfect order, and the point at which the assistant stands."""
    scores = np.array([row.confidence for row in rows])
    right = np.array([row.right for row in rows], dtype=bool)
    curve, best = risks(scores, right), risks(right.astype(float), right)
    covered = np.arange(1, len(rows) + 1) / len(rows)
    answered = [row for row in rows if row.answered]
    body = _line(covered, best, "best") + _line(covered, curve, "curve")
    if answered:
        wrong = sum(not row.right for row in answered) / len(answered)
        body += _dot(len(answered) / len(rows), wrong, "stands here")
    return _square(body, "share of questions answered, most confident first", "share of these not right")


def calibration_diagram(rows: Sequence[Row]) -> str:
    """Return confidence against the share right, for the answers given, in bins of equal mass."""
    given = [row for row in rows if row.answered]
    if not given:
        return "<p>No question was answered.</p>"
    scores = np.array([row.confidence for row in given])
    bins = calibration(scores, np.array([row.right for row in given], dtype=bool))
    diagonal = _line(np.array([0.0, 1.0]), np.array([0.0, 1.0]), "best")
    dots = "".join(_dot(b.confidence, b.right, f"{b.size} answers") for b in bins)
    return _square(diagonal + dots, "confidence", "share right")


def kind_bars(scores: Sequence[KindScore]) -> str:
    """Return a bar a kind with its 95 % interval."""
    height = ROW * len(scores) + BOTTOM
    parts = []
    for number, score in enumerate(scores):
        y = number * ROW + ROW / 2
        name = score.kind + ("" if score.answerable else " · not answerable")
        low, high = NAMES + score.right.low * SIDE, NAMES + score.right.high * SIDE
        parts.append(
            f'<text x="{NAMES - 8}" y="{y + 4:.1f}" class="right">{escape(name)}</text>'
            f'<rect x="{NAMES}" y="{y - 6:.1f}" width="{score.right.value * SIDE:.1f}" height="12" '
            f'class="{"bar" if score.answerable else "bar other"}"/>'
            f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y:.1f}" y2="{y:.1f}" class="interval"/>'
            f'<text x="{NAMES + SIDE + 10}" y="{y + 4:.1f}">{score.right.value:.2f} of {score.n}</text>'
        )
    width = NAMES + SIDE + 90
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="scores by kind">{"".join(parts)}</svg>'
    )


def _square(body: str, x_title: str, y_title: str) -> str:
    """Return a plot of [0, 1] by [0, 1] with its axes."""
    ticks = []
    for value in (0, 0.25, 0.5, 0.75, 1):
        x, y = _x(value), _y(value)
        ticks.append(
            f'<line x1="{x}" x2="{x}" y1="{_y(0)}" y2="{_y(1)}" class="grid"/>'
            f'<line x1="{_x(0)}" x2="{_x(1)}" y1="{y}" y2="{y}" class="grid"/>'
            f'<text x="{x}" y="{_y(0) + 15}" class="middle">{value:g}</text>'
            f'<text x="{LEFT - 6}" y="{y + 4}" class="right">{value:g}</text>'
        )
    middle = TOP + SIDE / 2
    titles = (
        f'<text x="{LEFT + SIDE / 2}" y="{TOP + SIDE + BOTTOM - 8}" class="middle">{escape(x_title)}</text>'
        f'<text x="12" y="{middle}" class="middle" transform="rotate(-90 12 {middle})">{escape(y_title)}</text>'
    )
    size = f"0 0 {LEFT + SIDE + RIGHT} {TOP + SIDE + BOTTOM}"
    label = escape(f"{y_title} against {x_title}")
    return f'<svg viewBox="{size}" role="img" aria-label="{label}">{"".join(ticks)}{titles}{body}</svg>'


def _x(value: float) -> float:
    return round(LEFT + value * SIDE, 1)


def _y(value: float) -> float:
    return round(TOP + (1 - value) * SIDE, 1)


def _line(x: np.ndarray, y: np.ndarray, name: str) -> str:
    points = " ".join(f"{_x(float(a))},{_y(float(b))}" for a, b in zip(x, y, strict=True))
    return f'<polyline points="{points}" class="{name}"/>'


def _dot(x: float, y: float, title: str) -> str:
    return f'<circle cx="{_x(x)}" cy="{_y(y)}" r="4" class="dot"><title>{escape(title)}</title></circle>'
