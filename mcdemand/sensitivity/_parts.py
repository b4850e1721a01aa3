"""Independent parts of the draws: halves of them, and distances that few draws make too large."""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import numpy as np
from scipy.linalg import hadamard

from mcdemand.kernels.arrays import Bytes, Floats, Integers, Numbers
from mcdemand.kernels.distances import count_pairs, store_gaps, store_gaps_of_subsets, store_shares
from mcdemand.sensitivity._classes import classify

MOST_PARTS = 16
SPACING = 3
"""Of the pairs of halves that make quarters."""
LEVELS = 1000
"""Levels that distribution functions are compared at; draws of no more values than that are compared at every one."""
ROOT = math.sqrt(2.0)
FALLS = (ROOT, 2.0)
"""By what that which chance adds falls as draws double: where it goes with 1 / sqrt(n), and where with 1 / n."""
UNSURE, DRAWN = 0.3, 0.5
"""Of a correction: what is left open, and what parts move it of what they do at the levels that halves choose."""
NOTICE = "what chance adds is taken off, so that small indices may lie below 0; not so where draws are of one chain"


class Gaps(NamedTuple):
    """Kolmogorov-Smirnov distances of classes from all draws, of subsets of the parts, in the order of `subsets_of`.

    Attributes
    ----------
    distances
        By (subset, class).
    shares
        (subset, class, part), what each part adds to a distance at the level where it is found; those of all parts
        add up to 0.
    """

    distances: Floats
    shares: Floats


class Subsets(NamedTuple):
    """Marks (subset, part) of all parts, of halves and of quarters of them."""

    whole: Bytes
    halves: Bytes
    quarters: Bytes


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


@cache
def subsets_of(parts: int) -> Subsets:
    """Return all parts, all balanced halves and some quarters, which part halves by one another.

    Every part is in as many quarters as any other; two parts have none.

    Examples
    --------
    >>> subsets_of(4).quarters.tolist()
    [[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]]
    """
    halves, splits = halves_of(parts), parts - 1
    quarters = [
        one * other
        for k in range(0, splits - 1, SPACING)
        for one in (halves[k], halves[k + splits])
        for other in (halves[k + 1], halves[k + 1 + splits])
    ]
    return Subsets(np.ones((1, parts), dtype=np.uint8), halves, np.array(quarters, dtype=np.uint8).reshape(-1, parts))


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


def measure_gaps(labels: Numbers, levels: Numbers, stops: Integers, edges: Numbers | None = None) -> Gaps:
    """Return the distances of all classes from all draws, with halves, quarters and shares of the parts.

    `edges` are those of `_classes.edges_beside`, if classes have any.
    """
    counts, subsets = count_parts(labels, levels, stops), np.concatenate(subsets_of(stops.size))
    shape = len(subsets), counts.shape[1]
    gaps, places, shares = np.empty(shape), np.empty(shape, dtype=np.int64), np.empty((*shape, stops.size))
    store_gaps_of_subsets(counts, subsets, gaps, places)
    laws = np.empty((0, 0)) if edges is None else _laws(edges, levels)
    store_shares(counts, subsets, places, laws, shares)
    return Gaps(np.abs(gaps), np.sign(gaps)[..., np.newaxis] * shares)


def _laws(labels: Numbers, levels: Numbers) -> Floats:
    """Return the distribution function (label, level) of each label's draws."""
    upto = count_parts(labels, levels, np.array([labels.size]))[0].cumsum(axis=1)
    laws: Floats = upto / np.maximum(upto[:, -1:], 1)
    return laws


def without_chance(distances: Floats, shares: Floats) -> tuple[Floats, Floats]:
    """Return distances less what chance adds to them, with standard errors.

    Parameters
    ----------
    distances
        (subset, ...), as in `Gaps`.
    shares
        (subset, ..., part).

    Notes
    -----
    The largest of many differences is too large by chance: where the true ones are 0, by an amount that goes with
    1 / sqrt(n), and where one of them stands out, with 1 / n. Half the draws have c more than all, and quarters of
    them more than these: by r times as much, r being sqrt(2) in the one case and 2 in the other, and c / (r - 1) is
    taken off (a generalised jackknife; Schucany, Gray and Owen 1971; Shanks 1955).

    The error is that of the differences at the levels where they are found, sqrt(R / (R - 1) sum of squares over R
    parts), with that of the correction, and `UNSURE` of c. Parts move halves by as much as the whole, but each half at
    levels of its own, which overstates how far apart both move: `DRAWN` of that counts.
    """
    subsets = subsets_of(shares.shape[-1])
    whole, halves, quarters = _means(distances, subsets)
    of_whole, of_halves, _ = _means(shares, subsets)
    chance = halves - whole
    factor = 1 / (_fall(chance, quarters - halves) - 1)
    drawn = of_whole + DRAWN * factor[..., np.newaxis] * (of_whole - of_halves)
    number = shares.shape[-1]
    variance = number / (number - 1) * (drawn**2).sum(axis=-1)
    return whole - factor * chance, np.sqrt(variance + (UNSURE * chance) ** 2)


def _means(values: Floats, subsets: Subsets) -> list[Floats]:
    """Return the means over all parts, halves and quarters; NaN where there are none."""
    stops = np.cumsum([len(one) for one in subsets])
    return [one.mean(axis=0) if len(one) else np.full(one.shape[1:], np.nan) for one in np.split(values, stops[:-1])]


def _fall(once: Floats, twice: Floats) -> Floats:
    """Return by what that which chance adds falls as draws double, within `FALLS`; their middle where none is seen."""
    known = (once > 0) & np.isfinite(twice)
    ratio = np.divide(twice, once, out=np.full(once.shape, sum(FALLS) / 2), where=known)
    fall: Floats = np.clip(ratio, *FALLS)
    return fall


def levels_of(values: Floats) -> Numbers:
    """Return the level of each draw, by which distribution functions are compared."""
    return classify(values, LEVELS).labels
