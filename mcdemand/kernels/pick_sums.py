"""Sums and sums of products of what several picks give, row by row, in one fixed order."""

from __future__ import annotations

import numpy as np

from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.elementary import log
from mcdemand.kernels.jit import loop
from mcdemand.kernels.moments import LANES


@loop
def take_logarithms(values: Floats, rows: Integers, count: int) -> None:
    """Turn `count` draws of some rows of (pick, row, draw) into their logarithms; NaN below zero."""
    for k in range(values.shape[0]):
        for r in range(rows.size):
            row = values[k, rows[r], :count]
            for i in range(row.size):
                row[i] = log(row[i])


@loop
def halved_sum(lanes: Floats) -> float:
    """The sum of 256 lanes by halves; the lanes are used up."""
    half = LANES // 2
    while half > 0:
        for j in range(half):
            lanes[j] += lanes[half + j]
        half //= 2
    return float(lanes[0])


@loop
def add_pick_sums(
    values: Floats, rows: Integers, count: int, center: Floats, pairs: Integers, first: Floats, second: Floats
) -> None:
    """Add sums (pick, row) of x - c and (pair, row) of (x - c)(y - c) over `count` draws of (pick, row, draw).

    Draw i belongs to lane i mod 256, so the sums hang on how the draws are cut, and on nothing else.
    """
    lanes = np.empty(LANES)
    for r in range(rows.size):
        c, row = center[r], rows[r]
        for k in range(values.shape[0]):
            lanes[:] = 0.0
            for start in range(0, count, LANES):
                x = values[k, row, start : min(start + LANES, count)]
                for j in range(x.size):
                    lanes[j] += x[j] - c
            first[k, r] += halved_sum(lanes)
        for k in range(pairs.shape[0]):
            lanes[:] = 0.0
            for start in range(0, count, LANES):
                x = values[pairs[k, 0], row, start : min(start + LANES, count)]
                y = values[pairs[k, 1], row, start : min(start + LANES, count)]
                for j in range(x.size):
                    lanes[j] += (x[j] - c) * (y[j] - c)
            second[k, r] += halved_sum(lanes)
