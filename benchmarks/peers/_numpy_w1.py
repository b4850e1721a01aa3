"""W1 in NumPy by hand: blocks that stay in the cache, no temporary arrays, one exponential for each year of a draw.

Terms that are exponentials of the year are multiplied on from one year to the next.

Tried, and slower, by the processor's time: normal numbers of the generator (1.4 times as long as in pairs); its beta
law with `ndtri` (15 times as long as a table), `betaincinv` (200 times), `np.interp` (20 times) and `ndtr` (3 times).
Of all: blocks of 4096 (1.1 times as long) or 65536 (1.4 times), PCG64 (1.1 times), Philox (1.3 times).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from benchmarks.peers import _w1 as w1
from benchmarks.peers._rows import YEARS, Array
from benchmarks.peers._score_table import ScoreTable, log_chip_edges, share_table

BLOCK = 2**14
PAIRS = 3


def fill_pairs(radius: Array, angle: Array, first: Array, second: Array, work: Array) -> None:
    """Turn uniform numbers into two normal ones each, as Box and Muller (1958), by the tangent of half the angle."""
    # Not 0.
    np.subtract(1, radius, out=radius)
    np.log(radius, out=radius)
    radius *= -2
    np.sqrt(radius, out=radius)
    angle -= 0.5
    angle *= np.pi
    np.tan(angle, out=angle)
    np.multiply(angle, angle, out=work)
    np.add(work, 1, out=first)
    radius /= first
    np.subtract(1, work, out=first)
    first *= radius
    radius *= 2
    np.multiply(angle, radius, out=second)


class Simulator:
    """Draws and demand of one thread, with its buffers (row, draw)."""

    def __init__(self, block: int = BLOCK) -> None:
        self.block = block
        self.share_table, self.log_chip_table = share_table(), ScoreTable(log_chip_edges())
        self.normals, self.random, self.levels = (np.empty((rows, block)) for rows in (7, 2 * PAIRS + 5, 3))
        self.uniforms = self.random[2 * PAIRS :]
        self.cells, self.share, self.log_chip = np.empty(block, dtype=np.intp), np.empty(block), np.empty(block)
        self.work, self.numerator, self.exponent = np.empty((PAIRS, block)), np.empty(block), np.empty(block)
        # What is left of two gains, of growth and before reasoning, and what of that is left a year later.
        self.states, self.factors = np.empty((4, block)), np.empty((4, block))
        self.total, self.boost = np.empty(block), np.empty(block)

    def fill(self, source: Any, demand: Array) -> None:
        """Fill demand (year, draw) from a source of draws."""
        for first in range(0, demand.shape[1], self.block):
            self.sample(source)
            self._scale()
            self._set_states()
            self._run(demand[:, first : first + self.block])

    def sample(self, source: Any) -> None:
        """Fill normal scores, uniform numbers, the share and the logarithm of `chip_total`."""
        source.random(out=self.random)
        radius, angle = self.random[: 2 * PAIRS].reshape(2, PAIRS, -1)
        fill_pairs(radius, angle, *self.normals[: 2 * PAIRS].reshape(2, PAIRS, -1), self.work)
        source.standard_normal(out=self.normals[-1])
        self.share_table.look_up(self.normals[0], self.cells, self.share, self.exponent)
        self.log_chip_table.look_up(self.normals[1], self.cells, self.log_chip, self.exponent)

    def _scale(self) -> None:
        """Turn scores into normal values, uniform numbers into uniform values; exponentiate three of them."""
        z_share, z_chip, log_eff, growth, mid, log_mult, log_rise = self.normals
        for own, common, (mean, sd), rest, correlation in (
            (log_eff, z_chip, w1.EFF_TOTAL, w1.REST_EFF, w1.EFF_CHIP),
            (growth, z_share, w1.GROWTH, w1.REST_GROWTH, w1.SHARE_GROWTH),
        ):
            own *= sd * rest
            common *= sd * correlation
            own += common
            own += mean
        uniforms = zip(self.uniforms[:3], (w1.CAP, w1.HALFLIFE, w1.CHIP_RATE), strict=True)
        normals = zip((mid, log_mult, log_rise), (w1.REASON_MID, w1.REASON_MULT, w1.REASON_RATE), strict=True)
        for row, (least, width) in (*uniforms, *normals):
            row *= width
            row += least
        for row, out in zip((self.uniforms[0], log_mult, log_rise), self.levels, strict=True):
            np.exp(row, out=out)

    def _set_states(self) -> None:
        log_cap, halflife, chip_rate, *pair = self.uniforms
        cap, mult, rise = self.levels
        log_eff, growth, mid = self.normals[2:5]
        left_eff, left_chip, rest, before = self.states
        np.divide(-w1.LN_2, halflife, out=self.factors[0])
        np.negative(chip_rate, out=self.factors[1])
        growth *= cap
        np.subtract(1, cap, out=cap)
        np.divide(growth, cap, out=self.factors[2])
        np.negative(cap, out=rest)
        np.negative(rise, out=self.factors[3])
        np.exp(self.factors, out=self.factors)
        np.multiply(rise, mid, out=before)
        np.exp(before, out=before)
        damping = self._damping(*pair)
        np.multiply(damping, log_eff, out=left_eff)
        np.multiply(damping, self.log_chip, out=left_chip)
        np.subtract(log_cap, left_eff, out=self.total)
        self.total -= left_chip
        mult -= 1
        np.multiply(self.share, mult, out=self.boost)

    def _damping(self, u: Array, v: Array) -> Array:
        """Return 1 - elasticity; the weighted lesser and greater of two uniform numbers have the triangular law."""
        lesser = np.minimum(u, v, out=self.numerator)
        greater = np.maximum(u, v, out=v)
        lesser *= w1.MODE - w1.END
        greater *= -w1.MODE
        lesser += greater
        lesser += 1
        return lesser

    def _run(self, demand: Array) -> None:
        count = demand.shape[1]
        states, factors, total, boost = self.states[:, :count], self.factors[:, :count], self.total, self.boost
        exponent, numerator, divisors = self.exponent[:count], self.numerator[:count], self.work[:2, :count]
        for year, row in enumerate(demand):
            if year:
                states *= factors
            np.add(states[0], states[1], out=exponent)
            exponent += total[:count]
            np.exp(exponent, out=exponent)
            np.add(states[2:], 1, out=divisors)
            np.add(divisors[1], boost[:count], out=numerator)
            numerator *= exponent
            divisors[0] *= divisors[1]
            np.divide(numerator, divisors[0], out=row)


def simulator(pool: ThreadPoolExecutor, threads: int, block: int = BLOCK) -> Callable[[int, int], Array]:
    """Return what draws and returns demand (year, draw), each thread its own part of the draws."""
    simulators = [Simulator(block) for _ in range(threads)]

    def simulate(seed: int, draws: int) -> Array:
        demand = np.empty((YEARS, draws))
        rngs = [np.random.Generator(np.random.SFC64(one)) for one in np.random.SeedSequence(seed).spawn(threads)]
        parts = np.array_split(demand, threads, axis=1)
        list(pool.map(Simulator.fill, simulators, rngs, parts))
        return demand

    return simulate
