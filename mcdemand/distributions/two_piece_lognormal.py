"""The two-piece log-normal law: a median with a spread of its own on either side, above a lower bound.

Exact at a low quantile, the median and a high quantile; continuous and monotone, its density jumps at the median.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mcdemand.distributions._distribution import Distribution, Parameter, Quantiles, Values, log_density_of_score
from mcdemand.errors import InputError
from mcdemand.kernels import elementwise
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementary import exp, log
from mcdemand.kernels.intrinsics import fma
from mcdemand.kernels.jit import kernel
from mcdemand.kernels.normal import normal_cdf, normal_quantile

MEDIAN = 0.5


@kernel
def quantile(z: float, numbers: Floats) -> float:
    """Lower + (median - lower) exp(s z), s by the sign of z."""
    spread = numbers[2] if z < 0.0 else numbers[3]
    return fma(numbers[1], exp(spread * z), numbers[0])


def score_of(x: float, values: Values) -> float:
    """Return ln((x - lower) / (median - lower)) / s, minus infinity up to the bound."""
    ratio = (x - values["lower"]) / (values["median"] - values["lower"])
    if ratio <= 0:
        return -math.inf
    return float(log(ratio) / (values["sigma_lower"] if ratio < 1 else values["sigma_upper"]))


def fit(quantiles: Quantiles, known: Values) -> Values:
    """Return the median and both spreads from one quantile below the median, the median and one above.

    Raises
    ------
    InputError
        If the quantiles are not these three, or not above the bound.
    """
    below, above = [p for p in quantiles if p < MEDIAN], [p for p in quantiles if p > MEDIAN]
    if len(quantiles) != 3 or len(below) != 1 or len(above) != 1:
        raise InputError("two_piece_lognormal takes p50, one quantile below it and one above, such as p5, p50, p95")
    lower = known.get("lower", 0.0)
    if quantiles[below[0]] <= lower:
        raise InputError(f"p{100 * below[0]:g}: {quantiles[below[0]]!r}: must be above the lower bound {lower!r}")
    median = quantiles[MEDIAN]
    spread = [log((quantiles[p] - lower) / (median - lower)) / normal_quantile(p) for p in (below[0], above[0])]
    return {"lower": lower, "median": median, "sigma_lower": spread[0], "sigma_upper": spread[1]}


def check(values: Values) -> str | None:
    """Return the rule that the median breaks."""
    return None if values["median"] > values["lower"] else f"median: {values['median']!r}: must be above lower"


class Oracle:
    """The law in closed form from the normal cdf, with SciPy's method names."""

    def __init__(self, values: Values) -> None:
        self.values = values

    def ppf(self, u: float) -> float:
        """Return the quantile from SciPy's normal quantile."""
        from scipy.special import ndtri

        z = float(ndtri(u))
        spread = self.values["sigma_lower"] if z < 0 else self.values["sigma_upper"]
        return float(self.values["lower"] + (self.values["median"] - self.values["lower"]) * math.exp(spread * z))

    def cdf(self, x: float) -> float:
        """Return the probability of at most x."""
        return float(normal_cdf(score_of(x, self.values)))


def log_density(x: Floats, values: Values) -> Floats:
    """Return the log of the density above the lower bound."""
    log_ratio = elementwise.log((x - values["lower"]) / (values["median"] - values["lower"]))
    sigma = np.where(log_ratio < 0, values["sigma_lower"], values["sigma_upper"])
    return np.asarray(log_density_of_score(log_ratio / sigma, sigma) - elementwise.log(x - values["lower"]))


def oracle(values: Values) -> Any:
    """Return the closed form."""
    return Oracle(values)


DISTRIBUTION = Distribution(
    name="two_piece_lognormal",
    parameters=(
        Parameter("lower", default=0.0),
        Parameter("median"),
        Parameter("sigma_lower", "above 0"),
        Parameter("sigma_upper", "above 0"),
    ),
    score="normal",
    quantile=quantile,
    numbers=lambda v: (v["lower"], v["median"] - v["lower"], v["sigma_lower"], v["sigma_upper"]),
    score_of=score_of,
    log_density=log_density,
    fit=fit,
    axis=lambda values: "positive" if values["lower"] == 0 else "bounded",
    check=check,
    oracle=oracle,
)
