"""Words as the claim check sees them: tokens, stems and small word lists. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from index.normalising import fold

_HYPHEN: Final = "\u2010-\u2015\u2212\\-"
_TOKEN: Final = re.compile(
    rf"[^\W_]+(?:(?:[{_HYPHEN}'\u2019\u2032]|(?<=\d)[.,](?=\d))[^\W_]+)*\+?|[.;:,()\[\]%<>=≤≥]"
)


def listed(words: str) -> frozenset[str]:
    """Return the words of a list that is written with spaces between."""
    return frozenset(words.split())


FUNCTION_WORDS: Final = listed(
    """
    a an the this that these those it its they them their he she his her we our us i you your and or
    but nor so yet if then than as of in on at by for from to into onto upon with within without
    through via during after before between among across under over against about around per is are
    was were be been being am has have had having do does did done can could may might will would
    shall should must not no also both either neither each all any some such other another same
    which who whom whose what when where while whereas although though because since however
    moreover furthermore therefore thus hence there here how why only very more most less least much
    many few several further rather too again still even just
    """
)
"""Words that carry no content of their own."""

REPORTING_WORDS: Final = listed(
    """
    show shows showed shown find finds found finding findings study studies studied result results
    report reports reported paper papers article author authors demonstrate demonstrates
    demonstrated indicate indicates indicated suggest suggests suggested reveal reveals revealed
    identify identifies identified describe describes described observe observes observed
    investigate investigated conclude concludes concluded state states stated according evidence
    data analysis cite cites cited work works using used use role involved involving called namely
    well known respectively
    """
)
"""Words of telling, not of what is told; a claim may use them freely."""

HEDGES: Final = listed(
    """
    may might could can possibly perhaps potential potentially likely probably suggest suggests
    suggesting appear appears seem seems hypothesize hypothesise putative promising partially partly
    """
)
"""Words of caution. A claim that drops them says more than its source."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number or punctuation mark of a text."""

    text: str  # as written
    key: str  # folded

    @property
    def is_word(self) -> bool:
        """Whether the token is a word or a number."""
        return self.key[:1].isalnum()


def tokens(text: str) -> list[Token]:
    """Return words, numbers (decimals whole) and punctuation marks of a text, in order."""
    return [Token(match[0], fold(match[0])) for match in _TOKEN.finditer(text)]


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return the English Snowball stem of a folded word, British spelling made American first."""
    import Stemmer

    word = re.sub(r"isation(s?)$", r"ization\1", word)
    word = re.sub(r"(?<=[a-z]{4})is(e[sd]?|ing)$", r"iz\1", word).replace("tumour", "tumor")
    # A stemmer a call: the objects are cheap and must not be shared between threads.
    return str(Stemmer.Stemmer("english").stemWord(word))


def parts(key: str) -> list[str]:
    """Return a folded token and, for a hyphen compound, its parts."""
    return [key, *key.split("-")] if "-" in key else [key]


def content(words: list[Token]) -> list[str]:
    """Return the stems of the content words, compounds in parts, in order."""
    return [
        stem(part)
        for word in words
        if word.is_word
        for part in word.key.split("-")
        if part and part not in FUNCTION_WORDS and part not in REPORTING_WORDS
    ]


def stems(words: Iterable[str]) -> frozenset[str]:
    """Return the stems of folded words."""
    return frozenset(stem(word) for word in words)
