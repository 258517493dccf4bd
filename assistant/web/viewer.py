"""The viewer: a paper's text with its record, sections and references, opened at a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from assistant.web.templating import render
from index.papers import Kind, Paper, Reference, Section
from index.systems import systems_of

Run = tuple[str, bool]
"""A piece of text, and whether it is marked."""

_PARAGRAPH_BREAK = re.compile(r"\n\s*\n")


@dataclass(frozen=True, slots=True)
class Block:
    """A section as the viewer shows it: its paragraphs, or its entries, each a list of runs."""

    heading: str
    kind: Kind
    paragraphs: list[list[Run]]
    entries: list[tuple[Reference, list[Run]]]


def paper_page(paper: Paper, start: int | None = None, end: int | None = None) -> Markup:
    """Return the page of a paper with `text[start:end]` marked. Text outside its sections is left out."""
    mark = (start, end) if start is not None and end is not None else (0, 0)
    title = next((s for s in paper.sections if _text(paper, s) == paper.record.title), None)
    blocks = [_block(paper, section, mark) for section in paper.sections if section is not title]
    return render(
        "viewer.html",
        record=paper.record,
        systems=systems_of(paper),
        title=_runs(paper.text, title.start, title.end, mark) if title else [(paper.record.title, False)],
        fields=[block for block in blocks if block.kind is Kind.RECORD],
        body=[block for block in blocks if block.kind not in (Kind.RECORD, Kind.ANNOTATION)],
        lists=[block for block in blocks if block.kind is Kind.ANNOTATION],
    )


def _text(paper: Paper, section: Section) -> str:
    return " ".join(paper.text[section.start : section.end].split())


def _block(paper: Paper, section: Section, mark: tuple[int, int]) -> Block:
    entries = [r for r in paper.references if section.start <= r.start and r.end <= section.end]
    if section.kind is Kind.REFERENCE and entries:
        runs = [(entry, _runs(paper.text, entry.start, entry.end, mark)) for entry in entries]
        return Block(section.heading, section.kind, [], runs)
    paragraphs = [
        _runs(paper.text, start, end, mark)
        for start, end in _paragraphs(paper.text, section.start, section.end)
    ]
    return Block(section.heading, section.kind, paragraphs, [])


def _paragraphs(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the spans of the paragraphs of `text[start:end]`, parted by blank lines."""
    for gap in _PARAGRAPH_BREAK.finditer(text, start, end):
        if text[start : gap.start()].strip():
            yield start, gap.start()
        start = gap.end()
    if text[start:end].strip():
        yield start, end


def _runs(text: str, start: int, end: int, mark: tuple[int, int]) -> list[Run]:
    """Cut `text[start:end]` at the borders of the mark."""
    first, last = max(start, min(mark[0], end)), max(start, min(mark[1], end))
    pieces = ((text[start:first], False), (text[first:last], True), (text[last:end], False))
    return [piece for piece in pieces if piece[0]]
