"""Timing by turns: each pipeline is timed as often as the other, and ratios are taken turn by turn."""

from __future__ import annotations

from benchmarks.speed import Timing, taking_turns


def test_both_take_turns_and_who_goes_first_alternates() -> None:
    order: list[str] = []
    timing = taking_turns(
        "job", 3, lambda turn: order.append(f"a{turn}"), lambda turn: order.append(f"p{turn}")
    )
    assert order == ["p0", "a0", "a1", "p1", "p2", "a2"]
    assert len(timing.assistant) == len(timing.plain) == 3


def test_the_ratio_is_the_median_over_turns() -> None:
    assert Timing("job", (2.0, 30.0, 4.0), (1.0, 1.0, 1.0)).ratio == 4
