"""How much of a paper does the PDF reader find? The same papers as PDF and as JATS, beside plain pypdf.

    python -m benchmarks.pdf_text FOLDER [--show N]

FOLDER holds pairs X.pdf and X.xml. The share is that of the sentences of the JATS abstract, body and legends, tables
and sentences without two letters left out, that stand in one section of the PDF's paper (for pypdf: in its text of
all pages), compared in NFKC without hyphens, white space and kinds of quotation marks.
"""

from __future__ import annotations

import argparse
import io
import logging
import re
import time
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.normalising import fold
from index.papers import Kind, Paper
from index.readers import read
from index.readers.pdf import read_pdf
from index.segmenting import sentences_of

_DROPPED = re.compile(r"[\s\u00ad\u2010-\u2015\u2212\ufffe\x02-]+")
_QUOTES = str.maketrans("‘’′“”″ʹ`´", "'''\"\"\"'''")


@dataclass(frozen=True, slots=True)
class Result:
    """What was found of one paper."""

    name: str
    sentences: int
    missing: tuple[str, ...]
    plain: int  # sentences that plain pypdf finds
    cells: int
    cells_found: int
    title: bool
    doi: bool
    year: bool
    authors: bool
    references: int
    references_expected: int
    reference_titles: int  # titles of the JATS list that the PDF's list has
    pages: int
    seconds: float

    @property
    def share(self) -> float:
        """Share of the sentences that was found."""
        return 1 - len(self.missing) / self.sentences


def normalised(text: str) -> str:
    """Return `text` as it is compared."""
    plain = unicodedata.normalize("NFKC", text.translate(_QUOTES)).translate(_QUOTES)
    return _DROPPED.sub("", unicodedata.normalize("NFKC", plain)).casefold()


def _sentences(paper: Paper) -> Iterator[str]:
    """Yield the sentences of a paper's abstract, body and legends."""
    for section in paper.sections:
        if section.kind is Kind.TEXT and not re.match(r"Title$|Table\b", section.heading):
            for start, end in sentences_of(paper.text, section.start, section.end):
                if re.search(r"[^\W\d_]{2}", paper.text[start:end]):
                    yield paper.text[start:end]


def _cells(paper: Paper) -> Iterator[str]:
    """Yield the cells of a paper's tables that hold more than two characters."""
    for section in paper.sections:
        if section.heading.startswith("Table"):
            for row in re.findall(r"^\|(.+)\|$", paper.text[section.start : section.end], re.MULTILINE):
                yield from (cell.strip() for cell in row.split(" | ") if len(cell.strip()) > 2)


def compared(pdf: Path) -> Result:
    """Return what the PDF reader finds of the paper in the JATS file beside `pdf`."""
    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it tells of every font that it cannot decode
    (expected,) = read(pdf.with_suffix(".xml"))
    data = pdf.read_bytes()
    begin = time.perf_counter()
    paper = read_pdf(data, str(pdf))
    seconds = time.perf_counter() - begin
    sections = [normalised(paper.text[s.start : s.end]) for s in paper.sections if s.kind is Kind.TEXT]
    text = "\n".join(sections)
    tables = "\n".join(
        normalised(paper.text[s.start : s.end]) for s in paper.sections if s.heading.startswith("Table")
    )
    plain = normalised("\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages))
    sentences = list(_sentences(expected))
    cells = list(_cells(expected))
    titles = normalised("\n".join(reference.title for reference in paper.references))
    return Result(
        pdf.stem,
        len(sentences),
        tuple(sentence for sentence in sentences if normalised(sentence) not in text),
        sum(normalised(sentence) in plain for sentence in sentences),
        len(cells),
        sum(normalised(cell) in tables for cell in cells),
        fold(paper.record.title) == fold(expected.record.title),
        (paper.record.doi or "").casefold() == (expected.record.doi or "").casefold(),
        paper.record.year == expected.record.year,
        [fold(name) for name in paper.record.authors] == [fold(name) for name in expected.record.authors],
        len(paper.references),
        len(expected.references),
        sum(normalised(reference.title).strip(".") in titles for reference in expected.references),
        len(paper.pages),
        seconds,
    )


def report(results: Sequence[Result], show: int) -> str:
    """Return the figures of all papers as lines of a table."""
    lines = [
        f"{'paper':24} {'reader':>7} {'pypdf':>7} {'sent.':>5} {'cells':>9} title doi year auth "
        f"{'references':>10} {'titles':>6} {'s/page':>7}"
    ]
    for result in results:
        marks = [result.title, result.doi, result.year, result.authors]
        lines.append(
            f"{result.name:24} {result.share:7.3f} {result.plain / result.sentences:7.3f} {result.sentences:5} "
            f"{result.cells_found:4}/{result.cells:<4} "
            + "  ".join(f"{'yes' if mark else 'NO':>3}" for mark in marks)
            + f" {result.references:5}/{result.references_expected:<4} {result.reference_titles:6} "
            f"{result.seconds / max(result.pages, 1):7.3f}"
        )
        lines.extend(f"    missing: {sentence}" for sentence in result.missing[:show])
    total = sum(result.sentences for result in results)
    found = total - sum(len(result.missing) for result in results)
    lines.append(
        f"{'all sentences':24} {found / total:7.3f} {sum(r.plain for r in results) / total:7.3f} {total:5}\n"
        f"{'mean of papers':24} {sum(r.share for r in results) / len(results):7.3f} "
        f"{sum(r.plain / r.sentences for r in results) / len(results):7.3f}"
    )
    return "\n".join(lines)


def main() -> None:
    """Print the report on a folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--show", type=int, default=0, help="sentences not found to print, a paper")
    options = parser.parse_args()
    pairs = [file for file in sorted(options.folder.glob("*.pdf")) if file.with_suffix(".xml").exists()]
    print(report([compared(file) for file in pairs], options.show))


if __name__ == "__main__":
    main()
