"""Conditioning by NUTS in NumPyro, a chain on each of two devices."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from numpyro.infer import MCMC, NUTS

from benchmarks.peers import _conditioning as case
from benchmarks.peers._peer import Clock, Figures, Job

CHAINS, WARM_UP = 2, 500


def model():
    """Three normal laws, and what was observed of demand."""
    drawn = [numpyro.sample(*one) for one in zip(case.NAMES, map(dist.Normal, case.MEANS, case.SDS), strict=True)]
    log_demand = case.LOG_SCALE + sum(slope * one for slope, one in zip(case.SLOPES, drawn, strict=True))
    numpyro.deterministic("demand", jnp.exp(log_demand))
    numpyro.sample("seen", dist.LogNormal(log_demand, case.SIGMA), obs=case.SEEN)


def prepare() -> Job:
    """Return the job."""
    sampler: dict[int, MCMC] = {}

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        size = -(-case.posterior_draws(draws) // CHAINS)
        if size not in sampler:
            options = {"num_chains": CHAINS, "chain_method": "parallel", "progress_bar": False}
            sampler[size] = MCMC(NUTS(model), num_warmup=WARM_UP, num_samples=size, **options)
        sampler[size].run(jax.random.key(seed))
        found = sampler[size].get_samples()
        rows = jnp.stack([found[name] for name in (*case.NAMES, "demand")])
        figures = case.describe_rows(jax.device_get(rows))
        clock.stop()
        return figures

    return job
