"""BM25 and stems."""

from __future__ import annotations

from math import log
from pathlib import Path

import numpy as np
import pytest

from index.lexical import K1, STOP_WORDS, B, LexicalIndex, stem, stems

TEXTS = [
    "Sorafenib resistance in liver cancer.",
    "Resistance, resistance and more resistance to sorafenib.",
    "NRF2 protects cells.",
    "The of and.",
    "",
]


@pytest.fixture
def index() -> LexicalIndex:
    return LexicalIndex.build(TEXTS)


@pytest.mark.parametrize(
    ("british", "american"),
    [
        ("tumours", "tumor"),
        ("sensitises", "sensitizes"),
        ("sensitisation", "sensitization"),
        ("analysed", "analyzed"),
        ("haemoglobin", "hemoglobin"),
        ("leukaemia", "leukemia"),
        ("oesophagus", "esophagus"),
        ("signalling", "signaling"),
    ],
)
def test_british_and_american_words_have_one_stem(british: str, american: str) -> None:
    assert stem(british) == stem(american)


@pytest.mark.parametrize(
    ("word", "other"), [("four", "for"), ("rise", "rize"), ("hour", "hor"), ("wise", "wize")]
)
def test_short_words_that_only_look_british_are_left_alone(word: str, other: str) -> None:
    assert stem(word) != stem(other)


def test_stop_words_are_left_out_and_negations_stay() -> None:
    assert stems("What is the role of it?") == ["role"]
    assert stems("not without") == ["not", "without"]
    assert all(word == word.casefold() for word in STOP_WORDS)


def test_scores_are_bm25(index: LexicalIndex) -> None:
    word = stem("resistance")
    lengths = [len(stems(text)) for text in TEXTS]
    mean = sum(lengths) / len(TEXTS)
    idf = log(1 + (5 - 2 + 0.5) / (2 + 0.5))
    assert index.idf(word) == pytest.approx(idf)
    assert index.document_frequency(word) == 2
    expected = [
        idf * (f := stems(text).count(word)) / (f + K1 * (1 - B + B * length / mean))
        for text, length in zip(TEXTS, lengths, strict=True)
    ]
    np.testing.assert_allclose(index.scores({word: 1.0}), expected, rtol=1e-4)
    np.testing.assert_allclose(index.scores({word: 0.5}), np.array(expected) / 2, rtol=1e-4)


def test_words_add_up_and_unknown_words_add_nothing(index: LexicalIndex) -> None:
    both = index.scores({stem("sorafenib"): 1.0, stem("cancer"): 1.0, "unheardof": 9.0})
    parts = index.scores({stem("sorafenib"): 1.0}) + index.scores({stem("cancer"): 1.0})
    np.testing.assert_allclose(both, parts, rtol=1e-5)
    assert not index.scores({"unheardof": 1.0}).any()
    assert not index.scores({}).any()


def test_local_scores_count_rarity_within_a_group() -> None:
    index = LexicalIndex.build(["kinase a", "kinase b", "kinase c", "kinase d", "cell x", "cell y"])
    groups, sizes = np.array([0, 0, 0, 1, 1, 1]), np.array([3, 3])
    scores = index.local_scores({"kinas": 1.0}, groups, sizes)
    assert scores[3] > 3 * scores[0] > 0  # rare in the second group, everywhere in the first
    assert scores[4] == 0


def test_a_saved_index_scores_the_same(index: LexicalIndex, tmp_path: Path) -> None:
    index.save(tmp_path / "index")
    loaded = LexicalIndex.load(tmp_path / "index")
    words = {stem("resistance"): 1.0, stem("NRF2".casefold()): 0.7}
    np.testing.assert_array_equal(loaded.scores(words), index.scores(words))
    assert loaded.size == index.size
    assert set(loaded.vocabulary) == set(index.vocabulary)
    assert not any(file.suffix in (".pkl", ".pickle") for file in (tmp_path / "index").iterdir())


@pytest.mark.parametrize("texts", [[], [""], ["the of and", ""]])
def test_texts_without_words(texts: list[str], tmp_path: Path) -> None:
    index = LexicalIndex.build(texts)
    index.save(tmp_path / "index")
    for one in (index, LexicalIndex.load(tmp_path / "index")):
        assert one.size == len(texts)
        assert one.scores({"kif14": 1.0}).shape == (len(texts),)
        assert one.document_frequency("kif14") == 0
        assert list(one.vocabulary) == []
