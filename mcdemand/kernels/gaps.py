"""Two groups of draws compared along a sorted parameter: how far apart they lie, and the tail of that distance."""

from __future__ import annotations

import numpy as np

from mcdemand.kernels.arrays import Bytes, Floats, Integers
from mcdemand.kernels.elementary import exp, log
from mcdemand.kernels.jit import loop


@loop
def compare_groups(
    order: Integers, ends: Bytes, chosen: Bytes, count: int, probabilities: Floats, levels: Floats
) -> int:
    """max_x abs(F_chosen(x) - F_rest(x)) times the draws in both groups; `levels` gets the quantiles of F_chosen.

    `ends` marks where a run of equal values ends. Within one, F_chosen grows evenly with the level.
    """
    size, found, largest = order.size, np.int64(0), np.int64(0)
    before, start, k = np.int64(0), np.int64(0), 0
    for i in range(size):
        found += chosen[order[i]]
        if ends[i]:
            largest = max(largest, abs(found * size - (i + 1) * count))
            while k < probabilities.size and found >= probabilities[k] * count and found > before:
                part = (probabilities[k] * count - before) / (found - before)
                levels[k] = (start + part * (i + 1 - start)) / size
                k += 1
            before, start = found, np.int64(i + 1)
    return int(largest)


@loop
def compare_rows(
    order: Integers, ends: Bytes, chosen: Bytes, counts: Integers, probabilities: Floats, gaps: Integers, levels: Floats
) -> None:
    """Compare the draws that each row chose, (row, draw), with its rest: (row) gaps and (row, quantile) levels."""
    for r in range(counts.size):
        gaps[r] = compare_groups(order, ends, chosen[r], counts[r], probabilities, levels[r])


@loop
def smirnov_tail(distance: float, log_factorial: Floats, terms: Floats) -> float:
    """P(D+ >= d) of n draws: sum over j < n (1 - d) of d C(n, j) (d + j/n)^(j-1) (1 - d - j/n)^(n-j).

    Birnbaum and Tingey (1951); `log_factorial` holds log(k!), k = 0 ... n, and `terms` is scratch of n.
    """
    n = log_factorial.size - 1
    last = min(int(np.ceil(n * (1.0 - distance))), n)
    for j in range(last):
        above, below = distance + j / n, max(1.0 - distance - j / n, 1e-300)
        choices = log_factorial[n] - log_factorial[j] - log_factorial[n - j]
        terms[j] = exp(choices + (j - 1) * log(above) + (n - j) * log(below))
    total = 0.0
    for j in range(last):
        total += terms[j]
    return distance * total


@loop
def smirnov_tails(distances: Floats, log_factorial: Floats, tails: Floats) -> None:
    """P(D+ >= d) for each distance d."""
    terms = np.empty(log_factorial.size)
    for k in range(distances.size):
        tails[k] = smirnov_tail(distances[k], log_factorial, terms)
