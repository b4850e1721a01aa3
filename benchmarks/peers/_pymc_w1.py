"""W1 of PyMC's distributions, compiled by Numba for a block of draws; NumPy summarizes.

Tried, in processor time of draws and years together: `MvNormal` for the dependent scores, 2.3 times as long; PyTensor's
C code 1.1 times (with `MvNormal`, both); its JAX code 2 times; blocks of 2048, 1.1 times. Two threads gain nothing, as
a compiled function keeps Python's lock. `pm.draw` would call a function for each draw.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pymc.pytensorf import reseed_rngs

from benchmarks.peers import _w1 as w1
from benchmarks.peers._numpy_summary import summarize_rows
from benchmarks.peers._peer import Clock, Figures, Job
from benchmarks.peers._rows import YEARS, describe

BLOCK, THREADS, MODE = 8192, 2, "NUMBA"
LOGIT_OF_SCORE = (1.0216, 0.8849, 0.0602, 0.0138, 0.0004)
"""Coefficients of the logit of Beta(5, 2) by its normal score, near enough for two steps to float64."""


def beta_icdf(u, score):
    """Quantile of Beta(5, 2) by Halley's steps, from what a polynomial of the normal score is near; PyMC has none."""
    x = pt.sigmoid(sum(one * score**power for power, one in enumerate(LOGIT_OF_SCORE)))
    for _ in range(2):
        x4, rest = x**4, 1 - x
        step = (x4 * x * (6 - 5 * x) - u) / (30 * x4 * rest)
        x = x - step / (1 - step * (2 - 3 * x) / (x * rest))
    return x


def parameters():
    """Parameters of a block, but logarithms of eff_total and chip_total."""

    def uniform(law):
        return pm.Uniform.dist(law[0], law[0] + law[1], shape=BLOCK)

    normal, lognormal = partial(pm.Normal.dist, shape=BLOCK), partial(pm.LogNormal.dist, shape=BLOCK)
    share_score, chip_score = normal(0, 1), normal(0, 1)
    eff_score = w1.EFF_CHIP * chip_score + normal(0, w1.REST_EFF)
    growth_score = w1.SHARE_GROWTH * share_score + normal(0, w1.REST_GROWTH)
    share_max = beta_icdf(ndtr(share_score), share_score)
    efficiency = w1.EFF_TOTAL[0] + w1.EFF_TOTAL[1] * eff_score, uniform(w1.HALFLIFE), lognormal(*w1.REASON_MULT)
    shares = share_max, normal(*w1.REASON_MID), lognormal(*w1.REASON_RATE)
    usage = w1.GROWTH[0] + w1.GROWTH[1] * growth_score, pt.exp(uniform(w1.CAP))
    chip = w1.CHIP[0] + w1.CHIP[1] * ndtr(chip_score), uniform(w1.CHIP_RATE)
    return *efficiency, *shares, *usage, *chip, pm.Triangular.dist(lower=0, c=w1.MODE, upper=w1.END, shape=BLOCK)


def ndtr(score):
    """Distribution function of the normal law."""
    return 0.5 * pt.erfc(-score / np.sqrt(2))


def trajectory(log_eff, halflife, mult, share_max, mid, rise, growth, cap, log_chip, chip_rate, elasticity):
    """Demand (year, draw)."""
    boost, late = share_max * (mult - 1), pt.exp(rise * mid)
    weight_eff, weight_chip = (elasticity - 1) * log_eff, (elasticity - 1) * log_chip
    factors = [pt.exp(one) for one in (growth * cap / (1 - cap), -rise, -w1.LN_2 / halflife, -chip_rate)]
    powers, demand = [pt.ones_like(cap)] * len(factors), []
    for _ in range(YEARS):
        rest, before, eff, chip = powers
        usage, share = 1 + (cap - 1) * rest, 1 + late * before
        gain = pt.exp((1 - eff) * weight_eff + (1 - chip) * weight_chip)
        demand.append(cap * (share + boost) / (usage * share) * gain)
        powers = [one * factor for one, factor in zip(powers, factors, strict=True)]
    return pt.stack(demand)


def prepare() -> Job:
    """Return the job."""
    block = pm.compile([], trajectory(*parameters()), mode=MODE)
    pool = ThreadPoolExecutor(THREADS)

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        reseed_rngs(block.get_shared(), seed)
        demand = np.empty((YEARS, -(-draws // BLOCK) * BLOCK))
        for first in range(0, draws, BLOCK):
            demand[:, first : first + BLOCK] = block()
        clock.mark("simulate")
        found = summarize_rows(pool, demand[:, :draws])
        clock.mark("summarise")
        return found

    return job


def laws(draws):
    """Single laws by name."""
    lognormal = pm.LogNormal.dist(1.0, 0.7)
    parts = [lognormal, pm.Normal.dist(10.0, 2.0)]
    return {
        "lognormal": pm.LogNormal.dist(1.0, 0.7, shape=(draws,)),
        "truncated lognormal": pm.Truncated.dist(lognormal, lower=1.0, upper=10.0, shape=(draws,)),
        "beta": pm.Beta.dist(2.0, 5.0, shape=(draws,)),
        "mixture": pm.Mixture.dist(w=[0.3, 0.7], comp_dists=parts, shape=(draws,)),
        "categorical": pm.Categorical.dist(p=[0.1, 0.2, 0.3, 0.4], shape=(draws,)),
        "gamma": pm.Gamma.dist(alpha=2.5, beta=1.0, shape=(draws,)),
        "student_t": pm.StudentT.dist(nu=4.0, mu=0.0, sigma=1.0, shape=(draws,)),
        "poisson": pm.Poisson.dist(12.0, shape=(draws,)),
    }


def prepare_laws() -> Job:
    """Return the job of single laws."""
    count = pt.lscalar("draws")
    compiled = {name: pm.compile([count], law, mode="FAST_RUN") for name, law in laws(count).items()}

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        for place, law in enumerate(compiled.values()):
            reseed_rngs(law.get_shared(), seed + place)
        found = {}
        clock.skip()
        for name, law in compiled.items():
            found[name] = law(draws)
            clock.mark(name)
        clock.stop()
        return {name: describe(values) for name, values in found.items()}

    return job
