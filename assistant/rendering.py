"""Answers, passages and papers as text for people and programs. Pure: values in, strings out."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from assistant.answers import Answer, Citation, Claim
from assistant.reference_formats import to_bibtex, to_ris
from index.papers import Hit, Kind, Record, Role, StatusKind

__all__ = [
    "KIND_LABELS",
    "NEAREST",
    "NOT_IN_THESE_PAPERS",
    "ROLE_LABELS",
    "hits_to_text",
    "identifiers_of",
    "mark_of",
    "paragraphs_of",
    "passages_to_json",
    "records_to_text",
    "reference_of",
    "status_of",
    "text_of",
    "to_bibtex",
    "to_markdown",
    "to_ris",
    "to_text",
]

NOT_IN_THESE_PAPERS = "Not in these papers."
"""What an answer says when the papers do not answer; the same words everywhere."""

NEAREST = "Nearest, but not an answer:"
"""Heading of the passages shown with an answer that is not in the papers."""

KIND_LABELS = {
    Kind.TEXT: "the paper's own words",
    Kind.SUMMARY: "summary by the page",
    Kind.RECORD: "record",
    Kind.REFERENCE: "cited work",
    Kind.ANNOTATION: "annotation",
}
"""What a reader is told about the kind of a piece of evidence."""

ROLE_LABELS = {
    Role.RESULT: "result",
    Role.METHOD: "method",
    Role.BACKGROUND: "background",
    Role.CITED: "about another work",
}
"""What a reader is told about the role of a quote in its paper."""

OF_OTHER_WORK = "on other work"
"""Follows the short citation where all that a claim rests on is what a paper writes about others' work."""

_STATUS_WORDS = {
    StatusKind.RETRACTED: "retracted",
    StatusKind.CORRECTED: "corrected",
    StatusKind.CONCERN: "expression of concern",
}

_MOST_AUTHORS = 6
"""Longer author lists are cut to the first three and `et al.`, as in the Vancouver style."""

_STEERS_TERMINAL = re.compile(r" *[\x00-\x1f\x7f-\x9f\u2028\u2029]+ *")
_TURNS_DIRECTION = re.compile(r"[\u202a-\u202e\u2066-\u2069]")

_Basis = tuple[tuple[str, ...], bool]
"""What a claim rests on: the ids of its papers in the order of its citations, and whether these only write of others'
work there."""


def text_of(claims: Sequence[Claim], citations: Sequence[Citation]) -> str:
    """Return the claims as prose, each followed by its [n].

    Where several papers are cited, there is a paragraph a paper, led in by its short citation
    (`Zhu et al. 2020: …`). What a paper only writes about others' work is led in as that
    (`Zhu et al. 2020 on other work: …`).
    """
    return "\n\n".join(
        (f"{lead}: " if lead else "") + " ".join(_with_numbers(claim) for claim in members)
        for lead, members in paragraphs_of(claims, citations)
    )


def paragraphs_of(
    claims: Sequence[Claim], citations: Sequence[Citation]
) -> tuple[tuple[str, tuple[Claim, ...]], ...]:
    """Return the claims in paragraphs, each with what leads it in.

    Claims are grouped by the papers they rest on, in order of first use, and led in by the short citations of
    these; where one paper at most is cited there is one paragraph and no lead, unless the paper is retracted,
    corrected or doubted. A claim of which every quote is
    about another work is a group of its own with a lead that says so.
    """
    groups = _by_basis(claims, citations)
    names = {citation.paper.id: _short(citation.paper) for citation in citations}
    plain = len(groups) < 2 and not any(citation.paper.status for citation in citations)
    plain = plain and len({paper for papers, _ in groups for paper in papers}) < 2

    def lead(papers: Sequence[str], of_others: bool) -> str:
        if plain and not of_others:
            return ""
        return "; ".join(names[paper] for paper in papers) + (f" {OF_OTHER_WORK}" if of_others else "")

    return tuple((lead(*basis), tuple(members)) for basis, members in groups.items())


def to_text(answer: Answer, width: int | None = None) -> str:
    """Return an answer for the terminal, wrapped at `width` columns, with its numbered sources."""
    blocks: list[str] = []
    if answer.answered:
        blocks += [_wrap(paragraph, width) for paragraph in answer.text.split("\n\n")]
    else:
        blocks += [NOT_IN_THESE_PAPERS, _wrap(f"Searched for: {answer.searched_as}", width)]
    blocks += [_wrap(note, width) for note in _notes(answer)]
    shown = answer.citations if answer.answered else answer.nearest
    if shown:
        blocks.append("Sources" if answer.answered else NEAREST)
        blocks += _source_blocks(shown, width)
    blocks.append(_closing_line(answer))
    return "\n\n".join(blocks) + "\n"


def to_markdown(answer: Answer) -> str:
    """Return a question and its answer as Markdown with quotes and references, to keep or to share."""
    blocks = [f"## {_escape(answer.question)}"]
    if answer.answered:
        blocks += [_escape_prose(paragraph) for paragraph in answer.text.split("\n\n")]
    else:
        blocks += [f"**{NOT_IN_THESE_PAPERS}**", f"Searched for: {_escape(answer.searched_as)}"]
    blocks += [f"*{_escape(note)}*" for note in _notes(answer)]
    shown = answer.citations if answer.answered else answer.nearest
    if shown:
        blocks.append("### Sources" if answer.answered else f"### {NEAREST.rstrip(':')}")
        blocks += [_source_markdown(citation) for citation in shown]
        blocks.append("### References")
        blocks.append("\n".join(f"- {_reference_markdown(record)}" for record in _papers_of(shown)))
    blocks.append(f"*{_escape(_closing_line(answer))}*")
    return "\n\n".join(blocks) + "\n"


def passages_to_json(id: str | None, question: str, hits: Sequence[Hit]) -> dict[str, Any]:
    """Return the `search` object of the JSON contract."""
    return {
        "id": id,
        "question": question,
        "passages": [
            {
                "rank": rank,
                "score": round(hit.score, 4),
                "paper": hit.record.to_json(),
                "section": hit.section,
                "kind": str(hit.kind),
                "text": hit.text,
                "start": hit.start,
                "end": hit.end,
            }
            for rank, hit in enumerate(hits, start=1)
        ],
    }


def hits_to_text(hits: Sequence[Hit], width: int | None = None) -> str:
    """Return passages for the terminal, best first, with their scores."""
    if not hits:
        return "Nothing found: the library holds no passage.\n"
    blocks = []
    for rank, hit in enumerate(hits, start=1):
        head = (
            f"{rank}. {_short(hit.record)} · {_joined(hit.section, KIND_LABELS[hit.kind])} · {hit.score:.3f}"
        )
        blocks.append(f"{_plain(head)}\n{_wrap(hit.text, width, '   ')}")
    return "\n\n".join(blocks) + "\n"


def records_to_text(records: Sequence[Record], width: int | None = None) -> str:
    """Return papers for the terminal: short citation, title, journal, identifiers, and the id to use."""
    blocks = []
    for record in records:
        lines = [_plain(_short(record)), _wrap(record.title, width, "   ")]
        known = (_journal(record), _identifier_line(record), _status_line(record))
        lines += [f"   {_plain(line)}" for line in known if line]
        blocks.append("\n".join([*lines, f"   id {_plain(record.id)}"]))
    return "\n\n".join(blocks) + "\n" if blocks else ""


def identifiers_of(record: Record) -> tuple[tuple[str, str, str], ...]:
    """Return what identifies the paper as (label, value, address), e.g. `("PMID", "31905784", "https://…")`."""
    found = (
        ("DOI", record.doi, f"https://doi.org/{record.doi}"),
        ("PMID", record.pmid, f"https://pubmed.ncbi.nlm.nih.gov/{record.pmid}/"),
        ("PMCID", record.pmcid, f"https://pmc.ncbi.nlm.nih.gov/articles/{record.pmcid}/"),
    )
    return tuple((label, value, address) for label, value, address in found if value)


def mark_of(record: Record) -> str:
    """Return what follows the short citation of a paper: `[retracted]`, `[corrected]`; nothing for most."""
    return f"[{_STATUS_WORDS[record.status.kind]}]" if record.status else ""


def status_of(record: Record) -> str:
    """Return what stands against a paper, with the year: `Retracted 2021`; nothing for most."""
    if record.status is None:
        return ""
    words = _STATUS_WORDS[record.status.kind]
    year = f" {record.status.date[:4]}" if record.status.date else ""
    return f"{words[0].upper()}{words[1:]}{year}"


def reference_of(record: Record) -> str:
    """Return the full reference in one line, without identifiers: authors, year, title, journal."""
    authors = record.authors if len(record.authors) <= _MOST_AUTHORS else (*record.authors[:3], "et al.")
    name = ", ".join(authors)
    if record.year:
        name = f"{name} ({record.year})" if name else f"({record.year})"
    parts = [_plain(part) for part in (name, record.title, _journal(record)) if part]
    return " ".join(part if part[-1] in ".?!" else f"{part}." for part in parts)


def _by_basis(claims: Iterable[Claim], citations: Iterable[Citation]) -> dict[_Basis, list[Claim]]:
    """Group claims by what they rest on, in order of first use."""
    numbered = {citation.number: citation for citation in citations}
    groups: dict[_Basis, list[Claim]] = {}
    for claim in claims:
        cited = [numbered[n] for n in claim.citations if n in numbered]
        of_others = bool(cited) and all(citation.role is Role.CITED for citation in cited)
        papers = tuple(dict.fromkeys(citation.paper.id for citation in cited))
        groups.setdefault((papers, of_others), []).append(claim)
    return groups


def _short(record: Record) -> str:
    """Return the short citation with the mark of a retracted, corrected or doubted paper."""
    return f"{record.short} {mark_of(record)}".rstrip()


def _status_line(record: Record) -> str:
    """Return what stands against a paper, since when, where the notice is, and who says so."""
    if record.status is None:
        return ""
    words = _STATUS_WORDS[record.status.kind]
    date = f" {record.status.date}" if record.status.date else ""
    notice = f", notice {record.status.address}" if record.status.address else ""
    return f"{words[0].upper()}{words[1:]}{date}{notice} (according to {record.status.source})"


def _with_numbers(claim: Claim) -> str:
    numbers = "".join(f"[{number}]" for number in claim.citations)
    return f"{claim.text} {numbers}" if numbers else claim.text


def _notes(answer: Answer) -> Iterator[str]:
    """Yield what a reader must know beside the answer: the notice, and claims that were not confirmed."""
    if answer.notice:
        yield answer.notice
    for claim in answer.claims:
        if answer.answered and not claim.supported:
            yield f"Check before use, the quote does not clearly say this: {claim.text}"


def _closing_line(answer: Answer) -> str:
    """Return the quiet line under an answer: how sure, which reader or model, how long."""
    sure = f"confidence {answer.confidence:.0%} · " if answer.answered else ""
    return f"{sure}{answer.model} · {answer.seconds:.1f} s"


def _source_blocks(citations: Iterable[Citation], width: int | None) -> Iterator[str]:
    """Yield number, place and quote of each citation; title and identifiers where a paper comes first."""
    seen: set[str] = set()
    for citation in citations:
        paper = citation.paper
        lines = [f"[{citation.number}] {_plain(_short(paper))} · {_plain(place_of(citation))}"]
        if paper.id not in seen:
            seen.add(paper.id)
            lines.append(_wrap(paper.title, width, "    "))
            lines += [
                f"    {_plain(line)}"
                for line in (_journal(paper), _identifier_line(paper), _status_line(paper))
                if line
            ]
        yield "\n".join([*lines, _wrap(f"“{citation.quote}”", width, "    ")])


def _source_markdown(citation: Citation) -> str:
    head = f"{_short(citation.paper)} · {place_of(citation)}"
    return f"\\[{citation.number}\\] {_escape(head)}\n\n> “{_escape(citation.quote)}”"


def _reference_markdown(record: Record) -> str:
    links = " · ".join(
        f"[{label} {_escape(value)}]({_address(url)})" for label, value, url in identifiers_of(record)
    )
    page = f"[page]({_address(record.url)})" if record.url else ""
    status = f"**{_escape(_status_line(record))}.**" if record.status else ""
    return " ".join(part for part in (_escape(reference_of(record)), links or page, status) if part)


def _papers_of(citations: Iterable[Citation]) -> Iterable[Record]:
    """Return the cited papers, each once, in order of first use."""
    return {citation.paper.id: citation.paper for citation in citations}.values()


def place_of(citation: Citation) -> str:
    """Return section, page, kind and role of a quote, as far as there are any."""
    page = f"page {citation.page}" if citation.page else ""
    role = ROLE_LABELS[citation.role] if citation.role else ""
    return _joined(citation.section, page, KIND_LABELS[citation.kind], role)


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _journal(record: Record) -> str:
    """Return journal, volume(issue), pages as far as they are known, e.g. `Cancers 12(1), 117`."""
    if not record.journal:
        return ""
    number = (record.volume or "") + (f"({record.issue})" if record.issue else "")
    return f"{record.journal} {number}".strip() + (f", {record.pages}" if record.pages else "")


def _identifier_line(record: Record) -> str:
    line = " · ".join(f"{label} {value}" for label, value, _ in identifiers_of(record))
    return line or record.url or ""


def _plain(text: str) -> str:
    """Return the text on one line, without what would steer a terminal or turn its direction."""
    return _TURNS_DIRECTION.sub("", _STEERS_TERMINAL.sub(" ", text))


def _wrap(text: str, width: int | None, indent: str = "") -> str:
    if width is None:
        return indent + _plain(text)
    return textwrap.fill(
        _plain(text),
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _escape(text: str) -> str:
    """Return the text on one line so that Markdown shows it letter for letter."""
    return re.sub(r"([\\`*_\[\]<>#|~])", r"\\\1", _plain(text))


def _escape_prose(text: str) -> str:
    """Return a paragraph for Markdown; a number, sign or bullet that begins it does not begin a list."""
    return re.sub(r"^(\d+)([.)])(?=\s)|^([-+])(?=\s)", r"\1\\\2\3", _escape(text))


def _address(url: str) -> str:
    """Return an address that cannot end the Markdown link around it."""
    return (
        url.replace("(", "%28")
        .replace(")", "%29")
        .replace(" ", "%20")
        .replace("<", "%3C")
        .replace(">", "%3E")
    )
