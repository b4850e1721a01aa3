"""The Pareto law: the probability of more than x is (m / x)^alpha."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mcdemand.distributions._distribution import Distribution, Parameter, Quantiles, Values
from mcdemand.distributions._fit import fit_line, positive_logs
from mcdemand.distributions._table import LOG, tabulated_law
from mcdemand.distributions._tails import log_complement, log_tails, score_of_logs, slope
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import exp, log, log1p


def numbers(values: Values) -> Floats:
    """Return the least value and the table of ln(x / m) = -ln Phi(-z) / alpha."""
    alpha = values["alpha"]
    return tabulated_law(
        lambda z: -log_tails(z)[1] / alpha, lambda z, _t: slope(z, log_tails(z)[1]) / alpha, factor=values["m"]
    )


def score_of(x: Any, values: Values) -> Any:
    """Return the normal score of 1 - (m / x)^alpha, minus infinity up to m."""
    log_above = -values["alpha"] * log(np.maximum(x / values["m"], 1.0))
    return score_of_logs(log_complement(log_above), log_above)


def log_density(x: Floats, values: Values) -> Floats:
    """Return the log of the density above m."""
    return np.asarray(log(values["alpha"]) - values["alpha"] * log(x / values["m"]) - log(x))


def fit(quantiles: Quantiles, _known: Values) -> Values:
    """Return alpha and m: the log of a quantile is linear in -ln(1 - p)."""
    log_m, slope_ = fit_line([-log1p(-p) for p in quantiles], positive_logs(quantiles))
    return {"alpha": 1 / slope_, "m": exp(log_m)}


def oracle(values: Values) -> Any:
    """Return SciPy's law."""
    from scipy import stats

    return stats.pareto(values["alpha"], scale=values["m"])


DISTRIBUTION = Distribution(
    name="pareto",
    parameters=(Parameter("alpha", "above 0"), Parameter("m", "above 0")),
    score="normal",
    quantile=LOG.quantile,
    numbers=numbers,
    score_of=score_of,
    takes_arrays=True,
    support=lambda values: (values["m"], math.inf),
    log_density=log_density,
    fit=fit,
    tabulated=True,
    oracle=oracle,
)
