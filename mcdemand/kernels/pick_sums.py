"""Sums and sums of products of what several picks give, row by row, in one fixed order."""

from __future__ import annotations

import numpy as np

from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.elementary import log
from mcdemand.kernels.jit import loop
from mcdemand.kernels.moments import LANES


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
def load_centered(values: Floats, center: float, is_log: bool, target: Floats) -> None:
    """Fill a row with x - c, or with log(x) - c."""
    if is_log:
        for i in range(target.size):
            target[i] = log(values[i]) - center
    else:
        for i in range(target.size):
            target[i] = values[i] - center


@loop
def add_products(x: Floats, y: Floats, lanes: Floats) -> None:
    """Add the products of two rows to the lanes, that of draw i to lane i mod 256."""
    whole = x.size // (4 * LANES) * (4 * LANES)
    for start in range(0, whole, 4 * LANES):
        for j in range(LANES):
            total = lanes[j]
            for k in range(4):
                total += x[start + k * LANES + j] * y[start + k * LANES + j]
            lanes[j] = total
    for start in range(whole, x.size, LANES):
        for j in range(min(LANES, x.size - start)):
            lanes[j] += x[start + j] * y[start + j]


@loop
def add_pick_sums(
    values: Floats,
    rows: Integers,
    count: int,
    center: Floats,
    is_log: bool,
    pairs: Integers,
    first: Floats,
    second: Floats,
) -> None:
    """Add sums (pick, row) of x - c and (pair, row) of (x - c)(y - c) over `count` draws of (pick, row, draw).

    x is a value or its logarithm. Draw i belongs to lane i mod 256, so the sums hang on how the draws are cut, and on
    nothing else.
    """
    lanes = np.empty(LANES)
    ones = np.ones(count)
    near = np.empty((values.shape[0], count))
    for r in range(rows.size):
        for k in range(values.shape[0]):
            load_centered(values[k, rows[r]], center[r], is_log, near[k])
            lanes[:] = 0.0
            add_products(near[k], ones, lanes)
            first[k, r] += halved_sum(lanes)
        for k in range(pairs.shape[0]):
            lanes[:] = 0.0
            add_products(near[pairs[k, 0]], near[pairs[k, 1]], lanes)
            second[k, r] += halved_sum(lanes)
