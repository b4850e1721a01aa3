"""W1 as a NumPyro model of a plate of draws, compiled; devices and the summary are those of the JAX program.

Tried, in processor time of draws and years: tiles of 2048 draws, 1.2 times as long; all draws at once, 1.5 times;
`Predictive(parallel=True)`, 2.2 times compiled and 4 times as it comes.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from jax.scipy.special import ndtr

from benchmarks.peers import _w1 as w1
from benchmarks.peers._jax_w1 import beta_icdf, job_of, trajectory, triangular_icdf
from benchmarks.peers._peer import Job

TILE = 8192


def uniform(law):
    return dist.Uniform(law[0], law[0] + law[1])


def scores(correlation):
    """Normal scores of two parameters."""
    return dist.MultivariateNormal(covariance_matrix=jnp.array([[1, correlation], [correlation, 1]]))


def model():
    """W1; NumPyro has no triangular law, and no quantile of Beta(5, 2) that is compiled."""
    with numpyro.plate("draws", TILE):
        share_score, growth_score = numpyro.sample("share_growth", scores(w1.SHARE_GROWTH)).T
        eff_score, chip_score = numpyro.sample("eff_chip", scores(w1.EFF_CHIP)).T
        halflife = numpyro.sample("eff_halflife", uniform(w1.HALFLIFE))
        mult = numpyro.sample("reason_mult", dist.LogNormal(*w1.REASON_MULT))
        mid = numpyro.sample("reason_mid", dist.Normal(*w1.REASON_MID))
        rise = numpyro.sample("reason_rate", dist.LogNormal(*w1.REASON_RATE))
        cap = numpyro.sample("adoption_cap", dist.LogUniform(jnp.exp(w1.CAP[0]), jnp.exp(sum(w1.CAP))))
        chip_rate = numpyro.sample("chip_rate", uniform(w1.CHIP_RATE))
        elasticity = triangular_icdf(numpyro.sample("elasticity", dist.Uniform(0, 1)))
        share_max = beta_icdf(ndtr(share_score), share_score)
        log_eff = w1.EFF_TOTAL[0] + w1.EFF_TOTAL[1] * eff_score
        log_chip = w1.CHIP[0] + w1.CHIP[1] * ndtr(chip_score)
        growth = w1.GROWTH[0] + w1.GROWTH[1] * growth_score
    shares = share_max, mid, rise
    found = trajectory(log_eff, halflife, mult, *shares, growth, cap, log_chip, chip_rate, elasticity)
    return numpyro.deterministic("demand", found)


def prepare() -> Job:
    """Return the job."""
    return job_of(lambda key: numpyro.handlers.seed(model, key)(), TILE)


def laws():
    """Single laws by name."""
    positive = dist.transforms.ExpTransform()
    truncated = dist.TruncatedNormal(1.0, 0.7, low=0.0, high=jnp.log(10.0))
    parts = [dist.LogNormal(1.0, 0.7), dist.Normal(10.0, 2.0)]
    return {
        "lognormal": dist.LogNormal(1.0, 0.7),
        "truncated lognormal": dist.TransformedDistribution(truncated, positive),
        "beta": dist.Beta(2.0, 5.0),
        "mixture": dist.MixtureGeneral(dist.Categorical(jnp.array([0.3, 0.7])), parts, support=dist.constraints.real),
        "categorical": dist.Categorical(jnp.array([0.1, 0.2, 0.3, 0.4])),
        "gamma": dist.Gamma(2.5, 1.0),
        "student_t": dist.StudentT(4.0),
        "poisson": dist.Poisson(12.0),
    }


def prepare_laws() -> Job:
    """Return the job of single laws."""
    from benchmarks.peers._jax_laws import job_of as job_of_laws

    def compiled(law):
        return jax.jit(lambda key, draws: law.sample(key, (draws,)), static_argnames="draws")

    split = ("beta", "gamma", "student_t")
    drawn = {name: compiled(law) for name, law in laws().items()}
    return job_of_laws(drawn, lambda name: "rbg" if name in split else "threefry2x32")
