"""Sets of others: read as they are, and scored by the definitions of the outside scorer.

Expected values follow from these definitions: a passage is a hit where its paper's file name is the question's
and it holds a span, or 0.7 of the words of a span of six words or more; MRR looks at ten ranks; a first claim is
right where one of its quotes holds a span; nDCG ranks papers by their first passage.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from evaluated import FIRST, SECOND, THIRD, TWO, answer, cite, hit

from assistant.answers import Answer
from assistant.errors import SettingsError
from assistant.evaluation.rows import Row
from benchmarks import external, sets
from index.papers import Hit

LINES = [
    {"id": "1", "question": "drug?", "paper": "one.pdf", "answer": "KIF14 drives"},
    {"id": "2", "question": "dose?", "paper": "one.pdf", "answers": ["14 mg", "13.0 MG"], "answerable": True},
    {"id": "3", "question": "moon?", "paper": "one.pdf", "answers": [], "answerable": False},
    {"id": "4", "question": "claim.", "papers": ["two"], "evidence": {"two": ["Nothing to see here."]}},
    {"id": "5", "question": "bare.", "papers": ["one", "two"], "evidence": {}},
]

HITS = {
    "drug?": [hit(SECOND), hit(FIRST), hit(THIRD)],
    "dose?": [hit("Nothing", TWO)],
    "moon?": [],
    "claim.": [hit(FIRST), hit(SECOND), hit("Nothing to see here.", TWO)],
    "bare.": [],
}

ANSWERS: dict[str, Answer] = {
    "drug?": answer((SECOND, [cite(1, SECOND)]), (FIRST, [cite(2, FIRST)]), confidence=0.6),
    "dose?": answer((SECOND, [cite(1, SECOND)]), confidence=0.9),
    "moon?": answer(confidence=0.1),
    "claim.": answer(confidence=0.3),
    "bare.": answer((FIRST, [cite(1, FIRST)]), confidence=0.2),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "questions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in LINES), "utf-8")
    return tmp_path


@pytest.fixture
def found(folder: Path) -> dict[str, Row]:
    def ask(question: str) -> tuple[Answer | None, list[Hit], str | None]:
        return ANSWERS[question], HITS[question], None

    return {row.id: row for row in external.asked(ask, sets.load(folder), "both", lambda citation: True)}


def test_passages(found: dict[str, Row]) -> None:
    assert [found["1"].metrics[f"passage_hit@{k}"] for k in (1, 3)] == [0, 1]
    assert found["1"].metrics["passage_mrr@10"] == 0.5
    assert found["2"].metrics["passage_mrr@10"] == 0
    assert "passage_hit@1" not in found["3"].metrics
    assert "passage_hit@1" not in found["5"].metrics  # no sentence is known there
    assert found["5"].metrics["paper_hit@1"] == 0


def test_papers(found: dict[str, Row]) -> None:
    assert found["4"].metrics["paper_ndcg@10"] == pytest.approx(1 / math.log2(3))
    assert found["4"].metrics["paper_hit@1"] == 0
    assert found["4"].metrics["paper_recall@10"] == 1


def test_answers(found: dict[str, Row]) -> None:
    first = {id: row.metrics.get("first_quote_right") for id, row in found.items()}
    some = {id: row.metrics.get("some_quote_right") for id, row in found.items()}
    assert first == {"1": 0, "2": 1, "3": None, "4": 0, "5": None}
    assert some == {"1": 1, "2": 1, "3": None, "4": 0, "5": None}
    assert {id: row.right for id, row in found.items()} == {
        "1": True,
        "2": True,
        "3": False,
        "4": False,
        "5": False,
    }
    assert found["3"].metrics["abstained_right"] == 1
    assert found["4"].metrics["false_refusal"] == 1


def test_aurocs(found: dict[str, Row]) -> None:
    from assistant.evaluation.figures import figures

    values = {figure.name: figure.value for figure in figures(list(found.values()))}
    assert values["auroc_answerable"] == 1
    assert values["auroc_right"] == 1


def test_an_error_counts_as_wrong_and_stays_in_every_mean(folder: Path) -> None:
    rows = list(external.asked(lambda q: (None, [], "it broke"), sets.load(folder), "both", lambda c: True))
    assert [row.error for row in rows] == ["it broke"] * 5
    assert rows[0].metrics["some_quote_right"] == rows[0].metrics["passage_hit@10"] == 0
    assert rows[2].metrics["abstained_right"] == 0


def test_only_what_is_asked_for_is_measured(folder: Path) -> None:
    (row, *_) = external.asked(lambda q: (None, HITS[q], None), sets.load(folder), "search", lambda c: True)
    assert "some_quote_right" not in row.metrics
    assert row.metrics["passage_hit@3"] == 1


def test_a_sample_is_always_the_same(folder: Path) -> None:
    drawn = [q.id for q in sets.load(folder, 3).questions]
    assert len(drawn) == 3
    assert drawn == [q.id for q in sets.load(folder, 3).questions]


@pytest.mark.parametrize("content", ["no json\n", '{"id": "1"}\n', '{"id": "1", "question": "?"}\n', "[]\n"])
def test_what_is_no_set_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "questions.jsonl").write_text(content)
    with pytest.raises(SettingsError, match="does not hold one question a line"):
        sets.load(tmp_path)


def test_a_missing_folder_ends_with_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert external.main([str(tmp_path / "none")]) == 2
    assert "cannot be read" in capsys.readouterr().err
