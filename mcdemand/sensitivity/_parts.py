"""Independent parts of the draws: halves of them, and distances that few draws make too large."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.linalg import hadamard

from mcdemand.kernels.arrays import Bytes, Floats, Integers, Numbers
from mcdemand.kernels.distances import count_pairs, store_gaps, store_half_gaps, store_shares
from mcdemand.sensitivity._classes import classify

MOST_PARTS = 16
LEVELS = 1000
"""Levels that distribution functions are compared at; draws of no more values than that are compared at every one."""
ROOT = math.sqrt(2.0)
SLOW, FAST = 1 / (ROOT - 1), 1.0
"""What is taken off in units of what half the draws add: where chance goes with 1 / sqrt(n), and where with 1 / n."""
NOTICE = (
    "what chance adds to distances is taken off, so that small ones may lie below 0; "
    "not so where draws are of one chain"
)


class Gaps(NamedTuple):
    """Kolmogorov-Smirnov distances of classes from all draws.

    Attributes
    ----------
    whole
        By class.
    halves
        (half, class), of halves of the parts.
    shares
        (part, class), what each part adds to `whole` at the level where it is found; they add up to 0.
    """

    whole: Floats
    halves: Floats
    shares: Floats


def part_stops(draws: int, chains: int) -> Integers:
    """Return where parts end: as many as chains, or chains taken together to the next smaller of 16, 8, 4, 2, 1.

    Examples
    --------
    >>> part_stops(60, 6).tolist()
    [10, 30, 40, 60]
    """
    parts = min(1 << (chains.bit_length() - 1), MOST_PARTS)
    stops: Integers = np.arange(1, parts + 1) * chains // parts * (draws // chains)
    stops[-1] = draws
    return stops


def halves_of(parts: int) -> Bytes:
    """Return balanced halves (half, part), as marks: any two parts are in the same half as often as any other two.

    From Hadamard's matrix, as in balanced half-sample replication (McCarthy 1969); `parts` is a power of 2.

    Examples
    --------
    >>> halves_of(2).tolist()
    [[1, 0], [0, 1]]
    """
    signs = hadamard(parts)[1:]
    return (np.concatenate([signs, -signs]) > 0).astype(np.uint8)


def count_parts(labels: Numbers, levels: Numbers, stops: Integers) -> Integers:
    """Return draws by (part, class, level)."""
    counts = np.zeros((stops.size, int(labels.max()) + 1, int(levels.max()) + 1), dtype=np.int64)
    count_pairs(labels, levels, stops, counts)
    return counts


def whole_gaps(labels: Numbers, levels: Numbers) -> Floats:
    """Return how far the distribution over levels in each class is from that of all draws."""
    counts = count_parts(labels, levels, np.array([labels.size]))[0]
    gaps = np.empty(len(counts))
    store_gaps(counts, gaps, np.empty(len(counts), dtype=np.int64))
    return np.abs(gaps)


def measure_gaps(labels: Numbers, levels: Numbers, stops: Integers) -> Gaps:
    """Return what `whole_gaps` does, with halves and shares of the parts."""
    counts = count_parts(labels, levels, stops)
    whole, places = np.empty(counts.shape[1]), np.empty(counts.shape[1], dtype=np.int64)
    store_gaps(counts.sum(axis=0), whole, places)
    halves = halves_of(stops.size)
    gaps, shares = np.empty((len(halves), whole.size)), np.zeros((stops.size, whole.size))
    store_half_gaps(counts, halves, gaps)
    store_shares(counts, places, shares)
    return Gaps(np.abs(whole), gaps, np.sign(whole) * shares)


def without_chance(whole: Floats, halves: Floats, shares: Floats) -> tuple[Floats, Floats]:
    """Return distances less what chance adds to them, with standard errors.

    Parameters
    ----------
    whole, halves, shares
        As in `Gaps`, the last dimension being that of the distances.

    Notes
    -----
    The largest of many differences is too large by chance: where the true ones are 0, by an amount that goes with
    1 / sqrt(n), and where one of them stands out, with 1 / n. Half the draws then have c = (mean over halves) - whole
    more, and the distance is too large by c / (sqrt(2) - 1) or by c (a generalised jackknife; Schucany, Gray and
    Owen 1971). The mean of both is taken off. The error is that of the differences at the levels where they are found,
    sqrt(R / (R - 1) sum of squares over R parts), and half of how far both corrections are apart, as root of squares.
    """
    number = len(shares)
    chance = halves.mean(axis=0) - whole
    drawn = number / (number - 1) * (shares**2).sum(axis=0)
    return whole - (SLOW + FAST) / 2 * chance, np.sqrt(drawn + ((SLOW - FAST) / 2 * chance) ** 2)


def levels_of(values: Floats) -> Numbers:
    """Return the level of each draw, by which distribution functions are compared."""
    return classify(values, LEVELS).labels
