"""W2 in JAX on a processor: points from SciPy, all else in one compiled function, which XLA spreads over two threads.

The last year, or all eleven in the same function.

The 13 evaluations stand beside one another, so that XLA finds what they share. Tried, in turns, and slower: `vmap` over
the columns that are swapped (1.15 times as long) and `ndtri` instead of `erf_inv` (1.1 to 1.2 times). Two devices of
one thread each gained nothing. All years are done one after the other: beside one another they take 1.8 times as long.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.peers._jax_w1 import triangular_icdf
from benchmarks.peers._peer import Clock, Figures, Job
from benchmarks.peers._problem import YEAR, base_points
from benchmarks.peers._w1 import CAP, CHIP, COUNT, EFF_TOTAL, LN_2, REASON_MULT, REASON_RATE

KINDS, SCALES = ("first", "total"), ("raw", "log")
HALLEY_STEPS = 4


def beta_icdf(u):
    """Quantile of Beta(5, 2), by Halley's steps from what it is near 0 and near 1."""
    x = jnp.where(u < 0.65, jnp.power(u / 6, 0.2), 1 - jnp.sqrt((1 - u) / 15))
    for _ in range(HALLEY_STEPS):
        step = (x**5 * (6 - 5 * x) - u) / (30 * x**4 * (1 - x))
        x = x - step / (1 - 0.5 * step * (4 / x - 1 / (1 - x)))
    return x


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


def prepare(kind: str, *, all_years: bool) -> Job:
    """Return the job, whose figures are the indices of the last year, when all that was asked for are there."""
    compute = analyze_all if all_years else analyze

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        points = base_points(draws, seed).astype(kind, copy=False)
        clock.mark("points")
        found = jax.device_get(compute(points))
        clock.stop()
        return {name: [found[scale][name].reshape(-1, COUNT)[-1].tolist() for scale in SCALES] for name in KINDS}

    return job
