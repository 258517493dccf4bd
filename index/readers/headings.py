"""Headings: which lines are, and what kind of text stands under them."""

from __future__ import annotations

import re
from typing import Final

from index.papers import Kind

_KNOWN: Final = frozenset(
    name.strip()
    for line in """
        abstract, summary, background, objective, objectives, aim, aims, introduction, methods, method
        materials and methods, material and methods, methods and materials, patients and methods
        experimental procedures, statistical analysis, study design, results, findings, results and discussion
        discussion, discussion and conclusions, interpretation, limitations, conclusion, conclusions
        text, full text, main text, body, case report, case presentation, figure legends, abbreviations
        supplementary material, supplementary materials, supporting information, appendix
        acknowledgements, acknowledgments, acknowledgement, funding, author contributions
        authors' contributions, competing interests, conflict of interest, conflicts of interest
        declaration of interests, ethics statement, data availability
        references, reference, reference list, bibliography, literature cited, works cited
    """.strip().splitlines()
    for name in line.split(",")
)
_REFERENCES: Final = frozenset(
    ("references", "reference", "reference list", "bibliography", "literature cited", "works cited")
)
_SUMMARIES: Final = frozenset(("tl;dr", "tldr", "contribution", "key findings"))
_NUMBER: Final = r"(?:\d{1,2}(?:\.\d{1,2}){0,3}\.?|[IVX]{1,4}\.)"
_NUMBERED: Final = re.compile(rf"{_NUMBER}\s+(?P<name>[A-Z].{{2,80}}[^.;,:])")
_INLINE: Final = re.compile(
    r"(?:\*\*|__)?(?P<name>[A-Za-z][A-Za-z' ]{2,30}?)(?:\*\*|__)?\s*[:—](?:\*\*|__)?\s+(?=\S)"
)
_SHORT: Final = re.compile(r"[A-Z0-9][^.!?;:,]{2,58}[^\s.!?;:,)\]]")
_DANGLING: Final = re.compile(
    r"\b(?:a|an|the|of|in|on|at|by|for|from|to|with|and|or|as|is|are|was|were|that|which|than)$",
    re.IGNORECASE,
)


def kind_of(heading: str) -> Kind:
    """Return what the text under a heading is as evidence."""
    name = _name(heading)
    if name in _REFERENCES:
        return Kind.REFERENCE
    return Kind.SUMMARY if name in _SUMMARIES else Kind.TEXT


def inline_heading(line: str) -> tuple[str, int] | None:
    """Return the heading that a line such as `Abstract: We …` begins with, and its length with the colon."""
    match = _INLINE.match(line)
    if match and match["name"].casefold() in _KNOWN - {"reference"}:  # "Reference: JACR 5139" is a number
        return match["name"], match.end()
    return None


def is_known_heading(line: str) -> bool:
    """Return whether the line is the name of a part that papers have, numbered or not: `2. Methods`."""
    return _name(line) in _KNOWN


def is_heading(line: str, before: str, after: str) -> bool:
    """Return whether a line that stands alone between two paragraphs reads as a heading.

    It is numbered, in capitals or short, begins with a capital and ends like no sentence; the paragraph
    before it has come to its end and the one after it is longer than the line.
    """
    if is_known_heading(line):
        return True
    if (before and before[-1] not in '.!?:)]”"') or len(after) <= len(line) or _DANGLING.search(line):
        return False
    capitals = line.isupper() and 3 < len(line) <= 80 and line[-1] not in ".;,:"
    return capitals or bool(_NUMBERED.fullmatch(line) or _SHORT.fullmatch(line))


def _name(heading: str) -> str:
    """Return the folded heading without number, colon and marks."""
    return re.sub(rf"^{_NUMBER}\s+", "", heading.strip(" *_#")).strip(" :.*_").casefold()
