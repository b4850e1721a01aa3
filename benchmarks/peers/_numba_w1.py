"""W1 in numba: loops over blocks of draws, which stay in the cache; random numbers by NumPy's generators.

Terms that are exponentials of the year are multiplied on from one year to the next.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from benchmarks.peers import _w1 as w1
from benchmarks.peers._score_table import CELLS, SCALE

BLOCK = 256
EFF_MEAN, EFF_SD = w1.EFF_TOTAL
MULT_MEAN, MULT_SD = w1.REASON_MULT
RISE_MEAN, RISE_SD = w1.REASON_RATE
MID_MEAN, MID_SD = w1.REASON_MID
GROWTH_MEAN, GROWTH_SD = w1.GROWTH
CAP_LEAST, CAP_WIDTH = w1.CAP
HALFLIFE_LEAST, HALFLIFE_WIDTH = w1.HALFLIFE
CHIP_RATE_LEAST, CHIP_RATE_WIDTH = w1.CHIP_RATE
REST_EFF, EFF_CHIP, REST_GROWTH, SHARE_GROWTH = w1.REST_EFF, w1.EFF_CHIP, w1.REST_GROWTH, w1.SHARE_GROWTH
LN_2, MODE, END = w1.LN_2, w1.MODE, w1.END
# Bins of a count: the leading bits of a float64, 11 of its mantissa, from 2^-24 to 2^24.
SHIFT, LEAST, BINS = 41, (1023 - 24) << 11, 48 << 11
OPTIONS = {"cache": True, "fastmath": True, "error_model": "numpy", "nogil": True}


@njit(**OPTIONS)
def exp(x):
    """Return 2^k times the exponential of what is left, at most ln 2 / 2, by its series: within 1e-14 below 700."""
    k = np.floor(x * (1 / LN_2) + 0.5)
    r = x - k * LN_2
    p = 1 / 39916800
    for n in (3628800, 362880, 40320, 5040, 720, 120, 24, 6, 2, 1, 1):
        p = p * r + 1 / n
    return p * np.int64((np.int64(k) + 1023) << 52).view(np.float64)


@njit(**OPTIONS)
def look_up(table, z):
    """Return a smooth function of a normal score from its values at the edges of cells."""
    place = z * SCALE + CELLS / 2
    cell = min(max(int(place), 0), CELLS - 1)
    return table[cell] + (place - cell) * (table[cell + 1] - table[cell])


@njit(**OPTIONS)
def draw_block(rng, shares, log_chips, rows):
    """Fill rows (10, draw) of a block: four terms of the year, their factors, and two that stay."""
    z, u = rng.standard_normal((7, rows.shape[1])), rng.random((5, rows.shape[1]))
    for i in range(rows.shape[1]):
        log_cap = CAP_LEAST + CAP_WIDTH * u[0, i]
        rise = exp(RISE_MEAN + RISE_SD * z[6, i])
        growth = GROWTH_MEAN + GROWTH_SD * (REST_GROWTH * z[3, i] + SHARE_GROWTH * z[0, i])
        # The weighted lesser and greater of two uniform numbers have the triangular law.
        damping = 1 - (END - MODE) * min(u[3, i], u[4, i]) - MODE * max(u[3, i], u[4, i])
        cap = exp(log_cap)
        rows[0, i] = damping * (EFF_MEAN + EFF_SD * (REST_EFF * z[2, i] + EFF_CHIP * z[1, i]))
        rows[1, i] = damping * look_up(log_chips, z[1, i])
        rows[2, i] = cap - 1
        rows[3, i] = exp(rise * (MID_MEAN + MID_SD * z[4, i]))
        rows[4, i] = exp(-LN_2 / (HALFLIFE_LEAST + HALFLIFE_WIDTH * u[1, i]))
        rows[5, i] = exp(-CHIP_RATE_LEAST - CHIP_RATE_WIDTH * u[2, i])
        rows[6, i] = exp(-growth * cap / (cap - 1))
        rows[7, i] = exp(-rise)
        rows[8, i] = log_cap - rows[0, i] - rows[1, i]
        rows[9, i] = look_up(shares, z[0, i]) * (exp(MULT_MEAN + MULT_SD * z[5, i]) - 1)


@njit(**OPTIONS)
def run_block(rows, demand, first, draws):
    """Fill demand (year, draw) of a block, from a place on; the terms of the year are used up."""
    for t in range(demand.shape[0]):
        for i in range(draws):
            reasoning, usage = 1 + rows[3, i], 1 + rows[2, i]
            gain = exp(rows[8, i] + rows[0, i] + rows[1, i])
            demand[t, first + i] = gain * (reasoning + rows[9, i]) / (reasoning * usage)
            rows[0, i] *= rows[4, i]
            rows[1, i] *= rows[5, i]
            rows[2, i] *= rows[6, i]
            rows[3, i] *= rows[7, i]


@njit(**OPTIONS)
def simulate(rng, shares, log_chips, demand, start, stop):
    """Fill demand (year, draw) between two draws; a slice would not be known to lie in one piece."""
    rows = np.empty((10, BLOCK))
    for first in range(start, stop, BLOCK):
        draw_block(rng, shares, log_chips, rows)
        run_block(rows, demand, first, min(BLOCK, stop - first))


@njit(**OPTIONS)
def count(rng, shares, log_chips, draws, counts, sums):
    """Add draws to the counts (year, bin) and the sums (year) of demand."""
    rows, demand = np.empty((10, BLOCK)), np.empty((counts.shape[0], BLOCK))
    for first in range(0, draws, BLOCK):
        draw_block(rng, shares, log_chips, rows)
        number = min(BLOCK, draws - first)
        run_block(rows, demand, 0, number)
        for t in range(demand.shape[0]):
            for i in range(number):
                place = (np.float64(demand[t, i]).view(np.int64) >> SHIFT) - LEAST
                counts[t, min(max(place, 0), BINS - 1)] += 1
                sums[t] += demand[t, i]
