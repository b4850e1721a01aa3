"""Conditioning by NUTS in PyMC, a chain on each processor."""

from __future__ import annotations

import numpy as np
import pymc as pm

from benchmarks.peers import _conditioning as case
from benchmarks.peers._peer import Clock, Figures, Job

CHAINS, WARM_UP = 2, 500


def prepare() -> Job:
    """Return the job."""
    with pm.Model() as model:
        drawn = [pm.Normal(name, mean, sd) for name, mean, sd in zip(case.NAMES, case.MEANS, case.SDS, strict=True)]
        log_demand = case.LOG_SCALE + sum(slope * one for slope, one in zip(case.SLOPES, drawn, strict=True))
        pm.Deterministic("demand", pm.math.exp(log_demand))
        pm.LogNormal("seen", log_demand, case.SIGMA, observed=case.SEEN)

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        size = -(-case.posterior_draws(draws) // CHAINS)
        quiet = {"progressbar": False, "compute_convergence_checks": False}
        with model:
            found = pm.sample(size, tune=WARM_UP, chains=CHAINS, cores=CHAINS, random_seed=seed, **quiet)
        figures = case.describe_rows(
            np.stack([found.posterior[name].values.ravel() for name in (*case.NAMES, "demand")])
        )
        clock.stop()
        return figures

    return job
