"""The gamma law, of shape alpha and rate beta; its log is tabulated in the normal score."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mcdemand.distributions._distribution import Distribution, Parameter, Quantiles, Values
from mcdemand.distributions._fit import mean_and_sd
from mcdemand.distributions._gamma import check_shape, fit_gamma, gamma_score, log_quantile, log_slope
from mcdemand.distributions._table import LOG, tabulated_law
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import log


def numbers(values: Values) -> Floats:
    """Return the mean and the table of ln(x / mean)."""
    alpha = values["alpha"]
    return tabulated_law(
        lambda z: log_quantile(z, alpha), lambda z, t: log_slope(z, t, alpha), factor=alpha / values["beta"]
    )


def score_of(x: Any, values: Values) -> Any:
    """Return the normal score of the regularised incomplete gamma function at beta x."""
    return gamma_score(values["beta"] * x, values["alpha"])


def log_density(x: Floats, values: Values) -> Floats:
    """Return the log of the density above 0."""
    alpha, beta = values["alpha"], values["beta"]
    return np.asarray(alpha * log(beta) - math.lgamma(alpha) + (alpha - 1) * log(x) - beta * x)


def fit(quantiles: Quantiles, _known: Values) -> Values:
    """Return alpha and beta that meet the quantiles."""
    alpha, mean = fit_gamma(quantiles)
    return {"alpha": alpha, "beta": alpha / mean}


def from_mean_and_sd(known: Values) -> Values:
    """Return alpha = (mean / sd)^2 and beta = mean / sd^2."""
    mean, sd = mean_and_sd(known, "mean")
    return {"alpha": (mean / sd) * (mean / sd), "beta": mean / (sd * sd)}


def oracle(values: Values) -> Any:
    """Return SciPy's law."""
    from scipy import stats

    return stats.gamma(values["alpha"], scale=1 / values["beta"])


DISTRIBUTION = Distribution(
    name="gamma",
    parameters=(Parameter("alpha", "above 0"), Parameter("beta", "above 0")),
    score="normal",
    quantile=LOG.quantile,
    numbers=numbers,
    score_of=score_of,
    takes_arrays=True,
    log_density=log_density,
    fit=fit,
    statements={("mean", "sd"): from_mean_and_sd},
    axis=lambda _values: "positive",
    check=lambda values: check_shape("alpha", values["alpha"]),
    tabulated=True,
    oracle=oracle,
)
