"""Lines in reading order → headings, paragraphs, legends and tables; hyphenated words mended."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Final

from index.readers.headings import is_known_heading
from index.readers.pdf_layout import CAPTION, Item, Layout, Line, Table, is_near
from index.segmenting import sentences_of

_NUMBERED: Final = re.compile(r"(?P<number>\d{1,2}(?:\.\d{1,2}){0,3})\.?\s+(?=[^\W\d_])")
_ENDED: Final = re.compile(r"[.!?:;][\"'”’)\]]*(?:\s?\[?[\d,–-]+\]?)?$")
_RUN_IN: Final = re.compile(r"(?P<name>[^\W_][^.:!?]{1,90}(?:\d\.\d[^.:!?]{1,90})?)[.:](?=\s|$)")
_RUN_IN_NUMBERED: Final = re.compile(r"(?P<name>\d{1,2}(?:\.\d{1,2}){1,3}\.?\s+[^.:!?]{2,110})[.:](?=\s|$)")
_WORD: Final = re.compile(r"[^\W\d_]+")
_LAST_PART: Final = re.compile(r"(?P<whole>[^\s(\[/]*?(?P<part>[^\W\d_]*))[-\u00ad\u2010\u2011]$")
_BULLET: Final = re.compile(r"(?:[•‣▪◦●■–-]\s+|\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})\)\s+)\S")
# A heading is no longer than this, in characters and in lines.
_LONGEST_HEADING: Final = 160
_MOST_HEADING_LINES: Final = 4
# Space between lines, in sizes of the font, that sets paragraphs apart whatever the leading is.
_WIDE: Final = 1.9
# The same, in multiples of the usual distance of lines of this size.
_WIDER: Final = 1.3
# Indentation, and shortness, in sizes of the font, that mark the first and the last line of a paragraph.
_INDENT: Final = 0.7
_SHORT: Final = 2.0
# A label of a drawing is smaller than this share of the text's size, and shorter than so many characters.
_LABEL_SIZE: Final = 0.94
_LONGEST_LABEL: Final = 40
_ENTRY_START: Final = re.compile(r"[\[(]?\d{1,3}[\]).]")

Style = tuple[float, bool, bool, bool]
"""Size, bold, italic, capitals throughout."""


class Role(Enum):
    """What a block is."""

    HEADING = auto()
    PARAGRAPH = auto()
    FIGURE = auto()
    TABLE = auto()


@dataclass(slots=True)
class Block:
    """A heading, a paragraph, a legend or a table."""

    role: Role
    lines: list[Line]
    text: str = ""
    marks: list[tuple[int, int]] = field(default_factory=list)  # offset in `text`, page that begins there
    label: str = ""  # of a legend or table: `Figure 1`
    style: Style = (0.0, False, False, False)
    run_in: int = 0  # characters of a heading that the paragraph begins with


class Mender:
    """Joins lines, and the words that were divided at their ends, by what the paper itself writes."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._words: Counter[str] = Counter()
        self._compounds: Counter[str] = Counter()
        for line in lines:
            for token in line.text.split()[:-1]:
                self._words.update(word.casefold() for word in _WORD.findall(token) if "-" not in token)
                if "-" in token:
                    self._compounds[token.strip(".,;:()[]").casefold()] += 1

    def joined(self, lines: Sequence[Line]) -> tuple[str, list[tuple[int, int]]]:
        """Return the text of the lines, and where in it each page begins."""
        text = ""
        marks: list[tuple[int, int]] = []
        for line in lines:
            words = line.text.strip()
            if text:
                text = self._mended(text, words)
            if not marks or marks[-1][1] != line.page:
                marks.append((len(text), line.page))
            text += words
        return text, marks

    def _mended(self, text: str, following: str) -> str:
        """Return `text` ready to be followed by the next line: with a space, or its last hyphen settled."""
        if text[-1] in "–—/" and text[-2:-1].strip() and (text[-1] == "—" or following[:1].isalnum()):
            return text  # a range, a dash or alternatives, broken after their sign
        match = _LAST_PART.search(text[-60:])
        if not match:
            return text + " "
        if text[-1] == "\u00ad":
            return text[:-1]
        after = re.match(r"[^\W\d_]+", following)
        before = match["part"]
        if not before or not after or not after[0][0].islower():
            return text if match["whole"] else text + " "
        second = after[0]
        left, right, both = before.casefold(), second.casefold(), (before + second).casefold()
        token = re.match(r"\S+", following)
        compound = f"{match['whole']}-{token[0] if token else second}".strip(".,;:()[]").casefold()
        if self._words[both] > self._compounds[compound]:
            return text[:-1]
        if self._compounds[compound] or "-" in match["whole"] or before.isupper():
            return text
        if self._words[left] and self._words[right] and len(left) > 2 and len(right) > 2:
            return text  # both are words of their own: "dose-dependent"
        return text[:-1]


def blocks_of(layout: Layout) -> list[Block]:
    """Return the blocks of a document in reading order.

    What interrupts a paragraph - a legend, a table, small print at the foot of a column - follows it.
    """
    blocks = _Blocks(layout, Mender(lines_of_layout(layout))).blocks()
    return [block for block in blocks if not _is_label(block, layout.body_size)]


def _is_label(block: Block, body_size: float) -> bool:
    """Return whether a paragraph is a label of a drawing: a few words in small print that end no sentence."""
    return (
        block.role is Role.PARAGRAPH
        and block.lines[0].page > 1
        and block.style[0] < _LABEL_SIZE * body_size
        and len(block.text) < _LONGEST_LABEL
        and not _ENDED.search(block.text)
        and not _ENTRY_START.match(block.text)
    )


def lines_of_layout(layout: Layout) -> Iterator[Line]:
    """Yield every line of a document."""
    for item in layout.items:
        yield from _lines_of(item)


def _lines_of(item: Item) -> list[Line]:
    """Return the lines of an item."""
    return [*item.caption, *item.rows, *item.notes] if isinstance(item, Table) else [item]


class _Blocks:
    """Takes the lines of a layout one after the other."""

    def __init__(self, layout: Layout, mender: Mender) -> None:
        self._layout = layout
        self._mender = mender
        self._items = layout.items
        self._leading = _leadings(layout.items)
        self._open: list[Line] = []
        self._waiting: list[Block] = []

    def blocks(self) -> Iterator[Block]:
        """Yield the blocks."""
        i = 0
        while i < len(self._items):
            item = self._items[i]
            if isinstance(item, Table):
                self._waiting.append(self._table(item))
                i += 1
                continue
            legend = self._legend(i)
            if legend:
                self._waiting.append(legend[0])
                i = legend[1]
                continue
            heading = self._heading(i)
            if heading:
                yield from self._finish()
                yield self._block(Role.HEADING, self._heading_lines(i, heading))
                i = heading
                continue
            aside = self._aside(i)
            if aside:
                self._waiting.append(self._block(Role.PARAGRAPH, self._line_run(i, aside)))
                i = aside
                continue
            if self._open and self._breaks(self._open[-1], item):
                yield from self._finish()
            self._open.append(item)
            i += 1
        yield from self._finish()

    def _finish(self) -> Iterator[Block]:
        """Yield the open paragraph and what has interrupted it.

        A paragraph that goes on over a page is divided before its last page where something stands between,
        so that blocks come in the order of their pages; the sentence that runs over counts to the later one.
        """
        if self._open:
            block = self._block(Role.PARAGRAPH, self._open)
            begin, last = block.marks[-1]
            before = [item for item in self._waiting if item.lines[0].page < last]
            if before:
                self._waiting = [item for item in self._waiting if item.lines[0].page >= last]
                cut = max(
                    (a for a, _ in sentences_of(block.text, 0, len(block.text)) if a <= begin), default=0
                )
                if cut:
                    head = [(place, page) for place, page in block.marks if place < cut]
                    yield replace(block, text=block.text[:cut].rstrip(), marks=head)
                yield from before
                block = replace(
                    block, text=block.text[cut:], marks=[(0, last)], run_in=0 if cut else block.run_in
                )
            yield block
        self._open = []
        yield from self._waiting
        self._waiting = []

    def _block(self, role: Role, lines: Sequence[Line], label: str = "") -> Block:
        """Return the block of some lines."""
        text, marks = self._mender.joined(lines)
        main = lines[0].main
        letters = [char for char in text if char.isalpha()]
        capitals = len(letters) > 3 and all(char.isupper() for char in letters)
        block = Block(
            role, list(lines), text, marks, label, (round(main.size, 1), main.bold, main.italic, capitals)
        )
        if role is Role.PARAGRAPH:
            block.run_in = self._run_in(block)
        return block

    def _line_run(self, start: int, stop: int) -> list[Line]:
        """Return the items of a run that are lines."""
        return [item for item in self._items[start:stop] if isinstance(item, Line)]

    def _line(self, i: int) -> Line | None:
        """Return the item at a place where it is a line."""
        item = self._items[i] if 0 <= i < len(self._items) else None
        return item if isinstance(item, Line) else None

    def _gap(self, before: Line, after: Line) -> float:
        """Return the distance of two lines of one column, in usual distances of lines of that size."""
        usual = self._leading.get(round(after.size), 1.2 * after.size)
        return (after.baseline - before.baseline) / max(usual, 1.0)

    def _is_below(self, before: Line, after: Line) -> bool:
        """Return whether a line stands below another, and not at the top of the next column."""
        return (
            before.page == after.page
            and before.baseline < after.baseline
            and min(before.right, after.right) > max(before.left, after.left)
        )

    # ------------------------------------------------------------------------------------ paragraphs

    def _breaks(self, before: Line, after: Line) -> bool:
        """Return whether a new paragraph begins with `after`."""
        if not is_near(before.size, after.size):
            return True
        ended = bool(_ENDED.search(before.text.rstrip()))
        indented = after.left - after.column_left > _INDENT * after.size
        short = before.column_right - before.right > _SHORT * before.size
        if self._is_below(before, after):
            gap = self._gap(before, after)
            if gap > _WIDER or (after.baseline - before.baseline) > _WIDE * after.size:
                return ended or not after.text[:1].islower()
            hanging = before.left - before.column_left > _INDENT * before.size
            if _BULLET.match(after.text) and (ended or short):
                return True
            return ended and ((indented and not hanging) or short)
        return ended and (indented or short or bool(_BULLET.match(after.text)))

    def _aside(self, i: int) -> int:
        """Return where the small print that begins at `i` ends, 0 where it is none.

        Only what stands between two halves of a sentence counts: notes at the foot of a column.
        """
        line = self._line(i)
        if (
            not self._open
            or line is None
            or _ENDED.search(self._open[-1].text)
            or not is_near(self._open[-1].size, self._layout.body_size)
            or line.size > self._open[-1].size * 0.94
        ):
            return 0
        stop = i + 1
        while (
            (following := self._line(stop))
            and following.size < self._open[-1].size * 0.94
            and self._is_below(line, following)
        ):
            stop += 1
        return stop

    def _run_in(self, block: Block) -> int:
        """Return the length of the heading that a paragraph begins with on its first line, 0 for none.

        It is set in another style than what follows and ends with a full stop or colon, or is numbered.
        """
        styled = 0
        for line in block.lines[:_MOST_HEADING_LINES]:
            piece = line.pieces[0]
            first = block.lines[0].pieces[0]
            if (piece.lead_bold, piece.lead_italic) != (first.lead_bold, first.lead_italic):
                break
            styled += piece.lead + 1
            if piece.lead < len(piece.text) or len(line.pieces) > 1:
                break
        else:
            return 0
        first = block.lines[0].pieces[0]
        if not (first.lead_bold and not self._layout.body_bold) and not first.lead_italic:
            return 0
        match = _RUN_IN_NUMBERED.match(block.text) or _RUN_IN.match(block.text)
        if match is None or not match["name"].lstrip("0123456789. ")[:1].isupper():
            return 0
        # The stop after the heading may already be set in the style of the text.
        if abs(match.end() - styled) > 3 or match.end() >= len(block.text):
            return 0
        return match.end()

    # -------------------------------------------------------------------------------------- headings

    def _heading(self, i: int) -> int:
        """Return where the heading that begins at `i` ends, 0 where there is none."""
        line = self._line(i)
        if line is None or not self._is_heading(line, i):
            return 0
        stop = i + 1
        while stop - i < _MOST_HEADING_LINES:
            following = self._line(stop)
            if (
                following is None
                or not self._is_below(line, following)
                or self._gap(self._line(stop - 1) or line, following) > 1.5
                or not self._same_style(line, following)
                or is_known_heading(line.text)
                or _NUMBERED.match(following.text)
            ):
                break
            stop += 1
        else:
            return 0
        text = " ".join(item.text for item in self._line_run(i, stop))
        return stop if len(text) <= _LONGEST_HEADING else 0

    def _heading_lines(self, start: int, stop: int) -> list[Line]:
        """Return the lines of a heading."""
        return self._line_run(start, stop)

    def _is_heading(self, line: Line, i: int) -> bool:
        """Return whether a line is set, or called, as headings are."""
        text = line.text.strip()
        letters = sum(char.isalpha() for char in text)
        if letters < 3 or len(text) > _LONGEST_HEADING or letters < 0.5 * len(text.replace(" ", "")):
            return False
        before, after = self._line(i - 1), self._line(i + 1)
        alone = before is None or not self._is_below(before, line) or self._gap(before, line) > 1.15
        ends = text[-1] in ".,;-" and not (text[-1] == "." and len(text) < 60 and _NUMBERED.match(text))
        continues = self._open and not _ENDED.search(self._open[-1].text) and text[0].islower()
        if continues or text[0].islower():
            return False
        if is_known_heading(text):
            short = line.right - line.left < 0.6 * max(line.column_right - line.column_left, 1)
            return short or self._stands_out(line) or alone
        if ends or not (after or alone):
            return False
        if self._stands_out(line):
            return all(self._piece_stands_out(piece.bold, piece.size) for piece in line.pieces)
        if not alone or len(text) > 100:
            return False
        italic = all(piece.italic and piece.lead >= len(piece.text) for piece in line.pieces)
        capitals = text.isupper() and letters > 5 and len(text.split()) < 12
        first = re.sub(r"^[\d.\s]+", "", text)[:1]
        following = bool(after and after.text[:1].isupper() and self._is_below(line, after))
        return (
            (italic or capitals or bool(_NUMBERED.match(text) and len(text) < 80))
            and first.isupper()
            and following
        )

    def _stands_out(self, line: Line) -> bool:
        """Return whether a whole line is bolder or larger than the text."""
        piece = line.main
        whole = piece.lead >= len(piece.text) or piece.size > 1.08 * self._layout.body_size
        return whole and self._piece_stands_out(piece.bold, piece.size)

    def _piece_stands_out(self, bold: bool, size: float) -> bool:
        """Return whether a style is bolder or larger than that of the text."""
        return (bold and not self._layout.body_bold and size > 0.85 * self._layout.body_size) or (
            size > 1.08 * self._layout.body_size
        )

    def _same_style(self, line: Line, other: Line) -> bool:
        """Return whether two lines are set alike."""
        return (
            is_near(line.size, other.size)
            and line.main.bold == other.main.bold
            and line.main.italic == other.main.italic
            and (other.main.lead >= len(other.main.text))
        )

    # --------------------------------------------------------------------------- legends and tables

    def _legend(self, i: int) -> tuple[Block, int] | None:
        """Return the legend, or the table without rules, that begins at `i`, and where it ends."""
        line = self._line(i)
        match = CAPTION.match(line.text) if line else None
        if line is None or match is None or not self._begins_legend(line, match, i):
            return None
        stop = i + 1
        is_table = match["what"].casefold() == "table"
        while following := self._line(stop):
            previous = self._line(stop - 1) or line
            if not self._is_below(line, following) or CAPTION.match(following.text):
                break
            gap = self._gap(previous, following)
            small = following.size < (1 - 0.06) * self._layout.body_size
            row = is_table and (len(following.cells) > 1 or small)
            if row and gap < 3 and not self._is_heading(following, stop):
                stop += 1
                continue
            if gap > 1.5 or not is_near(following.size, line.size):
                break
            stop += 1
        lines = self._line_run(i, stop)
        if is_table:
            head = 1
            while head < len(lines) and len(lines[head].cells) == 1 and is_near(lines[head].size, line.size):
                head += 1
            return self._table(Table(lines[:head], lines[head:], [])), stop
        return self._captioned(Role.FIGURE, lines), stop

    def _begins_legend(self, line: Line, match: re.Match[str], i: int) -> bool:
        """Return whether a line with such a label begins a legend: not `Figure 1 shows`."""
        before = self._line(i - 1)
        apart = (
            before is None
            or not self._is_below(before, line)
            or self._gap(before, line) > 1.2
            or not is_near(before.size, line.size)
            or bool(_ENDED.search(before.text))
        )
        lead = line.pieces[0]
        styled = (
            (lead.lead_bold or lead.lead_italic)
            and lead.lead < len(line.text)
            and lead.lead >= match.end("label") - 1
        )
        rest = line.text[match.end() :].strip()
        small = line.size < 0.94 * self._layout.body_size
        return apart and bool(
            (match["mark"] and not rest[:1].islower())
            or not rest
            or styled
            or lead.bold
            or (small and rest[:1].isupper())
        )

    def _captioned(self, role: Role, lines: Sequence[Line], body: str = "") -> Block:
        """Return a legend or table; its label, said by its heading, is cut off its text."""
        block = self._block(role, lines)
        match = CAPTION.match(block.text)
        if match:
            block.label = " ".join(match["label"].split())
            cut = match.end() + len(block.text[match.end() :]) - len(block.text[match.end() :].lstrip())
            block.text = block.text[cut:]
            block.marks = [(max(0, offset - cut), page) for offset, page in block.marks]
        block.text = "\n\n".join(part for part in (block.text, body) if part)
        return block

    def _table(self, table: Table) -> Block:
        """Return a table: caption, a line a row, notes."""
        rows = "\n".join(f"| {' | '.join(cell.strip() for cell in row.cells)} |" for row in table.rows)
        notes, _ = self._mender.joined(table.notes) if table.notes else ("", [])
        body = "\n\n".join(part for part in (rows, notes) if part)
        return self._captioned(Role.TABLE, table.caption, body)


def _leadings(items: Sequence[Item]) -> dict[int, float]:
    """Return the usual distance of lines, for each size of font."""
    found: dict[int, Counter[float]] = {}
    before: Line | None = None
    for item in items:
        if not isinstance(item, Line):
            before = None
            continue
        if (
            before
            and before.column == item.column
            and before.page == item.page
            and is_near(before.size, item.size)
        ):
            distance = item.baseline - before.baseline
            if 0.8 * item.size < distance < 3 * item.size:
                found.setdefault(round(item.size), Counter())[round(distance * 2) / 2] += 1
        before = item
    return {size: counts.most_common(1)[0][0] for size, counts in found.items()}


def numbering(heading: str) -> int | None:
    """Return how deep a numbered heading lies: 1 for `2. Methods`, 2 for `2.1. Cells`; None without number."""
    match = _NUMBERED.match(heading)
    return match["number"].count(".") + 1 if match else None
