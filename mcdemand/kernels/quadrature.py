"""The Gauss-Legendre rule by arithmetic alone: a library's eigenvalues differ by processor in the last bit."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from mcdemand.kernels.arrays import Floats

NEWTON_STEPS = 8
GUESS_DIGITS = 6
"""So few that no platform's cosine decides what Newton's method starts from."""


@cache
def legendre_rule(count: int) -> tuple[Floats, Floats]:
    """Return the nodes, ascending, and the weights of a rule that integrates polynomials from -1 to 1.

    Examples
    --------
    >>> nodes, weights = legendre_rule(2)
    >>> [round(float(x), 12) for x in nodes], [round(float(w), 12) for w in weights]
    ([-0.57735026919, 0.57735026919], [1.0, 1.0])
    """
    angles = [math.pi * (4 * k + 3) / (4 * count + 2) for k in range(count)]
    x = np.array([-round(math.cos(angle), GUESS_DIGITS) for angle in angles])
    for _ in range(NEWTON_STEPS):
        value, slope = _legendre(count, x)
        x = x - value / slope
    x = 0.5 * (x - x[::-1])
    _, slope = _legendre(count, x)
    return x, 2 / ((1 - x * x) * slope * slope)


def _legendre(degree: int, x: Floats) -> tuple[Floats, Floats]:
    """Return the Legendre polynomial at (node) values, and its slope."""
    before, value = np.ones_like(x), x
    for k in range(2, degree + 1):
        before, value = value, ((2 * k - 1) * x * value - (k - 1) * before) / k
    return value, degree * (x * value - before) / (x * x - 1)
