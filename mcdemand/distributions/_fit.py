"""From stated quantiles to parameters: by a straight line where the law has one, else by least squares."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from mcdemand.distributions._distribution import Quantiles
from mcdemand.errors import InputError
from mcdemand.kernels.elementary import log
from mcdemand.kernels.normal import normal_quantile

TOLERANCE = 1e-14


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
    misfit: Callable[[np.ndarray], np.ndarray], start: Sequence[float], largest: float = np.inf
) -> np.ndarray:
    """Return the free numbers, none above `largest`, with the least sum of squared misfits."""
    from scipy.optimize import least_squares

    return np.asarray(
        least_squares(misfit, start, bounds=(-np.inf, largest), xtol=TOLERANCE, ftol=TOLERANCE, gtol=TOLERANCE).x
    )


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
