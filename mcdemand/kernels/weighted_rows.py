"""What is summed over the draws of a row under two sets of weights, in one fixed order."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mcdemand.kernels.arrays import Floats, Integers, Numbers
from mcdemand.kernels.jit import kernel, loop
from mcdemand.kernels.moments import LANES

CHUNK = 4 * LANES
"""Values that stay in the nearest cache while each statistic is taken of them."""
PRODUCTS = 5


@loop
def count_evenly(values: Floats, low: float, scale: float, index: Numbers, counts: Integers) -> None:
    """Number each value's bin of equal width, floor((x - low) scale), and count it."""
    last = float(counts.size - 1)
    for start in range(0, values.size, CHUNK):
        part, mine = values[start : start + CHUNK], index[start : start + CHUNK]
        for j in range(part.size):
            mine[j] = np.int64(min(max((part[j] - low) * scale, 0.0), last))
        for j in range(part.size):
            counts[mine[j]] += 1


@loop
def add_weights(index: Numbers, weights: Floats, mass: Floats) -> None:
    """Add each value's weight to its bin's: mass_k = sum of w_i, index_i = k."""
    for i in range(index.size):
        mass[index[i]] += weights[i]


@loop
def weighted_sums(values: Floats, weights: Floats, center: float) -> Floats:
    """Sums of w (x - center) by lane; value i belongs to lane i mod 256."""
    sums = np.zeros(LANES)
    for start in range(0, values.size, LANES):
        part, mine = values[start : start + LANES], weights[start : start + LANES]
        for j in range(part.size):
            sums[j] += mine[j] * (part[j] - center)
    return sums


@kernel
def _deviations(x: float, w: float, v: float, one: float, other: float, _: float) -> tuple[float, float]:
    """W (x - one) and v (x - other)."""
    return w * (x - one), v * (x - other)


@kernel
def _shares(x: float, w: float, v: float, one: float, other: float, level: float) -> tuple[float, float]:
    """W (level - [x <= one]) and v (level - [x <= other])."""
    return w * (level - 1.0 if x <= one else level), v * (level - 1.0 if x <= other else level)


def _adder(terms: Callable[..., tuple[float, float]]) -> Callable[..., None]:
    """Return what adds products of both sides' terms: value i of a block belongs to lane i mod 256.

    Four values of a lane are added to its sums before these are stored: the order of additions is the same.
    """

    @loop
    def add(
        values: Floats, first: Floats, second: Floats, one: float, other: float, level: float, sums: Floats
    ) -> None:
        s0, s1, s2, s3, s4 = sums[0], sums[1], sums[2], sums[3], sums[4]
        whole = values.size // CHUNK * CHUNK
        for start in range(0, whole, CHUNK):
            for j in range(LANES):
                a1, b1, a2, b2, ab = s0[j], s1[j], s2[j], s3[j], s4[j]
                for k in range(4):
                    i = start + k * LANES + j
                    a, b = terms(values[i], first[i], second[i], one, other, level)
                    a1, b1, a2, b2, ab = a1 + a, b1 + b, a2 + a * a, b2 + b * b, ab + a * b
                s0[j], s1[j], s2[j], s3[j], s4[j] = a1, b1, a2, b2, ab
        for i in range(whole, values.size):
            j = i % LANES
            a, b = terms(values[i], first[i], second[i], one, other, level)
            s0[j], s1[j], s2[j], s3[j], s4[j] = s0[j] + a, s1[j] + b, s2[j] + a * a, s3[j] + b * b, s4[j] + a * b

    return add


add_deviations, add_shares = _adder(_deviations), _adder(_shares)


@loop
def products(
    values: Floats, first: Floats, second: Floats, levels: Floats, estimates: Floats, stops: Integers
) -> Floats:
    """Sums (stretch, statistic, product, lane) of both sides' terms a, b: a, b, a^2, b^2 and ab.

    Terms are w (x - mean), and w (p - [x <= quantile]) for each level; `estimates` (side, statistic) are the means and
    the quantiles, `first` and `second` (draw) the weights, and stretch r ends before stops[r].
    """
    sums = np.zeros((stops.size, levels.size + 1, PRODUCTS, LANES))
    start = 0
    for r in range(stops.size):
        for begin in range(start, stops[r], CHUNK):
            end = min(begin + CHUNK, stops[r])
            block = values[begin:end], first[begin:end], second[begin:end]
            add_deviations(*block, estimates[0, 0], estimates[1, 0], 0.0, sums[r, 0])
            for k in range(levels.size):
                add_shares(*block, estimates[0, k + 1], estimates[1, k + 1], levels[k], sums[r, k + 1])
        start = stops[r]
    return sums
