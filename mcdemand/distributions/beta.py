"""The beta law, between 0 and 1 or other bounds; its logit is tabulated in the normal score."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mcdemand.distributions._beta import (
    LARGEST_SUM,
    SMALLEST_SHAPE,
    beta_log_density,
    beta_score,
    logit_quantile,
    logit_slope,
)
from mcdemand.distributions._distribution import Distribution, Parameter, Quantiles, Values
from mcdemand.distributions._fit import check_bounds, fit_numerically, mean_and_sd, shares_between
from mcdemand.distributions._table import LOGIT, tabulated_law
from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import exp, log


def numbers(values: Values) -> Floats:
    """Return the bounds and the table of the logit."""
    a, b = values["alpha"], values["beta"]
    lower, width = values["lower"], values["upper"] - values["lower"]
    return tabulated_law(lambda z: logit_quantile(z, a, b), lambda z, t: logit_slope(z, t, a, b), lower, width)


def score_of(x: Any, values: Values) -> Any:
    """Return the normal score of the regularised incomplete beta function at x."""
    width = values["upper"] - values["lower"]
    share = np.clip((x - values["lower"]) / width, 0.0, 1.0)
    return beta_score(share, 1 - share, values["alpha"], values["beta"])


def log_density(x: Floats, values: Values) -> Floats:
    """Return the log of the density between the bounds."""
    width = values["upper"] - values["lower"]
    below, above = (x - values["lower"]) / width, (values["upper"] - x) / width
    return np.asarray(beta_log_density(below, above, values["alpha"], values["beta"]) - log(width))


def fit(quantiles: Quantiles, known: Values) -> Values:
    """Return alpha and beta that meet the quantiles between known bounds, 0 and 1 unless stated."""
    from scipy.special import betaincinv, logit

    lower, upper, shares = shares_between("beta", quantiles, known)

    def misfit(free: Floats) -> Floats:
        a, b = exp(free)
        return np.array([logit(betaincinv(a, b, p)) - logit(x) for p, x in zip(quantiles, shares, strict=True)])

    a, b = exp(fit_numerically(misfit, [0.5, 0.5], largest=float(log(10 * LARGEST_SUM))))
    return {"alpha": float(a), "beta": float(b), "lower": lower, "upper": upper}


def from_mean_and_sd(known: Values) -> Values:
    """Return alpha and beta of a mean and a standard deviation between known bounds, 0 and 1 unless stated.

    Raises
    ------
    InputError
        If no beta law between the bounds has them.
    """
    mean, sd = mean_and_sd(known)
    lower, upper = known.get("lower", 0.0), known.get("upper", 1.0)
    if not lower < mean < upper:
        raise InputError(f"mean: {mean!r}: must lie between lower = {lower!r} and upper = {upper!r}")
    largest = math.sqrt((mean - lower) * (upper - mean))
    if not sd < largest:
        raise InputError(f"sd: {sd!r}: must be below {largest:.6g}, that of two points at the bounds with that mean")
    ratio = largest / sd
    total = ratio * ratio - 1
    return {"alpha": total * (mean - lower) / (upper - lower), "beta": total * (upper - mean) / (upper - lower)}


def check(values: Values) -> str | None:
    """Return the rule that the parameters break."""
    if broken := check_bounds(values):
        return broken
    if values["alpha"] + values["beta"] > LARGEST_SUM:
        return f"alpha and beta: must not sum to more than {LARGEST_SUM:g}; so narrow a law is normal, state it as one"
    if min(values["alpha"], values["beta"]) < SMALLEST_SHAPE:
        return f"alpha and beta: must be at least {SMALLEST_SHAPE:g}; so extreme a law is two points, state those"
    return None


def oracle(values: Values) -> Any:
    """Return SciPy's law."""
    from scipy import stats

    return stats.beta(values["alpha"], values["beta"], values["lower"], values["upper"] - values["lower"])


DISTRIBUTION = Distribution(
    name="beta",
    parameters=(
        Parameter("alpha", "above 0"),
        Parameter("beta", "above 0"),
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
    statements={("mean", "sd"): from_mean_and_sd},
    check=check,
    tabulated=True,
    oracle=oracle,
)
