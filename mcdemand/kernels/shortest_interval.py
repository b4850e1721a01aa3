"""The shortest interval that holds a share of the values, exact, with only the values near its ends sorted."""

from __future__ import annotations

import math

import numpy as np

from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.bins import Bins, Gathered, key_range
from mcdemand.kernels.jit import loop
from mcdemand.kernels.moments import sample_of

DIRECT_SORT = 16_384
SAMPLE = 2048
SAFETY = 4.0

Ranges = list[tuple[Integers, Integers]]


def shortest_interval(values: Floats, probability: float) -> tuple[float, float]:
    """Return the ends of the narrowest interval that spans floor(probability n) steps of the sorted values.

    The first of equals. Chen and Shao (1999), the highest-density interval of a unimodal density.

    Parameters
    ----------
    values
        Flat array of finite doubles, in any order.

    Examples
    --------
    >>> shortest_interval(np.array([6.0, 4.0, 0.0, 5.0]), 0.5)
    (4.0, 6.0)
    """
    steps = number_of_steps(values.size, probability)
    if values.size <= DIRECT_SORT:
        lower, upper = shortest_intervals(values[np.newaxis], probability)[0].tolist()
        return lower, upper
    bins = Bins.count(values, *(int(key) for key in key_range(values.view(np.int64))))
    ends = possible_ends(bins, steps)
    return shortest_in_bins(bins.gather(ends), ends)


def number_of_steps(size: int, probability: float) -> int:
    """Return how many steps of the sorted values an interval spans."""
    return min(int(probability * size), size - 1)


def possible_ends(bins: Bins, steps: int) -> Ranges:
    """Return the ranks (first, last) at which the shortest interval can start, and those at which it then ends.

    An interval that starts in a bin is at least as wide as from the bin's upper edge to the lower edge of the bin that
    holds the end of the first such interval; that one is at most as wide as between the opposite edges.
    """
    last_start = bins.values.size - 1 - steps
    starting = np.flatnonzero((bins.counts > 0) & (bins.starts <= last_start))
    ending = bins.of_ranks(bins.starts[starting] + steps)
    least = bins.edges[ending] - bins.edges[starting + 1]
    most = bins.edges[ending + 1] - bins.edges[starting]
    possible = starting[least <= most.min()]
    first = bins.starts[possible[:1]]
    last = np.minimum(bins.stops[possible[-1:]] - 1, last_start)
    return [(first, last), (first + steps, last + steps)]


def shortest_in_bins(gathered: Gathered, ends: Ranges) -> tuple[float, float]:
    """Return the shortest interval from bins of which at least the possible ends were gathered."""
    lower, upper = (gathered.between(int(first[0]), int(last[0])) for first, last in ends)
    return _narrowest(lower, upper)


def shortest_intervals(batches: Floats, probability: float) -> Floats:
    """Return (batch, end) of the shortest interval of each of some batches (batch, value)."""
    size = batches.shape[1]
    steps = number_of_steps(size, probability)
    lower, upper = _sorted_ends(batches, size - steps)
    batch, place = np.arange(len(batches)), (upper - lower).argmin(axis=1)
    return np.stack([lower[batch, place], upper[batch, place]], axis=1)


def _sorted_ends(batches: Floats, count: int) -> tuple[Floats, Floats]:
    """Return the `count` least and the `count` largest values of each batch, sorted."""
    if 2 * count < batches.shape[1]:
        lower, upper, fewest = values_outside(batches, *_bounds_inside(batches.reshape(-1), count / batches.shape[1]))
        if fewest >= count:
            lower.sort(axis=1)
            upper.sort(axis=1)
            return lower[:, :count], upper[:, -count:]
    ordered = np.sort(batches, axis=1)
    return ordered[:, :count], ordered[:, -count:]


def _bounds_inside(values: Floats, share: float) -> tuple[float, float]:
    """Return two bounds of which each most likely leaves a share of every batch outside, from a sample of all."""
    sample = np.sort(sample_of(values, SAMPLE))
    place = min(int((share + SAFETY * math.sqrt(share / sample.size)) * sample.size) + 1, sample.size - 1)
    return float(sample[place]), float(sample[-1 - place])


@loop
def values_outside(batches: Floats, low: float, high: float) -> tuple[Floats, Floats, int]:
    """The values up to `low` of each batch, filled up with infinity, those from `high` on, and the fewest found."""
    size = batches.shape[1]
    found = np.empty((2, batches.shape[0]), np.int64)
    for k in range(batches.shape[0]):
        below, above = 0, 0
        for i in range(size):
            below += batches[k, i] <= low
            above += batches[k, i] >= high
        found[0, k], found[1, k] = below, above
    lower = np.full((batches.shape[0], found[0].max()), np.inf)
    upper = np.full((batches.shape[0], found[1].max()), -np.inf)
    least, largest = np.empty(size + 1), np.empty(size + 1)
    for k in range(batches.shape[0]):
        below, above = 0, 0
        for i in range(size):
            # Written without a branch: a value that is not wanted is overwritten by the next one.
            least[np.uint64(below)] = batches[k, i]
            largest[np.uint64(above)] = batches[k, i]
            below += batches[k, i] <= low
            above += batches[k, i] >= high
        lower[k, :below] = least[:below]
        upper[k, :above] = largest[:above]
    return lower, upper, int(found.min())


def _narrowest(lower: Floats, upper: Floats) -> tuple[float, float]:
    place = int((upper - lower).argmin())
    return float(lower[place]), float(upper[place])
