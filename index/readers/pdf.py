"""PDF: the paper that its pages print.

PDFium gives the characters (`pdf_pages.py`), their places give lines in reading order (`pdf_layout.py`), these
give headings, paragraphs, legends and tables (`pdf_blocks.py`), and here they become a paper in the shape in
which the JATS reader gives it: title, record, abstract, sections, references.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from index.errors import ReadError
from index.papers import Kind, Paper, Reference
from index.readers.composing import Composer
from index.readers.headings import inline_heading, is_known_heading, kind_of
from index.readers.pdf_blocks import Block, Mender, Role, Style, blocks_of, lines_of_layout, numbering
from index.readers.pdf_front import Front, front_of
from index.readers.pdf_layout import Line, layout_of
from index.readers.pdf_pages import document_of
from index.readers.records import TITLE, record_of
from index.readers.references import reference_of

_HEADER: Final = b"%PDF-"
# The header may stand behind other bytes, within the first kilobyte (PDF 1.7, implementation note 13).
_HEADER_WITHIN: Final = 1024
# Fewer letters in a whole file are a stamp or a page number on scanned pages.
_FEWEST_LETTERS: Final = 10
_POINTERS: Final = re.compile(
    r"(?:electronic )?supplementary (?:material|information|data) available|publisher[’']s note|"
    r"pre-publication history|open access$|copyright\b|how to cite",
    re.IGNORECASE,
)
_ENTRY: Final = re.compile(
    r"(?P<open>[\[(]?)(?P<number>\d{1,3})(?P<close>[\]).]{0,2})(?:\s+|(?<=[\].)])(?=[A-Z]))(?=\S)"
)
_FEWEST_NUMBERED: Final = 2
# Share of a list's lines that hang, for the indentation to tell where entries begin.
_HANGING_SHARE: Final = 0.25
_HANGING: Final = 0.4  # font sizes


def recognises(data: bytes) -> bool:
    """Return whether `data` is a PDF."""
    return _HEADER in data[:_HEADER_WITHIN]


def read_pdf(data: bytes, path: str) -> Paper:
    """Return the paper of a PDF, with the offsets at which its pages begin.

    Raises ReadError where the file is encrypted, damaged, without text, or over the bounds of `pdf_pages`.
    """
    document = document_of(data, path)
    letters = sum(sum(map(str.isalpha, piece.text)) for page in document.pages for piece in page.pieces)
    if letters < _FEWEST_LETTERS:
        raise ReadError(f"{path} has no text layer; run OCR first and add the result.")
    layout = layout_of(document)
    blocks = blocks_of(layout)
    front = front_of(blocks, layout, document, data)
    writer = _Writer(Mender(lines_of_layout(layout)))
    writer.write_front(front)
    writer.write_body(front.body)
    composer = writer.composer
    if all(section.kind is not Kind.TEXT or section.heading == TITLE for section in composer.sections):
        writer.write_plainly(blocks)
    record = record_of(composer.text, composer.sections, path)
    return Paper(
        record,
        composer.text,
        tuple(composer.sections),
        tuple(writer.references),
        pages=tuple(writer.pages(document.length)),
    )


@dataclass(slots=True)
class _Writer:
    """Writes blocks into a paper's text."""

    mender: Mender
    composer: Composer = field(default_factory=Composer)
    references: list[Reference] = field(default_factory=list)
    _begins: dict[int, int] = field(default_factory=dict)  # page → first offset in the text
    _headings: list[str] = field(default_factory=list)  # those that the text stands under
    _run_in: str = ""  # a heading that a paragraph began with, below the others
    _said: str = ""  # the heading that was printed last
    _gathered: list[Block] = field(default_factory=list)

    def pages(self, length: int) -> list[int]:
        """Return the offset at which each page begins; a page without text begins where the next one does."""
        offsets = [0] * length
        following = len(self.composer.text)
        for page in range(length, 1, -1):
            following = min(following, self._begins.get(page, following))
            offsets[page - 1] = following
        return offsets

    def write_front(self, front: Front) -> None:
        """Append title, record and abstract."""
        self.composer.add_record(front.title, front.fields)
        self._write_abstract(front.abstract)

    def write_plainly(self, blocks: Sequence[Block]) -> None:
        """Append all blocks under one heading: those of a form, a leaflet or a slide."""
        self._add("Text", blocks)

    def _write_abstract(self, blocks: Sequence[Block]) -> None:
        """Append the abstract, in parts where its paragraphs begin with the names of parts."""
        named = [inline_heading(block.text) for block in blocks]
        parts = sum(1 for item in named if item) > 1 or any(block.role is Role.HEADING for block in blocks)
        heading, label = "Abstract", "Abstract\n\n"
        gathered: list[Block] = []
        for block, inline in zip(blocks, named, strict=True):
            if parts and (block.role is Role.HEADING or inline):
                self._add(heading, gathered, label)
                gathered = []
                name = block.text.rstrip(" .:") if inline is None else inline[0]
                heading, label = f"Abstract: {name}", f"{name}\n\n"
                if inline:
                    gathered.append(_without_start(block, inline[1]))
            else:
                gathered.append(block)
        self._add(heading, gathered, label)

    def write_body(self, blocks: Sequence[Block]) -> None:
        """Append the sections, the legends and tables among them, and the references."""
        top = _top_styles(blocks)
        i = 0
        while i < len(blocks):
            block = blocks[i]
            if block.role is Role.HEADING:
                self._flush()
                if kind_of(block.text) is Kind.REFERENCE:
                    i = self._write_references(blocks, i)
                    continue
                self._enter(block, top)
            elif block.role is Role.PARAGRAPH:
                if block.run_in:
                    self._flush()
                    self._enter_run_in(block)
                    block = _without_start(block, block.run_in)
                self._gathered.append(block)
            else:
                self._flush()
                self._add(block.label, [block], f"{block.label}\n\n")
            i += 1
        self._flush()

    def _flush(self) -> None:
        """Append the paragraphs that stand under one heading."""
        path = [*self._headings, self._run_in] if self._run_in else self._headings
        heading = ": ".join(path) or "Text"
        label = f"{path[-1]}\n\n" if path and heading != self._said else ""
        if self._gathered and not _POINTERS.match(heading):
            self._add(heading, self._gathered, label)
            self._said = heading
        self._gathered = []

    def _enter(self, block: Block, top: set[Style]) -> None:
        """Go on under another heading."""
        depth = numbering(block.text)
        if depth is None:
            first = block.style in top or (is_known_heading(block.text) and block.style[0] >= _least(top))
            depth = 1 if first else 2
        self._headings = [*self._headings[: depth - 1], _name(block.text)]
        self._run_in = ""

    def _enter_run_in(self, block: Block) -> None:
        """Go on under the heading that a paragraph begins with."""
        name = _name(block.text[: block.run_in])
        depth = numbering(name)
        if depth:
            self._headings = [*self._headings[: depth - 1], name]
            self._run_in = ""
        else:
            self._run_in = name

    def _add(self, heading: str, blocks: Sequence[Block], label: str = "") -> None:
        """Append a section of these blocks and note where pages begin."""
        blocks = [block for block in blocks if block.text.strip()]
        body = "\n\n".join(block.text for block in blocks)
        section = self.composer.add(heading, Kind.TEXT, body, label=label)
        if section is None:
            return
        offset = section.start
        for block in blocks:
            for place, page in block.marks:
                self._note(page, offset + place)
            offset += len(block.text) + 2

    def _note(self, page: int, offset: int) -> None:
        """Remember where a page begins; its earliest text counts."""
        self._begins[page] = min(offset, self._begins.get(page, offset))

    # ------------------------------------------------------------------------------------ references

    def _write_references(self, blocks: Sequence[Block], start: int) -> int:
        """Append the reference list under the heading at `start`; return where it ends."""
        style = blocks[start].style
        stop = start + 1
        lines: list[Line] = []
        floats: list[Block] = []
        while stop < len(blocks):
            block = blocks[stop]
            if block.role is Role.HEADING and (block.style == style or is_known_heading(block.text)):
                break
            if block.role in (Role.HEADING, Role.PARAGRAPH):
                lines.extend(block.lines)
            else:
                floats.append(block)
            stop += 1
        for number, entry in _entries(lines):
            text, marks = self.mender.joined(entry)
            section = self.composer.add("References", Kind.REFERENCE, text[number:], label=text[:number])
            if section is None:
                continue
            for place, page in marks:
                self._note(page, section.start + max(0, place - number))
            self.references.append(reference_of(self.composer.text, section.start, section.end))
        self._headings, self._run_in = [], ""
        for block in floats:
            self._add(block.label, [block], f"{block.label}\n\n")
        return stop


def _name(printed: str) -> str:
    """Return a heading without its outer marks."""
    return " ".join(printed.split()).rstrip(".: ")


def _without_start(block: Block, length: int) -> Block:
    """Return a paragraph without its first characters."""
    cut = length + len(block.text[length:]) - len(block.text[length:].lstrip())
    marks = [(max(0, place - cut), page) for place, page in block.marks]
    return Block(block.role, block.lines, block.text[cut:], marks, block.label, block.style)


def _top_styles(blocks: Sequence[Block]) -> set[Style]:
    """Return how the headings of the first level are set: as those that every paper has."""
    headings = [block for block in blocks if block.role is Role.HEADING]
    known = [block for block in headings if is_known_heading(block.text)]
    if not known:
        return {block.style for block in headings[:1]}
    largest = max(block.style[0] for block in known)
    return {block.style for block in known if block.style[0] >= 0.94 * largest}


def _least(styles: set[Style]) -> float:
    """Return the smallest font of some styles."""
    return min((style[0] for style in styles), default=0.0)


def _entries(lines: Sequence[Line]) -> Iterator[tuple[int, list[Line]]]:
    """Yield the lines of each entry of a reference list, and the length of the number that it begins with.

    Entries are told by numbers that count up, else by hanging indents, else by lines that end a sentence
    short of the margin.
    """
    starts = _numbered(lines)
    if len(starts) < _FEWEST_NUMBERED:
        starts = dict.fromkeys(_hanging(lines) or _sentences(lines), 0)
    places = sorted(starts)
    for place, following in zip(places, [*places[1:], len(lines)], strict=True):
        yield starts[place], list(lines[place:following])


def _numbered(lines: Sequence[Line]) -> dict[int, int]:
    """Return the places of the lines that begin with the next number, and how long the number is."""
    starts: dict[int, int] = {}
    expected = 0
    shape: tuple[str, str] | None = None
    for i, line in enumerate(lines):
        match = _ENTRY.match(line.text)
        if not match:
            continue
        number = int(match["number"])
        first = shape is None and number <= 1
        next_one = (match["open"], match["close"]) == shape and expected <= number <= expected + 1
        if first or next_one:
            shape = (match["open"], match["close"])
            starts[i] = match.end()
            expected = number + 1
    return starts


def _hanging(lines: Sequence[Line]) -> list[int]:
    """Return the places of the lines that stand out to the left of those below them."""
    edges: dict[tuple[int, int], float] = {}
    for line in lines:
        key = (line.page, line.column)
        edges[key] = min(edges.get(key, line.left), line.left)
    out = [
        i
        for i, line in enumerate(lines)
        if line.left - edges[(line.page, line.column)] < _HANGING * line.size
    ]
    return out if len(lines) * (1 - _HANGING_SHARE) >= len(out) else []


def _sentences(lines: Sequence[Line]) -> list[int]:
    """Return the places of the lines that follow the short last line of an entry, or a gap."""
    starts = [0] if lines else []
    for i, (before, line) in enumerate(pairwise(lines), start=1):
        ended = before.text.rstrip().endswith((".", "/")) or bool(re.search(r"\d$", before.text.rstrip()))
        short = before.column_right - before.right > 2 * before.size
        apart = line.page == before.page and line.baseline - before.baseline > 1.5 * line.size
        if ended and (short or apart):
            starts.append(i)
    return starts
