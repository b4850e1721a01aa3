"""Importance weights on arrays: Pareto smoothing, and how far they can be trusted."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from mcdemand.errors import NumericalError
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import exp
from mcdemand.kernels.order_statistics import order_statistics
from mcdemand.kernels.tails import FEWEST, PRIOR_WEIGHT, SHAPE_PRIOR, mean_log1p, pareto_shape

FEWEST_EFFECTIVE = 50
LARGEST_K = 0.7
NEARLY_EXPONENTIAL = 1e-6


class Smoothed(NamedTuple):
    """Weights (draw) that sum to 1, the shape of their upper tail (NaN where it has none), and the effective draws."""

    weights: Floats
    pareto_k: float
    ess: float


class Weights(NamedTuple):
    """Two sets of weights (draw), some of which may be 0, and the effective draws of each: 1 / sum(w^2)."""

    sides: tuple[Floats, Floats]
    ess: tuple[float, float]

    @classmethod
    def beside_equal(cls, weights: Floats) -> Weights:
        """Return equal weights, and weights (draw) that sum to 1."""
        equal = np.full(weights.size, 1 / weights.size)
        return cls((equal, weights), (effective(equal), effective(weights)))


def largest_pareto_k(draws: int) -> float:
    """Return the shape of a tail up to which weights can be trusted: min(1 - 1 / log10(draws), 0.7).

    Examples
    --------
    >>> largest_pareto_k(100), largest_pareto_k(10**6)
    (0.5, 0.7)
    """
    return min(1 - 1 / math.log10(draws), LARGEST_K) if draws > 1 else -math.inf


def why_unreliable(smoothed: Smoothed) -> str:
    """Return why weights cannot be trusted: too few effective draws, or too heavy a tail; empty if they can.

    Examples
    --------
    >>> why_unreliable(Smoothed(np.full(1000, 1e-3), 0.8, 40.0))
    'pareto_k 0.80 (at most 0.67), ess 40 of 1000 draws (at least 50)'
    """
    draws = smoothed.weights.size
    limit = largest_pareto_k(draws)
    if smoothed.ess >= FEWEST_EFFECTIVE and not smoothed.pareto_k > limit:
        return ""
    return (
        f"pareto_k {smoothed.pareto_k:.2f} (at most {limit:.2f}), ess {smoothed.ess:.0f} of {draws} draws "
        f"(at least {FEWEST_EFFECTIVE})"
    )


def smooth_weights(log_weights: Floats) -> Smoothed:
    """Return weights whose largest values are those that a generalised Pareto law fitted to them expects.

    Parameters
    ----------
    log_weights
        (draw), up to a constant; minus infinity is a weight of zero.

    Raises
    ------
    NumericalError
        If all weights are zero, or one is not a number.

    Notes
    -----
    Vehtari, Simpson, Gelman, Yao and Gabry (2024), "Pareto smoothed importance sampling". The M = min(S / 5, 3 sqrt S)
    largest of S weights are replaced, in their order, by the quantiles at (j - 1/2) / M of the fitted law, none of them
    larger than the largest weight. Where weights tie with the threshold, those above it are the tail. Fewer than five,
    and weights that tie with each other, as those of categories do, are left as they are, and have no shape. Effective
    draws: 1 / sum(w^2).

    Examples
    --------
    >>> round(smooth_weights(np.zeros(200)).ess)
    200
    """
    return smooth_tail(relative_weights(log_weights)[0])


def relative_weights(log_weights: Floats) -> tuple[Floats, float]:
    """Return weights in units of the largest, and its logarithm.

    Raises
    ------
    NumericalError
        If all weights are zero, or one is not a number.
    """
    largest = float(np.max(log_weights))
    if not math.isfinite(largest):
        raise NumericalError("importance weights: all zero, or one is not a finite number")
    return exp(log_weights - largest), largest


def smooth_tail(weights: Floats) -> Smoothed:
    """Return what `smooth_weights` does, of weights in any unit, which are changed."""
    size = tail_size(weights.size)
    threshold = float(order_statistics(weights, [weights.size - 1 - size])[0]) if size else math.inf
    tail = np.flatnonzero(weights > threshold)
    tail = tail[np.argsort(weights[tail], kind="stable")]
    shape = math.nan
    # To set equal weights apart would take weight from them.
    if tail.size >= FEWEST and np.diff(weights[tail]).all():
        shape, smoothed = _smoothed_tail(np.append(threshold, weights[tail]))
        weights[tail] = smoothed
    weights /= weights.sum()
    return Smoothed(weights, shape, effective(weights))


def effective(weights: Floats) -> float:
    """Return 1 / sum(w^2); not by a dot product, whose threads cost more than the sum and whose bits vary."""
    return float(1 / (weights * weights).sum())


def tail_size(draws: int) -> int:
    """Return how many of the largest weights are smoothed; 0 where that is too few to fit."""
    size = min(draws // 5, int(3 * math.sqrt(draws)))
    return size if size >= FEWEST else 0


def _smoothed_tail(tail: Floats) -> tuple[float, Floats]:
    """Return the shape of a sorted tail, its threshold first, and what the fitted law expects beyond the threshold."""
    shape, exceedances = pareto_shape(tail), tail[1:] - tail[0]
    if not math.isfinite(shape):
        return math.nan, tail[1:]
    scale = _pareto_scale(exceedances, shape)
    log_survival = np.log1p(-(np.arange(exceedances.size) + 0.5) / exceedances.size)
    ratio = np.expm1(-shape * log_survival) / shape if shape else -log_survival
    return shape, np.minimum(tail[0] + scale * ratio, tail[-1])


def _pareto_scale(exceedances: Floats, shape: float) -> float:
    """Return the scale that belongs to a fitted shape.

    The fit has one free number, b: the shape before it is drawn towards its prior is mean(log(1 - b x)), and the scale
    is minus that over b (Zhang and Stephens 2009, equations 5 and 6).
    """
    from scipy.optimize import brentq

    size = exceedances.size
    raw = ((size + PRIOR_WEIGHT) * shape - PRIOR_WEIGHT * SHAPE_PRIOR) / size
    mean = float(exceedances.mean())
    if abs(raw) < NEARLY_EXPONENTIAL:
        # 0 / 0 by its series: b is -raw / mean, to first order.
        return mean - 0.5 * raw * float(np.mean(exceedances**2)) / mean

    def misfit(factor: float) -> float:
        return float(mean_log1p(exceedances, np.array([factor]))[0]) - raw

    low, high = -1 / mean, (1 - np.finfo(float).eps) / float(exceedances[-1])
    while misfit(low) < 0:
        low *= 2
    if misfit(high) >= 0:
        return -raw / high
    return -raw / float(brentq(misfit, low, high, xtol=1e-16 / mean, rtol=4 * np.finfo(float).eps))
