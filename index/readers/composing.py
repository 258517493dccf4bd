"""Composing a paper's text from structured fields, so that every field has a span that can be quoted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from index.papers import Kind, Section
from index.readers.records import TITLE

_LABELS: Final = {
    "authors": "Authors",
    "journal": "Journal",
    "date": "Date",
    "volume": "Volume",
    "issue": "Issue",
    "pages": "Pages",
    "doi": "DOI",
    "pmid": "PMID",
    "pmcid": "PMCID",
    "url": "URL",
    "keywords": "Keywords",
    # Of a notice: the work that it is about; of a paper: the notice about it (index/retractions.py).
    "retracts": "Retracts",
    "corrects": "Corrects",
    "questions": "Expression of concern about",
    "retracted by": "Retracted by",
    "corrected by": "Corrected by",
    "questioned by": "Expression of concern",
}


class Composer:
    """Grows a text and the sections over it."""

    def __init__(self) -> None:
        self.text = ""
        self.sections: list[Section] = []

    def add(
        self, heading: str, kind: Kind, body: str, *, label: str = "", gap: str = "\n\n"
    ) -> Section | None:
        """Append `label` and `body` and return the section of the body; nothing where the body is empty."""
        body = body.strip()
        if not body:
            return None
        if self.text:
            self.text += gap
        self.text += label
        section = Section(heading, kind, len(self.text), len(self.text) + len(body))
        self.text += body
        self.sections.append(section)
        return section

    def add_record(self, title: str, fields: Mapping[str, str]) -> None:
        """Append the title and a line for each field that is not empty, in a fixed order."""
        self.add(TITLE, Kind.TEXT, title)
        self.add_fields(fields)

    def add_fields(self, fields: Mapping[str, str]) -> None:
        """Append a line for each field that is not empty, in a fixed order."""
        gap = "\n\n"
        for field, label in _LABELS.items():
            if self.add(field, Kind.RECORD, fields.get(field, ""), label=f"{label}: ", gap=gap):
                gap = "\n"
