"""Single laws in NumPy: by the generator's own methods, or by array operations on blocks that stay in the cache.

Tried, and slower: the truncated law by its quantile function (1.3 times as long), and a gamma law by the proposals of
Marsaglia and Tsang in arrays (1.1 times the generator's own).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import exp, lgamma, log

import numpy as np

from benchmarks.peers._numpy_w1 import fill_pairs
from benchmarks.peers._peer import Clock, Figures, Job
from benchmarks.peers._rows import Array, describe

type Draw = Callable[[np.random.Generator, int], Array]
WEIGHTS = (0.1, 0.2, 0.3, 0.4)
LEVELS = np.cumsum(WEIGHTS)[:-1]
MU, SIGMA = 1.0, 0.7
ENDS = (np.log((1.0, 10.0)) - MU) / SIGMA
SHARE, OTHER_MU, OTHER_SIGMA = 0.3, 10.0, 2.0
SHAPE, RATE = 2.5, 12.0
BLOCK = 2**14
OUTCOMES = 64
"""Of a Poisson law with mean 12, which is beyond them with a probability of 1e-24."""


def truncated_by_inverse(rng: np.random.Generator, draws: int) -> Array:
    """Draw scores between two by their quantile function."""
    from scipy.special import ndtr, ndtri

    return to_lognormal(ndtri(rng.uniform(*ndtr(ENDS), draws)))


def mixture_by_choice(rng: np.random.Generator, draws: int) -> Array:
    """Choose a law for each draw."""
    first = rng.random(draws) < SHARE
    return np.where(first, rng.lognormal(MU, SIGMA, draws), rng.normal(OTHER_MU, OTHER_SIGMA, draws))


def normals(rng: np.random.Generator, draws: int) -> Array:
    """Return normal scores in pairs."""
    half = -(-draws // 2)
    radius, angle = rng.random((2, half))
    found = np.empty((2, half))
    fill_pairs(radius, angle, *found, np.empty(half))
    return found.ravel()[:draws]


def to_lognormal(z: Array) -> Array:
    """Turn scores into log-normal values in place."""
    z *= SIGMA
    z += MU
    return np.exp(z, out=z)


def truncated_by_rejection(rng: np.random.Generator, draws: int) -> Array:
    """Draw scores, and draw those beyond the ends again; about one in nine is."""
    z = normals(rng, draws)
    low, high = ENDS
    beyond = np.flatnonzero((z < low) | (z > high))
    while len(beyond):
        again = rng.standard_normal(len(beyond))
        z[beyond] = again
        beyond = beyond[(again < low) | (again > high)]
    return to_lognormal(z)


def mixture_by_score(rng: np.random.Generator, draws: int) -> Array:
    """Choose what is done with a score."""
    z = normals(rng, draws)
    other = z * OTHER_SIGMA
    other += OTHER_MU
    np.copyto(other, to_lognormal(z), where=rng.random(draws) < SHARE)
    return other


def categorical_by_comparisons(rng: np.random.Generator, draws: int) -> Array:
    """Count the levels that a uniform number is not below of."""
    u = rng.random(draws)
    found = np.zeros(draws, dtype=np.int8)
    for level in LEVELS:
        found += u >= level
    return found


def student_t_by_angle(rng: np.random.Generator, draws: int) -> Array:
    """Draw as Bailey (1994): the radius sqrt(nu (u^(-2/nu) - 1)), here of nu = 4, times the cosine of an angle."""
    radius, angle = rng.random((2, draws))
    # Not 0.
    np.subtract(1, radius, out=radius)
    np.sqrt(radius, out=radius)
    np.divide(4, radius, out=radius)
    radius -= 4
    np.sqrt(radius, out=radius)
    angle -= 0.5
    angle *= np.pi
    # The cosine by the tangent of half the angle, which takes a quarter of the time.
    np.tan(angle, out=angle)
    angle *= angle
    cosine = 1 - angle
    angle += 1
    cosine /= angle
    radius *= cosine
    return radius


def beta_by_maxima(rng: np.random.Generator, draws: int) -> Array:
    """Return 1 less the second greatest of six uniform numbers: the greatest is u^(1/6), the next v^(1/5) of that."""
    greatest, next_ = np.log(1 - rng.random((2, draws)))
    greatest /= 6
    next_ /= 5
    greatest += next_
    np.expm1(greatest, out=greatest)
    return np.negative(greatest, out=greatest)


def alias_table(weights: Array) -> tuple[Array, Array]:
    """Return, of each cell, the share that is its own, and whose the rest is: Walker (1977)."""
    shares, other = weights * len(weights), np.arange(len(weights))
    small = [k for k in other if shares[k] < 1]
    large = [k for k in other if shares[k] >= 1]
    while small and large:
        low, high = small.pop(), large[-1]
        other[low] = high
        shares[high] -= 1 - shares[low]
        if shares[high] < 1:
            small.append(large.pop())
    return shares, other


def poisson_by_aliases() -> Draw:
    """Draw by a table of all outcomes that happen."""
    weights = np.array([exp(k * log(RATE) - RATE - lgamma(k + 1)) for k in range(OUTCOMES)])
    shares, other = alias_table(weights)

    def draw(rng: np.random.Generator, draws: int) -> Array:
        u = rng.random(draws)
        u *= OUTCOMES
        cells = u.astype(np.intp)
        u -= np.floor(u)
        kept = u < shares.take(cells, mode="clip")
        return np.where(kept, cells, other.take(cells, mode="clip"))

    return draw


GENERATOR: Mapping[str, Draw] = {
    "lognormal": lambda rng, draws: rng.lognormal(MU, SIGMA, draws),
    "truncated lognormal": truncated_by_inverse,
    "beta": lambda rng, draws: rng.beta(2, 5, draws),
    "mixture": mixture_by_choice,
    "categorical": lambda rng, draws: rng.choice(4, draws, p=WEIGHTS),
    "gamma": lambda rng, draws: rng.standard_gamma(SHAPE, draws),
    "student_t": lambda rng, draws: rng.standard_t(4, draws),
    "poisson": lambda rng, draws: rng.poisson(RATE, draws),
}
ARRAYS: Mapping[str, Draw] = {
    "lognormal": lambda rng, draws: to_lognormal(normals(rng, draws)),
    "truncated lognormal": truncated_by_rejection,
    "beta": beta_by_maxima,
    "mixture": mixture_by_score,
    "categorical": categorical_by_comparisons,
    "gamma": GENERATOR["gamma"],
    "student_t": student_t_by_angle,
    "poisson": poisson_by_aliases(),
}
DISCRETE = {"categorical": np.int8, "poisson": np.int64}


def in_blocks(name: str, draw: Draw) -> Draw:
    """Return a law that is drawn block by block into one array."""

    def drawn(rng: np.random.Generator, draws: int) -> Array:
        found = np.empty(draws, dtype=DISCRETE.get(name, np.float64))
        for first in range(0, draws, BLOCK):
            part = found[first : first + BLOCK]
            part[:] = draw(rng, len(part))
        return found

    return drawn


def generator_methods() -> Job:
    """Laws as the documentation has them, by the default generator."""
    import scipy.special  # noqa: F401

    return _job(GENERATOR, np.random.PCG64)


def array_operations() -> Job:
    """Laws rewritten for speed, by the fastest generator."""
    return _job({name: in_blocks(name, draw) for name, draw in ARRAYS.items()}, np.random.SFC64)


def _job(laws: Mapping[str, Draw], bits: Callable[[int], np.random.BitGenerator]) -> Job:
    def job(seed: int, draws: int, clock: Clock) -> Figures:
        found = {}
        rng = np.random.Generator(bits(seed))
        clock.skip()
        for name, draw in laws.items():
            found[name] = draw(rng, draws)
            clock.mark(name)
        clock.stop()
        return {name: describe(values) for name, values in found.items()}

    return job
