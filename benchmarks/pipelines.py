"""Pipelines to compare with, over the same passages as the assistant's own.

- `dense`: the usual LangChain pipeline: one MiniLM vector a passage, nearest neighbours in Chroma.
- `bm25`: words alone.
- `untuned`: each passage's best sentence vector and BM25, scaled to [0, 1] and added, half each.

All have the assistant's passages, embedding model and stemmer, so that only the ranking differs. Their answer
is one sentence: the nearest of the first passage (`dense`), the one of the first passage with the best words
(`bm25`), or the best sum of vector, words and passage (`untuned`). None abstains; a score is its confidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from assistant.answers import Answer, Citation, Claim
from index.embedding import Embedder
from index.lexical import LexicalIndex, stems
from index.papers import Hit, SentenceHit
from index.store import Store, StoredPaper

NAMES = ("dense", "bm25", "untuned")
HALF = 0.5
PAGE = 2000
"""Rows written to Chroma at a time; its own limit is above 5,000."""


@dataclass(frozen=True, slots=True)
class Found:
    """Passages, best first, and the sentence that answers."""

    hits: list[Hit]
    answer: Answer


class Pipelines:
    """The pipelines over one indexed library; opening reads every passage and sentence vector into memory."""

    def __init__(self, store: Store, embedder: Embedder, folder: Path) -> None:
        """Read a library's store; the passage vectors of `dense` are kept in `folder`."""
        self._folder = folder
        self._embedder = embedder
        self._places: list[tuple[StoredPaper, int]] = []  # of each passage
        self._sentences: list[tuple[int, int, int]] = []  # (passage, start, end) of each sentence
        rows: list[str] = []
        for stored in store.load():
            for number, passage, span in stored.sentences("text"):
                if not self._places or self._places[-1] != (stored, passage.number):
                    self._places.append((stored, passage.number))
                self._sentences.append((len(self._places) - 1, span.start, span.end))
                rows.append(stored.row_id(number))
        found = store.vectors("text", rows)
        self._vectors = np.stack([found[row] for row in rows])
        self._first = np.unique([passage for passage, _, _ in self._sentences], return_index=True)[1]
        self._passage_words = LexicalIndex.build([self._text(n) for n in range(len(self._places))])
        self._sentence_words = LexicalIndex.build([self._sentence(n) for n in range(len(self._sentences))])

    @property
    def words_a_passage(self) -> float:
        """Mean number of words in a passage."""
        return float(np.mean([len(self._text(n).split()) for n in range(len(self._places))]))

    @property
    def passages(self) -> list[str]:
        """The texts of all passages."""
        return [self._text(n) for n in range(len(self._places))]

    def ask(self, name: str, question: str, limit: int) -> Found:
        """Return what a pipeline finds."""
        vector = self._embedder.encode([question])[0]
        words = dict.fromkeys(stems(question), 1.0)
        near = self._vectors @ vector
        said = self._sentence_words.scores(words)
        if name == "dense":
            order, scores = self._nearest(vector, limit)
            answers = near
        elif name == "bm25":
            every = self._passage_words.scores(words)
            order = np.argsort(-every, kind="stable")[:limit]
            scores, answers = every[order], said
        else:
            best = np.maximum.reduceat(near, self._first)
            fused = HALF * scaled(best) + HALF * scaled(self._passage_words.scores(words))
            order = np.argsort(-fused, kind="stable")[:limit]
            # The fused score of the best passage is nearly always 1: its cosine says more about this question.
            scores = best[order]
            answers = scaled(near) + scaled(said) + fused[[passage for passage, _, _ in self._sentences]]
        chosen = int(np.argmax(self._within(answers, int(order[0])) if name != "untuned" else answers))
        hits = [self._hit(int(n), float(s)) for n, s in zip(order, scores, strict=True)]
        return Found(hits, self._answer(question, chosen, float(scores[0])))

    def _within(self, scores: np.ndarray, passage: int) -> np.ndarray:
        """Return the scores with those of other passages put below all."""
        inside = np.array([place == passage for place, _, _ in self._sentences])
        return np.where(inside, scores, -np.inf)

    def _nearest(self, vector: np.ndarray, limit: int) -> tuple[np.ndarray, np.ndarray]:
        found = self._collection.query(
            query_embeddings=[vector.tolist()], n_results=min(limit, len(self._places)), include=["distances"]
        )
        return np.array([int(id) for id in found["ids"][0]]), 1 - np.array(found["distances"][0])

    @cached_property
    def _collection(self) -> Any:
        """One vector a passage in Chroma; kept beside the library, since embedding takes minutes."""
        import chromadb

        client = chromadb.PersistentClient(str(self._folder))
        collection = client.get_or_create_collection(
            "passages", configuration={"hnsw": {"space": "cosine"}}, embedding_function=None
        )
        if collection.count() != len(self._places):
            vectors = self._embedder.encode(self.passages)
            for start in range(0, len(vectors), PAGE):
                part = vectors[start : start + PAGE]
                collection.upsert([str(start + n) for n in range(len(part))], part)
        return collection

    def _text(self, number: int) -> str:
        stored, passage = self._places[number]
        span = stored.passages[passage]
        return stored.paper.text[span.start : span.end]

    def _sentence(self, number: int) -> str:
        passage, start, end = self._sentences[number]
        return self._places[passage][0].paper.text[start:end]

    def _hit(self, number: int, score: float) -> Hit:
        stored, passage = self._places[number]
        span = stored.passages[passage]
        section = stored.paper.sections[span.section]
        none: tuple[SentenceHit, ...] = ()
        return Hit(
            stored.paper.record,
            section.heading,
            section.kind,
            span.start,
            span.end,
            self._text(number),
            score,
            none,
        )

    def _answer(self, question: str, sentence: int, confidence: float) -> Answer:
        passage, start, end = self._sentences[sentence]
        hit, text = self._hit(passage, confidence), self._sentence(sentence)
        citation = Citation(1, hit.record, hit.section, hit.kind, text, start, end, hit.text, hit.start)
        return Answer(question, question, True, confidence, text, (Claim(text, (1,), True),), (citation,))


def scaled(scores: np.ndarray) -> np.ndarray:
    """Return the scores scaled to [0, 1]; zeros where all are equal."""
    low, high = float(scores.min()), float(scores.max())
    return (scores - low) / (high - low) if high > low else np.zeros_like(scores)
