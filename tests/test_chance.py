"""The margins of day 3: a right answer leaves them almost never, a wrong one soon."""

from __future__ import annotations

import math

import pytest

from grader.days.day03_random_keys.shared import range_of
from grader.toolkit import RISK


def outside(probability: float, draws: int, low: float, high: float) -> float:
    """With which probability the share of an event leaves a range, exactly."""
    return math.fsum(
        math.comb(draws, k) * probability**k * (1 - probability) ** (draws - k)
        for k in range(draws + 1)
        if not low <= k / draws <= high
    )


@pytest.mark.parametrize("probability", [0.5, 0.03, 0.9])
@pytest.mark.parametrize("draws", [10, 300])
def test_a_share_stays_in_its_range(probability: float, draws: int) -> None:
    low, high = range_of(probability, draws)
    assert low <= probability <= high
    assert outside(probability, draws, low, high) <= RISK


def test_what_never_happens_must_not_happen() -> None:
    assert range_of(0.0, 1000) == (0, 0)
    assert range_of(1.0, 1000) == (1, 1)


def test_a_small_share_is_told_from_none() -> None:
    low, high = range_of(0.002, 16_512)
    assert 0 < low < 0.002 < high < 0.005


def test_many_comparisons_widen_the_range() -> None:
    low, high = range_of(0.25, 1000)
    lower, higher = range_of(0.25, 1000, 100)
    assert lower < low < high < higher
