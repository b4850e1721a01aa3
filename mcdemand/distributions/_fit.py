"""From stated quantiles to parameters: by a straight line where the law has one, else by least squares."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from mcdemand.distributions._distribution import Quantiles
from mcdemand.errors import InputError
from mcdemand.kernels.elementary import log
from mcdemand.kernels.normal import normal_quantile

TOLERANCE = 1e-14
LEVEL_TOLERANCE = 1e-9


def normal_scores(quantiles: Quantiles) -> list[float]:
    """Return the standard normal score of each stated probability."""
    return [float(normal_quantile(p)) for p in quantiles]


def fit_line(scores: Sequence[float], values: Sequence[float]) -> tuple[float, float]:
    """Return intercept and slope of the least-squares line of values on scores (exact for two points).

    Raises
    ------
    InputError
        If there are fewer than two points.
    """
    if len(scores) < 2:
        raise InputError("state two quantiles, or the parameters")
    if len(scores) == 2:
        slope = (values[1] - values[0]) / (scores[1] - scores[0])
        return values[0] - slope * scores[0], slope
    slope, intercept = np.polyfit(scores, values, 1)
    return float(intercept), float(slope)


def fit_numerically(
    misfit: Callable[[np.ndarray], np.ndarray],
    start: Sequence[float],
    largest: float | Sequence[float] = np.inf,
    smallest: float | Sequence[float] = -np.inf,
) -> np.ndarray:
    """Return the free numbers, between `smallest` and `largest`, with the least sum of squared misfits."""
    from scipy.optimize import least_squares

    return np.asarray(
        least_squares(misfit, start, bounds=(smallest, largest), xtol=TOLERANCE, ftol=TOLERANCE, gtol=TOLERANCE).x
    )


def fit_shape_and_line(
    quantiles: Quantiles, standard: Callable[[float], np.ndarray], start: float, limits: tuple[float, float]
) -> tuple[float, float, float]:
    """Return the number that sets the shape, the location and the scale of a law with three parameters.

    Parameters
    ----------
    standard
        From that number to the quantiles of the law with location 0 and scale 1, at the stated levels.
    limits
        Of that number.
    """
    values = np.array(list(quantiles.values()))

    def line(shape: float) -> tuple[np.ndarray, float, float]:
        scores = standard(shape)
        # Of three points and more the line is that of least squares; of two it goes through both.
        return scores, *fit_line(scores.tolist(), values.tolist())

    def misfit(free: np.ndarray) -> np.ndarray:
        scores, location, scale = line(float(free[0]))
        return np.asarray((location + scale * scores - values) / (values[-1] - values[0]))

    shape = float(fit_numerically(misfit, [start], largest=limits[1], smallest=limits[0])[0])
    _, location, scale = line(shape)
    return shape, location, scale


def is_mirrored_triple(quantiles: Quantiles) -> bool:
    """Return whether the levels are p, 1/2 and 1 - p: of a symmetric law they tell location and scale only."""
    levels = list(quantiles)
    return len(levels) == 3 and levels[1] == 0.5 and abs(levels[0] + levels[2] - 1) < LEVEL_TOLERANCE


def fit_log_scale(quantiles: Quantiles, logs: Sequence[float], name: str) -> float:
    """Return the log of the scale of a law with one parameter, given the logs of its quantiles with scale 1.

    Raises
    ------
    InputError
        If there is no quantile, or one is not above 0.
    """
    if not quantiles:
        raise InputError(f"state one quantile, or {name}")
    return float(np.mean(np.subtract(positive_logs(quantiles), logs)))


def shares_between(family: str, quantiles: Quantiles, known: Mapping[str, float]) -> tuple[float, float, list[float]]:
    """Return known bounds, 0 and 1 unless stated, and the values as shares of the distance between them.

    Raises
    ------
    InputError
        If there are fewer than two quantiles, or one lies outside the bounds.
    """
    lower, upper = known.get("lower", 0.0), known.get("upper", 1.0)
    shares = [(x - lower) / (upper - lower) for x in quantiles.values()] if lower < upper else []
    if len(shares) < 2 or not all(0 < share < 1 for share in shares):
        raise InputError(f"{family} takes two quantiles between {lower!r} and {upper!r}, or its parameters")
    return lower, upper, shares


def mean_and_sd(known: Mapping[str, float], *positive: str) -> tuple[float, float]:
    """Return the stated mean and standard deviation; those named must be above 0, as sd must always.

    Raises
    ------
    InputError
        If one is not.
    """
    for name in (*positive, "sd"):
        if not known[name] > 0:
            raise InputError(f"{name}: {known[name]!r}: must be above 0")
    return known["mean"], known["sd"]


def check_bounds(values: Mapping[str, float]) -> str | None:
    """Return the rule that lower and upper break."""
    return None if values["lower"] < values["upper"] else f"upper: {values['upper']!r}: must be above lower"


def positive_logs(quantiles: Quantiles) -> list[float]:
    """Return the logs of the stated values.

    Raises
    ------
    InputError
        If one is not above 0.
    """
    for p, value in quantiles.items():
        if value <= 0:
            raise InputError(f"p{100 * p:g}: {value!r}: must be above 0 for a law on the positive axis")
    return [float(log(value)) for value in quantiles.values()]


def mode_between(lower: float, upper: float, free: float) -> float:
    """Return a value between two bounds, its logit being a free number."""
    return lower + (upper - lower) * (0.5 + 0.5 * math.tanh(0.5 * free))
