"""The logit-normal law, between 0 and 1 or other bounds: the logit is normal."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from mcdemand.distributions._distribution import Distribution, Parameter, Quantiles, Values, log_density_of_score
from mcdemand.distributions._fit import check_bounds, fit_line, normal_scores, shares_between
from mcdemand.distributions._table import LOGIT, tabulated_law
from mcdemand.distributions._tails import log_positive
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import log, log1p


def numbers(values: Values) -> Floats:
    """Return the bounds and the table of the logit, a straight line."""
    mu, sigma = values["mu"], values["sigma"]
    width = values["upper"] - values["lower"]
    return tabulated_law(lambda z: mu + sigma * z, lambda z, _t: np.full(z.shape, sigma), values["lower"], width)


def score_of(x: Any, values: Values) -> Any:
    """Return (logit of x between the bounds - mu) / sigma, infinite at the bounds."""
    logit = log_positive(x - values["lower"]) - log_positive(values["upper"] - x)
    return (logit - values["mu"]) / values["sigma"]


def log_density(x: Floats, values: Values) -> Floats:
    """Return the log of the density between the bounds."""
    below, above = x - values["lower"], values["upper"] - x
    score = (log(below) - log(above) - values["mu"]) / values["sigma"]
    width = values["upper"] - values["lower"]
    return np.asarray(log_density_of_score(score, values["sigma"]) + log(width) - log(below) - log(above))


def fit(quantiles: Quantiles, known: Values) -> Values:
    """Return mu and sigma between known bounds: the logit of a quantile is linear in its normal score."""
    lower, upper, shares = shares_between("logit_normal", quantiles, known)
    mu, sigma = fit_line(normal_scores(quantiles), [log(share) - log1p(-share) for share in shares])
    return {"mu": mu, "sigma": sigma, "lower": lower, "upper": upper}


def oracle(values: Values) -> Any:
    """Return the closed form through SciPy's normal law."""
    from scipy.special import expit, logit, ndtr, ndtri

    lower, width = values["lower"], values["upper"] - values["lower"]
    return SimpleNamespace(
        ppf=lambda u: lower + width * expit(values["mu"] + values["sigma"] * ndtri(u)),
        cdf=lambda x: ndtr((logit((np.asarray(x) - lower) / width) - values["mu"]) / values["sigma"]),
    )


DISTRIBUTION = Distribution(
    name="logit_normal",
    parameters=(
        Parameter("mu"),
        Parameter("sigma", "above 0"),
        Parameter("lower", default=0.0),
        Parameter("upper", default=1.0),
    ),
    score="normal",
    quantile=LOGIT.quantile,
    numbers=numbers,
    score_of=score_of,
    takes_arrays=True,
    log_density=log_density,
    fit=fit,
    check=check_bounds,
    tabulated=True,
    oracle=oracle,
)
