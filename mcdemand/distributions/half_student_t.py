"""The half-Student law: the size of a Student value around 0."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from mcdemand.distributions._distribution import Distribution, Parameter, Quantiles, Values
from mcdemand.distributions._fit import fit_log_scale, fit_numerically, normal_scores, positive_logs
from mcdemand.distributions._student import (
    LARGEST_FREEDOM,
    SMALLEST_FREEDOM,
    check_freedom,
    log_student_density,
    student_inside,
    student_size,
)
from mcdemand.distributions._table import LOG, tabulated_law
from mcdemand.distributions._tails import score_of_tails, slope
from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementary import LN2
from mcdemand.kernels.elementwise import exp, log

START = 1.6
"""The logarithm of nearly 5 degrees of freedom."""


def log_quantile(z: Floats, nu: float) -> Floats:
    """Return ln(x / sigma) at (score) normal scores, from the tail in which the probability is small."""
    from scipy.special import ndtr

    return np.asarray(log(student_size(ndtr(z), ndtr(-z), nu)))


def numbers(values: Values) -> Floats:
    """Return sigma and the table of ln(x / sigma)."""
    nu = values["nu"]

    def log_slope(z: Floats, t: Floats) -> Floats:
        return slope(z, LN2 + log_student_density(exp(t), nu) + t)

    return tabulated_law(lambda z: log_quantile(z, nu), log_slope, factor=values["sigma"])


def score_of(x: Any, values: Values) -> Any:
    """Return the normal scores of the probability that a Student value is nearer to 0 than (value) values."""
    return score_of_tails(*student_inside(np.maximum(x, 0.0) / values["sigma"], values["nu"]))


def log_density(x: Floats, values: Values) -> Floats:
    """Return the log of the density above 0."""
    return LN2 + log_student_density(x / values["sigma"], values["nu"]) - log(values["sigma"])


def fit(quantiles: Quantiles, known: Values) -> Values:
    """Return nu and sigma from two quantiles, or sigma from one beside a known nu.

    Raises
    ------
    InputError
        If there are too few.
    """
    scores, logs = np.array(normal_scores(quantiles)), np.array(positive_logs(quantiles))
    if "nu" in known:
        if broken := check_freedom(known["nu"]):
            raise InputError(broken)
        nu = known["nu"]
    elif len(quantiles) < 2:
        raise InputError("half_student_t takes two quantiles, or nu and one")
    else:
        nu = exp(_fitted_log_freedom(scores, logs))
    return {"nu": nu, "sigma": exp(fit_log_scale(quantiles, log_quantile(scores, nu).tolist(), "sigma"))}


def _fitted_log_freedom(scores: Floats, logs: Floats) -> float:
    def misfit(free: Floats) -> Floats:
        gaps = logs - log_quantile(scores, exp(free[0]))
        return np.asarray(gaps - gaps.mean())

    return float(fit_numerically(misfit, [START], log(LARGEST_FREEDOM), log(SMALLEST_FREEDOM))[0])


def oracle(values: Values) -> Any:
    """Return the law through SciPy's F law, which the square follows."""
    from scipy import stats

    square, sigma = stats.f(1, values["nu"]), values["sigma"]
    return SimpleNamespace(
        ppf=lambda u: sigma * np.sqrt(square.ppf(u)), cdf=lambda x: square.cdf((np.asarray(x) / sigma) ** 2)
    )


DISTRIBUTION = Distribution(
    name="half_student_t",
    parameters=(Parameter("nu", "above 0"), Parameter("sigma", "above 0")),
    score="normal",
    quantile=LOG.quantile,
    numbers=numbers,
    score_of=score_of,
    takes_arrays=True,
    log_density=log_density,
    fit=fit,
    axis=lambda _values: "positive",
    check=lambda values: check_freedom(values["nu"]),
    tabulated=True,
    oracle=oracle,
)
