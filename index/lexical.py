"""BM25 over texts, with weights for the question's words; derived from the store and cached beside it.

Method: Robertson & Zaragoza 2009, The Probabilistic Relevance Framework, in the variant of Lucene, as
implemented by bm25s (Lù 2024, arXiv 2407.03618). Stems by Porter's English stemmer (Snowball).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from index.normalising import terms

K1, B = 0.9, 0.4
"""BM25's saturation and length normalisation: passages are of much the same length (Anserini's defaults;
better than 1.2 and 0.75 on the development sets, docs/evaluation.md)."""

STOP_WORDS = frozenset(
    """
        a about all also an and any are as at be been being but by can could did do does for from had has
        have how i if in into is it its me my no nor of on or our please shall she should so some such tell
        than that the their them then there these they this those to was we were what when where which while
        who whom whose why will with would you your
    """.split()
)
"""Words that say nothing about what a text is about. Negations other than 'no' stay: they are rare and tell."""


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    import Stemmer

    return Stemmer.Stemmer("english")


_BRITISH = (
    (re.compile(r"(?<=[a-z][a-z][a-z])our(?=s|ed|ing|al|$)"), "or"),  # tumour, behaviour
    (re.compile(r"(?<=[a-z][a-z][a-z])is(?=(?:e|ed|es|er|ers|ing|ation|ations)$)"), "iz"),  # sensitise
    (re.compile(r"(?<=[a-z][a-z])ys(?=(?:e|ed|es|ing)$)"), "yz"),  # analysed
    (re.compile(r"aem(?=i)|(?<=h)aem"), "em"),  # anaemia, haematology
    (re.compile(r"^oe(?=[a-z]{4})"), "e"),  # oesophagus, oestrogen
    (re.compile(r"ll(?=(?:ed|ing)$)"), "l"),  # signalling, labelled
)
"""British spellings and what they become: both sides of a search are folded to one."""


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return the stem of a folded word, the same for British and American spelling."""
    for pattern, replacement in _BRITISH:
        word = pattern.sub(replacement, word)
    return str(_stemmer().stemWord(word))


def stems(text: str) -> list[str]:
    """Return the stems of a text's words without stop words, in text order."""
    return [stem(word) for word in terms(text) if word not in STOP_WORDS]


class LexicalIndex:
    """BM25 scores of a fixed list of texts."""

    def __init__(self, bm25: Any, size: int) -> None:
        self._bm25 = bm25
        self.size = size

    @classmethod
    def build(cls, texts: Sequence[str]) -> LexicalIndex:
        """Index texts; the order of `scores` is theirs."""
        import bm25s

        tokens = [stems(text) for text in texts]
        if not any(tokens):
            return cls(None, len(texts))
        bm25 = bm25s.BM25(method="lucene", k1=K1, b=B)
        bm25.index(tokens, show_progress=False)
        return cls(bm25, len(texts))

    @classmethod
    def load(cls, folder: Path) -> LexicalIndex:
        """Read an index that `save` wrote."""
        import bm25s

        size = int((folder / "size").read_text())
        if not (folder / "params.index.json").exists():
            return cls(None, size)
        return cls(bm25s.BM25.load(folder, show_progress=False), size)

    def save(self, folder: Path) -> None:
        """Write the index into a folder (arrays and JSON, no pickle)."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "size").write_text(str(self.size))
        if self._bm25 is not None:
            self._bm25.save(folder, show_progress=False)

    def scores(self, words: Mapping[str, float]) -> np.ndarray:
        """Return the BM25 score of every text for weighted stems, shape (texts,)."""
        total = np.zeros(self.size, dtype=np.float32)
        for word, weight in words.items():
            texts, parts = self._postings(word)
            total[texts] += weight * self.idf(word) * parts
        return total

    def local_scores(self, words: Mapping[str, float], group_of: np.ndarray, sizes: np.ndarray) -> np.ndarray:
        """Return BM25 scores with the rarity of a word counted within each text's own group.

        A word that names the topic of a paper chooses the paper but not the passage in it.

        Args:
            words: weighted stems.
            group_of: the group (paper) of every text, shape (texts,).
            sizes: texts in each group, shape (groups,).
        """
        total = np.zeros(self.size, dtype=np.float32)
        for word, weight in words.items():
            texts, parts = self._postings(word)
            groups = group_of[texts]
            holding = np.bincount(groups, minlength=len(sizes))[groups]
            total[texts] += weight * _idf(sizes[groups], holding) * parts
        return total

    def _postings(self, word: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the texts that hold a stem and its saturated frequency in each."""
        if not self.document_frequency(word):
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        number = self._bm25.vocab_dict[word]
        start, end = self._bm25.scores["indptr"][number : number + 2]
        weighted = self._bm25.scores["data"][start:end]
        return self._bm25.scores["indices"][start:end], weighted / self.idf(word)

    def document_frequency(self, word: str) -> int:
        """Return how many texts hold a stem."""
        if self._bm25 is None:
            return 0
        number = self._bm25.vocab_dict.get(word)
        if number is None:
            return 0
        bounds = self._bm25.scores["indptr"]
        return int(bounds[number + 1] - bounds[number])

    def idf(self, word: str) -> float:
        """Return the inverse document frequency of a stem, ln(1 + (N - n + .5) / (n + .5)), above zero."""
        return float(_idf(np.array(self.size), np.array(self.document_frequency(word))))

    @property
    def vocabulary(self) -> Sequence[str]:
        """The stems of all texts."""
        return [] if self._bm25 is None else [word for word in self._bm25.vocab_dict if word]


def _idf(texts: np.ndarray, holding: np.ndarray) -> np.ndarray:
    """Lucene's inverse document frequency, above zero."""
    rarity: np.ndarray = np.log(1 + (texts - holding + 0.5) / (holding + 0.5))
    return rarity
