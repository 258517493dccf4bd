"""Questions that the page offers: examples on the start screen, follow-ups under an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from assistant.errors import AssistantError
from assistant.settings import EXTRACTIVE
from index.errors import LibraryError
from index.normalising import fold
from index.papers import Kind, Paper

if TYPE_CHECKING:
    from assistant.chain import Assistant

EXAMPLES = (
    "How does KIF14 drive sorafenib resistance?",
    "What restores sensitivity in NRF2-driven resistance?",
    "Is RRM2 a target of sorafenib?",
    "How can acquired resistance be reversed?",
    "Who wrote the KIF14 paper?",
)

MOST_FOLLOW_UPS = 3

MOST_TRIED = 8
"""Questions tried on the library for one answer; each costs the reader about a tenth of a second."""

_SYMBOL = re.compile(r"\b(?=\w*[A-Z])(?=\w*\d)[A-Za-z][A-Za-z0-9]{2,9}\b")
"""Gene, protein and cell-line names as papers print them: letters and digits, at least one capital."""


def follow_ups(assistant: Assistant, question: str, text: str, papers: Sequence[str]) -> list[str]:
    """Return questions to go on with, made from the cited papers (ids); the library answers each of them.

    A language model would be paid for each question that is tried, so only the embedded reader tries any.
    """
    if assistant.model_name != EXTRACTIVE:
        return []
    found: list[str] = []
    for tried, (topic, candidate) in enumerate(_candidates(assistant, question + " " + text, papers)):
        if len(found) == MOST_FOLLOW_UPS or tried == MOST_TRIED:
            break
        if _answers(assistant, candidate, topic):
            found.append(candidate)
    return found


def topics(paper: Paper, known: str) -> Iterator[str]:
    """Yield what a paper is about that `known` does not name: its keywords, then names in its own words."""
    seen = {fold(known)}
    own = " ".join(paper.text[s.start : s.end] for s in paper.sections if s.kind is Kind.TEXT)
    for topic in (*paper.record.keywords, *_SYMBOL.findall(own)):
        folded = fold(topic)
        if folded not in fold(own) or any(folded in other or other in folded for other in seen):
            continue
        seen.add(folded)
        yield topic


def _candidates(assistant: Assistant, known: str, papers: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield topics with a question on each, the papers taking turns."""
    try:
        queues = [topics(assistant.library.paper(id), known) for id in papers]
    except LibraryError:  # a paper was removed since the answer
        return
    while queues:
        for queue in list(queues):
            topic = next(queue, None)
            if topic is None:
                queues.remove(queue)
            else:
                yield topic, f"What is the role of {topic}?"


def _answers(assistant: Assistant, question: str, topic: str) -> bool:
    """Return whether the library answers the question with a quote that names its topic."""
    try:
        answer = assistant.ask(question)
    except (AssistantError, LibraryError):
        return False
    return answer.answered and any(fold(topic) in fold(citation.quote) for citation in answer.citations)
