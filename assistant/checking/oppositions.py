"""Pairs of words of which a claim must not have one where its quotes have the other, and dropped 'not's. Pure."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from assistant.checking.directions import LIGHT, SIGNS
from assistant.checking.naming import KIND_WORDS, names
from assistant.checking.numbers import numbers
from assistant.checking.wording import FUNCTION_WORDS, REPORTING_WORDS, Token, listed, stem, tokens
from index.normalising import fold

_STRONG: Final = (
    "substantial substantially marked markedly large dramatic dramatically strong strongly considerable complete "
    "completely fully full entirely totally"
)
_WEAK: Final = (
    "short slight slightly modest modestly limited little partial partially partly weak weakly minor small"
)
_PAIRS: Final = tuple(
    (frozenset(a.split()), frozenset(b.split()))
    for a, b in (
        (_STRONG, _WEAK),
        ("sensitive", "resistant refractory insensitive"),
        ("oncogene oncogenic", "suppressor"),
        ("agonist agonists activator activators", "antagonist antagonists inhibitor inhibitors"),
        ("positive positively", "negative negatively inverse inversely"),
        ("early", "late advanced"),
        ("acquired", "intrinsic innate primary inherent"),
        ("upstream", "downstream"),
        ("dependent dependently", "independent independently"),
        ("before", "after"),
        ("poor worse unfavorable shorter", "good better favorable improved longer"),
        ("vivo", "vitro"),
        ("first-line", "second-line"),
        ("male males", "female females"),
        ("benign", "malignant"),
        ("mutant mutated", "wild-type wildtype"),
        ("approved", "unapproved experimental investigational"),
        ("ineligible", "eligible"),
        ("mostly majority most", "minority rarely"),
        ("beneficial benefit benefits", "harmful harm harms detrimental"),
        ("short-term", "long-term"),
        ("effective", "ineffective"),
    )
)
_NEGATIONS: Final = frozenset(
    [
        "not",
        "no",
        "never",
        "neither",
        "nor",
        "cannot",
        "without",
        "fail",
        "fails",
        "failed",
        "unable",
        "lack",
        "lacks",
        "absence",
    ]
)
_SCOPE: Final = 5  # content words that one 'not' reaches
_CONTROLS: Final = listed("placebo control controls vehicle untreated")
_COMPARISON: Final = re.compile(r"\b(?:than|versus|vs\.?|compared (?:with|to)|relative to|in contrast to)\b")
_COMPARATIVE: Final = re.compile(
    r"\b(?:more|less|higher|lower|greater|better|worse|longer|shorter|fewer|stronger|weaker|superior|inferior|"
    r"increased|decreased|reduced|elevated|upregulated|downregulated|up-regulated|down-regulated)\b"
)


def opposed(claim: str, evidence: str) -> list[str]:
    """Return a sentence for each opposite word, lost or added 'not' and exchanged comparison of a claim."""
    stated, said = tokens(evidence), tokens(claim)
    return [
        *_opposites(said, stated),
        *_turned(said, stated),
        *_negations(said, stated),
        *_comparisons(claim, evidence),
        *_exchanged_numbers(claim, evidence),
    ]


def _opposites(claim: list[Token], evidence: list[Token]) -> list[str]:
    said, held = _words(claim), _words(evidence)
    found = []
    for pair in _PAIRS:
        for mine, other in (pair, pair[::-1]):
            if said & mine and not said & other and held & other and not held & mine:
                found.append(
                    f"the claim says '{min(said & mine)}' where the quote says '{min(held & other)}'"
                )
    return found


def _words(words: list[Token]) -> set[str]:
    keys = [word.key for word in words]
    joined = {f"{a}-{b}" for a, b in pairwise(keys)}  # 'first line' is 'first-line'
    return {*keys, *(part for key in keys if not key.endswith("-term") for part in key.split("-")), *joined}


def _turned(claim: list[Token], evidence: list[Token]) -> list[str]:
    """Compare direction words by the word right after them: 'enhanced response' is not 'reduced response'."""
    said, held = _directed(claim), _directed(evidence)
    turned = sorted(word for word in said if word in held and not said[word] & held[word])
    return [f"the quote states the opposite direction for '{word}'" for word in turned]


def _directed(words: list[Token]) -> dict[str, set[int]]:
    """Return, for each rare word that follows a direction word, the signs that it follows."""
    found: dict[str, set[int]] = {}
    for word, following in pairwise(words):
        sign, target = SIGNS.get(stem(word.key), 0), stem(following.key)
        is_word = following.key[:1].isalpha() and following.key not in FUNCTION_WORDS
        if sign and is_word and target not in LIGHT and target not in SIGNS:
            found.setdefault(target, set()).add(sign)
    return found


def _negations(claim: list[Token], evidence: list[Token]) -> list[str]:
    """Compare which words stand under a 'not'; direction words are compared by `effects` with their objects."""
    said, said_not = _by_negation(claim)
    held, held_not = _by_negation(evidence)
    lost = (said - said_not) & (held_not - held)
    added = (said_not - said) & (held - held_not)
    return [
        *(f"the quote denies '{word}', the claim does not" for word in sorted(lost)[:1]),
        *(f"the claim denies '{word}', the quote does not" for word in sorted(added)[:1]),
    ]


def _by_negation(words: list[Token]) -> tuple[set[str], set[str]]:
    """Return the stems outside and inside the reach of a negation."""
    plain: set[str] = set()
    denied: set[str] = set()
    left = 0
    for word in words:
        if word.key in _NEGATIONS:
            left = _SCOPE
        elif not word.is_word:
            left = left if word.key in "()[]" else 0
        elif word.key in ("but", "although", "whereas", "while", "which", "that", "and", "however"):
            left = 0
        elif word.key not in FUNCTION_WORDS and word.key not in REPORTING_WORDS:
            if stem(word.key) not in SIGNS:
                (denied if left else plain).add(stem(word.key))
            left = max(0, left - 1)
    return plain, denied


def _comparisons(claim: str, evidence: str) -> list[str]:
    """Return a sentence where a claim has the two sides of a comparison, or its direction, exchanged."""
    said, held = _compared(claim), _compared(evidence)
    if not said or not held:
        return []
    (word, left, right), (other_word, other_left, other_right) = said, held
    same_way = _points(word) == _points(other_word)
    if left & other_right and right & other_left and not right & other_right:
        return ["the two sides of the comparison are exchanged"] if same_way else []
    if right & other_right and not same_way:
        return ["the comparison goes the other way"]
    return []


def _exchanged_numbers(claim: str, evidence: str) -> list[str]:
    """Return a sentence where two numbers changed places between two names: 10.7 with X and 7.9 with Y.

    Read by order, since the k-th number belongs to the k-th name in each way to write it; a change 'from' one
    number 'to' another is written in its own order and left alone.
    """
    if "from" in f"{claim} {evidence}".split():
        return []
    values = _in_both([f"{n.value:f}" for n in numbers(claim)], [f"{n.value:f}" for n in numbers(evidence)])
    arms = _in_both(_arms(claim), _arms(evidence))
    if len(values[0]) == len(arms[0]) == 2 and (values[0] == values[1]) != (arms[0] == arms[1]):
        return [f"the numbers {values[0][0]} and {values[0][1]} have changed places"]
    return []


def _in_both(said: list[str], held: list[str]) -> tuple[list[str], list[str]]:
    """Return what both lists hold, each once, in the order of either list."""
    return (
        [word for word in dict.fromkeys(said) if word in held],
        [word for word in dict.fromkeys(held) if word in said],
    )


def _arms(text: str) -> list[str]:
    """Return what a text compares: its names but not its species and organs, and 'placebo' and the like."""
    named = {fold(name) for name in names(text)} - KIND_WORDS | _CONTROLS
    return [token.key for token in tokens(text) if token.key in named]


def _compared(text: str) -> tuple[str, set[str], set[str]] | None:
    """Return the comparative of a text and the words that stand on one side only, left and right of 'than'."""
    for sentence in re.split(r"(?<=[a-z)%])[.;]\s", fold(text)):
        comparison = _COMPARISON.search(sentence)
        comparative = _COMPARATIVE.search(sentence)
        if comparison and comparative:
            left, right = (
                _stems(side) for side in (sentence[: comparison.start()], sentence[comparison.end() :])
            )
            return comparative[0], left - right, right - left
    return None


def _stems(text: str) -> set[str]:
    return {stem(w.key) for w in tokens(text) if w.is_word and w.key not in FUNCTION_WORDS | REPORTING_WORDS}


def _points(word: str) -> int:
    return -1 if word in ("less", "worse", "weaker", "inferior") else SIGNS.get(stem(word), 1)
