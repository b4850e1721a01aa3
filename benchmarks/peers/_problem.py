"""W2 for any tool: the design, the parameters from uniforms, demand(10), and the two estimators, in NumPy."""

from __future__ import annotations

import numpy as np

from benchmarks.peers._peer import Figures
from benchmarks.peers._rows import Array
from benchmarks.peers._score_table import share_icdf
from benchmarks.peers._w1 import (
    CAP,
    CHIP,
    CHIP_RATE,
    COUNT,
    EFF_TOTAL,
    GROWTH,
    HALFLIFE,
    LN_2,
    REASON_MID,
    REASON_MULT,
    REASON_RATE,
    SHARE,
    triangular_icdf,
)
from benchmarks.peers._w1 import demand_as_stated as w1_demand

Indices = dict[str, list[float]]
"""By kind, "first" or "total": a number for each parameter."""

KINDS = ("first", "total")
BASE_POINTS = 2**14
YEAR = 10.0


def base_points(points: int, seed: int, *, scramble: bool = True) -> Array:
    """Return the Sobol' points of A and B (point, dimension); none is 0, where normal laws have no value."""
    from scipy.stats.qmc import Sobol

    found = Sobol(2 * COUNT, scramble=scramble, bits=30, rng=seed).random(points)
    # Half of the least step of 30 bits.
    found += 2.0**-31
    return found


def transform_as_stated(u: Array) -> Array:
    """Return the parameters (parameter, point) as W1 states them, from independent uniforms (parameter, point)."""
    from scipy.special import betaincinv, ndtri

    def lognormal(row: Array, law: tuple[float, float]) -> Array:
        return np.exp(law[0] + law[1] * ndtri(row))

    def loguniform(row: Array, law: tuple[float, float]) -> Array:
        return np.exp(law[0] + law[1] * row)

    shares = [betaincinv(5, 2, u[3]), 2 + 0.7 * ndtri(u[4]), lognormal(u[5], REASON_RATE)]
    efficiency = [lognormal(u[0], EFF_TOTAL), 0.5 + 2.5 * u[1], lognormal(u[2], REASON_MULT)]
    growth = [0.6 + 0.25 * ndtri(u[6]), loguniform(u[7], CAP)]
    return np.array([*efficiency, *shares, *growth, loguniform(u[8], CHIP), 0.1 + 0.5 * u[9], triangular_icdf(u[10])])


def demand_as_stated(x: Array) -> Array:
    """Return demand(10) by the equations as W1 states them, from parameters (parameter, point)."""
    eff_total, halflife, mult, share_max, mid, rise, growth, cap, chip_total, chip_rate, elasticity = x
    shares, gains = (share_max, mid, rise, mult), (eff_total, halflife, chip_total, chip_rate)
    return w1_demand(YEAR, growth / (1 - 1 / cap), cap, *shares, *gains, elasticity)


def transform(u: Array) -> Array:
    """Return what `log_demand` needs: the parameters, but logarithms of eff_total and chip_total."""
    from scipy.special import ndtri

    x = np.empty_like(u)
    for row, (mean, sd) in ((0, EFF_TOTAL), (2, REASON_MULT), (4, REASON_MID), (5, REASON_RATE), (6, GROWTH)):
        ndtri(u[row], out=x[row])
        x[row] *= sd
        x[row] += mean
    for row, (least, width) in ((1, HALFLIFE), (7, CAP), (8, CHIP), (9, CHIP_RATE)):
        np.multiply(u[row], width, out=x[row])
        x[row] += least
    for row in (2, 5, 7):
        np.exp(x[row], out=x[row])
    x[SHARE] = share_icdf(u[SHARE])
    x[10] = triangular_icdf(u[10])
    return x


def log_demand(x: Array) -> Array:
    """Return ln demand(10) from what `transform` returns: no powers, one logarithm."""
    log_eff, halflife, mult, share_max, mid, rise, growth, cap, log_chip, chip_rate, elasticity = x
    rest = np.exp(growth * cap / (1 - cap) * YEAR)
    mix = 1 + share_max / (1 + np.exp(rise * (mid - YEAR))) * (mult - 1)
    log_gain = -np.expm1((-LN_2 * YEAR) / halflife) * log_eff - np.expm1(-YEAR * chip_rate) * log_chip
    return np.log(cap * mix / (1 + (cap - 1) * rest)) + (elasticity - 1) * log_gain


def indices(f_a: Array, f_b: Array, f_ab: Array) -> Indices:
    """Return first-order (Saltelli et al., 2010) and total (Jansen, 1999) indices; f_ab is (parameter, point)."""
    both = np.concatenate([f_a, f_b])
    mean, variance = both.mean(), both.var()
    difference = f_ab - f_a
    first = difference @ (f_b - mean) / (len(f_a) * variance)
    total = np.einsum("ij,ij->i", difference, difference) / (2 * len(f_a) * variance)
    return {"first": first.tolist(), "total": total.tolist()}


def figures(raw: Indices, logs: Indices) -> Figures:
    """Return what the job finds: by kind, indices of demand and of its logarithm."""
    return {kind: [raw[kind], logs[kind]] for kind in KINDS}
