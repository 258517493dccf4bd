"""Fields of exported records, read against the BibTeX file that lies beside each.

    python -m benchmarks.records FOLDER

A file `name.xml`, `.nbib`, `.txt` or `.ris` is compared with `name.bib`, where there is one, and every `.bib` with
itself; a field counts as right where both say the same but for spelling: marks, spaces, `764-9` for `764--769`. Fields
that a paper's record has no place for (ISSN, publisher, address, …) are counted apart.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from bibtexparser.entrypoint import parse_string
from bibtexparser.model import DuplicateBlockKeyBlock, Entry

from index.normalising import fold
from index.papers import Kind, Paper
from index.readers import bibtex, medline, pubmed, ris
from index.readers.exported import whole_pages
from index.readers.fields import iso_date
from index.readers.files import text_of

READERS = (pubmed, medline, ris, bibtex)
KEPT = {  # BibTeX's names of our fields
    "title": "title",
    "author": "authors",
    "corporate": "authors",
    "year": "year",
    "month": "month",
    "journal": "journal",
    "volume": "volume",
    "issue": "issue",
    "number": "issue",
    "pages": "pages",
    "doi": "doi",
    "article-doi": "doi",
    "pmid": "pmid",
    "pmc": "pmcid",
    "other-id": "pmcid",
    "url": "url",
    "keywords": "keywords",
    "abstract": "abstract",
    "pubtype": "type",
}


def main() -> None:
    """Print what was read right, file by file and in total, and every mismatch."""
    folder = Path(sys.argv[1])
    right, expected, apart = 0, 0, Counter[str]()
    for path in sorted(folder.iterdir()):
        text = text_of(path)
        reader = next((reader for reader in READERS if reader.recognises(text)), None)
        if reader is None:
            print(f"{path.name}: recognised by none")
            continue
        results = list(reader.read_records(text, str(path)))
        papers = [result for result in results if isinstance(result, Paper)]
        print(f"{path.name} ({reader.__name__.rpartition('.')[2]}): {len(papers)} papers")
        for result in results:
            if not isinstance(result, Paper):
                print(f"    refused: {result}")
        beside = path.with_suffix(".bib")
        if not beside.exists():
            continue
        entries = list(_entries(beside))
        if len(entries) != len(papers):
            print(f"    {len(entries)} papers expected")
        good = wrong = 0
        for paper, entry in zip(papers, entries, strict=False):
            apart.update(key for key in entry if key not in KEPT)
            for key in (key for key in entry if key in KEPT):
                found, wanted = _found(paper, KEPT[key], key), _wanted(entry, key)
                if found == wanted:
                    good += 1
                else:
                    wrong += 1
                    print(f"    {key}: {found!r}\n      not: {wanted!r}")
        print(f"    {good} of {good + wrong} fields")
        if path != beside:
            right, expected = right + good, expected + good + wrong
    print(f"\nTotal, without the .bib files themselves: {right} of {expected} fields")
    print(f"No place in a paper's record: {sum(apart.values())} ({', '.join(sorted(apart))})")


def _entries(path: Path) -> Iterator[Mapping[str, str]]:
    for block in parse_string(text_of(path)).blocks:
        entry = block.ignore_error_block if isinstance(block, DuplicateBlockKeyBlock) else block
        if isinstance(entry, Entry):
            # Of an entry whose key comes twice the library leaves the braces on.
            yield {field.key.casefold(): str(field.value).strip("{}") for field in entry.fields}


def _found(paper: Paper, field: str, key: str) -> object:
    record = paper.record
    if field == "abstract":
        parts = [section for section in paper.sections if section.heading.startswith("Abstract")]
        words = [
            section.heading.removeprefix("Abstract").removeprefix(": ")
            + paper.text[section.start : section.end]
            for section in parts
            if section.kind is Kind.TEXT
        ]
        return _bare(" ".join(words))
    if field == "authors":
        return [_bare(name) for name in record.authors]
    if field == "keywords":
        return _words(record.keywords)
    if field == "month":
        return (record.date or "")[:7]
    if field == "doi" and key == "doi":
        return record.doi
    return _bare(str(getattr(record, field) or ""))


def _wanted(entry: Mapping[str, str], key: str) -> object:
    value = entry[key]
    if KEPT[key] == "authors":
        names = [" ".join(reversed(name.split(", "))) for name in entry["author"].split(" and ")]
        return [_bare(name) for name in [*names, *filter(None, [entry.get("corporate")])]]
    if key == "keywords":
        return _words(value.split(";"))
    if key == "month":
        return iso_date(f"{entry['year']} {value.capitalize()}")
    if key == "pages":
        return _bare(whole_pages(value))
    if key == "doi":
        return value
    if key == "other-id":
        return _bare(value.removeprefix("NLM: "))
    if key == "pubtype":
        return _bare(value.split(",")[0])
    return _bare(value)


def _words(keywords: Iterable[str]) -> list[str]:
    """Return keywords for comparing; one that holds a comma cannot be told from two in BibTeX."""
    return sorted({_bare(word) for keyword in keywords for word in keyword.split(",")})


def _bare(text: str) -> str:
    return "".join(char for char in fold(text) if char.isalnum())


if __name__ == "__main__":
    main()
