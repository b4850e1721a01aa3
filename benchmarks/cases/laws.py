"""Single laws: a million draws of each, kept in an array; a tool that lacks a law leaves it out."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from benchmarks.cases._case import ERRORS, Case, Figures

LEVELS = (0.05, 0.5, 0.95)


class Law(NamedTuple):
    """A law by SciPy, with its raw moments, the fourth infinite where an sd has no error."""

    cdf: Any
    below: Any
    """P(X < x), which is not the cdf where values repeat."""
    moments: tuple[float, ...]


def _frozen(law: Any, *, is_discrete: bool = False, heavy: bool = False) -> Law:
    moments = tuple(np.inf if heavy and k == 4 else float(law.moment(k)) for k in (1, 2, 3, 4))
    return Law(law.cdf, (lambda x: law.cdf(x - 1)) if is_discrete else law.cdf, moments)


def _truncated() -> Law:
    """Return the log-normal law between 1 and 10: Jawitz (2004), eq. 3 of its partial moments."""
    mu, sigma = 1.0, 0.7
    low, high = (np.log(np.array([1.0, 10.0])) - mu) / sigma
    mass = stats.norm.cdf(high) - stats.norm.cdf(low)

    def moment(k: int) -> float:
        inside = stats.norm.cdf(high - k * sigma) - stats.norm.cdf(low - k * sigma)
        return float(np.exp(k * mu + (k * sigma) ** 2 / 2) * inside / mass)

    def cdf(x: Any) -> Any:
        return (stats.norm.cdf((np.log(x) - mu) / sigma) - stats.norm.cdf(low)) / mass

    return Law(cdf, cdf, tuple(moment(k) for k in (1, 2, 3, 4)))


def _mixture() -> Law:
    parts = ((0.3, stats.lognorm(s=0.7, scale=np.e)), (0.7, stats.norm(10, 2)))

    def cdf(x: Any) -> Any:
        return sum(weight * law.cdf(x) for weight, law in parts)

    return Law(cdf, cdf, tuple(float(sum(w * law.moment(k) for w, law in parts)) for k in (1, 2, 3, 4)))


@cache
def laws() -> dict[str, Law]:
    """Return the laws by name."""
    categories = stats.rv_discrete(values=(range(4), (0.1, 0.2, 0.3, 0.4)))
    return {
        "lognormal": _frozen(stats.lognorm(s=0.7, scale=np.e)),
        "truncated lognormal": _truncated(),
        "beta": _frozen(stats.beta(2, 5)),
        "mixture": _mixture(),
        "categorical": _frozen(categories, is_discrete=True),
        "gamma": _frozen(stats.gamma(2.5)),
        "student_t": _frozen(stats.t(4), heavy=True),
        "poisson": _frozen(stats.poisson(12), is_discrete=True),
    }


def check(found: Figures, draws: int, rounding: float) -> None:
    """Raise unless mean, sd, p5, p50 and p95 of each law lie within their standard errors."""
    for name, (mean, sd, *quantiles) in found.items():
        law = laws()[name]
        first, second, third, fourth = law.moments
        variance = second - first**2
        central = fourth - 4 * first * third + 6 * first**2 * second - 3 * first**4
        near = [abs(mean - first) <= ERRORS * (variance / draws) ** 0.5 + rounding * abs(first)]
        if np.isfinite(fourth):
            error = ((central / variance**2 - 1) / (4 * draws)) ** 0.5
            near.append(abs(sd / variance**0.5 - 1) <= ERRORS * error + rounding)
        for level, value in zip(LEVELS, quantiles, strict=True):
            error = ERRORS * (level * (1 - level) / draws) ** 0.5 + rounding
            near.append(law.below(value) - error <= level <= law.cdf(value) + error)
        if not all(near):
            raise AssertionError(f"{name}: mean {mean}, sd {sd}, quantiles {quantiles}: right are {near}")


CASE = Case(
    name="laws",
    title="Draws of single laws",
    says="Eight laws, each drawn into an array; one thread.",
    draws=(2**20, 10**4),
    check=check,
    by_phase=True,
)
