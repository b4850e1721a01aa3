"""The shortest interval that holds a share of the values, exact, with only the values near its ends sorted."""

from __future__ import annotations

import numpy as np

from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.jit import loop
from mcdemand.kernels.order_statistics import order_statistics

DIRECT_SORT = 16_384
SEGMENTS = 64


@loop
def values_between(values: Floats, low: float, high: float) -> tuple[int, Floats]:
    """How many values lie below [low, high], and those that lie in it."""
    below, inside = 0, 0
    for i in range(values.size):
        below += values[i] < low
        inside += (values[i] >= low) & (values[i] <= high)
    kept = np.empty(inside + 1)
    count = 0
    for i in range(values.size):
        # Written without a branch: a value that is not wanted is overwritten by the next one.
        kept[np.uint64(count)] = values[i]
        count += (values[i] >= low) & (values[i] <= high)
    return below, kept[:inside]


def shortest_interval(values: Floats, probability: float) -> tuple[float, float]:
    """Return the ends of the narrowest interval that spans floor(probability n) steps of the sorted values.

    The first of equals. Chen and Shao (1999), the highest-density interval of a unimodal density.

    Parameters
    ----------
    values
        Flat array of finite doubles, in any order.

    Notes
    -----
    Each 64th of the possible lower ends bounds the width of the intervals that start in it. Only the stretch in which
    the narrowest can start is looked at value by value.

    Examples
    --------
    >>> shortest_interval(np.array([6.0, 4.0, 0.0, 5.0]), 0.5)
    (4.0, 6.0)
    """
    steps = min(int(probability * values.size), values.size - 1)
    if values.size <= DIRECT_SORT:
        ordered = np.sort(values)
        return _narrowest(ordered[: values.size - steps], ordered[steps:])
    ranks = np.linspace(0, values.size - 1 - steps, SEGMENTS + 1).astype(np.int64)
    lower, upper = order_statistics(values, np.stack([ranks, ranks + steps]))
    possible = np.flatnonzero(upper[:-1] - lower[1:] <= np.min(upper - lower))
    first, last = possible[0], possible[-1] + 1
    count = ranks[last] - ranks[first] + 1
    return _narrowest(
        _stretch(values, lower[first], lower[last], ranks[first], count),
        _stretch(values, upper[first], upper[last], ranks[first] + steps, count),
    )


def _narrowest(lower: Floats, upper: Floats) -> tuple[float, float]:
    place = int(np.argmin(upper - lower))
    return float(lower[place]), float(upper[place])


def _stretch(values: Floats, low: float, high: float, rank: int, count: int) -> Floats:
    """Return `count` sorted values from a rank on; the first is `low`, the last is `high`."""
    below, kept = values_between(values, low, high)
    kept.sort()
    return kept[rank - below : rank - below + count]
