"""A PDF's pages as pieces of text with their boxes and fonts; what PDFium finds, put upright, and nothing else.

Coordinates are points (1/72 inch) from the upper left corner of the upright page.
"""

from __future__ import annotations

import ctypes
import re
import threading
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import hypot, pi
from typing import TYPE_CHECKING, Any, Final

from index.errors import ReadError

if TYPE_CHECKING:
    import pypdfium2

MOST_PAGES: Final = 1_000
"""Pages that a file may have: theses have fewer, proceedings and books are not one paper."""

MOST_CHARACTERS: Final = 5_000_000
"""Characters that a file may have: five thousand, a full page of small print, on each of `MOST_PAGES`."""

MOST_SECONDS: Final = 120.0
"""Seconds for one file, looked at after each page: `MOST_PAGES` pages take half of them on a slow machine."""

# PDFium keeps global state and is not safe to enter from two threads at once.
_PDFIUM: Final = threading.Lock()
# Paths looked at for rules; drawings have far more, and no tables among them.
_MOST_OBJECTS: Final = 5_000
# Accents looked at on a page; each costs a look at every character.
_MOST_ACCENTS: Final = 500
_THICKEST_RULE: Final = 2.5  # points; what is thicker is a bar
_SHORTEST_RULE: Final = 8.0  # points; what is shorter is a tick or a minus sign
# Longest gap, in font sizes, between two characters of one piece: wide spaces of justified lines are
# narrower, gutters and the gaps between cells are wider.
_WIDEST_SPACE: Final = 1.0
# Gap, in font sizes, that reads as a space where the file has none.
_NARROWEST_SPACE: Final = 0.17
# A character this much smaller than its line, and off its baseline, is raised or lowered.
_SMALL: Final = 0.85
_BOLD_WEIGHT: Final = 600
_BOLD_NAME: Final = re.compile(r"bold|black|heavy|semib|demi|\bmedi|-B$|BX\d|CMB|\.B\+?$", re.IGNORECASE)
_ITALIC_NAME: Final = re.compile(r"ital|obli|-It\b|-I$|CMTI|CMSL|\.I\+?$", re.IGNORECASE)
_LIGATURES: Final = {
    "ﬀ": "ff",
    "ﬁ": "fi",
    "ﬂ": "fl",
    "ﬃ": "ffi",
    "ﬄ": "ffl",
    "ﬅ": "st",
    "ﬆ": "st",
    "\x02": "-",  # PDFium's marks for a hyphen at a line's end
    "\ufffe": "-",
    "\u00a0": " ",
}
# Accents that stand as characters of their own over a letter, and the marks that join with it.
_ACCENTS: Final = {
    "´": "\u0301",
    "`": "\u0300",
    "¨": "\u0308",
    "ˆ": "\u0302",
    "˜": "\u0303",
    "ˇ": "\u030c",
    "˘": "\u0306",
    "˚": "\u030a",
    "¸": "\u0327",
    "˛": "\u0328",
    "˝": "\u030b",
    "˙": "\u0307",
    "¯": "\u0304",
}
_SPACES: Final = frozenset(" \t\r\n\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u3000")


@dataclass(slots=True)
class Piece:
    """Characters that stand side by side on one baseline, with raised and lowered ones among them."""

    text: str
    page: int  # from 1
    left: float
    right: float
    baseline: float  # downwards from the top of the page
    size: float  # of the font, in points
    bold: bool
    italic: bool
    lead: int  # characters at the start that are set in the style of the first one
    lead_bold: bool
    lead_italic: bool
    raised: tuple[tuple[int, int], ...] = ()  # spans of raised characters


@dataclass(slots=True)
class Page:
    """The pieces and the horizontal rules of an upright page."""

    number: int  # from 1
    width: float
    height: float
    pieces: list[Piece]
    rules: list[tuple[float, float, float]]  # left, right, distance from the top
    turned: bool  # text ran in another direction than from left to right


@dataclass(slots=True)
class Document:
    """All that is read of a PDF before its layout is understood."""

    pages: list[Page]
    information: dict[str, str]  # title, author, subject, keywords as the document information has them
    length: int  # pages of the file; damaged ones are not among `pages`


@dataclass(slots=True)
class _Glyph:
    """One character on an upright page."""

    char: str
    left: float
    right: float
    baseline: float
    size: float
    bold: bool
    italic: bool
    angle: int  # quarter turns
    spaced: bool  # white space stands before it

    @property
    def leftwards(self) -> bool:
        """Return whether the character belongs to a script that is written from right to left."""
        return unicodedata.bidirectional(self.char[0]) in ("R", "AL", "NSM")


def _accented(glyphs: list[_Glyph]) -> list[_Glyph]:
    """Return the characters with each accent joined to the letter over or under which it is drawn."""
    accents = [i for i, glyph in enumerate(glyphs) if glyph.char in _ACCENTS]
    gone: set[int] = set()
    for i in accents[:_MOST_ACCENTS]:
        accent = glyphs[i]
        middle = (accent.left + accent.right) / 2
        near = [
            (abs((glyph.left + glyph.right) / 2 - middle), j)
            for j, glyph in enumerate(glyphs)
            if glyph.char.isalpha()
            and glyph.left - 0.1 * glyph.size < middle < glyph.right + 0.1 * glyph.size
            and abs(glyph.baseline - accent.baseline) < 0.5 * glyph.size
        ]
        if not near:
            continue
        letter = glyphs[min(near)[1]]
        joined = unicodedata.normalize("NFC", letter.char.replace("ı", "i") + _ACCENTS[accent.char])
        if len(joined) == 1:
            letter.char = joined
            if i + 1 < len(glyphs):
                glyphs[i + 1].spaced = accent.spaced
            gone.add(i)
    return [glyph for i, glyph in enumerate(glyphs) if i not in gone]


def _gap(before: _Glyph, after: _Glyph) -> float:
    """Return the space between two neighbours on a line."""
    return before.left - after.right if after.leftwards else after.left - before.right


@dataclass(slots=True)
class _Open:
    """A piece that still grows."""

    glyphs: list[_Glyph] = field(default_factory=list)
    baseline: float = 0.0
    size: float = 0.0

    def takes(self, glyph: _Glyph) -> bool:
        """Return whether the character stands on this piece's line, right after it or close to it."""
        last = self.glyphs[-1]
        size = max(self.size, glyph.size)
        if (glyph.left, glyph.right, glyph.baseline) == (last.left, last.right, last.baseline):
            return True  # two letters of one ligature
        gap = _gap(last, glyph)
        if not -0.6 * size < gap < _WIDEST_SPACE * size:
            return False
        if glyph.left < last.left - 0.3 * size and not glyph.leftwards:
            return False
        off = abs(glyph.baseline - self.baseline)
        if off < 0.15 * size:
            return True
        raised = min(glyph.size, self.size) < _SMALL * size or min(glyph.size, last.size) < _SMALL * size
        return off < 0.65 * size and gap < 0.5 * size and raised

    def add(self, glyph: _Glyph) -> None:
        """Append a character; the baseline is that of the largest ones."""
        self.glyphs.append(glyph)
        if glyph.size > self.size * 1.05:
            self.size, self.baseline = glyph.size, glyph.baseline


def document_of(data: bytes, path: str) -> Document:
    """Return the pages of a PDF.

    Raises ReadError where it is encrypted, damaged or without pages, where it has more than `MOST_PAGES` pages
    or `MOST_CHARACTERS` characters, and where reading takes longer than `MOST_SECONDS`.
    """
    import pypdfium2

    deadline = time.monotonic() + MOST_SECONDS
    with _PDFIUM:
        try:
            file = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            raise _refused(error, path) from error
        try:
            length = len(file)
            if length == 0:
                raise ReadError(f"{path} has no pages; download it again.")
            if length > MOST_PAGES:
                raise ReadError(
                    f"{path} has {length:,} pages and at most {MOST_PAGES:,} are read; add the part you need alone."
                )
            pages = list(_pages(file, path, deadline))
            information = {key.lower(): value for key, value in file.get_metadata_dict().items()}
        finally:
            file.close()
    return Document(pages, information, length)


def _refused(error: Exception, path: str) -> ReadError:
    """Return the error for a file that PDFium does not open."""
    import pypdfium2.raw as raw

    if getattr(error, "err_code", None) == raw.FPDF_ERR_PASSWORD:
        return ReadError(f"{path} is encrypted with a password; save a copy without one and add that.")
    if getattr(error, "err_code", None) == raw.FPDF_ERR_SECURITY:
        return ReadError(f"{path} is encrypted in a way that cannot be read; save a copy without encryption.")
    return ReadError(f"{path} is damaged and cannot be read as a PDF; download it again.")


def _pages(file: pypdfium2.PdfDocument, path: str, deadline: float) -> Iterator[Page]:
    """Yield the pages that can be loaded, within the bounds of this module."""
    import pypdfium2

    characters = 0
    for index in range(len(file)):
        if time.monotonic() > deadline:
            raise ReadError(
                f"{path} takes longer than {MOST_SECONDS:.0f} seconds to read; save its text and add that."
            )
        try:
            page = _page(file, index)
        except pypdfium2.PdfiumError:
            continue  # a page that is damaged; the others may be whole
        characters += sum(len(piece.text) for piece in page.pieces)
        if characters > MOST_CHARACTERS:
            raise ReadError(
                f"{path} has more than {MOST_CHARACTERS:,} characters; add the part you need alone."
            )
        yield page


def _page(file: pypdfium2.PdfDocument, index: int) -> Page:
    """Return one page, upright."""
    page = file[index]
    try:
        words = page.get_textpage()
        try:
            box = page.get_bbox()
            glyphs = list(_glyphs(words, box))
        finally:
            words.close()
        turned = Counter(glyph.angle for glyph in glyphs).most_common(1)
        quarter = turned[0][0] if turned else 0
        left, bottom, right, top = box
        width, height = right - left, top - bottom
        rules = list(_rules(page, box, quarter))
        if quarter:
            glyphs = list(_glyphs_turned(glyphs, quarter, width, height))
        if quarter % 2:
            width, height = height, width
        upright = _accented([glyph for glyph in glyphs if glyph.angle == quarter])
        pieces = [_closed(piece, index + 1) for piece in _pieces(upright)]
        pieces = [piece for piece in pieces if piece.text.strip()]
        return Page(index + 1, width, height, pieces, rules, turned=bool(quarter))
    finally:
        page.close()


def _glyphs(words: Any, box: tuple[float, float, float, float]) -> Iterator[_Glyph]:
    """Yield the characters of a page in the order in which it draws them."""
    import pypdfium2.raw as raw

    loose, matrix = raw.FS_RECTF(), raw.FS_MATRIX()
    x, y, flags = ctypes.c_double(), ctypes.c_double(), ctypes.c_int()
    name = ctypes.create_string_buffer(128)
    left, bottom, right, top = box
    styles: dict[int | None, tuple[float, bool, bool]] = {}
    spaced, first_half = False, 0
    for index in range(min(words.count_chars(), MOST_CHARACTERS)):
        code = raw.FPDFText_GetUnicode(words, index)
        if 0xD800 <= code < 0xDC00:  # PDFium counts UTF-16 units: the second half follows
            first_half = code
            continue
        if 0xDC00 <= code < 0xE000:
            code = 0x10000 + ((first_half - 0xD800) << 10) + code - 0xDC00 if first_half else 0
            first_half = 0
        char = _plain(chr(code)) if 0 < code < 0x110000 else " "
        if char in _SPACES or (ord(char[0]) < 32):
            spaced = True
            continue
        raw.FPDFText_GetLooseCharBox(words, index, loose)
        raw.FPDFText_GetCharOrigin(words, index, x, y)
        key = ctypes.cast(raw.FPDFText_GetTextObject(words, index), ctypes.c_void_p).value
        style = styles.get(key)
        if style is None:
            raw.FPDFText_GetMatrix(words, index, matrix)
            scale = hypot(matrix.c, matrix.d) or 1.0
            size = raw.FPDFText_GetFontSize(words, index) * scale
            raw.FPDFText_GetFontInfo(words, index, name, len(name), flags)
            font = name.value.decode("utf-8", "replace").rpartition("+")[2]
            bold = bool(_BOLD_NAME.search(font) or raw.FPDFText_GetFontWeight(words, index) >= _BOLD_WEIGHT)
            italic = bool(_ITALIC_NAME.search(font) or flags.value & 64)  # bit 7 of a font's flags: italic
            styles[key] = style = (size or 1.0, bold, italic)
        angle = round(raw.FPDFText_GetCharAngle(words, index) / (pi / 2)) % 4
        if loose.right < left or loose.left > right or y.value < bottom or y.value > top:
            spaced = True  # outside the page: printers' marks
            continue
        if angle == 0:
            placed = (loose.left - left, loose.right - left, top - y.value)
        else:  # turned upright once the page's direction is known
            extent = loose.top - loose.bottom if angle % 2 else loose.right - loose.left
            placed = (x.value - left, y.value - bottom, extent)
        yield _Glyph(char, *placed, *style, angle, spaced)
        spaced = False


def _plain(char: str) -> str:
    """Return a character as it is written: ligatures taken apart, letters of formulas as letters."""
    if "\U0001d400" <= char <= "\U0001d7ff":  # mathematical alphanumeric symbols
        return unicodedata.normalize("NFKC", char)
    return _LIGATURES.get(char, char)


def _glyphs_turned(glyphs: list[_Glyph], quarter: int, width: float, height: float) -> Iterator[_Glyph]:
    """Yield the characters of a page whose text runs in another direction, on a page turned upright."""
    for glyph in glyphs:
        if glyph.angle != quarter:
            continue
        x, y, extent = glyph.left, glyph.right, glyph.baseline
        across, down = _turned(x, y, quarter, width, height)
        yield replace(glyph, left=across, right=across + extent, baseline=down)


def _turned(x: float, y: float, quarter: int, width: float, height: float) -> tuple[float, float]:
    """Return where a point of a page stands after it was turned, from the left and from the top.

    PDFium's angles run clockwise: after one quarter, text reads from the top to the bottom of the page.
    """
    return {0: (x, height - y), 1: (height - y, width - x), 2: (width - x, y), 3: (y, x)}[quarter]


def _rules(
    page: Any, box: tuple[float, float, float, float], quarter: int
) -> Iterator[tuple[float, float, float]]:
    """Yield the horizontal lines of a page, those that touch joined into one."""
    import pypdfium2.raw as raw

    a, b, c, d = (ctypes.c_float() for _ in range(4))
    found: list[tuple[float, float, float]] = []
    for index in range(min(raw.FPDFPage_CountObjects(page), _MOST_OBJECTS)):
        item = raw.FPDFPage_GetObject(page, index)
        if raw.FPDFPageObj_GetType(item) == raw.FPDF_PAGEOBJ_PATH and raw.FPDFPageObj_GetBounds(
            item, a, b, c, d
        ):
            corners = [
                _turned(x - box[0], y - box[1], quarter, box[2] - box[0], box[3] - box[1])
                for x, y in ((a.value, b.value), (c.value, d.value))
            ]
            (left, right), (above, below) = (sorted(values) for values in zip(*corners, strict=True))
            if below - above < _THICKEST_RULE and right - left > _SHORTEST_RULE:
                found.append((left, right, (above + below) / 2))
    found.sort(key=lambda rule: (round(rule[2]), rule[0]))
    joined: tuple[float, float, float] | None = None
    for rule in found:
        if joined and abs(rule[2] - joined[2]) < 1.5 and rule[0] - joined[1] < 12:
            joined = (joined[0], max(joined[1], rule[1]), joined[2])
            continue
        if joined:
            yield joined
        joined = rule
    if joined:
        yield joined


def _pieces(glyphs: list[_Glyph]) -> Iterator[_Open]:
    """Yield the pieces of a page in the order in which it draws them."""
    piece = _Open()
    for glyph in glyphs:
        if piece.glyphs and not piece.takes(glyph):
            yield piece
            piece = _Open()
        piece.add(glyph)
    if piece.glyphs:
        yield piece


def _closed(piece: _Open, page: int) -> Piece:
    """Return a piece as it is handed on."""
    glyphs = piece.glyphs
    text = ""
    raised: list[tuple[int, int]] = []
    styles: list[tuple[bool, bool]] = []
    ends: list[int] = []  # where each glyph's characters end in the text
    before: _Glyph | None = None
    for glyph in glyphs:
        gap = _gap(before, glyph) if before else 0.0
        if before and (glyph.spaced or gap > _NARROWEST_SPACE * piece.size) and gap > -0.2 * piece.size:
            text += " "
        start = len(text)
        is_raised = glyph.size < _SMALL * piece.size and piece.baseline - glyph.baseline > 0.15 * piece.size
        text += "°" if is_raised and glyph.char in "∘◦" else glyph.char
        styles.append((glyph.bold, glyph.italic))
        ends.append(len(text))
        if is_raised:
            raised.append((start, len(text)))
        before = glyph
    lead = 0
    for style in styles:
        if style != styles[0]:
            break
        lead += 1
    main = Counter(styles).most_common(1)[0][0]
    return Piece(
        text=text,
        page=page,
        left=min(glyph.left for glyph in glyphs),
        right=max(glyph.right for glyph in glyphs),
        baseline=piece.baseline,
        size=piece.size,
        bold=main[0],
        italic=main[1],
        lead=ends[lead - 1],
        lead_bold=styles[0][0],
        lead_italic=styles[0][1],
        raised=tuple(raised),
    )
