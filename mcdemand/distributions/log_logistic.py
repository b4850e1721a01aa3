"""The log-logistic law: the log is logistic; economics' Fisk law."""

from __future__ import annotations

from typing import Any

import numpy as np

from mcdemand.distributions._distribution import Distribution, Parameter, Quantiles, Values
from mcdemand.distributions._fit import fit_line, positive_logs
from mcdemand.distributions._table import LOG, tabulated_law
from mcdemand.distributions._tails import log_positive, logistic_scores, logistic_slope, score_of_logistic
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import exp, log, softplus


def numbers(values: Values) -> Floats:
    """Return the median and the table of ln(x / median)."""
    beta = values["beta"]
    return tabulated_law(
        lambda z: logistic_scores(z) / beta, lambda z, _t: logistic_slope(z) / beta, factor=values["alpha"]
    )


def score_of(x: Any, values: Values) -> Any:
    """Return the normal score of 1 / (1 + (x / alpha)^-beta), minus infinity up to 0."""
    return score_of_logistic(values["beta"] * log_positive(x / values["alpha"]))


def log_density(x: Floats, values: Values) -> Floats:
    """Return the log of the density above 0."""
    t = values["beta"] * log(x / values["alpha"])
    return np.asarray(log(values["beta"]) - log(x) - softplus(t) - softplus(-t))


def fit(quantiles: Quantiles, _known: Values) -> Values:
    """Return alpha and beta: the log of a quantile is linear in the logit of its probability."""
    log_alpha, slope = fit_line([log(p / (1 - p)) for p in quantiles], positive_logs(quantiles))
    return {"alpha": exp(log_alpha), "beta": 1 / slope}


def oracle(values: Values) -> Any:
    """Return SciPy's law."""
    from scipy import stats

    return stats.fisk(values["beta"], scale=values["alpha"])


DISTRIBUTION = Distribution(
    name="log_logistic",
    parameters=(Parameter("alpha", "above 0"), Parameter("beta", "above 0")),
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
