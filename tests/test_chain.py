"""The chain with the embedded reader on the seed papers: the promises that users are made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import FakeEmbedder, json_lines
from langchain_core.runnables import Runnable

from assistant import Answer, Assistant, Turn, chain
from assistant.errors import QuestionError
from assistant.rendering import NOT_IN_THESE_PAPERS
from assistant.settings import Settings
from index.errors import EmbeddingMismatch, LibraryError, StoreError
from index.library import Library
from index.papers import Kind

KIF14 = "How does KIF14 drive sorafenib resistance?"
NRF2 = "What restores sensitivity in NRF2-driven resistance?"

ANSWERED = [
    (KIF14, {"KIF14"}, ("KIF14",)),
    (NRF2, {"NRF2"}, ("NRF2",)),
    ("Is RRM2 a target of sorafenib?", {"RRM2"}, ("RRM2",)),
    ("Who wrote the KIF14 paper?", {"KIF14"}, ("Qiankun Zhu", "Bo Zhai")),
    (
        "How can acquired resistance be reversed?",
        {"KIF14", "NRF2"},
        ("Silencing KIF14 reversed", "inhibition of NRF2 activity using brusatol restored"),
    ),
    (
        "My patient progressed on sorafenib. Is there preclinical evidence that blocking NRF2 restores sensitivity?",
        {"NRF2"},
        ("brusatol",),
    ),
    (
        "Could you give me the DOI of the NRF2 RNA-seq paper, so that I can put it in Zotero?",
        {"NRF2"},
        ("10.3390",),
    ),
    ("Which reference on arsenic trioxide do the KIF14 authors cite?", {"KIF14"}, ("Arsenic trioxide",)),
    ("Which paper has PMID 33203790?", {"KIF14"}, ("Silencing KIF14",)),
    ("Is there something by Tsang Pai Liu in the library?", {"RRM2"}, ("RRM2",)),
]
"""Question, what the titles of the cited papers hold, and what the answer must say."""

DECLINED = [
    "Does metformin reverse sorafenib resistance?",
    "Does silencing KIF14 reverse resistance to lenvatinib?",
    "How does sorafenib increase RRM2 levels in HCC cells?",
    "Does silencing KIF14 reverse sorafenib resistance in renal cell carcinoma?",
    "What was the median overall survival of patients with high RRM2 expression?",
    "What is the capital of France?",
    "xyzzy",
]


def assert_cited(answer: Answer, library: Library) -> None:
    """Every claim is supported by citations that exist; every quote is the paper's, letter for letter."""
    numbers = [citation.number for citation in answer.citations]
    assert numbers == list(range(1, len(numbers) + 1))
    for claim in answer.claims:
        assert claim.supported
        assert claim.citations
        assert set(claim.citations) <= set(numbers)
    for citation in (*answer.citations, *answer.nearest):
        text = library.paper(citation.paper.id).text
        assert citation.quote == text[citation.start : citation.end]
        assert citation.quote.strip()
        passage_end = citation.passage_start + len(citation.passage)
        assert citation.passage == text[citation.passage_start : passage_end]
        assert citation.passage_start <= citation.start
        assert citation.end <= passage_end
        assert citation.kind is not Kind.ANNOTATION


@pytest.mark.parametrize(("question", "papers", "words"), ANSWERED)
def test_what_the_papers_say_is_answered(
    assistant: Assistant, question: str, papers: set[str], words: tuple[str, ...]
) -> None:
    answer = assistant.ask(question)
    assert answer.answered
    assert answer.status is None
    assert answer.confidence > 0.5
    assert 1 <= len(answer.claims) <= 4
    assert_cited(answer, assistant.library)
    titles = {citation.paper.title for citation in answer.citations}
    assert all(any(paper in title for title in titles) for paper in papers)
    assert all(word in answer.text for word in words)
    assert all(f"[{citation.number}]" in answer.text for citation in answer.citations)


@pytest.mark.parametrize("question", DECLINED)
def test_what_the_papers_do_not_say_is_declined(assistant: Assistant, question: str) -> None:
    answer = assistant.ask(question)
    assert not answer.answered
    assert answer.text == NOT_IN_THESE_PAPERS
    assert answer.confidence < 0.5
    assert answer.claims == answer.citations == ()
    assert answer.nearest
    assert_cited(answer, assistant.library)


def test_claims_of_findings_are_quotes(assistant: Assistant) -> None:
    answer = assistant.ask(KIF14)
    for claim in answer.claims:
        [number] = claim.citations
        assert claim.text == " ".join(answer.citations[number - 1].quote.split())
        assert answer.citations[number - 1].kind in (Kind.TEXT, Kind.SUMMARY)


def test_a_follow_up_is_understood_from_the_conversation(assistant: Assistant) -> None:
    history = (Turn(KIF14, assistant.ask(KIF14).text),)
    answer = assistant.ask("Who wrote that paper?", history)
    assert answer.question == "Who wrote that paper?"
    assert answer.answered
    assert "Qiankun Zhu" in answer.text
    assert_cited(answer, assistant.library)


def test_a_follow_up_that_names_another_drug_puts_it_in_the_first_ones_place(assistant: Assistant) -> None:
    history = (Turn("Does sorafenib inhibit RRM2 expression?"),)
    answer = assistant.ask("And lenvatinib?", history)
    assert answer.searched_as == "Does lenvatinib inhibit RRM2 expression?"
    assert not answer.answered


def test_a_follow_up_points_back_to_the_question_that_named_something(assistant: Assistant) -> None:
    history = (
        Turn("How does KIF14 silencing reverse resistance?"),
        Turn("Which transcription factor is involved?"),
    )
    answer = assistant.ask("OK, and was that tested in animals?", history)
    assert "KIF14" in answer.searched_as


def test_a_question_about_papers_is_no_list_of_the_library(assistant: Assistant) -> None:
    assert len(assistant.ask("Which papers are in this library?").claims) == 3
    asked = assistant.ask("Which of the papers relied on RNA sequencing?")
    assert all(
        claim.text.startswith(("The RNA", "To investigate", "Transcriptomic")) for claim in asked.claims[:1]
    )


def test_a_slip_of_the_pen_changes_nothing(assistant: Assistant) -> None:
    slip = assistant.ask("How does KIF 14 drive sorafenob resistance?")
    assert slip.claims == assistant.ask(KIF14).claims


def test_the_same_question_has_the_same_answer(assistant: Assistant) -> None:
    again = Assistant(settings=assistant.settings)
    first = assistant.ask(NRF2)
    for other in (assistant.ask(NRF2), again.ask(NRF2)):
        assert (other.text, other.citations, other.confidence) == (
            first.text,
            first.citations,
            first.confidence,
        )


def test_drafts_say_what_is_going_on_and_the_last_is_finished(assistant: Assistant) -> None:
    *drafts, last = assistant.stream(KIF14)
    assert drafts[0].status == "searching"
    assert all(draft.status for draft in drafts)
    assert any("paper" in (draft.status or "") for draft in drafts)
    assert last.status is None
    assert last.claims
    assert 0 < last.seconds < 60


def test_it_is_a_langchain_chain(assistant: Assistant) -> None:
    assert isinstance(assistant.chain, Runnable)
    assert assistant.chain.invoke((KIF14, ())).text == assistant.ask(KIF14).text


@pytest.mark.parametrize("question", ["", " \n\t", "why " * 25_000])
def test_a_question_that_cannot_be_asked_is_an_error(assistant: Assistant, question: str) -> None:
    with pytest.raises(QuestionError) as error:
        assistant.ask(question)
    assert "\n" not in str(error.value)
    with pytest.raises(QuestionError):
        next(assistant.stream(question))


@pytest.mark.parametrize(
    "question", ["[1] <script>alert(1)</script>", "\x00", "é" * 500, "?" * 10, "KIF14\ud800?", "🤷"]
)
def test_odd_questions_are_answered_or_declined(assistant: Assistant, question: str) -> None:
    try:
        answer = assistant.ask(question)
    except QuestionError:
        return
    assert_cited(answer, assistant.library)


# --- the library behind it -----------------------------------------------------------------------------


@pytest.fixture
def light(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Assistant]:
    """An assistant with an empty home and the fake embedder."""
    monkeypatch.setattr("index.embedding.Embedder", FakeEmbedder)
    yield Assistant(settings=Settings(home=tmp_path / "home", embedding="fake"))


def test_an_empty_home_gets_the_seeds_once(light: Assistant) -> None:
    assert light.library.is_empty()
    assert len(light.search("KIF14")) > 0
    assert len(light.library.papers()) == 3
    editions = sorted((light.settings.home / "chroma").iterdir())
    light.ask(KIF14)
    assert sorted((light.settings.home / "chroma").iterdir()) == editions


def test_a_home_with_papers_gets_no_seeds(light: Assistant, tmp_path: Path) -> None:
    file = tmp_path / "own.jsonl"
    file.write_text(json_lines({"own": "Bufalin kills cells."}))
    light.library.add(file)
    light.ask("Does bufalin kill cells?")
    assert [record.id for record in light.library.papers()] == ["own"]


def test_seeds_that_cannot_be_read_are_said(
    light: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "seed.txt").write_text("")
    monkeypatch.setattr(chain, "SEEDS", tmp_path / "seeds")
    with pytest.raises(LibraryError, match="The seed papers cannot be read"):
        light.ask(KIF14)


def test_an_error_is_never_an_answer(light: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    light.fill()
    for database in (light.settings.home / "chroma").glob("*/chroma.sqlite3"):
        database.write_bytes(b"garbage")
    with pytest.raises(StoreError, match="is damaged"):
        light.ask(KIF14)
    with pytest.raises(StoreError, match="is damaged"):
        list(light.stream(KIF14))


def test_another_embedding_model_is_an_error(light: Assistant) -> None:
    light.fill()
    other = Assistant(settings=Settings(home=light.settings.home, embedding="other"))
    with pytest.raises(EmbeddingMismatch, match="repair"):
        other.ask(KIF14)
