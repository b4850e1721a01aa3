"""W1 in JAX: draws and years in one compiled function; NumPy sorts its rows.

By hand, on two devices of a processor each: each works off tiles that stay in its cache, and goes from year to year,
so that powers are products. Tried, in processor time of draws and years in float64: all draws at once, 2 times as
long; years beside one another, 1.3 times with powers as products, 1.6 times as exponentials, 3.4 times by the
equations as they are stated; registers of 256 bits, which XLA prefers unless told otherwise, 1.4 times; `rbg` keys 1.1
times, and 1.7 times in float32; parameters drawn in one array, 1.1 times; `ndtri` instead of `erf_inv`, 1.1 times;
Beta(5, 2) by steps from powers, 1.1 times. `jnp.sort` takes 36 times as long as NumPy's.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from math import sqrt

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, PartitionSpec

from benchmarks.peers import _w1 as w1
from benchmarks.peers._numpy_summary import summarize_row
from benchmarks.peers._peer import Clock, Figures, Job
from benchmarks.peers._rows import YEARS

TILE, DEVICES = 2048, 2
LOGIT_OF_SCORE = (1.0216, 0.8849, 0.0602, 0.0138, 0.0004)
"""Coefficients of the logit of Beta(5, 2) by its normal score, near enough for two steps to float64."""


def beta_icdf(u, score):
    """Quantile of Beta(5, 2) by Halley's steps, from what a polynomial of the normal score is near."""
    x = jax.nn.sigmoid(jnp.polyval(jnp.array(LOGIT_OF_SCORE[::-1], u.dtype), score))
    for _ in range(2):
        x4, rest = x**4, 1 - x
        step = (x4 * x * (6 - 5 * x) - u) / (30 * x4 * rest)
        x -= step / (1 - step * (2 - 3 * x) / (x * rest))
    return x


def triangular_icdf(u):
    """Quantile of Triangular(0, 0.3, 0.9)."""
    return jnp.where(u < 1 / 3, jnp.sqrt(0.27 * u), 0.9 - jnp.sqrt(0.54 * (1 - u)))


def draw(key, kind, count=TILE):
    """Parameters of so many draws, but logarithms of eff_total and chip_total."""
    keys = iter(jax.random.split(key, w1.COUNT))

    def normal(law):
        return law[0] + law[1] * jax.random.normal(next(keys), count, kind)

    def uniform(law):
        return law[0] + law[1] * jax.random.uniform(next(keys), count, kind)

    def scored():
        # As `jax.random.normal` does it; the uniform is needed as well.
        centred = jax.random.uniform(next(keys), count, kind, np.nextafter(kind(-1), kind(0)), 1.0)
        return (centred + 1) / 2, sqrt(2) * jax.lax.erf_inv(centred)

    (u_share, share_score), (u_chip, chip_score) = scored(), scored()
    mean, sd = w1.EFF_TOTAL
    log_eff = mean + sd * (w1.EFF_CHIP * chip_score + normal((0, w1.REST_EFF)))
    mean, sd = w1.GROWTH
    growth = mean + sd * (w1.SHARE_GROWTH * share_score + normal((0, w1.REST_GROWTH)))
    shares = beta_icdf(u_share, share_score), normal(w1.REASON_MID), jnp.exp(normal(w1.REASON_RATE))
    efficiency = log_eff, uniform(w1.HALFLIFE), jnp.exp(normal(w1.REASON_MULT))
    chip = w1.CHIP[0] + w1.CHIP[1] * u_chip, uniform(w1.CHIP_RATE)
    return *efficiency, *shares, growth, jnp.exp(uniform(w1.CAP)), *chip, triangular_icdf(uniform((0, 1)))


def stated_trajectory(t, log_eff, halflife, mult, share_max, mid, rise, growth, cap, log_chip, chip_rate, elasticity):
    """Demand in year `t` by the equations as they are stated."""
    usage = cap / (1 + (cap - 1) * jnp.exp(-growth / (1 - 1 / cap) * t))
    mix = 1 + share_max / (1 + jnp.exp(-rise * (t - mid))) * (mult - 1)
    gain = jnp.exp(log_eff) ** (1 - 0.5 ** (t / halflife)) * jnp.exp(log_chip) ** (1 - jnp.exp(-chip_rate * t))
    return usage * mix / gain * gain**elasticity


def trajectory(log_eff, halflife, mult, share_max, mid, rise, growth, cap, log_chip, chip_rate, elasticity):
    """Demand (year, draw)."""
    boost, late = share_max * (mult - 1), jnp.exp(rise * mid)
    weight_eff, weight_chip = (elasticity - 1) * log_eff, (elasticity - 1) * log_chip
    factors = [jnp.exp(one) for one in (growth * cap / (1 - cap), -rise, -w1.LN_2 / halflife, -chip_rate)]

    def step(powers, _):
        rest, before, eff, chip = powers
        usage, share = 1 + (cap - 1) * rest, 1 + late * before
        gain = jnp.exp((1 - eff) * weight_eff + (1 - chip) * weight_chip)
        demand = cap * (share + boost) / (usage * share) * gain
        return [one * factor for one, factor in zip(powers, factors, strict=True)], demand

    return jax.lax.scan(step, [jnp.ones_like(cap)] * len(factors), None, length=YEARS)[1]


def prepare_stated(precision: str) -> Job:
    """Return the job with all draws at once, and the equations as they are stated."""
    kind = np.dtype(precision).type
    pool = ThreadPoolExecutor(DEVICES)

    @partial(jax.jit, static_argnames="draws")
    def demand(seed, draws):
        drawn = draw(jax.random.key(seed), kind, draws)
        return jnp.stack([stated_trajectory(float(t), *drawn) for t in range(YEARS)])

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        found = np.array(demand(seed, draws))
        clock.mark("simulate")
        return _figures(pool.map(summarize_row, found), clock)

    return job


def _figures(rows: Iterable[tuple[float, list[float], list[float]]], clock: Clock) -> Figures:
    means, quantiles, intervals = zip(*rows, strict=True)
    clock.mark("summarise")
    return {"mean": [*means], "quantiles": [*quantiles], "interval": [*intervals]}


def prepare(precision: str) -> Job:
    """Return the job by hand for speed."""
    kind = np.dtype(precision).type
    return job_of(lambda key: trajectory(*draw(key, kind)))


def job_of(simulate, tile: int = TILE) -> Job:
    """Return the job of a function of a key that simulates demand (year, draw) of a tile."""
    shards = PartitionSpec("device")
    mesh = jax.make_mesh((DEVICES,), shards, axis_types=(AxisType.Auto,))
    on_devices = jax.shard_map(
        partial(jax.lax.map, simulate), mesh=mesh, in_specs=shards, out_specs=shards, check_vma=False
    )
    pool = ThreadPoolExecutor(DEVICES)

    @partial(jax.jit, static_argnames="draws")
    def demand(seed, draws):
        return on_devices(jax.random.split(jax.random.key(seed), -(-draws // (tile * DEVICES)) * DEVICES))

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        found = demand(seed, draws).block_until_ready()
        clock.mark("simulate")
        parts = [np.asarray(shard.data) for shard in found.addressable_shards]
        return _figures(pool.map(lambda year: summarize_row(row(parts, year)[:draws]), range(YEARS)), clock)

    return job


def row(parts: Iterable[np.ndarray], year: int) -> np.ndarray:
    """Return a copy of the draws of a year."""
    return np.concatenate([part[:, year] for part in parts]).ravel()
