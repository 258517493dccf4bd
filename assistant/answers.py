"""Values of asking: turns, citations, claims, answers. No input or output here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from index.papers import Kind, Record, Role, status_json


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question of the conversation, with its answer's text where there is one."""

    question: str
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Citation:
    """A verbatim quote: `quote == paper text[start:end]`, letter for letter."""

    number: int
    paper: Record
    section: str
    kind: Kind
    quote: str
    start: int
    end: int
    passage: str
    passage_start: int  # offset of `passage` in the paper's text
    role: Role | None = None  # what the quote is in its paper; None outside the paper's own words
    page: int | None = None  # page of the file on which the quote begins, from 1; None where it has no pages

    def to_json(self) -> dict[str, Any]:
        """Return the citation object of the JSON contract."""
        return {
            "number": self.number,
            "paper": self.paper.to_json(),
            "section": self.section,
            "kind": str(self.kind),
            "quote": self.quote,
            "start": self.start,
            "end": self.end,
            "passage": self.passage,
            "role": str(self.role) if self.role else None,
            "page": self.page,
            "status": status_json(self.paper),
        }


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of an answer and the numbers of the citations it rests on."""

    text: str
    citations: tuple[int, ...]
    supported: bool

    def to_json(self) -> dict[str, Any]:
        """Return the claim object of the JSON contract."""
        return {"text": self.text, "citations": list(self.citations), "supported": self.supported}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the papers say to a question, or that they do not (`answered` is False).

    `confidence` is a calibrated probability that the answer is right. `status` says what is going on in a
    draft (`searching`, `reading 3 papers`, `checking 4 claims`) and is None in a finished answer.
    """

    question: str
    searched_as: str
    answered: bool
    confidence: float
    text: str
    claims: tuple[Claim, ...] = ()
    citations: tuple[Citation, ...] = ()
    nearest: tuple[Citation, ...] = ()
    model: str = "extractive"
    notice: str | None = None
    seconds: float = 0.0
    status: str | None = None

    def __add__(self, later: Answer) -> Answer:
        """Return the later draft, which replaces this one: LangChain adds up what a chain streams."""
        return later

    def to_json(self, id: str | None = None) -> dict[str, Any]:
        """Return the `ask` object of the JSON contract."""
        return {
            "id": id,
            "question": self.question,
            "searched_as": self.searched_as,
            "answered": self.answered,
            "confidence": round(self.confidence, 4),
            "text": self.text,
            "claims": [claim.to_json() for claim in self.claims],
            "citations": [citation.to_json() for citation in self.citations],
            "nearest": [citation.to_json() for citation in self.nearest],
            "model": self.model,
            "notice": self.notice,
            "seconds": round(self.seconds, 3),
        }
