"""What kind of thing a question asks for, and whether a sentence holds one. Pure.

A question for a dose is not answered by a sentence without a number, however near it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from index.normalising import fold

_NUMBER_WORD = (
    r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundreds?|thousands?"
    r"|millions?|billions?|half|third|quarter|twice|double|dozens?|decades?|once|several|many|few|most"
)
# A number that stands for itself: not the digits of a symbol (KIF14) or of a citation mark ([12]).
_NUMBER = re.compile(rf"(?<![\w\[.-])[<>=~≥≤±]?\s?\d[\d.,]*(?:\s?%|\b)(?!\])|\b(?:{_NUMBER_WORD})\b")
_DIGITS = re.compile(r"(?<![\w\[.-])\d[\d.,]*(?:\s?%|\b)(?!\])")
_PERCENT = re.compile(r"\d\s?%|\bper ?cent\b|\bproportion\b|\bout of\b|\b(?:half|third|quarter|majority)\b")
_DURATION = re.compile(
    r"\b(?:\d[\d.,]*|an?\s|(?:"
    + _NUMBER_WORD
    + r")\s)[\s-]*(?:to \d+ )?(?:s|sec\w*|min\w*|h|hours?|hrs?|days?|weeks?"
    r"|months?|years?|decades?|centur\w+)\b"
)
_DOSE = re.compile(
    r"\d[\d.,]*\s?(?:mg|µg|μg|ug|ng|g|kg|mug|µm|μm|um|mum|nm|mm|mol|nmol|µmol|ml|µl|iu|mg/kg|mumol|mul)\b"
)
_P_VALUE = re.compile(r"\bp\s?[<>=≤≥]\s?0?\.?\d")
_DATE = re.compile(
    r"\b(?:1[5-9]|20)\d\d\b|\b\d+(?:st|nd|rd|th)(?: and \d+(?:st|nd|rd|th))? centur|\b\d{3,4} (?:bc|ad|bce|ce)\b"
)
_CELL_LINE = re.compile(
    r"\b(?=[\w.-]*[A-Za-z])(?=[\w.-]*\d)[A-Z][\w.-]*\s(?:[\w-]+\s){0,2}cells?\b|\bcell lines?\b", re.ASCII
)
_CELLS = re.compile(
    _CELL_LINE.pattern
    + r"|\b[A-Z]{2,}\d*(?: \w+)? cells?\b|\b(?:hepatoma|stem|endothelial|macrophage) cells?\b",
    re.ASCII,
)
_METHOD = re.compile(
    r"\b(?:using|used|by means of|analys[ei]s|analyzed|analysed|mining|sequencing|assays?|screen\w*|injection|profiling|methods?|experiments?|established a)\b"
)
_ASKS_METHOD = re.compile(
    r"\bhow (?:was|were|did|have|has)\b.*\b(?:identif|found|find|discover|pick|select|arrive|c[ao]me|g[eo]t|chosen|ch[o]+se|detect|determin|measur|establish|tested|examin|studied|investigat|know)"
    r"|\b(?:what|which) (?:\w+ ){0,3}(?:methods?|approach|techniques?|assays?|experiments?|analys[ei]s|datasets?|data)\b|\bmethods? (?:was|were|used)\b"
)
_NAME = re.compile(r"(?<![.!?]\s)(?<!^)\b[A-Z][a-z]+(?:\s[A-Z][a-z.]+)*\b|\b[A-Z][a-z]+\s[A-Z][a-z]+")


@dataclass(frozen=True, slots=True)
class Expectation:
    """A kind of thing that a question asks for."""

    name: str
    asks: re.Pattern[str]
    holds: Callable[[str], bool]
    strict: bool  # nothing else answers; otherwise it only speaks for a sentence


def _finds(pattern: re.Pattern[str], folded: bool = True) -> Callable[[str], bool]:
    return lambda text: bool(pattern.search(fold(text) if folded else text))


EXPECTATIONS: tuple[Expectation, ...] = (
    Expectation(
        "dose",
        re.compile(r"\b(?:what|which|at what|how much) (?:\w+ ){0,2}(?:dos(?:e|es|age|ing)|concentrations?)\b|\bic50\b|\bdosage\b"),
        _finds(_DOSE),
        strict=True,
    ),
    Expectation("p value", re.compile(r"\bp[- ]?values?\b|\bsignificance (?:level|threshold)\b"), _finds(_P_VALUE), strict=True),
    Expectation(
        "percentage",
        re.compile(r"\b(?:what|which) (?:percent\w*|proportion|fraction|share)\b|\bhow many percent\b|\brates?\b.*\?$|^what (?:is|was|were|are) the .*\brates?\b"),
        _finds(_PERCENT),
        strict=True,
    ),
    Expectation(
        "duration",
        re.compile(r"\bhow (?:long|many (?:seconds|minutes|hours|days|weeks|months|years))\b"),
        _finds(_DURATION),
        strict=True,
    ),
    Expectation("statistic", re.compile(r"\b(?:what|which) (?:\w+ ){0,3}(?:median|mean|average|hazard ratio|odds ratio)\b"), _finds(_DIGITS), strict=True),
    Expectation("number", re.compile(r"\bhow (?:many|much|often|large|big|high|tall|far|old)\b|\bnumber of\b"), _finds(_NUMBER), strict=True),
    Expectation("date", re.compile(r"^(?:\w+ ){0,3}when (?:did|was|were|is|does|has)\b|\b(?:what|which) (?:year|decade|century|date|month|day)\b"), _finds(_DATE), strict=False),
    Expectation("cell line", re.compile(r"\b(?:what|which) (?:\w+ ){0,2}cell lines?\b"), _finds(_CELL_LINE, folded=False), strict=True),
    Expectation("cells", re.compile(r"\b(?:what|which) (?:\w+ ){0,2}cells\b"), _finds(_CELLS, folded=False), strict=True),
    Expectation("method", _ASKS_METHOD, _finds(_METHOD), strict=False),
    Expectation("person or body", re.compile(r"^who(?:m|se)?\b"), _finds(_NAME, folded=False), strict=False),
)  # fmt: skip
"""In order: the first that asks decides."""


def expectation(question: str) -> Expectation | None:
    """Return what kind of thing a question asks for, or None where any sentence may do."""
    folded = fold(question)
    return next((e for e in EXPECTATIONS if e.asks.search(folded)), None)


_COUNTED = re.compile(
    r"\bhow many (?:[\w-]+ ){0,3}?(?P<noun>[\w-]+)(?= (?:were|was|are|is|did|do|does|have|has|had|can|could|will|would|came"
    r"|come|in|of|on|for|with|per|among|took|take|ended|went|got|show\w*|respond\w*|it|they|these|the|that|who|which)\b|[?.]|$)"
)


def counted(question: str) -> str | None:
    """Return the folded noun that a question wants a number of ('how many patient tumours were …': tumours)."""
    found = _COUNTED.search(fold(question))
    return found["noun"] if found else None


def words_asking(question: str) -> frozenset[str]:
    """Return the folded words with which a question names the kind of thing it asks for."""
    folded, expected = fold(question), expectation(question)
    found = expected.asks.search(folded) if expected else None
    return frozenset(re.findall(r"[\w-]+", found.group())) if found else frozenset()


_DEFINITION = re.compile(
    r"\bstands? for\b|\babbreviat\w+\b|\bacronym\b|\bfull (?:name|form)\b|\b(?:spelled|spelt|written) out\b|^what means\b|^what (?:is|are) (?:an? |the )?[\w-]+$"
    r"|\bmean(?:s|ing)? of\b|^define\b|\bdefinition of\b|\bwhat does (?:the )?[\w-]+ mean\b"
)


def asks_definition(question: str) -> bool:
    """Return whether a question asks what a name stands for or is."""
    return bool(_DEFINITION.search(fold(question).rstrip("?. ")))


_SEVERAL = re.compile(
    r"\b(?:these|the|all|both|different|each|your) (?:papers|studies|articles|sources|documents|works)\b"
    r"|\bwhich (?:papers|studies|drugs|genes|proteins|agents|compounds|targets|mechanisms|strategies|approaches|ways|pathways|factors)\b"
    r"|\bwhat (?:are|were) (?:the )?(?:\w+ )?(?:\w+s)\b|\bwhat (?:\w+ )?(?:targets|mechanisms|strategies|approaches|ways|factors|options)\b"
    r"|\bhow (?:can|could|might) \b|\bways to\b|\blist\b|\bcompare\b|\bdiffer(?:s|ence|ent)?\b|\bversus\b|\bin common\b|\bboth\b"
)


def asks_several(question: str) -> bool:
    """Return whether several papers may each hold a part of the answer."""
    return bool(_SEVERAL.search(fold(question)))


_OBJECT = re.compile(
    r"\b(?:resistan(?:ce|t)|sensitiv(?:ity|e)|sensiti[sz]\w+|response|responsive|refractory|resensiti[sz]\w+) (?:to|against|towards) (?:the )?(?P<to>[\w-]+)"
    r"|\b(?P<dash>[\w]+)-(?:resistan\w+|sensitiv\w+|refractory|treated|induced)"
    r"|\b(?P<noun>[a-z]+(?:nib|mab|platin|rubicin|taxel|tol))[ -](?:resistan\w+|sensitiv\w+|response|failure)"
)
_NOT_OBJECTS = frozenset(
    [
        "drug",
        "drugs",
        "multi",
        "multidrug",
        "treatment",
        "therapy",
        "chemo",
        "it",
        "them",
        "this",
        "that",
        "these",
        "those",
        "such",
    ]
)


def resisted(text: str) -> frozenset[str]:
    """Return what a text says cells are resistant or sensitive to (folded words)."""
    found = (m["to"] or m["dash"] or m["noun"] for m in _OBJECT.finditer(fold(text)))
    return frozenset(word for word in found if word not in _NOT_OBJECTS)
