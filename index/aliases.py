"""One entity, many names: a question about `Nfe2l2` finds the sentences about NRF2.

Names come from a reviewed table, from the papers' machine-made entity lists, and from definitions in their
text, `long form (SHORT)`. They only widen the search and are never answers. The lists hold mistakes, so a
name that two things share, a very short one and one that is a common word are not trusted.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from index.known_names import KNOWN
from index.normalising import fold
from index.papers import Entity, Kind, Paper

_WORD: Final = re.compile(r"[^\W_]+")
# Between the words of a name: "HO-1", "BAY 43-9006", "nuclear factor, erythroid derived 2".
_JOINT: Final = re.compile(r"[\s,.'’′()/‐‑–-]{1,3}")
# The longest name has this many words: "serine hydroxymethyltransferase 2 (mitochondrial)" has four.
_MOST_WORDS: Final = 14
# Species and cell lines are left out: `human` would widen every search, and lists take one line for another.
_CATEGORIES: Final = frozenset(("gene", "chemical", "disease"))
# Letters and digits of the shortest name that is trusted: two mean too many things (CO, OR), and so do three
# where a machine-made list gives them as a further name (PSA, A10, sut).
_SHORTEST: Final = 3
_SHORTEST_LISTED: Final = 4
# Letters of a long form, as against a symbol.
_LONG_NAME: Final = 12
# Symbols that are also English words count only where the question has them in capitals.
_COMMON_WORDS: Final = """
    ache age arc arm art bad bag bid cad camp can cap car cast cat chip clock cope dock echo fat fish flag flip
    for gap gas had has hip hook hot impact iron jun kit lamp large lead lip map mark mask mast met mice mid mill
    nod not pan pen pig pit plan rage ran rap rest rip set ski son spin star step sun tank task the tip top trap
    was who zip
"""
_DEFINITION: Final = re.compile(r"\(\s*(?P<short>[^\s()\[\];,]{2,10}(?:\s[^\s()\[\];,]{1,6})?)\s*[),;]")
_SENTENCE_END: Final = re.compile(r"[.!?;:]\s|[\r\n()]")
_LONGEST_FORM: Final = 300  # characters before a short form that can hold its long form


@dataclass(frozen=True, slots=True)
class Aliases:
    """Groups of names for the same thing, the usual one first, and the names that a question is read for."""

    groups: tuple[tuple[str, ...], ...]
    _group_of: Mapping[str, int] = field(repr=False)

    @classmethod
    def from_papers(cls, papers: Iterable[Paper]) -> Aliases:
        """Return the names that the reviewed table, the papers' entities and their definitions give."""
        builder = _Builder()
        for paper in papers:
            for entity in paper.entities:
                builder.add_entity(entity)
            for section in paper.sections:
                if section.kind is not Kind.ANNOTATION:
                    for long, short in definitions(paper.text[section.start : section.end]):
                        builder.add_definition(long, short)
        return builder.built()

    def expand(self, question: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return each mention of a known thing in `question`, as it stands there, with its other names.

        The longest name wins, words are matched whole, whatever their case, hyphens and Greek letters.
        """
        words = list(_WORD.finditer(question))
        found: list[tuple[str, tuple[str, ...]]] = []
        position = 0
        while position < len(words):
            count, group = self._longest(question, words, position)
            if count:
                mention = question[words[position].start() : words[position + count - 1].end()]
                others = tuple(name for name in self.groups[group] if fold(name) != fold(mention))
                if others:
                    found.append((mention, others))
            position += count or 1
        return tuple(found)

    def _longest(self, question: str, words: list[re.Match[str]], first: int) -> tuple[int, int]:
        """Return how many words from `first` on are the longest known name, and its group; 0 for none."""
        most = 1
        for word, following in pairwise(words[first : first + _MOST_WORDS]):
            if not _JOINT.fullmatch(question, word.end(), following.start()):
                break
            most += 1
        for count in range(most, 0, -1):
            mention = question[words[first].start() : words[first + count - 1].end()]
            group = self._group_of.get(name_key(mention))
            if group is not None and not _is_plain_word(mention):
                return count, group
        return 0, -1


def name_key(name: str) -> str:
    """Return what all spellings of a name have in common: its folded letters and digits."""
    return "".join(_WORD.findall(fold(name)))


def definitions(text: str) -> Iterator[tuple[str, str]]:
    """Yield the long and short forms of definitions such as `hepatocellular carcinoma (HCC)` in `text`.

    The method is that of Schwartz and Hearst, "A simple algorithm for identifying abbreviation definitions
    in biomedical text" (2003).
    """
    for match in _DEFINITION.finditer(text):
        short = match["short"]
        if not (short[0].isalnum() and any(char.isupper() for char in short)):
            continue
        # At most min(|A| + 5, |A| * 2) words, as the paper has it.
        before = text[max(0, match.start() - _LONGEST_FORM) : match.start()]
        sentence = _SENTENCE_END.split(before)[-1].split()
        candidate = " ".join(sentence[-min(len(short) + 5, len(short) * 2) :])
        long = _long_form(candidate, short)
        if long is not None:
            yield long, short


def _long_form(candidate: str, short: str) -> str | None:
    """Return the shortest end of `candidate` that has the characters of `short` in order, or None.

    The first character has to begin a word.
    """
    position = len(candidate)
    for i in range(len(short) - 1, -1, -1):
        wanted = short[i].casefold()
        if not wanted.isalnum():
            continue
        position -= 1
        while position >= 0 and (
            candidate[position].casefold() != wanted
            or (i == 0 and position > 0 and candidate[position - 1].isalnum())
        ):
            position -= 1
        if position < 0:
            return None
    long = candidate[candidate.rfind(" ", 0, position) + 1 :].strip("\"'“”‘’ ")
    words = [name_key(word) for word in long.split()]
    if len(long) <= len(short) + 2 or name_key(short) in words:
        return None
    return long


def _is_plain_word(mention: str) -> bool:
    """Return whether the mention is rather a common word than a symbol: `kit`, not `KIT`."""
    return mention.casefold() in _COMMON_WORDS.split() and not mention.isupper()


class _Builder:
    """Collects names, then decides which are told apart."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = [list(names) for _, names in KNOWN]
        self.known = {name_key(name): i for i, names in enumerate(self.groups) for name in names}
        self.owners: dict[str, set[int]] = defaultdict(set)  # key of a name → groups that claim it
        self.by_identity: dict[str, int] = {}
        self.longs: dict[str, dict[str, str]] = defaultdict(dict)  # key of a short form → its long forms
        self.shorts: dict[str, str] = {}  # key of a short form → as it was first printed

    def add_entity(self, entity: Entity) -> None:
        """Take the names of an annotated entity; human and mouse symbols are one, as are equal identifiers."""
        if entity.category not in _CATEGORIES:
            return
        preferred, *listed = entity.names
        identities = [f"{entity.category} {name_key(preferred)}"]
        if entity.identifier:
            identities.append(f"{entity.category} {entity.identifier}")
        group = self.known.get(name_key(preferred))
        if group is None:
            group = next((self.by_identity[i] for i in identities if i in self.by_identity), None)
        if group is None:
            group = self._new_group()
        for identity in identities:
            self.by_identity.setdefault(identity, group)
        self._claim(preferred, group, _SHORTEST)
        for name in listed:
            self._claim(name, group, _SHORTEST_LISTED)

    def add_definition(self, long: str, short: str) -> None:
        """Take a long form and its short form; the names of the reviewed table need no definition."""
        key = name_key(short)
        if key not in self.known:
            self.longs[key].setdefault(name_key(long).removesuffix("s"), long)
            self.shorts.setdefault(key, short)

    def built(self) -> Aliases:
        """Return the names, each in the one group that it belongs to; the ones that none owns are left out."""
        self._take_definitions()
        group_of = {key: next(iter(owners)) for key, owners in self.owners.items() if len(owners) == 1}
        group_of.update(self.known)
        groups = tuple(
            tuple(_spellings(name for name in names if group_of.get(name_key(name)) == i))
            for i, names in enumerate(self.groups)
        )
        return Aliases(groups, group_of)

    def _new_group(self) -> int:
        """Open a group and return its position."""
        self.groups.append([])
        return len(self.groups) - 1

    def _claim(self, name: str, group: int, shortest: int) -> None:
        """Note that `group` goes by `name`, unless the name is shorter than `shortest` or known otherwise."""
        key = name_key(name)
        if len(key) >= shortest and self.known.get(key, group) == group:
            self.owners[key].add(group)
            self.groups[group].append(name)
        if name.endswith(" 1") and len(key) >= _LONG_NAME:  # people say heme oxygenase, not heme oxygenase 1
            self._claim(name.removesuffix(" 1"), group, shortest)

    def _take_definitions(self) -> None:
        """Add short forms that stand for one thing in all papers, to the group of that thing if it has one."""
        for key, longs in self.longs.items():
            if not _same(longs):
                continue
            group = self._owner(key)
            for long_key in longs:
                group = self._owner(long_key) if group is None else group
            if group is None:
                group = self._new_group()
            for name in (self.shorts[key], *longs.values()):
                self._claim(name, group, _SHORTEST)

    def _owner(self, key: str) -> int | None:
        """Return the one group that goes by the name with this key."""
        if key in self.known:
            return self.known[key]
        owners = self.owners.get(key, set())
        return next(iter(owners)) if len(owners) == 1 else None


def _same(longs: Mapping[str, str]) -> bool:
    """Return whether all long forms name one thing: one of them is the end of each of the others."""
    shortest = min(longs, key=len)
    return all(key.endswith(shortest) for key in longs)


def _spellings(names: Iterable[str]) -> list[str]:
    """Return the names in their order, each spelling once."""
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(fold(name), name)
    return list(found.values())
