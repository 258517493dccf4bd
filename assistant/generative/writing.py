"""Answers written by a language model, every claim checked before it is shown.

The model gets the passages as untrusted data and must quote; what it says is kept only where the quote stands
letter for letter in a passage that it was given and the quoted sentences support the claim.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from assistant.answers import Citation, Claim, Turn
from assistant.checking import Aliases, Verdict, find_quote, supports
from assistant.generative.models import load_model, replies
from assistant.generative.prompting import CANNOT_ANSWER, Prompts, fence, load_prompts, pack, transcript
from assistant.generative.replies import Quoted, ReplyError, Statement, parse, parse_so_far
from assistant.generative.tokens import counter
from index.papers import Hit, Kind

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

CERTAINTY: Final = 0.9
"""Confidence in an answer whose claims repeat their quotes word for word. Not calibrated on a language model:
that needs runs of that very model."""

DOUBT: Final = 0.1
"""Confidence where nothing that the model wrote could be kept."""

LONGEST_REWRITE: Final = 400
"""Characters of a rewritten question; a model that writes more has answered it, or rambled."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What can be shown of an answer so far: checked claims and the citations that they rest on.

    `status` is None in the last draft; a last draft without claims says that the passages do not answer.
    `dropped` counts the claims that did not pass the check.
    """

    claims: tuple[Claim, ...] = ()
    citations: tuple[Citation, ...] = ()
    confidence: float = DOUBT
    status: str | None = None
    dropped: int = 0


def write(
    model: BaseChatModel,
    question: str,
    hits: Sequence[Hit],
    texts: Mapping[str, str],
    *,
    history: Sequence[Turn] = (),
    aliases: Aliases | None = None,
    prompts: Prompts | None = None,
) -> Iterator[Draft]:
    """Yield a growing answer; claims are checked before they appear, and the last draft is complete.

    Args:
        model: any LangChain chat model; it is called without tools, once, and once more where its reply cannot
            be read.
        question: a question that stands alone.
        hits: passages, best first; as many as fit the token budget are given to the model.
        texts: the text of each paper by its id.
        history: earlier turns, as context of the question, never as evidence.
        aliases: other names of entities, for the check.
        prompts: prompt texts; by default the installed ones.

    Raises:
        ReplyError: the model's reply cannot be read, even after asking again. Answer otherwise.
        ModelError: the provider does not answer.
        SettingsError: a prompt file cannot be used.
    """
    prompts = prompts or load_prompts()
    given = pack(hits, counter())
    if not given:
        yield Draft()
        return
    checker = _Checker(question, given, texts, aliases)
    messages = _messages(prompts, question, given, history)
    yield Draft(status="writing")
    try:
        yield from _read(model, messages, checker)
    except ReplyError as error:
        messages.extend(_repair(prompts, checker.reply, str(error)))
        yield Draft(status="asking again")
        yield from _read(model, messages, checker)


def _read(model: BaseChatModel, messages: Sequence[BaseMessage], checker: _Checker) -> Iterator[Draft]:
    """Yield a draft whenever a claim of the reply is complete and checked; the last from the whole reply."""
    checker.reply, shown = "", 0
    for reply in replies(model, messages):
        checker.reply = reply
        statements = parse_so_far(reply)
        if len(statements) > shown:
            shown = len(statements)
            draft = checker.draft(statements)
            yield replace(draft, status=f"checked {shown} claim{'' if shown == 1 else 's'}")
    yield checker.draft(parse(checker.reply))


def _messages(
    prompts: Prompts, question: str, given: Sequence[Hit], history: Sequence[Turn]
) -> list[BaseMessage]:
    """Return the rules as the system's message, and all text from papers or people as the user's."""
    from langchain_core.messages import HumanMessage, SystemMessage

    asked = prompts.question.substitute(
        passages="\n\n".join(fence(number, hit) for number, hit in enumerate(given, 1)),
        history=transcript(history),
        question=question,
        cannot_answer=CANNOT_ANSWER,
    )
    return [SystemMessage(prompts.answer.substitute(cannot_answer=CANNOT_ANSWER)), HumanMessage(asked)]


def _repair(prompts: Prompts, reply: str, problem: str) -> list[BaseMessage]:
    from langchain_core.messages import AIMessage, HumanMessage

    asked = prompts.repair.substitute(problem=problem, cannot_answer=CANNOT_ANSWER)
    return [AIMessage(reply or "(empty)"), HumanMessage(asked)]  # some providers refuse an empty message


def rewrite(model: BaseChatModel, question: str, history: Sequence[Turn]) -> str:
    """Return a follow-up question as one that stands alone; unchanged where there is no conversation.

    Raises:
        ModelError: the provider does not answer.
    """
    from langchain_core.messages import HumanMessage

    if not history:
        return question
    asked = load_prompts().rewrite.substitute(history=transcript(history), question=question)
    *_, reply = ["", *replies(model, [HumanMessage(asked)])]
    lines = [line.strip() for line in reply.splitlines() if line.strip()]
    if len(lines) != 1 or len(lines[0]) > max(LONGEST_REWRITE, len(question)):
        return question
    return lines[0].removeprefix("Question:").strip(" \"'`*") or question


class _Checker:
    """Turns statements into checked claims; remembers its verdicts, as a growing reply is read many times."""

    def __init__(
        self, question: str, given: Sequence[Hit], texts: Mapping[str, str], aliases: Aliases | None
    ) -> None:
        self.reply = ""
        self._question, self._given, self._texts, self._aliases = question, given, texts, aliases
        self._known: dict[Statement, tuple[tuple[Citation, ...], Verdict]] = {}

    def draft(self, statements: Sequence[Statement]) -> Draft:
        """Return the claims that may be shown, citations numbered in the order in which they first appear.

        A claim that says something else than its quotes, or has no quote left, is dropped; one whose words the
        quotes hold only in part is kept and marked. Where not one claim is supported, nothing is shown.
        """
        claims: list[Claim] = []
        citations: dict[tuple[str, int, int], Citation] = {}
        scores: list[float] = []
        for statement in statements:
            found, verdict = self._check(statement)
            if not found or verdict.contradicted:
                continue
            for citation in found:
                key = (citation.paper.id, citation.start, citation.end)
                citations.setdefault(key, replace(citation, number=len(citations) + 1))
            numbers = tuple(citations[c.paper.id, c.start, c.end].number for c in found)
            claims.append(Claim(statement.claim, numbers, verdict.supported))
            scores.append(verdict.score)
        dropped = len(statements) - len(claims)
        if not any(claim.supported for claim in claims):
            return Draft(dropped=len(statements))
        confidence = CERTAINTY * sum(scores) / len(scores)
        return Draft(tuple(claims), tuple(citations.values()), confidence, dropped=dropped)

    def _check(self, statement: Statement) -> tuple[tuple[Citation, ...], Verdict]:
        if statement not in self._known:
            placed = [citation for quoted in statement.quotes if (citation := self._place(quoted))]
            citations = list({(c.paper.id, c.start, c.end): c for c in placed}.values())
            citations = self._needed(statement.claim, citations)
            self._known[statement] = tuple(citations), self._verdict(statement.claim, citations)
        return self._known[statement]

    def _verdict(self, claim: str, citations: Sequence[Citation]) -> Verdict:
        # The short citation is what a claim may call the paper by: "Zhu et al. 2020 found …".
        evidence = [text for c in citations for text in (c.quote, f"({c.paper.short})")]
        verdict = supports(claim, evidence, self._question, aliases=self._aliases)
        if citations and all(c.kind is Kind.REFERENCE for c in citations) and "cite" not in claim.lower():
            return Verdict(False, 0.0, ("a work that the paper cites is told as the paper's own finding",))
        return verdict

    def _needed(self, claim: str, citations: list[Citation]) -> list[Citation]:
        """Leave out each citation that neither supports the claim alone nor is missed by the others."""
        if len(citations) < 2 or not self._verdict(claim, citations).supported:
            return citations
        for citation in list(citations):
            others = [other for other in citations if other is not citation]
            alone = self._verdict(claim, [citation]).supported
            if others and not alone and self._verdict(claim, others).supported:
                citations = others
        return citations

    def _place(self, quoted: Quoted) -> Citation | None:
        """Return the citation of a quote: whole sentences of the passage that it was given as.

        Quotes are widened to whole sentences, so that no 'not' is left outside. A quote with a wrong passage
        number is looked up in the other passages of this prompt, and nowhere else.
        """
        cited = self._given[quoted.number - 1 : quoted.number] if quoted.number else []
        for hit in (*cited, *self._given):
            place = find_quote(quoted.text, hit.text)
            if place:
                return self._citation(hit, hit.start + place[0], hit.start + place[1])
        return None

    def _citation(self, hit: Hit, start: int, end: int) -> Citation | None:
        touched = [s for s in hit.sentences if s.start < end and start < s.end]
        start = min([start, *(s.start for s in touched)])
        end = max([end, *(s.end for s in touched)])
        quote = self._texts.get(hit.record.id, "")[start:end]
        if quote != hit.text[start - hit.start : end - hit.start]:
            return None  # the paper changed since the passage was found
        return Citation(0, hit.record, hit.section, hit.kind, quote, start, end, hit.text, hit.start)


__all__ = ["CANNOT_ANSWER", "Draft", "ReplyError", "load_model", "rewrite", "write"]
