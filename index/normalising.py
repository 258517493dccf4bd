"""Folding of text for search: what a reader would type finds what a typesetter has set.

Only search sees folded text; quotes keep the paper's own characters.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_GREEK: Final = """
    alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu
    nu xi omicron pi rho sigma sigma tau upsilon phi chi psi omega
"""
_HYPHENS: Final = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_SINGLE_QUOTES: Final = "\u2018\u2019\u201a\u201b\u2032\u2035\u02b9\u02bc\u0060\u00b4"
_DOUBLE_QUOTES: Final = "\u201c\u201d\u201e\u201f\u2033\u2036\u00ab\u00bb"
_INVISIBLE: Final = "\u00ad\u200b\u200c\u200d\u2060\ufeff"  # soft hyphen, zero-width marks

_PLAIN: Final = str.maketrans(
    dict.fromkeys(_HYPHENS, "-")
    | dict.fromkeys(_SINGLE_QUOTES, "'")
    | dict.fromkeys(_DOUBLE_QUOTES, '"')
    | dict.fromkeys(_INVISIBLE, "")
)
_NAMES: Final = str.maketrans(
    {chr(0x3B1 + i): name for i, name in enumerate(_GREEK.split())}  # U+03B1 alpha to U+03C9 omega
)

_ATOM: Final = r"[^\W_]+(?:(?<=\d)\.(?=\d)[^\W_]+)*"  # a word or a number; 3.0 and hep55.1c are one
_TERM: Final = re.compile(rf"{_ATOM}(?:-{_ATOM})*")
_POSSESSIVE: Final = re.compile(r"(?<=[^\W_])'s\b")
_THOUSANDS: Final = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")


def fold(text: str) -> str:
    """Return `text` in one spelling, for comparing and searching.

    Compatibility forms (NFKC), case, accents, kinds of hyphen and quote are gone, Greek letters have names,
    runs of white space are one space: `TGF‐β` and `TGF-beta` are both `tgf-beta`.
    """
    if text.isascii():  # most text is, and needs none of the slow steps
        return " ".join(text.replace("`", "'").lower().split())
    plain = unicodedata.normalize("NFKD", text.translate(_PLAIN))
    plain = unicodedata.normalize("NFKD", plain.casefold()).translate(_PLAIN).translate(_NAMES)
    if not plain.isascii():
        bare = "".join(char for char in plain if not unicodedata.combining(char))
        plain = unicodedata.normalize("NFC", bare)
    return " ".join(plain.split())


def terms(text: str) -> list[str]:
    """Return the search terms of `text`, folded, in order.

    Decimals are one term; a hyphen compound yields itself and then its parts (`akt-ets1`, `akt`, `ets1`);
    a possessive 's and thousands commas are dropped. Nothing is stemmed and no stop word removed.
    """
    folded = _THOUSANDS.sub("", _POSSESSIVE.sub("", fold(text)))
    found: list[str] = []
    for match in _TERM.finditer(folded):
        term = match.group()
        found.append(term)
        if "-" in term:
            found.extend(term.split("-"))
    return found
