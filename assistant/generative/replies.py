"""The reply format of a language model: CLAIM and QUOTE lines.

Lines, not JSON: weak models keep to them, a reply can be read while it is being written, and a cut-off reply
loses only its last claim.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.errors import ModelError
from assistant.generative.prompting import CANNOT_ANSWER

_THINKING = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
# Weak models decorate lines: "- **Claim 1:** …", "> QUOTE 2: …", "Quote [1] (Zhu 2020): …".
_CLAIM = re.compile(r"[\W_]*claim(?:\s*\[?\d+\]?)?[\s*_]*:[\s*_]*(?P<text>.*)", re.IGNORECASE)
_QUOTE = re.compile(
    r"[\W_]*quotes?\s*(?:from\s+)?(?:passage\s*)?[\[(]*(?P<number>\d{1,3})[\])]*[^:\n\"“]{0,60}:[\s*_]*(?P<text>.*)",
    re.IGNORECASE,
)
_MARKS = re.compile(r"\s*\[\d+(?:\s*,\s*\d+)*\]")
_PAIRS = {'"': '"', "“": "”", "'": "'", "‘": "’", "«": "»", "`": "`"}


class ReplyError(ModelError):
    """A model's reply that cannot be read, even after asking again."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """What a model says stands in passage `number`; not yet looked up."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A claim as a model wrote it, with its quotes; nothing is checked yet."""

    claim: str
    quotes: tuple[Quoted, ...]


def parse(reply: str) -> tuple[Statement, ...]:
    """Return the statements of a whole reply; none where the model says that it cannot answer.

    Raises:
        ReplyError: the reply holds no claim with a quote. The message says what is wrong, for the model.
    """
    statements = _statements(reply)
    if any(statement.quotes for statement in statements):
        return statements
    if says_cannot_answer(reply):
        return ()
    if statements:
        raise ReplyError("no CLAIM line is followed by a line that begins with QUOTE and a passage number.")
    raise ReplyError("it is empty." if not reply.strip() else "no line begins with CLAIM:.")


def parse_so_far(reply: str) -> tuple[Statement, ...]:
    """Return the statements of a growing reply that are complete: all but the last, which may still grow."""
    return _statements(reply)[:-1]


def says_cannot_answer(reply: str) -> bool:
    """Return whether a line of the reply is the agreed phrase, whatever stands around it."""
    lines = _THINKING.sub("", reply).splitlines()
    return any(re.sub(r"[\W_]+", " ", line).strip().upper() == CANNOT_ANSWER for line in lines)


def _statements(reply: str) -> tuple[Statement, ...]:
    """Read the lines; a line that is neither CLAIM nor QUOTE goes on the one before it."""
    read: list[tuple[list[str], list[tuple[int, list[str]]]]] = []
    for line in _THINKING.sub("", reply).splitlines():
        if claim := _CLAIM.match(line):
            read.append(([claim["text"]], []))
        elif not read or not line.strip(" `*_-"):
            continue
        elif quote := _QUOTE.match(line):
            read[-1][1].append((int(quote["number"]), [quote["text"]]))
        else:
            _, quotes = read[-1]
            (quotes[-1][1] if quotes else read[-1][0]).append(line.strip())
    return tuple(
        Statement(
            claim=_unquoted(_MARKS.sub("", " ".join(claim))),
            quotes=tuple(
                Quoted(number, text) for number, lines in quotes if (text := _unquoted(" ".join(lines)))
            ),
        )
        for claim, quotes in read
        if " ".join(claim).strip()
    )


def _unquoted(text: str) -> str:
    """Return text without the space, emphasis and quotation marks around it."""
    text = text.strip().strip("*_").strip()
    while len(text) > 1 and _PAIRS.get(text[0]) == text[-1]:
        text = text[1:-1].strip()
    return text
