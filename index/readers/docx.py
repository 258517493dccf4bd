"""Word documents (.docx), opened with python-docx.

Styles say what is what: `Title`, `Author`, `Abstract`, `Heading 1` and so on, as Word, journals' templates and Pandoc
set them. Text above the first heading, or of a document without headings, is read as plain text is. A table is a
section of its own. Footnotes, comments, text boxes, headers, footers and deleted text are left out.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from index.errors import ReadError
from index.papers import Kind, Paper
from index.readers import archive
from index.readers.composing import Composer
from index.readers.headings import is_known_heading, kind_of
from index.readers.lines import lines_of
from index.readers.plain import UNTITLED, cited, opening
from index.readers.records import TITLE, record_of

_OFFICE: Final = frozenset(
    ("[Content_Types].xml", "mimetype")
)  # in office documents and books, in no other archive
_HEADING: Final = re.compile(r"heading (\d)")
_ABSTRACT: Final = ("abstract", "abstract title")
_RECORD: Final = {
    "author": "authors",
    "authors": "authors",
    "date": "date",
}  # styles, and the fields they print
_TABLE: Final = "\ttable"  # the style of a table's block, which no paragraph can have
_LABEL: Final = re.compile(r"(?:table|figure|fig\.?)\s*\w{1,4}\b", re.IGNORECASE)
_LONGEST_TITLE: Final = 300  # characters, as in plain text

# Local names of WordprocessingML. Tracked insertions and content controls (reference managers write their citations
# and bibliographies in these) hold text that python-docx itself passes over.
_LEFT_OUT: Final = frozenset(("del", "moveFrom", "txbxContent", "pict", "drawing", "object", "Fallback"))
_SPACES: Final = frozenset(("tab", "br", "cr", "ptab"))


@dataclass(frozen=True, slots=True)
class _Block:
    """A paragraph or a table: its style's folded name, and its words."""

    style: str
    words: str

    @property
    def level(self) -> int:
        """The level of a heading, 0 for other blocks."""
        match = _HEADING.match(self.style)
        return int(match[1]) if match else 0


def recognises(data: bytes) -> bool:
    """Return whether `data` is an office document; `read` refuses those that are not Word's."""
    return archive.recognises(data) and bool(_OFFICE & archive.names(data))


def read(data: bytes, path: str) -> Paper:
    """Return the paper of a document. Raises ReadError where it is damaged, of another program, or empty."""
    blocks = [block for block in _blocks(data, path) if block.words]
    if not blocks:
        raise ReadError(f"{path} is a document without text; there is nothing to read in it.")
    composer = Composer()
    title = next((block for block in blocks if block.style == "title"), None) or _first_heading(blocks)
    if title is not None:
        composer.add(TITLE, Kind.TEXT, title.words)
        blocks.remove(title)
    for style, name in _RECORD.items():
        found = [block for block in blocks if block.style == style]
        composer.add(name, Kind.RECORD, "; ".join(block.words for block in found))
        blocks = [block for block in blocks if block not in found]
    first = next(
        (i for i, block in enumerate(blocks) if block.level or block.style in _ABSTRACT), len(blocks)
    )
    _add_opening(composer, blocks[:first])
    for heading, under in _parts(blocks[first:]):
        _add_part(composer, heading, under)
    record = record_of(composer.text, composer.sections, path)
    references = tuple(cited(composer.text, composer.sections))
    return Paper(record, composer.text, tuple(composer.sections), references)


def _blocks(data: bytes, path: str) -> list[_Block]:
    """Return the paragraphs and tables of a document in order, its size checked before it is opened."""
    from docx import Document

    with archive.opened(data, path) as members:
        if problem := archive.problem(members):
            raise ReadError(f"{path} {problem}.")
        if not any(name.startswith("word/") for name in members.namelist()):
            raise ReadError(f"{path} is an office document or a book but no Word document; save it as .docx.")
    try:
        document = Document(io.BytesIO(data))
        styles = {style.style_id: (style.name or "").casefold() for style in document.styles}
        return list(_blocks_of(document.element.body, styles))
    except (
        Exception
    ) as error:  # damage shows as errors of zipfile, lxml and python-docx, and as plain KeyErrors
        raise ReadError(f"{path} is a damaged Word document ({error}); save it again.") from error


def _blocks_of(holder: Any, styles: dict[str, str]) -> Iterator[_Block]:
    for element in holder:
        name = _local(element)
        if name == "p":
            marks = (item for part in element if _local(part) == "pPr" for item in part)
            style = next((item for item in marks if _local(item) == "pStyle"), None)
            id = next(iter(style.attrib.values()), "") if style is not None else ""
            yield _Block(styles.get(id, ""), _words(element))
        elif name == "tbl":
            yield _Block(_TABLE, "\n".join(filter(None, map(_row, _rows(element)))))
        elif name and name not in _LEFT_OUT:
            yield from _blocks_of(element, styles)


def _rows(table: Any) -> list[Any]:
    """Return the rows of a table, those of tables within its cells left to their cells."""
    return [row for row in table.iter() if _local(row) == "tr" and _above(row, "tbl") is table]


def _above(element: Any, name: str) -> Any:
    return next((item for item in element.iterancestors() if _local(item) == name), None)


def _row(row: Any) -> str:
    """Return a table row as a line, or nothing where all its cells are empty."""
    cells = [_words(cell) for cell in row.iter() if _local(cell) == "tc" and _above(cell, "tr") is row]
    return f"| {' | '.join(cells)} |" if any(cells) else ""


def _words(element: Any) -> str:
    """Return the words of a paragraph or cell, white space single."""
    return " ".join("".join(_pieces(element)).split())


def _pieces(element: Any) -> Iterator[str]:
    for item in element:
        name = _local(item)
        if name == "t":  # of text and of formulas
            yield item.text or ""
        elif name in _SPACES:
            yield " "
        elif name == "noBreakHyphen":
            yield "-"
        elif name and name not in _LEFT_OUT:
            yield from _pieces(item)
            yield " " * (name == "p")


def _local(element: Any) -> str:
    """Return the name of an element without its name space; nothing for comments."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _first_heading(blocks: list[_Block]) -> _Block | None:
    """Return the heading or short paragraph that a document without a `Title` begins with."""
    first = blocks[0]
    short = len(first.words) <= _LONGEST_TITLE and first.style != _TABLE
    return first if short and not is_known_heading(first.words) else None


def _add_opening(composer: Composer, blocks: list[_Block]) -> None:
    """Append what stands above every heading: fields of the record and text; tables after it."""
    words = "\n\n".join(block.words for block in blocks if block.style != _TABLE)
    if words:
        start = len(composer.text) + 2 * bool(composer.text)
        composer.text += ("\n\n" if composer.text else "") + words
        known = {section.heading for section in composer.sections if section.kind is Kind.RECORD}
        found = opening(composer.text, lines_of(composer.text, start))
        composer.sections += [section for section in found if section.heading not in known]
    _add_tables(composer, blocks)


def _parts(blocks: list[_Block]) -> Iterator[tuple[str, list[_Block]]]:
    """Yield the headings, each after those above it (`Methods: Patients`), with the blocks under them."""
    starts = [i for i, block in enumerate(blocks) if block.level or _begins_abstract(blocks, i)]
    above: list[_Block] = []
    for start, end in pairwise([*starts, len(blocks)]):
        block = blocks[start]
        if block.level:
            above = [*(outer for outer in above if outer.level < block.level), block]
            yield ": ".join(outer.words.rstrip(":") for outer in above), blocks[start + 1 : end]
        else:
            yield "Abstract", blocks[start + (block.style == "abstract title") : end]


def _begins_abstract(blocks: list[_Block], i: int) -> bool:
    """Return whether an abstract that is one by its style begins at block `i`."""
    return blocks[i].style in _ABSTRACT and not (i and blocks[i - 1].style in _ABSTRACT)


def _add_part(composer: Composer, heading: str, blocks: list[_Block]) -> None:
    """Append a heading and its text, a list of references or keywords, then the tables that stand in it."""
    own = heading.rpartition(": ")[2]
    texts = [block.words for block in blocks if block.style != _TABLE]
    if own.casefold() in ("keywords", "key words"):
        composer.add("keywords", Kind.RECORD, "; ".join(texts), label=f"{own}: ")
    else:
        composer.add(heading or UNTITLED, kind_of(own), "\n\n".join(texts), label=f"{own}\n\n")
    _add_tables(composer, blocks)


def _add_tables(composer: Composer, blocks: list[_Block]) -> None:
    """Append tables; one is called as the paragraph before or after it calls it: `Table 2`."""
    for i, block in enumerate(blocks):
        if block.style == _TABLE:
            beside = [other.words for other in (*blocks[max(i - 1, 0) : i], *blocks[i + 1 : i + 2])]
            label = next(filter(None, map(_LABEL.match, beside)), None)
            composer.add(label.group() if label else "Table", Kind.TEXT, block.words)
