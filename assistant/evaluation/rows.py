"""Rows: one JSON object a question. Every figure, plot and comparison is made from rows alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from assistant.errors import SettingsError


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one question came to."""

    set: str  # SHA-256 of the question file
    id: str
    split: str
    kind: str
    question: str
    answerable: bool
    answered: bool
    right: bool  # a right answer was given
    confidence: float
    seconds: float
    metrics: Mapping[str, float]
    text: str = ""
    quotes: tuple[str, ...] = ()
    error: str | None = None
    history: tuple[str, ...] = ()
    expected: Mapping[str, Any] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether the question was not answered, or not abstained from, as it should have been."""
        return not self.right if self.answerable else self.answered or self.error is not None


def write(rows: Iterable[Row], path: Path) -> None:
    """Write rows as JSON Lines."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(json.dumps(asdict(row), ensure_ascii=False) + "\n")


def read(path: Path) -> tuple[Row, ...]:
    """Return the rows of a JSON Lines file that `write` made.

    Raises:
        SettingsError: the file cannot be read or holds something else.
    """
    names = {item.name for item in fields(Row)}
    try:
        # Not splitlines: a quote may hold one of the other characters that it takes for a line's end.
        lines = path.read_text("utf-8").rstrip("\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise SettingsError(f"The rows in '{path}' cannot be read ({reason}).") from error
    if lines == [""]:
        raise SettingsError(f"'{path}' holds no rows.")
    rows = []
    for number, line in enumerate(lines, 1):
        try:
            values = json.loads(line)
            values |= {"quotes": tuple(values["quotes"]), "history": tuple(values["history"])}
            rows.append(Row(**{name: value for name, value in values.items() if name in names}))
        except (ValueError, TypeError, KeyError) as error:
            raise SettingsError(
                f"Line {number} of '{path}' is not a row of an evaluation: give a questions.jsonl "
                "that 'evaluate --out' wrote."
            ) from error
    return tuple(rows)
