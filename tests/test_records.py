"""Answers from records and reference lists, on the real seeds."""

from __future__ import annotations

import pytest

from assistant import Assistant


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("When was the RRM2 paper published?", "January 2020"),
        ("When was the NRF2 paper published?", "11 February 2026"),
        ("What is the DOI of the KIF14 paper?", "10.18632/aging.104028"),
        ("Which papers are in this library?", "Silencing KIF14 reverses acquired resistance"),
        ("Which cited work studied bufalin?", "Cited by Zhu et al. 2020: Bufalin Reverses Resistance"),
        ("What does ETS1 stand for?", "E26 transformation specific sequence 1"),
    ],
)
def test_the_record_answers(assistant: Assistant, question: str, said: str) -> None:
    answer = assistant.ask(question)
    assert answer.answered
    assert said in answer.text
    for citation in answer.citations:
        assert (
            citation.quote == assistant.library.paper(citation.paper.id).text[citation.start : citation.end]
        )


@pytest.mark.parametrize(
    ("question", "notice"),
    [
        ("What is the DOI of the RRM2 paper?", "does not give its DOI"),
        ("In which journal did the KIF14 paper appear?", "does not give its journal"),
        ("Which papers does the RRM2 study cite on autophagy?", "does not list its references"),
    ],
)
def test_what_a_page_does_not_print_is_said_to_be_missing(
    assistant: Assistant, question: str, notice: str
) -> None:
    answer = assistant.ask(question)
    assert not answer.answered
    assert notice in (answer.notice or "")
