"""What a paper studied: cell lines, mice, xenografts, patients, cohorts, trials, computation. Pure.

Read from the paper's own words only, and there from what the paper did or found itself; a line that another work
used, and the entity lists that a machine made, name nothing. Names are as the paper writes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from index.evidence import Role, Zone, role_of, zone_of
from index.normalising import fold
from index.papers import Kind, Paper
from index.segmenting import sentences_of


class SystemKind(StrEnum):
    """Kinds of study systems, from the dish to the clinic."""

    IN_SILICO = "in silico"
    CELL_LINE = "cell line"
    XENOGRAFT = "xenograft"
    MOUSE = "mouse"
    ANIMAL = "animal"
    PATIENTS = "patients"
    COHORT = "cohort"
    TRIAL = "trial"


@dataclass(frozen=True, slots=True)
class System:
    """A study system: its kind, its name as written, and the span of the first sentence that says so."""

    kind: SystemKind
    name: str
    start: int
    end: int

    def to_json(self) -> dict[str, str | int]:
        """Return plain values."""
        return {"kind": str(self.kind), "name": self.name, "start": self.start, "end": self.end}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> System:
        """Rebuild a system from `to_json` values."""
        return cls(SystemKind(values["kind"]), values["name"], values["start"], values["end"])


MOST_OF_A_KIND: Final = {
    SystemKind.IN_SILICO: 6,
    SystemKind.CELL_LINE: 40,
    SystemKind.XENOGRAFT: 3,
    SystemKind.MOUSE: 4,
    SystemKind.ANIMAL: 4,
    SystemKind.PATIENTS: 2,
    SystemKind.COHORT: 3,
    SystemKind.TRIAL: 3,
}
"""Names of a kind at most: beyond the first few, papers vary words ('the mice', 'these patients') and split groups."""

EDITION: Final = 1
"""Raised when the patterns of this file change: what was found by others is found anew."""

LONGEST: Final = 2000
"""Characters of a sentence that are read; what is longer is a table or a list, not a sentence."""

_SILENT: Final = frozenset((Zone.DISCUSSION, Zone.APPARATUS))
"""Where a paper speaks of other systems than its own, or of none."""

# --- cell lines ----------------------------------------------------------------------------------------

_KNOWN_LINE: Final = (
    r"(?:Hep[\s-]?G2(?:\.2\.15)?|Hep[\s-]?3B(?:2\.1-7)?|Hep55\.1C|Hepa[\s-]?1[-–]6|Hepa[\s-]?1c1c7|HepaRG|Hu[Hh][\s-]?7(?:\.5(?:\.1)?)?|HUH[\s-]?7|Huh[\s-]?[16]"
    r"|SK[\s-]?[Hh][Ee][Pp][\s-]?1|PLC/?PRF/?5|MHCC[\s-]?97(?:[\s-]?[HL])?|MHCC[\s-]?LM3|HCC[\s-]?LM3|HCCLM[369]|SMMC[\s-]?7721|B[Ee][Ll][\s-]?740[2457]|QGY[\s-]?770[13]"
    r"|SNU[\s-]?\d{3}|JHH[\s-]?\d|HLE|HLF|LM3|Li-7|HCO2|WRL[\s-]?68|[LH][L0O]-?0?2(?=\s(?:cell|hepat|normal))|LX[\s-]?2|AML[\s-]?12|THLE[\s-]?[23]"
    r"|HEK[\s-]?293(?:[TA]|FT)?|293[TA]|HeLa|MCF[\s-]?7|MCF[\s-]?10A|MDA[\s-]MB[\s-]\d{3}|A549|HCT[\s-]?(?:116|8|15)|HT[\s-]?29|SW[\s-]?(?:480|620)|Caco[\s-]?2|LoVo|DLD[\s-]?1|(?:NCI-)?H(?:1299|1975|460|446|358|226)"
    r"|PANC[\s-]?1|BxPC[\s-]?3|MIA\s?PaCa[\s-]?2|AsPC[\s-]?1|LNCaP|DU[\s-]?145|PC[\s-]3|K562|HL[\s-]?60|U937|THP[\s-]?1|Jurkat|RAW\s?264\.7|U2OS|U[\s-]?87(?:\s?MG)?|SK[\s-]?OV[\s-]?3"
    r"|OVCAR[\s-]?\d|NIH[\s/-]?3T3|COS[\s-]?[17]|CT26|B16(?:[\s-]?F10)?|4T1|HUVECs?|Ba/F3|786[\s-]?O|SH-SY5Y)"
)
"""Lines that a paper on liver cancer is likely to name, in their spellings; none is the name of a gene."""

_VARIANT: Final = r"(?:[-/](?:SR|SOR|Sor|R|RES|Res|res|S|luc|Luc|GFP|DDP|ADR|DOX|MDR)\d?|R(?![\w]))?"
_LINE: Final = re.compile(rf"(?<![\w/-]){_KNOWN_LINE}{_VARIANT}(?![\w])")

_TOKEN: Final = r"[A-Z0-9][\w./]*(?:-[A-Z0-9][\w.]*)*"
_LIST: Final = rf"{_TOKEN}(?:(?:,\s(?:and\s|or\s)?|\sand\s|\sor\s|/){_TOKEN}){{0,11}}"
_TISSUE: Final = (
    r"(?:(?:human|murine|mouse|rat|hepatoma|hepatocellular|carcinoma|HCC|liver|cancer|tumou?r|leuk[a]?emia|lymphoma|glioma|melanoma|breast|lung|colon|gastric"
    r"|pancreatic|prostate|ovarian|hepatic|stellate|epithelial|endothelial|normal|parental|resistant|sensitive|sorafenib[-‐]\w+)\s){0,4}"
)
_BEFORE_LINES: Final = re.compile(rf"(?<![\w/-])(?P<names>{_LIST})\s{_TISSUE}cell\slines?\b")
_AFTER_LINES: Final = re.compile(
    rf"\bcell\slines?,?\s?(?:\(|:\s|including\s|such\sas\s|namely\s|named\s|called\s|i\.e\.,?\s)?(?P<names>{_LIST})"
)
_CELLS: Final = re.compile(rf"(?<![\w/-])(?P<names>{_LIST})\s{_TISSUE}cells?\b(?!\slines?\b)")
_EACH: Final = re.compile(r",\s(?:and\s|or\s)?|\sand\s|\sor\s")
_ANY_CELLS: Final = re.compile(
    r"\b(?:HCC|hepatoma|hepatocellular carcinoma|hepatic stellate|(?:liver|hepatic|breast|lung|colon|colorectal|gastric|pancreatic|prostate|ovarian|bladder"
    r"|renal|thyroid|cervical) (?:cancer|carcinoma)) cells\b"
)
LEAST_NAME: Final = 3
"""Characters of the name of a line: shorter ones are labels (`4a`, `G1`)."""

_GENE_LIKE: Final = re.compile(
    r"[A-Z]{1,7}\d{0,3}[A-Z]?\d?(?:-?\d)?|[A-Z][a-z]{1,4}\d{1,2}[a-z]?|(?:CD|IL-?|TNF)\w*|(?:si|sh|mi)\w+"
)
"""KIF14, NRF2, Gpx4, CD133, NK: names that stand before 'cells' without being a line."""

# --- animals -------------------------------------------------------------------------------------------

_STRAIN: Final = (
    r"(?:C57BL/?6[JNC]?\w?|C57/BL6|BALB/?c(?:[\s-]nu(?:/nu)?)?|Balb/?c|NOD[\s/-]SCID|NOD/?SCID|NSG|SCID|NMRI|C3H(?:/\w+)?|FVB(?:/N)?|DBA/2|CD-?1|ICR|129/?Sv\w*|nu/nu"
    r"|Sprague[\s-]Dawley|Wistar|Fischer(?:[\s-]344)?|F344|Lewis|New Zealand [Ww]hite)"
)
_MAKE: Final = rf"(?:(?:{_STRAIN}|(?:fe)?male|adult|athymic|nude|immunodeficient|immunocompetent|transgenic|knockout|wild[\s-]type|old|aged|obese|diabetic|\w+-deficient)[\s,]+)*"
_MICE: Final = re.compile(
    rf"(?<![\w-])(?:{_MAKE}mice\b|{_MAKE}(?:mouse|murine)\smodels?\b|{_STRAIN}\smouse\b)", re.IGNORECASE
)
_ANIMALS: Final = re.compile(
    rf"(?<![\w-]){_MAKE}(?:rats|rabbits|zebrafish|hamsters|guinea\spigs|minipigs|pigs|piglets|dogs|horses|sheep|monkeys|macaques|baboons|Drosophila|C\.\selegans)\b",
    re.IGNORECASE,
)
_XENOGRAFT: Final = re.compile(
    r"\b(?:(?:patient[\s-]derived|orthotopic|subcutaneous|[\w-]+)\s)?xenograft(?:s|ed)?(?:\s(?:tumou?rs?|models?|mice|mouse\smodels?))?\b"
    r"|\b(?:[\w-]{1,40}\s)?tumou?rs?\s(?:growth\s)?in\s(?:\w+\s){0,2}mice\b|\b(?:\w+\s)?tumou?r[\s-]bearing\s(?:\w+\s){0,2}mice\b"
    r"|\borthotopic\s(?:\w+\s){0,2}models?\b",
    re.IGNORECASE,
)

# --- people --------------------------------------------------------------------------------------------

_PEOPLE: Final = (
    r"(?i:patients|participants|subjects|volunteers|individuals|adults|children|infants|newborns|neonates|women|men|mothers|students|residents|survivors|outpatients"
    r"|adolescents|girls|boys|smokers|cases|pairs)"
)
_TENS: Final = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_NUMBER: Final = rf"(?:\d{{1,3}}(?:[,\s]\d{{3}})+|\d{{1,6}}|(?i:ten|eleven|twelve|\w{{3,5}}teen|(?:{_TENS})(?:[\s-](?:one|two|three|four|five|six|seven|eight|nine))?|(?:one|two)\shundred))"
_BETWEEN: Final = r"(?:(?!(?:of|and|to|or|in|with|were|from|for|by|at|all|the|that|who|per|days?|weeks?|months?|years?|hours?|min|mg|samples?|different)\b)[\w-]{1,40}\s){0,4}?"
_COUNTED: Final = re.compile(
    rf"(?<![\w.,/%–-])(?:n\s?=\s?)?{_NUMBER}\s{_BETWEEN}{_PEOPLE}\b(?:\swith\s(?:\w+\s)?(?:HCCs?|hepatocellular\scarcinoma|cirrhosis|COPD|hepatitis\s[BC]|[\w-]*cancer|[\w-]+oma)\b)?"
    rf"|\b(?:[\w-]{1, 40}\s)?{_PEOPLE}\s\([Nn]\s?=\s?\d[\d,]*\)"
)
_SHARE: Final = re.compile(
    r"(?:(?<!total )(?<!cohort )(?<!sample )\bof|%|/|\bin|\bleast|\bto|\bper|\bevery|\bamong)\s(?:the\s)?$",
    re.IGNORECASE,
)
_ENROLLED: Final = re.compile(
    r"\b(?:enrol|recruit|randomi[sz]|assign|allocat|includ|analy[sz]|underwent|undergoing|stud(?:y|ied)|evaluat|eligible|participat|received|treated|complet|compar|collect|from|sample|total|invited|consent)",
    re.IGNORECASE,
)
_COHORT: Final = re.compile(
    r"\b(?:(?:(?-i:[A-Z]{2,}[\w-]*)|validation|training|discovery|test|prospective|retrospective|independent|birth|population[\s-]based|multicent(?:er|re)|nationwide|matched"
    r"|historical|derivation|external|internal|clinical)\s){1,3}cohorts?(?:\sstudy)?\b|\bcohorts?\sof\s\d[\d,]*\s(?:[\w-]{1,40}\s){0,3}?(?:patients|participants|subjects|adults|children|women|men|individuals|cases)\b",
    re.IGNORECASE,
)
_TRIAL: Final = re.compile(
    r"\b(?:NCT\d{8}|ISRCTN\s?\d{8}|ChiCTR[\w-]+\d|EudraCT[\s:]*[\d-]+|UMIN\d+|ACTRN\d+)\b"
    r"|\b(?:(?:phase\s(?:[1-4](?:[ab]|/[1-4])?|I{1,3}V?(?:[ab]|/I{1,3})?)|multi-?cent(?:er|re)|prospective|randomi[sz]ed|controlled|double[-‐\s]blind(?:ed)?|single[-‐\s]blind(?:ed)?|open[-‐\s]label"
    r"|placebo[-‐\s]controlled|cluster|crossover|cross-over|clinical|two-arm|parallel|non-?inferiority|single-arm|parallel-group|pilot|dose-\w+|and)[,\s]+)+(?:trial|study)\b(?!\sregist)",
    re.IGNORECASE,
)
_TRIAL_WORD: Final = re.compile(
    r"\d{6}|randomi[sz]ed|phase|clinical trial|controlled|blind|open|crossover|single-arm", re.IGNORECASE
)
_IN_SILICO: Final = re.compile(
    r"\bin silico(?: (?:analys[ei]s|trials?|stud(?:y|ies)|models?|modell?ing|predictions?|screen(?:ing)?|docking|simulations?))?\b|\bbioinformatics?(?: (?:methods?|analys[ei]s|tools?|approach(?:es)?|pipelines?))?|\b(?:public )?(?:microarray )?data mining\b"
    r"|\bmining (?:of )?(?:the |public )?[\w-]+ (?:\w+ ){0,3}?(?:data(?:sets?|bases?)?)\b|\bpublic(?:ly available)? (?:[\w-]+ ){0,2}?data(?:sets?|bases?)?\b"
    r"|\bThe Cancer Genome Atlas\b|\bTCGA(?:-\w+)?\b|\bGene Expression Omnibus\b|\bGSE\d{3,6}\b|\bGEPIA2?\b|\bOncomine\b|\bcBioPortal\b|\bGDSC\b|\bCCLE\b|\bConnectivity Map\b|\bCMap\b"
    r"|\bmolecular (?:docking|dynamics)(?: simulations?)?|\bmathematical model(?:l?ing)?\b|\b(?:Monte Carlo|computer) simulations?\b|\bnetwork pharmacology\b|\bmachine learning\b",
    re.IGNORECASE,
)  # fmt: skip


def systems_of(paper: Paper) -> tuple[System, ...]:
    """Return what a paper studied, in text order, each name once with the first sentence that says so.

    Cells without the name of a line ('HCC cells') are given only where the paper names none.
    """
    genes = {fold(name) for entity in paper.entities if entity.category == "gene" for name in entity.names}
    found: dict[tuple[SystemKind, str], System] = {}
    unnamed: list[System] = []
    for section in paper.sections:
        zone = zone_of(section.heading)
        if section.kind is not Kind.TEXT or zone in _SILENT:
            continue
        for start, end in sentences_of(paper.text, section.start, section.end):
            said = " ".join(paper.text[start : min(end, start + LONGEST)].split())
            named = [*_named(said, zone, genes)]
            cells = _ANY_CELLS.search(said)
            if not (named or cells):
                continue
            place = (start - section.start) / max(1, section.end - section.start)
            if role_of(said, section.heading, place) not in (Role.RESULT, Role.METHOD):
                continue
            for kind, name in named:
                key = (kind, re.sub(r"[\W_]", "", fold(name)))
                found.setdefault(key, System(kind, name, start, end))
            if cells:
                unnamed.append(System(SystemKind.CELL_LINE, cells.group(), start, end))
    if not any(kind is SystemKind.CELL_LINE for kind, _ in found):
        found |= {(one.kind, one.name): one for one in unnamed[:1]}
    return tuple(_few(sorted(found.values(), key=lambda one: one.start)))


def _few(systems: list[System]) -> Iterator[System]:
    """Yield the first of each kind."""
    counts: dict[SystemKind, int] = {}
    for one in systems:
        counts[one.kind] = counts.get(one.kind, 0) + 1
        if counts[one.kind] <= MOST_OF_A_KIND[one.kind]:
            yield one


def _named(said: str, zone: Zone, genes: set[str]) -> Iterator[tuple[SystemKind, str]]:
    """Yield the systems that a sentence names."""
    yield from ((SystemKind.CELL_LINE, name) for name in _lines(said, genes))
    for kind, pattern in (
        (SystemKind.IN_SILICO, _IN_SILICO),
        (SystemKind.XENOGRAFT, _XENOGRAFT),
        (SystemKind.MOUSE, _MICE),
        (SystemKind.ANIMAL, _ANIMALS),
        (SystemKind.COHORT, _COHORT),
    ):
        yield from ((kind, match.group().strip()) for match in pattern.finditer(said))
    for match in _TRIAL.finditer(said):
        if _TRIAL_WORD.search(match.group()):
            yield SystemKind.TRIAL, match.group()
    if (
        zone in (Zone.ABSTRACT, Zone.METHODS, Zone.RESULTS)
        and _ENROLLED.search(said)
        and not said.startswith("|")
    ):
        for match in _COUNTED.finditer(said):
            if not _SHARE.search(said[: match.start()]):
                yield SystemKind.PATIENTS, match.group()


def _lines(said: str, genes: set[str]) -> Iterator[str]:
    """Yield the cell lines of a sentence: those that are known, and names that stand where lines stand."""
    yield from (match.group() for match in _LINE.finditer(said))
    for pattern, sure in ((_BEFORE_LINES, True), (_AFTER_LINES, True), (_CELLS, False)):
        for match in pattern.finditer(said):
            for name in _EACH.split(match["names"]):
                if _may_be_a_line(name.strip("./"), genes, sure):
                    yield name.strip("./")


def _may_be_a_line(name: str, genes: set[str], sure: bool) -> bool:
    """Return whether a name that stands before 'cells' (or, `sure`, beside 'cell lines') is one of a cell line.

    A line's name has a digit; what looks like a gene is none, nor is a strain of mice.
    """
    if (
        not re.match(r"[A-Z][\w./-]*\d|\d{3}", name)
        or len(name) < LEAST_NAME
        or not any(map(str.isalpha, name))
    ):
        return False
    if fold(name) in genes or re.fullmatch(_STRAIN, name) or _LINE.fullmatch(name) is not None:
        return False  # the known ones are there already
    if re.match(r"(?:CD|IL-?|TNF|siRNA|G[0-2]/?|S-?phase|Th|Figure|Fig|Table)\d", name):
        return False
    return sure or not _GENE_LIKE.fullmatch(name)
