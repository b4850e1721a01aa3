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
def store_gaps_of_subsets(counts: Integers, subsets: Bytes, gaps: Floats, places: Integers) -> None:
    """What `store_gaps` does, of the parts that each subset marks: gaps and places (subset, class)."""
    for s in range(subsets.shape[0]):
        store_gaps(sum_of_parts(counts, subsets[s]), gaps[s], places[s])


@loop
def store_shares(counts: Integers, subsets: Bytes, places: Integers, edge_laws: Floats, shares: Floats) -> None:
    """What each part adds to F(place | class) - F(place) of a subset's parts, (subset, class, part).

    Less what its size explains. Classes lie between edges that hold equal numbers of draws: a part that has more below
    an edge than others moves it down, and draws there leave one class for the other. edge_laws (edge, level) are the
    distribution functions at lower edges of classes and at the last's upper; none if classes have no edges.
    """
    parts, classes, _ = counts.shape
    upto = _added_along(counts)
    sizes = upto[:, :, -1]
    moved = _draws_past_edges(sizes)
    for s in range(subsets.shape[0]):
        everyone = _marked(sizes.sum(axis=1), subsets[s])
        for k in range(classes):
            place, size = places[s, k], _marked(sizes[:, k], subsets[s])
            law = _marked(upto[:, k, place], subsets[s]) / max(size, 1)
            law_all = _marked(upto[:, :, place].sum(axis=1), subsets[s]) / everyone
            for r in range(parts):
                share = 0.0
                if subsets[s, r] and size:
                    share = (upto[r, k, place] - law * sizes[r, k]) / size
                    share -= (upto[r, :, place].sum() - law_all * sizes[r].sum()) / everyone
                if edge_laws.size and size:
                    below, above = edge_laws[k, place] - law, edge_laws[k + 1, place] - law
                    share += (below * moved[r, k] - above * moved[r, k + 1]) / sizes[:, k].sum()
                shares[s, k, r] = share


@loop
def _added_along(counts: Integers) -> Integers:
    """Counts (part, class, level) of draws up to each level."""
    upto = np.empty_like(counts)
    for r in range(counts.shape[0]):
        for k in range(counts.shape[1]):
            reached = np.int64(0)
            for g in range(counts.shape[2]):
                reached += counts[r, k, g]
                upto[r, k, g] = reached
    return upto


@loop
def _draws_past_edges(sizes: Integers) -> Floats:
    """How many more draws than its share each part has below the lower edge of each class, and below the last's upper.

    sizes (part, class); the result (part, edge) is 0 at both ends.
    """
    parts, classes = sizes.shape
    moved, of_all = np.zeros((parts, classes + 1)), sizes.sum()
    total = np.int64(0)
    for k in range(classes):
        total += sizes[:, k].sum()
        for r in range(parts):
            moved[r, k + 1] = sizes[r, : k + 1].sum() - total / of_all * sizes[r].sum()
    return moved


@loop
def _marked(counts: Integers, marks: Bytes) -> int:
    """The sum of what is marked."""
    total = np.int64(0)
    for r in range(marks.size):
        if marks[r]:
            total += counts[r]
    return int(total)


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
