"""The PERT law: a beta law stated by its ends and its mode (Malcolm et al. 1959; weight: Vose 2008, modified PERT)."""

from __future__ import annotations

from typing import Any

import numpy as np

from mcdemand.distributions._beta import LARGEST_SUM, beta_log_density, beta_score, logit_quantile, logit_slope
from mcdemand.distributions._distribution import Distribution, Parameter, Quantiles, Values
from mcdemand.distributions._fit import check_bounds, fit_numerically, mode_between
from mcdemand.distributions._table import LOGIT, tabulated_law
from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import exp, log

WEIGHT = 4.0
FAR = 9.2
"""No fitted end is farther from the stated quantiles than that many times the distance between them (its log)."""


def shapes(values: Values) -> tuple[float, float]:
    """Return the shapes of the beta law: 1 + weight times the mode's distance from each end, in widths."""
    lower, mode, upper, weight = (values[name] for name in ("lower", "mode", "upper", "weight"))
    return 1 + weight * (mode - lower) / (upper - lower), 1 + weight * (upper - mode) / (upper - lower)


def numbers(values: Values) -> Floats:
    """Return the bounds and the table of the logit."""
    a, b = shapes(values)
    lower, width = values["lower"], values["upper"] - values["lower"]
    return tabulated_law(lambda z: logit_quantile(z, a, b), lambda z, t: logit_slope(z, t, a, b), lower, width)


def score_of(x: Any, values: Values) -> Any:
    """Return the normal score of the regularised incomplete beta function at x."""
    width = values["upper"] - values["lower"]
    return beta_score((x - values["lower"]) / width, (values["upper"] - x) / width, *shapes(values))


def log_density(x: Floats, values: Values) -> Floats:
    """Return the log of the density between the bounds."""
    width = values["upper"] - values["lower"]
    below, above = (x - values["lower"]) / width, (values["upper"] - x) / width
    return np.asarray(beta_log_density(below, above, *shapes(values)) - log(width))


def fit(quantiles: Quantiles, known: Values) -> Values:
    """Return the ends and the mode from three quantiles, or as many as there are unknown ones of the three.

    Raises
    ------
    InputError
        If there are too few quantiles.
    """
    from scipy.special import betaincinv

    unknown = [name for name in ("lower", "mode", "upper") if name not in known]
    if len(quantiles) < len(unknown):
        raise InputError(f"pert takes {len(unknown)} quantiles to find {', '.join(unknown)}; state more of either")
    levels, stated = np.array(list(quantiles)), np.array(list(quantiles.values()))
    scale = float(np.ptp([*stated, *(known[name] for name in ("lower", "mode", "upper") if name in known)])) or 1.0

    def unpack(free: Floats) -> Values:
        one = dict(zip(unknown, free, strict=True))
        lower = known["lower"] if "lower" in known else stated[0] - scale * exp(one["lower"])
        upper = known["upper"] if "upper" in known else stated[-1] + scale * exp(one["upper"])
        mode = known["mode"] if "mode" in known else mode_between(lower, upper, one["mode"])
        return {"lower": lower, "mode": mode, "upper": upper, "weight": known.get("weight", WEIGHT)}

    def misfit(free: Floats) -> Floats:
        values = unpack(free)
        a, b = (max(shape, 1.0) for shape in shapes(values))
        found = values["lower"] + (values["upper"] - values["lower"]) * betaincinv(a, b, levels)
        return np.asarray((found - stated) / scale)

    if not unknown:
        return unpack(np.array([]))
    start = [{"lower": -1.0, "mode": 0.0, "upper": -1.0}[name] for name in unknown]
    return {name: float(value) for name, value in unpack(fit_numerically(misfit, start, FAR, -FAR)).items()}


def check(values: Values) -> str | None:
    """Return the rule that the bounds, the mode or the weight break."""
    if broken := check_bounds(values):
        return broken
    if not values["lower"] <= values["mode"] <= values["upper"]:
        return f"mode: {values['mode']!r}: must lie between lower and upper"
    if values["weight"] > LARGEST_SUM - 2:
        return f"weight: {values['weight']!r}: must be below {LARGEST_SUM:g}; so narrow a law is normal, state that"
    return None


def oracle(values: Values) -> Any:
    """Return SciPy's beta law."""
    from scipy import stats

    return stats.beta(*shapes(values), values["lower"], values["upper"] - values["lower"])


DISTRIBUTION = Distribution(
    name="pert",
    parameters=(
        Parameter("lower"),
        Parameter("mode"),
        Parameter("upper"),
        Parameter("weight", "at least 0", default=WEIGHT),
    ),
    score="normal",
    quantile=LOGIT.quantile,
    numbers=numbers,
    score_of=score_of,
    takes_arrays=True,
    log_density=log_density,
    fit=fit,
    check=check,
    tabulated=True,
    oracle=oracle,
)
