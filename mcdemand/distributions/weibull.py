"""The Weibull law: a power of an exponential value."""

from __future__ import annotations

from typing import Any

import numpy as np

from mcdemand.distributions._distribution import Distribution, Parameter, Quantiles, Values
from mcdemand.distributions._fit import fit_line, positive_logs
from mcdemand.distributions._table import LOG, tabulated_law
from mcdemand.distributions._tails import log_positive, log_tails, score_of_exponential, slope
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import exp, log, log1p


def numbers(values: Values) -> Floats:
    """Return the scale and the table of ln(x / beta) = ln(-ln Phi(-z)) / alpha."""
    alpha = values["alpha"]
    return tabulated_law(
        lambda z: log(-log_tails(z)[1]) / alpha,
        lambda z, t: slope(z, log_tails(z)[1] + alpha * t) / alpha,
        factor=values["beta"],
    )


def score_of(x: Any, values: Values) -> Any:
    """Return the normal score of 1 - exp(-(x / beta)^alpha), minus infinity up to 0."""
    return score_of_exponential(values["alpha"] * log_positive(x / values["beta"]))


def log_density(x: Floats, values: Values) -> Floats:
    """Return the log of the density above 0."""
    t = values["alpha"] * log(x / values["beta"])
    return np.asarray(log(values["alpha"]) + t - exp(t) - log(x))


def fit(quantiles: Quantiles, _known: Values) -> Values:
    """Return alpha and beta: the log of a quantile is linear in ln(-ln(1 - p))."""
    log_beta, slope_ = fit_line([log(-log1p(-p)) for p in quantiles], positive_logs(quantiles))
    return {"alpha": 1 / slope_, "beta": exp(log_beta)}


def oracle(values: Values) -> Any:
    """Return SciPy's law."""
    from scipy import stats

    return stats.weibull_min(values["alpha"], scale=values["beta"])


DISTRIBUTION = Distribution(
    name="weibull",
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
