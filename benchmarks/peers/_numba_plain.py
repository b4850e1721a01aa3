"""W1 as a plain loop over draws in numba: one function with everything in it, in parallel."""

# ruff: noqa: NPY002 - numba has a generator of each thread, which only the old functions use.

from __future__ import annotations

from math import erf, exp, log, sqrt

import numpy as np
from numba import njit, prange

from benchmarks.peers import _w1 as w1

EFF_MEAN, EFF_SD = w1.EFF_TOTAL
MULT_MEAN, MULT_SD = w1.REASON_MULT
RISE_MEAN, RISE_SD = w1.REASON_RATE
CAP_LEAST, CAP_WIDTH = w1.CAP
LOG_5, LOG_200 = log(5.0), log(200.0)
REST_EFF, EFF_CHIP, REST_GROWTH, SHARE_GROWTH = w1.REST_EFF, w1.EFF_CHIP, w1.REST_GROWTH, w1.SHARE_GROWTH
HALLEY_STEPS = 4


@njit(cache=True, fastmath=True)
def share_of(u):
    """Return the quantile of Beta(5, 2) by Halley's steps."""
    x = (u / 6) ** 0.2 if u < 0.65 else 1 - sqrt((1 - u) / 15)
    for _ in range(HALLEY_STEPS):
        step = (x**5 * (6 - 5 * x) - u) / (30 * x**4 * (1 - x))
        x -= step / (1 - 0.5 * step * (4 / x - 1 / (1 - x)))
    return x


@njit(cache=True, fastmath=True)
def probability_of(z):
    """Return the normal probability of at most `z`."""
    return 0.5 * (1 + erf(z / sqrt(2.0)))


@njit(cache=True, fastmath=True, parallel=True)
def simulate(seed, demand):
    """Fill demand (year, draw)."""
    for part in prange(2):
        np.random.seed(2 * seed + part)
        for i in range(part * demand.shape[1] // 2, (part + 1) * demand.shape[1] // 2):
            z_share, z_chip = np.random.standard_normal(), np.random.standard_normal()
            share_max, chip = share_of(probability_of(z_share)), exp(LOG_5 + LOG_200 * probability_of(z_chip))
            eff = exp(EFF_MEAN + EFF_SD * (EFF_CHIP * z_chip + REST_EFF * np.random.standard_normal()))
            growth = 0.6 + 0.25 * (SHARE_GROWTH * z_share + REST_GROWTH * np.random.standard_normal())
            mid, rise = np.random.normal(2.0, 0.7), exp(np.random.normal(RISE_MEAN, RISE_SD))
            mult, cap = exp(np.random.normal(MULT_MEAN, MULT_SD)), exp(CAP_LEAST + CAP_WIDTH * np.random.random())
            halflife, chip_rate = np.random.uniform(0.5, 3.0), np.random.uniform(0.1, 0.6)
            elasticity = np.random.triangular(0.0, 0.3, 0.9)
            rate = growth / (1 - 1 / cap)
            for t in range(demand.shape[0]):
                usage = cap / (1 + (cap - 1) * exp(-rate * t))
                mix = 1 + share_max / (1 + exp(-rise * (t - mid))) * (mult - 1)
                gain = eff ** (1 - 0.5 ** (t / halflife)) * chip ** (1 - exp(-chip_rate * t))
                demand[t, i] = usage * mix / gain * gain**elasticity
