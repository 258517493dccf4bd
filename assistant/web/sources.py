"""The sources panel: a card for each citation, the quote marked inside its passage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from assistant.answers import Citation
from assistant.web.templating import render

CONTEXT = 110
"""Characters of a passage shown on each side of the quote before 'show more': about two lines of a card."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A passage around its quote. `far_before` and `far_after` are what 'show more' shows."""

    far_before: str
    before: str
    quote: str
    after: str
    far_after: str


def cards(citations: Sequence[Citation], *, nearest: bool = False) -> Markup:
    """Return the cards of an answer's citations; of the nearest passages, labelled as no answer."""
    shown: set[str] = set()
    items = []
    for citation in citations:
        # A paper is described on its first card; on the next ones its short citation is enough.
        items.append((citation, excerpt(citation), citation.paper.id not in shown))
        shown.add(citation.paper.id)
    return render("sources.html", cards=items, nearest=nearest)


def excerpt(citation: Citation) -> Excerpt:
    """Return the citation's passage, cut at word borders into what is near its quote and what is far."""
    start = citation.start - citation.passage_start
    end = start + len(citation.quote)
    if citation.passage[max(start, 0) : end] != citation.quote:  # a passage that does not hold its quote
        return Excerpt("", "", citation.quote, "", "")
    before, after = citation.passage[:start], citation.passage[end:]
    cut = 0 if len(before) <= CONTEXT else before.find(" ", len(before) - CONTEXT) + 1
    stop = len(after) if len(after) <= CONTEXT else after.rfind(" ", 0, CONTEXT)
    stop = CONTEXT if stop < 0 else stop
    return Excerpt(before[:cut], before[cut:], citation.quote, after[:stop], after[stop:])
