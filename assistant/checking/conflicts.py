"""Which effects of a claim go against those of its quotes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from assistant.checking.directions import LIGHT
from assistant.checking.effects import RESPONSE, Effect, Signs, effects

_LIGHT_WEIGHT: Final = 0.25
_SAME_VERB: Final = 0.5  # decides between effects on the same things


def conflicts(claim: str, evidence: str) -> list[str]:
    """Return what a claim states the other way round than its evidence, in words; empty where nothing is."""
    stated = effects(evidence)
    found = []
    for effect in effects(claim):
        if reason := _conflict(effect, stated):
            found.append(reason)
    return found


def _conflict(effect: Effect, stated: Sequence[Effect]) -> str | None:
    ranked = sorted(((_overlap(effect, other), other) for other in stated), key=lambda pair: -pair[0])
    best = ranked[0][0] if ranked else 0.0
    if best < 1:  # nothing but common words is shared
        return _swapped(effect, stated)
    near = [other for overlap, other in ranked if overlap >= best]
    if any(_agrees(effect, other) for other in near):
        return None
    return f"the quote states the opposite direction for {_names(effect, near[0])}"


def _overlap(effect: Effect, other: Effect) -> float:
    """Return how surely two effects are about the same thing; 0 where their agents are different things."""
    patients = _weight(set(effect.patient) & set(other.patient))
    agents = _weight(set(effect.agent) & set(other.agent))
    if patients == 0 or (agents == 0 and effect.agent and other.agent):
        return 0.0
    return patients + agents + (_SAME_VERB if effect.verb == other.verb else 0.0)


def _agrees(effect: Effect, other: Effect) -> bool:
    if effect.negated != other.negated or effect.neutral != other.neutral:
        return False
    agents = set(effect.agent) & set(other.agent)
    patients = set(effect.patient) & set(other.patient)
    turn = _majority({a: effect.agent[a] * other.agent[a] for a in agents})
    return turn * _majority({p: effect.patient[p] * other.patient[p] for p in patients}) > 0


def _majority(signs: Signs) -> int:
    """Return the sign that most of the weight has; + where there is none."""
    total = sum(sign * _weight({key}) for key, sign in signs.items())
    return -1 if total < 0 else 1


def _swapped(effect: Effect, stated: Sequence[Effect]) -> str | None:
    """Return a reason where the quote has the same two things with agent and patient exchanged."""
    for other in stated:
        actors = set(effect.agent) & set(other.patient) - LIGHT
        acted = set(effect.patient) & set(other.agent) - LIGHT
        if actors and acted:
            return f"the quote has {', '.join(sorted(acted))} act on {', '.join(sorted(actors))}"
    return None


def _names(effect: Effect, other: Effect) -> str:
    shared = (set(effect.patient) & set(other.patient)) - {RESPONSE}
    return ", ".join(sorted(shared)) or "the response"


def _weight(stems: set[str]) -> float:
    """Return how much a set of shared words tells: names and rare words 1 each, common ones a quarter."""
    return sum(_LIGHT_WEIGHT if s in LIGHT else 1.0 for s in stems)
