"""The standard gamma law by its logarithm, exact in both tails."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mcdemand.distributions._distribution import Quantiles
from mcdemand.distributions._fit import fit_line, fit_numerically, normal_scores, positive_logs
from mcdemand.distributions._tails import score_of_tails, slope
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import exp, expm1, log

SMALLEST_SHAPE, LARGEST_SHAPE = 1e-3, 1e5
FIRST_TERM_LOG = -40.0
"""Of a quantile so small that it has one term: P(x) = x^a / Gamma(1 + a)."""
STIRLING_FROM = 100.0


def log_quantile(z: Floats, shape: float) -> Floats:
    """Return ln(x / shape) at (score) normal scores, from the tail in which the probability is small."""
    from scipy.special import gammainccinv, gammaincinv, gammaln, log_ndtr, ndtr

    first_term = (log_ndtr(z) + gammaln(1 + shape)) / shape
    near = ndtr(-np.abs(z))
    x = np.where(z < 0, gammaincinv(shape, near), gammainccinv(shape, near))
    is_tiny = first_term < FIRST_TERM_LOG
    return np.where(is_tiny, first_term - log(shape), log(np.where(is_tiny, shape, x) / shape))


def log_slope(z: Floats, t: Floats, shape: float) -> Floats:
    """Return dt / dz at (score) normal scores, where ln(x / shape) is t."""
    return slope(z, shape * (t - expm1(t)) + _log_peak(shape))


def _log_peak(shape: float) -> float:
    """Return a ln a - a - ln Gamma(a), by Stirling's series where these cancel."""
    if shape < STIRLING_FROM:
        return shape * log(shape) - shape - math.lgamma(shape)
    correction = (1 / 12 - (1 / 360 - 1 / (1260 * shape**2)) / shape**2) / shape
    return 0.5 * log(shape / (2 * math.pi)) - correction


def gamma_score(x: Any, shape: float) -> Any:
    """Return the normal scores of values."""
    from scipy.special import gammainc, gammaincc

    x = np.maximum(x, 0.0)
    return score_of_tails(gammainc(shape, x), gammaincc(shape, x))


def check_shape(name: str, shape: float) -> str | None:
    """Return the rule that a shape breaks."""
    if shape > LARGEST_SHAPE:
        return f"{name}: {shape!r}: must be at most {LARGEST_SHAPE:g}; so narrow a law is normal, state it as one"
    if shape < SMALLEST_SHAPE:
        return f"{name}: {shape!r}: must be at least {SMALLEST_SHAPE:g}"
    return None


def fit_gamma(quantiles: Quantiles) -> tuple[float, float]:
    """Return shape and mean whose quantiles are those stated, or nearest to them in the log.

    Raises
    ------
    InputError
        If there are fewer than two quantiles, or one is not above 0.
    """
    scores, logs = np.array(normal_scores(quantiles)), np.array(positive_logs(quantiles))
    mean, spread = fit_line(scores.tolist(), logs.tolist())

    def misfit(free: Floats) -> Floats:
        return np.asarray(log_quantile(scores, float(exp(free[0]))) + free[1] - logs)

    start = [-2 * log(spread), mean + spread**2 / 2]
    limits = log(SMALLEST_SHAPE), log(LARGEST_SHAPE)
    start[0] = min(max(start[0], limits[0] / 2), limits[1] / 2)
    shape, mean = exp(fit_numerically(misfit, start, largest=[limits[1], np.inf], smallest=[limits[0], -np.inf]))
    return float(shape), float(mean)
