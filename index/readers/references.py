"""Reference lists in running text: entries that are numbered, or one a line or paragraph."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from index.papers import Reference
from index.readers.fields import DOI, PMID, iso_date, names_of, year_of
from index.readers.lines import blocks_of, lines_of, trimmed

_NUMBER: Final = re.compile(r"(?:\[\d{1,3}\]|\(?\d{1,3}[.)]|[-*•])(?:\s+|$)")
# A longer entry is a list whose entries could not be told apart.
_LONGEST_ENTRY: Final = 1500
_YEAR: Final = r"(?:19|20)\d\d"
_VANCOUVER: Final = re.compile(  # "Zhu Q, Ren H. Title. Aging. 2020 Nov;12(22):22975-23003."
    rf"(?P<authors>[^.()]{{3,}}?)\.\s+(?P<title>.{{10,}}?[.?!])\s+(?P<journal>[^.;\d]{{2,}}?)[.,;]?\s+"
    rf"(?P<date>{_YEAR}[^;:]{{0,15}})(?:;\s*(?P<volume>\w+)?(?:\((?P<issue>[^)]+)\))?)?",
    re.DOTALL,
)
_APA: Final = re.compile(  # "Zhu, Q., & Ren, H. (2020). Title. Aging, 12(22), 22975–23003."
    rf"(?P<authors>.{{3,}}?)\s+\((?P<date>{_YEAR})[a-z]?\)\.?\s+(?P<title>.{{10,}}?[.?!])\s+"
    rf"(?P<journal>[^.;\d]{{2,}}?)(?:,\s*(?P<volume>\d+)(?:\s?\((?P<issue>[^)]+)\))?)",
    re.DOTALL,
)
_QUOTED: Final = re.compile(  # "Q. Zhu and H. Ren, “Title,” Aging, vol. 12, no. 22, pp. 22975–23003, 2020."
    rf"(?P<authors>.{{3,}}?),?\s+[“\"](?P<title>[^”\"]{{5,}}?)[,.]?[”\"][,.]?\s+(?:in\s+)?(?P<journal>.{{2,150}}?)"
    rf"(?:,\s*vol\.\s*(?P<volume>\w+))?(?:,\s*no\.\s*(?P<issue>[\w–-]+))?"
    rf"(?:,\s*(?:pp?\.|article|article ID|Article ID)\s[^,]+)?,\s*(?:[^,]{{2,40}},\s*){{0,3}}(?P<date>{_YEAR})\b",
    re.DOTALL,
)
_YEAR_LAST: Final = re.compile(  # "Zhu, Q. & Ren, H. Title. Aging 12, 22975–23003 (2020)."
    rf"(?P<authors>.{{3,}}?(?:\b[A-Z]\.|et al\.))\s+(?P<title>(?![A-Z]\.)[^\W_].{{10,}}?[.?!])\s+"
    rf"(?P<journal>[A-Z][^\d;]{{2,60}}?),?\s+(?P<volume>\d+)(?:\s?\((?P<issue>[^)]+)\))?,\s*[\w.–-]+\s*"
    rf"\((?P<date>{_YEAR})\)",
    re.DOTALL,
)
_YEAR_SECOND: Final = re.compile(  # "Zhu Q, Ren H (2020) Title. J. Aging 12:22975–23003"
    rf"(?P<authors>.{{3,}}?)\s+\((?P<date>{_YEAR})[a-z]?\)[.:]?\s+(?P<title>.{{10,}}?[.?!])\s+"
    rf"(?P<journal>[A-Z][^;\d]{{1,80}}?)[,.]?\s+(?P<volume>\d+)(?:\s?\((?P<issue>[^)]+)\))?",
    re.DOTALL,
)
_STYLES: Final = (_QUOTED, _APA, _YEAR_SECOND, _VANCOUVER, _YEAR_LAST)


def references_of(text: str, start: int, end: int) -> Iterator[Reference]:
    """Yield the entries of the reference list `text[start:end]`.

    An entry whose style is not recognised has its whole text as title.
    """
    for entry_start, entry_end in _entries(text, start, end):
        yield reference_of(text, entry_start, entry_end)


def _entries(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the spans of the entries: by their numbers, else by paragraph, else by line."""
    lines = lines_of(text, start, end)
    filled = [line for line in lines if line.text]
    blocks = list(blocks_of(lines))
    if any(_NUMBER.match(line.text) for line in filled):
        starts = [line.start for line in filled if _NUMBER.match(line.text)]
    elif len(blocks) > 1:
        starts = [block[0].start for block in blocks]
    else:
        starts = [line.start for line in filled]
    for entry_start, stop in pairwise([*starts, end]):
        entry = trimmed(text, entry_start, stop)
        yield entry.start, entry.end


def reference_of(text: str, start: int, end: int) -> Reference:
    """Return the entry `text[start:end]`, taken apart as far as its style is known."""
    number = _NUMBER.match(text, start, end)
    body = trimmed(text, number.end() if number else start, end)
    match = None
    if len(body.text) <= _LONGEST_ENTRY:
        match = next((match for style in _STYLES if (match := style.match(body.text))), None)
    doi = DOI.search(body.text)
    pmid = PMID.search(body.text)
    if match is None:
        year = iso_date(body.text)
        return Reference(
            " ".join(body.text.split()),
            start,
            end,
            year=year_of(year),
            pmid=pmid[1] if pmid else None,
            doi=doi.group() if doi else None,
        )
    date = iso_date(match["date"])
    return Reference(
        " ".join(match["title"].split()).removesuffix(".").removesuffix(","),
        start,
        end,
        authors=_authors(match["authors"]),
        journal=" ".join(match["journal"].split()),
        year=year_of(date),
        date=date,
        volume=match["volume"],
        issue=match["issue"],
        pmid=pmid[1] if pmid else None,
        doi=doi.group() if doi else None,
    )


def _authors(printed: str) -> tuple[str, ...]:
    """Return the authors of an entry, `et al.` left out; `Zhu, Q., & Ren, H.` is two people."""
    plain = re.sub(r",?\s*et al\.?", "", " ".join(printed.split()))
    pairs = re.sub(r"([^\W\d_][\w'’‐-]+),\s+((?:[A-Z]\.[\s-]?)+)(?:,|$|(?=\s*&))", r"\2 \1;", plain)
    pairs = re.sub(r";\s*(?:and|&)\s+", "; ", pairs)
    return names_of(pairs.replace("&", "").replace(";;", ";"))
