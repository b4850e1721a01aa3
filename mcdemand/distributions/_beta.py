"""The standard beta law by its logit, exact in both tails."""

from __future__ import annotations

from typing import Any

import numpy as np

from mcdemand.distributions._tails import score_of_tails, slope
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import log, softplus

LARGEST_SUM = 1e5
# Below, the law is two points for all that a double can tell, and SciPy takes a second for each value.
SMALLEST_SHAPE = 1e-3


def logit_quantile(z: Floats, a: float, b: float) -> Floats:
    """Return ln x - ln(1 - x) at normal score z, each from the tail in which it is small."""
    from scipy.special import betaincinv, ndtr

    is_low = z < 0
    near = betaincinv(np.where(is_low, a, b), np.where(is_low, b, a), ndtr(-np.abs(z)))
    smallest = np.finfo(float).tiny
    logit = log(np.maximum(near, smallest)) - log(np.maximum(1 - near, smallest))
    return np.asarray(np.where(is_low, logit, -logit))


def logit_slope(z: Floats, t: Floats, a: float, b: float) -> Floats:
    """Return d logit / dz = phi(z) / (density of the logit) at normal score z, where the logit is t."""
    from scipy.special import betaln

    return slope(z, -a * softplus(-t) - b * softplus(t) - betaln(a, b))


def beta_score(below: Any, above: Any, a: float, b: float) -> Any:
    """Return the normal scores of shares x = `below`, where `above` is 1 - x."""
    from scipy.special import betainc

    return score_of_tails(betainc(a, b, np.clip(below, 0.0, 1.0)), betainc(b, a, np.clip(above, 0.0, 1.0)))


def beta_log_density(below: Floats, above: Floats, a: float, b: float) -> Floats:
    """Return the log of the density at (value) shares x = `below`, where `above` is 1 - x."""
    from scipy.special import betaln, xlogy

    return np.asarray(xlogy(a - 1, below) + xlogy(b - 1, above) - betaln(a, b))
