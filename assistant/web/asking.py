"""The conversation panel: a question's answer as it grows, as the HTML and data that the page shows."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

from markupsafe import Markup

from assistant.answers import Answer, Turn
from assistant.errors import AssistantError, QuestionError
from assistant.rendering import paragraphs_of, to_bibtex, to_markdown, to_ris, to_text
from assistant.web.api import without_paths
from assistant.web.sources import cards
from assistant.web.templating import render
from index.errors import LibraryError
from index.papers import Record

if TYPE_CHECKING:
    from assistant.chain import Assistant

log = logging.getLogger(__name__)

UNEXPECTED = "Something went wrong that should not have. The terminal that runs the chat shows the details."


class Draft(TypedDict, total=False):
    """A step of an answer. The last step of a question has another `state` than `waiting`."""

    turn: str  # the page's own name of the question, handed back
    state: str  # waiting, answered, declined, error; refused: the question itself cannot be asked
    html: str
    sources: str
    message: str  # of a refused question
    answer: dict[str, Any]  # the `ask` object of the JSON contract
    exports: dict[str, str]  # text, md, bib, ris


def drafts(assistant: Assistant, turn: str, question: str, history: Sequence[Turn]) -> Iterator[Draft]:
    """Yield the steps of the answer to a question. Raises nothing: an error is the last step."""
    try:
        for answer in assistant.stream(question, history):
            yield {"turn": turn, **(_draft(answer) if answer.status else _finished(answer))}
    except QuestionError as error:
        yield {"turn": turn, "state": "refused", "message": str(error)}
    except (AssistantError, LibraryError) as error:
        yield {
            "turn": turn,
            "state": "error",
            "sources": "",
            "html": render("error.html", message=str(error)),
        }
    except Exception:
        log.exception("A question could not be answered")
        yield {
            "turn": turn,
            "state": "error",
            "sources": "",
            "html": render("error.html", message=UNEXPECTED),
        }


def _draft(answer: Answer) -> Draft:
    return {"state": "waiting", "html": _reply(answer), "sources": cards(answer.citations)}


def _finished(answer: Answer) -> Draft:
    shown = answer.citations if answer.answered else answer.nearest
    records = cited(answer)
    return {
        "state": "answered" if answer.answered else "declined",
        "html": _reply(answer),
        "sources": cards(shown, nearest=not answer.answered),
        "answer": without_paths(answer.to_json()),
        "exports": {
            "text": to_text(answer),
            "md": to_markdown(answer),
            "bib": to_bibtex(records),
            "ris": to_ris(records),
        },
    }


def cited(answer: Answer) -> tuple[Record, ...]:
    """Return the papers of an answer's citations (of the nearest passages where there is none), each once."""
    citations = answer.citations or answer.nearest
    return tuple({citation.paper.id: citation.paper for citation in citations}.values())


def _reply(answer: Answer) -> Markup:
    citations = {citation.number: citation for citation in (*answer.citations, *answer.nearest)}
    return render(
        "reply.html",
        answer=answer,
        paragraphs=paragraphs_of(answer.claims, answer.citations),
        citations=citations,
        papers=cited(answer),
    )
