"""Numbers of a text with their units and comparison signs. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from index.normalising import fold

_WORDS: Final = {
    word: str(number)
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ]
    )
    if number > 1  # 'one' is a pronoun as often as a number
}
_SIGNS: Final = {
    "<": "<", "≤": "<", "less than": "<", "fewer than": "<", "below": "<", "under": "<", "up to": "<",
    "at most": "<", "lower than": "<", ">": ">", "≥": ">", "more than": ">", "greater than": ">", "over": ">",
    "above": ">", "at least": ">", "higher than": ">", "exceeding": ">", "=": "=",
}  # fmt: skip
_UNITS: Final = {
    "%": "%", "percent": "%", "per cent": "%", "percentage": "%", "fold": "fold", "times": "fold",
    "h": "hour", "hr": "hour", "hrs": "hour", "hour": "hour", "hours": "hour", "min": "minute", "minute": "minute",
    "minutes": "minute", "s": "second", "seconds": "second", "d": "day", "day": "day", "days": "day",
    "week": "week", "weeks": "week", "month": "month", "months": "month", "year": "year", "years": "year",
    "kda": "kda", "bp": "bp", "kb": "kb", "mm": "mm", "cm": "cm", "nm": "nm", "mum": "mum", "um": "mum", "pm": "pm",
    "ng": "ng", "mug": "mug", "ug": "mug", "mg": "mg", "g": "g", "kg": "kg", "ml": "ml", "l": "l", "mul": "mul",
    "mg/kg": "mg/kg", "mg/day": "mg/day", "mg/ml": "mg/ml", "ng/ml": "ng/ml", "mug/ml": "mug/ml", "ug/ml": "mug/ml",
}  # fmt: skip
_NUMBER: Final = re.compile(
    r"(?:(?P<sign>" + "|".join(re.escape(sign) for sign in sorted(_SIGNS, key=len, reverse=True)) + r")\s*)?"
    r"(?<![\w.])(?<!\w-)(?P<value>\d+(?:\.\d+)?)(?![\d])"
    r"(?:[\s-]*(?:to|-|and)\s*(?=\d)|[\s-]*(?P<unit>"
    + "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
    + r")(?!\w))?"
)
_RANGE_UNIT: Final = re.compile(
    r"(?:to|-|and)\s*\d+(?:\.\d+)?[\s-]*(?P<unit>"
    + "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
    + r")(?!\w)"
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
    plain = re.sub(r"\b(" + "|".join(_WORDS) + r")\b", lambda match: _WORDS[match[1]], plain)
    found = []
    for match in _NUMBER.finditer(plain):
        unit = match["unit"]
        if unit is None and (
            range_ := _RANGE_UNIT.match(
                plain[match.end("value") :].lstrip(" -")[:0] + plain[match.end("value") :].lstrip()
            )
        ):
            unit = range_["unit"]
        sign = _SIGNS[match["sign"]] if match["sign"] else None
        found.append(Number(Decimal(match["value"]).normalize(), _UNITS[unit] if unit else None, sign))
    return found


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
