"""Sums of products over draws, added in one fixed order whatever the machine.

The value at place i goes to lane i mod 256. Rows are outside, draws inside: a row stays in the cache.
"""

from __future__ import annotations

import numpy as np

from mcdemand.kernels.arrays import Floats, Integers, Numbers
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


@loop
def store_remainders(
    row: Floats, order: Integers, line: Floats, stops: Integers, ordered: Floats, left: Floats
) -> None:
    """Put a row in an order, and beside it what least squares on a line of its own in each block leave of it.

    The line has mean 0 and sum of squares 1, or is 0, in each block; block k ends before stops[k].
    """
    for i in range(order.size):
        ordered[i] = row[np.uint64(order[i])]
    start = 0
    for stop in stops:
        sums, products = np.zeros(8), np.zeros(8)
        for i in range(start, stop - 7, 8):
            for j in range(8):
                sums[j] += ordered[i + j]
                products[j] += ordered[i + j] * line[i + j]
        for i in range(stop - (stop - start) % 8, stop):
            sums[0] += ordered[i]
            products[0] += ordered[i] * line[i]
        mean, slope = sums.sum() / (stop - start), products.sum()
        for i in range(start, stop):
            left[i] = ordered[i] - mean - slope * line[i]
        start = stop


@loop
def chain_sums(
    row: Floats, left: Floats, share: float, nearest: Integers, weights: Floats, chains: Numbers, count: int
) -> tuple[Floats, Floats]:
    """Sums by chain and by pair of chains that a share S of y_i y_next(i) in the y_i^2 is made of.

    With y = m + e, e what is left: m y - S y^2 and w[0] m e to the chain of i, and w[1] e_i e_next(i) to the pair of
    that and the one of next(i), for all (neighbour, draw) nearest.
    """
    linear, cells = np.zeros(count), np.zeros(count * count)
    for i in range(row.size):
        y, e = row[i], left[i]
        m = y - e
        linear[np.uint64(chains[i])] += m * y - share * y * y + weights[0, i] * m * e
    for k in range(nearest.shape[0]):
        following = nearest[k]
        for i in range(row.size):
            j = np.uint64(following[i])
            cell = np.uint64(chains[i]) * np.uint64(count) + np.uint64(chains[j])
            cells[cell] += weights[1, i] * left[i] * left[j]
    return linear, cells.reshape(count, count)
