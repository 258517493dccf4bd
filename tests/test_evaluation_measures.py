"""Every measure on data small enough to work out by hand."""

from __future__ import annotations

import math

import pytest
from evaluated import FIRST, ONE, SECOND, TEXT, THIRD, TWO, answer, cite, hit, question

from assistant.answers import Answer
from assistant.evaluation import measures
from assistant.evaluation.matching import holds, is_gold, says
from assistant.evaluation.measures import BY_NAME, measured
from index.papers import Kind


def verbatim(citation: object) -> bool:
    return True


def by_words(claim: str, quotes: list[str], question: str) -> bool:
    """A verifier that can be worked out by hand: every word of the claim stands in the quotes."""
    return set(claim.lower().split()) <= set(" ".join(quotes).lower().split())


@pytest.mark.parametrize(
    ("text", "wording", "found"),
    [
        ("the KIF14 gene", "kif14", True),
        ("sorafenib‐induced", "Sorafenib-induced", True),  # U+2010 in the text
        ("ﬁrst\u00a0line", "first line", True),  # a ligature and a no-break space
        ("a dose of 13.0 mg", "3.0", False),
        ("a dose of 3.05 mg", "3.0", False),
        ("a dose of 3.0, twice", "3.0", True),
        ("1,264 genes", "264", False),
        ("genes", "gene", True),
    ],
)
def test_facts_are_found_whatever_their_typography_but_never_inside_a_longer_number(
    text: str, wording: str, found: bool
) -> None:
    assert says(text, wording) is found


def test_a_long_span_is_held_where_seven_in_ten_of_its_words_are_there() -> None:
    span = "one two three four five six seven eight nine ten"
    assert holds("ten nine eight seven six five four", span)
    assert not holds("ten nine eight seven six five", span)
    assert not holds("two three four five", "one two three four five")  # a short span must be there whole


def test_a_part_of_a_gold_sentence_is_gold_but_does_not_hold_it() -> None:
    assert is_gold("Jan 2020", "Published - Jan 2020")
    assert not holds("Jan 2020", "Published - Jan 2020")
    assert not is_gold(" . ", "Published - Jan 2020")


def test_right_needs_every_fact_no_wrong_one_verbatim_quotes_and_a_right_paper_first() -> None:
    asked = question(key_facts=(("KIF14",), ("resistance",)), wrong_facts=("NRF2",))
    good = answer((FIRST, [cite(1, FIRST)]))
    assert measures.answered_right(asked, good, verbatim)
    assert not measures.answered_right(asked, None, verbatim)
    assert not measures.answered_right(asked, answer(), verbatim)
    assert not measures.answered_right(asked, good, lambda citation: False)
    assert not measures.answered_right(asked, answer(("KIF14.", [cite(1, FIRST)])), verbatim)
    wrong = answer((FIRST + " So does NRF2.", [cite(1, FIRST)]))
    assert not measures.answered_right(asked, wrong, verbatim)
    elsewhere = answer((FIRST, [cite(1, "Nothing to see here.", TWO)]), (FIRST, [cite(2, FIRST)]))
    assert not measures.answered_right(asked, elsewhere, verbatim)


def test_a_paper_is_named_by_file_or_by_id() -> None:
    assert measures.is_paper(ONE.record, ("one.pdf",))
    assert measures.is_paper(ONE.record, ("one",))
    assert not measures.is_paper(ONE.record, ("two.pdf",))


def test_key_facts_are_counted_in_any_of_their_wordings() -> None:
    asked = question(key_facts=(("kinesin 14", "KIF14"), ("mice",), ("rats",)))
    said = answer((FIRST, [cite(1, FIRST)]), (THIRD, [cite(2, THIRD)]))
    assert measures.facts(asked, said) == {"key_fact_recall": pytest.approx(2 / 3), "wrong_fact": 0.0}


def test_evidence_is_compared_in_the_right_paper_only() -> None:
    asked = question(evidence=(FIRST, THIRD))
    said = answer((FIRST, [cite(1, FIRST), cite(2, SECOND)]))
    assert measures.evidence(asked, said) == {"evidence_precision": 0.5, "evidence_recall": 0.5}
    other = answer((FIRST, [cite(1, FIRST), cite(2, SECOND)]))
    asked_of_two = question(papers=("two.pdf",), evidence=(FIRST,))
    assert measures.evidence(asked_of_two, other) == {"evidence_precision": 0.0, "evidence_recall": 0.0}


def test_first_and_some_quote() -> None:
    asked = question(evidence=(THIRD,))
    said = answer((FIRST, [cite(1, FIRST)]), (THIRD, [cite(2, THIRD)]))
    assert measures.quotes(asked, said) == {"first_quote_right": 0.0, "some_quote_right": 1.0}


def test_citation_precision_and_recall_follow_alce() -> None:
    # Claim 1: both quotes are needed together. Claim 2: the second citation adds nothing. Claim 3: unsupported,
    # so its citation is not precise. Claim 4: no citation.
    both = ("KIF14 drives resistance. mice.", [cite(1, FIRST), cite(2, THIRD)])
    spare = (FIRST, [cite(1, FIRST), cite(3, SECOND)])
    said = answer(both, spare, ("Aspirin cures.", [cite(1, FIRST)]), ("KIF14", []))
    assert measures.citations(said, by_words) == {
        "citation_precision": pytest.approx(3 / 5),
        "citation_recall": pytest.approx(2 / 4),
    }


def test_a_bare_value_from_a_record_counts_together_with_its_paper() -> None:
    claim = ("Title of one mg.", [cite(1, "mg.", kind=Kind.RECORD)])
    assert measures.citations(answer(claim), by_words)["citation_recall"] == 1
    claim = ("Title of one mg.", [cite(1, "mg.")])
    assert measures.citations(answer(claim), by_words)["citation_recall"] == 0


def test_ranks_of_passages() -> None:
    # Of three gold sentences, one passage at rank 2 holds one; two were not found.
    asked = question(evidence=(FIRST, THIRD, "It was never said."))
    found = measures.passages(asked, [hit(SECOND), hit(FIRST)])
    ideal = 1 / math.log2(2) + 1 / math.log2(3) + 1 / math.log2(4)
    assert found == {
        "passage_hit@1": 0,
        "passage_hit@3": 1,
        "passage_hit@5": 1,
        "passage_hit@10": 1,
        "passage_mrr@10": 0.5,
        "passage_ndcg@10": pytest.approx(1 / math.log2(3) / ideal),
    }


def test_a_gold_sentence_in_another_paper_does_not_count() -> None:
    copy = hit(FIRST, ONE)
    assert measures.passages(question(papers=("two.pdf",)), [copy])["passage_hit@10"] == 0


def test_papers_are_ranked_by_their_first_passage() -> None:
    found = measures.papers(
        question(papers=("one.pdf", "x.pdf")), [hit("Nothing", TWO), hit(FIRST), hit(THIRD)]
    )
    assert (found["paper_hit@1"], found["paper_hit@3"], found["paper_mrr@10"]) == (0, 1, 0.5)
    assert found["paper_ndcg@10"] == pytest.approx((1 / math.log2(3)) / (1 + 1 / math.log2(3)))
    assert found["paper_recall@10"] == 0.5


def test_no_hit_at_all_still_yields_every_measure() -> None:
    assert set(measures.passages(question(), []).values()) == {0.0}
    assert set(measures.papers(question(), []).values()) == {0.0}


@pytest.mark.parametrize("answerable", [True, False])
@pytest.mark.parametrize("kind", ["fact", "record"])
def test_which_measures_a_question_yields_does_not_depend_on_the_answer(answerable: bool, kind: str) -> None:
    asked = question(answerable=answerable, kind=kind)
    answers: list[Answer | None] = [answer((FIRST, [cite(1, FIRST)])), answer(), None]
    yielded = [set(measured(asked, given, [], supports=by_words, verbatim=verbatim)) for given in answers]
    assert yielded[0] == yielded[1] == yielded[2]
    assert yielded[0] <= set(BY_NAME)


@pytest.mark.parametrize("answerable", [True, False])
def test_an_error_yields_the_worst_of_everything(answerable: bool) -> None:
    values = measured(question(answerable=answerable), None, [], supports=by_words, verbatim=verbatim)
    for name, value in values.items():
        assert value == (1.0 if BY_NAME[name].better < 0 else 0.0), name


def test_abstaining_is_right_only_where_nothing_answers() -> None:
    assert measures.decision(question(), answer()) == {"false_refusal": 1}
    assert measures.decision(question(answerable=False), answer()) == {
        "abstained_right": 1,
        "false_answer": 0,
    }
    said = answer((FIRST, [cite(1, FIRST)]))
    assert measures.decision(question(answerable=False), said) == {"abstained_right": 0, "false_answer": 1}


def test_words() -> None:
    said = answer((TEXT, [cite(1, FIRST)]))
    values = measured(question(), said, [], supports=by_words, verbatim=verbatim)
    assert values["words"] == 15  # 13.0 counts as two
