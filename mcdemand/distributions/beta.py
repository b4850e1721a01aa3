"""The beta law, between 0 and 1 or other bounds; its logit is tabulated in the normal score."""

from __future__ import annotations

from typing import Any

import numpy as np

from mcdemand.distributions._distribution import Distribution, Parameter, Quantiles, Values
from mcdemand.distributions._fit import fit_numerically
from mcdemand.distributions._table import tabulate
from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementary import logistic
from mcdemand.kernels.intrinsics import fma
from mcdemand.kernels.jit import kernel
from mcdemand.kernels.table import interpolate

BOUNDS = 2
LARGEST_SUM = 1e5


@kernel
def quantile(z: float, numbers: Floats) -> float:
    """Lower + (upper - lower) logistic(table(z))."""
    return fma(numbers[1], logistic(interpolate(z, numbers[BOUNDS:])), numbers[0])


def numbers(values: Values) -> Floats:
    """Return the bounds and the table of the logit."""
    a, b = values["alpha"], values["beta"]
    table = tabulate(lambda z: logit_quantile(z, a, b), lambda z: logit_slope(z, a, b))
    return np.concatenate([[values["lower"], values["upper"] - values["lower"]], table])


def logit_quantile(z: Floats, a: float, b: float) -> Floats:
    """Return ln x - ln(1 - x) at normal score z, each from the tail in which it is small."""
    from scipy.special import betaincinv, ndtr

    x = np.where(z < 0, betaincinv(a, b, ndtr(z)), 1 - betaincinv(b, a, ndtr(-z)))
    rest = np.where(z < 0, 1 - betaincinv(a, b, ndtr(z)), betaincinv(b, a, ndtr(-z)))
    smallest = np.finfo(float).tiny
    return np.asarray(np.log(np.maximum(x, smallest)) - np.log(np.maximum(rest, smallest)))


def logit_slope(z: Floats, a: float, b: float) -> Floats:
    """Return d logit / dz = phi(z) / (density of the logit)."""
    from scipy.special import betaln

    t = logit_quantile(z, a, b)
    log_density = -a * np.logaddexp(0, -t) - b * np.logaddexp(0, t) - betaln(a, b)
    return np.asarray(np.exp(-0.5 * z * z - 0.5 * np.log(2 * np.pi) - log_density))


def score_of(x: float, values: Values) -> float:
    """Return the normal score of the regularised incomplete beta function at x."""
    from scipy.special import betainc, ndtri

    share = min(1.0, max(0.0, (x - values["lower"]) / (values["upper"] - values["lower"])))
    below = betainc(values["alpha"], values["beta"], share)
    above = betainc(values["beta"], values["alpha"], 1 - share)
    return float(ndtri(below) if below < above else -ndtri(above))


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
    quantile=quantile,
    numbers=numbers,
    score_of=score_of,
    fit=fit,
    check=check,
    tabulated=True,
    oracle=oracle,
)
