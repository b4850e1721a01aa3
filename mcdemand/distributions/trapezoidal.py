"""The trapezoidal law: the density rises to mode_lower, is flat up to mode_upper, and falls (JCGM 101:2008, 6.4.4)."""

from __future__ import annotations

from typing import Any

import numpy as np

from mcdemand.distributions._distribution import Distribution, Parameter, Quantiles, Values
from mcdemand.distributions._fit import check_bounds, fit_numerically, mode_between
from mcdemand.distributions._packing import LAST_SCORE
from mcdemand.distributions._pieces import pack_inverse, scores_of
from mcdemand.distributions._tails import score_of_tails
from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import exp, log
from mcdemand.kernels.pieces import piecewise

STARTS = np.linspace(-LAST_SCORE, LAST_SCORE, 65)


def ends(values: Values) -> tuple[float, float, float, float]:
    """Return lower, mode_lower, mode_upper and upper."""
    return values["lower"], values["mode_lower"], values["mode_upper"], values["upper"]


def probability_below(x: Floats, lower: float, rise_end: float, fall_start: float, upper: float) -> Floats:
    """Return the probability of no more than (value) values, without cancellation where it is small."""
    height = 2 / (upper + fall_start - rise_end - lower)
    rising = np.divide((x - lower) ** 2, rise_end - lower, where=x < rise_end, out=np.zeros_like(x))
    fallen = np.divide((x - fall_start) ** 2, upper - fall_start, where=x > fall_start, out=np.zeros_like(x))
    flat = (x - rise_end) + 0.5 * (rise_end - lower) - 0.5 * fallen
    return height * np.where(x < rise_end, 0.5 * rising, flat)


def tails(x: Floats, values: Values) -> tuple[Floats, Floats]:
    """Return the probabilities of no more and of more: the law of -x is trapezoidal too."""
    lower, rise_end, fall_start, upper = ends(values)
    inside = np.clip(x, lower, upper)
    above = probability_below(-inside, -upper, -fall_start, -rise_end, -lower)
    return probability_below(inside, lower, rise_end, fall_start, upper), above


def quantile_of(p: Floats, lower: float, rise_end: float, fall_start: float, upper: float) -> Floats:
    """Return the quantiles at (level) probabilities."""
    span = upper + fall_start - rise_end - lower
    rising = lower + np.sqrt(p * span * (rise_end - lower))
    falling = upper - np.sqrt((1 - p) * span * (upper - fall_start))
    flat = 0.5 * (lower + rise_end + p * span)
    return np.where(flat < rise_end, rising, np.where(flat > fall_start, falling, flat))


def numbers(values: Values) -> Floats:
    """Return the pieces of the quantile function: between kinks it is smooth."""
    from scipy.special import ndtr

    lower, rise_end, fall_start, upper = ends(values)
    low = quantile_of(ndtr(STARTS), lower, rise_end, fall_start, upper)
    high = -quantile_of(ndtr(STARTS), -upper, -fall_start, -rise_end, -lower)

    def scores(x: Floats) -> tuple[Floats, Floats]:
        score = scores_of(*tails(x, values))
        return score, score

    return pack_inverse(scores, lambda x: exp(log_density(x, values)), [*ends(values), *low[:33], *high[:33]])


def score_of(x: Any, values: Values) -> Any:
    """Return the normal scores of the probability of at most (value) values."""
    return score_of_tails(*tails(np.asarray(x, dtype=np.float64), values))


def log_density(x: Floats, values: Values) -> Floats:
    """Return the log of the density between the bounds."""
    lower, rise_end, fall_start, upper = ends(values)
    with np.errstate(all="ignore"):
        rising = np.where(x < rise_end, (x - lower) / (rise_end - lower), 1.0)
        falling = np.where(x > fall_start, (upper - x) / (upper - fall_start), 1.0)
        return np.asarray(log(rising) + log(falling) + log(2 / (upper + fall_start - rise_end - lower)))


def fit(quantiles: Quantiles, _known: Values) -> Values:
    """Return all four parameters from four quantiles.

    Raises
    ------
    InputError
        If there are fewer.
    """
    if len(quantiles) < 4:
        raise InputError("trapezoidal takes four quantiles, or lower, mode_lower, mode_upper and upper")
    levels, stated = np.array(list(quantiles)), np.array(list(quantiles.values()))
    scale = stated[-1] - stated[0]

    def unpack(free: Floats) -> Values:
        lower, upper = stated[0] - scale * exp(free[0]), stated[-1] + scale * exp(free[3])
        start = mode_between(lower, upper, free[1])
        return {
            "lower": lower, "mode_lower": start, "mode_upper": mode_between(start, upper, free[2]), "upper": upper
        }  # fmt: skip

    def misfit(free: Floats) -> Floats:
        return np.asarray((quantile_of(levels, *ends(unpack(free))) - stated) / scale)

    return {name: float(value) for name, value in unpack(fit_numerically(misfit, [-2.0, -1.0, 0.0, -2.0])).items()}


def check(values: Values) -> str | None:
    """Return the rule that the bounds break."""
    if broken := check_bounds(values):
        return broken
    lower, rise_end, fall_start, upper = ends(values)
    if not lower <= rise_end <= upper:
        return f"mode_lower: {rise_end!r}: must lie between lower and upper"
    if not rise_end <= fall_start <= upper:
        return f"mode_upper: {fall_start!r}: must lie between mode_lower and upper"
    return None


def oracle(values: Values) -> Any:
    """Return SciPy's law."""
    from scipy import stats

    lower, rise_end, fall_start, upper = ends(values)
    width = upper - lower
    return stats.trapezoid((rise_end - lower) / width, (fall_start - lower) / width, lower, width)


DISTRIBUTION = Distribution(
    name="trapezoidal",
    parameters=(Parameter("lower"), Parameter("mode_lower"), Parameter("mode_upper"), Parameter("upper")),
    score="normal",
    quantile=piecewise,
    numbers=numbers,
    score_of=score_of,
    takes_arrays=True,
    marks=lambda values: (values["mode_lower"], values["mode_upper"]),
    log_density=log_density,
    fit=fit,
    check=check,
    tabulated=True,
    oracle=oracle,
)
