"""What a sentence says affects what, and which way: a small reader of directions. Pure.

It reads the handful of constructions in which papers state effects (active, passive, gerund, nominal) into
signs: `Silencing KIF14 reversed resistance` and `KIF14 promotes resistance` come out the same, `KIF14
overexpression reversed resistance` comes out opposite. It is no parser of English; it is made to notice when
a claim turns round what its quote says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from assistant.checking.directions import ADJECTIVES, RESPONSES, SIGNS
from assistant.checking.wording import (
    FUNCTION_WORDS,
    REPORTING_WORDS,
    Token,
    listed,
    parts,
    stem,
    stems,
    tokens,
)

Signs = dict[str, int]
"""Stem → +1 where the word itself is meant, -1 where its loss or opposite is."""

_NO_EFFECT: Final = stems(listed("affect effect alter change influence impact"))
RESPONSE: Final = "(response)"
"""Key of resistance and sensitivity in signs: one axis with two names."""

_NEGATIONS: Final = listed(
    """
    not no never neither nor cannot without fail fails failed unable hardly n't
    """
)
_NEGATION_REACH: Final = 4  # "did not significantly or consistently rescue"
_BE: Final = listed(
    """
    is are was were be been being become became remain remained get got
    """
)
_BREAKS: Final = listed(
    """
    . ; : which that whereas while although though but however when because
    """
)
_ARTICLES: Final = listed("a an the no this any")
_MEANS: Final = listed("by via through using with")
_JOINTS: Final = listed("and or by via through thereby")
_ENDS: Final = listed("by via through ,")
_FLIPPING: Final = stems(listed("rescue protect recover"))  # rescued cells *from* death
_NOUN_ENDINGS: Final = ("tion", "sion", "ment", "ity")
_NOUNS: Final = listed(
    """
    knockdown knockout loss gain arrest antagonist agonist inhibitor activator suppressor inducer
    resistance chemoresistance reversal recovery blockade
    """
)
_COMPARATIVES: Final = listed("higher lower greater fewer longer shorter high low")
_PREPOSITIONS: Final = listed(
    """
    in at on after during upon with within among between under before for
    """
)
_MANIPULATIONS: Final = stems(
    listed("silencing knockdown knockout restoration overexpression depletion deletion ablation")
)  # by the authors
_DRIVEN: Final = listed(
    """
    induced driven mediated activated caused stimulated triggered inhibited
    """
)

_EMPTY: Final = FUNCTION_WORDS | REPORTING_WORDS | _NEGATIONS | {"turn", "including"}


@dataclass(frozen=True, slots=True)
class Effect:
    """`agent` acts on `patient`; the direction is folded into the patient's signs."""

    agent: Signs
    patient: Signs
    verb: str  # its stem
    negated: bool = False
    neutral: bool = False  # "had no effect on"


def effects(text: str) -> list[Effect]:
    """Return the effects that a text states, in order."""
    found: list[Effect] = []
    for sentence in _sentences(tokens(text)):
        found.extend(_Reader(sentence).read())
    return found


def _sentences(words: Sequence[Token]) -> list[list[Token]]:
    sentences: list[list[Token]] = [[]]
    for word in words:
        if word.key in ".;":
            sentences.append([])
        elif word.key not in "()[]":
            sentences[-1].append(word)
    return [sentence for sentence in sentences if sentence]


def _sign(key: str) -> int:
    """Return the sign of a direction word, 0 for any other word."""
    if key in ADJECTIVES or ("-" in key and not key.startswith(("up-reg", "down-reg"))):
        return 0
    return SIGNS.get(stem(key), 0)


def _is_noun_shape(key: str) -> bool:
    singular = key.removesuffix("s")
    return key in _NOUNS or singular in _NOUNS or singular.endswith(_NOUN_ENDINGS)


def _is_content(key: str) -> bool:
    return key[:1].isalnum() and key not in FUNCTION_WORDS


class _Reader:
    """Reads the effects of one sentence, left to right, so that 'and', 'which' and 'by' can look back."""

    def __init__(self, words: list[Token]) -> None:
        self.keys = [word.key for word in words]
        self.verbs = [i for i in range(len(words)) if self._is_verb(i)]

    def read(self) -> list[Effect]:
        """Return the effects in the order of their verbs."""
        found: list[Effect] = []
        for i in self.verbs:
            effect = self._effect(i, found[-1] if found else None)
            if effect.patient:
                found.append(effect)
        return found + self._compounds() + self._nominals()

    def _nominals(self) -> list[Effect]:
        """Read 'a downregulation of metabolic pathways' and 'inhibition of NRF2 using brusatol'."""
        found = []
        for i, key in enumerate(self.keys[:-1]):
            if not _sign(key) or i in self.verbs or stem(key) in _MANIPULATIONS:
                continue
            means = "".join(self.keys[i + 2 : i + 3]).endswith("ing")  # "reverses resistance by inhibiting …"
            if self.keys[i + 1] == "by" and not means:  # "RRM2 inhibition by sorafenib"
                target = self._phrase(i - 1, i) if i else {}
                found.append(Effect(self._by_agent(i + 1), _times(target, _sign(key)), stem(key)))
            if self.keys[i + 1] != "of":
                continue
            end = self._right_end(i, _BREAKS | _MEANS)
            agent: Signs = {}
            if end < len(self.keys) and self.keys[end] in _MEANS:
                agent = self._phrase(end + 1, self._right_end(end))
            found.append(Effect(agent, _times(self._phrase(i + 2, end), _sign(key)), stem(key)))
        return [effect for effect in found if effect.patient]

    def _compounds(self) -> list[Effect]:
        """Read 'sorafenib-induced autophagy': the first part acts on what follows."""
        found = []
        for i, key in enumerate(self.keys):
            head, _, tail = key.rpartition("-")
            if head and tail in _DRIVEN:
                patient = self._phrase(i + 1, self._right_end(i))
                found.append(
                    Effect({stem(head): 1}, _times(patient, -1 if tail == "inhibited" else 1), stem(tail))
                )
        return [effect for effect in found if effect.patient]

    def _effect(self, i: int, previous: Effect | None) -> Effect:
        key = self.keys[i]
        sign = _sign(key) or ADJECTIVES.get(key, 0) or 1
        left, right = self._left_start(i), self._right_end(i)
        before, after = self._phrase(left, i), self._phrase(i + 1, right)
        if self._is_passive(i):
            agent, patient = self._by_agent(right), before
        else:
            agent, patient = self._agent(i, left, previous), after
        if stem(key) in _FLIPPING and "from" in self.keys[i:right]:
            cut = self.keys.index("from", i)
            patient = self._phrase(i + 1, cut) | _times(self._phrase(cut + 1, right), -1)
        if key in ADJECTIVES or stem(key) in RESPONSES:
            patient = {**(patient or after or before), RESPONSE: 1}
        return Effect(agent, _times(patient, sign), stem(key), self._is_negated(i), stem(key) in _NO_EFFECT)

    def _agent(self, i: int, left: int, previous: Effect | None) -> Signs:
        """Return the subject of an active verb: its own, or the one it shares with the verb before."""
        own = self._phrase(left, self._apposition(left, i))
        link = self.keys[left - 1] if left else ""
        if not own and previous is None and (link in ("which", "that") or link in _MEANS):
            return self._phrase(self._left_start(left - 1), left - 1)
        if not own and previous and link in ("which", "that"):
            return previous.patient
        shares = self.keys[max(0, i - 1)] in _JOINTS or link in _MEANS
        if previous and shares:
            return previous.agent
        return own

    def _apposition(self, left: int, i: int) -> int:
        """Return where a subject ends before 'X, the first drug of its kind, …'; else the verb's place."""
        for j in range(left, i - 1):
            if self.keys[j] == "," and self.keys[j + 1] in ("the", "a", "an"):
                return j
        return i

    def _by_agent(self, right: int) -> Signs:
        """Return the agent after a passive's 'by'."""
        if right < len(self.keys) and self.keys[right] == "by":
            return self._phrase(right + 1, self._right_end(right))
        return {}

    # What is a verb, and of which kind

    def _is_verb(self, i: int) -> bool:
        key = self.keys[i]
        if key in ADJECTIVES:
            return i + 1 < len(self.keys) and self.keys[i + 1] == "to"
        if stem(key) in _NO_EFFECT:
            return self._is_negated(i)
        return bool(_sign(key)) and not self._is_noun(i) and not self._is_adjective(i)

    def _is_noun(self, i: int) -> bool:
        key = self.keys[i]
        if _is_noun_shape(key):
            return True
        if key.endswith("ing"):  # "Silencing KIF14 reversed": a noun that has an object, where a verb follows
            return self._is_subject(i)
        return self.keys[i + 1 : i + 2] == ["of"] or not _ARTICLES.isdisjoint(self.keys[max(0, i - 2) : i])

    def _is_subject(self, i: int) -> bool:
        """Return whether a gerund opens a subject: nothing but function words before it, a verb after it."""
        before = self.keys[max(0, i - 1) : i]
        opens = not before or before[0] in _BREAKS or before[0] in (",", "of")
        named = bool(before) and before[0] not in FUNCTION_WORDS and before[0] != ","
        if named:  # "KIF14 silencing reversed", but not "genes activating KIF14"
            return self.keys[i] == "silencing" or bool(_sign("".join(self.keys[i + 1 : i + 2])))
        return opens

    def _is_adjective(self, i: int) -> bool:
        key = self.keys[i]
        if key in _COMPARATIVES:
            return not (i > 0 and self.keys[i - 1] in _BE)
        return False

    def _is_passive(self, i: int) -> bool:
        key, rest = self.keys[i], self.keys[i + 1 : i + 2]
        if key in _COMPARATIVES:
            return True
        if key.endswith(("ed", "en")):
            window = self.keys[max(0, i - 4) : i]
            if any(word in _BE for word in window) or rest == ["by"]:
                return True
            return not rest or rest[0] in _PREPOSITIONS or rest[0] == ","
        return not rest or rest[0] in _PREPOSITIONS - {"with"}

    def _is_negated(self, i: int) -> bool:
        window = self.keys[max(0, i - _NEGATION_REACH) : i]
        for j in range(len(window) - 1, -1, -1):
            if window[j] in _NEGATIONS:
                return True
            if window[j] in _BREAKS or window[j] == ",":
                return False
        return False

    # Where a phrase begins and ends, and what it says

    def _left_start(self, i: int) -> int:
        comma = None
        for j in range(i - 1, -1, -1):
            key = self.keys[j]
            if key in _BREAKS or (key in _MEANS and self.keys[i].endswith("ing")):
                return j + 1
            if j in self.verbs:  # a comma since that verb ends its clause; otherwise commas are of a list
                return (comma or j) + 1
            if key == ",":
                comma = j
        return 0

    def _right_end(self, i: int, ends: frozenset[str] = _BREAKS | _ENDS) -> int:
        for j in range(i + 1, len(self.keys)):
            if j in self.verbs or self.keys[j] in ends:
                return j
        return len(self.keys)

    def _phrase(self, start: int, end: int) -> Signs:
        """Return the words of a noun phrase, each with the sign that the nouns around it give it."""
        signs: Signs = {}
        positions: dict[int, int] = {}
        for i in range(start, end):
            key = self.keys[i]
            if key[:1].isalnum() and key not in _EMPTY and not key.endswith("ly"):
                positions[i] = 1
        for i in list(positions):
            own = _sign(self.keys[i])
            if own:
                for j in self._governed(i, start, end):
                    if j in positions:
                        positions[j] *= own
        for i, sign in positions.items():
            key = self.keys[i]
            if stem(key) in RESPONSES and key not in ADJECTIVES:
                signs[RESPONSE] = sign * RESPONSES[stem(key)]
            elif not _sign(key):
                for part in parts(key)[-2:] if "-" in key else [key]:
                    signs.setdefault(stem(part), sign)
        return signs

    def _governed(self, i: int, start: int, end: int) -> list[int]:
        """Return the positions of a phrase that the direction noun, gerund or adjective at `i` acts on."""
        key, governed = self.keys[i], []
        before, follows = (
            "".join(self.keys[i - 1 : i]) if i > start else "",
            "".join(self.keys[i + 1 : i + 2]),
        )
        nominal = _is_noun_shape(key) or (key == "silencing" and _is_content(before))
        right = i + 1 < end and (follows in ("of", "to", "in") or (not nominal and _is_content(follows)))
        if right:
            for j in range(i + 1, end):
                if self.keys[j] in _MEANS or self.keys[j] in ("and", ","):
                    break
                governed.append(j)
        if nominal or not right:
            for j in range(i - 1, start - 1, -1):
                if not _is_content(self.keys[j]):
                    break
                governed.append(j)
        return governed


def _times(signs: Signs, factor: int) -> Signs:
    return {key: sign * factor for key, sign in signs.items()}
