"""Printed errors hold: the exact figure lies within an interval in as many of fixed seeds as it should."""

import pytest
from acceptance import INTERPRETED
from scipy.stats import binom

from benchmarks.coverage import DESIGNS, coverage, misses
from benchmarks.problems import FIGURES, USUAL, constant_elasticity, two_segments

pytestmark = pytest.mark.skipif(INTERPRETED, reason="too many draws")

SEEDS = 200
FALSE_ALARM = 1e-4
"""Of one count; the counts of a test hang together, and there are 40."""
ONE_ERROR = 0.6827
PROMISED = {
    ("random", 0.95): (0.926, 0.971),
    ("sobol", 0.95): (0.90, 0.98),
    ("random", ONE_ERROR): (0.65, 0.71),
    ("sobol", ONE_ERROR): (0.62, 0.74),
}
"""Between which shares the intervals of a level hold; `python -m benchmarks coverage` shows those of 95 % over 1,000
seeds. They also hold where errors are printed too large, so one standard error stands beside them."""
SHOWN = {*USUAL, "share above"}


@pytest.mark.parametrize("make", [constant_elasticity, two_segments])
@pytest.mark.parametrize("design", sorted(DESIGNS))
def test_intervals_hold_as_often_as_promised(make, design):
    draws, chains = DESIGNS[design]
    scores = misses(make(), design, draws, chains, range(SEEDS))
    for level in (0.95, ONE_ERROR):
        least, most = PROMISED[design, level]
        low, high = binom.ppf(FALSE_ALARM / 2, SEEDS, least), binom.isf(FALSE_ALARM / 2, SEEDS, most)
        held = coverage(scores, design, chains, level)[0] * SEEDS
        counts = {name: count for name, count in zip(FIGURES, held.tolist(), strict=True) if name in SHOWN}
        assert {name: count for name, count in counts.items() if not low <= count <= high} == {}
