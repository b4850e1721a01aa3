"""The uniform law."""

from __future__ import annotations

from typing import Any

import numpy as np

from mcdemand.distributions._distribution import Distribution, Parameter, Quantiles, Values
from mcdemand.distributions._fit import fit_line
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import log
from mcdemand.kernels.intrinsics import fma
from mcdemand.kernels.jit import kernel


@kernel
def quantile(u: float, numbers: Floats) -> float:
    """Lower + (upper - lower) u."""
    return fma(numbers[1], u, numbers[0])


def check(values: Values) -> str | None:
    """Return the rule that the bounds break."""
    return None if values["lower"] < values["upper"] else f"upper: {values['upper']!r}: must be above lower"


def fit(quantiles: Quantiles, _known: Values) -> Values:
    """Return the bounds: a quantile is linear in its probability."""
    lower, width = fit_line(list(quantiles), list(quantiles.values()))
    return {"lower": lower, "upper": lower + width}


def log_density(x: Floats, values: Values) -> Floats:
    """Return the log of the density between the bounds."""
    return np.full(np.shape(x), -log(values["upper"] - values["lower"]))


def oracle(values: Values) -> Any:
    """Return SciPy's law."""
    from scipy import stats

    return stats.uniform(values["lower"], values["upper"] - values["lower"])


DISTRIBUTION = Distribution(
    name="uniform",
    parameters=(Parameter("lower"), Parameter("upper")),
    score="uniform",
    quantile=quantile,
    numbers=lambda values: (values["lower"], values["upper"] - values["lower"]),
    score_of=lambda x, values: min(1.0, max(0.0, (x - values["lower"]) / (values["upper"] - values["lower"]))),
    log_density=log_density,
    fit=fit,
    check=check,
    oracle=oracle,
)
