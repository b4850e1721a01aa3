"""How far apart laws lie: from draws counted by part of the sample, by class, and by level of the other number."""

from __future__ import annotations

import numpy as np

from mcdemand.kernels.arrays import Bytes, Floats, Integers, Numbers
from mcdemand.kernels.jit import loop


@loop
def count_pairs(labels: Numbers, levels: Numbers, stops: Integers, counts: Integers) -> None:
    """Add draws to counts (part, label, level); part r ends before stops[r]."""
    start = 0
    for r in range(stops.size):
        table = counts[r]
        for i in range(start, stops[r]):
            table[labels[i], levels[i]] += 1
        start = stops[r]


@loop
def store_gaps(counts: Integers, gaps: Floats, places: Integers) -> None:
    """F(level | class) - F(level) of counts (class, level) where it is furthest from 0, and the level; 0 if empty."""
    everyone = counts.sum(axis=0)
    draws = max(int(everyone.sum()), 1)
    for k in range(counts.shape[0]):
        size = max(int(counts[k].sum()), 1)
        reached, reached_all, furthest, place = np.int64(0), np.int64(0), np.int64(0), 0
        for g in range(counts.shape[1]):
            reached += counts[k, g]
            reached_all += everyone[g]
            gap = reached * draws - reached_all * size
            if abs(gap) > abs(furthest):
                furthest, place = gap, g
        gaps[k] = furthest / (size * draws) if reached else 0.0
        places[k] = place


@loop
def sum_of_parts(counts: Integers, marks: Bytes) -> Integers:
    """The sum of counts (part, class, level) over the parts that are marked."""
    total = np.zeros(counts.shape[1:], dtype=np.int64)
    for r in range(marks.size):
        if marks[r]:
            total += counts[r]
    return total


@loop
def store_half_gaps(counts: Integers, halves: Bytes, gaps: Floats) -> None:
    """abs(gaps) (half, class) of the parts that each row of `halves` marks, counts being (part, class, level)."""
    places = np.empty(counts.shape[1], dtype=np.int64)
    for h in range(halves.shape[0]):
        store_gaps(sum_of_parts(counts, halves[h]), gaps[h], places)
        for k in range(places.size):
            gaps[h, k] = abs(gaps[h, k])


@loop
def store_shares(counts: Integers, places: Integers, shares: Floats) -> None:
    """What each part adds to F(place | class) - F(place) of all, less what its size explains: (part, class)."""
    parts, classes, _ = counts.shape
    total = counts.sum(axis=0)
    for k in range(classes):
        upto = places[k] + 1
        size, size_all = total[k].sum(), total.sum()
        if size:
            law, law_all = total[k, :upto].sum() / size, total[:, :upto].sum() / size_all
            for r in range(parts):
                own = counts[r, k, :upto].sum() - law * counts[r, k].sum()
                own_all = counts[r, :, :upto].sum() - law_all * counts[r].sum()
                shares[r, k] = own / size - own_all / size_all


@loop
def store_held_out(counts: Integers, across: Integers, along: Integers, distances: Floats) -> None:
    """P(A) - Q(A) in each part, P the law of (class, level), Q that of both independent, A where the others have P > Q.

    counts (part, class, level) hold draws. For distances (part, reach), P - Q is added up over cells that are up to
    across[reach] classes and along[reach] levels away before its sign is looked at. A single part chooses for itself.
    """
    parts, classes, levels = counts.shape
    total = counts.sum(axis=0)
    excess, sums = np.empty((classes, levels)), np.zeros((classes + 1, levels + 1), dtype=np.int64)
    for r in range(parts):
        _add_up(total - counts[r] if parts > 1 else total, sums)
        _store_excess(counts[r], total, excess)
        for j in range(across.size):
            distances[r, j] = _sum_where_positive(excess, sums, across[j], along[j])


@loop
def store_held_out_by_halves(
    counts: Integers, halves: Bytes, across: Integers, along: Integers, distances: Floats
) -> None:
    """The same, A being chosen by those of the halves (half, part) that a part is not in; the mean over them."""
    parts, classes, levels = counts.shape
    total = counts.sum(axis=0)
    excess = np.empty((classes, levels))
    sums = np.zeros((halves.shape[0], classes + 1, levels + 1), dtype=np.int64)
    for h in range(halves.shape[0]):
        _add_up(sum_of_parts(counts, halves[h]), sums[h])
    for r in range(parts):
        _store_excess(counts[r], total, excess)
        others = halves.shape[0] - halves[:, r].sum()
        for j in range(across.size):
            found = 0.0
            for h in range(halves.shape[0]):
                if not halves[h, r]:
                    found += _sum_where_positive(excess, sums[h], across[j], along[j])
            distances[r, j] = found / others


@loop
def _add_up(counts: Integers, sums: Integers) -> None:
    """n_kg n - n_k n_g added up from the corner, in whole numbers: what is 0 has no sign."""
    by_class, by_level = counts.sum(axis=1), counts.sum(axis=0)
    size = by_level.sum()
    for k in range(counts.shape[0]):
        line = np.int64(0)
        for g in range(counts.shape[1]):
            line += counts[k, g] * size - by_class[k] * by_level[g]
            sums[k + 1, g + 1] = sums[k, g + 1] + line


@loop
def _store_excess(own: Integers, total: Integers, excess: Floats) -> None:
    """A part's P - Q, Q as a line about that of all draws, so that the mean over equal parts is that of all draws."""
    by_class, by_level = own.sum(axis=1), own.sum(axis=0)
    size, size_all = by_level.sum(), total.sum()
    share_of_class, share_of_level = total.sum(axis=1) / size_all, total.sum(axis=0) / size_all
    for k in range(own.shape[0]):
        for g in range(own.shape[1]):
            expected = by_class[k] * share_of_level[g] + (by_level[g] - size * share_of_level[g]) * share_of_class[k]
            excess[k, g] = (own[k, g] - expected) / size


@loop
def _sum_where_positive(excess: Floats, sums: Integers, across: int, along: int) -> float:
    """The sum over cells around which sums, added up from the corner, are positive."""
    classes, levels = excess.shape
    strip, found = np.empty(levels + 1 + 2 * along, dtype=np.int64), np.zeros(levels)
    for k in range(classes):
        above, below = sums[max(k - across, 0)], sums[min(k + across + 1, classes)]
        strip[:along] = 0
        for g in range(levels + 1):
            strip[along + g] = below[g] - above[g]
        strip[along + levels + 1 :] = below[levels] - above[levels]
        for g in range(levels):
            found[g] += excess[k, g] if strip[g + 2 * along + 1] - strip[g] > 0 else 0.0
    return float(found.sum())
