"""NumPy, with SciPy's special functions: the equations as they are stated, and by hand for speed."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from math import log

import numpy as np

from benchmarks.peers import _exports, _numpy_conditioning, _numpy_consensus, _numpy_laws, _numpy_summary, _numpy_w2
from benchmarks.peers._numpy_w1 import simulator
from benchmarks.peers._peer import Clock, Figures, Job, Peer
from benchmarks.peers._rows import YEARS, Array, summarize
from benchmarks.peers._w1 import Z95, demand_as_stated

THREADS = 2
TAILS = (0.05, 0.5, 0.95, 0.999)


def lognormal(z: Array, low: float, high: float) -> Array:
    """Return log-normal draws from normal scores, by their p5 and p95."""
    return np.exp((log(low) + log(high)) / 2 + (log(high) - log(low)) / (2 * Z95) * z)


def parameters_as_stated(rng: np.random.Generator, draws: int) -> tuple[Array, ...]:
    """Return the parameters of W1, (draw) each, in the order in which `demand_as_stated` takes them."""
    from scipy.special import betaincinv, ndtr

    normal = rng.standard_normal
    z_share, z_chip = normal(draws), normal(draws)
    share_max = betaincinv(5, 2, ndtr(z_share))
    eff_total = lognormal(-0.3 * z_chip + np.sqrt(1 - 0.3**2) * normal(draws), 3, 30)
    growth = 0.6 + 0.25 * (0.4 * z_share + np.sqrt(1 - 0.4**2) * normal(draws))
    cap = np.exp(rng.uniform(log(10), log(1000), draws))
    chip_total = np.exp(log(5) + ndtr(z_chip) * log(200))
    eff_halflife, chip_rate = rng.uniform(0.5, 3, draws), rng.uniform(0.1, 0.6, draws)
    reason_mult, reason_rate = lognormal(normal(draws), 20, 300), lognormal(normal(draws), 0.8, 3)
    elasticity = rng.triangular(0, 0.3, 0.9, draws)
    shares = share_max, 2 + 0.7 * normal(draws), reason_rate, reason_mult
    return growth / (1 - 1 / cap), cap, *shares, eff_total, eff_halflife, chip_total, chip_rate, elasticity


def draw_as_stated(draws: int, seed: int, years: Iterable[int] = range(YEARS)) -> Array:
    """Return demand (year, draw) by the equations as they are stated."""
    drawn = parameters_as_stated(np.random.default_rng(seed), draws)
    return np.array([demand_as_stated(float(t), *drawn) for t in years])


def stated() -> Job:
    """W1 as `workloads.md` states it, one array operation after the other."""
    import scipy.special  # noqa: F401

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        drawn = parameters_as_stated(np.random.default_rng(seed), draws)
        clock.mark("draw")
        demand = np.array([demand_as_stated(float(t), *drawn) for t in range(YEARS)])
        clock.mark("simulate")
        found = summarize(demand)
        clock.mark("summarise")
        return found

    return job


def tuned(threads: int) -> Job:
    """W1 by blocks and partitions."""
    pool = ThreadPoolExecutor(threads)
    simulate = simulator(pool, threads)

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        demand = simulate(seed, draws)
        clock.mark("simulate")
        found = _numpy_summary.summarize_rows(pool, demand)
        clock.mark("summarise")
        return found

    return job


def stated_year_by_year() -> Job:
    """W1 with its parameters kept, but demand of one year only."""
    import scipy.special  # noqa: F401

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        drawn = parameters_as_stated(np.random.default_rng(seed), draws)
        clock.mark("draw")
        found: Figures = {"mean": [], "quantiles": []}
        for t in range(YEARS):
            demand = demand_as_stated(float(t), *drawn)
            found["mean"].append(float(demand.mean()))
            found["quantiles"].append(np.quantile(demand, TAILS).tolist())
        return found

    return job


def tuned_stored(threads: int) -> Job:
    """W1 with demand of all years kept."""
    pool = ThreadPoolExecutor(threads)
    simulate = simulator(pool, threads)

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        demand = simulate(seed, draws)
        clock.mark("simulate")
        means, quantiles = zip(*pool.map(lambda row: _numpy_summary.quantiles_of_row(row, TAILS), demand), strict=True)
        clock.mark("summarise")
        return {"mean": [*means], "quantiles": [*quantiles]}

    return job


TWO = "hand-tuned, two threads"
PEER = Peer(
    name="numpy",
    title="NumPy",
    packages=("numpy", "scipy"),
    programs={
        "w1": {"as stated": stated, "hand-tuned": lambda: tuned(1), TWO: lambda: tuned(THREADS)},
        "w2": {"as stated": _numpy_w2.as_stated, "rewritten for speed": _numpy_w2.rewritten},
        "laws": {
            "generator's methods": _numpy_laws.generator_methods,
            "array operations": _numpy_laws.array_operations,
        },
        "summaries": {
            "full sort": _numpy_summary.full_sort,
            "partition, two threads": lambda: _numpy_summary.partitions(THREADS),
        },
        "streaming": {"as stated": stated_year_by_year, TWO: lambda: tuned_stored(THREADS)},
        "consensus": {
            "arrays of all draws": _numpy_consensus.plain,
            "blocks, two processes": lambda: _numpy_consensus.blocks(THREADS),
        },
        "conditioning": {
            "as stated": _numpy_conditioning.as_stated,
            TWO: lambda: _numpy_conditioning.tuned(THREADS),
        },
        "exports": {"a plain copy": _exports.copies},
    },
    environment="project",
    uses={TWO: THREADS, "partition, two threads": THREADS, "blocks, two processes": THREADS},
)
