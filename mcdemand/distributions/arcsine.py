"""The arcsine law of an oscillation between two bounds: most likely near either."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mcdemand.distributions._distribution import Distribution, Parameter, Quantiles, Values
from mcdemand.distributions._fit import check_bounds, fit_line
from mcdemand.distributions._table import LOGIT, tabulated_law
from mcdemand.distributions._tails import score_of_tails, slope
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import asin, log, sin, tan


def logit_quantile(z: Floats) -> Floats:
    """Return 2 ln tan(pi Phi(z) / 2) at (score) normal scores, from the tail in which Phi is small."""
    from scipy.special import ndtr

    return np.asarray(np.copysign(2 * log(tan(0.5 * math.pi * ndtr(-np.abs(z)))), z))


def logit_slope(z: Floats, _t: Floats) -> Floats:
    """Return 2 pi phi(z) / sin(pi Phi(z))."""
    from scipy.special import ndtr

    return slope(z, log(sin(math.pi * ndtr(-np.abs(z))) / (2 * math.pi)))


def numbers(values: Values) -> Floats:
    """Return the bounds and the table of the logit."""
    return tabulated_law(logit_quantile, logit_slope, values["lower"], values["upper"] - values["lower"])


def score_of(x: Any, values: Values) -> Any:
    """Return the normal score of 2 / pi arcsin(sqrt s), s the share of the distance between the bounds."""
    width = values["upper"] - values["lower"]
    below, above = (x - values["lower"]) / width, (values["upper"] - x) / width
    return score_of_tails(*(2 / math.pi * asin(np.sqrt(np.clip(share, 0.0, 1.0))) for share in (below, above)))


def log_density(x: Floats, values: Values) -> Floats:
    """Return the log of the density between the bounds."""
    return np.asarray(-0.5 * log((x - values["lower"]) * (values["upper"] - x)) - log(math.pi))


def fit(quantiles: Quantiles, _known: Values) -> Values:
    """Return the bounds: a quantile is linear in sin^2(pi p / 2) = (1 - cos(pi p)) / 2."""
    lower, width = fit_line([0.5 - 0.5 * sin(math.pi * (0.5 - p)) for p in quantiles], list(quantiles.values()))
    return {"lower": lower, "upper": lower + width}


def oracle(values: Values) -> Any:
    """Return SciPy's law."""
    from scipy import stats

    return stats.arcsine(values["lower"], values["upper"] - values["lower"])


DISTRIBUTION = Distribution(
    name="arcsine",
    parameters=(Parameter("lower"), Parameter("upper")),
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
