"""Stand-ins for slow parts: a fast, deterministic embedder; and small libraries to try things on."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from zlib import crc32

import numpy as np

from index.embedding import Embedder
from index.library import Library
from index.papers import Passage
from index.store import PARTS

DIMENSION = 16

Content = tuple[str, tuple[Passage, ...], list[list[float]]]
"""All that a library holds of a paper: its text, passages and vectors."""


class FakeEmbedder(Embedder):
    """A hashed bag of words; a name and a text have the same vector everywhere. Counts what it embeds."""

    max_tokens = 40
    dimension = DIMENSION

    def __init__(self, name: str = "fake") -> None:
        super().__init__(name)
        self.encoded = 0
        self._salt = 0 if name == "fake" else crc32(name.encode())

    @property
    def identity(self) -> str:
        return self.name

    def count_tokens(self, text: str) -> int:
        return len(re.findall(r"\w+|[^\w\s]", text))

    def is_word(self, word: str) -> bool:
        return False

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        self.encoded += len(texts)
        vectors = np.full((len(texts), DIMENSION), 0.01, dtype=np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", text.casefold()):
                vectors[row, crc32(word.encode("utf-8", "replace"), self._salt) % DIMENSION] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def embed_query(self, text: str) -> list[float]:
        return [float(x) for x in self.encode([text])[0]]


def json_lines(papers: Mapping[str, str]) -> str:
    """Return a JSON Lines file with a paper for each id and abstract."""
    values = [{"id": id, "title": f"A study of {id}", "abstract": text} for id, text in papers.items()]
    return "".join(json.dumps(value) + "\n" for value in values)


def contents(library: Library) -> dict[str, Content]:
    """Return all that a library holds, by paper; for comparing two libraries."""
    store = library.store
    found: dict[str, Content] = {}
    for stored in store.load():
        vectors = []
        for part in PARTS:
            rows = [stored.row_id(number) for number, _, _ in stored.sentences(part)]
            by_row = store.vectors(part, rows)
            assert set(by_row) == set(rows)
            vectors += [[round(float(x), 5) for x in by_row[row]] for row in rows]
        found[stored.paper.record.id] = (stored.paper.text, stored.passages, vectors)
    return found
