"""The half-normal law: the size of a normal value around 0."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mcdemand.distributions._distribution import LOG_ROOT_TWO_PI, Distribution, Parameter, Quantiles, Values
from mcdemand.distributions._fit import fit_log_scale, normal_scores
from mcdemand.distributions._table import LOG, tabulated_law
from mcdemand.distributions._tails import score_of_tails, slope
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementary import LN2
from mcdemand.kernels.elementwise import exp, log


def log_quantile(z: Floats) -> Floats:
    """Return ln(x / sigma) at (score) normal scores, from the tail in which the probability is small."""
    from scipy.special import erfinv, ndtr, ndtri

    near = ndtr(-np.abs(z))
    return np.asarray(log(np.where(z < 0, math.sqrt(2) * erfinv(near), -ndtri(near / 2))))


def log_slope(z: Floats, t: Floats) -> Floats:
    """Return dt / dz at (score) normal scores, where ln(x / sigma) is t."""
    return slope(z, LN2 - LOG_ROOT_TWO_PI - 0.5 * exp(2 * t) + t)


def numbers(values: Values) -> Floats:
    """Return sigma and the table of ln(x / sigma)."""
    return tabulated_law(log_quantile, log_slope, factor=values["sigma"])


def score_of(x: Any, values: Values) -> Any:
    """Return the normal score of erf(x / (sigma sqrt 2)), minus infinity up to 0."""
    from scipy.special import erf, erfc

    t = np.maximum(x, 0.0) / (values["sigma"] * math.sqrt(2))
    return score_of_tails(erf(t), erfc(t))


def log_density(x: Floats, values: Values) -> Floats:
    """Return the log of the density above 0."""
    t = x / values["sigma"]
    return np.asarray(LN2 - LOG_ROOT_TWO_PI - 0.5 * t * t - log(values["sigma"]))


def fit(quantiles: Quantiles, _known: Values) -> Values:
    """Return sigma: a quantile is proportional to it."""
    logs = log_quantile(np.array(normal_scores(quantiles)))
    return {"sigma": exp(fit_log_scale(quantiles, logs.tolist(), "sigma"))}


def oracle(values: Values) -> Any:
    """Return SciPy's law."""
    from scipy import stats

    return stats.halfnorm(scale=values["sigma"])


DISTRIBUTION = Distribution(
    name="half_normal",
    parameters=(Parameter("sigma", "above 0"),),
    score="normal",
    quantile=LOG.quantile,
    numbers=numbers,
    score_of=score_of,
    takes_arrays=True,
    log_density=log_density,
    fit=fit,
    axis=lambda _values: "positive",
    tabulated=True,
    oracle=oracle,
)
