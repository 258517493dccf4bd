"""The assistant: a LangChain chain that understands a question, retrieves, writes and checks an answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from assistant import extractive, records, weighing
from assistant.answers import Answer, Citation, Claim, Turn
from assistant.questions import Aim, Inquiry, is_question, understand
from assistant.rendering import NOT_IN_THESE_PAPERS, text_of
from assistant.settings import EXTRACTIVE, Settings
from index.errors import LibraryError
from index.evidence import role_at
from index.library import Library
from index.papers import Hit, Paper
from index.retrieval import Catalogue, HybridRetriever
from index.spelling import repair

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import Runnable

    from assistant.span_reader import SpanReader

RETRIEVED = 15
"""Passages handed to the writer; the answer's is among them for nine questions in ten."""

NEAREST = 3
"""Passages shown with an answer that is not in the papers."""

WARM_UP = "sorafenib resistance"
"""Searched for at the start of a server."""

SEEDS = Path(__file__).resolve().parents[1] / "seeds"
"""The seed papers: beside the package, the same in a checkout and in an installed wheel."""


def library_of(settings: Settings) -> Library:
    """Return the library that settings name: in their home, or on a Chroma server. Opens nothing yet."""
    from index.embedding import embedder_of

    shelf = None
    if settings.chroma_url is not None:
        from index.server import ChromaServer
        from index.store import Address

        address = Address(
            url=settings.chroma_url,
            library=settings.library,
            token=settings.chroma_token,
            tenant=settings.chroma_tenant,
            database=settings.chroma_database,
        )
        shelf = ChromaServer(address)
    return Library(settings.home, embedder_of(settings.embedding), shelf, settings.retractions)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the writer gets: the question and the passages found for it."""

    inquiry: Inquiry
    history: tuple[Turn, ...]
    hits: tuple[Hit, ...]
    cited: tuple[Hit, ...]  # references and records, where the question asks for them
    catalogue: Catalogue


class Assistant:
    """Answers questions from a library of papers, every claim cited to its sentence.

    Args:
        home: folder of the library; by default `ASSISTANT_HOME`, else the platform's user data folder.
            An empty home gets the seed papers at the first question.
        model: `extractive` (the embedded reader, the default), a LangChain chat model or its name, such as
            `openai:gpt-…`; by default `ASSISTANT_MODEL`.
        settings: everything at once, instead of the two above and the environment.
    """

    def __init__(
        self,
        home: str | Path | None = None,
        *,
        model: str | BaseChatModel | None = None,
        settings: Settings | None = None,
    ) -> None:
        name = model if isinstance(model, str) else None
        self.settings = settings or Settings.from_env(home=home, model=name)
        self._given_model = None if isinstance(model, str) else model

    @cached_property
    def _library(self) -> Library:
        return library_of(self.settings)

    @cached_property
    def _reader(self) -> SpanReader:
        from assistant.span_reader import SpanReader
        from index.embedding import bundled_folder

        return SpanReader(bundled_folder())

    @property
    def library(self) -> Library:
        """The papers; an empty home is not filled by looking at it."""
        return self._library

    @property
    def retriever(self) -> HybridRetriever:
        """A LangChain retriever over the library; an empty home gets the seed papers first."""
        self.fill()
        return self._library.retriever

    def fill(self, progress: Callable[..., None] | None = None) -> None:
        """Put the seed papers into the library if nothing was ever indexed in it."""
        if self._library.is_empty():
            report = self._library.add(SEEDS, progress=progress)
            if report.failed:
                raise LibraryError(f"The seed papers cannot be read: {report.failed[0].reason}")

    def warm_up(self) -> None:
        """Load everything that the first question needs, so that it is answered as fast as the next."""
        self.retriever.search(WARM_UP)
        self._reader  # noqa: B018 (loads it)

    @cached_property
    def model(self) -> BaseChatModel | None:
        """The chat model that writes answers; None for the embedded reader."""
        if self._given_model is not None or self.settings.model == EXTRACTIVE:
            return self._given_model
        from assistant.generative import load_model

        return load_model(self.settings.model)

    @property
    def model_name(self) -> str:
        """Name shown with answers."""
        if self._given_model is not None:
            return type(self._given_model).__name__
        return self.settings.model

    @cached_property
    def chain(self) -> Runnable[tuple[str, Sequence[Turn]], Answer]:
        """The LangChain chain: (question, history) → answer; `stream` gives growing answers."""
        from langchain_core.runnables import RunnableGenerator, RunnableLambda

        def write(evidence: Iterator[Evidence]) -> Iterator[Answer]:
            for one in evidence:
                yield from self._write(one)

        def understand_and_retrieve(asked: tuple[str, Sequence[Turn]]) -> Evidence:
            question, history = asked
            return self._retrieve(self._understand(question, history), tuple(history))

        return RunnableLambda(understand_and_retrieve) | RunnableGenerator(write)

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """Return the checked answer to a question, or an answer that says it is not in the papers.

        Args:
            question: what is asked; a follow-up is understood with `history`.
            history: earlier turns of the conversation, oldest first.

        Raises:
            QuestionError: the question is empty or too long.
            ModelError: the language model cannot be loaded or does not answer.
            LibraryError: the library cannot be opened or read.
        """
        *_, last = self.stream(question, history)
        return last

    def stream(self, question: str, history: Sequence[Turn] = ()) -> Iterator[Answer]:
        """Yield growing answers; the last one is checked and finished. Raises as `ask` does."""
        begin = time.perf_counter()
        inquiry = understand(question, history)
        yield self._draft(inquiry, "searching")
        self.fill()
        for draft in self.chain.stream((question, history)):
            yield replace(draft, seconds=time.perf_counter() - begin)

    def search(self, question: str, limit: int = 10) -> list[Hit]:
        """Return the passages that speak to a question, best first. Raises as `ask` does.

        The first passages of a question are put in order by the span reader; a statement or key words are not
        questions, and the reader was not trained to read for them.
        """
        searched = understand(question).searched_as
        hits = self.retriever.search(searched, limit=max(limit, weighing.READ_PASSAGES))
        if is_question(searched):
            hits = weighing.reranked(searched, hits, self._library.catalogue(), self._reader)
        return hits[:limit]

    def _understand(self, question: str, history: Sequence[Turn]) -> Inquiry:
        inquiry = understand(question, history)
        if history and self.model is not None:
            from assistant.generative import rewrite

            inquiry = understand(rewrite(self.model, question, history))
            inquiry = replace(inquiry, question=question)
        return inquiry

    def _retrieve(self, inquiry: Inquiry, history: tuple[Turn, ...]) -> Evidence:
        retriever, catalogue = self._library.retriever, self._library.catalogue()
        embedder = self._library.embedder
        searched = repair(inquiry.searched_as, catalogue.vocabulary, embedder.is_word)
        inquiry = replace(inquiry, searched_as=searched)
        hits = retriever.search(inquiry.searched_as, limit=RETRIEVED, catalogue=catalogue)
        wanted = inquiry.aim in (Aim.CITED, Aim.RECORD)
        cited = (
            retriever.search(inquiry.searched_as, limit=RETRIEVED, part="bibliography", catalogue=catalogue)
            if wanted
            else []
        )
        return Evidence(inquiry, history, tuple(hits), tuple(cited), catalogue)

    def _write(self, evidence: Evidence) -> Iterator[Answer]:
        inquiry = evidence.inquiry
        papers = len({hit.record.id for hit in evidence.hits})
        yield self._draft(inquiry, f"reading {papers} paper{'' if papers == 1 else 's'}")
        if inquiry.aim is not Aim.FINDING:
            lookup = self._look_up(evidence)
            if lookup.findings or lookup.notice or inquiry.aim is not Aim.RECORD:
                yield self._from_lookup(evidence, lookup)
                return
        if self.model is not None:
            yield from self._generate(evidence, self.model)
            return
        yield self._extract(evidence)

    def _look_up(self, evidence: Evidence) -> records.Lookup:
        inquiry, catalogue = evidence.inquiry, evidence.catalogue
        if inquiry.aim is Aim.LIBRARY:
            return records.from_library(catalogue)
        if inquiry.aim is Aim.RECORD:
            found = records.from_records(inquiry, catalogue)
            if found.findings or found.notice:
                return found
        return records.from_references(inquiry, evidence.cited, catalogue)

    def _from_lookup(self, evidence: Evidence, lookup: records.Lookup) -> Answer:
        if not lookup.findings:
            return self._abstain(evidence, lookup.confidence, notice=lookup.notice)
        citations = tuple(
            Citation(
                n, f.paper.record, f.section, f.kind, f.paper.text[f.start : f.end], f.start, f.end,
                f.paper.text[f.start : f.end], f.start, role_at(f.paper, f.start, f.end),
                f.paper.page_of(f.start),
            )
            for n, f in enumerate(lookup.findings, 1)
        )  # fmt: skip
        claims = tuple(Claim(f.text, (n,), supported=True) for n, f in enumerate(lookup.findings, 1))
        return self._answer(evidence.inquiry, claims, citations, lookup.confidence)

    def _extract(self, evidence: Evidence, notice: str | None = None) -> Answer:
        is_word = self._library.embedder.is_word
        reading = extractive.read(evidence.inquiry, evidence.hits, evidence.catalogue, is_word, self._reader)
        if not reading.chosen:
            for look_up in (records.from_keywords, records.from_names):
                found = look_up(evidence.inquiry, evidence.catalogue)
                if found.findings:
                    return self._from_lookup(evidence, found)
            return self._abstain(evidence, reading.confidence, notice=notice)
        papers = evidence.catalogue.papers
        citations = tuple(
            _citation(n, c.hit, c.sentence.start, c.sentence.end, papers[c.hit.record.id])
            for n, c in enumerate(reading.chosen, 1)
        )
        claims = tuple(
            Claim(" ".join(citation.quote.split()), (citation.number,), supported=True)
            for citation in citations
        )
        return replace(
            self._answer(evidence.inquiry, claims, citations, reading.confidence),
            model=EXTRACTIVE,
            notice=notice,
        )

    def _generate(self, evidence: Evidence, model: BaseChatModel) -> Iterator[Answer]:
        from assistant.generative import ReplyError, write

        texts = {id: paper.text for id, paper in evidence.catalogue.papers.items()}
        try:
            for draft in write(
                model,
                evidence.inquiry.searched_as,
                evidence.hits,
                texts,
                history=evidence.history,
                aliases=_names(evidence),
            ):
                last = replace(draft, citations=_with_roles(draft.citations, evidence.catalogue))
                yield self._draft(evidence.inquiry, draft.status, draft.claims, last.citations)
        except ReplyError:
            yield self._extract(
                evidence,
                notice=f"{self.model_name} gave no usable reply; the embedded reader answered instead.",
            )
            return
        if last.claims:
            yield self._answer(evidence.inquiry, last.claims, last.citations, last.confidence)
        else:
            dropped = f"{last.dropped} claims of {self.model_name} failed the check and are not shown."
            yield self._abstain(evidence, last.confidence, notice=dropped if last.dropped else None)

    def _draft(
        self,
        inquiry: Inquiry,
        status: str | None,
        claims: tuple[Claim, ...] = (),
        citations: tuple[Citation, ...] = (),
    ) -> Answer:
        return replace(self._answer(inquiry, claims, citations, 0.0), status=status, answered=bool(claims))

    def _answer(
        self, inquiry: Inquiry, claims: tuple[Claim, ...], citations: tuple[Citation, ...], confidence: float
    ) -> Answer:
        return Answer(
            question=inquiry.question,
            searched_as=inquiry.searched_as,
            answered=True,
            confidence=confidence,
            text=text_of(claims, citations),
            claims=claims,
            citations=citations,
            model=self.model_name,
        )

    def _abstain(self, evidence: Evidence, confidence: float, notice: str | None = None) -> Answer:
        hits = (*evidence.cited[:1], *evidence.hits)[:NEAREST]
        nearest = []
        for number, hit in enumerate(hits, 1):
            best = max(hit.sentences, key=lambda sentence: sentence.score)
            paper = evidence.catalogue.papers[hit.record.id]
            nearest.append(_citation(number, hit, best.start, best.end, paper))
        return Answer(
            question=evidence.inquiry.question,
            searched_as=evidence.inquiry.searched_as,
            answered=False,
            confidence=confidence,
            text=NOT_IN_THESE_PAPERS,
            nearest=tuple(nearest),
            model=self.model_name,
            notice=notice,
        )


def _names(evidence: Evidence) -> dict[str, tuple[str, ...]]:
    """Return every name of the entities in the question, each with its other names."""
    return dict(evidence.catalogue.aliases.expand(evidence.inquiry.searched_as))


def _citation(number: int, hit: Hit, start: int, end: int, paper: Paper) -> Citation:
    section = next((s for s in paper.sections if s.start <= start < s.end), None)
    return Citation(
        number,
        hit.record,
        section.heading if section else hit.section,
        hit.kind,
        paper.text[start:end],
        start,
        end,
        hit.text,
        hit.start,
        role_at(paper, start, end),
        paper.page_of(start),
    )


def _with_roles(citations: Sequence[Citation], catalogue: Catalogue) -> tuple[Citation, ...]:
    """Return the citations of a language model's claims with what and where their quotes are in their papers."""
    papers = catalogue.papers
    return tuple(
        replace(
            c,
            role=role_at(papers[c.paper.id], c.start, c.end),
            page=papers[c.paper.id].page_of(c.start),
        )
        for c in citations
    )
