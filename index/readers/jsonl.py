"""JSON Lines: one paper a line.

Its fields are any of `id, title, authors, year, date, journal, volume, issue, pages, doi, pmid, pmcid, url,
keywords, abstract, text`; others are left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from index.errors import ReadError
from index.papers import Kind, Paper, Section
from index.readers.composing import Composer
from index.readers.lines import lines_of
from index.readers.plain import UNTITLED, body, cited
from index.readers.records import record_of

_TEXTS: Final = (("abstract", "Abstract"), ("text", UNTITLED))
SUFFIXES: Final = (".jsonl", ".ndjson")
"""How JSON Lines files are called."""

_FIELDS: Final = ("journal", "volume", "issue", "pages", "doi", "pmid", "pmcid", "url")


def recognises(text: str, path: str) -> bool:
    """Return whether the file is called so or its first lines hold a JSON object."""
    if path.casefold().endswith(SUFFIXES):
        return True
    return text.lstrip().startswith("{") and any(map(_is_object, text.split("\n", 5)[:5]))


def _is_object(line: str) -> bool:
    """Return whether a line is a JSON object."""
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def read_lines(text: str, path: str) -> Iterator[Paper | ReadError]:
    """Yield each line's paper, or the error that says why the line has none."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield _paper(json.loads(line), path)
            except (ValueError, RecursionError) as error:
                yield ReadError(
                    f"Line {number} of {path} is not a paper in JSON ({error}); correct that line."
                )


def _paper(values: Any, path: str) -> Paper:
    """Return the paper of one object. Raises ValueError where it has no title and no text."""
    if not isinstance(values, dict):
        raise ValueError("it is not an object")
    title = _words(values.get("title"))
    if not title and not any(_words(values.get(field)) for field, _ in _TEXTS):
        raise ValueError("it has neither a title nor a text")
    composer = Composer()
    composer.add_record(title, _printed(values))
    for field, heading in _TEXTS:
        composer.add(heading, Kind.TEXT, _words(values.get(field), " "))
    sections = _with_headings(composer)
    identifier = _words(values.get("id")) or _words(values.get("_id"))
    record = record_of(composer.text, sections, path, id=identifier, title=identifier)
    return Paper(record, composer.text, tuple(sections), tuple(cited(composer.text, sections)))


def _printed(values: dict[str, Any]) -> dict[str, str]:
    """Return the fields of the record as they are printed in the text."""
    printed = {field: _words(values.get(field)) for field in _FIELDS}
    printed["authors"] = _words(values.get("authors"))
    printed["date"] = _words(values.get("date")) or _words(values.get("year"))
    printed["keywords"] = _words(values.get("keywords"))
    return printed


def _words(value: Any, joint: str = "; ") -> str:
    """Return a value as text, a list joined by `joint`, nothing for null. Raises ValueError for objects."""
    if value is None:
        return ""
    if isinstance(value, list):
        return joint.join(_words(item) for item in value)
    if isinstance(value, dict | bool):
        raise ValueError(f"{value!r} is neither text nor a list")
    return str(value).strip()


def _with_headings(composer: Composer) -> list[Section]:
    """Return the sections, the text's own headings heeded."""
    sections: list[Section] = []
    for section in composer.sections:
        if section.heading == UNTITLED and section.kind is Kind.TEXT:
            sections.extend(body(composer.text, lines_of(composer.text, section.start, section.end)))
        else:
            sections.append(section)
    return sections
