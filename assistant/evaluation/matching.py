"""When does a text hold a wording? Pure functions on normalised text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

_HYPHENS = re.compile("[\u2010-\u2015\u2212]")
_EDGES = " .,;:()"

SHARE = 0.7
"""Share of a long wording's words that is enough: a sentence may be cut differently by reader and annotator."""

LONG = 6
"""Words from which a wording is long; a shorter one must be there letter for letter."""


@lru_cache(maxsize=16_384)
def normal(text: str) -> str:
    """Return the text as NFKC without case, with ASCII hyphens and single spaces."""
    text = _HYPHENS.sub("-", unicodedata.normalize("NFKC", text))
    return re.sub(r"\s+", " ", text).strip().casefold()


@lru_cache(maxsize=16_384)
def words(text: str) -> tuple[str, ...]:
    """Return the runs of ASCII letters and digits of a normalised text."""
    return tuple(re.findall(r"[a-z0-9]+", normal(text)))


def holds(text: str, wording: str) -> bool:
    """Return whether a text holds a wording, or `SHARE` of the words of a long one."""
    wanted = normal(wording).strip(_EDGES)
    if wanted and wanted in normal(text):
        return True
    needed, present = words(wording), set(words(text))
    return len(needed) >= LONG and sum(word in present for word in needed) >= SHARE * len(needed)


def is_gold(quote: str, evidence: str) -> bool:
    """Return whether a quote holds a gold sentence or is a part of it."""
    part = normal(quote).strip(_EDGES)
    return holds(quote, evidence) or (bool(part) and part in normal(evidence))


def says(text: str, wording: str) -> bool:
    """Return whether a text says a fact in this wording; a number is not found inside a longer number."""
    wanted = normal(wording)
    before = r"(?<![\d])(?<!\d[.,])" if wanted[:1].isdigit() else ""
    after = r"(?![\d])(?![.,]\d)" if wanted[-1:].isdigit() else ""
    return re.search(before + re.escape(wanted) + after, normal(text)) is not None


def says_any(text: str, wordings: Sequence[str]) -> bool:
    """Return whether a text says a fact in one of its accepted wordings."""
    return any(says(text, wording) for wording in wordings)
