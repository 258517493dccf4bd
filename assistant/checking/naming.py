"""Names in a text: genes, drugs, cell lines, species, organs, codes. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from assistant.checking.wording import FUNCTION_WORDS, REPORTING_WORDS, Token, parts, tokens
from index.normalising import fold

# Stems of international non-proprietary names (WHO, "The use of stems in the selection of INNs"), those that
# matter to cancer and common medicine, and a few drugs without a telling ending.
_DRUG: Final = re.compile(
    r"(?:[a-z]{2,}(?:nib|mab|statin|ciclib|platin|taxel|rubicin|mycin|formin|limus|parib|zomib|degib|lisib|clax|"
    r"olol|sartan|gliptin|gliflozin|glitazone|prazole|conazole|oxacin|vir|fovir|cillin|cycline|trexate|abine|"
    r"uracil|fosfamide|mustine|poside|tecan|vastin|dronate|setron|imod|lidomide|stat|satol|quine)"
    r"|aspirin|erastin|brusatol|curcumin|resveratrol|dmso|tamoxifen|dexamethasone|quercetin|berberine|"
    r"artesunate|vitamin)s?"
)
_KINDS: Final = (
    ("mouse", "mice", "murine", "mus"),
    ("rat", "rats"),
    ("rabbit", "rabbits"),
    ("zebrafish",),
    ("dog", "dogs", "canine"),
    ("pig", "pigs", "porcine", "swine"),
    ("monkey", "monkeys", "macaque", "macaques"),
    ("yeast",),
    ("patient", "patients", "clinical"),
    ("hcc", "hepatocellular", "hepatoma", "liver", "hepatic"),
    ("lung", "pulmonary", "nsclc"),
    ("breast",),
    ("colon", "colorectal", "colonic"),
    ("gastric", "stomach"),
    ("pancreatic", "pancreas"),
    ("kidney", "renal"),
    ("thyroid",),
    ("ovarian", "ovary"),
    ("prostate", "prostatic"),
    ("glioma", "glioblastoma", "gliomas"),
    ("melanoma", "melanomas"),
    ("leukemia", "leukaemia"),
    ("lymphoma", "lymphomas"),
    ("medulloblastoma",),
    ("mitochondria", "mitochondrial"),
    ("autophagy", "autophagic"),
    ("apoptosis", "apoptotic"),
    ("ferroptosis", "ferroptotic"),
    ("pyroptosis", "pyroptotic"),
    ("necroptosis", "necroptotic"),
)
"""Words for one species, organ or kind of cell death; a claim that names one needs a quote that names it."""
_KIND_OF: Final = {word: words for words in _KINDS for word in words}
KIND_WORDS: Final = frozenset(_KIND_OF)
"""All of these words."""
_SILENCED: Final = re.compile(r"^(?:si|sh|sg|mi|anti|p|phospho)(?=[a-z]+\d)")  # siKIF14 holds KIF14


def missing_names(claim: str, evidence: str, aliases: Mapping[str, Sequence[str]]) -> list[str]:
    """Return a sentence for each name of the claim that the evidence holds under none of its names."""
    held = _held(evidence)
    plain = f" {fold(evidence)} "
    other_names = {fold(name): others for name, others in aliases.items()}
    missing = []
    for name in names(claim, frozenset(other_names)):
        others = [fold(other) for other in other_names.get(fold(name), ())]
        if not _is_held(fold(name), held) and not any(_contains(plain, other) for other in others):
            missing.append(f"the quotes do not name {name}")
    return missing


def names(text: str, known: frozenset[str] = frozenset()) -> list[str]:
    """Return the words of a text that look like names, as written, each once.

    Gene symbols and codes (a digit or two capitals in a word), drugs by their endings, species, organs and
    kinds of cell death by list, words with a capital inside a sentence, and `known` (folded) names.
    """
    words = tokens(text)
    found = []
    for i, word in enumerate(words):
        opens = i == 0 or words[i - 1].key in ".:"
        for part in _pieces(word):
            if _is_name(part, opens, known):
                found.append(part)
    return list(dict.fromkeys(found))


def _pieces(word: Token) -> list[str]:
    """Return a word, or the parts of a compound unless the whole is a code such as HO-1 or 2'-deoxy…."""
    if not word.is_word:
        return []
    pieces = re.split(r"[\u2010-\u2015\u2212-]", word.text)
    is_code = len(pieces) == 2 and len(pieces[0]) <= 5 and len(pieces[1]) <= 2
    return [word.text] if is_code else [piece for piece in pieces if piece]


def _is_name(word: str, opens: bool, known: frozenset[str]) -> bool:
    key = fold(word)
    if key in known or key in _KIND_OF or _DRUG.fullmatch(key):
        return True
    if key in FUNCTION_WORDS or key in REPORTING_WORDS or not any(c.isalpha() for c in word):
        return False
    letters = [c for c in word if c.isalpha()]
    if any(c.isdigit() for c in word) and not re.fullmatch(
        r"\d+(?:st|nd|rd|th|h|d|mg|g|kg|ml|nm|fold|s)", key
    ):
        return True
    if sum(c.isupper() for c in letters) >= 2 or (len(letters) > 1 and any(c.isupper() for c in word[1:])):
        return True
    return word[0].isupper() and not opens


def _held(evidence: str) -> set[str]:
    """Return what the evidence names: every word and part of a compound, without hyphens, in a few forms."""
    held: set[str] = set()
    for word in tokens(evidence):
        for part in parts(word.key):
            bare = part.replace("-", "")
            held.update((bare, bare.rstrip("s"), _SILENCED.sub("", bare)))
    return held


def _is_held(key: str, held: set[str]) -> bool:
    bare = key.replace("-", "")
    kinds = _KIND_OF.get(key, ())
    return (
        bare in held
        or bare.rstrip("s") in held
        or _SILENCED.sub("", bare) in held
        or any(k in held for k in kinds)
    )


def _contains(plain: str, name: str) -> bool:
    return bool(name) and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", plain) is not None
