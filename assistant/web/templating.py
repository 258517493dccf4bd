"""HTML from the templates of this folder. Every value is escaped: papers and questions are not trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from assistant.answers import Answer
from assistant.rendering import KIND_LABELS, ROLE_LABELS, identifiers_of, mark_of, status_of
from assistant.settings import EXTRACTIVE
from index.papers import Record, Reference
from index.systems import System, SystemKind

HERE = Path(__file__).parent

SURENESS = ((0.85, "Sure"), (0.65, "Fairly sure"), (0.4, "Not very sure"), (0.0, "Unsure"))
"""Least probability that an answer is right, and its words."""


def render(template: str, **values: Any) -> Markup:
    """Return the HTML of a template of `templates/`."""
    return Markup(_environment().get_template(template).render(**values))


def style() -> str:
    """Return the page's style for `<head>`: Gradio's own `css` rewrites rules and loses some on the way."""
    return f"<style>{(HERE / 'static' / 'page.css').read_text('utf-8')}</style>"


def links(record: Record) -> list[tuple[str, str]]:
    """Return (label, address) of each identifier of a paper; its page where it has no identifier."""
    found = [
        (value if label == "PMCID" else f"{label} {value}", quote(address, safe="/:"))
        for label, value, address in identifiers_of(record)
    ]
    if not found and record.url and record.url.startswith(("https://", "http://")):
        return [("Web page", record.url)]
    return found


def reference_links(reference: Reference) -> list[tuple[str, str]]:
    """Return (site, address) of each identifier of a cited work; its entry prints the identifiers."""
    work = Record(id="", title=reference.title, pmid=reference.pmid, doi=reference.doi)
    return [("PubMed" if label == "PMID" else label, address) for label, _, address in identifiers_of(work)]


def systems_by_kind(systems: Iterable[System]) -> list[tuple[str, list[System]]]:
    """Return (kind, systems) in the order of the kinds, from computation to the clinic."""
    found = list(systems)
    groups = ((str(kind), [one for one in found if one.kind is kind]) for kind in SystemKind)
    return [(kind, members) for kind, members in groups if members]


def sureness(confidence: float) -> str:
    """Return a probability in words and percent, e.g. `Fairly sure (72 %)`."""
    words = next((words for least, words in SURENESS if confidence >= least), SURENESS[-1][1])
    return f"{words} ({confidence:.0%})".replace("%", " %")


def writer(answer: Answer) -> str:
    """Return who wrote the answer: the embedded reader or a language model."""
    return "embedded reader" if answer.model == EXTRACTIVE else answer.model


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., Any]] = {
        "links": links,
        "reference_links": reference_links,
        "kind_label": KIND_LABELS.__getitem__,
        "role_label": ROLE_LABELS.__getitem__,
        "mark": mark_of,
        "status": status_of,
        "systems": systems_by_kind,
        "sureness": sureness,
        "writer": writer,
    }
    environment.filters.update(filters)
    return environment
