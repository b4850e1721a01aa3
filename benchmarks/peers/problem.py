"""W2 for any tool: the design, the laws of the eleven parameters, demand(10), and the two estimators, in NumPy."""

from __future__ import annotations

from math import log
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]
Indices = dict[str, dict[str, list[float]]]
"""By scale, "raw" or "log", and by index, "first" or "total": a number for each parameter."""

NAMES = (
    "eff_total",
    "eff_halflife",
    "reason_mult",
    "reason_share_max",
    "reason_mid",
    "reason_rate",
    "growth",
    "adoption_cap",
    "chip_total",
    "chip_rate",
    "elasticity",
)
COUNT = len(NAMES)
SHARE = NAMES.index("reason_share_max")
BASE_POINTS = 2**14
YEAR = 10.0
Z95 = 1.6448536269514722
LN_2 = log(2.0)
EFF_TOTAL, REASON_MULT, REASON_RATE = (
    ((log(low) + log(high)) / 2, (log(high) - log(low)) / (2 * Z95)) for low, high in ((3, 30), (20, 300), (0.8, 3))
)
"""Mean and sd of the logarithms of the lognormal laws."""
CAP, CHIP = ((log(low), log(high / low)) for low, high in ((10, 1000), (5, 1000)))
"""Least logarithm and range of the loguniform laws."""
MODE, END = 0.3, 0.9
"""Of the triangular law from 0."""

TABLE = np.linspace(0, 1, 4097)
TABLE_CDF = TABLE**5 * (6 - 5 * TABLE)


def base_points(points: int, seed: int, *, scramble: bool = True) -> Array:
    """Return the Sobol' points of A and B (point, dimension); none is 0, where normal laws have no value."""
    from scipy.stats.qmc import Sobol

    found = Sobol(2 * COUNT, scramble=scramble, bits=30, rng=seed).random(points)
    # Half of the least step of 30 bits.
    found += 2.0**-31
    return found


def beta_icdf(u: Array) -> Array:
    """Return the quantile of Beta(5, 2): a table, then a step of Newton."""
    x = np.clip(np.interp(u, TABLE_CDF, TABLE), 1e-6, 1 - 1e-9)
    x4 = x**2
    x4 *= x4
    return x - (x4 * x * (6 - 5 * x) - u) / (30 * x4 * (1 - x))


def triangular_icdf(u: Array) -> Array:
    """Return the quantile of Triangular(0, 0.3, 0.9)."""
    return np.where(u < MODE / END, np.sqrt(END * MODE * u), END - np.sqrt(END * (END - MODE) * (1 - u)))


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
    rate = growth / (1 - 1 / cap)
    usage = cap / (1 + (cap - 1) * np.exp(-rate * YEAR))
    mix = 1 + share_max / (1 + np.exp(-rise * (YEAR - mid))) * (mult - 1)
    gain = eff_total ** (1 - 0.5 ** (YEAR / halflife)) * chip_total ** (1 - np.exp(-chip_rate * YEAR))
    return usage * mix / gain * gain**elasticity


def transform(u: Array) -> Array:
    """Return what `log_demand` needs: the parameters, but logarithms of eff_total and chip_total."""
    from scipy.special import ndtri

    x = np.empty_like(u)
    for row, (mean, sd) in ((0, EFF_TOTAL), (2, REASON_MULT), (4, (2, 0.7)), (5, REASON_RATE), (6, (0.6, 0.25))):
        ndtri(u[row], out=x[row])
        x[row] *= sd
        x[row] += mean
    for row, (least, width) in ((1, (0.5, 2.5)), (7, CAP), (8, CHIP), (9, (0.1, 0.5))):
        np.multiply(u[row], width, out=x[row])
        x[row] += least
    for row in (2, 5, 7):
        np.exp(x[row], out=x[row])
    x[SHARE] = beta_icdf(u[SHARE])
    x[10] = triangular_icdf(u[10])
    return x


def log_demand(x: Array) -> Array:
    """Return ln demand(10) from what `transform` returns: no powers, one logarithm."""
    log_eff, halflife, mult, share_max, mid, rise, growth, cap, log_chip, chip_rate, elasticity = x
    rest = np.exp(growth * cap / (1 - cap) * YEAR)
    mix = 1 + share_max / (1 + np.exp(rise * (mid - YEAR))) * (mult - 1)
    log_gain = -np.expm1((-LN_2 * YEAR) / halflife) * log_eff - np.expm1(-YEAR * chip_rate) * log_chip
    return np.log(cap * mix / (1 + (cap - 1) * rest)) + (elasticity - 1) * log_gain


def indices(f_a: Array, f_b: Array, f_ab: Array) -> dict[str, list[float]]:
    """Return first-order (Saltelli et al., 2010) and total (Jansen, 1999) indices; f_ab is (parameter, point)."""
    both = np.concatenate([f_a, f_b])
    mean, variance = both.mean(), both.var()
    difference = f_ab - f_a
    first = difference @ (f_b - mean) / (len(f_a) * variance)
    total = np.einsum("ij,ij->i", difference, difference) / (2 * len(f_a) * variance)
    return {"first": first.tolist(), "total": total.tolist()}
