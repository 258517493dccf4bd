"""JATS, the XML of PubMed Central and many publishers (also its elder, the NLM DTD).

The paper's text is composed: title, record lines, abstract, the body's sections under their headings, figure
legends and tables as sections of their own, references. Licence lines and formulas in TeX are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final
from xml.etree import ElementTree

from index.errors import ReadError
from index.papers import Kind, Paper, Reference
from index.readers import html
from index.readers.composing import Composer
from index.readers.fields import DOI, iso_date, year_of
from index.readers.records import record_of
from index.readers.works import licence_of, type_of
from index.readers.xml_text import (
    children,
    first,
    local,
    lone_words,
    paragraphs,
    root_of,
    words,
    words_of,
)

_ARTICLE: Final = re.compile(r"<(?:\w+:)?article[\s>]")
_MARKUP: Final = re.compile(r"\s*<(?:\?xml|!DOCTYPE|!--|[a-z]\w*:?\w*[\s>])", re.IGNORECASE)
_POINTERS: Final = frozenset(
    ("electronic supplementary material", "pre-publication history", "publisher’s note")
)
_FLOATS: Final = {"fig": "Figure", "table-wrap": "Table"}
_RELATED: Final = {
    "retracted-article": "retracts",
    "corrected-article": "corrects",
    "object-of-concern": "questions",
    "retraction-forward": "retracted by",
    "correction-forward": "corrected by",
    "concern-forward": "questioned by",
}
"""Values of `related-article-type` that tell of a notice, as the JATS tag library and PubMed Central use them."""
# The issue's date is what a citation gives; the date of the first copy on line where there is no issue.
_DATE_TYPES: Final = ("ppub", "collection", "pub", "epub", "epub-ppub")


# What a preprint calls the article that it became.
_PUBLISHED: Final = frozenset(("journal-article", "published-article", "article", "version-of-record"))


def is_markup(text: str) -> bool:
    """Return whether `text` is XML or HTML."""
    return _MARKUP.match(text) is not None


def recognises(text: str) -> bool:
    """Return whether `text` is XML that holds a JATS article; web pages have articles too."""
    return is_markup(text) and not html.recognises(text) and _ARTICLE.search(text) is not None


def read_articles(text: str, path: str) -> Iterator[Paper | ReadError]:
    """Yield the articles of a file, and an error for each that has no text.

    Raises ReadError where the file is not well-formed. Entities that the file itself defines are refused: a few
    lines of them can fill the memory.
    """
    try:
        root = root_of(text, path)
    except (ElementTree.ParseError, ValueError) as error:
        raise ReadError(f"{path} is not well-formed XML ({error}); download it again.") from error
    articles = (
        [root] if local(root) == "article" else [item for item in root.iter() if local(item) == "article"]
    )
    for article in articles:
        try:
            yield _paper(article, path)
        except ReadError as error:
            yield error


def _paper(article: ElementTree.Element, path: str) -> Paper:
    """Return the paper of an `article` element."""
    meta = first(article, "front", "article-meta")
    composer = Composer()
    title = words_of(meta, "title-group", "article-title")
    subtitle = words_of(meta, "title-group", "subtitle")
    fields = _fields(article, meta)
    composer.add_record(f"{title}: {subtitle}" if subtitle else title, fields)
    for abstract in children(meta, "abstract", "trans-abstract"):
        _add_section(composer, abstract, words_of(abstract, "title") or "Abstract", prefix="Abstract")
    for part in children(first(article, "body")):
        _add_part(composer, part)
    back = first(article, "back")
    for part in children(back, "ack", "app-group", "app", "sec", "notes", "glossary"):
        heading = words_of(part, "title") or ("Acknowledgements" if local(part) == "ack" else "")
        _add_section(composer, part, heading)
    for part in children(first(article, "floats-group")):
        _add_part(composer, part)
    references = tuple(_references(composer, back))
    if not composer.sections:
        raise ReadError(f"{path} holds an article without title and text; download it again.")
    record = replace(
        record_of(composer.text, composer.sections, path),
        type=type_of([article.get("article-type", "")]),
        licence=_licence(meta),
        versions=tuple(_versions(article, meta)),
    )
    return Paper(record, composer.text, tuple(composer.sections), references)


def _licence(meta: ElementTree.Element | None) -> str | None:
    """Return the licence: of its address where one is given, else of its words."""
    found = [item for item in (first(meta, "permissions"),) if item is not None]
    parts = [item for group in found for item in group.iter() if local(item) in ("license", "license_ref")]
    addresses = [value for part in parts for item in part.iter() for value in _addresses(item)]
    return next(filter(None, map(licence_of, [*addresses, *(words(part) for part in parts)])), None)


def _addresses(element: ElementTree.Element) -> list[str]:
    """Return the links of an element, and the address that a `license_ref` holds."""
    links = [
        value for name, value in element.attrib.items() if name.rpartition("}")[2] in ("href", "resource")
    ]
    return [*links, element.text or ""] if local(element) == "license_ref" else links


def _versions(article: ElementTree.Element, meta: ElementTree.Element | None) -> Iterator[str]:
    """Yield the other versions of the work: the preprint of an article, the article of a preprint."""
    for item in children(meta, "related-article", "related-object"):
        kind = item.get("related-article-type") or item.get("content-type") or item.get("document-type") or ""
        if "preprint" in kind or (article.get("article-type") == "preprint" and kind in _PUBLISHED):
            doi = DOI.search(" ".join([*_addresses(item), item.get("object-id", ""), words(item)]))
            if doi:
                yield f"doi:{doi.group()}"


def _fields(article: ElementTree.Element, meta: ElementTree.Element | None) -> dict[str, str]:
    """Return the fields of the record."""
    journal = first(article, "front", "journal-meta")
    ids = {item.get("pub-id-type"): words(item) for item in children(meta, "article-id")}
    pmcid = ids.get("pmc") or ids.get("pmcid") or ""
    pages = [words_of(meta, name) for name in ("fpage", "lpage")]
    return {
        "authors": "; ".join(_authors(meta)),
        "journal": words_of(journal, "journal-title-group", "journal-title")
        or words_of(journal, "journal-title"),
        "date": _date(meta),
        "volume": words_of(meta, "volume"),
        "issue": words_of(meta, "issue"),
        "pages": "-".join(dict.fromkeys(page for page in pages if page)) or words_of(meta, "elocation-id"),
        "doi": ids.get("doi", ""),
        "pmid": ids.get("pmid", ""),
        "pmcid": f"PMC{pmcid.upper().removeprefix('PMC')}" if pmcid else "",
        "keywords": "; ".join(
            words(item) for group in children(meta, "kwd-group") for item in children(group, "kwd")
        ),
        **_notices(meta),
    }


def _notices(meta: ElementTree.Element | None) -> dict[str, str]:
    """Return the works that this one retracts, corrects or questions, or that do so to it, by their identifiers."""
    found: dict[str, list[str]] = {}
    for item in children(meta, "related-article"):
        field = _RELATED.get(item.get("related-article-type", ""))
        address = next((value for name, value in item.attrib.items() if name.endswith("href")), "").strip()
        if field and address:
            is_pmid = item.get("ext-link-type") in ("pmid", "pubmed")
            found.setdefault(field, []).append(f"PMID {address}" if is_pmid else address)
    return {field: "; ".join(addresses) for field, addresses in found.items()}


def _authors(meta: ElementTree.Element | None) -> Iterator[str]:
    """Yield the authors, given name first; a group of authors by its name."""
    for group in children(meta, "contrib-group"):
        for contributor in children(group, "contrib"):
            if contributor.get("contrib-type") in (None, "author"):
                for name in children(contributor, "name", "collab", "string-name", "name-alternatives"):
                    yield _name(name)
                    break


def _name(name: ElementTree.Element) -> str:
    """Return a person's name, given name first and without `Jr`, or a group's."""
    if local(name) == "name-alternatives":
        return _name(name[0]) if len(name) else ""
    surname = words_of(name, "surname")
    if not surname:
        return lone_words(name)
    return f"{words_of(name, 'given-names')} {surname}".strip()


def _date(meta: ElementTree.Element | None) -> str:
    """Return the date of publication in ISO 8601, as exact as it is given for the year of the issue."""
    dates: dict[str, str] = {}
    for item in children(meta, "pub-date"):
        kind = item.get("pub-type") or item.get("date-type") or "pub"
        parts = [words_of(item, "year"), words_of(item, "month"), words_of(item, "day")]
        while parts and not parts[-1]:
            parts.pop()
        if parts and all(part.isdigit() for part in parts):
            dates[kind] = "-".join(part.zfill(2) for part in parts)
    issue = next((dates[kind] for kind in _DATE_TYPES if kind in dates), "")
    return (
        max((date for date in dates.values() if date.startswith(issue)), key=len, default="") if issue else ""
    )


def _add_part(composer: Composer, part: ElementTree.Element) -> None:
    """Append a part of the body: a section, a float, or a paragraph outside every section."""
    if local(part) in _FLOATS:
        _add_float(composer, part)
    elif local(part) == "sec":
        _add_section(composer, part, words_of(part, "title"))
    else:
        composer.add("Text", Kind.TEXT, "\n\n".join(paragraphs([part])))
        _add_floats(composer, part)


def _add_section(composer: Composer, section: ElementTree.Element, heading: str, prefix: str = "") -> None:
    """Append a section: its own paragraphs, its figures and tables, then the sections within it."""
    label = " ".join(part for part in (words_of(section, "label"), heading) if part).rstrip(".:")
    if label.casefold() in _POINTERS:
        return
    name = f"{prefix}: {label}" if prefix and label != prefix and label else label or prefix or "Text"
    own = [item for item in section if local(item) not in ("title", "label", "sec", *_FLOATS)]
    composer.add(name, Kind.TEXT, "\n\n".join(paragraphs(own)), label=f"{label}\n\n" if label else "")
    for item in section:
        if local(item) in _FLOATS:
            _add_float(composer, item)
        elif local(item) == "sec":
            _add_section(composer, item, words_of(item, "title"), prefix=name if name != "Text" else "")
        else:
            _add_floats(composer, item)


def _add_floats(composer: Composer, element: ElementTree.Element) -> None:
    """Append the figures and tables that stand within a paragraph or group."""
    for item in element.iter():
        if local(item) in _FLOATS:
            _add_float(composer, item)


def _add_float(composer: Composer, element: ElementTree.Element) -> None:
    """Append a figure's legend, or a table's caption, rows and notes."""
    label = words_of(element, "label").rstrip(".:") or _FLOATS[local(element)]
    caption = [text for item in children(element, "caption") for text in paragraphs(item)]
    rows = [_row(row) for row in element.iter() if local(row) == "tr"]
    notes = paragraphs(children(element, "table-wrap-foot"))
    lines = [" ".join(caption), "\n".join(row for row in rows if row), "\n".join(notes)]
    composer.add(label, Kind.TEXT, "\n\n".join(line for line in lines if line), label=f"{label}\n\n")


def _row(row: ElementTree.Element) -> str:
    """Return a table row as a line, or nothing where all its cells are empty."""
    cells = [words(cell) for cell in row]
    return f"| {' | '.join(cells)} |" if any(cells) else ""


def _references(composer: Composer, back: ElementTree.Element | None) -> Iterator[Reference]:
    """Append the reference list, a section an entry, and yield its works."""
    lists = [item for item in back.iter() if local(item) == "ref-list"] if back is not None else []
    for entry in (entry for item in lists for entry in children(item, "ref")):
        for citation in children(entry, "element-citation", "mixed-citation", "citation", "nlm-citation"):
            yield from _reference(composer, citation)
            break


def _reference(composer: Composer, citation: ElementTree.Element) -> Iterator[Reference]:
    """Append a cited work and yield it; a citation without a title by all its words."""
    people = [_name(item) for item in citation.iter() if local(item) in ("name", "collab", "string-name")]
    title = words_of(citation, "article-title") or words_of(citation, "chapter-title")
    source = words_of(citation, "source")
    year = iso_date(words_of(citation, "year"))
    volume, issue = words_of(citation, "volume"), words_of(citation, "issue")
    pages = "-".join(page for page in (words_of(citation, "fpage"), words_of(citation, "lpage")) if page)
    ids = {item.get("pub-id-type"): words(item) for item in citation.iter() if local(item) == "pub-id"}
    place = "".join(
        (
            year or "",
            f"; {volume}" if volume else "",
            f"({issue})" if issue else "",
            f":{pages}" if pages else "",
        )
    )
    head = title or source or words(citation)
    printed = [head, ", ".join(people), ", ".join(part for part in (source if title else "", place) if part)]
    section = composer.add(
        "References",
        Kind.REFERENCE,
        "\n".join(part.rstrip(".") + "." for part in printed if part.strip(". ")),
    )
    if section is not None:
        yield Reference(
            head.rstrip("."),
            section.start,
            section.end,
            authors=tuple(people),
            journal=source if title and source else None,
            year=year_of(year),
            date=year,
            volume=volume or None,
            issue=issue or None,
            pmid=ids.get("pmid"),
            doi=ids.get("doi"),
        )
