"""Student's t law: normal in the middle, with tails that fall like x^-(nu + 1)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mcdemand.distributions._distribution import Distribution, Parameter, Quantiles, Values
from mcdemand.distributions._fit import fit_line, fit_shape_and_line, is_mirrored_triple, normal_scores
from mcdemand.distributions._student import (
    LARGEST_FREEDOM,
    SMALLEST_FREEDOM,
    check_freedom,
    log_student_density,
    student_inside,
    student_size,
)
from mcdemand.distributions._table import ASINH, tabulated_law
from mcdemand.distributions._tails import slope
from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import asinh, cosh, exp, log, sinh

START = 1.6
"""The logarithm of nearly 5 degrees of freedom."""
ROOT_TWO = math.sqrt(2)


def standard_quantile(z: Floats, nu: float) -> Floats:
    """Return the quantile with location 0 and scale 1 at (score) normal scores, from the centre or the tail."""
    from scipy.special import erf, ndtr

    size = np.abs(z)
    return np.asarray(np.copysign(student_size(erf(size / ROOT_TWO), 2 * ndtr(-size), nu), z))


def numbers(values: Values) -> Floats:
    """Return location, scale and the table of asinh of the standard quantile."""
    nu = values["nu"]

    def asinh_slope(z: Floats, t: Floats) -> Floats:
        return slope(z, log_student_density(sinh(t), nu) + log(cosh(t)))

    return tabulated_law(lambda z: asinh(standard_quantile(z, nu)), asinh_slope, values["mu"], values["sigma"])


def score_of(x: Any, values: Values) -> Any:
    """Return the normal scores of Student's distribution function at (value) values."""
    from scipy.special import erfinv, ndtri

    t = (x - values["mu"]) / values["sigma"]
    inside, outside = student_inside(np.abs(t), values["nu"])
    return np.copysign(np.where(inside < 0.5, ROOT_TWO * erfinv(inside), -ndtri(outside / 2)), t)[()]


def log_density(x: Floats, values: Values) -> Floats:
    """Return the log of the density."""
    return log_student_density((x - values["mu"]) / values["sigma"], values["nu"]) - log(values["sigma"])


def fit(quantiles: Quantiles, known: Values) -> Values:
    """Return nu, mu and sigma from three quantiles and more, or mu and sigma from two beside a known nu.

    Raises
    ------
    InputError
        If there are too few, or they do not tell the heaviness of the tails.
    """
    scores = np.array(normal_scores(quantiles))
    if "nu" in known:
        if broken := check_freedom(known["nu"]):
            raise InputError(broken)
        mu, sigma = fit_line(standard_quantile(scores, known["nu"]).tolist(), list(quantiles.values()))
        return {"nu": known["nu"], "mu": mu, "sigma": sigma}
    if len(quantiles) < 3 or is_mirrored_triple(quantiles):
        raise InputError("student_t takes nu and two quantiles, or four; three around p50 do not tell nu")
    log_nu, mu, sigma = fit_shape_and_line(
        quantiles,
        lambda log_nu: standard_quantile(scores, exp(log_nu)),
        START,
        (log(SMALLEST_FREEDOM), log(LARGEST_FREEDOM)),
    )
    return {"nu": exp(log_nu), "mu": mu, "sigma": sigma}


def oracle(values: Values) -> Any:
    """Return SciPy's law."""
    from scipy import stats

    return stats.t(values["nu"], values["mu"], values["sigma"])


DISTRIBUTION = Distribution(
    name="student_t",
    parameters=(Parameter("nu", "above 0"), Parameter("mu"), Parameter("sigma", "above 0")),
    score="normal",
    quantile=ASINH.quantile,
    numbers=numbers,
    score_of=score_of,
    takes_arrays=True,
    log_density=log_density,
    fit=fit,
    axis=lambda _values: "real",
    check=lambda values: check_freedom(values["nu"]),
    tabulated=True,
    oracle=oracle,
)
