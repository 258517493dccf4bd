"""The pipeline of the usual tutorial: windows of characters, a MiniLM vector each, nearest neighbours in Chroma.

    python -m benchmarks.plain HOME QUESTION

prints the nearest window; `benchmarks.speed` times it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

WINDOW, OVERLAP = 1000, 200
"""Characters of a window and of the overlap with the next: what tutorials give a RecursiveCharacterTextSplitter."""

TOP = 4
"""Windows returned: LangChain's default."""


class Plain:
    """An index of windows; the same embedding weights as the assistant's."""

    def __init__(self, home: Path) -> None:
        import chromadb
        from sentence_transformers import SentenceTransformer

        from index.embedding import bundled_folder

        self._model = SentenceTransformer(str(bundled_folder()), device="cpu")
        self._collection: Any = chromadb.PersistentClient(str(home)).get_or_create_collection(
            "windows", configuration={"hnsw": {"space": "cosine"}}, embedding_function=None
        )

    def index(self, texts: Sequence[str]) -> int:
        """Index texts and return the number of windows."""
        windows = [text[at : at + WINDOW] for text in texts for at in range(0, len(text), WINDOW - OVERLAP)]
        vectors = self._model.encode(windows, show_progress_bar=False)
        self._collection.upsert([str(n) for n in range(len(windows))], vectors, documents=windows)
        return len(windows)

    def search(self, question: str) -> list[str]:
        """Return the nearest windows, nearest first."""
        found = self._collection.query(self._model.encode([question], show_progress_bar=False), n_results=TOP)
        return list(found["documents"][0])


if __name__ == "__main__":
    print(Plain(Path(sys.argv[1])).search(sys.argv[2])[0])
