"""Numbers of a text with their units and comparison signs. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from index.normalising import fold

_WORDS: Final = {  # not 'one', which is a pronoun as often as a number
    "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
    "ten": "10", "eleven": "11", "twelve": "12",
}  # fmt: skip
_SIGNS: Final = {
    "<": "<", "≤": "<", "less than": "<", "fewer than": "<", "below": "<", "under": "<", "up to": "<",
    "at most": "<", "lower than": "<", ">": ">", "≥": ">", "more than": ">", "greater than": ">", "over": ">",
    "above": ">", "at least": ">", "higher than": ">", "exceeding": ">", "=": "=",
}  # fmt: skip
_UNITS: Final = {
    "%": "%", "percent": "%", "per cent": "%", "percentage": "%", "fold": "fold", "times": "fold",
    "h": "hour", "hr": "hour", "hrs": "hour", "hour": "hour", "hours": "hour",
    "min": "minute", "minute": "minute", "minutes": "minute", "s": "second", "seconds": "second",
    "d": "day", "day": "day", "days": "day", "week": "week", "weeks": "week",
    "month": "month", "months": "month", "year": "year", "years": "year",
    "kda": "kda", "bp": "bp", "kb": "kb", "mm": "mm", "cm": "cm", "nm": "nm", "pm": "pm",
    "mum": "mum", "um": "mum", "mul": "mul", "ml": "ml", "l": "l",
    "ng": "ng", "mug": "mug", "ug": "mug", "mg": "mg", "g": "g", "kg": "kg", "mg/kg": "mg/kg",
    "mg/day": "mg/day", "mg/ml": "mg/ml", "ng/ml": "ng/ml", "mug/ml": "mug/ml", "ug/ml": "mug/ml",
}  # fmt: skip


def _any(words: Iterable[str]) -> str:
    """Return a pattern of any of these words, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_DECIMAL: Final = r"\d+(?:\.\d+)?"
_UNIT: Final = rf"(?:{_any(_UNITS)})(?!\w)"
_NUMBER: Final = re.compile(
    rf"(?:(?P<sign>{_any(_SIGNS)})\s*)?"
    rf"(?<![\w.])(?<![^\W\d]-)(?P<value>{_DECIMAL})(?!\d)"  # no digits of a name: KIF14, HO-1
    rf"(?:[\s-]*(?P<unit>{_UNIT})|(?=\s*(?:to|and|-)\s*{_DECIMAL}[\s-]*(?P<range>{_UNIT})))?"
)


@dataclass(frozen=True, slots=True)
class Number:
    """A value with its unit (None where it is a bare count) and its comparison sign."""

    value: Decimal
    unit: str | None
    sign: str | None


def numbers(text: str) -> list[Number]:
    """Return the numbers of a text; digits inside names such as KIF14 or HO-1 are none.

    The first number of a range takes the unit of the second: `15-25%` holds 15 % and 25 %.
    """
    plain = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", fold(text))
    plain = re.sub(rf"\b({_any(_WORDS)})\b", lambda match: _WORDS[match[1]], plain)
    return [
        Number(
            value=Decimal(match["value"]).normalize(),
            unit=_UNITS.get(match["unit"] or match["range"] or ""),
            sign=_SIGNS.get(match["sign"] or ""),
        )
        for match in _NUMBER.finditer(plain)
    ]


def missing_numbers(claim: str, evidence: str) -> list[str]:
    """Return a sentence for each number of the claim that the evidence does not hold as it stands."""
    held = numbers(evidence)
    return [
        f"the quotes do not hold the number {number.value:f}{' ' + number.unit if number.unit else ''}"
        for number in numbers(claim)
        if not any(_same(number, other) for other in held)
    ]


def _same(number: Number, other: Number) -> bool:
    """A sign or unit that the claim leaves out is no contradiction; one that differs is."""
    return (
        number.value == other.value
        and (number.unit is None or number.unit == other.unit)
        and (number.sign is None or other.sign is None or number.sign == other.sign)
    )
