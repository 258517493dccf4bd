"""Spelling repair of questions against the library's own words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from index.lexical import STOP_WORDS, stem
from index.normalising import fold

SHORTEST = 5
"""Shorter words have too many neighbours to be repaired safely."""

LONG = 8
"""From this length two slips are repaired, below it one."""

CLEARLY_COMMONER = 5
"""Of two words equally near, the one that the library holds this many times more often is meant."""

_WORD = re.compile(r"[^\W\d_]+")
_SPLIT_SYMBOL = re.compile(r"\b([A-Za-z]{2,8})[ ‐-](\d{1,3}[A-Za-z]?)\b")


def repair(question: str, vocabulary: Mapping[str, int], is_word: Callable[[str], bool]) -> str:
    """Return the question with misspelt words put right and split symbols joined (`KIF 14` → `KIF14`).

    A word is misspelt when the library does not hold it or another form of it, it is no common word, and one clearly nearest word
    of the library with the same first letter lies within one slip (two from eight letters on; a slip is an
    insertion, deletion, substitution or swap of neighbours: optimal string alignment). Symbols with digits
    or in mixed case are never changed: KIF15 is not a slip of KIF14.

    Args:
        question: what was typed.
        vocabulary: folded words of the library with their counts.
        is_word: whether a folded word is a common word of the language.
    """
    joined = _SPLIT_SYMBOL.sub(
        lambda m: m[1] + m[2] if fold(m[1] + m[2]) in vocabulary and fold(m[1]) not in vocabulary else m[0],
        question,
    )

    def put_right(match: re.Match[str]) -> str:
        word, start, end = match[0], match.start(), match.end()
        beside_digit = joined[start - 1 : start].isdigit() or joined[end : end + 1].isdigit()
        mixed = word != word.upper() and word[1:] != word[1:].lower()  # siRNA, mTOR
        folded = fold(word)
        if (
            len(word) < SHORTEST
            or beside_digit
            or mixed
            or folded in STOP_WORDS
            or folded in vocabulary
            or is_word(folded)
        ):
            return word
        nearest = _nearest(folded, vocabulary)
        # Another form of a word of the library, or its British spelling, is found as it is.
        return word if nearest is None or stem(nearest) == stem(folded) else nearest

    return _WORD.sub(put_right, joined)


def _nearest(word: str, vocabulary: Mapping[str, int]) -> str | None:
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    slips = 2 if len(word) >= LONG else 1
    candidates = [
        known for known in vocabulary if known[:1] == word[:1] and abs(len(known) - len(word)) <= slips
    ]
    found = process.extract(word, candidates, scorer=OSA.distance, score_cutoff=slips, limit=5)
    nearest = [name for name, distance, _ in found if distance == found[0][1]]
    nearest.sort(key=lambda name: -vocabulary[name])
    if not nearest or (
        len(nearest) > 1 and vocabulary[nearest[0]] < CLEARLY_COMMONER * vocabulary[nearest[1]]
    ):
        return None  # nothing near, or two words equally near and about equally common
    return str(nearest[0])
