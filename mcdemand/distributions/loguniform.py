"""The log-uniform law: the log is uniform."""

from __future__ import annotations

from typing import Any

import numpy as np

from mcdemand.distributions._distribution import Distribution, Parameter, Quantiles, Values
from mcdemand.distributions._fit import fit_line, positive_logs
from mcdemand.kernels import elementwise
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementary import exp, log
from mcdemand.kernels.intrinsics import fma
from mcdemand.kernels.jit import kernel


@kernel
def quantile(u: float, numbers: Floats) -> float:
    """Lower (upper / lower)^u."""
    return float(exp(fma(numbers[1], u, numbers[0])))


def score_of(x: float, values: Values) -> float:
    """Return ln(x / lower) / ln(upper / lower), within 0 and 1."""
    lower, upper = values["lower"], values["upper"]
    return float(log(min(upper, max(lower, x)) / lower) / log(upper / lower))


def check(values: Values) -> str | None:
    """Return the rule that the bounds break."""
    return None if values["lower"] < values["upper"] else f"upper: {values['upper']!r}: must be above lower"


def fit(quantiles: Quantiles, _known: Values) -> Values:
    """Return the bounds: the log of a quantile is linear in its probability."""
    lower, width = fit_line(list(quantiles), positive_logs(quantiles))
    return {"lower": exp(lower), "upper": exp(lower + width)}


def log_density(x: Floats, values: Values) -> Floats:
    """Return the log of the density between the bounds."""
    return np.asarray(-elementwise.log(x) - elementwise.log(elementwise.log(values["upper"] / values["lower"])))


def oracle(values: Values) -> Any:
    """Return SciPy's law."""
    from scipy import stats

    return stats.loguniform(values["lower"], values["upper"])


DISTRIBUTION = Distribution(
    name="loguniform",
    parameters=(Parameter("lower", "above 0"), Parameter("upper", "above 0")),
    score="uniform",
    quantile=quantile,
    numbers=lambda values: (log(values["lower"]), log(values["upper"]) - log(values["lower"])),
    score_of=score_of,
    log_density=log_density,
    fit=fit,
    check=check,
    oracle=oracle,
)
