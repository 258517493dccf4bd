"""BibTeX (also BibLaTeX): bibtexparser takes the file apart, pylatexenc turns LaTeX into characters."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Final

from index.errors import ReadError
from index.papers import Paper
from index.readers.exported import Exported, one_line, paper_of, parts_of
from index.readers.fields import DOI
from index.readers.works import licence_of, type_of

if TYPE_CHECKING:
    from bibtexparser.model import Block, Entry

_FIRST: Final = re.compile(r"(?:[\ufeff\s]|%[^\n]*\n)*@\w+\s*[{(]")
_ENTRY: Final = re.compile(
    r"^\s*@(?!comment|string|preamble)\w+\s*[{(][^,={}()\"]*,", re.IGNORECASE | re.MULTILINE
)
_LATEX: Final = re.compile(r"[\\{}$~]|--|``|''")
_DEEPEST: Final = 30  # braces within braces; names and titles have three or four
_PERCENT: Final = re.compile(r"(?<!\\)%")
_PMCID: Final = re.compile(r"(?:PMC)?(\d+)", re.IGNORECASE)
_OTHERS: Final = "others"


def recognises(text: str) -> bool:
    """Return whether `text` begins with a BibTeX block, comments aside, and has an entry."""
    return _FIRST.match(text) is not None and _ENTRY.search(text) is not None


def read_records(text: str, path: str) -> Iterator[Paper | ReadError]:
    """Yield each entry's paper, or the error that says why it has none."""
    from bibtexparser.model import Entry, ParsingFailedBlock

    for block in _blocks(text.removeprefix("\ufeff")):
        place = f"The entry at line {(block.start_line or 0) + 1} of {path}"
        try:
            if isinstance(block, Entry):
                yield paper_of(_exported(block), path)
            elif isinstance(block, ParsingFailedBlock):
                yield ReadError(f"{place} is not BibTeX ({one_line(str(block.error))}); correct that entry.")
        except ReadError as error:
            yield ReadError(f"{place} is not a paper ({error}); correct that entry.")


def _blocks(text: str) -> list[Block]:
    """Return entries and errors; two entries of one key, or a field twice, spoil nothing."""
    from bibtexparser.library import Library
    from bibtexparser.middlewares.parsestack import default_parse_stack
    from bibtexparser.model import DuplicateBlockKeyBlock, DuplicateFieldKeyBlock, Entry
    from bibtexparser.splitter import Splitter

    logging.getLogger("bibtexparser").setLevel(logging.ERROR)  # what it warns of is reported by the reader
    blocks: list[Block] = []
    for number, block in enumerate(Splitter(text).split().blocks):
        if isinstance(block, DuplicateBlockKeyBlock | DuplicateFieldKeyBlock):
            inner = block.ignore_error_block
            if not isinstance(inner, Entry):
                continue  # of two definitions of an abbreviation the first counts
            block = inner
        if isinstance(block, Entry):
            block.key = str(number)
        blocks.append(block)
    library = Library(blocks)
    for step in default_parse_stack():
        library = step.transform(library)
    return library.blocks


def _exported(entry: Entry) -> Exported:
    """Return what an entry says."""
    fields: dict[str, str] = {}
    for field in entry.fields:
        fields.setdefault(field.key.casefold(), str(field.value))

    def one(*keys: str) -> str:
        return next((words for key in keys if (words := _plain(fields.get(key, "")).strip())), "")

    title, subtitle, url = one("title"), one("subtitle"), fields.get("url", "").strip("{}")
    doi = DOI.search(one("doi", "article-doi")) or DOI.search(url)
    pmcid = _PMCID.search(one("pmcid", "pmc"))
    keywords = one("keywords", "keyword")
    return Exported(
        title=f"{title}: {subtitle}" if subtitle else title,
        authors=(*_authors(fields.get("author", "")), one("corporate")),
        date=" ".join([one("year", "date"), one("month").capitalize(), one("day")])
        if fields.get("year")
        else one("date"),
        journal=one("journal", "journaltitle", "booktitle"),
        volume=one("volume"),
        issue=one("number", "issue"),
        pages=one("pages", "eid", "article-number").replace("–", "-"),
        doi=doi.group() if doi else "",
        pmid=one("pmid"),
        pmcid=f"PMC{pmcid[1]}" if pmcid else "",
        url=url,
        keywords=tuple(re.split(";" if ";" in keywords else ",", keywords)),
        abstract=parts_of(one("abstract")),
        type=type_of(re.split(r",\s*", one("type", "pubtype", "entrysubtype")))
        or type_of([entry.entry_type]),
        licence=licence_of(one("license", "licence", "copyright", "rights")),
    )


def _authors(printed: str) -> Iterator[str]:
    """Yield the authors, given name first and without `Jr`; a group in braces is one name."""
    from bibtexparser.middlewares import names

    for name in names.split_multiple_persons_names(printed):
        if name.strip() != _OTHERS:
            parts = names.parse_single_name_into_parts(name, strict=False)
            yield _plain(" ".join([*parts.first, *parts.von, *parts.last]))


def _plain(value: str) -> str:
    """Return a value with LaTeX's commands as characters; a per cent sign starts no comment here."""
    if not _LATEX.search(value) or _depth(value) > _DEEPEST:
        return value
    return _decoder()(_PERCENT.sub(r"\\%", value)).replace("\N{NO-BREAK SPACE}", " ")


def _depth(value: str) -> int:
    """Return how deep braces are nested."""
    depth = deepest = 0
    for char in value:
        depth += (char == "{") - (char == "}")
        deepest = max(deepest, depth)
    return deepest


@cache
def _decoder() -> Callable[[str], str]:
    """Return what turns LaTeX into text, formulas too: `$\\alpha$` is `α`."""
    from pylatexenc.latex2text import LatexNodes2Text

    decode: Callable[[str], str] = LatexNodes2Text(math_mode="text", keep_comments=True).latex_to_text
    return decode
