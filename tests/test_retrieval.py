"""The hybrid retriever."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from fakes import FakeEmbedder, json_lines
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from assistant import Assistant
from index.aliases import Aliases
from index.library import Library
from index.papers import Hit, Kind
from index.retrieval import document_of, weighted_stems

QUESTIONS = (
    "How does KIF14 drive sorafenib resistance?",
    "What restores sensitivity in NRF2-driven resistance?",
    "Which cell lines were used?",
    "xyzzy",
    "the of and",
    "?",
    "β‐catenin ‐ 5‐FU",
)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Thirty papers with the fake embedder."""
    folder = tmp_path_factory.mktemp("small")
    chance = random.Random(1)
    words = "kinase liver cell tumour drug dose gene growth mouse patient".split()
    file = folder / "papers.jsonl"
    file.write_text(
        json_lines(
            {
                f"p{n}": " ".join(
                    f"{chance.choice(words).title()} {chance.choice(words)} gene{n}." for _ in range(9)
                )
                for n in range(30)
            }
        )
    )
    library = Library(folder / "home", FakeEmbedder())
    library.add(file)
    return library


def assert_exact(hits: list[Hit], library: Library) -> None:
    for hit in hits:
        text = library.paper(hit.record.id).text
        assert hit.text == text[hit.start : hit.end]
        assert [sentence.text for sentence in hit.sentences] == [
            text[sentence.start : sentence.end] for sentence in hit.sentences
        ]
        assert hit.start == hit.sentences[0].start
        assert hit.end == hit.sentences[-1].end


@pytest.mark.parametrize("question", QUESTIONS)
def test_hits_are_exact_ranked_and_in_range(assistant: Assistant, question: str) -> None:
    for part in ("text", "bibliography"):
        hits = assistant.retriever.search(question, limit=20, part=part)  # type: ignore[arg-type]
        assert_exact(hits, assistant.library)
        scores = [hit.score for hit in hits]
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for score in scores)
        assert len({(hit.record.id, hit.start) for hit in hits}) == len(hits)
        for sentence in (sentence for hit in hits for sentence in hit.sentences):
            assert -1 <= sentence.dense <= 1.00001
            assert 0 <= sentence.lexical <= 1


def test_references_and_records_are_kept_apart(assistant: Assistant) -> None:
    for question in (*QUESTIONS, "Llovet sorafenib in advanced hepatocellular carcinoma", "Zhu 2020"):
        own = assistant.retriever.search(question, limit=50)
        assert {hit.kind for hit in own} <= {Kind.TEXT, Kind.SUMMARY}
        cited = assistant.retriever.search(question, limit=50, part="bibliography")
        assert {hit.kind for hit in cited} <= {Kind.REFERENCE, Kind.RECORD}


def test_the_right_paper_comes_first(assistant: Assistant) -> None:
    for question, name in (
        ("How does KIF14 drive sorafenib resistance?", "KIF14"),
        ("What restores sensitivity in NRF2-driven resistance?", "NRF2"),
        ("Bay 43-9006 and Nfe2l2", "NRF2"),  # other names of sorafenib and NRF2
    ):
        assert name in assistant.search(question)[0].record.title


def test_it_is_a_langchain_retriever(assistant: Assistant) -> None:
    retriever = assistant.retriever
    assert isinstance(retriever, BaseRetriever)
    documents = retriever.invoke("How does KIF14 drive sorafenib resistance?")
    assert 0 < len(documents) <= 10
    for document in documents:
        assert isinstance(document, Document)
        metadata = document.metadata
        assert set(metadata) == {"paper", "status", "section", "kind", "start", "end", "score"}
        text = assistant.library.paper(metadata["paper"]["id"]).text
        assert document.page_content == text[metadata["start"] : metadata["end"]]
    again = retriever.batch(["How does KIF14 drive sorafenib resistance?"])[0]
    assert again == documents


def test_a_document_is_made_of_plain_values(small: Library) -> None:
    import json

    hit = small.retriever.search("kinase gene3")[0]
    assert json.loads(json.dumps(document_of(hit).metadata))["paper"]["id"] == hit.record.id


def test_results_are_the_same_again_and_when_opened_again(small: Library, tmp_path: Path) -> None:
    again = Library(small.home, FakeEmbedder())
    for question in ("kinase of gene3", "liver", "gene29 mouse dose", "nothing"):
        first = small.retriever.search(question)
        assert small.retriever.search(question) == first
        assert again.retriever.search(question) == first


def test_a_damaged_cache_is_made_again(small: Library) -> None:
    first = small.retriever.search("kinase of gene3")
    for content in (b"", b"garbage", b"\x93NUMPY"):
        for file in (small.home / "cache").rglob("*"):
            if file.is_file():
                file.write_bytes(content)
        assert Library(small.home, FakeEmbedder()).retriever.search("kinase of gene3") == first


def test_limits(small: Library) -> None:
    assert len(small.retriever.search("gene3", limit=1)) == 1
    assert len(small.retriever.search("kinase", limit=7)) == 7
    everything = small.retriever.search("kinase liver cell tumour drug", limit=10_000)
    assert len(everything) <= sum(len(stored.passages) for stored in small.store.load())


def test_a_passage_is_as_near_as_its_nearest_sentence(small: Library) -> None:
    embedder = FakeEmbedder()
    question = np.array(embedder.embed_query("kinase of gene3"))
    for hit in small.retriever.search("kinase of gene3"):
        for sentence in hit.sentences:
            expected = float(embedder.encode([sentence.text])[0] @ question)
            assert sentence.dense == pytest.approx(expected, abs=1e-5)


def test_other_names_weigh_less_than_the_questions_own_words(assistant: Assistant) -> None:
    words = weighted_stems("Does NRF2 matter?", assistant.library.catalogue().aliases)
    assert words["nrf2"] == 1.0
    others = {word: weight for word, weight in words.items() if word not in ("nrf2", "matter")}
    assert others
    assert all(0 < weight < 1 for weight in others.values())
    assert weighted_stems("Does dose matter?", Aliases.from_papers([])) == {"dose": 1.0, "matter": 1.0}
