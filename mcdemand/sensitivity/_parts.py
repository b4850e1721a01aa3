"""Independent parts of the draws: halves of them, and distances that few draws make too large."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.linalg import hadamard

from mcdemand.kernels.arrays import Bytes, Floats, Integers, Numbers
from mcdemand.kernels.distances import count_pairs, store_gaps, store_gaps_of_subsets, store_shares
from mcdemand.sensitivity._classes import classify

MOST_PARTS = 16
LEVELS = 1000
"""Levels that distribution functions are compared at; draws of no more values than that are compared at every one."""
ROOT = math.sqrt(2.0)
SLOW, FAST = 1 / (ROOT - 1), 1.0
"""What is taken off in units of what half the draws add: where chance goes with 1 / sqrt(n), and where with 1 / n."""
FACTOR, UNSURE = (SLOW + FAST) / 2, (SLOW - FAST) / math.sqrt(12)
"""Mean and standard deviation, if any factor between is as likely."""
DRAWN = 0.3
"""How much of what parts seem to move a correction by is in its error."""
NOTICE = "what chance adds is taken off, so that small indices may lie below 0; not so where draws are of one chain"


class Gaps(NamedTuple):
    """Kolmogorov-Smirnov distances of classes from all draws.

    Attributes
    ----------
    distances
        By (subset, class): of all parts, and of halves of them.
    shares
        (subset, class, part), what each part adds to a distance at the level where it is found; those of all parts
        add up to 0.
    """

    distances: Floats
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


def measure_gaps(labels: Numbers, levels: Numbers, stops: Integers, edges: Numbers | None = None) -> Gaps:
    """Return the distances of all classes from all draws, with halves and shares of the parts.

    `edges` are those of `_classes.edges_beside`, if classes have any.
    """
    counts = count_parts(labels, levels, stops)
    subsets = np.concatenate([np.ones((1, stops.size), dtype=np.uint8), halves_of(stops.size)])
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
        (subset, ...), as in `Gaps`, the subset of all first.
    shares
        (subset, ..., part).

    Notes
    -----
    The largest of many differences is too large by chance: where the true ones are 0, by an amount that goes with
    1 / sqrt(n), and where one of them stands out, with 1 / n. Half the draws then have c = (mean over halves) - whole
    more, and the distance is too large by c / (sqrt(2) - 1) or by c (a generalised jackknife; Schucany, Gray and
    Owen 1971). The mean of both is taken off; `UNSURE` of c is in the error.

    So are the differences at the levels where they are found, sqrt(R / (R - 1) sum of squares over R parts), and the
    correction with them. Parts move halves by as much as the whole, but each half at levels of its own, which makes
    far more of how they differ than there is: only `DRAWN` of that counts.
    """
    number = shares.shape[-1]
    chance = distances[1:].mean(axis=0) - distances[0]
    drawn = shares[0] + DRAWN * FACTOR * (shares[0] - shares[1:].mean(axis=0))
    variance = number / (number - 1) * (drawn**2).sum(axis=-1)
    return distances[0] - FACTOR * chance, np.sqrt(variance + (UNSURE * chance) ** 2)


def levels_of(values: Floats) -> Numbers:
    """Return the level of each draw, by which distribution functions are compared."""
    return classify(values, LEVELS).labels
