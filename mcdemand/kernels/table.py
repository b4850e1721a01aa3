"""A tabulated quantile function: cubic Hermite pieces on an even grid of normal scores.

Layout of a table: first score, steps per unit of score, last interval, then node by node value and slope per step. A
law is a shift and a factor, then the table of what its quantile's distance from the shift is a function of.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.elementary import exp
from mcdemand.kernels.intrinsics import fma
from mcdemand.kernels.jit import kernel, loop

HEADER, BOUNDS = 3, 2
NEXT = np.uint64(1)


@kernel
def _cell(z: float, numbers: Floats) -> float:
    """The interval that holds a score, the nearest one outside the table."""
    position = (z - numbers[0]) * numbers[1]
    cell: float = np.floor(position if position > 0.0 else 0.0)
    return cell if cell < numbers[2] else numbers[2]


@kernel
def _share(z: float, cell: float, numbers: Floats) -> float:
    """How far a score lies between the nodes of its interval, in 0 ... 1."""
    position = (z - numbers[0]) * numbers[1]
    s = (position if position > 0.0 else 0.0) - cell
    return s if s < 1.0 else 1.0


@kernel
def _cubic(s: float, cell: float, numbers: Floats) -> float:
    """Cubic through the values and slopes of both nodes (Fritsch and Carlson 1980, equation 1)."""
    node = np.uint64(HEADER + 2 * cell)
    y0, d0 = numbers[node], numbers[node + NEXT]
    y1, d1 = numbers[node + NEXT + NEXT], numbers[node + NEXT + NEXT + NEXT]
    rise = y1 - y0
    return fma(s, fma(s, fma(s, d0 + d1 - 2.0 * rise, 3.0 * rise - 2.0 * d0 - d1), d0), y0)


@kernel
def interpolate(z: float, numbers: Floats) -> float:
    """The tabulated function at a score; constant outside the table."""
    cell = _cell(z, numbers)
    return _cubic(_share(z, cell, numbers), cell, numbers)


@loop
def interpolate_row(row: Floats, cells: Floats, numbers: Floats) -> None:
    """`interpolate` over a row of scores: only the look-up itself is not vectorised. `cells` is workspace."""
    for i in range(row.size):
        cells[i] = _cell(row[i], numbers)
        row[i] = _share(row[i], cells[i], numbers)
    for i in range(row.size):
        row[i] = _cubic(row[i], cells[i], numbers)


@kernel
def identity(t: float) -> float:
    """The tabulated number itself."""
    return t


@kernel
def sinh(t: float) -> float:
    """(e^t - e^-t) / 2, within 1e-16 of 1 near zero."""
    large = exp(t)
    return 0.5 * (large - 1.0 / large)


def quantile_of(transform: Callable[[float], float]) -> Callable[[float, Floats], float]:
    """Return the kernel shift + factor transform(table at z)."""

    @kernel
    def tabulated_quantile(z: float, numbers: Floats) -> float:
        return fma(numbers[1], transform(interpolate(z, numbers[BOUNDS:])), numbers[0])

    return tabulated_quantile


@loop
def tabulated_row(rows: Floats, indices: Integers, numbers: Floats) -> None:
    """X = shift + factor table(x)."""
    row = rows[indices[0]]
    interpolate_row(row, rows[-1], numbers[BOUNDS:])
    for i in range(row.size):
        row[i] = fma(numbers[1], row[i], numbers[0])
