"""A quantile function in pieces: cubics between uneven knots of the normal score, with jumps and flat parts.

Layout of the numbers: first score, cells per unit of score, last cell, knots; for each cell and one more the first knot
that may be wanted there; the knots; then piece by piece value, three coefficients of the score beyond its knot, end.
"""

from __future__ import annotations

import numpy as np

from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.intrinsics import fma
from mcdemand.kernels.jit import kernel, loop

HEADER = 4
PIECE = 5


@kernel
def _piece(z: float, numbers: Floats) -> int:
    """The last knot at or below a score, the first one if there is none."""
    cell = np.floor((z - numbers[0]) * numbers[1])
    cell = cell if cell > 0.0 else 0.0
    guide = HEADER + int(cell if cell < numbers[2] else numbers[2])
    knots = HEADER + int(numbers[2]) + 2
    low, high = int(numbers[guide]), int(numbers[guide + 1])
    while low < high:
        middle = (low + high + 1) // 2
        if numbers[knots + middle] <= z:
            low = middle
        else:
            high = middle - 1
    return low


@kernel
def piecewise(z: float, numbers: Floats) -> float:
    """The function at a score; constant before the first knot, and at each piece's end value beyond its end."""
    piece = _piece(z, numbers)
    knots = HEADER + int(numbers[2]) + 2
    first = knots + int(numbers[3]) + PIECE * piece
    d = z - numbers[knots + piece]
    d = d if d > 0.0 else 0.0
    value = fma(d, fma(d, fma(d, numbers[first + 3], numbers[first + 2]), numbers[first + 1]), numbers[first])
    value = value if value > numbers[first] else numbers[first]
    return value if value < numbers[first + 4] else numbers[first + 4]


@loop
def piecewise_row(rows: Floats, indices: Integers, numbers: Floats) -> None:
    """`piecewise` over a row."""
    row = rows[indices[0]]
    for i in range(row.size):
        row[i] = piecewise(row[i], numbers)
