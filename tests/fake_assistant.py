"""An assistant whose answers are written down beforehand, over real papers: for states that are hard to reach."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from assistant.answers import Answer, Citation, Claim, Turn
from assistant.errors import ModelError, QuestionError
from assistant.rendering import text_of
from assistant.settings import EXTRACTIVE, Settings
from index.errors import LibraryError, ReadError
from index.library import Failure, Progress, Report
from index.papers import Hit, Kind, Paper, Record
from index.readers import read
from index.systems import System, systems_of

SEEDS = Path(__file__).parents[1] / "seeds"

NASTY = "<img src=x onerror=\"window.hacked='img'\"><script>window.hacked='script'</script>"
"""Markup that runs when it is not escaped."""

NASTY_TEMPLATE = "${window.hacked='literal'} {{window.hacked}} `"
"""Template code that runs when it reaches a template as code."""

LONGEST_QUESTION = 4000


def quote_of(number: int, paper: Paper, quote: str, *, around: int = 500) -> Citation:
    """Return a citation of words that stand in a paper's text."""
    start = paper.text.index(quote)
    end = start + len(quote)
    section = next(s for s in paper.sections if s.start <= start and end <= s.end)
    first, last = max(section.start, start - around), min(section.end, end + around)
    return Citation(
        number, paper.record, section.heading, section.kind, quote, start, end, paper.text[first:last], first
    )


class FakeLibrary:
    """The library's interface over papers in memory."""

    def __init__(self, home: Path, papers: Sequence[Paper]) -> None:
        self.home = home
        self.stock = {paper.record.id: paper for paper in papers}
        self.between_papers = threading.Event()
        self.between_papers.set()

    def papers(self) -> tuple[Record, ...]:
        return tuple(paper.record for paper in self.stock.values())

    def systems(self) -> dict[str, tuple[System, ...]]:
        return {id: systems_of(paper) for id, paper in self.stock.items()}

    def paper(self, id: str) -> Paper:
        if id not in self.stock:
            raise LibraryError(f"There is no paper '{id}'.")
        return self.stock[id]

    def add(self, *paths: Path, progress: Callable[[Progress], None] | None = None) -> Report:
        added, failed = [], []
        for done, path in enumerate(paths):
            if progress:
                progress(Progress(done, len(paths), done * 10, len(paths) * 10, done * 1.0))
            self.between_papers.wait(5)
            try:
                for paper in read(path):
                    self.stock[paper.record.id] = paper
                    added.append(paper.record)
            except ReadError as error:
                failed.append(Failure(str(path), str(error)))
        return Report(added=tuple(added), failed=tuple(failed))


class FakeAssistant:
    """Answers by key words of the question; `release` lets a held stream go on."""

    def __init__(self, home: Path, papers: Sequence[Paper] | None = None) -> None:
        seeds = [paper for path in sorted(SEEDS.glob("*.txt")) for paper in read(path)]
        self.settings = Settings(home=home)
        self.model_name = EXTRACTIVE
        self.library = FakeLibrary(home, seeds if papers is None else papers)
        self.release = threading.Event()
        self.release.set()
        self.histories: list[tuple[Turn, ...]] = []

    def warm_up(self) -> None:
        """Nothing to load."""

    def fill(self, progress: object = None) -> None: ...

    def search(self, question: str, limit: int = 10) -> list[Hit]:
        paper = next(iter(self.library.stock.values()))
        section = next(s for s in paper.sections if s.kind is Kind.TEXT)
        text = paper.text[section.start : section.end]
        hit = Hit(paper.record, section.heading, section.kind, section.start, section.end, text, 0.9, ())
        return [hit][:limit]

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        *_, last = self.stream(question, history)
        return last

    def stream(self, question: str, history: Sequence[Turn] = ()) -> Iterator[Answer]:
        self.histories.append(tuple(history))
        if not question.strip():
            raise QuestionError("The question is empty: type one.")
        if len(question) > LONGEST_QUESTION:
            raise QuestionError(f"The question is longer than {LONGEST_QUESTION} characters: shorten it.")
        answer = self._answer(question, bool(history))
        for status, claims in (
            ("searching", ()),
            ("reading 3 papers", answer.claims[:1]),
            ("checking 4 claims", answer.claims),
        ):
            yield replace(answer, status=status, claims=claims, nearest=(), confidence=0.0)
            self.release.wait(5)
        if "model" in question:
            raise ModelError("The language model does not answer: see whether it is running and try again.")
        if "crash" in question:
            raise RuntimeError("a fault of the program")
        yield answer

    def _answer(self, question: str, follow_up: bool) -> Answer:
        searched = f"{question} (KIF14)" if follow_up else question
        kif14 = next(p for p in self.library.stock.values() if "KIF14" in p.text or NASTY in p.text)
        if "metformin" in question:
            near = (quote_of(1, kif14, _sentence(kif14)),)
            return Answer(question, searched, False, 0.1, "Not in these papers.", nearest=near, seconds=0.2)
        citations = (quote_of(1, kif14, _sentence(kif14)),)
        claims = [Claim(_sentence(kif14), (1,), True)]
        if "long" in question:
            claims = [Claim(f"{n}. {_sentence(kif14)}", (1,), n % 5 != 3) for n in range(1, 25)]
        return Answer(
            question,
            searched,
            True,
            0.82,
            text_of(claims, citations),
            claims=tuple(claims),
            citations=citations,
            seconds=0.4,
        )


def _sentence(paper: Paper) -> str:
    """Return the first sentence of the paper's own words that says something."""
    section = next(s for s in paper.sections if s.kind is Kind.TEXT and s.end - s.start > 60)
    text = paper.text[section.start : section.end]
    return text[: text.find(". ") + 1] if ". " in text else text
