"""What a report says: the set, the figures, the gates, the scores by kind and the failures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from assistant.evaluation import figures
from assistant.evaluation.figures import Figure, Gate, KindScore
from assistant.evaluation.rows import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What was asked, of whom, when."""

    name: str
    version: str
    sha256: str
    split: str
    n: int
    model: str
    when: str  # ISO 8601 date
    verifier: str


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that the terminal, the page and the JSON show."""

    about: About
    figures: tuple[Figure, ...]
    gates: tuple[Gate, ...]
    kinds: tuple[KindScore, ...]
    rows: tuple[Row, ...]

    @classmethod
    def of(cls, about: About, rows: Sequence[Row], gates: Mapping[str, float]) -> Report:
        """Work out a report from rows."""
        return cls(
            about, figures.figures(rows), figures.gates(rows, gates), figures.by_kind(rows), tuple(rows)
        )

    @property
    def passed(self) -> bool:
        """Whether every gate is met."""
        return all(gate.met for gate in self.gates)

    def failures(self, split: str) -> tuple[Row, ...]:
        """Return the failures of one split."""
        return tuple(row for row in figures.failures(self.rows) if row.split == split)

    def to_json(self) -> dict[str, Any]:
        """Return everything but the rows as plain values."""
        return {
            "about": asdict(self.about),
            "passed": self.passed,
            "gates": [asdict(gate) | {"met": gate.met} for gate in self.gates],
            "figures": [asdict(figure) for figure in self.figures],
            "kinds": [asdict(kind) for kind in self.kinds],
        }
