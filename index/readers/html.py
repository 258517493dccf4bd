"""Saved web pages of papers.

The record comes from what the page says about itself to machines (`citation_*` as Google Scholar asks for,
Dublin Core, JSON-LD), the text from trafilatura, which tells a page's main text from its menus and banners.
Reference lists and figure legends are taken out before: links and short texts look like furniture to it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from index.errors import ReadError
from index.papers import Kind, Paper, Reference
from index.readers.composing import Composer
from index.readers.fields import DOI, PMCID
from index.readers.headings import kind_of
from index.readers.plain import UNTITLED
from index.readers.records import record_of
from index.readers.references import references_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_PAGE: Final = re.compile(  # possessive: rows of comments take no time
    r"\s*(?:(?:<\?xml[^>]*>|<!--(?:(?!-->).)*+-->)\s*)*+"
    r"<(?:!doctype\s+html|(?:html|head|body|meta|title|div|main|section|h[1-6]|p|table|ul|ol)[\s>])",
    re.IGNORECASE | re.DOTALL,
)
_BEGINNING: Final = 20_000  # characters in which a page's first element stands, whatever comments precede it

_NOT_XML: Final = re.compile("[\\x01-\\x08\\x0b\\x0c\\x0e-\\x1f\\ufffe\\uffff]")

# Field of the record, and the names that pages give it, the most exact first.
_META: Final = {
    "title": ("citation_title", "dc.title", "dcterms.title", "og:title"),
    "journal": ("citation_journal_title", "prism.publicationname", "citation_conference_title"),
    "date": (
        "citation_publication_date",
        "citation_date",
        "prism.publicationdate",
        "citation_online_date",
        "dc.date",
        "dcterms.issued",
        "citation_year",
        "article:published_time",
    ),
    "volume": ("citation_volume", "prism.volume"),
    "issue": ("citation_issue", "prism.number"),
    "doi": ("citation_doi", "prism.doi", "dc.identifier"),
    "pmid": ("citation_pmid",),
    "pmcid": ("citation_pmcid",),
    "url": ("citation_public_url", "citation_abstract_html_url", "citation_fulltext_html_url", "og:url"),
    "abstract": ("citation_abstract",),
}
_MANY: Final = {
    "authors": ("citation_author", "citation_authors", "dc.creator", "dcterms.creator"),
    "keywords": ("citation_keywords", "dc.subject", "keywords"),
}
_DATE: Final = re.compile(r"\d{4}(?:[-/]\d{1,2}){0,2}")  # of a time stamp

_LISTS: Final = ("ol", "ul", "dl")
_HEADINGS: Final = ("h1", "h2", "h3", "h4", "h5", "h6")
_REFERENCE_LIST: Final = re.compile(
    r"(?:^|[\s_-])(?:references?|ref-list|reflist|bibliography|citations?-list|doc-bibliography)(?:$|[\s_-])",
    re.IGNORECASE,
)
_LINK_WORDS: Final = re.compile(  # what a publisher hangs on an entry
    r"\[?(?:doi|pubmed|pmc|google scholar|crossref|cross ref|cas|ads|article|abstract|full text|view|medline|"
    r"pubmed central|pmc free article|free pmc article|web of science|scopus|open url|view article|"
    r"view in article|export|download|↑|\^)\]?",
    re.IGNORECASE,
)
_EMPTY_BRACKETS: Final = re.compile(r"[\[(]\s*(?:[|,;]\s*)*[\])]")
_NUMBER: Final = re.compile(r"^(?:\[\d{1,3}\]|\(?\d{1,3}[.)]|\d{1,3}\s(?=[A-Z]))\s*")
_PUBMED: Final = re.compile(r"/pubmed/(\d{1,8})|pubmed\.ncbi\.nlm\.nih\.gov/(\d{1,8})")
_ABOUT_THE_PAGE: Final = frozenset(  # headings under which a page speaks of itself, not the paper
    name.strip()
    for line in """
        similar articles, cited by, related articles, related content, recommended, recommended articles
        you may also like, more from this journal, share this article, cite, cite this article
        about this article, rights and permissions, permissions, metrics, article metrics, altmetric, actions
        on this page, contents, navigation, menu, search, cookies, newsletter, sign up, log in, links
        download, downloads, publisher's note
    """.strip().splitlines()
    for name in line.split(",")
)


def recognises(text: str) -> bool:
    """Return whether `text` is a web page."""
    return _PAGE.match(text[:_BEGINNING]) is not None


@dataclass
class _Part:
    """A heading, and the blocks of words and the tables under it, each table by its name: `Table 1`."""

    heading: str
    level: int = 0
    blocks: list[str] = field(default_factory=list)
    tables: list[tuple[str, str]] = field(default_factory=list)


def read(text: str, path: str) -> Paper:
    """Return the paper of a page. Raises ReadError where the page has no text of its own."""
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring

    # Bytes, because a declared encoding in characters is refused; NUL would end the page.
    plain = text.replace("\0", " ").encode("utf-8", "replace")
    try:
        tree = document_fromstring(plain, parser=HTMLParser(encoding="utf-8"))
    except (etree.LxmlError, ValueError) as error:
        raise ReadError(f"{path} is no web page that can be read ({error}); save it again.") from error
    _clean(tree)
    fields = _fields(tree)
    entries = _taken_references(tree)
    legends = _taken_legends(tree)
    parts = _parts(tree, fields.get("title", ""))
    if not any(part.blocks or part.tables for part in parts) and not fields.get("abstract"):
        raise ReadError(f"{path} is a web page without a text of its own; save the page of the paper itself.")
    return _composed(fields, parts, legends, entries, path)


def _clean(tree: HtmlElement) -> None:
    """Blank control characters, which lxml gives where a page refers to them but takes from nobody."""
    for item in tree.iter():
        if item.text and _NOT_XML.search(item.text):
            item.text = _NOT_XML.sub(" ", item.text)
        if item.tail and _NOT_XML.search(item.tail):
            item.tail = _NOT_XML.sub(" ", item.tail)


# The record


def _fields(tree: HtmlElement) -> dict[str, str]:
    """Return the fields of the record, and the abstract where the page gives it apart."""
    given: dict[str, list[str]] = {}
    for item in tree.iter("meta"):
        name = item.get("name") or item.get("property") or item.get("itemprop") or ""
        content = " ".join((item.get("content") or "").split())
        if content:
            given.setdefault(name.casefold(), []).append(content)
    fields = {name: value for name, names in _META.items() if (value := next(_values(given, names), [""])[0])}
    fields |= {
        name: "; ".join(dict.fromkeys(next(_values(given, names), []))) for name, names in _MANY.items()
    }
    pages = [given.get(f"citation_{end}page", [""])[0] for end in ("first", "last")]
    fields["pages"] = "-".join(dict.fromkeys(page for page in pages if page))
    for name, value in _linked_data(tree).items():
        fields[name] = fields.get(name) or value
    if not fields.get("title"):
        heading = next(tree.iter("h1"), None)
        title = next(tree.iter("title"), None)
        words = _words(heading) if heading is not None else ""
        fields["title"] = words or (_words(title) if title is not None else "")
    return fields | _exact(tree, fields)


def _values(given: dict[str, list[str]], names: Iterable[str]) -> Iterator[list[str]]:
    """Yield the values of the names that the page gives."""
    return (given[name] for name in names if name in given)


def _exact(tree: HtmlElement, fields: dict[str, str]) -> dict[str, str]:
    """Return the identifiers, the date and the address, cut to themselves."""
    canonical = next(
        (link.get("href") or "" for link in tree.iter("link") if link.get("rel") == "canonical"), ""
    )
    url = fields.get("url") or canonical
    doi = DOI.search(fields.get("doi", "")) or DOI.search(url)
    pmcid = PMCID.search(fields.get("pmcid", "")) or PMCID.search(url)
    date = _DATE.match(fields.get("date", ""))
    return {
        "doi": doi.group() if doi else "",
        "pmcid": f"PMC{pmcid[1]}" if pmcid else "",
        "url": url if url.startswith(("http://", "https://")) else "",
        "date": date.group() if date else fields.get("date", ""),
    }


def _linked_data(tree: HtmlElement) -> dict[str, str]:
    """Return the record of the first article that the page's JSON-LD describes."""
    for script in tree.iter("script"):
        if (script.get("type") or "").startswith("application/ld+json"):
            try:
                described = json.loads(script.text_content())
            except (ValueError, RecursionError):
                continue
            for item in _items(described):
                if any(str(kind).endswith("Article") for kind in _list(item.get("@type"))):
                    return {name: " ".join(value.split()) for name, value in _of_item(item) if value.strip()}
    return {}


def _items(described: Any) -> Iterator[dict[str, Any]]:
    """Yield the things that JSON-LD describes: one, a list, or a graph; and what they are mainly about."""
    for item in _list(described):
        if isinstance(item, dict):
            for thing in (item, *_list(item.get("@graph")), *_list(item.get("mainEntity"))):
                if isinstance(thing, dict):
                    yield thing


def _of_item(item: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the fields of an article in the words of schema.org."""
    yield "title", _name_of(item.get("headline")) or _name_of(item.get("name"))
    yield "authors", "; ".join(filter(None, map(_name_of, _list(item.get("author")))))
    yield "date", _name_of(item.get("datePublished"))
    yield "keywords", "; ".join(filter(None, map(_name_of, _list(item.get("keywords")))))
    yield "doi", " ".join(_name_of(item.get(name)) for name in ("sameAs", "@id", "identifier"))
    part = item.get("isPartOf")
    for _ in range(3):  # an issue is part of a volume, which is part of a periodical
        if isinstance(part, dict):
            yield from (
                (name, str(part[key]))
                for name, key in (("volume", "volumeNumber"), ("issue", "issueNumber"), ("journal", "name"))
                if isinstance(part.get(key), str | int)
            )
            part = part.get("isPartOf")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _name_of(value: Any) -> str:
    """Return a text, or the name or value of a thing."""
    if isinstance(value, dict):
        value = value.get("name") or value.get("value")
    return value if isinstance(value, str) else ""


# What is taken out of the page before its main text is looked for


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry of the reference list, and the identifiers that it links to."""

    words: str
    doi: str | None
    pmid: str | None


def _taken_references(tree: HtmlElement) -> list[_Entry]:
    """Take the reference lists out of the page and return their entries."""
    entries: list[_Entry] = []
    for heading in [item for item in tree.iter(*_HEADINGS) if kind_of(_words(item)) is Kind.REFERENCE]:
        blocks = list(_under(heading))
        lists = [item for block in blocks for item in _lists(block)] or blocks
        entries += [entry for item in lists for entry in _entries(item)]
        for item in [*lists, heading] if lists else []:
            item.drop_tree()
    if not entries:
        named = [
            item
            for item in tree.iter("ol", "ul")
            if any(_REFERENCE_LIST.search(item.get(name) or "") for name in ("class", "id", "role"))
        ]
        for item in named:
            entries += _entries(item)
            item.drop_tree()
    return entries


def _under(heading: HtmlElement) -> Iterator[HtmlElement]:
    """Yield the elements after a heading up to the next one; where it is wrapped, those after its wrapper."""
    for _ in range(3):  # heading, its link, its bar
        found = False
        for item in heading.itersiblings():
            if item.tag in _HEADINGS or (
                isinstance(item.tag, str) and next(item.iter(*_HEADINGS), None) is not None
            ):
                return
            if isinstance(item.tag, str):
                found = True
                yield item
        parent = heading.getparent()
        if found or parent is None or parent.tag in ("body", "article", "main"):
            return
        heading = parent


def _lists(block: HtmlElement) -> list[HtmlElement]:
    """Return the outermost lists of a block."""
    if block.tag in _LISTS:
        return [block]
    return [
        item for item in block.iter(*_LISTS) if not any(above.tag in _LISTS for above in item.iterancestors())
    ]


def _entries(element: HtmlElement) -> Iterator[_Entry]:
    """Yield the entries of a list: its items, else its paragraphs or parts."""
    items = list(element) if element.tag in _LISTS else list(element.iter("p", "li")) or [element]
    for item in items:
        if not isinstance(item.tag, str):
            continue
        links = [link.get("href") or "" for link in item.iter("a")]
        doi = next((match for link in links if "doi.org/" in link and (match := DOI.search(link))), None)
        pmid = next((match for link in links if (match := _PUBMED.search(link))), None)
        for link in list(item.iter("a", "button")):
            if _LINK_WORDS.fullmatch(_words(link)):
                link.drop_tree()
        words = " ".join(_EMPTY_BRACKETS.sub(" ", _NUMBER.sub("", _words(item))).split()).strip()
        if any(char.isalpha() for char in words):
            yield _Entry(words, doi.group() if doi else None, (pmid[1] or pmid[2]) if pmid else None)


def _taken_legends(tree: HtmlElement) -> list[str]:
    """Take the figures out of the page and return their legends; tables in figures stay."""
    legends: list[str] = []
    for caption in list(tree.iter("figcaption")):
        figure = next(caption.iterancestors("figure"), None)
        if figure is None or next(figure.iter("table"), None) is not None:
            continue
        if words := _words(caption):
            legends.append(words)
        caption.drop_tree()
    return legends


def _words(element: HtmlElement) -> str:
    """Return the words of an element, white space single; those of neighbouring blocks stay apart."""
    return " ".join("".join(_pieces(element)).split())


def _pieces(element: HtmlElement) -> Iterator[str]:
    from lxml import etree

    for event, item in etree.iterwalk(element, events=("start", "end", "comment", "pi")):
        if event == "start":
            spaced = item.tag not in _INLINE
            yield f" {item.text or ''}" if spaced else item.text or ""
        elif item is not element:
            if event == "end" and item.tag not in _INLINE:
                yield " "
            yield item.tail or ""


_INLINE: Final = frozenset(
    """a abbr b bdi cite code del em font hi i mark q ref s small span strong sub sup tt u var""".split()
)


# The main text


def _parts(tree: HtmlElement, title: str) -> list[_Part]:
    """Return the headings of the page's main text and the blocks under them."""
    from trafilatura import bare_extraction

    document: Any = bare_extraction(tree, favor_recall=True, include_comments=False, with_metadata=False)
    parts = [_Part("")]
    for item in document.body if document is not None else ():
        words = _words(item)
        if item.tag == "head":
            if words and words != title:
                parts.append(_Part(words.rstrip(":"), int((item.get("rend") or "h2")[-1])))
        elif item.tag == "table":
            name = _float_name(parts[-1].blocks[-1] if parts[-1].blocks else "", "Table")
            parts[-1].tables.append((name, "\n".join(filter(None, map(_row, item.iter("row"))))))
        elif item.tag == "list":
            parts[-1].blocks += [f"- {words}" for entry in item if (words := _words(entry))]
        elif words and words != title:
            parts[-1].blocks.append(words)
    return [part for part in parts if part.heading.casefold() not in _ABOUT_THE_PAGE]


def _row(row: HtmlElement) -> str:
    """Return a table row as a line, or nothing where all its cells are empty."""
    cells = [_words(cell) for cell in row]
    return f"| {' | '.join(cells)} |" if any(cells) else ""


def _composed(
    fields: dict[str, str], parts: list[_Part], legends: list[str], entries: list[_Entry], path: str
) -> Paper:
    """Return the paper whose text is the record, the parts, the legends and the reference list."""
    composer = Composer()
    for part in parts:
        if part.heading.casefold() in ("keywords", "key words"):
            fields["keywords"] = fields.get("keywords") or "; ".join(part.blocks)
            part.blocks.clear()
    composer.add_record(fields.get("title", ""), fields)
    abstract = fields.get("abstract", "")
    if abstract and not any(part.heading.casefold().startswith("abstract") for part in parts):
        composer.add("Abstract", Kind.TEXT, abstract)
    above: list[_Part] = []
    for part in parts:
        above = [outer for outer in above if outer.level < part.level] + [part]
        heading = ": ".join(outer.heading for outer in above if outer.heading) or UNTITLED
        printed = f"{part.heading}\n\n" if part.heading else ""
        kind = kind_of(part.heading)
        if kind is Kind.REFERENCE:  # the list was not told from other text before
            entries = [*entries, *(_Entry(block, None, None) for block in part.blocks)]
        else:
            composer.add(heading, kind, "\n\n".join(part.blocks), label=printed)
            for name, rows in part.tables:
                composer.add(name, Kind.TEXT, rows)
    for legend in legends:
        composer.add(_float_name(legend, "Figure"), Kind.TEXT, legend)
    references = tuple(_references(composer, entries))
    record = record_of(composer.text, composer.sections, path)
    return Paper(record, composer.text, tuple(composer.sections), references)


def _float_name(caption: str, otherwise: str) -> str:
    """Return `Figure 2` or `Table 1` of a caption that begins so."""
    match = re.match(r"(?:fig(?:ure)?|table|scheme|box)\.?\s*\w{1,4}\b", caption, re.IGNORECASE)
    return match.group() if match else otherwise


def _references(composer: Composer, entries: list[_Entry]) -> Iterator[Reference]:
    """Append the reference list, a section an entry, and yield its works."""
    for entry in entries:
        section = composer.add("References", Kind.REFERENCE, entry.words)
        if section is not None:
            for found in references_of(composer.text, section.start, section.end):
                yield replace(found, doi=found.doi or entry.doi, pmid=found.pmid or entry.pmid)
