"""Pieces of text on pages → lines in reading order: columns, tables and legends apart, page furniture gone."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Final

from index.papers import Kind
from index.readers.headings import kind_of
from index.readers.pdf_pages import Document, Page, Piece

CAPTION: Final = re.compile(
    r"(?P<label>(?:(?:Supplementary|Supplemental|Supporting|Extended Data|Additional)\s+)?"
    r"(?P<what>Fig(?:ure|\.)?|Table|Scheme|Chart|Box|FIG(?:URE|\.)?|TABLE|SCHEME)\s*"
    r"(?:S?\d{1,3}|[IVX]{1,5}|[A-Z]\d{1,2})[A-Za-z]?)\s*(?P<mark>[.:|—–-]+|\([Cc]ontinued\)[.:]?)?(?=\s|$)"
)
"""The label that a legend or a table begins with, and the mark after it."""

SAME_SIZE: Final = 0.06
"""Fonts whose sizes differ by a smaller share are the same size set to fit."""

# Share of a page's height, at its top and at its bottom, in which running heads and feet stand.
_MARGIN: Final = 0.12
# Rows at either end of a page that can be running heads: journal, authors, title, a rule's worth of notice.
_MOST_FURNITURE: Final = 4
# Share of a document's characters that is left when its running heads are gone.
_LEAST_LEFT: Final = 0.5
_PAGE_NUMBER: Final = re.compile(
    r"(?:page\s*)?(?:[-–—|]\s*)?(?:\d{1,5}|[ivxl]{1,6}|[eESR]\d{1,4})(?:\s*[-–—|])?(?:\s*(?:of|/)\s*\d{1,5})?",
    re.IGNORECASE,
)
_LINE_NUMBER: Final = re.compile(r"\d{1,4}")
_FEWEST_LINE_NUMBERS: Final = 5
# A piece of prose, not a cell of a table, has this many characters.
_PROSE: Final = 12
# Height, in lines, over which two columns must stand side by side to be columns.
_FEWEST_COLUMN_LINES: Final = 2.5
_MOST_COLUMNS: Final = 3
# Space, in font sizes, between the cells of a table, and between any two columns.
_CELL_GAP: Final = 1.0
_GUTTER: Final = 0.6


@dataclass(slots=True)
class Line:
    """A line of a column, or a row of a table, from left to right."""

    pieces: list[Piece]
    column_left: float = 0.0
    column_right: float = 0.0
    column: int = 0  # lines of one run down a column share it
    text: str = ""
    raised: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        right_to_left = sum(_is_leftwards(piece.text) for piece in self.pieces) * 2 > len(self.pieces)
        self.pieces.sort(key=lambda piece: piece.left, reverse=right_to_left)
        before: Piece | None = None
        for piece in self.pieces:
            if before and (right_to_left or piece.left - before.right > 0.1 * min(piece.size, before.size)):
                self.text += " "
            start = len(self.text)
            self.text += piece.text
            self.raised.extend((start + a, start + b) for a, b in piece.raised)
            if before and piece.size < 0.85 * before.size and piece.baseline < before.baseline - 1:
                self.raised.append((start, len(self.text)))
            before = piece

    @property
    def main(self) -> Piece:
        """The piece with most characters, whose style is the line's."""
        return max(self.pieces, key=lambda piece: len(piece.text))

    @property
    def page(self) -> int:
        """The page's number, from 1."""
        return self.pieces[0].page

    @property
    def left(self) -> float:
        """Where the line begins."""
        return min(piece.left for piece in self.pieces)

    @property
    def right(self) -> float:
        """Where the line ends."""
        return max(piece.right for piece in self.pieces)

    @property
    def baseline(self) -> float:
        """Distance from the top of the page."""
        return self.main.baseline

    @property
    def size(self) -> float:
        """Size of the font."""
        return self.main.size

    @property
    def cells(self) -> list[str]:
        """The texts between wide gaps."""
        cells: list[str] = []
        before: Piece | None = None
        for piece in self.pieces:
            if before and piece.left - before.right < _CELL_GAP * piece.size:
                cells[-1] += " " + piece.text
            else:
                cells.append(piece.text)
            before = piece
        return cells


@dataclass(slots=True)
class Table:
    """A table: its caption's lines, its rows, the notes below."""

    caption: list[Line]
    rows: list[Line]
    notes: list[Line]


Item = Line | Table


@dataclass(slots=True)
class Layout:
    """The lines of a document in reading order, and what it takes to understand them."""

    items: list[Item]
    heads: list[str]  # what running heads and feet say, most frequent first
    body_size: float
    body_bold: bool


def layout_of(document: Document) -> Layout:
    """Return the lines of a document in reading order, without page furniture and drawings' labels."""
    whole = [page.pieces for page in document.pages]
    heads = _take_furniture(document.pages)
    if _characters(page.pieces for page in document.pages) < _LEAST_LEFT * _characters(whole):
        heads = []  # pages that say the same are no running heads
        for page, pieces in zip(document.pages, whole, strict=True):
            page.pieces = pieces
    for page in document.pages:
        _take_line_numbers(page)
    body_size, body_bold = _body_style(document.pages)
    gutter = _usual_gutter(document.pages)
    items: list[Item] = []
    for page in document.pages:
        items.extend(_ordered(page, body_size, gutter, len(items)))
    return Layout(items, heads, body_size, body_bold)


def _characters(pages: Iterable[list[Piece]]) -> int:
    """Return how many characters the pieces have."""
    return sum(len(piece.text) for pieces in pages for piece in pieces)


def _body_style(pages: Sequence[Page]) -> tuple[float, bool]:
    """Return size and boldness of most running text; reference lists and turned pages are not counted."""
    sizes = Counter[tuple[float, bool]]()
    for page in pages:
        for piece in page.pieces if not page.turned else ():
            if sizes and kind_of(piece.text) is Kind.REFERENCE:
                return sizes.most_common(1)[0][0]
            if len(piece.text) > 2 * _PROSE:
                sizes[(round(piece.size * 2) / 2, piece.bold)] += len(piece.text)
    return sizes.most_common(1)[0][0] if sizes else (10.0, False)


def is_near(size: float, other: float) -> bool:
    """Return whether two font sizes are the same."""
    return abs(size - other) <= SAME_SIZE * max(size, other)


def _is_leftwards(text: str) -> bool:
    """Return whether text is Hebrew or Arabic."""
    return any("\u0590" <= char <= "\u08ff" or "\ufb1d" <= char <= "\ufefc" for char in text)


# ---------------------------------------------------------------------------------------- page furniture


def _take_furniture(pages: Sequence[Page]) -> list[str]:
    """Remove running heads, feet and page numbers from the pages; return what they said.

    They stand at the upper or lower edge of a page, with nothing but their like between them and the edge,
    and stand in the same place, but for their numbers, on another page; a number at the edge needs no like.
    """
    edges = [(page, list(_edge_rows(page, top))) for page in pages for top in (True, False)]
    places: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for page, rows in edges:
        for row in rows:
            for piece in row:
                places[_key(piece)].append((page.number, piece.baseline))
    said = Counter[str]()
    for page, rows in edges:
        for i, row in enumerate(rows):
            same = [
                any(
                    number != page.number and abs(baseline - piece.baseline) < piece.size
                    for number, baseline in places[_key(piece)]
                )
                or bool(_PAGE_NUMBER.fullmatch(piece.text.strip()))
                for piece in row
            ]
            if not all(same) and not (i == 0 and any(same) and _stands_apart(row, page)):
                break
            said.update(piece.text.strip() for piece in row if not _PAGE_NUMBER.fullmatch(piece.text.strip()))
            gone = {id(piece) for piece in row}
            page.pieces = [piece for piece in page.pieces if id(piece) not in gone]
    return [text for text, _ in said.most_common()]


def _stands_apart(row: list[Piece], page: Page) -> bool:
    """Return whether an outermost row fills little of the page, with space between it and the next row."""
    ids = {id(piece) for piece in row}
    distance = min(
        (abs(piece.baseline - row[0].baseline) for piece in page.pieces if id(piece) not in ids), default=1e9
    )
    width = sum(piece.right - piece.left for piece in row)
    return width < 0.6 * page.width and distance > 1.5 * max(piece.size for piece in row)


def _edge_rows(page: Page, top: bool) -> Iterator[list[Piece]]:
    """Yield the rows in a page's margin, from its edge inwards."""
    zone = [
        piece
        for piece in page.pieces
        if (piece.baseline < _MARGIN * page.height if top else piece.baseline > (1 - _MARGIN) * page.height)
    ]
    rows = list(_rows(zone))
    yield from (rows if top else rows[::-1])[:_MOST_FURNITURE]


def _key(piece: Piece) -> str:
    """Return a piece's text with its numbers made alike."""
    return re.sub(r"\d+", "#", " ".join(piece.text.split())).casefold()


def _take_line_numbers(page: Page) -> None:
    """Remove the numbers that manuscripts have beside their lines."""
    numbers = sorted(
        (piece for piece in page.pieces if _LINE_NUMBER.fullmatch(piece.text.strip())),
        key=lambda piece: piece.baseline,
    )
    by_edge: defaultdict[int, list[Piece]] = defaultdict(list)
    for piece in numbers:
        by_edge[round(piece.right / 4)].append(piece)
    for edge, column in list(by_edge.items()):
        run = sorted(column + by_edge.get(edge + 1, []), key=lambda piece: piece.baseline)
        values = [int(piece.text) for piece in run]
        steps = Counter(b - a for a, b in pairwise(values))
        if len(run) < _FEWEST_LINE_NUMBERS or not steps:
            continue
        step, times = steps.most_common(1)[0]
        outer = all(piece.right < 0.16 * page.width or piece.left > 0.9 * page.width for piece in run)
        if step in (1, 2, 5, 10) and times >= 0.8 * (len(run) - 1) and outer:
            gone = {id(piece) for piece in run}
            page.pieces = [piece for piece in page.pieces if id(piece) not in gone]


# ---------------------------------------------------------------------------------------- reading order


def _rows(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """Yield the pieces of each row, from the top down: those on one baseline, raised ones beside them."""
    row: list[Piece] = []
    for piece in sorted(pieces, key=lambda piece: (piece.baseline, piece.left)):
        if row:
            largest = max(row, key=lambda item: item.size)
            reach = 0.3 * max(largest.size, piece.size)
            if min(largest.size, piece.size) < 0.8 * max(largest.size, piece.size):
                reach *= 1.6  # raised or lowered, as a piece of its own
            if piece.baseline - largest.baseline > reach:
                yield row
                row = []
        row.append(piece)
    if row:
        yield row


def _gutter(pieces: Sequence[Piece]) -> tuple[float, float]:
    """Return where two columns divide best and over how many points of height, 0 where none do."""
    prose = [piece for piece in pieces if len(piece.text) >= _PROSE]
    if len(prose) < 2 * _FEWEST_COLUMN_LINES:
        return 0.0, 0.0
    size = median(piece.size for piece in prose)
    lefts = Counter(round(piece.left) for piece in prose)
    best = (0.0, 0.0)
    for left, _ in lefts.most_common(12):
        border = left - 1.5
        beside: tuple[set[int], set[int], set[int]] = (set(), set(), set())
        for piece in prose:
            side = _side(piece, border, size)
            beside[side].update(range(int((piece.baseline - size) / 2), int(piece.baseline / 2)))
        height = 2.0 * len((beside[0] & beside[2]) - beside[1])
        if height > best[1]:
            best = (border, height)
    return best if best[1] >= _FEWEST_COLUMN_LINES * size * 1.2 else (0.0, 0.0)


def _side(piece: Piece, border: float, size: float) -> int:
    """Return 0 for a piece left of a border, 2 for one right of it, 1 for one that crosses it."""
    if piece.left >= border - 1:
        return 2
    return 0 if piece.right <= border + 1.5 - _GUTTER * size else 1


def _usual_gutter(pages: Sequence[Page]) -> float:
    """Return where the columns of most pages divide, 0 where most pages have one column."""
    found = [_gutter(page.pieces)[0] for page in pages]
    places = Counter(round(x / 4) for x in found if x)
    if not places:
        return 0.0
    place, times = places.most_common(1)[0]
    near = [x for x in found if x and abs(round(x / 4) - place) <= 1]
    return median(near) if len(near) * 2 > len(pages) and times else 0.0


def _ordered(page: Page, body_size: float, gutter: float, column: int) -> Iterator[Item]:
    """Yield the lines of a page in reading order, its tables where their captions stand."""
    tables = list(_tables(page, body_size))
    _take_drawings(page, body_size)
    anchors = {id(table.caption[0].pieces[0]): table for table in tables}
    pieces = page.pieces + [table.caption[0].pieces[0] for table in tables]
    for line in _columns(pieces, gutter, column + 1, _MOST_COLUMNS):
        for piece in line.pieces:
            if id(piece) in anchors:
                yield anchors[id(piece)]
        rest = [piece for piece in line.pieces if id(piece) not in anchors]
        if rest:
            yield Line(rest, line.column_left, line.column_right, line.column)


def _columns(pieces: Sequence[Piece], usual: float, column: int, most: int) -> list[Line]:
    """Return the lines of an area: column after column between the lines that run across.

    `usual` is where the columns of the document divide, which a page with few lines beside each other does
    not show.
    """
    border = (_gutter(pieces)[0] or usual) if most > 1 else 0.0
    if not border:
        return _lines(pieces, column)
    size = median(piece.size for piece in pieces) if pieces else 1.0
    lines: list[Line] = []
    left: list[Piece] = []
    right: list[Piece] = []
    across: list[Piece] = []

    def finish(*, with_across: bool) -> None:
        """Append what was gathered: the columns, or the lines across."""
        if with_across:
            lines.extend(_lines(across, column + len(lines)))
            across.clear()
        else:
            for side in (left, right):
                if side:
                    lines.extend(_columns(side, 0.0, column + len(lines), most - 1))
                    side.clear()

    sides_at = [(piece, _side(piece, border, size)) for piece in pieces]
    sides = {id(piece): side for piece, side in sides_at}
    for row in _rows(pieces):
        crossing = any(sides[id(piece)] == 1 for piece in row)
        if crossing:
            finish(with_across=False)
            across.extend(row)
            continue
        finish(with_across=True)
        for piece in row:
            (left if sides[id(piece)] == 0 else right).append(piece)
    finish(with_across=True)
    finish(with_across=False)
    return lines


def _lines(pieces: Sequence[Piece], column: int) -> list[Line]:
    """Return the lines of one column from the top down."""
    lines = [Line(list(row)) for row in _rows(pieces)]
    if not lines:
        return []
    left = Counter(round(line.left) for line in lines).most_common(1)[0][0]
    right = max(line.right for line in lines)
    for line in lines:
        line.column_left, line.column_right, line.column = float(left), right, column
    return lines


# ---------------------------------------------------------------------------------------- tables, drawings


def _tables(page: Page, body_size: float) -> Iterator[Table]:
    """Take the tables between rules off a page and yield them, each with its caption.

    A table begins with a caption and ends with the last of the rules of one width below it; notes in small
    print may follow.
    """
    captions = [
        piece
        for piece in page.pieces
        if (match := CAPTION.match(piece.text)) and match["what"].casefold() == "table"
    ]
    captions.sort(key=lambda piece: piece.baseline)
    for caption in captions:
        if not any(piece is caption for piece in page.pieces):
            continue
        below = [rule for rule in page.rules if rule[2] > caption.baseline - caption.size * 2]
        first = next(
            (
                rule
                for rule in sorted(below, key=lambda rule: rule[2])
                if rule[0] - 30 <= caption.left <= rule[1] and rule[2] - caption.baseline < 12 * caption.size
            ),
            None,
        )
        if first is None:
            continue
        limit = min(
            (
                other.baseline - other.size
                for other in captions
                if other.baseline > caption.baseline + 1 and other.left < first[1] and other.right > first[0]
            ),
            default=page.height,
        )
        bottom = max(
            rule[2]
            for rule in below
            if abs(rule[0] - first[0]) < 6 and abs(rule[1] - first[1]) < 6 and rule[2] < limit
        )
        if bottom - first[2] < caption.size:
            continue
        inside = [
            piece
            for piece in page.pieces
            if piece.right > first[0] - 4
            and piece.left < first[1] + 4
            and caption.baseline - 1 <= piece.baseline
            and piece.baseline - 0.3 * piece.size < bottom
        ]
        head = [piece for piece in inside if piece.baseline <= first[2]]
        rows = [piece for piece in inside if piece.baseline > first[2]]
        if not rows:
            continue
        notes = list(_notes(page, first, bottom, body_size))
        gone = {id(piece) for piece in (*inside, *notes)}
        page.pieces = [piece for piece in page.pieces if id(piece) not in gone]
        yield Table(_lines(head or [caption], 0), _lines(rows, 0), _lines(notes, 0))


def _notes(page: Page, rule: tuple[float, float, float], bottom: float, body_size: float) -> Iterator[Piece]:
    """Yield the pieces in small print right below a table."""
    edge = bottom
    for row in _rows(
        piece
        for piece in page.pieces
        if piece.baseline - 0.3 * piece.size >= bottom and piece.right > rule[0] and piece.left < rule[1]
    ):
        size = max(piece.size for piece in row)
        small = size < (1 - SAME_SIZE) * body_size
        if not small or row[0].baseline - edge > 2 * size or CAPTION.match(row[0].text):
            return
        yield from row
        edge = row[0].baseline


def _take_drawings(page: Page, body_size: float) -> None:
    """Remove the labels within drawings: small print between a figure's legend and the text above it."""
    for caption in [piece for piece in page.pieces if CAPTION.match(piece.text)]:
        match = CAPTION.match(caption.text)
        if match is None or match["what"].casefold() == "table":
            continue
        left, right = caption.left, caption.right
        above = [
            piece
            for piece in page.pieces
            if piece.baseline < caption.baseline - 0.3 * caption.size
            and piece.left < right + 10
            and piece.right > left - 10
        ]
        text = [
            piece.baseline
            for piece in above
            if len(piece.text) > 2 * _PROSE
            and (is_near(piece.size, body_size) or piece.size > body_size or CAPTION.match(piece.text))
        ]
        floor = max(text, default=0.0)
        labels = [
            piece
            for piece in above
            if piece.baseline > floor + 1 and piece.size < body_size * (1 - SAME_SIZE) and _is_label(piece)
        ]
        gone = {id(piece) for piece in labels}
        page.pieces = [piece for piece in page.pieces if id(piece) not in gone]


def _is_label(piece: Piece) -> bool:
    """Return whether a piece is no running text: short, or not a sentence."""
    return len(piece.text) < 60 and not re.search(r"[a-z]{2,}[.;]\s|[a-z]{3,}\.$", piece.text)
