"""The exponential law of a waiting time."""

from __future__ import annotations

from typing import Any

import numpy as np

from mcdemand.distributions._distribution import Distribution, Parameter, Quantiles, Values
from mcdemand.distributions._fit import fit_log_scale
from mcdemand.distributions._table import LOG, tabulated_law
from mcdemand.distributions._tails import log_positive, log_tails, score_of_exponential, slope
from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import exp, log, log1p


def numbers(values: Values) -> Floats:
    """Return the scale and the table of ln(lam x) = ln(-ln Phi(-z))."""
    return tabulated_law(
        lambda z: log(-log_tails(z)[1]), lambda z, t: slope(z, log_tails(z)[1] + t), factor=1 / values["lam"]
    )


def score_of(x: Any, values: Values) -> Any:
    """Return the normal score of 1 - exp(-lam x), minus infinity up to 0."""
    return score_of_exponential(log_positive(values["lam"] * x))


def log_density(x: Floats, values: Values) -> Floats:
    """Return the log of the density above 0."""
    return np.asarray(log(values["lam"]) - values["lam"] * x)


def fit(quantiles: Quantiles, _known: Values) -> Values:
    """Return lam: a quantile is -ln(1 - p) / lam."""
    logs = [log(-log1p(-p)) for p in quantiles]
    return {"lam": exp(-fit_log_scale(quantiles, logs, "lam"))}


def rate_of(name: str, known: Values) -> Values:
    """Return the rate of a stated mean.

    Raises
    ------
    InputError
        If it is not above 0.
    """
    if not known[name] > 0:
        raise InputError(f"{name}: {known[name]!r}: must be above 0")
    return {"lam": 1 / known[name]}


def oracle(values: Values) -> Any:
    """Return SciPy's law."""
    from scipy import stats

    return stats.expon(scale=1 / values["lam"])


DISTRIBUTION = Distribution(
    name="exponential",
    parameters=(Parameter("lam", "above 0"),),
    score="normal",
    quantile=LOG.quantile,
    numbers=numbers,
    score_of=score_of,
    takes_arrays=True,
    log_density=log_density,
    fit=fit,
    statements={("mean",): lambda known: rate_of("mean", known), ("scale",): lambda known: rate_of("scale", known)},
    axis=lambda _values: "positive",
    tabulated=True,
    oracle=oracle,
)
