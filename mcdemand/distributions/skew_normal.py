"""The skew-normal law (Azzalini 1985): normal with one tail pushed in; alpha 0 is normal."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mcdemand.distributions._distribution import Distribution, Parameter, Quantiles, Values
from mcdemand.distributions._fit import fit_shape_and_line, normal_scores
from mcdemand.distributions._skew import log_skew_density, skew_quantile, skew_scores
from mcdemand.distributions._table import LINEAR, tabulated_law
from mcdemand.distributions._tails import slope
from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import log, sinh

LARGEST = 1e4
LARGEST_FITTED = 9.903487555036127
"""asinh(LARGEST)."""


def numbers(values: Values) -> Floats:
    """Return location, scale and the table of the standard quantile."""
    alpha = values["alpha"]
    return tabulated_law(
        lambda z: skew_quantile(z, alpha),
        lambda z, t: slope(z, log_skew_density(t, alpha)),
        values["mu"],
        values["sigma"],
    )


def score_of(x: float | Floats, values: Values) -> Any:
    """Return the normal score of one value, or of (value) values."""
    t = (np.asarray(x, dtype=np.float64) - values["mu"]) / values["sigma"]
    return skew_scores(np.atleast_1d(t).ravel(), values["alpha"]).reshape(t.shape)[()]


def log_density(x: Floats, values: Values) -> Floats:
    """Return the log of the density."""
    return log_skew_density((x - values["mu"]) / values["sigma"], values["alpha"]) - log(values["sigma"])


def fit(quantiles: Quantiles, _known: Values) -> Values:
    """Return mu, sigma and alpha from three quantiles and more.

    Raises
    ------
    InputError
        If there are fewer.
    """
    if len(quantiles) < 3:
        raise InputError("skew_normal takes three quantiles, or mu, sigma and alpha")
    scores, stated = np.array(normal_scores(quantiles)), list(quantiles.values())
    middle = len(stated) // 2
    below = (stated[middle] - stated[0]) / (scores[middle] - scores[0])
    above = (stated[-1] - stated[middle]) / (scores[-1] - scores[middle])
    # At alpha 0 the skewness does not change with alpha, so a search must begin elsewhere.
    bend, mu, sigma = fit_shape_and_line(
        quantiles,
        lambda bend: skew_quantile(scores, sinh(bend)),
        math.copysign(1.5, above - below),
        (-LARGEST_FITTED, LARGEST_FITTED),
    )
    return {"mu": mu, "sigma": sigma, "alpha": sinh(bend)}


def check(values: Values) -> str | None:
    """Return the rule that the shape breaks."""
    if abs(values["alpha"]) <= LARGEST:
        return None
    return f"alpha: {values['alpha']!r}: must be between -{LARGEST:g} and {LARGEST:g}; so skew a law is half-normal"


def oracle(values: Values) -> Any:
    """Return SciPy's law."""
    from scipy import stats

    return stats.skewnorm(values["alpha"], values["mu"], values["sigma"])


DISTRIBUTION = Distribution(
    name="skew_normal",
    parameters=(Parameter("mu"), Parameter("sigma", "above 0"), Parameter("alpha")),
    score="normal",
    quantile=LINEAR.quantile,
    numbers=numbers,
    score_of=score_of,
    takes_arrays=True,
    log_density=log_density,
    fit=fit,
    axis=lambda _values: "real",
    check=check,
    tabulated=True,
    oracle=oracle,
)
