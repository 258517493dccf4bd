"""The fixed question set keeps its promises: sound labels, verbatim evidence, a fair split."""

import itertools
import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from assistant.evaluation.question_set import load

PROJECT = Path(__file__).resolve().parents[1]
SET = yaml.safe_load((PROJECT / "assistant/evaluation/questions.yaml").read_text(encoding="utf-8"))
QUESTIONS: list[dict[str, Any]] = SET["questions"]
ANSWERABLE = [question for question in QUESTIONS if question["answerable"]]
UNANSWERABLE = [question for question in QUESTIONS if not question["answerable"]]
SEEDS = {path.name: path.read_text(encoding="utf-8") for path in (PROJECT / "seeds").glob("*.txt")}

ANSWERED_KINDS = {
    "fact", "number", "list", "yes-no", "definition", "method", "mechanism", "comparison", "several-papers",
}  # fmt: skip
MIXED_KINDS = {"record", "cited-work", "alias", "misspelling", "keywords", "rambling", "follow-up"}
UNANSWERED_KINDS = {
    "off-topic", "absent", "near-miss", "cited-only", "annotation-only", "false-premise", "nonsense",
    "instruction",
}  # fmt: skip
ALWAYS = {"id", "split", "kind", "question", "answerable"}
NAMED_IN_THE_ISSUES = {
    "How does KIF14 drive sorafenib resistance?": True,
    "What restores sensitivity in NRF2-driven resistance?": True,
    "Is RRM2 a target of sorafenib?": True,
    "Who wrote the KIF14 paper?": True,
    "How can acquired resistance be reversed?": True,
    "What cell line was used in the NRF2 study?": True,
    "Does metformin reverse sorafenib resistance?": False,
    "Does silencing KIF14 reverse resistance to lenvatinib?": False,
}


def normal(text: str) -> str:
    """The form in which key facts are compared: NFKC, ASCII hyphens, single spaces, no case."""
    text = re.sub("[\u2010-\u2015\u2212]", "-", unicodedata.normalize("NFKC", text))
    return re.sub(r"\s+", " ", text).casefold()


def words(question: dict[str, Any]) -> frozenset[str]:
    """The words of a question and of the conversation before it."""
    turns = [turn["question"] for turn in question.get("history", [])]
    return frozenset(re.findall(r"\w+", normal(" ".join([*turns, question["question"]]))))


def named(questions: list[dict[str, Any]]) -> list[Any]:
    """One test case a question, under the question's id."""
    return [pytest.param(question, id=question["id"]) for question in questions]


def test_the_set_is_large_enough() -> None:
    assert SET["version"] == "1"
    assert set(SET["gates"]) >= {"answered_right", "abstained_right", "quotes_verbatim"}
    assert len(QUESTIONS) >= 190
    assert len(UNANSWERABLE) >= 65


def test_ids_are_unique_and_plain() -> None:
    ids = [question["id"] for question in QUESTIONS]
    assert [id for id, count in Counter(ids).items() if count > 1] == []
    assert [id for id in ids if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*-\d\d", id)] == []


def test_every_kind_is_there_and_fits_its_label() -> None:
    assert {question["kind"] for question in ANSWERABLE} == ANSWERED_KINDS | MIXED_KINDS
    assert {question["kind"] for question in UNANSWERABLE} == UNANSWERED_KINDS | MIXED_KINDS


def test_the_split_is_even_and_stratified_by_kind_and_label() -> None:
    groups: dict[tuple[str, bool], Counter[str]] = {}
    for question in QUESTIONS:
        groups.setdefault((question["kind"], question["answerable"]), Counter())[question["split"]] += 1
    for group, splits in groups.items():
        assert set(splits) <= {"development", "test"}, group
        if splits.total() >= 2:
            assert abs(splits["development"] - splits["test"]) <= 0.2 * splits.total() + 1, (group, splits)
            assert min(splits["development"], splits["test"]) >= 1, (group, splits)
    assert abs(sum(question["split"] == "test" for question in QUESTIONS) / len(QUESTIONS) - 0.5) < 0.05


def test_each_paper_is_asked_about_in_both_parts() -> None:
    asked = {(paper, question["split"]) for question in ANSWERABLE for paper in question["papers"]}
    assert asked == set(itertools.product(SEEDS, ("development", "test")))


@pytest.mark.parametrize(("text", "answerable"), NAMED_IN_THE_ISSUES.items())
def test_questions_named_in_the_issues_are_in_development(text: str, answerable: bool) -> None:
    (question,) = [question for question in QUESTIONS if question["question"] == text]
    assert (question["split"], question["answerable"]) == ("development", answerable)


@pytest.mark.parametrize("question", named(QUESTIONS))
def test_fields(question: dict[str, Any]) -> None:
    own = {"papers", "evidence", "key_facts"} if question["answerable"] else {"note"}
    optional = {"wrong_facts"} if question["answerable"] else set()
    history = {"history"} if question["kind"] == "follow-up" else set()
    assert ALWAYS | own | history <= set(question) <= ALWAYS | own | history | optional
    assert all(question[field] for field in set(question) - {"answerable"})
    for turn in question.get("history", []):
        assert {"question"} <= set(turn) <= {"question", "answer"}


@pytest.mark.parametrize("question", named(ANSWERABLE))
def test_evidence_is_verbatim_and_covers_each_paper(question: dict[str, Any]) -> None:
    assert len(set(question["evidence"])) == len(question["evidence"])
    sources = [
        {paper for paper in question["papers"] if evidence in SEEDS[paper]}
        for evidence in question["evidence"]
    ]
    assert all(sources), "evidence that stands in none of the named papers"
    assert set().union(*sources) == set(question["papers"]), "a named paper without evidence"


@pytest.mark.parametrize("question", named(ANSWERABLE))
def test_each_key_fact_stands_in_the_evidence(question: dict[str, Any]) -> None:
    evidence = [normal(text) for text in question["evidence"]]
    for wordings in question["key_facts"]:
        assert isinstance(wordings, list)
        assert all(isinstance(wording, str) and wording.strip() for wording in wordings)
        assert any(normal(wording) in text for wording in wordings for text in evidence), wordings


@pytest.mark.parametrize("question", named(ANSWERABLE))
def test_wrong_facts_are_not_in_the_evidence(question: dict[str, Any]) -> None:
    for wrong in question.get("wrong_facts", []):
        assert not any(normal(wrong) in normal(text) for text in question["evidence"]), wrong


@pytest.mark.parametrize("question", named(ANSWERABLE))
def test_evidence_is_not_an_entity_list(question: dict[str, Any]) -> None:
    page = SEEDS["001_bc0587128a057113.txt"]
    annotations = page[page.index("## Linked entities") : page.index("## Full text\n")]
    assert not any(evidence in annotations for evidence in question["evidence"])


def test_no_two_questions_are_alike() -> None:
    pairs = itertools.combinations(((question["id"], words(question)) for question in QUESTIONS), 2)
    alike = [
        (first, second)
        for (first, left), (second, right) in pairs
        if left | right and len(left & right) / len(left | right) >= 0.8
    ]
    assert alike == []


@pytest.mark.parametrize("name", ["tuning", "fresh"])
def test_further_questions_are_sound(name: str) -> None:
    further = load(PROJECT / f"benchmarks/questions/{name}.yaml").questions
    assert len(further) >= 100
    assert {question.split for question in further} == {"development" if name == "tuning" else "test"}
    for question in further:
        assert set(question.papers) <= set(SEEDS)
        for evidence in question.evidence:
            assert any(evidence in SEEDS[paper] for paper in question.papers), question.id
