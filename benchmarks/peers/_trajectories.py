"""W1 in NumPy from parameters that another tool has drawn, independently: blocks that stay in the cache, two threads.

Terms that are exponentials of the year are multiplied on from one year to the next.
"""

from __future__ import annotations

from collections.abc import MutableSequence, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from benchmarks.peers import _w1 as w1
from benchmarks.peers._numpy_summary import summarize_rows
from benchmarks.peers._peer import Clock, Figures
from benchmarks.peers._rows import YEARS, Array

THREADS, BLOCK = 2, 8192
DEPENDENT = ("eff_total", "growth", "reason_share_max", "chip_total")


def finish(pool: ThreadPoolExecutor, drawn: MutableSequence[Array] | Array, clock: Clock) -> Figures:
    """Return the figures of W1 from what `depend` takes."""
    depend(drawn)
    clock.mark("draw")
    demand = trajectories(pool, drawn)
    clock.mark("simulate")
    found = summarize_rows(pool, demand)
    clock.mark("summarise")
    return found


def depend(drawn: MutableSequence[Array] | Array) -> None:
    """Turn normal scores in the places of eff_total and growth into their values, the former's logarithm.

    They depend on the logarithm of chip_total and on the share, which are there: both have scores in closed form.
    """
    from scipy.special import ndtri

    eff, growth, share, chip = (w1.NAMES.index(name) for name in DEPENDENT)
    chip_score = ndtri((drawn[chip] - w1.CHIP[0]) / w1.CHIP[1])
    share_score = ndtri(drawn[share] ** 5 * (6 - 5 * drawn[share]))
    scale = w1.EFF_TOTAL[1]
    drawn[eff] = scale * w1.REST_EFF * drawn[eff] + (scale * w1.EFF_CHIP * chip_score + w1.EFF_TOTAL[0])
    scale = w1.GROWTH[1]
    drawn[growth] = scale * w1.REST_GROWTH * drawn[growth] + (scale * w1.SHARE_GROWTH * share_score + w1.GROWTH[0])


def trajectories(pool: ThreadPoolExecutor, drawn: Sequence[Array] | Array) -> Array:
    """Return demand (year, draw) from parameters in their order, but logarithms of eff_total and chip_total."""
    demand = np.empty((YEARS, len(drawn[0])))

    def fill(first: int) -> None:
        part = slice(first, first + BLOCK)
        fill_block(demand[:, part], *(column[part] for column in drawn))

    list(pool.map(fill, range(0, demand.shape[1], BLOCK)))
    return demand


def fill_block(demand, log_eff, halflife, mult, share_max, mid, rise, growth, cap, log_chip, chip_rate, elasticity):
    """Fill demand (year, draw)."""
    boost = share_max * (mult - 1)
    states = np.stack([(elasticity - 1) * log_eff, (elasticity - 1) * log_chip, cap - 1, np.exp(rise * mid)])
    factors = np.exp([-w1.LN_2 / halflife, -chip_rate, growth * cap / (1 - cap), -rise])
    whole, product = states[0] + states[1], np.empty_like(boost)
    for row in demand:
        np.subtract(whole, states[0], out=row)
        row -= states[1]
        np.exp(row, out=row)
        row *= cap
        before = states[3] + 1
        np.add(states[2], 1, out=product)
        product *= before
        row /= product
        before += boost
        row *= before
        states *= factors
