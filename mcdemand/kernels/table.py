"""A tabulated quantile function: cubic Hermite pieces on an even grid of normal scores.

Layout of the numbers: first score, steps per unit of score, last interval, then node by node value and slope per step.
"""

from __future__ import annotations

import numpy as np

from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.intrinsics import fma
from mcdemand.kernels.jit import kernel

HEADER = 3


@kernel
def interpolate(z: float, numbers: Floats) -> float:
    """Cubic through the values and slopes of the two nodes around z (Fritsch and Carlson 1980, equation 1)."""
    position = (z - numbers[0]) * numbers[1]
    position = position if position > 0.0 else 0.0
    cell = np.floor(position)
    cell = cell if cell < numbers[2] else numbers[2]
    s = position - cell
    s = s if s < 1.0 else 1.0
    node = HEADER + 2 * int(cell)
    y0, d0, y1, d1 = numbers[node], numbers[node + 1], numbers[node + 2], numbers[node + 3]
    rise = y1 - y0
    return fma(s, fma(s, fma(s, d0 + d1 - 2.0 * rise, 3.0 * rise - 2.0 * d0 - d1), d0), y0)
