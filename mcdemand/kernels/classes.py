"""What is counted of draws that fall into classes, for many parameters at once."""

from __future__ import annotations

from mcdemand.kernels.arrays import Bytes, Floats, Integers
from mcdemand.kernels.jit import loop


@loop
def count_pairs(labels: Bytes, bins: Bytes, counts: Integers) -> None:
    """Add to counts (parameter, class, bin) the draws by their labels (parameter, draw) and bins (draw)."""
    for j in range(labels.shape[0]):
        table = counts[j]
        for i in range(bins.size):
            table[labels[j, i], bins[i]] += 1


@loop
def largest_gaps(
    labels: Bytes, sizes: Floats, order: Integers, below: Floats, reached: Floats, gaps: Floats, seen: Floats
) -> None:
    """Kolmogorov-Smirnov distance of each class from all draws, gaps (parameter, class), which start at 0.

    `order` puts the draws in that of the output; `below` and `reached` are the shares of draws under the value at a
    place and up to it. A step function leaves the other furthest next to its own steps, so each draw is compared with
    its own class only. Among equal outputs the first draw gives the gap below them and the last the gap at them; those
    between give smaller ones. `seen` (parameter, class) starts at 0.
    """
    for j in range(labels.shape[0]):
        for i in range(order.size):
            k = labels[j, order[i]]
            before = seen[j, k]
            seen[j, k] = before + 1.0
            gap = max(below[i] - before / sizes[j, k], (before + 1.0) / sizes[j, k] - reached[i])
            gaps[j, k] = max(gaps[j, k], gap)
