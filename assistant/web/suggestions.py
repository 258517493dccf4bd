"""Questions that the page offers: examples on the start screen, follow-ups under an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain
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

_DRUG = re.compile(r"\b[a-z]{3,}(?:nib|mab|platin|rubicin|taxel|statin)\b", re.IGNORECASE)
"""Drug names by their stems in the WHO's International Nonproprietary Names."""

_TELLING = ("gene", "chemical")
"""Categories of entities that make a question; diseases, species and cell lines are what all papers share."""

SHORTEST_TOPIC = 3
"""Characters; shorter names are mostly something else."""


def follow_ups(assistant: Assistant, asked: Sequence[str], text: str, papers: Sequence[str]) -> list[str]:
    """Return questions to go on with, made from the cited papers (ids); the library answers each of them.

    `asked` are the conversation's questions, `text` is its last answer: what they name is not offered again.

    A language model would be paid for each question that is tried, so only the embedded reader tries any.
    """
    if assistant.model_name != EXTRACTIVE:
        return []
    found: list[str] = []
    for tried, (candidate, telling) in enumerate(_candidates(assistant, " ".join((*asked, text)), papers)):
        if len(found) == MOST_FOLLOW_UPS or tried == MOST_TRIED:
            break
        if candidate not in asked and _answers(assistant, candidate, telling):
            found.append(candidate)
    return found


def topics(paper: Paper, known: str) -> Iterator[str]:
    """Yield what a paper's own words name and `known` does not: keywords, substances and genes, other symbols.

    What the title names is left out: the whole paper is about it.
    """
    own = " ".join(paper.text[s.start : s.end] for s in paper.sections if s.kind is Kind.TEXT)
    said, told = fold(own), fold(f"{known} {paper.record.title}")
    seen = {fold(symbol) for symbol in _SYMBOL.findall(f"{known} {paper.record.title}")}
    named = (name for entity in paper.entities if entity.category in _TELLING for name in entity.names)
    for topic in (*paper.record.keywords, *_DRUG.findall(own), *named, *_SYMBOL.findall(own)):
        folded = fold(topic)
        if len(folded) < SHORTEST_TOPIC or not re.search(rf"\b{re.escape(folded)}\b", said):
            continue
        if folded in told or any(other in folded or folded in other for other in seen):
            continue
        seen.add(folded)
        yield topic if any(character.isdigit() or character.isupper() for character in topic[1:]) else folded


def _candidates(assistant: Assistant, known: str, ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield questions, each with what a quote must say to answer it, the papers taking turns."""
    try:
        papers = [assistant.library.paper(id) for id in ids]
    except LibraryError:  # a paper was removed since the answer
        return
    queues = [chain(_on_topics(paper, known), _on_record(paper, known)) for paper in papers]
    while queues:
        for queue in list(queues):
            candidate = next(queue, None)
            if candidate is None:
                queues.remove(queue)
            else:
                yield candidate


def _on_topics(paper: Paper, known: str) -> Iterator[tuple[str, str]]:
    for topic in topics(paper, known):
        yield f"What is the role of {topic}?", topic


def _on_record(paper: Paper, known: str) -> Iterator[tuple[str, str]]:
    """Yield questions on the record of a paper that its title lets one name, e.g. "the KIF14 paper"."""
    record = paper.record
    name = next(iter(_SYMBOL.findall(record.title)), None)
    if name is None:
        return
    if record.year and str(record.year) not in known:
        yield f"When was the {name} paper published?", str(record.year)
    if record.authors and record.authors[0] not in known:
        yield f"Who wrote the {name} paper?", record.authors[0]


def _answers(assistant: Assistant, question: str, telling: str) -> bool:
    """Return whether the library answers the question with a quote that says what it must."""
    try:
        answer = assistant.ask(question)
    except (AssistantError, LibraryError):
        return False
    return answer.answered and any(fold(telling) in fold(citation.quote) for citation in answer.citations)
