"""The beta law, between 0 and 1 or other bounds; its logit is tabulated in the normal score."""

from __future__ import annotations

from typing import Any

import numpy as np

from mcdemand.distributions._distribution import Distribution, Parameter, Quantiles, Values
from mcdemand.distributions._fit import fit_numerically
from mcdemand.distributions._table import LOGIT, tabulated_law
from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats

LARGEST_SUM = 1e5
# Below, the law is two points for all that a double can tell, and SciPy takes a second for each value.
SMALLEST_SHAPE = 1e-3


def numbers(values: Values) -> Floats:
    """Return the bounds and the table of the logit."""
    a, b = values["alpha"], values["beta"]
    lower, width = values["lower"], values["upper"] - values["lower"]
    return tabulated_law(lambda z: logit_quantile(z, a, b), lambda z, t: logit_slope(z, t, a, b), lower, width)


def logit_quantile(z: Floats, a: float, b: float) -> Floats:
    """Return ln x - ln(1 - x) at normal score z, each from the tail in which it is small."""
    from scipy.special import betaincinv, ndtr

    is_low = z < 0
    near = betaincinv(np.where(is_low, a, b), np.where(is_low, b, a), ndtr(-np.abs(z)))
    smallest = np.finfo(float).tiny
    logit = np.log(np.maximum(near, smallest)) - np.log(np.maximum(1 - near, smallest))
    return np.asarray(np.where(is_low, logit, -logit))


def logit_slope(z: Floats, t: Floats, a: float, b: float) -> Floats:
    """Return d logit / dz = phi(z) / (density of the logit) at normal score z, where the logit is t."""
    from scipy.special import betaln

    log_density = -a * np.logaddexp(0, -t) - b * np.logaddexp(0, t) - betaln(a, b)
    return np.asarray(np.exp(-0.5 * z * z - 0.5 * np.log(2 * np.pi) - log_density))


def score_of(x: float, values: Values) -> float:
    """Return the normal score of the regularised incomplete beta function at x."""
    from scipy.special import betainc, ndtri

    share = min(1.0, max(0.0, (x - values["lower"]) / (values["upper"] - values["lower"])))
    below = betainc(values["alpha"], values["beta"], share)
    above = betainc(values["beta"], values["alpha"], 1 - share)
    return float(ndtri(below) if below < above else -ndtri(above))


def log_density(x: Floats, values: Values) -> Floats:
    """Return the log of the density between the bounds."""
    from scipy.special import betaln, xlogy

    width = values["upper"] - values["lower"]
    below, above = (x - values["lower"]) / width, (values["upper"] - x) / width
    powers = xlogy(values["alpha"] - 1, below) + xlogy(values["beta"] - 1, above)
    return np.asarray(powers - betaln(values["alpha"], values["beta"]) - np.log(width))


def fit(quantiles: Quantiles, known: Values) -> Values:
    """Return alpha and beta that meet the quantiles between known bounds, 0 and 1 unless stated.

    Raises
    ------
    InputError
        If there are fewer than two quantiles, or one lies outside the bounds.
    """
    from scipy.special import betaincinv, logit

    lower, upper = known.get("lower", 0.0), known.get("upper", 1.0)
    shares = [(x - lower) / (upper - lower) for x in quantiles.values()] if lower < upper else []
    if len(shares) < 2 or not all(0 < share < 1 for share in shares):
        raise InputError(f"beta takes two quantiles between {lower!r} and {upper!r}, or alpha and beta")

    def misfit(free: Floats) -> Floats:
        a, b = np.exp(free)
        return np.array([logit(betaincinv(a, b, p)) - logit(x) for p, x in zip(quantiles, shares, strict=True)])

    a, b = np.exp(fit_numerically(misfit, [0.5, 0.5], largest=float(np.log(10 * LARGEST_SUM))))
    return {"alpha": float(a), "beta": float(b), "lower": lower, "upper": upper}


def check(values: Values) -> str | None:
    """Return the rule that the parameters break."""
    if not values["lower"] < values["upper"]:
        return f"upper: {values['upper']!r}: must be above lower"
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
    row=LOGIT.row,
    numbers=numbers,
    score_of=score_of,
    log_density=log_density,
    fit=fit,
    check=check,
    tabulated=True,
    oracle=oracle,
)
