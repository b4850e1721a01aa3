"""The inverse gamma law: beta over a gamma value of shape alpha and rate 1."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mcdemand.distributions._distribution import Distribution, Parameter, Quantiles, Values
from mcdemand.distributions._fit import positive_logs
from mcdemand.distributions._gamma import check_shape, fit_gamma, gamma_score, log_quantile, log_slope
from mcdemand.distributions._table import LOG, tabulated_law
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import log


def numbers(values: Values) -> Floats:
    """Return beta / alpha and the table of ln(alpha x / beta)."""
    alpha = values["alpha"]
    return tabulated_law(
        lambda z: -log_quantile(-z, alpha), lambda z, t: log_slope(z, -t, alpha), factor=values["beta"] / alpha
    )


def score_of(x: Any, values: Values) -> Any:
    """Return the normal score of the upper incomplete gamma function at beta / x, minus infinity up to 0."""
    with np.errstate(divide="ignore"):
        inverse = values["beta"] / np.maximum(x, 0.0)
    return -gamma_score(inverse, values["alpha"])


def log_density(x: Floats, values: Values) -> Floats:
    """Return the log of the density above 0."""
    alpha, beta = values["alpha"], values["beta"]
    return np.asarray(alpha * log(beta) - math.lgamma(alpha) - (alpha + 1) * log(x) - beta / x)


def fit(quantiles: Quantiles, _known: Values) -> Values:
    """Return alpha and beta that meet the quantiles: those of 1 / x are gamma's."""
    positive_logs(quantiles)
    alpha, mean = fit_gamma({1 - p: 1 / x for p, x in reversed(list(quantiles.items()))})
    return {"alpha": alpha, "beta": alpha / mean}


def oracle(values: Values) -> Any:
    """Return SciPy's law."""
    from scipy import stats

    return stats.invgamma(values["alpha"], scale=values["beta"])


DISTRIBUTION = Distribution(
    name="inverse_gamma",
    parameters=(Parameter("alpha", "above 0"), Parameter("beta", "above 0")),
    score="normal",
    quantile=LOG.quantile,
    numbers=numbers,
    score_of=score_of,
    takes_arrays=True,
    log_density=log_density,
    fit=fit,
    axis=lambda _values: "positive",
    check=lambda values: check_shape("alpha", values["alpha"]),
    tabulated=True,
    oracle=oracle,
)
