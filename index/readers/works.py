"""What kind of work a paper is, and under which licence: one vocabulary for all formats."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

# Our word, and the printed ones that stand for it: PubMed's publication types, JATS's article types, RIS's
# types of reference and BibTeX's entry types, in small letters with spaces. The first row that fits counts:
# a retracted trial is above all retracted, and nearly everything is also a 'journal article'.
_TYPES: Final = tuple(
    (word, re.compile(pattern))
    for word, pattern in (
        ("retraction notice", r"retraction( of publication| notice)?|partial retraction"),
        ("retracted article", r"retracted (publication|article)"),
        ("expression of concern", r"expression of concern"),
        ("correction", r"published erratum|erratum|corrigendum|correction"),
        ("preprint", r"preprint|unpb|unpublished|posted content|working paper"),
        (
            "trial",
            r"(.* )?clinical trial(,? .*)?|(randomi[sz]ed )?controlled (clinical )?trial|randomi[sz]ed controlled trial.*|trial",
        ),
        ("review", r"(systematic )?review( article)?|scoping review|meta analysis|rapid review"),
        ("guideline", r"(practice )?guideline"),
        ("case report", r"case reports?"),
        ("editorial", r"editorial"),
        ("letter", r"letter|reply"),
        ("comment", r"comment|article commentary|commentary"),
        ("conference abstract", r"(meeting |conference )?abstract|abst|meeting report"),
        ("conference paper", r"conference paper|conf|cpaper|(in)?proceedings|conference"),
        ("thesis", r"thes|(phd|masters|academic )?thesis|academic dissertation"),
        ("chapter", r"chap|echap|inbook|incollection|(book )?chapter"),
        ("book", r"book|ebook|edbook|books?"),
        ("report", r"rprt|techreport|(technical )?report"),
        (
            "article",
            r"((research|original|journal|brief|rapid) )?(article|report|communication|paper)|jour|ejour|mgzn|jfull|inpr",
        ),
    )
)

_CC_ADDRESS: Final = re.compile(
    r"creativecommons\.org/(?:licenses/(?P<terms>by(?:-nc)?(?:-nd|-sa)?)|publicdomain/(?P<zero>zero|mark))(?:/(?P<version>\d\.\d))?",
    re.IGNORECASE,
)
_CC_NAME: Final = re.compile(
    r"\bCC[\s-]?(?P<terms>BY(?:[\s-]NC)?(?:[\s-](?:ND|SA))?)\b(?:\s(?P<version>\d\.\d))?|\b(?P<zero>CC[\s-]?0)\b"
)
_CC_WORDS: Final = re.compile(
    r"Creative\s+Commons\s+(?:CC[\s-]BY:?\s+)?Attribution(?P<nc>[\s–-]+Non-?\s?Commercial)?(?P<nd>[\s–-]+No-?\s?Deriv\w*)?"
    r"(?P<sa>[\s–-]+Share-?\s?Alike)?(?:\s+\(?CC[\sA-Z-]*\)?)?(?:\s+(?P<version>\d\.\d))?",
    re.IGNORECASE,
)
_ADDRESS: Final = re.compile(r"https?://\S+")


def type_of(printed: Iterable[str]) -> str | None:
    """Return our word for the printed types of a work: `article`, `review`, `trial`, `preprint`, …"""
    words = {" ".join(word.replace("-", " ").casefold().split()) for word in printed}
    return next((name for name, pattern in _TYPES if any(map(pattern.fullmatch, words))), None)


def licence_of(printed: str) -> str | None:
    """Return the licence that an address or a sentence names: `CC BY 4.0`, else the address, else None."""
    for pattern in (_CC_ADDRESS, _CC_NAME, _CC_WORDS):
        if match := pattern.search(printed):
            found = match.groupdict()
            version = f" {found['version']}" if found.get("version") else ""
            if zero := found.get("zero"):
                return f"public domain{version}" if zero == "mark" else f"CC0{version or ' 1.0'}"
            terms = found.get("terms") or "by" + "".join(
                f"-{term}" for term in ("nc", "nd", "sa") if found[term]
            )
            return f"CC {'-'.join(terms.upper().split())}{version}"
    address = _ADDRESS.search(printed)
    return address.group() if address else None
