"""Mean and central moments of a flat array, summed in one fixed order whatever the machine or the threads."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.jit import loop

LANES = 256


class Moments(NamedTuple):
    """Mean and central moments m_k = sum (x - mean)^k / n; units are powers of the values' unit."""

    size: int
    mean: float
    m2: float
    m3: float
    m4: float

    @property
    def sd(self) -> float:
        """The standard deviation with n - 1 in the denominator; NaN for a single value."""
        return math.sqrt(self.m2 * self.size / (self.size - 1)) if self.size > 1 else math.nan


@loop
def lane_sums(values: Floats, center: float) -> Floats:
    """Sum of x - center by lane; value i belongs to lane i mod 256."""
    sums = np.zeros(LANES)
    for start in range(0, values.size, LANES):
        block = values[start : start + LANES]
        for j in range(block.size):
            sums[j] += block[j] - center
    return sums


@loop
def lane_power_sums(values: Floats, center: float) -> tuple[Floats, Floats, Floats, Floats]:
    """Sums of (x - center)^k by lane, k = 1 ... 4; value i belongs to lane i mod 256."""
    first, second, third, fourth = np.zeros(LANES), np.zeros(LANES), np.zeros(LANES), np.zeros(LANES)
    for start in range(0, values.size, LANES):
        block = values[start : start + LANES]
        for j in range(block.size):
            deviation = block[j] - center
            square = deviation * deviation
            first[j] += deviation
            second[j] += square
            third[j] += deviation * square
            fourth[j] += square * square
    return first, second, third, fourth


def tree_sum(lanes: Floats) -> Floats:
    """Return the sum along the last axis, a power of two long, by halves: the same tree on every machine."""
    while lanes.shape[-1] > 1:
        half = lanes.shape[-1] // 2
        lanes = lanes[..., :half] + lanes[..., half:]
    return lanes[..., 0]


def moments(values: ArrayLike) -> Moments:
    """Return mean and central moments, in two passes.

    Parameters
    ----------
    values
        Flat array of doubles. Where a power of a deviation leaves the range of doubles (a fourth power of 1e77 or
        1e-81), that moment is not usable: infinite, NaN or zero. So is the mean if a value is not finite.

    Raises
    ------
    InputError
        If there is no value.

    Notes
    -----
    The first pass sums differences from the first value, so a constant has exactly zero moments. The second corrects
    for the rounding of the mean (Chan, Golub and LeVeque 1983, the corrected two-pass algorithm).

    Examples
    --------
    >>> moments([1.0, 2.0, 3.0]).sd
    1.0
    """
    array = np.ascontiguousarray(values, dtype=np.float64).reshape(-1)
    if array.size == 0:
        raise InputError("moments need at least one value")
    with np.errstate(invalid="ignore", over="ignore"):
        center = float(array[0] + tree_sum(lane_sums(array, array[0])) / array.size)
        raw = tree_sum(np.stack(lane_power_sums(array, center))) / array.size
    return _central(array.size, center, *raw.tolist())


def _central(size: int, center: float, r1: float, r2: float, r3: float, r4: float) -> Moments:
    """Moments about center + r1 from those about center, by the binomial expansion."""
    m2 = max(r2 - r1 * r1, 0.0)
    m3 = r3 - 3 * r1 * r2 + 2 * r1 * r1 * r1
    m4 = max(r4 - 4 * r1 * r3 + 6 * r1 * r1 * r2 - 3 * r1 * r1 * r1 * r1, 0.0)
    return Moments(size, center + r1, m2, m3, m4)
