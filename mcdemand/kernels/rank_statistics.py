"""Sums of products over draws, added in one fixed order whatever the machine.

The value at place i goes to lane i mod 256. Rows are outside, draws inside: a row stays in the cache.
"""

from __future__ import annotations

import numpy as np

from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.jit import loop
from mcdemand.kernels.moments import LANES
from mcdemand.kernels.products import sum_lanes


@loop
def pair_products(rows: Floats, firsts: Integers, seconds: Integers) -> Floats:
    """Sum y_f y_s over the pairs (f, s) of draws, for every row y."""
    sums = np.empty(rows.shape[0])
    for r in range(rows.shape[0]):
        row, lanes = rows[r], np.zeros(LANES)
        for start in range(0, firsts.size, LANES):
            left, right = firsts[start : start + LANES], seconds[start : start + LANES]
            for j in range(left.size):
                lanes[j] += row[np.uint64(left[j])] * row[np.uint64(right[j])]
        sums[r] = sum_lanes(lanes)
    return sums


@loop
def class_squares(rows: Floats, members: Integers, stops: Integers) -> Floats:
    """Sum m (mean of y in a class of m)^2 less what chance adds to it, for every row y of mean 0.

    That is S^2 / m - (1 - m / n) s^2: S the sum of a class, s^2 its variance with m - 1, n the size of a row. Class k
    ends before members[stops[k]] and has two or more.
    """
    sums = np.empty(rows.shape[0])
    for r in range(rows.shape[0]):
        row, lanes, start = rows[r], np.zeros(LANES), 0
        for k in range(stops.size):
            total, squares, size = 0.0, 0.0, stops[k] - start
            for i in range(start, stops[k]):
                value = row[np.uint64(members[i])]
                total += value
                squares += value * value
            explained = total * total / size
            lanes[k % LANES] += explained - (1.0 - size / row.size) * (squares - explained) / (size - 1)
            start = stops[k]
        sums[r] = sum_lanes(lanes)
    return sums
