"""The Kumaraswamy law, between 0 and 1 or other bounds: much like beta, with a quantile function in closed form."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from mcdemand.distributions._distribution import Distribution, Parameter, Quantiles, Values
from mcdemand.distributions._fit import check_bounds, fit_numerically, shares_between
from mcdemand.distributions._table import LOGIT, tabulated_law
from mcdemand.distributions._tails import NEGLIGIBLE, log_complement, log_tails, score_of_logs, slope
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import exp, log, log1p, softplus

LARGEST_LOG = 12.0


def logit_quantile(log_above: Floats, a: float, b: float) -> Floats:
    """Return ln x - ln(1 - x), x = (1 - q)^(1/a), q = (1 - u)^(1/b), from ln(1 - u)."""
    log_q = log_above / b
    with np.errstate(divide="ignore"):
        log_x = log_complement(log_q) / a
        return np.asarray(log_x - np.where(log_q < NEGLIGIBLE, log_q - log(a), log_complement(log_x)))


def logit_slope(z: Floats, t: Floats, a: float, b: float) -> Floats:
    """Return d logit / dz at normal score z, where the logit is t."""
    log_x, log_rest = -softplus(-t), -softplus(t)
    return slope(z, log(a * b) + a * log_x + (b - 1) * log_tails(z)[1] / b + log_rest)


def numbers(values: Values) -> Floats:
    """Return the bounds and the table of the logit."""
    a, b = values["a"], values["b"]
    lower, width = values["lower"], values["upper"] - values["lower"]
    return tabulated_law(
        lambda z: logit_quantile(log_tails(z)[1], a, b), lambda z, t: logit_slope(z, t, a, b), lower, width
    )


@np.errstate(all="ignore")
def score_of(x: Any, values: Values) -> Any:
    """Return the normal scores of 1 - (1 - s^a)^b, s the share of the distance between the bounds."""
    width = values["upper"] - values["lower"]
    below, above = np.clip((x - values["lower"]) / width, 0.0, 1.0), np.clip((values["upper"] - x) / width, 0.0, 1.0)
    log_power = values["a"] * np.where(below < 0.5, log(below), log1p(-above))
    log_above = values["b"] * log_complement(log_power)
    first_term = log(values["b"]) + log_power
    return score_of_logs(np.where(log_power < NEGLIGIBLE, first_term, log_complement(log_above)), log_above)


def log_density(x: Floats, values: Values) -> Floats:
    """Return the log of the density between the bounds."""
    a, b, width = values["a"], values["b"], values["upper"] - values["lower"]
    below, above = (x - values["lower"]) / width, (values["upper"] - x) / width
    log_below = np.where(below < 0.5, log(below), log1p(-above))
    return np.asarray(log(a * b / width) + (a - 1) * log_below + (b - 1) * log_complement(a * log_below))


def fit(quantiles: Quantiles, known: Values) -> Values:
    """Return a and b that meet the quantiles between known bounds, 0 and 1 unless stated."""
    lower, upper, shares = shares_between("kumaraswamy", quantiles, known)
    log_above, logits = log1p(-np.array(list(quantiles))), log(np.array(shares)) - log1p(-np.array(shares))

    def misfit(free: Floats) -> Floats:
        return np.asarray(logit_quantile(log_above, exp(free[0]), exp(free[1])) - logits)

    a, b = exp(fit_numerically(misfit, [0.5, 0.5], largest=LARGEST_LOG, smallest=-LARGEST_LOG))
    return {"a": float(a), "b": float(b), "lower": lower, "upper": upper}


def oracle(values: Values) -> Any:
    """Return the closed form."""
    a, b, lower, width = values["a"], values["b"], values["lower"], values["upper"] - values["lower"]
    return SimpleNamespace(
        ppf=lambda u: lower + width * (-np.expm1(np.log1p(-np.asarray(u)) / b)) ** (1 / a),
        cdf=lambda x: -np.expm1(b * np.log1p(-(((np.asarray(x) - lower) / width) ** a))),
    )


DISTRIBUTION = Distribution(
    name="kumaraswamy",
    parameters=(
        Parameter("a", "above 0"),
        Parameter("b", "above 0"),
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
