"""What a sentence of a paper's own words is: its result, its method, background, or a word on another work. Pure.

The argument of a paper is zoned by three things that readers go by as well (Teufel, Argumentative Zoning, 1999): the
section a sentence stands in, set phrases ('we found', 'previous studies'), and citation marks. Which of them counts
more depends on the section: a mark in an introduction makes a statement another's, one in the methods only names
where a procedure comes from.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from index.papers import Kind, Paper, Role, Section
from index.segmenting import ABSTRACT, sentences_of

__all__ = ["Role", "Zone", "role_at", "role_of", "zone_of"]


class Zone(StrEnum):
    """What a section is for."""

    INTRODUCTION = "introduction"
    METHODS = "methods"
    RESULTS = "results"
    DISCUSSION = "discussion"
    ABSTRACT = "abstract"  # without headings of its own
    APPARATUS = "apparatus"  # thanks, contributions, abbreviations
    OTHER = "other"  # headings that say nothing, and those of reviews


_HEADINGS: Final = (
    (Zone.APPARATUS, r"acknowledg|contribut|competing|conflicts? of interest|fund|abbreviat|disclos|availab"
                      r"|supplement|supporting information|additional (?:file|information)|author"),
    (Zone.METHODS, r"methods?\b|methodology|materials|patients and|subjects|participants|design|procedure|protocol"
                    r"|statistic|analys[ie]s|measure|intervention|ethic|consent|registration|experimental|objectives?\b|aims?\b|purpose"),
    (Zone.RESULTS, r"results?\b|findings?\b|tables?\b|fig(?:ure|\.)?s?\b|outcomes?\b|title\b|key (?:messages|points)|highlights"),
    (Zone.DISCUSSION, r"discussion|conclu|limitation|interpretation|implications|significance|strengths|comment|outlook"),
    (Zone.INTRODUCTION, r"introduction|background|rationale|context|importance|overview|literature"),
)  # fmt: skip
"""What the words of a heading say, the first that fits counts; see `zone_of`."""

_RANGE: Final = r"\d{1,3}[a-z]?(?:\s*[,;–‐-]\s*\d{1,3}[a-z]?)*"
_NAME: Final = r"[A-Z][\w’'-]+"
_MARK: Final = re.compile(
    rf"""
    \[\s?{_RANGE}\s?\]                                                       # [12], [9–11], [3, 7]
  | [⁰¹²³⁴-⁹]+(?:[,⁻–-][⁰¹²³⁴-⁹]+)*                                          # adults¹²
  | (?<=[a-z\)]{{2}})[.,;]{_RANGE}(?=\s|$)                                    # reduction.28 (a superscript set flat)
  | (?<=[a-z]{{4}})\d{{1,2}}(?:[,–-]\d{{1,2}})+(?=[\s.,;]|$)                  # patients12,13
  | \((?:see\s|e\.g\.,?\s|reviewed\sin\s)?{_NAME}(?:\s(?:et\sal\.?|(?:and|&)\s{_NAME}))?,?\s(?:19|20)\d\d[a-z]?[;,)]  # (Smith et al., 2019
  | \bet\sal\b\.?,?\s*[\[(]
    """,
    re.VERBOSE,
)
_MARK_IN_BRACKETS: Final = re.compile(
    rf"(?<!quation)(?<!step)(?<!group)(?<!hase)(?<!able)(?<!igure) \({_RANGE}\)(?=[.,;]|$)"
)
"""`(12, 13)`: a mark in the running text of introductions and discussions, elsewhere more likely a number."""

_SAYING: Final = (
    r"(?:report|show|demonstrat|suggest|propos|describ|observ|establish|document|indicat|found|not|estimat|identif"
    r"|investigat|recommend|implicat|reveal|postulat|hypothesi[sz]|claim|conclud|argu|attempt|evaluat|examin|assess|link|associat)\w*"
)
_ADVERB: Final = r"(?:\s(?:also|previously|already|recently|consistently|repeatedly|widely|well|long|not|often|first|frequently|extensively|been))*"
_OTHERS: Final = re.compile(
    rf"""
    \bet\sal\b
  | \b(?:has|have|had)(?:\s(?:also|previously|recently|not|long))*\sbeen{_ADVERB}\s{_SAYING}
  | \b(?:was|were|is|are|as)\s(?:also\s)?(?:previously|recently|earlier)\s{_SAYING}
  | \b(?:previous|prior|earlier|recent|other|several|numerous|many|few|some|most|different|published|existing|additional|observational|epidemiological
       |preclinical|clinical|large|two|three|experimental|animal|randomi[sz]ed)
      (?:\s(?:clinical|experimental|randomi[sz]ed|large|small|published|recent|controlled|cohort|animal|in\svitro|in\svivo|phase\sI+))*
      \s(?:stud(?:y|ies)|reports?|publications?|works?|trials?|investigat(?:ions?|ors)|authors|groups|researchers|findings|literature|evidence
          |reviews?|meta-analys[ei]s|surveys?|experiments)
      (?=.{{0,60}}?\b(?:have|has|had|showed|shown|found|reported|suggest\w*|indicat\w+|demonstrat\w+|in|of|on|that|by|were|was|failed|which)\b)
  | \b(?:the|in)\s(?:\w+\s)?literature\b
  | \b(?:others|researchers|investigators|authors|research|evidence|scientists)\s(?:have|has)\s(?:also\s)?{_SAYING}
  | \b(?:we|our\s(?:group|team|laboratory|lab))\s(?:have\s|had\s|has\s)?(?:previously|earlier|recently)\s(?:have\s)?{_SAYING}
  | \b(?:our|in\sa|in\san|in\sanother|in\sone)\s(?:previous|earlier|prior|recent|own\sprevious|past)\s(?:\w+\s)?(?:stud|work|report|trial|research|paper|finding|result)
  | \b(?:it|this)\s(?:is|was)\s(?:well[\s-])?(?:known|established|recogni[sz]ed|documented|reported|believed|thought|suggested)\b
  | \b(?:was|were|is|are)\s(?:first\s)?reported\s(?:by|in\s(?:other|the|a|several|many))\b
  | \baccording\sto\s(?:{_NAME}|the\s(?:world|american|european|national|global|international))
    """,
    re.VERBOSE | re.IGNORECASE,
)
_OTHERS_SAY: Final = re.compile(
    rf"\bet al\b\.?,?\s*(?:\[[^\]]*\]|\([^)]*\))?\s*(?:also |have |had |has |recently |previously )*{_SAYING}"
    r"|\b(?:previous|prior|earlier|other|several|recent) (?:\w+ )?(?:studies|reports|trials|authors) (?:have |had )?(?:also )?"
    r"(?:show|report|suggest|found|demonstrat|indicat|document)",
    re.IGNORECASE,
)
"""Others are the subject: enough even where the section is the paper's own."""

_OWN: Final = re.compile(
    r"\b(?:in|the|this|of|by|from|results of) (?:the )?(?:present|current|this|our) (?:\w+ )?(?:study|trial|work|paper|report|research|analysis|investigation"
    r"|article|review|cohort|series|experiment|survey|model)\b|\bthis study\b"
    r"|\bour (?:\w+ )?(?:results?|findings?|data|study|observations?|analys[ie]s|work|trial|experiments?|cohort|series|patients|model|sample|hypothesis)\b"
    r"|\b(?:these|the present|the current|present|the above) (?:\w+ )?(?:results?|findings?|data|observations?|outcomes)\b"
    r"|\bhere(?:in)?,? we\b|\bwe\b",
    re.IGNORECASE,
)
_FOUND: Final = re.compile(
    r"\bwe (?:\w+ )?(?:\w+ )?(?:found|show(?:ed)?|demonstrat\w+|observ\w+|conclud\w+|identif\w+|discover\w+|reveal\w*|confirm\w*|report|detected"
    r"|provide evidence|propose|suggest|believe|did not (?:find|observe|detect)|saw|could (?:not )?show|established that|validated)\b"
    r"|\b(?:results?|findings?|data|analys[ei]s|experiments?|assays?|mining|profiling|screening|sequencing|study|observations?|model|imaging|blot\w*|staining)\b"
    r"(?:[^.;]{0,90}?)\b(?:show|reveal|indicat|demonstrat|suggest|confirm|found|identif(?:y|ied|ies)\b|validat|support|highlight|provid|uncover|establish|impl(?:y|ies))\w*"
    r"|\b(?:was|were|is|are) (?:also |not |\w+ly )?(?:found|shown|observed|detected|seen|identified) (?:to|that|in|as|between|for|only|among|with|after)\b"
    r"|\b(?:significant(?:ly)?|p\s*[<=>≤]\s*0?[.·]\d|95\s?% ?(?:CI|confidence)|(?:hazard|odds|risk) ratio|(?:HR|OR|RR)\s*[=:,]?\s*\d)"
    r"|^(?:in conclusion|in summary|taken together|collectively|overall|altogether|thus|therefore|hence|conclusions?:)",
    re.IGNORECASE,
)
_DONE: Final = re.compile(
    r"\bwe (?:\w+ ){0,2}?(?:aim(?:ed)?|hypothesi[sz]ed|investigated?|examined?|evaluated?|assess(?:ed)?|perform(?:ed)?|used?|analy[sz]ed?|measured?|compared?"
    r"|conducted|carried out|developed|designed|established|generated|treated|recruited|enrolled|included|collected|sought|tested|explored?|applied|employed"
    r"|studied|determined|constructed|randomi[sz]ed|searched|reviewed?|describe|present|searched|screened|defined|calculated|estimated|isolated|transfected|injected|knocked)\b"
    r"|\b(?:aims?|purpose|objectives?|goals?)\b[^.]{0,60}\b(?:was|were|is|are)\b|^(?:aims?|objectives?|purpose|methods?|design|setting)\b:?"
    r"|^to (?:\w+ly )?(?:investigate|determine|examine|explore|test|address|elucidate|evaluate|assess|compare|study|identify|clarify|confirm|verify|further|understand|see|validate)\b"
    r"|\b(?:was|were) (?:\w+ly |then |also |first |all )?(?:performed|used|assessed|measured|evaluated|analy[sz]ed|conducted|carried out|randomi[sz]ed|randomly|enrolled|recruited"
    r"|included|excluded|collected|obtained|purchased|treated|cultured|maintained|isolated|injected|administered|calculated|determined|defined|compared|examined|investigated"
    r"|assigned|allocated|divided|tested|quantified|stained|incubated|transfected|generated|established|constructed|recorded|monitored|applied|employed|searched|screened"
    r"|approved|extracted|given|developed|designed|implanted|sacrificed|harvested|followed|fed|exposed|grown|studied|surveyed|interviewed)\b"
    r"|\b(?:randomi[sz]ed|double-blind|cross-?sectional|case-control|retrospective|prospective)\b[^.]{0,80}\b(?:trial|study|design)\b[^.]{0,40}\b(?:was|were|of|in|with)\b",
    re.IGNORECASE,
)
_KNOWN: Final = re.compile(
    r"\b(?:remains?|is|are) (?:\w+ly |still |largely )?(?:unclear|unknown|elusive|controversial|limited|poor|poorly|not (?:well|fully|yet|clear|known)|incompletely|under debate|a challenge|challenging)"
    r"|\blittle is known\b|\b(?:urgent|unmet|pressing|great) (?:\w+ )?need\b"
    r"|\b(?:is|are) (?:a|an|the|one of|among|known|responsible|widely|commonly|increasingly|frequently|often|considered|characteri[sz]ed|defined|caused"
    r"|associated|refractory|highly|important|essential|crucial|critical|usually|currently|generally|typically)\b"
    r"|\bplays? (?:a|an|important|key|critical)\b|(?<!may )\b(?:has|have) (?:been|become|served|emerged|attracted|led|shown)\b|^(?:however|despite|although|while),? .*\b(?:limited|remains?|resistan|lack)"
    r"|\baccounts? for\b|\b(?:leading|main|major|most common) (?:cause|type|form|treatment|curative)",
    re.IGNORECASE,
)
_BORROWED: Final = re.compile(
    r"\b(?:adapted|reproduced|reprinted|redrawn|taken|modified) (?:\w+ )?from\b", re.IGNORECASE
)

HALF: Final = 1000
"""Characters that are read at both ends of a longer sentence, which is rather a table or a list."""

OPENING: Final = 0.35
"""Share of an abstract without headings that is background where the wording does not say: about the first three of
nine sentences."""

MIDDLE: Final = 0.55
"""Share of an abstract up to which general statements ('X is responsible for …') are background."""


def role_of(sentence: str, heading: str, position: float) -> Role:
    """Return what a sentence of a paper's own words is.

    Args:
        sentence: the sentence as it stands.
        heading: heading of its section, sub-sections after a colon (`Abstract: Methods`).
        position: where it begins in its section, from 0 to 1; only abstracts without headings need it.
    """
    if len(sentence) > 2 * HALF:  # its citation mark may stand at the end
        sentence = f"{sentence[:HALF]} {sentence[-HALF:]}"
    said = " ".join(sentence.split())
    zone = zone_of(heading)
    if zone is Zone.APPARATUS:
        return Role.BACKGROUND
    if zone is Zone.METHODS:
        return _in_methods(said)
    if zone is Zone.RESULTS:
        return _in_results(said, heading)
    if zone is Zone.ABSTRACT:
        return _in_abstract(said, position)
    if zone is Zone.INTRODUCTION:
        return _in_introduction(said)
    return _in_discussion(said, Role.RESULT if zone is Zone.DISCUSSION else Role.BACKGROUND)


def role_at(paper: Paper, start: int, end: int) -> Role | None:
    """Return what the sentences are that `text[start:end]` lies in; None outside the paper's own words.

    A quote that holds a result is a result. A part of a sentence counts as the sentence: its citation mark may
    stand at the end.
    """
    section = next((s for s in paper.sections if s.start <= start < s.end), None)
    if section is None or section.kind is not Kind.TEXT:
        return None
    roles = [
        role_of(paper.text[first:last], section.heading, _position(section, first))
        for first, last in sentences_of(paper.text, section.start, section.end)
        if first < end and start < last
    ]
    return Role.RESULT if Role.RESULT in roles else next(iter(roles), None)


def _position(section: Section, start: int) -> float:
    return (start - section.start) / max(1, section.end - section.start)


def zone_of(heading: str) -> Zone:
    """Return what a section is for: its top heading says so, else (in abstracts, too) the lowest that does."""
    top, *below = heading.split(": ")
    named = next((zone for name in (top, *reversed(below)) if (zone := _named(name))), None)
    return named or (Zone.ABSTRACT if top == ABSTRACT else Zone.OTHER)


def _named(heading: str) -> Zone | None:
    return next((zone for zone, words in _HEADINGS if re.search(words, heading, re.IGNORECASE)), None)


def _in_introduction(said: str) -> Role:
    if _cites(said) and not _speaks_of_itself(said):
        return Role.CITED
    if _OTHERS.search(said) and not _speaks_of_itself(said):
        return Role.CITED
    if _speaks_of_itself(said) or _DONE.match(said) or _aims(said):
        return Role.RESULT if _FOUND.search(said) and not _DONE.search(said) else Role.METHOD
    return Role.BACKGROUND


def _in_methods(said: str) -> Role:
    return Role.CITED if _OTHERS_SAY.search(said) else Role.METHOD


def _in_results(said: str, heading: str) -> Role:
    if _BORROWED.search(said) and (_MARK.search(said) or _OTHERS.search(said)):
        return Role.CITED
    if heading == "Title" or said.startswith("|"):
        return Role.RESULT
    if (_OTHERS_SAY.search(said) or (_MARK.search(said) and _OTHERS.search(said))) and not _speaks_of_itself(
        said
    ):
        return Role.CITED
    if _DONE.search(said) and not _FOUND.search(said) and (_aims(said) or not re.search(r"\d", said)):
        return Role.METHOD if _aims(said) else Role.RESULT
    return Role.RESULT


def _in_discussion(said: str, otherwise: Role) -> Role:
    own = _speaks_of_itself(said)
    if (_cites(said) or _OTHERS.search(said)) and not own:
        return Role.CITED
    if _FOUND.search(said):
        return Role.RESULT
    if own and _aims(said):
        return Role.METHOD
    if otherwise is Role.BACKGROUND and not own:
        return Role.METHOD if _DONE.search(said) else Role.BACKGROUND
    return Role.BACKGROUND if _KNOWN.search(said) and not own else Role.RESULT


def _in_abstract(said: str, position: float) -> Role:
    own = _speaks_of_itself(said)
    if (_MARK.search(said) or _OTHERS.search(said)) and not own:
        return Role.CITED
    if _aims(said) and not _FOUND.search(said):
        return Role.METHOD
    if _FOUND.search(said) and (own or position >= OPENING):
        return Role.RESULT
    if _DONE.search(said):
        return Role.METHOD
    if own:
        return Role.RESULT
    return Role.BACKGROUND if position < (MIDDLE if _KNOWN.search(said) else OPENING) else Role.RESULT


def _cites(said: str) -> bool:
    return bool(_MARK.search(said) or _MARK_IN_BRACKETS.search(said))


def _aims(said: str) -> bool:
    """Return whether a sentence says what was to be done."""
    return bool(
        re.match(r"to \w+|in order to", said, re.IGNORECASE)
        or re.search(
            r"\b(?:aims?|purpose|objectives?) of|\bwe (?:\w+ )?(?:aim|sought|hypothesi)", said, re.IGNORECASE
        )
    )


def _speaks_of_itself(said: str) -> bool:
    """Return whether a sentence is about this paper: it says so in its first half, before any word of others."""
    own = _OWN.search(said)
    if own is None or own.start() > len(said) / 2:
        return False
    others = _OTHERS.search(said)
    return others is None or own.start() < others.start()
