"""The power-function law: the probability of at most x is (x / upper)^alpha, from 0 to upper."""

from __future__ import annotations

from typing import Any

import numpy as np

from mcdemand.distributions._distribution import Distribution, Parameter, Quantiles, Values
from mcdemand.distributions._fit import fit_line, positive_logs
from mcdemand.distributions._table import LOG, tabulated_law
from mcdemand.distributions._tails import log_complement, log_positive, log_tails, score_of_logs, slope
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import exp, log


def numbers(values: Values) -> Floats:
    """Return the largest value and the table of ln(x / upper) = ln Phi(z) / alpha."""
    alpha = values["alpha"]
    return tabulated_law(
        lambda z: log_tails(z)[0] / alpha, lambda z, _t: slope(z, log_tails(z)[0]) / alpha, factor=values["upper"]
    )


def score_of(x: Any, values: Values) -> Any:
    """Return the normal score of (x / upper)^alpha, infinite from the ends on."""
    log_below = values["alpha"] * log_positive(np.minimum(x / values["upper"], 1.0))
    return score_of_logs(log_below, log_complement(log_below))


def log_density(x: Floats, values: Values) -> Floats:
    """Return the log of the density between 0 and upper."""
    alpha, upper = values["alpha"], values["upper"]
    return np.asarray(log(alpha / upper) + (alpha - 1) * log(x / upper))


def fit(quantiles: Quantiles, _known: Values) -> Values:
    """Return alpha and upper: the log of a quantile is linear in ln p."""
    log_upper, slope_ = fit_line([log(p) for p in quantiles], positive_logs(quantiles))
    return {"alpha": 1 / slope_, "upper": exp(log_upper)}


def oracle(values: Values) -> Any:
    """Return SciPy's law."""
    from scipy import stats

    return stats.powerlaw(values["alpha"], scale=values["upper"])


DISTRIBUTION = Distribution(
    name="power",
    parameters=(Parameter("alpha", "above 0"), Parameter("upper", "above 0", 1.0)),
    score="normal",
    quantile=LOG.quantile,
    numbers=numbers,
    score_of=score_of,
    takes_arrays=True,
    support=lambda values: (0.0, values["upper"]),
    log_density=log_density,
    fit=fit,
    tabulated=True,
    oracle=oracle,
)
