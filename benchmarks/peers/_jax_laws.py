"""Single laws by JAX's generators, each compiled, in float64."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.peers._peer import Clock, Figures, Job
from benchmarks.peers._rows import describe


def lognormal(key, draws):
    return jnp.exp(1 + 0.7 * jax.random.normal(key, (draws,)))


def truncated_lognormal(key, draws):
    low, high = ((np.log(end) - 1) / 0.7 for end in (1.0, 10.0))
    return jnp.exp(1 + 0.7 * jax.random.truncated_normal(key, low, high, (draws,)))


def beta(key, draws):
    return jax.random.beta(key, 2.0, 5.0, (draws,))


def mixture(key, draws):
    which, values = jax.random.split(key)
    z = jax.random.normal(values, (draws,))
    return jnp.where(jax.random.uniform(which, (draws,)) < 0.3, jnp.exp(1 + 0.7 * z), 10 + 2 * z)


def categorical(key, draws):
    # `jax.random.categorical` takes 9 times as long.
    return jax.random.choice(key, 4, (draws,), p=jnp.array([0.1, 0.2, 0.3, 0.4]))


def gamma(key, draws):
    return jax.random.gamma(key, 2.5, (draws,))


def student_t(key, draws):
    return jax.random.t(key, 4.0, (draws,))


def poisson(key, draws):
    return jax.random.poisson(key, 12.0, (draws,))


LAWS = (lognormal, truncated_lognormal, beta, mixture, categorical, gamma, student_t, poisson)


SPLIT = (beta, gamma, student_t)
"""Each draw has a key of its own; `rbg` keys save two fifths of the time, and elsewhere nothing."""


def prepare() -> Job:
    """Return the job."""
    laws = {law.__name__.replace("_lognormal", " lognormal"): law for law in LAWS}
    compiled = {name: jax.jit(law, static_argnames="draws") for name, law in laws.items()}
    return job_of(compiled, lambda name: "rbg" if laws[name] in SPLIT else "threefry2x32")


def job_of(laws, generator_of) -> Job:
    """Return the job of functions of a key and of how many draws there are to be, by name."""

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        keys = {name: jax.random.key(seed + place, impl=generator_of(name)) for place, name in enumerate(laws)}
        found = {}
        clock.skip()
        for name, law in laws.items():
            found[name] = np.asarray(law(keys[name], draws))
            clock.mark(name)
        clock.stop()
        return {name: describe(values) for name, values in found.items()}

    return job
