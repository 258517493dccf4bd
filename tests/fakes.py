"""Stand-ins for slow parts: a fast, deterministic embedder."""

from __future__ import annotations

import re
from collections.abc import Sequence
from zlib import crc32

import numpy as np

from index.embedding import Embedder

DIMENSION = 16


class FakeEmbedder(Embedder):
    """A hashed bag of words; the same text has the same vector everywhere. Counts what it embeds."""

    max_tokens = 40
    dimension = DIMENSION

    def __init__(self, name: str = "fake") -> None:
        super().__init__(name)
        self.encoded = 0

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
                vectors[row, crc32(word.encode("utf-8", "replace")) % DIMENSION] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
