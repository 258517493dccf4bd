"""Words of XML elements, whatever their name space."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html.entities import name2codepoint
from typing import Final
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from index.errors import ReadError

# Elements whose words are no part of the sentence around them.
_APART: Final = frozenset(
    {"fig", "table-wrap", "fig-group", "table-wrap-group", "fn", "tex-math", "object-id", "graphic", "media"}
    | {"inline-supplementary-material", "supplementary-material", "permissions", "contrib-id", "aff", "email"}
)
# Elements that hold blocks of words; any other element is one block itself.
_HOLDERS: Final = frozenset(
    {"list", "list-item", "boxed-text", "disp-quote", "def-list", "def-item", "table-wrap-foot", "fn", "sec"}
    | {"caption", "app", "fig-group", "statement", "fn-group", "notes", "glossary", "ack", "app-group"}
)
_SPACED: Final = frozenset(
    ("break", "p", "title", "list-item", "td", "th", "label", "surname", "given-names")
)


def root_of(text: str, path: str) -> Element:
    """Return the root element of a document; HTML's named characters are known.

    Entities that the text itself defines are refused, for a few lines of them can fill the memory; external
    ones are never fetched. Raises ReadError, and ElementTree.ParseError where it is not well-formed.
    """
    if "<!ENTITY" in text:
        raise ReadError(f"{path} defines XML entities of its own, which is not safe to read; remove them.")
    parser = ElementTree.XMLParser()
    parser.entity.update({name: chr(code) for name, code in name2codepoint.items()})
    return ElementTree.fromstring(text, parser)


def local(element: Element) -> str:
    """Return the name of an element without its name space; nothing for comments."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def children(element: Element | None, *names: str) -> list[Element]:
    """Return the direct children with one of these names, or all of them."""
    return [] if element is None else [item for item in element if not names or local(item) in names]


def first(element: Element | None, *path: str) -> Element | None:
    """Return the first element on a path of names below `element`."""
    for name in path:
        element = next(iter(children(element, name)), None)
    return element


def words_of(element: Element | None, *path: str) -> str:
    """Return the words of the first element on the path; nothing where there is none."""
    found = first(element, *path)
    return "" if found is None else words(found)


def words(element: Element) -> str:
    """Return the words of an element, white space single; what stands apart from its sentence is left out."""
    return " ".join("".join(_pieces(element)).split())


def lone_words(element: Element) -> str:
    """Return the words that stand in the element itself and in no element within it, else all its words."""
    own = " ".join(((element.text or "") + "".join(item.tail or "" for item in element)).split())
    return own or words(element)


def paragraphs(elements: Iterable[Element]) -> list[str]:
    """Return the blocks of words of the elements: paragraphs, list items, notes."""
    return [text for element in elements for text in _blocks(element)]


def _blocks(element: Element) -> Iterator[str]:
    """Yield the blocks of an element; a list inside a paragraph is blocks of its own."""
    name = local(element)
    lists = [item for item in element if local(item) == "list"]
    if not name or (name in _APART and name != "fn"):
        return
    if name == "list-item":
        yield from (f"- {text}" for item in element for text in _blocks(item))
    elif name in _HOLDERS:
        yield from (text for item in element if local(item) != "label" for text in _blocks(item))
    else:
        text = " ".join("".join(_pieces(element, without=lists)).split())
        if text:
            yield text
        yield from (text for item in lists for text in _blocks(item))


def _pieces(element: Element, without: Iterable[Element] = ()) -> Iterator[str]:
    """Yield the pieces of text of an element in order."""
    left_out = list(without)
    yield element.text or ""
    for item in element:
        if local(item) and local(item) not in _APART and not _is_mark(item) and item not in left_out:
            spaced = local(item) in _SPACED
            yield " " * spaced
            yield from _pieces(item)
            yield " " * spaced
        yield item.tail or ""


def _is_mark(element: Element) -> bool:
    """Return whether the element is the mark of a footnote or an affiliation."""
    return local(element) == "xref" and element.get("ref-type") in ("fn", "aff", "corresp", "author-notes")
