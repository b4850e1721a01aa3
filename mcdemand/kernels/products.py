"""Sums of products of rows, in one fixed order whatever the machine: the product at place i goes to lane i mod 256."""

from __future__ import annotations

import numpy as np

from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.jit import kernel, loop
from mcdemand.kernels.moments import LANES


@kernel
def sum_lanes(lanes: Floats) -> float:
    """The sum of the lanes by halves, the tree of `tree_sum`; the lanes are used up."""
    half = LANES // 2
    while half > 0:
        for j in range(half):
            lanes[j] += lanes[half + j]
        half //= 2
    total: float = lanes[0]
    return total


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
def inner_product(x: Floats, y: Floats) -> float:
    """Sum x_i y_i."""
    lanes = np.zeros(LANES)
    add_products(x, y, lanes)
    return sum_lanes(lanes)


@loop
def cross_products(a: Floats, b: Floats) -> Floats:
    """Inner products of every row of a with every row of b: (row of a, row of b)."""
    sums = np.empty((a.shape[0], b.shape[0]))
    for r in range(b.shape[0]):
        for j in range(a.shape[0]):
            sums[j, r] = inner_product(a[j], b[r])
    return sums
