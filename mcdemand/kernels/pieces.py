"""A quantile function in pieces: cubics between uneven knots of the normal score, with jumps and flat parts.

Even cells of the score come first, so that a draw reads one cell, which mostly lies within one piece. Layout of the
numbers: first score, cells per unit of score, last cell; cell by cell value, three coefficients of the share of the
cell, value at its end; then piece by piece knot, value, three coefficients of the score beyond the knot, end. A cell
that holds several pieces says NaN, then where the first of them lies and how many follow it.
"""

from __future__ import annotations

import numpy as np

from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.intrinsics import fma
from mcdemand.kernels.jit import kernel

HEADER, CELL, PIECE = 3, 5, 6


@kernel
def _within(value: float, low: float, high: float) -> float:
    """The value, kept from leaving its piece by a rounding."""
    value = value if value > low else low
    return value if value < high else high


@kernel
def _searched(z: float, first: float, more: float, numbers: Floats) -> float:
    """The value from the last of some pieces whose knot is at most the score."""
    start, left, right = int(first), 0, int(more)
    while left < right:
        middle = (left + right + 1) // 2
        if numbers[start + PIECE * middle] <= z:
            left = middle
        else:
            right = middle - 1
    low = start + PIECE * left
    d = z - numbers[low]
    d = d if d > 0.0 else 0.0
    value = fma(d, fma(d, fma(d, numbers[low + 4], numbers[low + 3]), numbers[low + 2]), numbers[low + 1])
    return _within(value, numbers[low + 1], numbers[low + 5])


@kernel
def piecewise(z: float, numbers: Floats) -> float:
    """The function at a score; constant outside the cells."""
    position = (z - numbers[0]) * numbers[1]
    position = position if position > 0.0 else 0.0
    cell = np.floor(position)
    cell = cell if cell < numbers[2] else numbers[2]
    s = position - cell
    s = s if s < 1.0 else 1.0
    at = HEADER + CELL * int(cell)
    value = numbers[at]
    if np.isnan(value):
        return _searched(z, numbers[at + 1], numbers[at + 2], numbers)
    found = fma(s, fma(s, fma(s, numbers[at + 3], numbers[at + 2]), numbers[at + 1]), value)
    return _within(found, value, numbers[at + 4])
