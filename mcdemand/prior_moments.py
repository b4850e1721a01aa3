"""Moments of a prior as the engine draws it, from its quantile function: the mean, how heavy its tails are."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from mcdemand.kernels.arrays import Floats
from mcdemand.prior import Prior
from mcdemand.row_builder import prior_quantiles

LARGEST_SCORE = 8.0
NODES = 15
COARSE, FINE = 16, 32
"""Panels: as many as leave room for other levels in one call, and enough for functions with kinks."""
MOST_LEVELS = 256
MOST_STEPS, BISECTIONS = 64, 40
TAIL_LEVELS = (1e-5, 1e-7, 1e-9)
"""Far enough for the law of the tail, near enough that a double tells 1 - p from 1."""
INFINITE_MEAN, INFINITE_VARIANCE = 1.0, 0.5
"""Tail indices from which on a moment is infinite."""
INDEX_TOLERANCE = 0.005
SMALLEST = 1e-300


@dataclass(frozen=True)
class Implied:
    """What a prior implies, in its unit.

    Attributes
    ----------
    quantiles
        At the levels asked for.
    mean
        Infinite or NaN where the law has none.
    upper, lower
        Indices of the tails: 0 where a tail falls faster than a power. Moments of order r and more are infinite if one
        is at least 1 / r.
    at_zero
        The index of 1 / x for a law above 0: 1 where it has a density at 0, 0 where x seldom comes near 0. The mean of
        x to the power -r is infinite if it is at least 1 / r.
    """

    quantiles: tuple[float, ...]
    mean: float
    upper: float
    lower: float
    at_zero: float


def implied(prior: Prior, probabilities: Sequence[float] = ()) -> Implied:
    """Return quantiles and moments of a prior, truncation included.

    Parameters
    ----------
    probabilities
        Levels of the quantiles, at most 10.

    Notes
    -----
    The mean is the integral of the quantile function over (0, 1), by Gauss-Legendre panels in the normal score from -8
    to 8; step functions of few steps are summed.

    Examples
    --------
    >>> from mcdemand import load_prior_set
    >>> found = implied(load_prior_set({"parameters": {"x": "uniform(0, 3)"}}).parameters["x"], [0.5])
    >>> found.quantiles, round(found.mean, 12), round(found.at_zero, 9)
    ((1.5,), 1.5, 1.0)
    """
    nodes, _ = _nodes(COARSE)
    far = [*TAIL_LEVELS, *(1 - p for p in TAIL_LEVELS)]
    values = prior_quantiles(prior, [*probabilities, *far, *nodes.tolist()])
    count = len(probabilities)
    low, high = (values[count + k : count + k + len(TAIL_LEVELS)].tolist() for k in (0, len(TAIL_LEVELS)))
    upper, lower = index_of(high), index_of([-x for x in low])
    return Implied(
        quantiles=tuple(values[:count].tolist()),
        mean=_mean(prior, values[count + len(far) :], upper, lower),
        upper=upper,
        lower=lower,
        at_zero=index_of([1 / x if x > SMALLEST else math.nan for x in low]),
    )


def _mean(prior: Prior, values: Floats, upper: float, lower: float) -> float:
    limit = INFINITE_MEAN - INDEX_TOLERANCE
    if max(upper, lower) >= limit:
        return math.nan if min(upper, lower) >= limit else math.copysign(math.inf, upper - lower)
    return _integral(lambda levels: quantiles(prior, levels), values, COARSE)


def tail_index(prior: Prior) -> float:
    """Return the index of the heavier tail of a prior, 0 if both fall faster than a power.

    Examples
    --------
    >>> from mcdemand import load_prior_set
    >>> tail_index(load_prior_set({"parameters": {"x": "lognormal(0, 3)"}}).parameters["x"])
    0.0
    """
    values = prior_quantiles(prior, [*TAIL_LEVELS, *(1 - p for p in TAIL_LEVELS)])
    low, high = np.split(values, 2)
    return max(index_of(high.tolist()), index_of((-low).tolist()))


def integrate_gap(a: Callable[[Floats], Floats], b: Callable[[Floats], Floats]) -> float:
    """Return the integral of |a - b| over (0, 1).

    Parameters
    ----------
    a, b
        Monotone functions, from (level) levels to (level) values.
    """
    levels, weights = _nodes(FINE)
    values = a(levels), b(levels)
    breaks = [_steps(function, levels, found) for function, found in zip((a, b), values, strict=True)]
    if breaks[0] is not None and breaks[1] is not None:
        return _sum_steps(lambda at: np.abs(a(at) - b(at)), np.concatenate([breaks[0], breaks[1]]))
    return float(np.dot(weights, np.abs(values[0] - values[1])))


def _integral(function: Callable[[Floats], Floats], values: Floats, panels: int) -> float:
    """Return the integral over (0, 1) of a monotone function whose values at the nodes are known."""
    levels, weights = _nodes(panels)
    breaks = _steps(function, levels, values)
    return float(np.dot(weights, values)) if breaks is None else _sum_steps(function, breaks)


def _steps(function: Callable[[Floats], Floats], levels: Floats, values: Floats) -> Floats | None:
    """Return where a function steps, found by bisection; None if it is no step function of few steps."""
    steps = np.flatnonzero(np.diff(values))
    if steps.size > MOST_STEPS:
        return None
    below, above = levels[steps], levels[steps + 1]
    for _ in range(BISECTIONS if steps.size else 0):
        middle = (below + above) / 2
        is_left = function(middle) == values[steps]
        below, above = np.where(is_left, middle, below), np.where(is_left, above, middle)
    return above


def _sum_steps(function: Callable[[Floats], Floats], breaks: Floats) -> float:
    """Return the integral of a function that is constant between breaks."""
    edges = np.sort(np.concatenate([[0.0], breaks, [1.0]]))
    return float(np.dot(np.diff(edges), function((edges[:-1] + edges[1:]) / 2)))


def quantiles(prior: Prior, levels: Floats) -> Floats:
    """Return quantiles of a prior at any number of levels: (level)."""
    parts = [levels[k : k + MOST_LEVELS] for k in range(0, levels.size, MOST_LEVELS)]
    return np.concatenate([prior_quantiles(prior, part.tolist()) for part in parts])


@cache
def _nodes(panels: int) -> tuple[Floats, Floats]:
    """Return levels and weights: Gauss-Legendre panels in the normal score, the weights summing to 1."""
    from scipy.special import ndtr

    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    edges = np.linspace(-LARGEST_SCORE, LARGEST_SCORE, panels + 1)
    half = np.diff(edges)[:, None] / 2
    scores = (edges[:-1, None] + half * (1 + nodes)).ravel()
    density = np.exp(-scores * scores / 2) * (half * weights).ravel()
    return np.asarray(ndtr(scores)), np.asarray(density / density.sum())


def index_of(values: list[float]) -> float:
    """Return the tail index of values that rise at the probabilities of `TAIL_LEVELS`.

    Notes
    -----
    The log of the quantile at probability p is taken for a + s z(p) - xi ln p: s z is what a log-normal tail does, -xi
    ln p what a power does (Hill 1975 has the same slope from draws). Three points determine xi.
    """
    from scipy.special import ndtri

    if not all(math.isfinite(x) and x > 0 for x in values) or values[-1] - values[0] <= INDEX_TOLERANCE * values[0]:
        return 0.0
    levels = np.array(TAIL_LEVELS)
    columns = np.column_stack([np.ones(len(levels)), -ndtri(levels), -np.log(levels)])
    index = float(np.linalg.solve(columns, np.log(values))[2])
    return index if index > INDEX_TOLERANCE else 0.0
