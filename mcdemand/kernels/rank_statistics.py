"""Sums of products over draws, added in one fixed order whatever the machine.

The value at place i goes to lane i mod 256. Rows are outside, draws inside: a row stays in the cache.
"""

from __future__ import annotations

import numpy as np

from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.jit import kernel, loop
from mcdemand.kernels.moments import LANES


@kernel
def _sum_of(lanes: Floats) -> float:
    """The sum of the lanes by halves, the tree of `tree_sum`; the lanes are used up."""
    half = LANES // 2
    while half > 0:
        for j in range(half):
            lanes[j] += lanes[j + half]
        half //= 2
    total: float = lanes[0]
    return total


@loop
def inner_product(a: Floats, b: Floats) -> float:
    """Sum a_i b_i."""
    lanes = np.zeros(LANES)
    for start in range(0, a.size, LANES):
        left, right = a[start : start + LANES], b[start : start + LANES]
        for j in range(left.size):
            lanes[j] += left[j] * right[j]
    return _sum_of(lanes)


@loop
def cross_products(a: Floats, b: Floats) -> Floats:
    """Inner products of every row of a with every row of b: (row of a, row of b)."""
    sums = np.empty((a.shape[0], b.shape[0]))
    for r in range(b.shape[0]):
        for j in range(a.shape[0]):
            sums[j, r] = inner_product(a[j], b[r])
    return sums


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
        sums[r] = _sum_of(lanes)
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
        sums[r] = _sum_of(lanes)
    return sums
