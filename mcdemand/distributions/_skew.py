"""The standard skew-normal law by quadrature of its density, exact in both tails."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from mcdemand.distributions._distribution import LOG_ROOT_TWO_PI
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import exp, log
from mcdemand.kernels.quadrature import legendre_rule

NODES, WEIGHTS = legendre_rule(16)
LAST = 38.0
"""Beyond that many scales a normal density is below the smallest number."""
WIDTH, STEEP = 0.25, 10.0
"""The widest panel in scales, and how many scales of the steep side the density takes to turn into the gentle one."""
ROUNDS = 20
CLOSE = 4e-15


class Panels(NamedTuple):
    """Panels of the axis between (edge) values, with the probabilities below and above each edge."""

    edges: Floats
    below: Floats
    above: Floats


def log_skew_density(t: Floats, alpha: float) -> Floats:
    """Return ln 2 phi(t) Phi(alpha t) (Azzalini 1985, equation 1)."""
    from scipy.special import log_ndtr

    return np.asarray(log(2) - LOG_ROOT_TWO_PI - 0.5 * t * t + log_ndtr(alpha * t))


def skew_scores(t: Floats, alpha: float) -> Floats:
    """Return the normal scores of (value) values."""
    from scipy.special import ndtri

    if alpha < 0:
        return -skew_scores(-t, -alpha)
    edges, below, above = _panels(alpha)
    inside = np.clip(t, edges[0], edges[-1])
    panel = np.clip(np.searchsorted(edges, inside, side="right") - 1, 0, edges.size - 2)
    low = below[panel] + _integral(edges[panel], inside, alpha)
    high = above[panel + 1] + _integral(inside, edges[panel + 1], alpha)
    scores = np.where(low < high, ndtri(low), -ndtri(high))
    return np.where(t <= edges[0], -np.inf, np.where(t >= edges[-1], np.inf, scores))


def skew_quantile(z: Floats, alpha: float) -> Floats:
    """Return the quantiles at (score) normal scores, by Newton's method on the scores."""
    if alpha < 0:
        return -skew_quantile(-z, -alpha)
    edges = _panels(alpha).edges
    scores = skew_scores(edges, alpha)
    panel = np.clip(np.searchsorted(scores, z) - 1, 1, edges.size - 3)
    first, last = edges[panel], edges[panel + 1]
    t = np.interp(z, scores[1:-1], edges[1:-1])
    for _ in range(ROUNDS):
        found = skew_scores(t, alpha)
        step = (found - z) * exp(-0.5 * found * found - LOG_ROOT_TWO_PI - log_skew_density(t, alpha))
        t = np.clip(t - step, first, last)
        if np.max(np.abs(found - z)) < CLOSE * (1 + np.max(np.abs(z))):
            break
    return np.asarray(t)


@lru_cache(maxsize=64)
def _panels(alpha: float) -> Panels:
    """Return panels for alpha >= 0, narrower where Phi(alpha t) bends."""
    scale = 1 / math.sqrt(1 + alpha * alpha)
    steep = np.arange(-LAST, STEEP, WIDTH) * scale
    edges = np.append(steep, np.arange(STEEP * scale, LAST, WIDTH))
    parts = _integral(edges[:-1], edges[1:], alpha)
    below = np.append(0.0, np.cumsum(parts))
    return Panels(edges, below, np.append(np.cumsum(parts[::-1])[::-1], 0.0))


def _integral(start: Floats, stop: Floats, alpha: float) -> Floats:
    """Return the integrals of the density between (interval) values, by 16 Gauss-Legendre nodes."""
    half = 0.5 * (stop - start)
    t = (start + half)[:, np.newaxis] + half[:, np.newaxis] * NODES
    return np.asarray(half * (exp(log_skew_density(t, alpha)) * WEIGHTS).sum(axis=1))
