"""Understanding a question: is it one, what kind, and what does a follow-up refer to?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from assistant.answers import Turn
from assistant.errors import QuestionError
from index.lexical import stems
from index.normalising import fold

LONGEST_QUESTION = 4_000
"""Characters; a page of text. Longer input is a pasted document, not a question."""


class Aim(StrEnum):
    """What is asked for."""

    FINDING = "finding"  # what a paper says
    RECORD = "record"  # who wrote it, when, where, which identifier
    CITED = "cited"  # a work that a paper cites
    LIBRARY = "library"  # which papers are there


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A question as it is searched."""

    question: str  # as typed
    searched_as: str  # standing alone
    aim: Aim
    fields: tuple[str, ...] = ()  # record fields that are asked for
    follow_up: bool = False  # points back at the conversation


RECORD_FIELDS: dict[str, str] = {
    "authors": r"\bwho (?:wrote|authored|published|did|conducted|made|ran|are the authors?|is the author|were the authors?)\b"
    r"|\bauthors?\b|\bwritten by\b|\bresearchers? behind\b|\bwhose (?:paper|study|work)\b",
    "date": r"\b(?:when (?:was|were|did|is|has|have)|what year|which year|what date|in what year|in which year)\b.*"
    r"\b(?:publish\w*|appear\w*|came? out|written|released?|paper|study|article)\b"
    r"|\b(?:year|date|month) of (?:the )?publication\b|\bpublication (?:year|date|month)\b|\bhow (?:old|recent) is\b",
    "doi": r"\bdois?\b|\bdigital object identifier\b",
    "pmid": r"\bpmids?\b|\bpubmed (?:id|identifier|number)\b",
    "pmcid": r"\bpmc(?:id| id| identifier| number)\b|\bpubmed central\b|\bpmc\b",
    "journal": r"\b(?:what|which|in what|in which) journal\b|\bjournal\b(?! clubs?\b)|\bwhere (?:was|is|were) .*\bpublished\b",
    "volume": r"\bvolume\b",
    "issue": r"\bissue(?: number)?\b(?!s)",
    "pages": r"\b(?:what|which) pages?\b|\bpage (?:numbers?|range)\b|\barticle number\b|\bpages of\b",
    "title": r"\b(?:what is|what's|give|tell me) the (?:full |exact )?title\b|\btitled?\b",
    "url": r"\b(?:url|web ?(?:page|site|address)|link (?:to|for))\b",
    "keywords": r"\bkey ?words?\b",
}
"""Patterns on the folded question that ask for a field of a paper's record."""

_ATTRIBUTION = re.compile(
    r"\b(?:according to|do|does|did|by|have|has|had|can|could|would|if|that|whether|why|how) (?:the |these )?(?:[\w-]+ ){0,2}authors?\b"
    r"|\bauthors (?:also |then )?(?:conclud|propos|suggest|report|show|find|found|use|say|said|stat|describ|claim|think|see\b|identif"
    r"|recommend|investigat|perform|did|do\b|ma[kd]e|mention|argu|demonstrat|establish|ch[o]+se|pick|test|cite|refer)"
)
"""The authors of a statement or of what was done; who they are is not what is asked."""

_WHEN = re.compile(r"\bwhen\b|\b(?:what|which) year\b")
_RECORD_FIELDS = {name: re.compile(pattern) for name, pattern in RECORD_FIELDS.items()}

_CITED = re.compile(
    r"(?<!to )(?<!can )(?<!could )(?<!should )\bcites?\b|\b(?:cited|citing|citations? (?:of|in|list)|reference list|bibliography"
    r"|references?|referenced)\b"
)
_LIBRARY = re.compile(
    r"^(?:which|what|how many|list|show)(?: me)?(?: (?:the|all|of the|all the))* (?:papers|documents|sources|articles|studies)"
    r"(?: (?:do you (?:have|know|use|hold|contain)|are (?:there|in here|available|loaded|indexed)"
    r"|(?:(?:is|are) )?in (?:this|the|your) (?:library|collection|database)|can you (?:use|see|read|search)"
    r"|have you(?: got| read)?|does (?:this|the|your) (?:library|collection|database) (?:have|hold|contain)))?$"
)
_PRONOUN = re.compile(
    r"\b(?:it|its|they|them|their|this|that|these|those|he|she|his|her|the (?:same|former|latter|above)"
    r"|(?:this|that|the) (?:paper|study|work|article|gene|protein|drug|finding|effect|result|pathway|model))\b"
)
_ASIDE = r"(?:(?:ok|okay|thanks|thank you|great|right|fine|yes|no),? )?"  # said before the follow-up itself
_ELLIPSIS = re.compile(
    rf"^{_ASIDE}(?:and|but|or|also|so|same|the same|what about|how about|what else|anything else|why|how so|how come|really|which ones?"
    r"|in (?:mice|humans|patients|vivo|vitro))\b"
)
_LEAD = re.compile(rf"^{_ASIDE}(?:and|but|or|so|also|what about|how about)\s+", re.IGNORECASE)

LONG_QUESTION = 35
"""Words; the longest questions of the open sets that ask one thing have about thirty."""

SHORTEST_CLAUSE = 5
"""Words that a question needs after its question word."""

_ASKS = re.compile(
    r"(?P<lead>\b(?:tell me|know|understand is|wonder(?:ing)?|ask(?:ing)?|question is|find out|explain|clarify|i mean)\b"
    r"[\s,:]*)(?=what|which|how|why|who|when|where|whether|if|does|do|is|are|can)",
    re.IGNORECASE,
)
_NAME_LIKE = re.compile(r"^(?=.*[A-Z].*[A-Z0-9])[\w.-]+")
_DRUG_LIKE = re.compile(r"(?:nib|mab|platin|taxel)\b", re.IGNORECASE)
_A_PAPER = re.compile(r"(?:the|this|that) [\w-]+(?: [\w-]+)? (?:paper|study|article|work|one)", re.IGNORECASE)

FEW_WORDS = 2
"""Content words of a question that cannot stand alone when the conversation has gone on before it."""


def understand(question: str, history: Sequence[Turn] = ()) -> Inquiry:
    """Return the question as it is searched.

    Raises:
        QuestionError: it is empty or too long.
    """
    whole = question.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # no lone surrogates
    asked = " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", whole).split())
    if not asked:
        raise QuestionError("The question is empty: type what you want to know.")
    if len(asked) > LONGEST_QUESTION:
        raise QuestionError(
            f"The question has {len(asked):,} characters: ask it in at most {LONGEST_QUESTION:,}."
        )
    short = condensed(asked)
    searched = standing_alone(short, history)
    folded = fold(short)
    fields = _fields(folded) or (_fields(fold(searched)) if stands_in(short, searched) else ())
    if _LIBRARY.search(folded.rstrip("?. ")):
        aim = Aim.LIBRARY
    elif _CITED.search(folded):
        aim = Aim.CITED
    elif fields:
        aim = Aim.RECORD
    else:
        aim = Aim.FINDING
    return Inquiry(asked, searched, aim, fields, follow_up=searched != short)


def standing_alone(question: str, history: Sequence[Turn]) -> str:
    """Return a follow-up with what it refers to, or the question itself where it stands alone.

    The rule is plain so that the user can see it: a question that points back (a pronoun, 'and …', 'what
    about …') or has hardly a content word of its own is joined to the last question that stood alone, if there is
    one to the last that named something.
    """
    if not history or not refers_back(question):
        return question
    alone = [turn.question for turn in reversed(history) if not refers_back(turn.question)]
    about = next((q for q in alone if _names_something(q)), None)
    previous = about or (alone[0] if alone else history[0].question)
    rest = _LEAD.sub("", question).strip().rstrip("?. ")
    swapped = _A_PAPER.sub(rest, previous, count=1) if _A_PAPER.fullmatch(rest) else previous
    if _DRUG_LIKE.search(rest) and " " not in rest:  # 'and lenvatinib?' puts one drug in another's place
        drugs = [word for word in re.findall(r"[\w-]+", previous) if _DRUG_LIKE.search(word)]
        swapped = previous.replace(drugs[0], rest) if len(set(drugs)) == 1 else previous
    if swapped != previous:
        return swapped
    return f"{previous.strip().rstrip('?. ')} – {rest}?"


def _names_something(question: str) -> bool:
    return any(_NAME_LIKE.search(word) or _DRUG_LIKE.search(word) for word in question.split())


_QUESTION = re.compile(
    r"\?\s*$|^(?:what|which|who|whom|whose|when|where|why|how|is|are|was|were|do|does|did|can|could|has|have|had|will"
    r"|would|should|with respect to)\b"
)


def is_question(text: str) -> bool:
    """Return whether a text is put as a question rather than as a statement or key words."""
    return bool(_QUESTION.search(fold(text)))


def stands_in(asked: str, searched: str) -> bool:
    """Return whether a follow-up took its predecessor's place word for word ('what about the NRF2 paper?')."""
    return searched != asked and asked not in searched and " – " not in searched


def _fields(folded: str) -> tuple[str, ...]:
    asking = _ATTRIBUTION.sub(" ", folded)
    found = [name for name, pattern in _RECORD_FIELDS.items() if pattern.search(asking)]
    if found and "date" not in found and _WHEN.search(folded):
        found.append("date")  # 'in which journal did it appear, and when?'
    return tuple(found)


def condensed(question: str) -> str:
    """Return the part of a question that asks.

    People explain themselves first. Where a statement comes before a question, or there are more than
    `LONG_QUESTION` words, the sentences that ask are kept, and the named things of the rest; of a long one,
    from its first question word on.
    """
    sentences = re.split(r"(?<=[.!?])\s+", question)
    asking = [s for s in sentences if s.endswith("?")]
    is_long = len(question.split()) > LONG_QUESTION
    if not is_long and (not asking or sentences[0] in asking or not _stands_alone(asking)):
        return question
    if asking and not _stands_alone(asking):  # '… Who is right?': what it is about was said just before
        asking = sentences[max(0, sentences.index(asking[0]) - 1) :]
    kept = " ".join(asking or sentences[-1:])
    if is_long:
        cut = next((m for m in _ASKS.finditer(kept) if len(kept[m.end() :].split()) >= SHORTEST_CLAUSE), None)
        kept = kept[cut.end("lead") :].strip() if cut else kept
    names = dict.fromkeys(
        w.strip(".,;:!?()") for w in question.split() if _NAME_LIKE.search(w) or _DRUG_LIKE.search(w)
    )
    missing = [name for name in names if name.casefold() not in kept.casefold()]
    return f"{kept.rstrip('?. ')}{' – ' + ', '.join(missing) if missing else ''}?"


def _stands_alone(asking: Sequence[str]) -> bool:
    """Return whether the sentences that ask can be understood without those before them."""
    return not any(refers_back(sentence) for sentence in asking)


def refers_back(question: str) -> bool:
    """Return whether a question points back at what was said before it."""
    folded = fold(question)
    if _ELLIPSIS.search(folded):
        return not (folded.startswith(("why", "how")) and len(stems(question)) > FEW_WORDS)
    return bool(_PRONOUN.search(folded)) or len(stems(question)) < FEW_WORDS
