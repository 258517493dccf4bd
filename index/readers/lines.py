"""Lines with their offsets: what every reader of a saved page works on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_LINE: Final = re.compile(r"[^\r\n]+|\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its outer white space; `text` is empty where the line is blank."""

    start: int
    end: int
    text: str


def lines_of(text: str, start: int = 0, end: int | None = None) -> list[Line]:
    """Return the lines of `text[start:end]`, blank ones too; CR, LF and CRLF end a line."""
    end = len(text) if end is None else end
    found: list[Line] = []
    open_line = False
    for match in _LINE.finditer(text, start, end):
        if match.group()[0] in "\r\n":
            if not open_line:
                found.append(Line(match.start(), match.start(), ""))
            open_line = False
        else:
            found.append(trimmed(text, *match.span()))
            open_line = True
    return found


def trimmed(text: str, start: int, end: int) -> Line:
    """Return `text[start:end]` without its outer white space."""
    inner = text[start:end]
    stripped = inner.strip()
    if not stripped:
        return Line(start, start, "")
    left = start + inner.index(stripped[0])
    return Line(left, left + len(stripped), stripped)


def blocks_of(lines: list[Line]) -> Iterator[list[Line]]:
    """Yield the runs of lines between blank lines."""
    block: list[Line] = []
    for line in lines:
        if line.text:
            block.append(line)
        elif block:
            yield block
            block = []
    if block:
        yield block
