"""Entity lists of a summary page, such as

`- **Genes:** Gsr (glutathione reductase) [NCBI Gene 14782] {aka Gr-1, Gr1}, Keap1 (kelch-like …) […]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from index.papers import Entity

_LIST: Final = re.compile(r"^[-*•]\s*\*\*(?P<label>[^*:]+):\*\*\s*(?P<items>.*)$", re.MULTILINE)
_CATEGORIES: Final = {
    "genes": "gene",
    "chemicals": "chemical",
    "diseases": "disease",
    "species": "species",
    "cell lines": "cell line",
}
_ALSO: Final = re.compile(r"\s*\{aka (?P<names>[^}]*)\}$")
_BRACKETED: Final = re.compile(r"\s*\[(?P<identifier>[^\]]*)\]$")
_CELL_LINE: Final = re.compile(r"\((?P<identifier>CVCL_\w+)\)")
_OPENING: Final = "([{"
_CLOSING: Final = ")]}"


def entities_of(text: str) -> Iterator[Entity]:
    """Yield the entities of the lists in `text`; items that are written in another way are left out."""
    for match in _LIST.finditer(text):
        label = match["label"].strip().casefold()
        category = _CATEGORIES.get(label, label)
        if category == "cell line":
            yield from _cell_lines(match["items"])
        else:
            yield from (_entity(category, item) for item in _items(match["items"]))


def _items(listed: str) -> Iterator[str]:
    """Yield the parts between commas that stand outside every bracket."""
    depth = start = 0
    for position, char in enumerate(listed):
        if char in _OPENING:
            depth += 1
        elif char in _CLOSING:
            depth -= 1
        elif char == "," and depth == 0:
            yield listed[start:position].strip()
            start = position + 1
    yield listed[start:].strip()


def _entity(category: str, item: str) -> Entity:
    """Return `Name (full name) [identifier] {aka …}` or `Name (identifier)` as an entity."""
    also: list[str] = []
    if match := _ALSO.search(item):
        also = [name.strip() for name in match["names"].split(",")]
        item = item[: match.start()]
    identifier = None
    if match := _BRACKETED.search(item):
        identifier = match["identifier"]
        item = item[: match.start()]
    name, bracketed = _last_bracket(item)
    if identifier is None:
        identifier = bracketed if bracketed != "-" else None
        full: list[str] = []
    else:
        full = [bracketed.removesuffix(", species")] if bracketed else []
    return Entity(category, tuple(dict.fromkeys([name, *full, *also])), identifier)


def _last_bracket(item: str) -> tuple[str, str | None]:
    """Return `item` without its last bracket, and what stands in that bracket (brackets within it too)."""
    if not item.endswith(")"):
        return item, None
    depth = 0
    for position in range(len(item) - 1, -1, -1):
        depth += (item[position] == ")") - (item[position] == "(")
        if depth == 0:
            return item[:position].strip() or item, item[position + 1 : -1]
    return item, None


def _cell_lines(listed: str) -> Iterator[Entity]:
    """Yield the cell lines of `Name — species, disease, kind (CVCL_…), …`."""
    start = 0
    for match in _CELL_LINE.finditer(listed):
        name, dash, _ = listed[start : match.start()].strip(" ,").partition(" — ")
        if dash:
            yield Entity("cell line", (name,), match["identifier"])
        start = match.end()
