"""The Gumbel law of the largest of many values."""

from __future__ import annotations

from typing import Any

import numpy as np

from mcdemand.distributions._distribution import Distribution, Parameter, Quantiles, Values
from mcdemand.distributions._fit import fit_line
from mcdemand.distributions._table import LINEAR, tabulated_law
from mcdemand.distributions._tails import log_tails, score_of_exponential, slope
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import exp, log


def numbers(values: Values) -> Floats:
    """Return location, scale and the table of -ln(-ln Phi(z))."""
    return tabulated_law(
        lambda z: -log(-log_tails(z)[0]), lambda z, t: slope(z, log_tails(z)[0] - t), values["mu"], values["beta"]
    )


def score_of(x: Any, values: Values) -> Any:
    """Return the normal score of exp(-e^-t), t = (x - mu) / beta: e^-t is exponential."""
    return -score_of_exponential(-(x - values["mu"]) / values["beta"])


def log_density(x: Floats, values: Values) -> Floats:
    """Return the log of the density."""
    t = (x - values["mu"]) / values["beta"]
    return np.asarray(-t - exp(-t) - log(values["beta"]))


def fit(quantiles: Quantiles, _known: Values) -> Values:
    """Return mu and beta: a quantile is linear in -ln(-ln p)."""
    mu, beta = fit_line([-log(-log(p)) for p in quantiles], list(quantiles.values()))
    return {"mu": mu, "beta": beta}


def oracle(values: Values) -> Any:
    """Return SciPy's law."""
    from scipy import stats

    return stats.gumbel_r(values["mu"], values["beta"])


DISTRIBUTION = Distribution(
    name="gumbel",
    parameters=(Parameter("mu"), Parameter("beta", "above 0")),
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
