"""Hybrid retrieval: sentence vectors and BM25, fused by normalised scores.

A passage's score is the sum of its words (BM25, the rarity of a word counted half in the library and half in the
paper), its best sentence's vector, and half its paper's best passage, each scaled to [0, 1]. Every part is there
because a measurement on full papers says so (docs/evaluation.md).
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from index.aliases import Aliases
from index.embedding import Embedder
from index.errors import StoreError
from index.lexical import LexicalIndex, stems
from index.normalising import terms
from index.papers import Hit, Kind, Passage, Record, SentenceHit, Span, status_json
from index.retractions import marks_of
from index.store import DIGITS, Part, Store, StoredPaper, fingerprint_of
from index.systems import EDITION, System, systems_of

DENSE_NEIGHBOURS = 200
"""Sentences taken from the vector index."""

LEXICAL_CANDIDATES = 60
"""Passages taken from BM25; their sentences' vectors are fetched, so that each has both scores."""

ALIAS_WEIGHT = 0.7
"""Weight of another name's words against the question's own."""

DENSE_FLOOR = -0.16
"""Lowest similarity of a question with a sentence of a library (median of 300 questions on three libraries); that
of passages which the vector search did not return."""

SEARCH_AGAIN = 3
"""How often a search is made again because what it searched was replaced meanwhile, which takes minutes to recur."""

PAPER_WEIGHT = 0.5
"""Weight of the paper's best passage in a passage's score, beside 1 for the words and 1 for the vector."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A passage of the library: where it is and which sentence rows it holds."""

    stored: StoredPaper
    passage: Passage
    first_row: int  # row number of its first sentence within its paper and part
    first_sentence: int  # position of its first sentence in the library's sentence order


class Index:
    """The searchable state of one part of a library at one fingerprint."""

    def __init__(self, store: Store, part: Part, papers: Sequence[StoredPaper], cache: Path | None) -> None:
        self.part = part
        self._store = store
        self.slots: list[Slot] = []
        self._slot_of_row: dict[str, tuple[int, int]] = {}
        sentences: list[str] = []
        for stored in papers:
            for row, (number, passage, span) in enumerate(stored.sentences(part)):
                if not self.slots or self.slots[-1].passage is not passage:
                    self.slots.append(Slot(stored, passage, row, len(sentences)))
                self._slot_of_row[stored.row_id(number)] = (
                    len(self.slots) - 1,
                    row - self.slots[-1].first_row,
                )
                sentences.append(stored.paper.text[span.start : span.end])
        passages = [s.stored.paper.text[s.passage.start : s.passage.end] for s in self.slots]
        self._title_of = _titles_of_abstracts(self.slots)
        for abstract, title in self._title_of.items():
            passages[abstract] = f"{passages[title]} {passages[title]} {passages[abstract]}"
        papers_in_order = {stored.paper.record.id: n for n, stored in enumerate(papers)}
        self.paper_of = np.array(
            [papers_in_order[s.stored.paper.record.id] for s in self.slots], dtype=np.int64
        )
        self.paper_sizes = np.bincount(self.paper_of, minlength=len(papers))
        self.passages = _cached(cache, f"{part}-passages", passages)
        self.sentences = _cached(cache, f"{part}-sentences", sentences)

    def search(self, vector: np.ndarray, words: Mapping[str, float], limit: int) -> list[Hit]:
        """Return the best passages for a question's vector and weighted stems, best first."""
        if not self.slots:
            return []
        everywhere = self.passages.scores(words)
        lexical = (everywhere + self.passages.local_scores(words, self.paper_of, self.paper_sizes)) / 2
        dense: dict[int, dict[int, float]] = {}
        for row, similarity in self._store.nearest(self.part, vector, DENSE_NEIGHBOURS).items():
            if row in self._slot_of_row:  # left-overs of an interrupted write are in no slot
                slot, offset = self._slot_of_row[row]
                dense.setdefault(slot, {})[offset] = similarity
        best = np.argsort(-lexical, kind="stable")[:LEXICAL_CANDIDATES]
        self._complete(dense, [int(slot) for slot in best if lexical[slot] > 0], vector)
        nearest = np.full(len(self.slots), DENSE_FLOOR, dtype=np.float32)
        for slot, similarities in dense.items():
            nearest[slot] = max(similarities.values())
        for abstract, title in self._title_of.items():
            nearest[abstract] = max(nearest[abstract], nearest[title])
        fused = self._fused(everywhere, lexical, nearest)
        chosen = [int(slot) for slot in np.argsort(-fused, kind="stable")[:limit] if slot in dense]
        self._complete(dense, chosen, vector)
        words_of_sentences = self.sentences.scores(words)
        scale = float(words_of_sentences.max()) or 1.0
        return [
            self._hit(slot, float(fused[slot]), dense[slot], words_of_sentences / scale) for slot in chosen
        ]

    def _fused(self, everywhere: np.ndarray, lexical: np.ndarray, nearest: np.ndarray) -> np.ndarray:
        """Return the score of every passage, in [0, 1]: words, best sentence, and how well its paper fits."""
        both = _unit(everywhere) + _unit(nearest)
        best_of_paper = np.zeros(len(self.paper_sizes), dtype=np.float32)
        np.maximum.at(best_of_paper, self.paper_of, both)
        paper = _unit(best_of_paper)[self.paper_of]
        total: np.ndarray = _unit(lexical) + _unit(nearest) + PAPER_WEIGHT * paper
        return total / (2 + PAPER_WEIGHT)

    def _complete(self, dense: dict[int, dict[int, float]], slots: Iterable[int], vector: np.ndarray) -> None:
        """Fill in the similarities of sentences that the vector search did not return."""
        wanted: dict[str, tuple[int, int]] = {}
        for number in slots:
            slot = self.slots[number]
            for offset in range(len(slot.passage.sentences)):
                if offset not in dense.get(number, {}):
                    wanted[slot.stored.row_id(slot.first_row + offset)] = (number, offset)
        for row, found in self._store.vectors(self.part, list(wanted)).items():
            number, offset = wanted[row]
            dense.setdefault(number, {})[offset] = round(float(found @ vector), DIGITS)

    def _hit(self, number: int, score: float, dense: Mapping[int, float], lexical: np.ndarray) -> Hit:
        slot = self.slots[number]
        paper, passage = slot.stored.paper, slot.passage
        section = paper.sections[passage.section]

        def sentence(offset: int, span: Span) -> SentenceHit:
            near, said = dense.get(offset, 0.0), float(lexical[slot.first_sentence + offset])
            text = paper.text[span.start : span.end]
            return SentenceHit(span.start, span.end, text, (near + said) / 2, near, said)

        return Hit(
            record=paper.record,
            section=section.heading,
            kind=section.kind,
            start=passage.start,
            end=passage.end,
            text=paper.text[passage.start : passage.end],
            score=score,
            sentences=tuple(sentence(offset, span) for offset, span in enumerate(passage.sentences)),
        )


def _titles_of_abstracts(slots: Sequence[Slot]) -> dict[int, int]:
    """Return the slot of the title for the only passage of papers that are a title and an abstract.

    There the title counts as the abstract's own (twice in its words, and as one of its sentences): nDCG@10 .736
    against .714 on 5,183 abstracts; on full papers it costs a hundredth (docs/evaluation.md).
    """
    of_paper: dict[str, list[int]] = {}
    for number, slot in enumerate(slots):
        of_paper.setdefault(slot.stored.paper.record.id, []).append(number)
    headings = {n: slot.stored.paper.sections[slot.passage.section].heading for n, slot in enumerate(slots)}
    return {pair[1]: pair[0] for pair in of_paper.values() if len(pair) == 2 and headings[pair[0]] == "Title"}


def _unit(scores: np.ndarray) -> np.ndarray:
    """Scale scores to [0, 1]; all equal gives zeros."""
    low, high = float(scores.min()), float(scores.max())
    return (scores - low) / (high - low) if high > low else np.zeros_like(scores)


def _cached(cache: Path | None, name: str, texts: Sequence[str]) -> LexicalIndex:
    """Return the lexical index of texts, from the cache folder where it is there; write it where it is not."""
    if cache is None:
        return LexicalIndex.build(texts)
    folder = cache / name
    try:
        loaded = LexicalIndex.load(folder)
        if loaded.size == len(texts):
            return loaded
    except (OSError, ValueError, KeyError):
        pass  # absent or damaged: it is derived, so it is made again
    built = LexicalIndex.build(texts)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            built.save(Path(scratch) / name)
            shutil.rmtree(folder, ignore_errors=True)
            (Path(scratch) / name).replace(folder)
    except OSError:
        pass  # a read-only home works without the cache
    return built


def _marked(stored: Sequence[StoredPaper], retractions: Path | None) -> list[StoredPaper]:
    """Return the papers, those that are retracted, corrected or doubted with their status."""
    marks = marks_of([one.paper for one in stored], retractions)

    def marked(one: StoredPaper) -> StoredPaper:
        record = one.paper.record
        if record.id not in marks:
            return one
        return replace(one, paper=replace(one.paper, record=replace(record, status=marks[record.id])))

    return [marked(one) for one in stored]


class Catalogue:
    """Everything that is derived from the store at one fingerprint: papers, lexical indexes, aliases."""

    def __init__(
        self,
        store: Store,
        cache: Path | None,
        is_current: Callable[[], bool] = lambda: True,
        retractions: Path | None = None,
    ) -> None:
        """Read the papers.

        Args:
            store: where they are.
            cache: folder of what is derived from them.
            is_current: says whether the store still has all that they promise.
            retractions: a list of retracted papers.

        Raises:
            RetractionListError: that list cannot be read.
        """
        self._store = store
        self.is_current = is_current
        self.stored = _marked(store.load(), retractions)
        versions = {stored.paper.record.id: stored.version for stored in self.stored}
        self.fingerprint = fingerprint_of(store.embedding, versions)
        self._cache = cache / self.fingerprint[:16] if cache else None
        self.papers = {stored.paper.record.id: stored.paper for stored in self.stored}
        if cache:
            _drop_others(cache, self.fingerprint[:16])

    @property
    def records(self) -> tuple[Record, ...]:
        """The records of all papers, in the order of their ids."""
        return tuple(stored.paper.record for stored in self.stored)

    @cached_property
    def systems(self) -> dict[str, tuple[System, ...]]:
        """What each paper studied, by its id; kept in the cache, for it takes hundredths of a second a paper."""
        file = self._cache / f"systems-{EDITION}.json" if self._cache else None
        try:
            kept = json.loads(file.read_text("utf-8")) if file else None
        except (OSError, ValueError):
            kept = None
        if isinstance(kept, dict) and kept.keys() == self.papers.keys():
            return {id: tuple(System.from_json(one) for one in systems) for id, systems in kept.items()}
        found = {id: systems_of(paper) for id, paper in self.papers.items()}
        if file:
            with suppress(OSError):  # a read-only home works without the cache
                file.parent.mkdir(parents=True, exist_ok=True)
                values = {id: [one.to_json() for one in systems] for id, systems in found.items()}
                file.write_text(json.dumps(values), "utf-8")
        return found

    @cached_property
    def aliases(self) -> Aliases:
        """Names of one entity, from the papers' annotations and text."""
        return Aliases.from_papers(self.papers.values())

    @cached_property
    def vocabulary(self) -> Counter[str]:
        """Folded words of every paper's evidence with their counts, to tell a misspelt word from a known one."""
        spans = ((paper.text, s) for paper in self.papers.values() for s in paper.sections)
        return Counter(
            word
            for text, s in spans
            if s.kind is not Kind.ANNOTATION
            for word in terms(text[s.start : s.end])
        )

    @cached_property
    def text(self) -> Index:
        """Index of the papers' own words and summaries."""
        return Index(self._store, "text", self.stored, self._cache)

    @cached_property
    def bibliography(self) -> Index:
        """Index of references and records."""
        return Index(self._store, "bibliography", self.stored, self._cache)


def _drop_others(cache: Path, keep: str) -> None:
    """Delete caches of other fingerprints."""
    if cache.is_dir():
        for folder in cache.iterdir():
            if folder.name != keep:
                shutil.rmtree(folder, ignore_errors=True)


class HybridRetriever(BaseRetriever):
    """Passages for a question, as LangChain documents or as hits with their scores."""

    embedder: Any  # Embedder; pydantic must not copy or validate it
    source: Any  # () -> Catalogue, asked at every search, so that added papers are found
    limit: int = 10

    def search(
        self,
        question: str,
        *,
        limit: int | None = None,
        part: Part = "text",
        catalogue: Catalogue | None = None,
    ) -> list[Hit]:
        """Return the best passages for a question, best first.

        Args:
            question: what is asked, standing alone.
            limit: passages at most.
            part: the papers' own words and summaries, or references and records.
            catalogue: the papers to search, where the caller holds on to them; else those of the moment.
        """
        limit = limit or self.limit
        if catalogue is not None:
            return self._found(catalogue, question, limit, part)
        for _ in range(SEARCH_AGAIN):
            catalogue = self.source()
            try:
                hits = self._found(catalogue, question, limit, part)
            except StoreError:
                if catalogue.is_current():
                    raise
            else:
                if catalogue.is_current():
                    return hits
        return self._found(self.source(), question, limit, part)

    def _found(self, catalogue: Catalogue, question: str, limit: int, part: Part) -> list[Hit]:
        embedder: Embedder = self.embedder
        index: Index = catalogue.text if part == "text" else catalogue.bibliography
        words = weighted_stems(question, catalogue.aliases)
        vector = np.asarray(embedder.embed_query(question), dtype=np.float32)
        return index.search(vector, words, limit)

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002 (the interface's)
    ) -> list[Document]:
        return [document_of(hit) for hit in self.search(query)]


def weighted_stems(question: str, aliases: Aliases) -> dict[str, float]:
    """Return the question's stems with weight 1, and those of other names of its entities with less."""
    words = dict.fromkeys(stems(question), 1.0)
    for _, names in aliases.expand(question):
        for name in names:
            for word in stems(name):
                words.setdefault(word, ALIAS_WEIGHT / max(1, len(stems(name))))
    return words


def document_of(hit: Hit) -> Document:
    """Return a hit as a LangChain document."""
    return Document(
        page_content=hit.text,
        metadata={
            "paper": hit.record.to_json(),
            "status": status_json(hit.record),
            "section": hit.section,
            "kind": str(hit.kind),
            "start": hit.start,
            "end": hit.end,
            "score": hit.score,
        },
    )
