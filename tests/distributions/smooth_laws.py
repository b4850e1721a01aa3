"""Example parameters and oracles of the smooth families; easy values first, then nasty ones."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
from scipy import stats
from scipy.special import expit, logit, ndtr, ndtri

EXAMPLES: dict[str, tuple[dict[str, float], ...]] = {
    "arcsine": ({"lower": -1.0, "upper": 2.0}, {"lower": 0.0, "upper": 1e6}),
    "cauchy": ({"alpha": 1.0, "beta": 2.0}, {"alpha": -2026.0, "beta": 0.5}),
    "exponential": ({"lam": 0.2}, {"lam": 1e9}),
    "gamma": ({"alpha": 2.5, "beta": 0.3}, {"alpha": 0.1, "beta": 1.0}, {"alpha": 3e4, "beta": 100.0}),
    "generalized_normal": (
        {"mu": 1.0, "alpha": 2.0, "beta": 1.5},
        {"mu": 0.0, "alpha": 1.0, "beta": 0.4},
        {"mu": 20.0, "alpha": 3.0, "beta": 8.0},
    ),
    "gumbel": ({"mu": 1.0, "beta": 2.0}, {"mu": -500.0, "beta": 0.3}),
    "half_normal": ({"sigma": 2.0},),
    "half_student_t": ({"nu": 4.0, "sigma": 2.0}, {"nu": 0.5, "sigma": 1.0}, {"nu": 1e5, "sigma": 30.0}),
    "inverse_gamma": ({"alpha": 3.0, "beta": 4.0}, {"alpha": 0.3, "beta": 1.0}),
    "kumaraswamy": (
        {"a": 2.0, "b": 3.0, "lower": 0.0, "upper": 1.0},
        {"a": 0.3, "b": 0.5, "lower": 0.0, "upper": 1.0},
        {"a": 30.0, "b": 0.5, "lower": 0.0, "upper": 9.0},
        {"a": 4.0, "b": 30.0, "lower": -5.0, "upper": 3.0},
    ),
    "laplace": ({"mu": 1.0, "b": 2.0}, {"mu": -300.0, "b": 0.3}),
    "log_logistic": ({"alpha": 3.0, "beta": 2.5}, {"alpha": 1e3, "beta": 0.4}),
    "logistic": ({"mu": 3.0, "s": 2.0}, {"mu": -200.0, "s": 0.1}),
    "logit_normal": (
        {"mu": 0.3, "sigma": 1.2, "lower": 0.0, "upper": 1.0},
        {"mu": -3.0, "sigma": 3.0, "lower": 0.0, "upper": 50.0},
        {"mu": 1.0, "sigma": 0.05, "lower": -2.0, "upper": 5.0},
    ),
    "pareto": ({"alpha": 2.5, "m": 3.0}, {"alpha": 0.4, "m": 1e-6}),
    "pert": (
        {"lower": 1.0, "mode": 2.0, "upper": 5.0, "weight": 4.0},
        {"lower": 0.0, "mode": 0.0, "upper": 1.0, "weight": 40.0},
        {"lower": -10.0, "mode": 7.0, "upper": 8.0, "weight": 0.5},
    ),
    "power": ({"alpha": 2.5, "upper": 3.0}, {"alpha": 0.2, "upper": 100.0}),
    "skew_normal": (
        {"mu": 1.0, "sigma": 2.0, "alpha": 4.0},
        {"mu": 0.0, "sigma": 1.0, "alpha": -0.5},
        {"mu": -70.0, "sigma": 0.5, "alpha": -300.0},
    ),
    "student_t": (
        {"nu": 4.0, "mu": 1.0, "sigma": 2.0},
        {"nu": 0.4, "mu": 0.0, "sigma": 1.0},
        {"nu": 3e5, "mu": -100.0, "sigma": 7.0},
    ),
    "trapezoidal": (
        {"lower": 0.0, "mode_lower": 1.0, "mode_upper": 3.0, "upper": 7.0},
        {"lower": -1.0, "mode_lower": -1.0, "mode_upper": 0.5, "upper": 1.0},
        {"lower": 10.0, "mode_lower": 12.0, "mode_upper": 12.0, "upper": 13.0},
    ),
    "weibull": ({"alpha": 1.7, "beta": 20.0}, {"alpha": 0.3, "beta": 1.0}, {"alpha": 40.0, "beta": 2.0}),
}


def half_student_t(nu: float, sigma: float) -> Any:
    """The square of x / sigma is F of 1 and nu."""
    square = stats.f(1, nu)
    return SimpleNamespace(
        ppf=lambda u: sigma * np.sqrt(square.ppf(u)), cdf=lambda x: square.cdf((np.asarray(x) / sigma) ** 2)
    )


def kumaraswamy(a: float, b: float, lower: float, upper: float) -> Any:
    width = upper - lower
    return SimpleNamespace(
        ppf=lambda u: lower + width * (1 - (1 - np.asarray(u)) ** (1 / b)) ** (1 / a),
        cdf=lambda x: 1 - (1 - ((np.asarray(x) - lower) / width) ** a) ** b,
    )


def logit_normal(mu: float, sigma: float, lower: float, upper: float) -> Any:
    width = upper - lower
    return SimpleNamespace(
        ppf=lambda u: lower + width * expit(mu + sigma * ndtri(u)),
        cdf=lambda x: ndtr((logit((np.asarray(x) - lower) / width) - mu) / sigma),
    )


def pert(lower: float, mode: float, upper: float, weight: float) -> Any:
    width = upper - lower
    alpha, beta = 1 + weight * (mode - lower) / width, 1 + weight * (upper - mode) / width
    return stats.beta(alpha, beta, lower, width)


def trapezoidal(lower: float, mode_lower: float, mode_upper: float, upper: float) -> Any:
    width = upper - lower
    return stats.trapezoid((mode_lower - lower) / width, (mode_upper - lower) / width, lower, width)


ORACLES: dict[str, Callable[..., Any]] = {
    "arcsine": lambda lower, upper: stats.arcsine(lower, upper - lower),
    "cauchy": lambda alpha, beta: stats.cauchy(alpha, beta),
    "exponential": lambda lam: stats.expon(scale=1 / lam),
    "gamma": lambda alpha, beta: stats.gamma(alpha, scale=1 / beta),
    "generalized_normal": lambda mu, alpha, beta: stats.gennorm(beta, mu, alpha),
    "gumbel": lambda mu, beta: stats.gumbel_r(mu, beta),
    "half_normal": lambda sigma: stats.halfnorm(scale=sigma),
    "half_student_t": half_student_t,
    "inverse_gamma": lambda alpha, beta: stats.invgamma(alpha, scale=beta),
    "kumaraswamy": kumaraswamy,
    "laplace": lambda mu, b: stats.laplace(mu, b),
    "log_logistic": lambda alpha, beta: stats.fisk(beta, scale=alpha),
    "logistic": lambda mu, s: stats.logistic(mu, s),
    "logit_normal": logit_normal,
    "pareto": lambda alpha, m: stats.pareto(alpha, scale=m),
    "pert": pert,
    "power": lambda alpha, upper: stats.powerlaw(alpha, scale=upper),
    "skew_normal": lambda mu, sigma, alpha: stats.skewnorm(alpha, mu, sigma),
    "student_t": lambda nu, mu, sigma: stats.t(nu, mu, sigma),
    "trapezoidal": trapezoidal,
    "weibull": lambda alpha, beta: stats.weibull_min(alpha, scale=beta),
}
