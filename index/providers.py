"""Embeddings of any LangChain provider, `provider:model`: what is indexed and asked goes to that provider."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from index.embedding import BUNDLED_TOKENS, KEPT_QUESTIONS, Embedder, bundled_tokenizer, plain
from index.errors import EmbeddingError

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings
    from tokenizers import Tokenizer

BATCH = 64
"""Texts a request: every provider takes as many (the smallest limit known is Cohere's 96)."""

PROBE = "sorafenib"
"""What is embedded once to learn how long a model's vectors are; providers do not say."""

KEYS = {
    "azure_openai": ("AZURE_OPENAI_API_KEY",),
    "cohere": ("COHERE_API_KEY",),
    "google_genai": ("GOOGLE_API_KEY", "GEMINI_API_KEY"),
    "mistralai": ("MISTRAL_API_KEY",),
    "openai": ("OPENAI_API_KEY",),
}
"""Variables that hold the key of a provider; any one of them will do."""

FORM = "write it as provider:model, such as openai:text-embedding-3-small or ollama:nomic-embed-text"


class ProviderEmbedder(Embedder):
    """Sentence embeddings of a LangChain provider, scaled to unit length. Threads may share one.

    Sentences and passages are measured with the installed model's tokenizer, since providers rarely have one to
    offer: so they are cut in the same places whatever embeds them, and are shorter than any provider's limit.
    """

    def __init__(self, name: str) -> None:
        """Name the model, as `provider:model`; nothing is sent or loaded yet."""
        super().__init__(name)
        provider, _, model = name.partition(":")
        self.provider, self.model = provider.strip().replace("-", "_").lower(), model.strip()

    @cached_property
    def identity(self) -> str:
        """What an index is marked with: the name; what a provider changes behind it does not show."""
        return f"{self.provider}:{self.model}"

    @cached_property
    def client(self) -> Embeddings:
        """LangChain's client of the provider. Nothing is sent yet.

        Raises:
            EmbeddingError: the provider is unknown, its package or key is missing, or it refuses the settings.
        """
        from langchain.embeddings import init_embeddings

        keys = KEYS.get(self.provider, ())
        no_key = bool(keys) and not any(os.environ.get(key) for key in keys)
        try:
            made = init_embeddings(self.model, provider=self.provider)
        except ImportError as error:
            _, _, package = str(error).partition("pip install ")
            package = package.strip("` .") or f"langchain-{self.provider.replace('_', '-')}"
            raise EmbeddingError(
                f"The embedding provider '{self.provider}' needs the package {package}: install it with "
                f"'pip install {package}'."
            ) from error
        except Exception as error:  # each provider's client has errors of its own
            if type(error) is ValueError and "is not supported" in str(error):
                raise EmbeddingError(
                    f"LangChain knows no embedding provider '{self.provider}': {FORM}."
                ) from None
            if not no_key:
                # The provider's own words are left out: they may hold the key.
                raise EmbeddingError(
                    f"The embedding model '{self.name}' cannot be set up ({type(error).__name__}): check its name, "
                    "and the key and settings that its provider needs."
                ) from None
        if no_key:
            raise EmbeddingError(
                f"The embedding provider '{self.provider}' needs a key: set the variable {' or '.join(keys)}."
            )
        return made

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        return bundled_tokenizer()

    @cached_property
    def max_tokens(self) -> int:
        """Word pieces of a sentence at most: as many as the installed model reads; providers read more."""
        return BUNDLED_TOKENS

    @cached_property
    def dimension(self) -> int:
        """Length of a vector; asks the provider once."""
        return len(self._asked([PROBE])[0])

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return the vectors of texts as float32 of shape (texts, dimension), each of unit length."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        parts = [self._asked(texts[i : i + BATCH]) for i in range(0, len(texts), BATCH)]
        return np.concatenate(parts)

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of a question (LangChain's interface); the last few are kept."""
        vector = self._questions.get(text)
        if vector is None:
            with _provider_errors(self.name):
                vector = [float(x) for x in _unit([self.client.embed_query(plain(text))], 1)[0]]
            if len(self._questions) >= KEPT_QUESTIONS:
                self._questions.clear()
            self._questions[text] = vector
        return vector

    def _asked(self, texts: Sequence[str]) -> np.ndarray:
        with _provider_errors(self.name):
            return _unit(self.client.embed_documents([plain(text) for text in texts]), len(texts))


@contextmanager
def _provider_errors(name: str) -> Iterator[None]:
    """Turn whatever a provider's client raises into one sentence, never with the provider's own words."""
    try:
        yield
    except EmbeddingError:
        raise
    except Exception as error:
        raise EmbeddingError(
            f"The embedding model '{name}' did not answer ({type(error).__name__}): check the network, its key and "
            "the provider's limits, then run it again; papers that are indexed stay."
        ) from error


def _unit(vectors: Sequence[Sequence[float]], count: int) -> np.ndarray:
    """Return vectors scaled to unit length, where they are what was asked for."""
    matrix = np.asarray(vectors, dtype=np.float32)
    lengths = np.linalg.norm(matrix, axis=-1, keepdims=True)
    if matrix.ndim != 2 or len(matrix) != count or not np.isfinite(lengths).all() or not lengths.all():
        raise EmbeddingError(
            "The embedding provider sent something else than a vector for each text: choose another model with "
            "ASSISTANT_EMBEDDING."
        )
    unit: np.ndarray = matrix / lengths
    return unit
