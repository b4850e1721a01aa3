"""SciPy: scrambled Sobol' points and special functions, its laws, its Sobol' indices; the equations by NumPy."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from benchmarks.peers import _problem as problem
from benchmarks.peers import _w1 as w1
from benchmarks.peers._numpy_summary import summarize_rows
from benchmarks.peers._numpy_w1 import BLOCK, Simulator
from benchmarks.peers._peer import Clock, Figures, Job, Peer
from benchmarks.peers._rows import YEARS, Array, describe

THREADS = 2
BITS = 30


class SobolSimulator(Simulator):
    """Draws from points of a sequence in twelve dimensions: seven normal scores, five uniform numbers."""

    def sample(self, source: Any) -> None:
        """Fill scores, uniform numbers, the share and the logarithm of `chip_total`."""
        from scipy.special import ndtri

        points = np.ascontiguousarray(source.random(self.block).T)
        # Half of the least step: no point is 0.
        points += 2.0 ** (-BITS - 1)
        ndtri(points[:7], out=self.normals)
        self.uniforms[:] = points[7:]
        self.share_table.look_up(self.normals[0], self.cells, self.share, self.exponent)
        np.multiply(points[1], w1.CHIP[1], out=self.log_chip)
        self.log_chip += w1.CHIP[0]


def sobol_points() -> Job:
    """W1 by Sobol' points, each thread a stretch of the sequence."""
    from scipy.stats.qmc import Sobol

    pool = ThreadPoolExecutor(THREADS)
    simulators = [SobolSimulator() for _ in range(THREADS)]

    def stretch(simulator: SobolSimulator, seed: int, first: int, demand: Array) -> None:
        points = Sobol(12, bits=BITS, rng=seed)
        if first:
            points.fast_forward(first)
        simulator.fill(points, demand)

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        demand = np.empty((YEARS, draws))
        # Whole blocks, the first of which has a power of 2 of points.
        half = -(-draws // (THREADS * BLOCK)) * BLOCK
        firsts = range(0, THREADS * half, half)
        parts = [demand[:, first : first + half] for first in firsts]
        list(pool.map(stretch, simulators, [seed] * THREADS, firsts, parts))
        clock.mark("simulate")
        found = summarize_rows(pool, demand)
        clock.mark("summarise")
        return found

    return job


class Law:
    """A law by its quantile function, as `sobol_indices` wants it."""

    def __init__(self, ppf: Callable[[Array], Array]) -> None:
        self.ppf = ppf


def indices() -> Job:
    """W2 by `sobol_indices`, whose estimators are those of the case."""
    from scipy.special import ndtri
    from scipy.stats import beta, sobol_indices
    from scipy.stats.sampling import FastGeneratorInversion

    def normal(mean: float, sd: float) -> Law:
        return Law(lambda u: mean + sd * ndtri(u))

    def lognormal(mean: float, sd: float) -> Law:
        return Law(lambda u: np.exp(mean + sd * ndtri(u)))

    def uniform(least: float, width: float) -> Law:
        return Law(lambda u: least + width * u)

    # The logarithms of eff_total and of chip_total, as the equations want them.
    efficiency = [normal(*w1.EFF_TOTAL), uniform(*w1.HALFLIFE), lognormal(*w1.REASON_MULT)]
    shares = [FastGeneratorInversion(beta(5, 2)), normal(*w1.REASON_MID), lognormal(*w1.REASON_RATE)]
    usage = [normal(*w1.GROWTH), Law(lambda u: np.exp(w1.CAP[0] + w1.CAP[1] * u))]
    chips = [uniform(*w1.CHIP), uniform(*w1.CHIP_RATE), Law(w1.triangular_icdf)]
    laws = [*efficiency, *shares, *usage, *chips]

    def demand(x: Array) -> Array:
        logs = problem.log_demand(x)
        return np.stack([np.exp(logs), logs])

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        found = sobol_indices(func=demand, n=draws, dists=laws, rng=np.random.default_rng(seed))
        clock.stop()
        return {"first": found.first_order.tolist(), "total": found.total_order.tolist()}

    return job


def laws() -> Job:
    """Single laws, by the new classes of distributions where the old lack one."""
    from scipy import stats

    lognormal = stats.exp(stats.Normal(mu=1.0, sigma=0.7))
    new = {
        "truncated lognormal": stats.truncate(lognormal, lb=1.0, ub=10.0),
        "mixture": stats.Mixture([lognormal, stats.Normal(mu=10.0, sigma=2.0)], weights=[0.3, 0.7]),
    }
    old = {
        "lognormal": stats.lognorm(s=0.7, scale=np.e),
        "beta": stats.beta(2.0, 5.0),
        "categorical": stats.rv_discrete(values=(range(4), (0.1, 0.2, 0.3, 0.4))),
        "gamma": stats.gamma(2.5),
        "student_t": stats.t(4.0),
        "poisson": stats.poisson(12.0),
    }

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        rng = np.random.default_rng(seed)
        found = {}
        for name, law in new.items():
            found[name] = law.sample(draws, rng=rng)
            clock.mark(name)
        for name, law in old.items():
            found[name] = law.rvs(size=draws, random_state=rng)
            clock.mark(name)
        clock.stop()
        return {name: describe(values) for name, values in found.items()}

    return job


PEER = Peer(
    name="scipy",
    title="SciPy",
    packages=("scipy", "numpy"),
    programs={"w1": {"": sobol_points}, "w2": {"": indices}, "laws": {"": laws}},
    cannot={
        "summaries": "no shortest interval of draws, and quantiles by NumPy",
        "streaming": "no moments or quantiles that are updated",
        "exports": "writes .mat files of arrays only",
        "conditioning": "leaves weights to NumPy, whose program it would be",
    },
    environment="project",
    processors=THREADS,
    uses={"laws": 1, "w2": 1},
)
