"""Sums and sums of products of what several picks give, row by row, in one fixed order."""

from __future__ import annotations

import numpy as np

from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.elementary import log
from mcdemand.kernels.jit import loop
from mcdemand.kernels.moments import LANES
from mcdemand.kernels.products import add_products, sum_lanes


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
            first[k, r] += sum_lanes(lanes)
        for k in range(pairs.shape[0]):
            lanes[:] = 0.0
            add_products(near[pairs[k, 0]], near[pairs[k, 1]], lanes)
            second[k, r] += sum_lanes(lanes)
