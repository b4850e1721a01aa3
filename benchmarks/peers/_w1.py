"""What W1 and W2 are made of, for any tool: names, the parameters of eleven laws, and two quantile functions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from math import log, sqrt

import numpy as np

from benchmarks.peers._numpy_summary import summarize_rows
from benchmarks.peers._peer import Figures
from benchmarks.peers._rows import CI_PROB, PROBABILITIES, YEARS, Array

__all__ = ["CI_PROB", "PROBABILITIES", "YEARS"]

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
Z95 = 1.6448536269514722
LN_2 = log(2.0)
EFF_TOTAL, REASON_MULT, REASON_RATE = (
    ((log(low) + log(high)) / 2, (log(high) - log(low)) / (2 * Z95)) for low, high in ((3, 30), (20, 300), (0.8, 3))
)
"""Mean and sd of the logarithms of the lognormal laws."""
REASON_MID, GROWTH = (2.0, 0.7), (0.6, 0.25)
"""Mean and sd of the normal laws."""
CAP, CHIP = ((log(low), log(high / low)) for low, high in ((10, 1000), (5, 1000)))
"""Least logarithm and range of the loguniform laws."""
HALFLIFE, CHIP_RATE = (0.5, 2.5), (0.1, 0.5)
"""Least value and range of the uniform laws."""
MODE, END = 0.3, 0.9
"""Of the triangular law from 0."""
SHARE_GROWTH, EFF_CHIP = 0.4, -0.3
"""Correlations of normal scores."""
REST_GROWTH, REST_EFF = sqrt(1 - SHARE_GROWTH**2), sqrt(1 - EFF_CHIP**2)
"""Weight of a normal score of their own."""

TABLE = np.linspace(0, 1, 4097)
TABLE_CDF = TABLE**5 * (6 - 5 * TABLE)


def summarize(demand: Array, threads: int = 2) -> Figures:
    """Return the figures of W1 from (year, draw), whose rows may be left in another order."""
    with ThreadPoolExecutor(threads) as pool:
        return summarize_rows(pool, np.require(demand, requirements=["C", "W"]))


def beta_icdf(u: Array) -> Array:
    """Return the quantile of Beta(5, 2): a table, then a step of Newton."""
    x = np.clip(np.interp(u, TABLE_CDF, TABLE), 1e-6, 1 - 1e-9)
    x4 = x**2
    x4 *= x4
    return x - (x4 * x * (6 - 5 * x) - u) / (30 * x4 * (1 - x))


def triangular_icdf(u: Array) -> Array:
    """Return the quantile of Triangular(0, 0.3, 0.9)."""
    return np.where(u < MODE / END, np.sqrt(END * MODE * u), END - np.sqrt(END * (END - MODE) * (1 - u)))


def demand_as_stated(t, rate, cap, share_max, mid, rise, mult, eff_total, halflife, chip_total, chip_rate, elasticity):
    """Return demand in year `t` by the equations as they are stated."""
    usage = cap / (1 + (cap - 1) * np.exp(-rate * t))
    mix = 1 + share_max / (1 + np.exp(-rise * (t - mid))) * (mult - 1)
    gain = eff_total ** (1 - 0.5 ** (t / halflife)) * chip_total ** (1 - np.exp(-chip_rate * t))
    return usage * mix / gain * gain**elasticity
