"""Embeddings of LangChain's providers, with a provider of the tests' own: nothing is sent anywhere."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import numpy as np
import pytest
from fakes import FakeEmbedder, json_lines
from langchain_core.embeddings import Embeddings

from assistant.doctor import embedding_model
from index.embedding import BUNDLED, BUNDLED_TOKENS, Embedder, embedder_of, is_provider
from index.errors import EmbeddingError, EmbeddingMismatch
from index.library import Library
from index.providers import BATCH, ProviderEmbedder


class Scripted(Embeddings):
    """What a provider's class looks like; vectors of any length, as providers send them."""

    made: ClassVar[list[dict[str, Any]]] = []
    error: Exception | None = None
    vector: list[float] | None = None

    def __init__(self, **options: Any) -> None:
        self.made.append(options)
        self.requests: list[list[str]] = []
        self._fake = FakeEmbedder()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        if self.error is not None:
            raise self.error
        self.requests.append(texts)
        if self.vector is not None:
            return [self.vector for _ in texts]
        return [[7.0 * x for x in vector] for vector in self._fake.embed_documents(texts)]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> type[Scripted]:
    """A provider's package as LangChain finds it: `ollama`, of which no key is asked."""
    from langchain.embeddings import base

    module = ModuleType("langchain_ollama")
    scripted = type("OllamaEmbeddings", (Scripted,), {"made": []})
    module.OllamaEmbeddings = module.OpenAIEmbeddings = scripted  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "langchain_ollama", module)
    monkeypatch.setitem(sys.modules, "langchain_openai", module)
    base._get_embeddings_class_creator.cache_clear()
    return scripted


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("openai:text-embedding-3-small", True),
        ("ollama:nomic-embed-text:latest", True),
        ("google-genai:models/x", True),
        (BUNDLED, False),
        ("intfloat/e5-small", False),
        ("C:\\models\\e5", False),
        ("/models/e5", False),
        ("https://example.org/model", False),
    ],
)
def test_names_of_providers_are_told_from_others(name: str, expected: bool) -> None:
    assert is_provider(name) == expected
    assert isinstance(embedder_of(name), ProviderEmbedder) == expected


def test_a_folder_with_a_colon_is_no_provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ollama:x").mkdir()
    monkeypatch.chdir(tmp_path)
    assert type(embedder_of("ollama:x")) is Embedder


def test_a_library_is_indexed_and_searched_with_a_provider(provider: type[Scripted], tmp_path: Path) -> None:
    file = tmp_path / "papers.jsonl"
    file.write_text(json_lines({f"p{n}": f"Gene{n} acts on cells. It is number {n}." for n in range(9)}))
    shelf = Library(tmp_path / "home", embedder_of("ollama:nomic-embed-text"))
    assert len(shelf.add(file).added) == 9
    assert shelf.retriever.search("gene3 acts on cells")[0].record.id == "p3"
    assert provider.made == [{"model": "nomic-embed-text"}]
    assert all(finding.ok for finding in shelf.diagnose())
    with pytest.raises(EmbeddingMismatch, match="indexed with 'ollama:nomic-embed-text'"):
        Library(tmp_path / "home", FakeEmbedder()).papers()


def test_vectors_are_scaled_and_asked_for_in_batches(provider: type[Scripted]) -> None:
    embedder = embedder_of("ollama:nomic")
    texts = [f"Text {n}." for n in range(2 * BATCH + 1)]
    vectors = embedder.encode(texts)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(vectors, FakeEmbedder().encode(texts), atol=1e-5)
    assert isinstance(embedder, ProviderEmbedder)
    client = embedder.client
    assert isinstance(client, Scripted)
    assert [len(request) for request in client.requests] == [BATCH, BATCH, 1]
    assert embedder.dimension == vectors.shape[1] == embedder.encode([]).shape[1]
    np.testing.assert_allclose(embedder.embed_query("Text 3."), vectors[3], atol=1e-5)


def test_a_question_is_sent_once(provider: type[Scripted]) -> None:
    embedder = embedder_of("ollama:nomic")
    assert embedder.embed_query("Which?") == embedder.embed_query("Which?")
    assert isinstance(embedder, ProviderEmbedder)
    assert isinstance(embedder.client, Scripted)
    assert embedder.client.requests == [["Which?"]]


def test_texts_are_measured_as_with_the_installed_model(provider: type[Scripted]) -> None:
    embedder, installed = embedder_of("ollama:nomic"), Embedder()
    for text in ("Sorafenib resistance is driven by KIF14.", "β-catenin \ud800"):
        assert embedder.count_tokens(text) == installed.count_tokens(text)
    assert embedder.max_tokens == BUNDLED_TOKENS
    assert embedder.is_word("resistance")
    assert not embedder.is_word("bufalin")
    assert provider.made == []  # nothing of this needs the provider


def test_threads_share_a_provider(provider: type[Scripted]) -> None:
    embedder, errors = embedder_of("ollama:nomic"), []

    def ask(n: int) -> None:
        try:
            embedder.embed_query(f"Question {n % 5}?")
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


# --- errors --------------------------------------------------------------------------------------------


def test_a_missing_package_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from langchain.embeddings import base

    base._get_embeddings_class_creator.cache_clear()
    monkeypatch.setitem(sys.modules, "langchain_mistralai", None)  # as if it were not installed
    with pytest.raises(EmbeddingError, match=r"needs the package langchain-mistralai: install it with 'pip"):
        embedder_of("mistralai:mistral-embed").encode(["text"])
    assert not embedding_model("mistralai:mistral-embed").ok


def test_a_missing_key_is_said(provider: type[Scripted], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(EmbeddingError, match="needs a key: set the variable OPENAI_API_KEY"):
        embedder_of("openai:text-embedding-3-small").embed_query("text")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    embedder_of("openai:text-embedding-3-small").embed_query("text")
    finding = embedding_model("openai:text-embedding-3-small")
    assert finding.ok
    assert "sk-secret" not in finding.detail


def test_an_unknown_provider_is_said() -> None:
    with pytest.raises(EmbeddingError, match="LangChain knows no embedding provider 'nobody': write it as"):
        embedder_of("nobody:model").encode(["text"])


def test_what_a_provider_refuses_is_one_sentence_without_its_words(
    provider: type[Scripted], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "error", RuntimeError("key sk-secret is wrong\nsecond line"))
    for act in (
        lambda: embedder_of("ollama:x").encode(["t"]),
        lambda: embedder_of("ollama:x").embed_query("t"),
    ):
        with pytest.raises(EmbeddingError, match=r"'ollama:x' did not answer \(RuntimeError\)") as caught:
            act()
        assert "secret" not in str(caught.value)
        assert "\n" not in str(caught.value)

    def refuse(**options: object) -> None:
        raise RuntimeError("sk-secret")

    monkeypatch.setattr(provider, "__init__", lambda self, **options: refuse())
    with pytest.raises(EmbeddingError, match="cannot be set up") as caught:
        embedder_of("ollama:x").encode(["t"])
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("vector", [[0.0, 0.0], [float("nan"), 1.0], []])
def test_vectors_that_are_none_are_not_stored(
    provider: type[Scripted], monkeypatch: pytest.MonkeyPatch, vector: list[float]
) -> None:
    monkeypatch.setattr(provider, "vector", vector)
    with pytest.raises(EmbeddingError, match="something else than a vector"):
        embedder_of("ollama:x").encode(["text"])


def test_a_provider_that_fails_in_the_middle_loses_no_paper(
    provider: type[Scripted], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from index import adding

    monkeypatch.setattr(adding, "GROUP_SENTENCES", 8)
    file = tmp_path / "papers.jsonl"
    file.write_text(json_lines({f"p{n:02}": f"Gene{n} acts on cells. It is number {n}." for n in range(20)}))
    embedder = embedder_of("ollama:x")
    shelf = Library(tmp_path / "home", embedder)
    assert isinstance(embedder, ProviderEmbedder)

    def fail(progress: adding.Progress) -> None:
        if progress.papers_done > 5:
            provider.error = ConnectionError("away")

    with pytest.raises(EmbeddingError, match="papers that are indexed stay"):
        shelf.add(file, progress=fail)
    kept = len(shelf.papers())
    assert 5 < kept < 20
    provider.error = None
    assert len(shelf.add(file).unchanged) == kept
