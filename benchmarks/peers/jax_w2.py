"""W2 in JAX on a processor: points from SciPy, all else in one compiled function, which XLA spreads over two threads.

The last year, or all eleven in the same function.

The 13 evaluations stand beside one another, so that XLA finds what they share. Tried, in turns, and slower: `vmap` over
the columns that are swapped (1.15 times as long) and `ndtri` instead of `erf_inv` (1.1 to 1.2 times). Two devices of
one thread each gained nothing. All years are done one after the other: beside one another they take 1.8 times as long.
"""

from __future__ import annotations

import sys

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.peers import problem
from benchmarks.peers.problem import (
    BASE_POINTS,
    CAP,
    CHIP,
    COUNT,
    EFF_TOTAL,
    LN_2,
    REASON_MULT,
    REASON_RATE,
    YEAR,
    Indices,
)
from benchmarks.peers.server import Clock, serve

TYPES = {"float32": np.float32, "float64": np.float64}
HALLEY_STEPS = 4


def beta_icdf(u):
    """Quantile of Beta(5, 2), by Halley's steps from what it is near 0 and near 1."""
    x = jnp.where(u < 0.65, jnp.power(u / 6, 0.2), 1 - jnp.sqrt((1 - u) / 15))
    for _ in range(HALLEY_STEPS):
        step = (x**5 * (6 - 5 * x) - u) / (30 * x**4 * (1 - x))
        x = x - step / (1 - 0.5 * step * (4 / x - 1 / (1 - x)))
    return x


def triangular_icdf(u):
    """Quantile of Triangular(0, 0.3, 0.9)."""
    return jnp.where(u < 1 / 3, jnp.sqrt(0.27 * u), 0.9 - jnp.sqrt(0.54 * (1 - u)))


def transform(u):
    """Parameters, but logarithms of eff_total and chip_total."""

    def normal(row, law):
        return law[0] + law[1] * np.sqrt(2) * jax.lax.erf_inv(2 * u[row] - 1)

    shares = [beta_icdf(u[3]), normal(4, (2, 0.7)), jnp.exp(normal(5, REASON_RATE))]
    efficiency = [normal(0, EFF_TOTAL), 0.5 + 2.5 * u[1], jnp.exp(normal(2, REASON_MULT))]
    usage = [normal(6, (0.6, 0.25)), jnp.exp(CAP[0] + CAP[1] * u[7])]
    return jnp.stack([*efficiency, *shares, *usage, CHIP[0] + CHIP[1] * u[8], 0.1 + 0.5 * u[9], triangular_icdf(u[10])])


def log_demand(x, year):
    """Return ln demand in a year."""
    log_eff, halflife, mult, share_max, mid, rise, growth, cap, log_chip, chip_rate, elasticity = x
    rest = jnp.exp(growth * cap / (1 - cap) * year)
    mix = 1 + share_max / (1 + jnp.exp(rise * (mid - year))) * (mult - 1)
    log_gain = -jnp.expm1(-LN_2 * year / halflife) * log_eff - jnp.expm1(-chip_rate * year) * log_chip
    return jnp.log(cap * mix / (1 + (cap - 1) * rest)) + (elasticity - 1) * log_gain


def indices(f_a, f_b, f_ab):
    """First-order (Saltelli et al., 2010) and total (Jansen, 1999) indices."""
    mean = (f_a.mean() + f_b.mean()) / 2
    from_mean_a, from_mean_b = f_a - mean, f_b - mean
    variance = (jnp.mean(from_mean_a**2) + jnp.mean(from_mean_b**2)) / 2
    difference = f_ab - f_a
    return {
        "first": jnp.mean(difference * from_mean_b, axis=1) / variance,
        "total": jnp.mean(difference**2, axis=1) / (2 * variance),
    }


def of_year(a, b, year):
    """Indices on both scales from the parameters."""
    swapped = [[b[j] if j == i else a[j] for j in range(COUNT)] for i in range(COUNT)]
    logs = log_demand(a, year), log_demand(b, year), jnp.stack([log_demand(x, year) for x in swapped])
    return {"raw": indices(*(jnp.exp(f) for f in logs)), "log": indices(*logs)}


def parameters(points):
    """A and B, both (parameter, point), from points (point, dimension)."""
    return transform(points.T[:COUNT]), transform(points.T[COUNT:])


@jax.jit
def analyze(points):
    """Indices of the last year."""
    return of_year(*parameters(points), YEAR)


@jax.jit
def analyze_all(points):
    """Indices of all years, one year after the other, so that one year's values stay in the cache."""
    a, b = parameters(points)
    return jax.lax.map(lambda year: of_year(a, b, year), jnp.arange(YEAR + 1, dtype=points.dtype))


def job(seed: int, clock: Clock, kind: type, *, all_years: bool) -> Indices:
    """Return the indices of the last year, when all are there."""
    points = problem.base_points(BASE_POINTS, seed).astype(kind, copy=False)
    clock.mark_sampled()
    if not all_years:
        return jax.tree.map(lambda found: np.asarray(found).tolist(), analyze(points))
    found = jax.tree.map(lambda one: np.asarray(one).tolist(), analyze_all(points))
    return jax.tree.map(lambda one: one[-1], found, is_leaf=lambda one: isinstance(one, list))


if __name__ == "__main__":
    name, span = sys.argv[1:]
    jax.config.update("jax_enable_x64", name == "float64")
    serve(lambda seed, clock: job(seed, clock, TYPES[name], all_years=span == "all_years"))
