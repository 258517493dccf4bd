"""What a question asks about, and how much of it a sentence and its surroundings speak to. Pure.

The question's words become terms: named things (genes, drugs, cell lines, species) with all their names, and
plain words with a weight by rarity. A named thing that the evidence does not mention weighs heavily: it is
what tells a near miss from an answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from index.aliases import Aliases
from index.lexical import STOP_WORDS, stem, stems
from index.normalising import fold, terms
from index.papers import Paper

Form = frozenset[str]
"""A name as the set of its stems; a text holds the name when it holds all of them."""

GENERIC = frozenset(
    stem(word)
    for word in """
        drive cause affect effect role mechanism happen lead contribute explain describe study paper work
        author article publication find finding found show shown report result use used using observe know
        known tell say give list name main key important kind type way involve involved associate
        association relate relation relationship link connection do make occur exist play part mean meaning
        define definition according evidence data information detail question answer conclude conclusion
        summary summarise summarize overview stand abbreviation acronym deal look carry
        discuss mention state propose suggest demonstrate identify
        identified investigate examine researcher scientist group team please help want need think believe
        possible likely different difference compare change consequence outcome impact influence function
        significance purpose aim goal reason why many much number percent percentage proportion rate level
        high low new novel really actually exactly briefly specifically generally currently recent recently
        case example other another one two three first
        against out within still again already ever anyone somebody someone anybody anything something everything
        around towards kind sort go goes going gone along get got gets become became turn put set take taken took
        come came seem try keep kept hold held thing lot bit whole story point order sense matter able actually
        idea hear heard read somewhere today yesterday please thanks thank hello
    """.split()
)
"""Words in which questions are put rather than what they are about; they count little."""

GENERIC_WEIGHT = 0.15

FAMILIES: tuple[Form, ...] = tuple(
    frozenset(stem(word) for word in family.split())
    for family in (
        "mice mouse murine vivo animal",
        "reverse reversal restore restoration overcome undo resensitize resensitise resensitization rescue abolish",
        "resistance resistant refractory insensitive",
        "sensitivity sensitive sensitize sensitise sensitization chemosensitivity responsive parental",
        "inhibit inhibition inhibitor block blockade suppress suppression silence silencing knockdown knock deplete "
        "depletion shut sirna shrna rnai loss decrease lower fall drop go down downregulate downregulation reduce "
        "reduction diminish",
        "overexpression overexpress ectopic forced",
        "clonogenic colony outgrowth",
        "sustained prolonged continuous chronic long",
        "efficacy efficacious effective",
        "cytotoxic cytotoxicity cytotoxics kill",
        "immunotherapy checkpoint",
        "bioinformatics silico computational",
        "transplantation transplant",
        "surgery surgical operation resection",
        "limit limited restrict hamper",
        "increase lengthen prolong extend higher rise raise go up high upregulate upregulation elevate enhance induce induction activate activation raise",
        "tumor tumour cancer carcinoma malignancy neoplasm hepatoma",
        "survival survive",
        "grow growth proliferate proliferation",
        "way pathway cascade",
        "mechanism pathway",
        "trigger induce cause",
        "benefit help",
        "drug agent medicine medication therapy therapeutic treatment treat chemotherapy",
        "gene genes transcript",
        "target targeting",
        "patient patients",
        "liver hepatic hepatocellular",
        "approve approved approval license licensed",
        "prognosis prognostic",
        "biomarker marker",
    )
)
"""Words of the field that say the same for the purpose of finding an answer (stemmed)."""

_SUBSTANCE = re.compile(r"^[a-z]{4,}(?:in|ins|ine|ines|ol|ide|ides|ate|one|ane|ene|ium|ase|ases|oid|oids)$")
"""How substances and proteins end (bufalin, brusatol, kinesin): a name, where the word is no common one."""

_DRUG = re.compile(
    r"^[a-z]{3,}(?:nib|mab|statin|formin|platin|rubicin|taxel|mycin|cillin|ciclib|parib|limus|zomib|tecan|degib|"
    r"rafenib|sartan|prazole|olol|vir|azole|profen|gliptin|gliflozin|oxacin|tinib|atinib|bine|trexed|trexate)$"
)
_CODE = re.compile(r"^(?=.*[A-Za-z])(?=.*\d)[\w.+-]+$")
_ACRONYM = re.compile(r"^(?=(?:.*[A-Z]){2})[A-Za-z0-9+-]{2,}$")
_WORD = re.compile(r"[^\W_](?:[\w.+-]*[^\W_])?")

SITES = frozenset(
    stem(word)
    for word in """
        pancreatic pancreas renal kidney breast lung colorectal colon colonic gastric stomach ovarian ovary
        prostate bladder thyroid cervical brain skin bone esophageal oesophageal melanoma glioma
        glioblastoma leukemia leukaemia lymphoma myeloma sarcoma cholangiocarcinoma healthy
    """.split()
)
"""Organs and cancers: a finding in one is no finding in another."""

TOPICS = frozenset(
    stem(word)
    for word in """
        side adverse toxicity tolerability dose dosage trial price cost diarrhea diarrhoea rash hypertension
        vaccine pregnancy pregnant diet weather
    """.split()
)
"""Topics that people ask about by exactly these words: a text without them does not speak to it."""

KEPT_TEXTS = 1024
"""Texts whose stems are kept: every sentence of a passage is matched together with the same surroundings."""

SHORTEST_TECHNICAL = 6
"""Shorter words that are not in the language model's vocabulary are mostly slips and parts of symbols."""

SPECIES = frozenset(
    stem(w)
    for w in [
        "mouse",
        "mice",
        "murine",
        "rat",
        "rats",
        "patients",
        "patient",
        "zebrafish",
        "animal",
        "animals",
        "vivo",
        "vitro",
        "dog",
        "monkey",
        "pig",
    ]
)


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that a question is about."""

    name: str
    forms: tuple[Form, ...]
    weight: float
    named: bool  # a gene, drug, cell line, species: must be there by name
    technical: bool = False  # a word of the field, or a capitalised one, that others may say otherwise

    @property
    def drug(self) -> bool:
        """Whether one of its names is a drug's, by its ending."""
        return any(_DRUG.match(word) for form in self.forms for word in form)

    @property
    def one_of_many(self) -> bool:
        """Whether it is a drug, an organ, a cancer or a species: a finding for one is none for another."""
        return self.drug or any(form & (SITES | SPECIES) for form in self.forms)

    def in_(self, words: frozenset[str]) -> bool:
        """Return whether a text with these stems mentions it."""
        return any(form <= words for form in self.forms)


@dataclass(frozen=True, slots=True)
class Match:
    """How far a sentence and its surroundings cover a question, each in [0, 1]."""

    sentence: float
    passage: float  # sentence, passage, heading and title together
    missing: tuple[str, ...]  # named things that occur nowhere around the sentence
    others: int  # how many of them are drugs, organs, cancers or species
    unknown: tuple[str, ...]  # technical words that occur nowhere around it
    elsewhere: tuple[str, ...]  # named things in the passage or title but not in the sentence


def question_terms(
    question: str,
    aliases: Aliases,
    idf: Callable[[str], float],
    is_word: Callable[[str], bool] = lambda _: True,
) -> tuple[Term, ...]:
    """Return what a question is about.

    Args:
        question: standing alone.
        aliases: other names of its entities.
        idf: inverse document frequency of a stem in the library.
        is_word: whether a folded word is a common word of the language; one that is not is a term of the
            field and counts as a named thing.
    """
    found: list[Term] = []
    rest = f" {question} "
    for mention, names in aliases.expand(question):
        forms = tuple(dict.fromkeys(_form(name) for name in (mention, *names) if _form(name)))
        if not forms:
            continue
        weight = min(max(idf(s) for s in form) for form in forms)
        found.append(Term(mention, forms, weight, named=_looks_named(mention) or len(forms) > 2))
        rest = re.sub(rf"(?<!\w){re.escape(mention)}(?!\w)", " ", rest, flags=re.IGNORECASE)
    # The words of a thing's other names say nothing more ('GPX4, the glutathione peroxidase').
    seen = {word for term in found for form in term.forms if len(form) > 1 for word in form}
    seen |= {stem(word) for term in found for word in terms(term.name)}
    for position, word in enumerate(_WORD.findall(rest)):
        for part in _parts(word):
            stemmed = stem(fold(part))
            if stemmed in seen or fold(part) in STOP_WORDS or not stemmed:
                continue
            seen.add(stemmed)
            named = _looks_named(part) or _is_substance(part, stemmed, is_word)
            technical = not named and _is_technical(part, stemmed, is_word, first=position == 0)
            forms = (*forms_of(stemmed), *_spellings(part))
            found.append(Term(part, forms, _weight(stemmed, forms, named, idf), named, technical))
    return tuple(found)


def match(question: Sequence[Term], sentence: str, around: str) -> Match:
    """Return how far a sentence, and the sentence with what lies around it, covers a question's terms."""
    own = _stems_of(sentence)
    near = own | _stems_of(around)
    said = [term for term in question if term.in_(own)]
    around_it = [term for term in question if term.in_(near)]
    gone = [term for term in question if term not in around_it]
    total = sum(term.weight for term in question)
    return Match(
        sentence=sum(term.weight for term in said) / total if total else 1.0,
        passage=sum(term.weight for term in around_it) / total if total else 1.0,
        missing=tuple(term.name for term in gone if term.named),
        others=sum(term.named and term.one_of_many for term in gone),
        unknown=tuple(term.name for term in gone if term.technical),
        elsewhere=tuple(term.name for term in around_it if term.named and term not in said),
    )


_NAMING = re.compile(
    r"\b(?:the|this|that|these|those|in|of|does|do|did|from|by|and|doi|pmid|year|journal|authors?) (?P<name>(?:[^\s?.,]+ ){1,4}?)"
    r"(?P<what>(?:paper|study|studie|article|work|author|group|team|project|publication|researcher|experiment|one)s?)\b",
    re.IGNORECASE,
)
"""How people name a paper by what it is about: 'the KIF14 paper', 'by the NRF2 authors'."""


def papers_named(
    question: str, terms: Sequence[Term], papers: Iterable[Paper], *, by_author: bool = True
) -> tuple[list[Paper], set[str]]:
    """Return the papers that a question names, and the terms that only name them.

    A paper is named by its subject ('in the NRF2 study'), or by its first or last author ('Zhu et al.').
    """
    papers = list(papers)
    named: dict[str, Paper] = {}
    said: set[str] = set()
    for mention in _NAMING.finditer(question):
        naming = [term for term in terms if term.name in mention["name"]]
        found = _titled(naming, papers, several=mention["what"].endswith("s") and " and " in mention["name"])
        if found:
            named |= {paper.record.id: paper for paper in found}
            said |= {term.name for term in naming}
    for paper in papers if by_author else ():
        for author in {*paper.record.authors[:1], *paper.record.authors[-1:]}:
            surname = author.rsplit(" ", 1)[-1]
            if len(surname) > 2 and re.search(rf"\b{re.escape(surname)}\b", question):
                named[paper.record.id] = paper
                said.add(surname)
    return list(named.values()), said


def _titled(naming: Sequence[Term], papers: Sequence[Paper], *, several: bool) -> list[Paper]:
    """Return the papers whose titles, else keywords, hold most of the terms by which a paper is named."""
    for texts in ([p.record.title for p in papers], [" ".join(p.record.keywords) for p in papers]):
        held = [sum(term.in_(_stems_of(text)) * (1 + term.named) for term in naming) for text in texts]
        most = max(held, default=0)
        if most:
            return [p for p, count in zip(papers, held, strict=True) if count == most or (several and count)]
    return []


def drugs(text: str) -> frozenset[str]:
    """Return the drug names of a text, by their endings."""
    return frozenset(word for word in terms(text) if _DRUG.match(word))


def _looks_named(word: str) -> bool:
    folded = fold(word)
    if stem(folded) in SPECIES or _DRUG.match(folded) or _CODE.match(word):
        return not folded.isdigit()
    return bool(_ACRONYM.match(word)) or stem(folded) in SITES or stem(folded) in TOPICS


def _is_substance(word: str, stemmed: str, is_word: Callable[[str], bool]) -> bool:
    """Return whether an uncommon word ends as the names of substances and proteins do."""
    return bool(_SUBSTANCE.match(fold(word))) and _is_uncommon(word, stemmed, is_word)


def _is_technical(word: str, stemmed: str, is_word: Callable[[str], bool], *, first: bool) -> bool:
    """Return whether a word is of the field or a proper name rather than of the common language."""
    return (word[:1].isupper() and not first and len(word) > 2) or _is_uncommon(word, stemmed, is_word)


def _is_uncommon(word: str, stemmed: str, is_word: Callable[[str], bool]) -> bool:
    """Return whether a word is neither common nor one of the field's families."""
    if len(word) < SHORTEST_TECHNICAL or stemmed in GENERIC or any(stemmed in family for family in FAMILIES):
        return False
    return not (is_word(fold(word)) or is_word(stemmed))


def _weight(stemmed: str, forms: Sequence[Form], named: bool, idf: Callable[[str], float]) -> float:
    """Return how much a word counts: as much as the most common of the words that stand for the same."""
    rarity = min(idf(s) for form in forms for s in form)
    if named:
        return max(rarity, 1.0) * 1.5
    return GENERIC_WEIGHT if stemmed in GENERIC else max(rarity, 0.5)


def _parts(word: str) -> list[str]:
    """Split a hyphen compound into its words; a code such as HO-1 or BAY-43 stays whole."""
    pieces = [piece for piece in re.split(r"[-\u2010-\u2015]", word) if piece]
    if len(pieces) > 1 and any(len(piece) < 3 or piece.isdigit() for piece in pieces):
        return [word]
    return pieces


def _spellings(word: str) -> tuple[Form, ...]:
    """Return other ways to write a hyphen compound: B-cells is B cells and Bcells."""
    pieces = [stem(fold(piece)) for piece in re.split(r"[-\u2010-\u2015]", word) if piece]
    return (frozenset(pieces), frozenset({"".join(pieces)})) if len(pieces) > 1 else ()


def _form(name: str) -> Form:
    return frozenset(stem(word) for word in terms(name) if word not in STOP_WORDS)


def forms_of(stemmed: str) -> tuple[Form, ...]:
    """Return a word's own form and those of the words that say the same."""
    family = next((family for family in FAMILIES if stemmed in family), frozenset({stemmed}))
    return (frozenset({stemmed}), *(frozenset({other}) for other in sorted(family - {stemmed})))


@lru_cache(maxsize=KEPT_TEXTS)
def _stems_of(text: str) -> frozenset[str]:
    found = set(stems(text))
    found |= {
        stem(word.replace("-", "")) for word in terms(text) if "-" in word
    }  # multi-kinase is multikinase
    # siKIF14 and shKIF14 are RNAs against KIF14: they mention it.
    against = {word[2:] for word in found if word[:2] in ("si", "sh") and any(c.isdigit() for c in word)}
    if against:
        found |= against | {stem("silencing")}
    return frozenset(found)


def similar(one: str, other: str) -> float:
    """Return the share of the shorter text's stems that the other holds too, in [0, 1]."""
    a, b = set(stems(one)), set(stems(other))
    return len(a & b) / max(1, min(len(a), len(b)))
