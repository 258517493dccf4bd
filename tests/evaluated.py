"""A tiny paper, answers about it and a scripted assistant: what the tests of the evaluation share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assistant.answers import Answer, Citation, Claim, Turn
from assistant.evaluation.question_set import Question
from assistant.evaluation.rows import Row
from index.errors import LibraryError
from index.papers import Hit, Kind, Paper, Record, Section

TEXT = "KIF14 drives resistance. Its dose was 13.0 mg. Silencing KIF14 reverses resistance in mice."
FIRST, SECOND, THIRD = (
    "KIF14 drives resistance.",
    "Its dose was 13.0 mg.",
    "Silencing KIF14 reverses resistance in mice.",
)


def paper(name: str = "one", text: str = TEXT) -> Paper:
    record = Record(name, f"Title of {name}", authors=("Ada Zhu",), year=2020, path=f"papers/{name}.pdf")
    return Paper(record, text, (Section("Abstract", Kind.TEXT, 0, len(text)),))


ONE, TWO = paper("one"), paper("two", "Nothing to see here.")


def cite(number: int, quote: str, of: Paper = ONE, *, kind: Kind = Kind.TEXT, shift: int = 0) -> Citation:
    start = of.text.index(quote) + shift
    return Citation(number, of.record, "Abstract", kind, quote, start, start + len(quote), of.text, 0)


def answer(*claims: tuple[str, Sequence[Citation]], confidence: float = 0.9, seconds: float = 0.1) -> Answer:
    """Return an answer of (text, citations) claims; no claim means that it abstains."""
    citations = {c.number: c for _, cited in claims for c in cited}
    return Answer(
        "What drives resistance?",
        "What drives resistance?",
        bool(claims),
        confidence,
        " ".join(text for text, _ in claims),
        tuple(Claim(text, tuple(c.number for c in cited), True) for text, cited in claims),
        tuple(citations.values()),
        seconds=seconds,
    )


def hit(text: str, of: Paper = ONE) -> Hit:
    start = of.text.index(text)
    return Hit(of.record, "Abstract", Kind.TEXT, start, start + len(text), text, 1.0, ())


def question(**changes: object) -> Question:
    values: dict[str, object] = {
        "id": "q-01",
        "question": "What drives resistance?",
        "kind": "fact",
        "answerable": True,
        "split": "development",
        "papers": ("one.pdf",),
        "evidence": (FIRST,),
        "key_facts": (("KIF14", "kinesin 14"),),
    }
    return Question(**{**values, **changes})  # type: ignore[arg-type]


def row(id: str, **changes: object) -> Row:
    values: dict[str, object] = {
        "set": "abc", "id": id, "split": "development", "kind": "fact", "question": f"Question {id}?",
        "answerable": True, "answered": True, "right": True, "confidence": 0.9, "seconds": 0.1,
        "metrics": {"answered_right": 1.0}, "expected": {"papers": [], "evidence": [], "key_facts": [], "wrong_facts": [], "note": None},
    }  # fmt: skip
    return Row(**{**values, **changes})  # type: ignore[arg-type]


class Shelf:
    """A library of papers in memory."""

    def paper(self, id: str) -> Paper:
        try:
            return {p.record.id: p for p in (ONE, TWO)}[id]
        except KeyError:
            raise LibraryError(f"There is no paper '{id}'.") from None


class Scripted:
    """An assistant that answers from a script; an exception in it is raised."""

    def __init__(self, script: Mapping[str, Answer | Exception]) -> None:
        self.library = Shelf()
        self.script = script
        self.asked: list[tuple[str, tuple[Turn, ...]]] = []

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        self.asked.append((question, tuple(history)))
        answer = self.script[question]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def search(self, question: str, limit: int = 10) -> list[Hit]:
        return [hit(FIRST)][:limit]
