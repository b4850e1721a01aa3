"""Conditioning by NUTS in PyMC, a chain on each processor."""

from __future__ import annotations

import numpy as np
import pymc as pm

from benchmarks.peers._conditioning import (
    LOG_SCALE,
    MEANS,
    NAMES,
    SDS,
    SEEN,
    SIGMA,
    SLOPES,
    describe_rows,
    posterior_draws,
)
from benchmarks.peers._peer import Clock, Figures, Job

CHAINS, WARM_UP = 2, 500


def prepare() -> Job:
    """Return the job."""
    with pm.Model() as model:
        drawn = [pm.Normal(name, mean, sd) for name, mean, sd in zip(NAMES, MEANS, SDS, strict=True)]
        log_demand = LOG_SCALE + sum(slope * one for slope, one in zip(SLOPES, drawn, strict=True))
        pm.Deterministic("demand", pm.math.exp(log_demand))
        pm.LogNormal("seen", log_demand, SIGMA, observed=SEEN)

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        size = -(-posterior_draws(draws) // CHAINS)
        quiet = {"progressbar": False, "compute_convergence_checks": False}
        with model:
            found = pm.sample(size, tune=WARM_UP, chains=CHAINS, cores=CHAINS, random_seed=seed, **quiet)
        figures = describe_rows(np.stack([found.posterior[name].values.ravel() for name in (*NAMES, "demand")]))
        clock.stop()
        return figures

    return job
