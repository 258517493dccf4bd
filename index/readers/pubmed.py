"""PubMed's XML: the articles and books of `PubmedArticleSet`, also single `MedlineCitation` elements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from index.errors import ReadError
from index.papers import Paper, Reference
from index.readers.exported import Exported, paper_of, parts_of
from index.readers.fields import DOI
from index.readers.works import licence_of, type_of
from index.readers.xml_text import children, first, local, root_of, words, words_of

_RECORDS: Final = ("PubmedArticle", "PubmedBookArticle", "MedlineCitation")
_SETS: Final = ("PubmedArticleSet", "PubmedBookArticleSet", "MedlineCitationSet")
_START: Final = re.compile(rf"<(?:{'|'.join((*_SETS, *_RECORDS))})[\s>]")
_OUTER: Final = re.compile(r"<(PubmedArticle|PubmedBookArticle)[\s>]")
_INNER: Final = re.compile(r"<(MedlineCitation)[\s>]")
_HEAD: Final = 5000  # characters that hold declaration, document type and the first element
_PAGE: Final = "https://pubmed.ncbi.nlm.nih.gov/"  # where PubMed shows the record of a number
_VERSIONS: Final = frozenset(("UpdateIn", "UpdateOf"))  # article of this preprint, preprint of this article


def recognises(text: str) -> bool:
    """Return whether `text` is XML from PubMed."""
    return text.lstrip("\ufeff \t\r\n").startswith("<") and bool(_START.search(text, 0, _HEAD))


def read_records(text: str, path: str) -> Iterator[Paper | ReadError]:
    """Yield each record's paper, or the error that says why it has none.

    Where the file as a whole is not well-formed, each record is read on its own. Entities that the file
    defines itself are refused.
    """
    try:
        root = root_of(text, path)
    except ReadError as error:
        yield error
        return
    except ElementTree.ParseError as error:
        yield from _piece_by_piece(text, path, error)
        return
    number = 0
    for number, element in enumerate(_records(root), 1):
        yield _read(element, path, f"Record {number}")
    if number == 0:
        yield ReadError(f"{path} holds no record; export it again.")


def _records(root: Element) -> Iterator[Element]:
    """Yield the record elements, outermost only."""
    todo = [root]
    while todo:
        element = todo.pop()
        if local(element) in _RECORDS:
            yield element
        else:
            todo.extend(reversed(element))


def _piece_by_piece(text: str, path: str, error: ElementTree.ParseError) -> Iterator[Paper | ReadError]:
    """Yield the papers of a file that is spoilt somewhere, and an error for each record that is."""
    starts = list(_OUTER.finditer(text)) or list(_INNER.finditer(text))
    if not starts:
        yield ReadError(f"{path} is not well-formed XML ({error}); export it again.")
        return
    line, counted = 1, 0
    ends = [*(match.start() for match in starts[1:]), len(text)]
    for match, end in zip(starts, ends, strict=True):
        line, counted = line + text.count("\n", counted, match.start()), match.start()
        place = f"The record at line {line}"
        stop = text.rfind(f"</{match[1]}>", match.start(), end)
        try:
            if stop < 0:
                raise ElementTree.ParseError("its end is missing")
            piece = text[match.start() : stop] + f"</{match[1]}>"
            yield _read(root_of(piece, path), path, place)
        except ElementTree.ParseError as cause:
            yield ReadError(f"{place} of {path} is not well-formed XML ({cause}); export it again.")


def _read(element: Element, path: str, place: str) -> Paper | ReadError:
    """Return the paper of a record element, or why it has none."""
    book = first(element, "BookDocument")
    try:
        return paper_of(_article(element) if book is None else _book(book), path)
    except ReadError as error:
        return ReadError(f"{place} of {path} is not a paper ({error}); export it again.")
    except RecursionError:
        return ReadError(f"{place} of {path} is nested too deeply to read; export it again.")


def _article(element: Element) -> Exported:
    """Return what a journal article's record says."""
    citation = element if local(element) == "MedlineCitation" else first(element, "MedlineCitation")
    article, data = first(citation, "Article"), first(element, "PubmedData")
    journal = first(article, "Journal")
    issue = first(journal, "JournalIssue")
    ids = {item.get("IdType"): words(item) for item in children(first(data, "ArticleIdList"), "ArticleId")}
    places = {item.get("EIdType"): words(item) for item in children(article, "ELocationID")}
    pmid = words_of(citation, "PMID") or ids.get("pubmed", "")
    licence = words_of(article, "Abstract", "CopyrightInformation")
    return Exported(
        title=words_of(article, "ArticleTitle") or words_of(article, "VernacularTitle"),
        authors=_authors(first(article, "AuthorList")),
        date=_date(first(issue, "PubDate"), first(article, "ArticleDate")),
        journal=words_of(journal, "Title") or words_of(citation, "MedlineJournalInfo", "MedlineTA"),
        volume=words_of(issue, "Volume"),
        issue=words_of(issue, "Issue"),
        pages=_pages(first(article, "Pagination")),
        doi=ids.get("doi") or places.get("doi", ""),
        pmid=pmid,
        pmcid=ids.get("pmc", ""),
        url=ids.get("url", "") or (f"{_PAGE}{pmid}/" if pmid else ""),
        keywords=(*_keywords(citation), *_subjects(citation)),
        abstract=_abstract(article),
        type=type_of(
            words(item) for item in children(first(article, "PublicationTypeList"), "PublicationType")
        ),
        licence=licence_of(licence) if licence else None,
        versions=tuple(_versions(citation)),
        cited=tuple(_cited(data)),
    )


def _book(book: Element) -> Exported:
    """Return what the record of a book or of a chapter says."""
    about = first(book, "Book")
    ids = {item.get("IdType"): words(item) for item in children(first(book, "ArticleIdList"), "ArticleId")}
    title = words_of(about, "BookTitle")
    chapter = words_of(book, "ArticleTitle")
    return Exported(
        title=chapter or title,
        authors=_authors(first(book, "AuthorList")) or _authors(first(about, "AuthorList")),
        date=_date(first(about, "PubDate"), None),
        journal=title if chapter else "",
        volume=words_of(about, "Volume"),
        pages=_pages(first(book, "Pagination")),
        doi=ids.get("doi", ""),
        pmid=words_of(book, "PMID"),
        pmcid=ids.get("pmc", ""),
        keywords=_keywords(book),
        abstract=_abstract(book),
        type=type_of(words(item) for item in children(book, "PublicationType"))
        or ("chapter" if chapter else "book"),
    )


def _authors(people: Element | None) -> tuple[str, ...]:
    """Return the authors, given name first and without `Jr`; a group by its name."""
    return tuple(
        words_of(author, "CollectiveName")
        or f"{words_of(author, 'ForeName') or words_of(author, 'Initials')} {words_of(author, 'LastName')}"
        for author in children(people, "Author")
    )


def _date(issue: Element | None, copy: Element | None) -> str:
    """Return the date of the issue; that of the first copy on line where it is of the same year and more exact."""
    dates = [_joined(issue), _joined(copy)]
    if not dates[0] or (dates[1].startswith(dates[0]) and len(dates[0]) == len("2020")):
        return dates[1]
    return dates[0]


def _joined(date: Element | None) -> str:
    """Return year, month and day as printed, divided by spaces, or by hyphens where all are numbers."""
    parts = [words_of(date, name) for name in ("Year", "Month", "Day")]
    parts = [part for part in parts if part] if parts[0] else []
    joint = "-" if all(part.isdecimal() for part in parts) else " "
    return joint.join(parts) or words_of(date, "MedlineDate")


def _pages(pagination: Element | None) -> str:
    """Return the pages, from first to last."""
    ends = [words_of(pagination, "StartPage"), words_of(pagination, "EndPage")]
    return words_of(pagination, "MedlinePgn") or "-".join(end for end in ends if end)


def _keywords(citation: Element | None) -> tuple[str, ...]:
    """Return the authors' keywords."""
    return tuple(
        words(item) for group in children(citation, "KeywordList") for item in children(group, "Keyword")
    )


def _subjects(citation: Element | None) -> Iterator[str]:
    """Yield the subject headings (MeSH), one for each qualifier: `Graves Disease/radiotherapy`."""
    for heading in children(first(citation, "MeshHeadingList"), "MeshHeading"):
        name = words_of(heading, "DescriptorName")
        qualifiers = [words(item) for item in children(heading, "QualifierName")]
        yield from (f"{name}/{qualifier}" for qualifier in qualifiers) if qualifiers else (name,)


def _abstract(article: Element | None) -> tuple[tuple[str, str], ...]:
    """Return the parts of the abstract with their labels."""
    parts = [
        (item.get("Label", ""), words(item)) for item in children(first(article, "Abstract"), "AbstractText")
    ]
    return parts_of(parts[0][1]) if len(parts) == 1 and not parts[0][0] else tuple(parts)


def _versions(citation: Element | None) -> Iterator[str]:
    """Yield the preprint of this article or the article of this preprint."""
    for item in children(first(citation, "CommentsCorrectionsList"), "CommentsCorrections"):
        if item.get("RefType") in _VERSIONS:
            if pmid := words_of(item, "PMID"):
                yield f"pmid:{pmid}"
            if doi := DOI.search(words_of(item, "RefSource")):
                yield f"doi:{doi.group()}"


def _cited(data: Element | None) -> Iterator[Reference]:
    """Yield the works of the reference list; lists may lie within lists."""
    for item in data.iter() if data is not None else ():
        if local(item) == "Reference" and (entry := words_of(item, "Citation")):
            ids = {
                one.get("IdType"): words(one) for one in children(first(item, "ArticleIdList"), "ArticleId")
            }
            yield Reference(entry, 0, 0, pmid=ids.get("pubmed"), doi=ids.get("doi"))
