"""The triangular law."""

from __future__ import annotations

from typing import Any

import numpy as np

from mcdemand.distributions._distribution import Distribution, Parameter, Quantiles, Values
from mcdemand.distributions._fit import fit_numerically
from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import exp, log
from mcdemand.kernels.jit import kernel


@kernel
def quantile(u: float, numbers: Floats) -> float:
    """Lower + sqrt(u (upper - lower)(mode - lower)) below the mode, its mirror image above."""
    is_rising = u < numbers[4]
    # One root, where it is chosen first: packed ones are the slowest of all instructions here.
    root = np.sqrt(u if is_rising else 1.0 - u)
    rising, falling = numbers[0] + root * numbers[2], numbers[1] - root * numbers[3]
    return float(rising if is_rising else falling)


def numbers(values: Values) -> tuple[float, ...]:
    """Return lower, upper, both root widths and the probability below the mode."""
    lower, mode, upper = values["lower"], values["mode"], values["upper"]
    width = upper - lower
    return (
        lower,
        upper,
        float(np.sqrt(width * (mode - lower))),
        float(np.sqrt(width * (upper - mode))),
        (mode - lower) / width,
    )


def score_of(x: float, values: Values) -> float:
    """Return the probability of at most x."""
    lower, mode, upper = values["lower"], values["mode"], values["upper"]
    x = min(upper, max(lower, x))
    if x < mode:
        return float((x - lower) * (x - lower) / ((upper - lower) * (mode - lower)))
    return float(1.0 - (upper - x) * (upper - x) / ((upper - lower) * (upper - mode))) if mode < upper else 1.0


def check(values: Values) -> str | None:
    """Return the rule that the bounds and the mode break."""
    if not values["lower"] < values["upper"]:
        return f"upper: {values['upper']!r}: must be above lower"
    if not values["lower"] <= values["mode"] <= values["upper"]:
        return f"mode: {values['mode']!r}: must lie between lower and upper"
    return None


def fit(quantiles: Quantiles, known: Values) -> Values:
    """Return lower, mode and upper from three quantiles, or from two beside a known mode.

    Raises
    ------
    InputError
        If there are too few of them.
    """
    if len(quantiles) < (2 if "mode" in known else 3):
        raise InputError("triangular takes three quantiles, or two and the mode")
    stated = list(quantiles.values())
    scale = stated[-1] - stated[0]

    def unpack(free: np.ndarray) -> Values:
        mode = known.get("mode", stated[0] + scale * free[2] if free.size > 2 else 0.0)
        return {"lower": mode - scale * exp(free[0]), "mode": mode, "upper": mode + scale * exp(free[1])}

    def misfit(free: np.ndarray) -> np.ndarray:
        values = unpack(free)
        return np.array(
            [(DISTRIBUTION.quantile(p, DISTRIBUTION.kernel_numbers(values)) - x) / scale for p, x in quantiles.items()]
        )

    start = [0.0, 0.0] if "mode" in known else [0.0, 0.0, 0.5]
    return {name: float(value) for name, value in unpack(fit_numerically(misfit, start)).items()}


def log_density(x: Floats, values: Values) -> Floats:
    """Return the log of the density between the bounds."""
    lower, mode, upper = values["lower"], values["mode"], values["upper"]
    # The density is 2 / (upper - lower) at the mode, and where the mode is an end there is no slope on that side.
    share = np.where(x < mode, (x - lower) / (mode - lower), np.where(x > mode, (upper - x) / (upper - mode), 1.0))
    return np.asarray(log(share) + log(2 / (upper - lower)))


def oracle(values: Values) -> Any:
    """Return SciPy's law."""
    from scipy import stats

    width = values["upper"] - values["lower"]
    return stats.triang((values["mode"] - values["lower"]) / width, values["lower"], width)


DISTRIBUTION = Distribution(
    name="triangular",
    parameters=(Parameter("lower"), Parameter("mode"), Parameter("upper")),
    score="uniform",
    quantile=quantile,
    numbers=numbers,
    score_of=score_of,
    log_density=log_density,
    fit=fit,
    check=check,
    oracle=oracle,
)
