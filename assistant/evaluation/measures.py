"""What each question yields: pure functions from a question, its answer and its passages to numbers.

Every question yields every measure that applies to it. A question that ended in an error yields the worst value
of each. Which measures apply depends on the question alone, never on the answer, so that nothing can drop out
of a mean.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from assistant.answers import Answer, Citation, Claim
from assistant.evaluation.matching import holds, is_gold, says_any, words
from assistant.evaluation.question_set import Question
from index.papers import Hit, Kind, Record

Verifier = Callable[[str, Sequence[str], str], bool]
"""(claim, quotes, question) → whether the quotes support the claim."""

Verbatim = Callable[[Citation], bool]
"""Whether a quote stands in its paper, letter for letter, where the citation says."""

CUTOFFS = (1, 3, 5, 10)
"""Ranks at which a hit is counted."""

DEPTH = 10
"""Ranks that MRR and nDCG look at."""

NOT_SEARCHED = frozenset({"record", "cited-work"})
"""Kinds answered from records and reference lists, which a search over the papers' words does not return."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure's name as it stands in files, and how people read it."""

    name: str
    label: str
    binary: bool = False  # 0 or 1 for each question
    better: int = 1  # 1: higher is better, -1: lower is better, 0: neither


MEASURES = (
    Measure("answered_right", "answerable: answered right", binary=True),
    Measure("abstained_right", "not answerable: abstained", binary=True),
    Measure("false_refusal", "answerable: refused or failed", binary=True, better=-1),
    Measure("false_answer", "not answerable: answered or failed", binary=True, better=-1),
    Measure("key_fact_recall", "key facts stated"),
    Measure("wrong_fact", "a wrong fact stated, or failed", binary=True, better=-1),
    Measure("quotes_verbatim", "all quotes verbatim", binary=True),
    Measure("first_quote_right", "first claim's quote holds the answer", binary=True),
    Measure("some_quote_right", "some quote holds the answer", binary=True),
    Measure("evidence_precision", "evidence precision (gold sentences)"),
    Measure("evidence_recall", "evidence recall (gold sentences)"),
    Measure("citation_precision", "citation precision (ALCE)"),
    Measure("citation_recall", "citation recall (ALCE)"),
    *(Measure(f"passage_hit@{k}", f"passage hit@{k}", binary=True) for k in CUTOFFS),
    Measure(f"passage_mrr@{DEPTH}", f"passage MRR@{DEPTH}"),
    Measure(f"passage_ndcg@{DEPTH}", f"passage nDCG@{DEPTH}"),
    *(Measure(f"paper_hit@{k}", f"paper hit@{k}", binary=True) for k in CUTOFFS),
    Measure(f"paper_mrr@{DEPTH}", f"paper MRR@{DEPTH}"),
    Measure(f"paper_ndcg@{DEPTH}", f"paper nDCG@{DEPTH}"),
    Measure(f"paper_recall@{DEPTH}", f"paper recall@{DEPTH}"),
    Measure("words", "words an answer", better=0),
    Measure("error", "ended in an error", binary=True, better=-1),
)
"""All measures, in the order of the reports."""

BY_NAME = {measure.name: measure for measure in MEASURES}


def is_paper(record: Record, names: Sequence[str]) -> bool:
    """Return whether a paper is one of those named by file name or by id."""
    return record.id in names or (record.path is not None and PurePath(record.path).name in names)


def measured(
    question: Question,
    answer: Answer | None,
    hits: Sequence[Hit],
    *,
    supports: Verifier,
    verbatim: Verbatim,
) -> dict[str, float]:
    """Return every measure that applies to a question; `answer` is None where asking ended in an error."""
    values = decision(question, answer)
    values["quotes_verbatim"] = float(answer is not None and all_verbatim(answer, verbatim))
    if question.answerable:
        values |= facts(question, answer)
        values |= evidence(question, answer)
        values |= citations(answer, supports)
        values["words"] = float(len(words(answer.text))) if answer else 0.0
        values["answered_right"] = float(answered_right(question, answer, verbatim))
        if question.kind not in NOT_SEARCHED:
            values |= papers(question, hits)
            if question.evidence:
                values |= quotes(question, answer) | passages(question, hits)
    values["error"] = float(answer is None)
    return values


def decision(question: Question, answer: Answer | None) -> dict[str, float]:
    """Return whether it was right to answer or to abstain; an error is never right."""
    answered = answer is not None and answer.answered
    if question.answerable:
        return {"false_refusal": float(not answered)}
    abstained = answer is not None and not answer.answered
    return {"abstained_right": float(abstained), "false_answer": float(not abstained)}


def answered_right(question: Question, answer: Answer | None, verbatim: Verbatim) -> bool:
    """Return whether a question was answered, and right.

    Right is an answer that states every key fact and no wrong one, quotes verbatim throughout, and rests its
    first claim on a paper that holds the answer.
    """
    if answer is None or not answer.answered:
        return False
    stated = facts(question, answer)
    first = first_citations(answer)
    return (
        stated["key_fact_recall"] == 1
        and stated["wrong_fact"] == 0
        and all_verbatim(answer, verbatim)
        and bool(first)
        and is_paper(first[0].paper, question.papers)
    )


def facts(question: Question, answer: Answer | None) -> dict[str, float]:
    """Return the share of key facts that the answer states, and whether it states a wrong one."""
    if answer is None:
        return {"key_fact_recall": 0.0, "wrong_fact": 1.0}
    text = said(answer)
    stated = [says_any(text, wordings) for wordings in question.key_facts]
    return {
        "key_fact_recall": sum(stated) / len(stated) if stated and answer.answered else 0.0,
        "wrong_fact": float(answer.answered and says_any(text, question.wrong_facts)),
    }


def said(answer: Answer) -> str:
    """Return the claims as one text, without citation numbers."""
    return " ".join(claim.text for claim in answer.claims)


def quotes(question: Question, answer: Answer | None) -> dict[str, float]:
    """Return whether the first claim's quotes, or any of the answer's, hold a gold sentence or answer span."""
    if answer is None:
        return {"first_quote_right": 0.0, "some_quote_right": 0.0}

    def held(cited: Sequence[Citation]) -> float:
        return float(any(holds(c.quote, sentence) for c in cited for sentence in question.evidence))

    return {"first_quote_right": held(first_citations(answer)), "some_quote_right": held(answer.citations)}


def evidence(question: Question, answer: Answer | None) -> dict[str, float]:
    """Return how the cited quotes compare with the gold sentences; zeros where there is no answer.

    Precision is the share of quotes that hold a gold sentence or are part of one, in a right paper; recall the
    share of gold sentences that are quoted. Gold sentences may say the same, so a recall of 1 is not needed
    for a right answer.
    """
    cited = answer.citations if answer is not None and answer.answered else ()
    right = [citation for citation in cited if is_paper(citation.paper, question.papers)]
    gold = [c for c in right if any(is_gold(c.quote, sentence) for sentence in question.evidence)]
    quoted = [text for text in question.evidence if any(is_gold(c.quote, text) for c in right)]
    return {
        "evidence_precision": len(gold) / len(cited) if cited else 0.0,
        "evidence_recall": len(quoted) / len(question.evidence) if question.evidence else 0.0,
    }


def first_citations(answer: Answer) -> tuple[Citation, ...]:
    """Return the citations of the first claim."""
    return cited_by(answer.claims[0], answer) if answer.claims else ()


def cited_by(claim: Claim, answer: Answer) -> tuple[Citation, ...]:
    """Return the citations of a claim; a number that is not there is left out."""
    by_number = {citation.number: citation for citation in answer.citations}
    return tuple(by_number[number] for number in claim.citations if number in by_number)


def citations(answer: Answer | None, supports: Verifier) -> dict[str, float]:
    """Return citation precision and recall by the definitions of ALCE (Gao et al. 2023, arXiv 2305.14627).

    Recall: the share of claims that their citations together support. Precision: the share of citations that
    are needed, namely whose claim is supported, and which support it alone or without which the others do not.
    Zeros where there is no answer.
    """
    if answer is None or not answer.answered:
        return {"citation_precision": 0.0, "citation_recall": 0.0}
    recalled, needed = [], []
    for claim in answer.claims:
        cited = cited_by(claim, answer)

        def supported(those: Sequence[Citation], claim: Claim = claim) -> bool:
            texts = [text for citation in those for text in shown(citation)]
            return bool(texts) and supports(claim.text, texts, answer.question)

        recalled.append(supported(cited))
        for position, citation in enumerate(cited):
            others = cited[:position] + cited[position + 1 :]
            needed.append(recalled[-1] and (supported([citation]) or not supported(others)))
    return {
        "citation_precision": sum(needed) / len(needed) if needed else 0.0,
        "citation_recall": sum(recalled) / len(recalled) if recalled else 0.0,
    }


def shown(citation: Citation) -> list[str]:
    """Return what a citation shows as evidence: its quote and which paper that is from.

    The quote of a record is a bare value and that of a reference names only the cited work, so that there the
    title and the field belong to it; ALCE, too, judges a passage together with its document's title.
    """
    if citation.kind in (Kind.RECORD, Kind.REFERENCE):
        return [citation.paper.short, citation.paper.title, citation.section, citation.quote]
    return [citation.paper.short, citation.quote]


def all_verbatim(answer: Answer, verbatim: Verbatim) -> bool:
    """Return whether every quote that is shown stands in its paper; true where nothing is quoted."""
    return all(verbatim(citation) for citation in (*answer.citations, *answer.nearest))


def passages(question: Question, hits: Sequence[Hit]) -> dict[str, float]:
    """Return how well the passages were ranked.

    Relevant is a passage of a right paper that holds a gold sentence. Each gold sentence that no passage holds
    counts as one relevant passage that was not found.
    """
    held: set[str] = set()
    relevant = []
    for rank, hit in enumerate(hits):
        gold = {sentence for sentence in question.evidence if holds(hit.text, sentence)}
        if gold and is_paper(hit.record, question.papers):
            relevant.append(f"rank {rank}")
            held |= gold
    missed = [f"missed {n}" for n, sentence in enumerate(question.evidence) if sentence not in held]
    ranked = [f"rank {rank}" for rank in range(len(hits))]
    return {f"passage_{name}": value for name, value in ranking(ranked, [*relevant, *missed]).items()}


def papers(question: Question, hits: Sequence[Hit]) -> dict[str, float]:
    """Return how well the papers were ranked, each at the rank of its first passage."""
    ranked = list(dict.fromkeys(_name(hit.record, question.papers) for hit in hits))
    values = ranking(ranked, question.papers)
    values[f"recall@{DEPTH}"] = len(set(ranked[:DEPTH]) & set(question.papers)) / len(question.papers)
    return {f"paper_{name}": value for name, value in values.items()}


def _name(record: Record, wanted: Sequence[str]) -> str:
    """Return the name under which a question knows a paper, else its id."""
    name = PurePath(record.path).name if record.path else record.id
    return name if name in wanted else record.id


def ranking(ranked: Sequence[str], relevant: Sequence[str]) -> dict[str, float]:
    """Return hit@k, MRR and nDCG of one ranking, computed by ir-measures (trec_eval's definitions)."""
    from ir_measures import RR, Qrel, ScoredDoc, Success, iter_calc, nDCG

    names = {str(Success @ k): f"hit@{k}" for k in CUTOFFS}
    names |= {str(RR @ DEPTH): f"mrr@{DEPTH}", str(nDCG @ DEPTH): f"ndcg@{DEPTH}"}
    wanted = [*(Success @ k for k in CUTOFFS), RR @ DEPTH, nDCG @ DEPTH]
    judged = [Qrel("question", name, 1) for name in relevant]
    run = [ScoredDoc("question", name, -rank) for rank, name in enumerate(ranked)]
    return {names[str(metric.measure)]: float(metric.value) for metric in iter_calc(wanted, judged, run)}
