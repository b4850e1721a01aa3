"""The Laplace law: two exponential laws, back to back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mcdemand.distributions._distribution import Distribution, Parameter, Quantiles, Values
from mcdemand.distributions._fit import fit_line
from mcdemand.distributions._table import LINEAR, tabulated_law
from mcdemand.distributions._tails import log_tails, slope
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementary import LN2
from mcdemand.kernels.elementwise import log


def numbers(values: Values) -> Floats:
    """Return location, scale and the table of the standard quantile; its kink at 0 is a node of every table."""
    return tabulated_law(
        lambda z: np.copysign(log_tails(-np.abs(z))[0] + LN2, z),
        lambda z, _t: slope(z, log_tails(-np.abs(z))[0]),
        values["mu"],
        values["b"],
    )


def score_of(x: Any, values: Values) -> Any:
    """Return the normal score of e^-|t| / 2 on the side of t = (x - mu) / b."""
    from scipy.special import ndtri_exp

    t = (x - values["mu"]) / values["b"]
    return np.copysign(ndtri_exp(-np.abs(t) - LN2), t)


def log_density(x: Floats, values: Values) -> Floats:
    """Return the log of the density."""
    return np.asarray(-np.abs(x - values["mu"]) / values["b"] - log(2 * values["b"]))


def fit(quantiles: Quantiles, _known: Values) -> Values:
    """Return mu and b: a quantile is linear in that of the standard law."""
    standard = [math.copysign(log(2 * min(p, 1 - p)), p - 0.5) for p in quantiles]
    mu, b = fit_line(standard, list(quantiles.values()))
    return {"mu": mu, "b": b}


def oracle(values: Values) -> Any:
    """Return SciPy's law."""
    from scipy import stats

    return stats.laplace(values["mu"], values["b"])


DISTRIBUTION = Distribution(
    name="laplace",
    parameters=(Parameter("mu"), Parameter("b", "above 0")),
    score="normal",
    quantile=LINEAR.quantile,
    numbers=numbers,
    score_of=score_of,
    takes_arrays=True,
    marks=lambda values: (values["mu"],),
    log_density=log_density,
    fit=fit,
    axis=lambda _values: "real",
    tabulated=True,
    oracle=oracle,
)
