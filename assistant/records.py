"""Answers from records and reference lists: who wrote it, when, where, which works it cites."""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.expectations import asks_definition
from assistant.questions import RECORD_FIELDS, Inquiry
from assistant.signals import GENERIC, Term, match, papers_named, question_terms
from index.lexical import stem
from index.normalising import fold, terms
from index.papers import Hit, Kind, Paper, Record, Reference, Section
from index.retrieval import Catalogue, Index

RECORD_WORDS = frozenset(
    stem(word)
    for word in """
        who wrote written write author authored publish published publication appear journal year date month
        when volume issue page article number doi pmid pmcid pmc pubmed central identifier id title url link
        web website keyword cite cited cites citation reference referenced bibliography list work works
        paper papers study studies record find printed carry authors senior corresponding literature deal dealt
        include give
    """.split()
)
"""Words that name a field or a record rather than a paper's subject."""

SUBJECT_COVERED = 0.75
"""Share (by weight) of the question's subject that a paper must speak of to be the one that is meant."""

REFERENCE_COVERED = 0.5
"""The same for a cited work: its title is short, the question's wording takes a larger share."""

ALSO_MEANT = 0.97
"""Cited works that cover this share of what the best one covers are shown with it."""

MOST_REFERENCES = 4
"""Cited works shown at most."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A claim with the span of the paper's text that it rests on."""

    text: str
    paper: Paper
    section: str
    kind: Kind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Lookup:
    """What a record or a reference list says; `notice` tells why there is nothing."""

    findings: tuple[Finding, ...]
    confidence: float
    notice: str | None = None


NAMES: dict[str, str] = {
    "authors": "authors",
    "date": "date of publication",
    "doi": "DOI",
    "pmid": "PMID",
    "pmcid": "PMCID",
    "journal": "journal",
    "volume": "volume",
    "issue": "issue",
    "pages": "pages",
    "title": "title",
    "url": "web address",
    "keywords": "keywords",
}


def subject(inquiry: Inquiry, catalogue: Catalogue, index: Index) -> tuple[Term, ...]:
    """Return what the question is about besides the field that it asks for; rarity as in an index.

    Common words that the index does not hold are left out: people say more than they ask
    ('…, so that I can put it in my slides').
    """
    found = question_terms(inquiry.searched_as, catalogue.aliases, index.passages.idf)
    return tuple(
        term
        for term in found
        if not _says_field(term) and (term.named or term.technical or _held(term, index))
    )


def _held(term: Term, index: Index) -> bool:
    """Return whether an index holds every word of one form of a term."""
    return any(all(map(index.passages.document_frequency, form)) for form in term.forms)


def _says_field(term: Term) -> bool:
    words = {stem(fold(word)) for word in terms(term.name)}
    return (bool(words) and words <= RECORD_WORDS) or (not term.named and words <= (RECORD_WORDS | GENERIC))


def papers_meant(question: Sequence[Term], catalogue: Catalogue) -> list[Paper]:
    """Return the papers that a question is about: those that its subject covers best, titles first."""
    papers = list(catalogue.papers.values())
    if not question:
        return papers if len(papers) == 1 else []
    in_title = {p.record.id: match(question, p.record.title, "") for p in papers}
    best = max((m.sentence for m in in_title.values()), default=0.0)
    if best >= SUBJECT_COVERED:
        return [p for p in papers if in_title[p.record.id].sentence == best]
    whole = {
        p.record.id: match(question, _words_of(p), p.record.title + " " + _record_text(p)) for p in papers
    }
    best = max((m.passage for m in whole.values()), default=0.0)
    if best < SUBJECT_COVERED:
        return []
    tied = [p for p in papers if whole[p.record.id].passage == best and not whole[p.record.id].missing]
    top = max((in_title[p.record.id].sentence for p in tied), default=0.0)
    return [p for p in tied if in_title[p.record.id].sentence == top]


IDENTIFIERS = ("doi", "pmid", "pmcid")


def papers_identified(question: str, catalogue: Catalogue) -> list[Paper]:
    """Return the papers that a question gives an identifier or an author's full name of."""
    said = f" {fold(question).rstrip('?. ')} "
    return [
        paper
        for paper in catalogue.papers.values()
        if any(
            value and re.search(rf"(?<![\w.]){re.escape(fold(value))}(?![\w])", said)
            for value in (
                *(getattr(paper.record, name) for name in IDENTIFIERS),
                *(author for author in paper.record.authors if " " in author),
            )
        )
    ]


def _words_of(paper: Paper) -> str:
    spans = [s for s in paper.sections if s.kind in (Kind.TEXT, Kind.SUMMARY)]
    return " ".join(paper.text[s.start : s.end] for s in spans)


def _record_text(paper: Paper) -> str:
    return " ".join(paper.text[s.start : s.end] for s in paper.sections if s.kind is Kind.RECORD)


def from_records(inquiry: Inquiry, catalogue: Catalogue) -> Lookup:
    """Answer a question about who, when, where and which identifier from the papers' records."""
    question = subject(inquiry, catalogue, catalogue.text)
    fields = _fields(inquiry)
    meant = papers_identified(inquiry.searched_as, catalogue)
    if meant:  # what is given is not asked for: 'which paper has PMID 1?', 'what is there by Ann Lee?'
        fields = tuple(f for f in fields if f not in ("authors", *IDENTIFIERS)) or ("title",)
    else:
        meant, _ = papers_named(inquiry.searched_as, question, catalogue.papers.values())
        meant = meant or papers_meant(question, catalogue)
    if not meant:
        return Lookup((), 0.1)
    if len(meant) > MOST_REFERENCES:
        return Lookup((), 0.2, "Several papers fit: name the one that you mean.")
    findings = [f for paper in meant for field in fields for f in _field_finding(paper, field)]
    if not findings:
        asked = " or ".join(NAMES[field] for field in fields)
        names = ", ".join(paper.record.short for paper in meant)
        return Lookup((), 0.1, f"The page of {names} does not give its {asked}.")
    return Lookup(tuple(findings), 0.97)


def _fields(inquiry: Inquiry) -> tuple[str, ...]:
    return inquiry.fields or tuple(RECORD_FIELDS)


def _field_finding(paper: Paper, field: str) -> list[Finding]:
    section = _section_of(paper, field)
    said = _said(paper.record, field)
    if section is None or said is None:
        return []
    title = paper.record.title
    text = (
        f"“{title}” was written by {said}."
        if field == "authors"
        else (
            f"The {NAMES[field]} of “{title}” is {said}."
            if not NAMES[field].endswith("s")
            else f"The {NAMES[field]} of “{title}” are {said}."
        )
    )
    return [Finding(text, paper, section.heading, section.kind, section.start, section.end)]


def _section_of(paper: Paper, field: str) -> Section | None:
    wanted = "Title" if field == "title" else field
    return next((s for s in paper.sections if s.heading == wanted), None)


def _said(record: Record, field: str) -> str | None:
    if field == "authors":
        names = list(record.authors)
        return (
            ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else (names[0] if names else None)
        )
    if field == "keywords":
        return "; ".join(record.keywords) or None
    if field == "date" and record.date:
        return _spelt_out(record.date)
    value = getattr(record, field)
    return None if value is None else str(value)


def _spelt_out(date: str) -> str:
    """Return an ISO date as people write it: `2020-01` is January 2020, `2026-02-11` is 11 February 2026."""
    year, *rest = date.split("-")
    if not rest or not 1 <= int(rest[0]) <= len(calendar.month_name) - 1:
        return date
    day = f"{int(rest[1])} " if len(rest) > 1 else ""
    return f"{day}{calendar.month_name[int(rest[0])]} {year}"


def from_references(inquiry: Inquiry, hits: Sequence[Hit], catalogue: Catalogue) -> Lookup:
    """Answer a question about cited works from the papers' reference lists."""
    question = subject(inquiry, catalogue, catalogue.bibliography)
    if not question:
        return Lookup((), 0.1)
    citing, _ = papers_named(inquiry.searched_as, question, catalogue.papers.values(), by_author=False)
    if citing and not any(paper.references for paper in citing):
        names = ", ".join(paper.record.short for paper in citing)
        return Lookup((), 0.05, f"The page of {names} does not list its references.")
    ids = {paper.record.id for paper in citing} or set(catalogue.papers)
    scored: list[tuple[float, float, Paper, Reference]] = []
    for hit in hits:
        paper = catalogue.papers[hit.record.id]
        reference = next((r for r in paper.references if r.start <= hit.start and hit.end <= r.end), None)
        if hit.kind is not Kind.REFERENCE or reference is None or hit.record.id not in ids:
            continue
        asked = _beyond(question, paper) if citing else question
        found = match(asked, paper.text[reference.start : reference.end], "")
        if not found.missing:
            scored.append((found.sentence, hit.score, paper, reference))
    scored.sort(key=lambda item: item[:2], reverse=True)
    if not scored or scored[0][0] < REFERENCE_COVERED:
        return Lookup((), 0.15)
    best = [item for item in scored if item[0] >= ALSO_MEANT * scored[0][0]]
    return Lookup(tuple(_cited(paper, ref) for _, _, paper, ref in best[:MOST_REFERENCES]), 0.9)


def _beyond(question: Sequence[Term], paper: Paper) -> list[Term]:
    """Leave out the terms that only say which paper cites ('does the KIF14 paper cite … glioblastoma?')."""
    rest = [t for t in question if not match([t], paper.record.title, "").sentence]
    return rest or list(question)


def _cited(paper: Paper, reference: Reference) -> Finding:
    entry = " ".join(paper.text[reference.start : reference.end].split())
    return Finding(
        f"Cited by {paper.record.short}: {entry}",
        paper,
        "References",
        Kind.REFERENCE,
        reference.start,
        reference.end,
    )


def from_keywords(inquiry: Inquiry, catalogue: Catalogue) -> Lookup:
    """Answer what a name stands for from the keywords that a paper prints, where its text does not say it."""
    if not asks_definition(inquiry.searched_as):
        return Lookup((), 0.0)
    names = {fold(n): m for m, others in catalogue.aliases.expand(inquiry.searched_as) for n in others}
    findings = []
    for paper in catalogue.papers.values():
        section = _section_of(paper, "keywords")
        keyword = next(
            (k for k in paper.record.keywords for n in names if len(n.split()) > 1 and n in fold(k)), None
        )
        if section and keyword:
            mention = next(m for n, m in names.items() if n in fold(keyword))
            text = f"{mention}: “{keyword}”, a keyword of {paper.record.short}."
            findings.append(Finding(text, paper, section.heading, section.kind, section.start, section.end))
    return Lookup(tuple(findings), 0.9 if findings else 0.0)


def from_names(inquiry: Inquiry, catalogue: Catalogue) -> Lookup:
    """Answer which papers there are by an author, or with an identifier, that a question gives in full."""
    papers = papers_identified(inquiry.searched_as, catalogue)
    findings = tuple(f for paper in papers for f in _field_finding(paper, "title"))
    return Lookup(findings, 0.9 if findings else 0.0)


def from_library(catalogue: Catalogue) -> Lookup:
    """Answer which papers there are."""
    findings = []
    for paper in catalogue.papers.values():
        section = _section_of(paper, "title")
        if section is not None:
            text = f"“{paper.record.title}”"
            findings.append(Finding(text, paper, section.heading, section.kind, section.start, section.end))
    return Lookup(tuple(findings), 0.99 if findings else 0.0)
