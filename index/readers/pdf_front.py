"""What stands before a paper's first section: title, authors, journal, dates, identifiers, abstract, keywords.

The document information and XMP are believed where page 1 prints the same or says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from xml.etree import ElementTree

from index.normalising import fold
from index.readers.fields import DOI, PMCID, PMID, iso_date, names_of
from index.readers.headings import inline_heading, is_known_heading
from index.readers.pdf_blocks import Block, Role
from index.readers.pdf_layout import Layout
from index.readers.pdf_pages import Document

_KEYWORDS: Final = re.compile(r"key\s?-?words?(?: and phrases)?\b\s*[:.—–-]?\s*", re.IGNORECASE)
_ABSTRACT: Final = re.compile(r"(?:abstract|a b s t r a c t|summary)\b\s*[:.—–-]?\s*", re.IGNORECASE)
_ARTICLE_TYPE: Final = re.compile(
    r"(?:open access|(?:original|research|review|regular|full[- ]length|clinical|brief|short)?\s*"
    r"(?:research|article|paper|review|report|study|communication|letter|editorial|commentary|case report|"
    r"case series|methodology|protocol|correspondence)s?(?: article| paper)?)",
    re.IGNORECASE,
)
_BOILERPLATE: Final = re.compile(
    r"\bcorrespond|e-?mail|\S@\S|©|\(c\) \d{4}|copyright|creative commons|\blicen[sc]|^received|^accepted|^published|"
    r"academic editor|edited by|reviewed by|^editor\b|^citation\b|^how to cite|^cite this|contributed equally|"
    r"^funding\b|competing interests|data availability|^issn|all rights reserved|^https?://|^doi\b|"
    r"conflicts? of interest|^\W*\d?\s*(?:department|division|faculty|school|institute|college|university|"
    r"centre|center|hospital|laborator|clinic)",
    re.IGNORECASE,
)
_SENSELESS_TITLE: Final = re.compile(
    r"(?:untitled.*|microsoft word.*|.*\.(?:dvi|docx?|pdf|tex|indd|qxd|rtf|odt)|(?:slide|page|layout) ?\d*.*|"
    r"[\w.:/-]*\d[\w.:/-]*)?",
    re.IGNORECASE,
)
_YEAR: Final = r"(?:19|20)\d\d"
_PAGES: Final = r"(?:e\d+|[A-Z]?\d+(?:\s?[–-]\s?[A-Z]?\d+)?)"
_ISSUES: Final = (
    # "Volume 2016, Article ID 1251637, 7 pages"
    re.compile(r"Volume\s+(?P<volume>\d+),\s*Article\s+ID\s+(?P<pages>\w+)"),
    # "PLoS ONE 11(2): e0148", "Aging 2020, Vol. 12, No. 22: 22975-23003", "J Hepatol (2020) 12:345–350"
    re.compile(
        rf"(?P<journal>[A-Z][\w&.'’ :-]{{1,60}}?)[.,;]?\s+\(?(?P<date>{_YEAR})?\)?[.,;:]?\s*"
        rf"(?:[Vv]ol(?:ume|\.)?\s*)?(?P<volume>\d{{1,4}})\s*(?:\((?P<issue>\d[\w–-]*)\)|,\s*[Nn]o\.?\s*(?P<number>\d+))?"
        rf"\s*[:,]\s*(?:pp?\.\s*)?(?P<pages>{_PAGES})(?![\w(])"
    ),
    # "2020;12(22):22975-23003" with the journal's name elsewhere
    re.compile(
        rf"(?P<date>{_YEAR})[;,]\s*(?P<volume>\d{{1,4}})\s*(?:\((?P<issue>[^)]+)\))?\s*:\s*(?P<pages>{_PAGES})"
    ),
    re.compile(r"\b[Vv]ol(?:ume|\.)\s*(?P<volume>\d{1,4})"),
)
_AFTER_TITLE: Final = re.compile(r"(?<=[a-z]{4})[.?!]\s+")  # "Title of the paper. PLoS ONE"
_PUBLISHED: Final = re.compile(
    rf"(?:first\s+)?(?:published|publication date|available|epub|e-?published)(?:\s+on-?line)?(?:\s+date)?\s*[:,]?\s*"
    rf"(?P<date>[\w\s.,/-]{{0,20}}?{_YEAR}(?:[-/]\d\d(?:[-/]\d\d)?)?)",
    re.IGNORECASE,
)
_COPYRIGHT: Final = re.compile(rf"(?:©|\(c\)|copyright)\D{{0,40}}?(?P<date>{_YEAR})", re.IGNORECASE)
_ACCEPTED: Final = re.compile(rf"accepted\b\D{{0,12}}(?P<date>[\w\s.,]{{0,20}}?{_YEAR})", re.IGNORECASE)
_LINE_DOI: Final = re.compile(r"doi(?:\.org)?\s*[:/]?\s*(?P<doi>10\.\d{4,9}/\S+)", re.IGNORECASE)
_ADDRESS: Final = re.compile(
    r"\b(?:Universit|Hospital|Institut|Department|School|Faculty|Centre|Center|Laborator|College|Division|Clinic|"
    r"Academy|USA|China|Italy|Germany|France|Japan|UK)"
)
# Commas for each word: addresses are lists, prose has a comma in ten words or more.
_ADDRESS_COMMAS: Final = 0.12
# Words of the shortest paragraph that can be an abstract without a heading, and of the longest abstract.
_SHORTEST_ABSTRACT: Final = 40
_LONGEST_ABSTRACT: Final = 700
_SHORTEST_TITLE: Final = 12  # characters
_LONGEST_TITLE: Final = 400
_TITLE_PAGES: Final = 2  # a repository's cover page may come first
_MOST_PARTS: Final = 5  # words of a person's name
_NAME_PART: Final = re.compile(r"[^\W\d_][\w.'’‐-]*")
_XMP: Final = re.compile(rb"<x:xmpmeta.*?</x:xmpmeta>", re.DOTALL)
_LONGEST_XMP: Final = 200_000


@dataclass(slots=True)
class Front:
    """The front matter, and the blocks of the body that follow it."""

    title: str
    fields: dict[str, str] = field(default_factory=dict)
    abstract: list[Block] = field(default_factory=list)
    body: list[Block] = field(default_factory=list)


def front_of(blocks: Sequence[Block], layout: Layout, document: Document, data: bytes) -> Front:
    """Return the front matter of a document's blocks."""
    stored = {**_information(document), **_xmp(data)}
    title, at = _title(blocks, layout, stored.get("title", ""))
    rest = list(blocks[: at[0]]) if at else []
    after = list(blocks[at[1] :]) if at else list(blocks)
    authors, taken = _authors(after) if at else ("", 0)
    front = Front(title)
    between, keywords = _divide(front, after[taken:], bool(at))
    printed = [block.text for block in [*rest, *between]]
    printed.extend(_small_print(after))
    front.fields = _fields(printed, layout.heads, stored, title)
    front.fields["authors"] = authors or stored.get("authors", "")
    front.fields["keywords"] = keywords or stored.get("keywords", "")
    return front


# ------------------------------------------------------------------------------------------------- title


def _title(blocks: Sequence[Block], layout: Layout, stored: str) -> tuple[str, tuple[int, int] | None]:
    """Return the title and the span of the blocks that print it; without such blocks, the stored title."""
    stored = "" if _SENSELESS_TITLE.fullmatch(stored.strip()) else " ".join(stored.split())
    first = [(i, block) for i, block in enumerate(blocks) if block.lines[0].page <= _TITLE_PAGES]
    if stored:
        wanted = _letters(stored)
        for i, _ in first:
            for stop in range(i + 1, min(i + 4, len(blocks) + 1)):
                text = " ".join(block.text for block in blocks[i:stop])
                if _letters(text) == wanted:
                    return " ".join(text.split()), (i, stop)
    candidates = [
        (i, block)
        for i, block in first
        if block.role in (Role.HEADING, Role.PARAGRAPH)
        and _SHORTEST_TITLE <= len(block.text) <= _LONGEST_TITLE
        and len(block.text.split()) > 2
        and block.style[0] > 1.1 * layout.body_size
        and not _ARTICLE_TYPE.fullmatch(block.text.strip())
        and not is_known_heading(block.text)
        and not _BOILERPLATE.search(block.text)
        and block.text not in layout.heads
    ]
    if candidates:
        page = candidates[0][1].lines[0].page
        largest = max(block.style[0] for _, block in candidates if block.lines[0].page == page)
        # A journal's name above the title may be larger than it; it is shorter, too.
        good = [
            (i, block)
            for i, block in candidates
            if block.lines[0].page == page and block.style[0] >= 0.8 * largest
        ]
        i, block = max(good, key=lambda item: (item[1].style[0] * min(len(item[1].text), 60), -item[0]))
        stop = i + 1
        while (
            stop < len(blocks)
            and blocks[stop].role is block.role
            and blocks[stop].style == block.style
            and blocks[stop].lines[0].page == page
            and len(blocks[stop].text) + len(block.text) < _LONGEST_TITLE
        ):
            stop += 1
        return " ".join(" ".join(item.text for item in blocks[i:stop]).split()), (i, stop)
    for i, block in first[:8]:  # a title in the size of the text, in bold or capitals
        if (
            block.role is Role.HEADING
            and len(block.text.split()) > 2
            and not is_known_heading(block.text)
            and not _BOILERPLATE.search(block.text)
            and not _ARTICLE_TYPE.fullmatch(block.text.strip())
        ):
            return " ".join(block.text.split()), (i, i + 1)
    return stored, None


def _letters(text: str) -> str:
    """Return the folded letters and digits of a text."""
    return "".join(char for char in fold(text) if char.isalnum())


# ----------------------------------------------------------------------------------------------- authors


def _authors(blocks: Sequence[Block]) -> tuple[str, int]:
    """Return the authors that the blocks after the title name, divided by `; `, and how many blocks that takes."""
    names: list[str] = []
    taken = 0
    for block in blocks[:4]:
        if block.role not in (Role.HEADING, Role.PARAGRAPH) or len(block.text) > 6000:
            break
        if is_known_heading(block.text) or _ABSTRACT.match(block.text):
            break
        found = _people(block)
        if not found and not names:  # addresses may follow on the next line, set alike
            found = _people(replace(block, lines=block.lines[:1]))
        if not found:
            if names or _BOILERPLATE.search(block.text):
                break
            taken += 1
            continue
        names.extend(found)
        taken = blocks.index(block) + 1
    return "; ".join(dict.fromkeys(names)), taken if names else 0


def _people(block: Block) -> list[str]:
    """Return the people of a block that names people and nothing else."""
    text = re.sub(r"^by\s+", "", _without_raised(block), flags=re.IGNORECASE)
    text = re.sub(r"[*†‡§¶∗⁎#✉]|\b(?:ORCID|https?:)\S*", ",", text)
    names = [name for name in names_of(re.sub(r"(?:,\s*)+", ", ", text).strip(" ,")) if name]
    good = [
        name
        for name in names
        if 2 <= len(name.split()) <= _MOST_PARTS
        and all(_NAME_PART.fullmatch(part) for part in name.split())
        and name.split()[-1][0].isalpha()
        and sum(part[0].isupper() for part in name.split()) >= 2
        and not is_known_heading(name)
    ]
    if not names or len(good) < 0.8 * len(names) or _BOILERPLATE.search(text):
        return []
    return good


def _without_raised(block: Block) -> str:
    """Return the text of a block with a comma for each run of raised characters, and for each line's end."""
    parts: list[str] = []
    for line in block.lines:
        text, position = "", 0
        for start, end in sorted(line.raised):
            text += line.text[position:start] + ", "
            position = max(position, end)
        parts.append((text + line.text[position:]).strip())
    return re.sub(r"(?:\s*,\s*)+", ", ", " ".join(parts))


# ------------------------------------------------------------------------------------- abstract and body


def _divide(front: Front, blocks: Sequence[Block], titled: bool) -> tuple[list[Block], str]:
    """Fill in abstract and body; return the front matter between them and the keywords."""
    between: list[Block] = []
    keywords = ""
    state, abstract_style = "before", None
    seen: set[str] = set()
    for i, block in enumerate(blocks):
        if state == "body":
            front.body.append(block)
            continue
        match = _KEYWORDS.match(block.text)
        if match and len(block.text) < 800:
            keywords = block.text[match.end() :] or (blocks[i + 1].text if i + 1 < len(blocks) else "")
            between.append(block)
            state = "after" if state == "abstract" else state
            continue
        is_heading = block.role is Role.HEADING
        if _ABSTRACT.fullmatch(block.text) and state == "before":
            state, abstract_style = "abstract", block.style
            continue
        abstract = _ABSTRACT.match(block.text)
        if state == "before" and abstract and block.role is Role.PARAGRAPH and len(block.text.split()) > 20:
            starts = inline_heading(block.text) or block.run_in or block.text[:8].isupper()
            if starts:
                front.abstract.append(_cut(block, abstract.end()))
                state = "abstract"
                continue
        if is_heading and state == "abstract" and _is_part(block, abstract_style, seen):
            seen.add(fold(block.text))
            front.abstract.append(block)
            continue
        if is_heading and (state != "before" or _begins_body(block)):
            state = "body"
            front.body.append(block)
            continue
        if state == "abstract" and not is_heading and not _is_about(block):
            inline = re.match(r"(?:\d\.?\s+)?introduction\b", block.text, re.IGNORECASE)
            words = sum(len(item.text.split()) for item in front.abstract)
            if block.role in (Role.FIGURE, Role.TABLE) or inline or words > _LONGEST_ABSTRACT:
                state = "body"
                front.body.append(block)
            else:
                front.abstract.append(block)
            continue
        between.append(block)
    if not front.abstract:
        _unnamed_abstract(front, between, titled)
    elif state == "abstract" or not front.body:
        _overlong_abstract(front, between)
    return between, keywords


def _is_part(block: Block, abstract_style: object, seen: set[str]) -> bool:
    """Return whether a heading divides the abstract: it is called like a part and set unlike `Abstract`."""
    name = fold(block.text).strip(" .:")
    known = is_known_heading(block.text) and not re.match(r"\d", block.text)
    return known and name != "introduction" and name not in seen and block.style != abstract_style


def _begins_body(block: Block) -> bool:
    """Return whether a heading is that of the first section."""
    return is_known_heading(block.text) or bool(re.match(r"(?:1|I)\.?\s+[A-Z]", block.text))


def _unnamed_abstract(front: Front, between: list[Block], titled: bool) -> None:
    """Take the long paragraphs before the first section as abstract; as text where there is no section."""
    long = [
        block
        for block in between
        if block.role is Role.PARAGRAPH
        and len(block.text.split()) >= _SHORTEST_ABSTRACT
        and not _is_about(block)
    ]
    words = sum(len(block.text.split()) for block in long)
    if front.body and titled and words <= _LONGEST_ABSTRACT:
        front.abstract = long
        kept = long
    else:
        kept = [block for block in between if not (titled and _is_about(block))]
        front.body = [*kept, *front.body]
    taken = {id(block) for block in kept}
    floats = [
        block for block in between if block.role in (Role.FIGURE, Role.TABLE) and id(block) not in taken
    ]
    front.body = [*floats, *front.body]
    between[:] = [block for block in between if id(block) not in taken]


def _overlong_abstract(front: Front, between: list[Block]) -> None:
    """Give back what follows an abstract of the usual length where no section's heading ends it."""
    words = 0
    for i, block in enumerate(front.abstract):
        words += len(block.text.split())
        if words > _LONGEST_ABSTRACT and i:
            front.body = [*front.abstract[i:], *front.body]
            front.abstract = front.abstract[:i]
            return
    front.body = [*(block for block in between if block.role in (Role.FIGURE, Role.TABLE)), *front.body]


def _cut(block: Block, length: int) -> Block:
    """Return a paragraph without its first characters."""
    marks = [(max(0, place - length), page) for place, page in block.marks]
    return Block(block.role, block.lines, block.text[length:], marks, block.label, block.style)


def _is_about(block: Block) -> bool:
    """Return whether a paragraph tells of the paper, its licence or its authors' addresses."""
    text = block.text
    if _BOILERPLATE.search(text[:120]):
        return True
    marked = bool(block.lines[0].raised and block.lines[0].raised[0][0] == 0)
    listed = text.count(",") + text.count(";") > _ADDRESS_COMMAS * len(text.split())
    return len(_ADDRESS.findall(text)) >= 2 and (listed or marked)


# ------------------------------------------------------------------------------------------------ fields


def _small_print(blocks: Iterable[Block]) -> Iterator[str]:
    """Yield the paragraphs of page 1 that tell of the paper and not of its subject."""
    for block in blocks:
        if block.lines[0].page == 1 and block.role is Role.PARAGRAPH and _BOILERPLATE.search(block.text):
            yield block.text


def _fields(
    printed: Sequence[str], heads: Sequence[str], stored: dict[str, str], title: str
) -> dict[str, str]:
    """Return the fields of the record from what page 1, running heads and the file's own record say."""
    everything = [*printed, *heads]
    text = "\n".join(everything)
    fields = {name: stored.get(name, "") for name in ("journal", "volume", "issue", "pages", "date")}
    fields["doi"] = stored.get("doi") or _doi(text)
    for name, pattern, group in (("pmid", PMID, 1), ("pmcid", PMCID, 0)):
        found = pattern.search(text)
        fields[name] = found.group(group) if found else ""
    for issue in _ISSUES:
        for line in everything:
            match = issue.search(line) if len(line) < 1200 else None
            if match is None:
                continue
            for name, value in match.groupdict().items():
                key = "issue" if name == "number" else name
                if value and key != "journal" and not fields.get(key):
                    fields[key] = value.replace("–", "-").replace(" ", "") if key == "pages" else value
            if match.groupdict().get("journal") and not fields["journal"]:
                fields["journal"] = _AFTER_TITLE.split(match["journal"])[-1].strip(" .,;:")
            break
    fields["journal"] = fields["journal"] or _journal(printed, heads, title)
    dates = [stored.get("date", "")]
    for pattern in (_PUBLISHED, _COPYRIGHT):
        found = pattern.search(text)
        dates.append(found["date"] if found else "")
    dates.append(fields["date"])
    volume = fields["volume"]
    dates.append(volume if re.fullmatch(_YEAR, volume) else "")
    accepted = _ACCEPTED.search(text)
    dates.append(accepted["date"] if accepted else "")
    # A journal that counts its volumes by years says so before all others.
    if re.fullmatch(_YEAR, volume):
        dates.insert(0, volume)
    fields["date"] = next((iso for date in dates if date and (iso := iso_date(date))), "")
    return fields


def _doi(text: str) -> str:
    """Return the DOI that is called one, else the first."""
    match = _LINE_DOI.search(text)
    named = DOI.search(match["doi"]) if match else None
    found = named or DOI.search(text)
    return found.group() if found else ""


def _journal(printed: Sequence[str], heads: Sequence[str], title: str) -> str:
    """Return the running head that page 1 prints too, else one that is a name and not the title or a person."""
    first = fold(" ".join(printed))
    names = [
        re.sub(r"\s*[|•·]\s*.*$|,?\s+\d.*$", "", head).strip()
        for head in heads
        if fold(head) not in fold(title) and "et al" not in head and not _BOILERPLATE.search(head)
    ]
    names = [name for name in names if 3 < len(name) < 80 and name[0].isupper() and "/" not in name]
    return next((name for name in names if fold(name) in first), "")


# -------------------------------------------------------------------------------- the file's own record


def _information(document: Document) -> dict[str, str]:
    """Return title, authors, keywords and DOI of the document information."""
    information = {key: value.replace("\0", "").strip() for key, value in document.information.items()}
    fields = {"title": information.get("title", ""), "keywords": information.get("keywords", "")}
    author = information.get("author", "")
    people = names_of(author)
    if people and all(1 < len(name.split()) <= _MOST_PARTS for name in people):
        fields["authors"] = "; ".join(people)
    found = DOI.search(" ".join(information.values()))
    if found:
        fields["doi"] = found.group()
    return {key: value for key, value in fields.items() if value}


_XMP_FIELDS: Final = {
    "publicationname": "journal",
    "volume": "volume",
    "number": "issue",
    "pagerange": "pages",
    "coverdate": "date",
    "publicationdate": "date",
    "coverdisplaydate": "date",
    "doi": "doi",
    "identifier": "doi",
}


def _xmp(data: bytes) -> dict[str, str]:
    """Return what the file's XMP packets say of the paper; packets that cannot be read say nothing."""
    fields: dict[str, str] = {}
    for match in _XMP.finditer(data):
        packet = match.group()
        if len(packet) > _LONGEST_XMP or b"<!" in packet:
            continue
        try:
            root = ElementTree.fromstring(packet)
        except ElementTree.ParseError:
            continue
        for element in root.iter():
            for name, value in [(element.tag, element.text or ""), *element.attrib.items()]:
                key = _XMP_FIELDS.get(name.rpartition("}")[2].casefold())
                if key and value.strip():
                    fields.setdefault(key, value.strip())
            if element.tag.endswith("}title") and "title" not in fields:
                fields["title"] = " ".join("".join(element.itertext()).split())
    doi = DOI.search(fields.pop("doi", ""))
    if doi:
        fields["doi"] = doi.group()
    if "pages" in fields:
        fields["pages"] = fields["pages"].replace("–", "-")
    return {key: value for key, value in fields.items() if value}
