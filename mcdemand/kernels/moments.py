"""Mean and central moments of a flat array, summed in one fixed order whatever the machine or the threads."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.jit import kernel, loop

LANES = 256
SAMPLE = 1024
ROW_SAMPLE = 64
FAR = 0.25
"""Share of the mean square deviation from a center that its distance from the mean may make up."""


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


@kernel
def _powers(x: float, center: float) -> tuple[float, float, float, float]:
    """(x - center)^k, k = 1 ... 4."""
    deviation = x - center
    square = deviation * deviation
    return deviation, square, deviation * square, square * square


@loop
def add_powers(block: Floats, center: float, sums: Floats) -> None:
    """Add (x - center)^k, k = 1 ... 4, to the sums (k, lane); value i of a block belongs to lane i mod 256.

    Four values of a lane are added to its sums before these are stored: the order of additions is the same.
    """
    first, second, third, fourth = sums[0], sums[1], sums[2], sums[3]
    whole = block.size // (4 * LANES) * (4 * LANES)
    for start in range(0, whole, 4 * LANES):
        for j in range(LANES):
            s1, s2, s3, s4 = first[j], second[j], third[j], fourth[j]
            for k in range(4):
                p1, p2, p3, p4 = _powers(block[start + k * LANES + j], center)
                s1, s2, s3, s4 = s1 + p1, s2 + p2, s3 + p3, s4 + p4
            first[j], second[j], third[j], fourth[j] = s1, s2, s3, s4
    for i in range(whole, block.size):
        p1, p2, p3, p4 = _powers(block[i], center)
        j = i % LANES
        first[j], second[j], third[j], fourth[j] = first[j] + p1, second[j] + p2, third[j] + p3, fourth[j] + p4


@loop
def power_sums(values: Floats, center: float) -> Floats:
    """Sums of (x - center)^k by k and lane; value i belongs to lane i mod 256."""
    sums = np.zeros((4, LANES))
    add_powers(values, center, sums)
    return sums


def tree_sum(lanes: Floats) -> Floats:
    """Return the sum along the last axis, a power of two long, by halves: the same tree on every machine."""
    while lanes.shape[-1] > 1:
        half = lanes.shape[-1] // 2
        lanes = lanes[..., :half] + lanes[..., half:]
    return lanes[..., 0]


def moments(values: ArrayLike) -> Moments:
    """Return mean and central moments.

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
    Powers are summed about the mean of a sample of the values and corrected for what it misses (Chan, Golub and
    LeVeque 1983, the corrected two-pass algorithm). A constant has exactly zero moments.

    Examples
    --------
    >>> moments([1.0, 2.0, 3.0]).sd
    1.0
    """
    array = np.ascontiguousarray(values, dtype=np.float64).reshape(-1)
    if array.size == 0:
        raise InputError("moments need at least one value")
    center = center_of(sample_of(array))
    with np.errstate(invalid="ignore", over="ignore"):
        return moments_from_sums(array, center, power_sums(array, center))


def sample_of(values: Floats, size: int = SAMPLE) -> Floats:
    """Return up to `size` values, evenly spread over a row."""
    return values[:: -(-values.size // size)]


def center_of(sample: Floats) -> float:
    """Return about the mean: a point to take deviations from."""
    with np.errstate(invalid="ignore", over="ignore"):
        return float(sample[0] + np.mean(sample - sample[0]))


def moments_from_sums(values: Floats, center: float, sums: Floats) -> Moments:
    """Return the moments from power sums about a center; where that lay too far off, sum again about the mean."""
    r1, r2, r3, r4 = _mean_powers(sums, values.size)
    if r1 * r1 > FAR * r2 and math.isfinite(r1):
        center += r1
        r1, r2, r3, r4 = _mean_powers(power_sums(values, center), values.size)
    return Moments(values.size, center + r1, *_central(r1, r2, r3, r4))


def _mean_powers(sums: Floats, size: int) -> list[float]:
    means: list[float] = (tree_sum(sums) / size).tolist()
    return means


@kernel
def _central(r1: float, r2: float, r3: float, r4: float) -> tuple[float, float, float]:
    """Moments m2, m3, m4 about center + r1 from those about the center, by the binomial expansion."""
    m2 = max(r2 - r1 * r1, 0.0)
    m3 = r3 - 3 * r1 * r2 + 2 * r1 * r1 * r1
    m4 = max(r4 - 4 * r1 * r3 + 6 * r1 * r1 * r2 - 3 * r1 * r1 * r1 * r1, 0.0)
    return m2, m3, m4


@kernel
def _sum_powers(values: Floats, center: float, sums: Floats) -> tuple[float, float, float, float]:
    """Means of (x - center)^k, k = 1 ... 4, added by lane and then by halves, as `tree_sum` does."""
    sums[:] = 0.0
    add_powers(values, center, sums)
    half = LANES // 2
    while half:
        for k in range(4):
            for j in range(half):
                sums[k, j] += sums[k, j + half]
        half //= 2
    return sums[0, 0] / values.size, sums[1, 0] / values.size, sums[2, 0] / values.size, sums[3, 0] / values.size


@loop
def moments_of_rows(rows: Floats, found: Floats) -> None:
    """Fill (4, row) with the mean and the moments m2, m3, m4 of each row, summed about the mean of a sample of it."""
    sums = np.empty((4, LANES))
    for k in range(rows.shape[0]):
        values, center = rows[k], 0.0
        step = max(1, values.size // ROW_SAMPLE)
        for i in range(0, values.size, step):
            center += values[i] - values[0]
        center = values[0] + center / ((values.size + step - 1) // step)
        r1, r2, r3, r4 = _sum_powers(values, center, sums)
        if r1 * r1 > FAR * r2:
            center += r1
            r1, r2, r3, r4 = _sum_powers(values, center, sums)
        found[0, k] = center + r1
        found[1, k], found[2, k], found[3, k] = _central(r1, r2, r3, r4)


def merge_moments(first: Floats, second: Floats, sizes: tuple[int, int]) -> Floats:
    """Return (4, row), mean and m2, m3, m4, of two parts together, from those of each and their sizes.

    Chan, Golub and LeVeque (1983); third and fourth moments: Pebay (2008), SAND2008-6212, equations 3.1 to 3.4.
    """
    total = sizes[0] + sizes[1]
    a, b = sizes[0] / total, sizes[1] / total
    with np.errstate(invalid="ignore", over="ignore"):
        d = second[0] - first[0]
        square, ab = d * d, a * b
        m2 = a * first[1] + b * second[1] + ab * square
        m3 = a * first[2] + b * second[2] + ab * (a - b) * square * d + 3 * ab * d * (second[1] - first[1])
        m4 = a * first[3] + b * second[3] + ab * (1 - 3 * ab) * square * square
        m4 += 6 * ab * square * (a * second[1] + b * first[1]) + 4 * ab * d * (second[2] - first[2])
        return np.stack([first[0] + b * d, m2, m3, m4])
