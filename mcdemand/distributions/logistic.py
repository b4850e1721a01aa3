"""The logistic law."""

from __future__ import annotations

from typing import Any

import numpy as np

from mcdemand.distributions._distribution import Distribution, Parameter, Quantiles, Values
from mcdemand.distributions._fit import fit_line
from mcdemand.distributions._table import LINEAR, tabulated_law
from mcdemand.distributions._tails import logistic_scores, logistic_slope, score_of_logistic
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import log, softplus


def numbers(values: Values) -> Floats:
    """Return location, scale and the table of the standard logistic quantile."""
    return tabulated_law(logistic_scores, lambda z, _t: logistic_slope(z), values["mu"], values["s"])


def score_of(x: Any, values: Values) -> Any:
    """Return the normal scores of 1 / (1 + e^-t), t = (x - mu) / s."""
    return score_of_logistic((x - values["mu"]) / values["s"])


def log_density(x: Floats, values: Values) -> Floats:
    """Return the log of the density."""
    t = (x - values["mu"]) / values["s"]
    return np.asarray(-softplus(t) - softplus(-t) - log(values["s"]))


def fit(quantiles: Quantiles, _known: Values) -> Values:
    """Return mu and s: a quantile is linear in the logit of its probability."""
    mu, s = fit_line([log(p / (1 - p)) for p in quantiles], list(quantiles.values()))
    return {"mu": mu, "s": s}


def oracle(values: Values) -> Any:
    """Return SciPy's law."""
    from scipy import stats

    return stats.logistic(values["mu"], values["s"])


DISTRIBUTION = Distribution(
    name="logistic",
    parameters=(Parameter("mu"), Parameter("s", "above 0")),
    score="normal",
    quantile=LINEAR.quantile,
    numbers=numbers,
    score_of=score_of,
    takes_arrays=True,
    log_density=log_density,
    fit=fit,
    axis=lambda _values: "real",
    tabulated=True,
    oracle=oracle,
)
