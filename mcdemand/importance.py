"""Importance weights on arrays: Pareto smoothing, and weighted means and quantiles with their errors."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from mcdemand.errors import NumericalError
from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.tails import FEWEST, PRIOR_WEIGHT, SHAPE_PRIOR, mean_log1p, pareto_shape
from mcdemand.replicates import Replicates

FEWEST_EFFECTIVE = 50
LARGEST_K = 0.7
NEARLY_EXPONENTIAL = 1e-6


class Smoothed(NamedTuple):
    """Weights (draw) that sum to 1, the shape of their upper tail (NaN where it has none), and the effective draws."""

    weights: Floats
    pareto_k: float
    ess: float


class Weighted(NamedTuple):
    """Estimates (statistic), the mean and then the quantiles, with their standard errors.

    Attributes
    ----------
    parts
        (statistic, draw), or (statistic, replicate): what each adds to the error of an estimate, so that errors of
        differences can be taken.
    """

    estimates: Floats
    mcse: Floats
    parts: Floats


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
    largest = np.max(log_weights)
    if not math.isfinite(largest):
        raise NumericalError("importance weights: all zero, or one is not a finite number")
    weights = np.exp(log_weights - largest)
    order = np.argsort(weights, kind="stable")
    size = tail_size(weights.size)
    threshold = float(weights[order[-1 - size]])
    tail = order[weights.size - np.count_nonzero(weights > threshold) :] if size else order[:0]
    shape = math.nan
    # To set equal weights apart would take weight from them.
    if tail.size >= FEWEST and np.diff(weights[tail]).all():
        shape, smoothed = _smoothed_tail(np.append(threshold, weights[tail]))
        weights[tail] = smoothed
    weights /= weights.sum()
    return Smoothed(weights, shape, _effective(weights))


def _effective(weights: Floats) -> float:
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


def weighted_quantiles(values: Floats, weights: Floats, levels: Floats) -> Floats:
    """Return quantiles (level) of weighted values.

    Parameters
    ----------
    values
        Sorted (draw).
    weights
        (draw), of the values, all above 0; they sum to 1.
    levels
        Between 0 and 1.

    Notes
    -----
    The weighted distribution function is inverted, and the inverse averaged over one effective draw, from p (n - 1) / n
    to (p (n - 1) + 1) / n, with n = 1 / sum(w^2) (Akinshin 2023, "Weighted quantile estimators", type 7). With equal
    weights that is the quantile that NumPy gives.

    Examples
    --------
    >>> weighted_quantiles(np.array([1.0, 2.0, 4.0]), np.full(3, 1 / 3), np.array([0.25, 0.5])).round(12).tolist()
    [1.5, 2.0]
    """
    ess = _effective(weights)
    above = np.cumsum(weights)
    above[-1] = 1.0
    starts = np.clip(levels, 0.0, 1.0) * (ess - 1) / ess
    stops = np.minimum(starts + 1 / ess, 1.0)
    last = len(values) - 1
    firsts = np.searchsorted(above, starts, side="right").clip(0, last)
    stop_places = np.searchsorted(above, stops, side="left").clip(0, last) + 1
    found = np.empty(len(starts))
    for k, piece in enumerate(map(slice, firsts, stop_places)):
        shares = np.diff(np.minimum(above[piece], stops[k]), prepend=starts[k])
        inside = values[piece]
        # From its first value on, so that equal values give that value.
        found[k] = inside[0] + (shares * (inside - inside[0])).sum() / shares.sum()
    return found


def weigh(
    values: Floats,
    weights: Floats,
    levels: Floats,
    replicates: Replicates | None = None,
    order: Integers | None = None,
) -> Weighted:
    """Return the weighted mean and quantiles of a row of draws, with their errors.

    Parameters
    ----------
    values, weights
        (draw); weights sum to 1, and some may be 0.
    levels
        Levels of the quantiles, strictly between 0 and 1.
    replicates
        The replicates that errors come from; None if all draws are independent.
    order
        The places of the values, sorted, where they are known.

    Notes
    -----
    Mean m: sqrt(sum(w^2 (x - m)^2)). Quantile q at p: the share of the weights up to q has the error e = sqrt(sum(w^2
    ([x <= q] - p)^2)), and the quantile half the distance between those at p - e and p + e; NaN where one of these lies
    within the outermost draw. From R replicates, which are the chains of a design whose draws are not independent: the
    sums of w (x - m) and of w ([x <= q] - p) over each of them, s, have the error sqrt(R / (R - 1) sum(s^2)): the delta
    method for a ratio whose two sums are both random. What replicates cannot tell of a share counts as one effective
    draw.

    Examples
    --------
    >>> found = weigh(np.array([1.0, 3.0]), np.array([0.75, 0.25]), np.array([0.5]))
    >>> float(found.estimates[0]), float(found.mcse[0]) == (0.75**2 * 0.5**2 + 0.25**2 * 1.5**2) ** 0.5
    (1.5, True)
    """
    order = np.argsort(values, kind="stable") if order is None else order
    order = order[weights[order] > 0]
    x, w = values[order], weights[order]
    mean = float(x[0] + (w * (x - x[0])).sum())
    quantile = weighted_quantiles(x, w, levels)
    deviations = np.stack([values - mean, *(p - (values <= q) for p, q in zip(levels, quantile, strict=True))])
    parts = _parts(weights * deviations, replicates)
    errors = _errors(parts, replicates)
    steps = errors[1:] if replicates is None else np.hypot(errors[1:], 1 / _effective(w))
    is_known = (levels - steps >= w[0]) & (levels + steps <= 1 - w[-1])
    around = np.where(is_known, np.stack([levels - steps, levels + steps]), levels)
    below, above = weighted_quantiles(x, w, around.ravel()).reshape(2, -1)
    of_quantiles = np.where(is_known, (above - below) / 2, np.nan)
    # An error of a share becomes one of the quantile by the slope between the two.
    parts[1:] *= (of_quantiles / steps)[:, np.newaxis]
    return Weighted(np.append(mean, quantile), np.append(errors[0], of_quantiles), parts)


def _parts(terms: Floats, replicates: Replicates | None) -> Floats:
    """Return terms (statistic, draw) as they are, or summed over each replicate."""
    if replicates is None:
        return terms
    sums: Floats = np.add.reduceat(terms, [0, *replicates.stops[:-1]], axis=1)
    return sums


def _errors(parts: Floats, replicates: Replicates | None) -> Floats:
    """Return standard errors (statistic) of what the parts (statistic, draw or replicate) add up to."""
    if replicates is None:
        return np.sqrt((parts**2).sum(axis=1))
    found: Floats = replicates.error(len(replicates.stops) * parts.T, np.zeros(len(parts)))
    return found


def error_of_difference(a: Weighted, b: Weighted, replicates: Replicates | None = None) -> Floats:
    """Return the standard errors (statistic) of b's estimates less a's, both from the same draws."""
    return _errors(b.parts - a.parts, replicates)
