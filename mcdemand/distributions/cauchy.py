"""The Cauchy law, around its median alpha; it has no mean."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mcdemand.distributions._distribution import Distribution, Parameter, Quantiles, Values
from mcdemand.distributions._fit import fit_line, normal_scores
from mcdemand.distributions._table import ASINH, tabulated_law
from mcdemand.distributions._tails import slope
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import asinh, atan, cosh, log, log1p, tan


def standard_quantile(z: Floats) -> Floats:
    """Return tan(pi (Phi(z) - 1/2)) at (score) normal scores, from the centre or the tail."""
    from scipy.special import erf, ndtr

    tail = 1 / tan(math.pi * ndtr(-np.abs(z)))
    centre = tan(0.5 * math.pi * erf(z / math.sqrt(2)))
    return np.asarray(np.where(np.abs(z) < 0.5, centre, np.copysign(tail, z)))


def numbers(values: Values) -> Floats:
    """Return location, scale and the table of asinh of the standard quantile."""
    return tabulated_law(
        lambda z: asinh(standard_quantile(z)),
        lambda z, t: slope(z, -log(math.pi * cosh(t))),
        values["alpha"],
        values["beta"],
    )


def score_of(x: Any, values: Values) -> Any:
    """Return the normal score of 1/2 + arctan(t) / pi, t = (x - alpha) / beta."""
    from scipy.special import erfinv, ndtri

    t = (x - values["alpha"]) / values["beta"]
    centre = math.sqrt(2) * erfinv(2 * atan(np.abs(t)) / math.pi)
    return np.copysign(np.where(np.abs(t) < 1, centre, ndtri(atan(1 / np.maximum(np.abs(t), 1.0)) / math.pi)), t)[()]


def log_density(x: Floats, values: Values) -> Floats:
    """Return the log of the density."""
    t = (x - values["alpha"]) / values["beta"]
    return np.asarray(-log1p(t * t) - log(math.pi * values["beta"]))


def fit(quantiles: Quantiles, _known: Values) -> Values:
    """Return alpha and beta: a quantile is linear in that of the standard law."""
    standard = standard_quantile(np.array(normal_scores(quantiles)))
    alpha, beta = fit_line(standard.tolist(), list(quantiles.values()))
    return {"alpha": alpha, "beta": beta}


def oracle(values: Values) -> Any:
    """Return SciPy's law."""
    from scipy import stats

    return stats.cauchy(values["alpha"], values["beta"])


DISTRIBUTION = Distribution(
    name="cauchy",
    parameters=(Parameter("alpha"), Parameter("beta", "above 0")),
    score="normal",
    quantile=ASINH.quantile,
    numbers=numbers,
    score_of=score_of,
    takes_arrays=True,
    log_density=log_density,
    fit=fit,
    axis=lambda _values: "real",
    tabulated=True,
    oracle=oracle,
)
