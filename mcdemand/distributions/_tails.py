"""Both tails of a law in logarithms, so that neither loses digits where its probability is small."""

from __future__ import annotations

import math

import numpy as np

from mcdemand.distributions._distribution import LOG_ROOT_TWO_PI
from mcdemand.kernels.arrays import Floats

LARGEST_EXPONENT = 700.0
NEGLIGIBLE = -40.0
"""The log of a probability that 1 does not notice."""


def log_tails(z: Floats) -> tuple[Floats, Floats]:
    """Return the logs of the probabilities below and above (score) normal scores."""
    from scipy.special import log_ndtr

    return np.asarray(log_ndtr(z)), np.asarray(log_ndtr(-z))


def slope(z: Floats, log_density: Floats) -> Floats:
    """Return dx / dz = phi(z) / f(x), given the log of the density f where the score is z."""
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(-0.5 * z * z - LOG_ROOT_TWO_PI - log_density))


def logistic_scores(z: Floats) -> Floats:
    """Return ln Phi(z) - ln Phi(-z): the standard logistic quantile at (score) normal scores."""
    below, above = log_tails(z)
    return below - above


def logistic_slope(z: Floats) -> Floats:
    """Return the derivative of `logistic_scores`."""
    below, above = log_tails(z)
    return slope(z, below + above)


def score_of_logs(log_below: float, log_above: float) -> float:
    """Return the normal score, from the logs of the probabilities of no more and of more."""
    from scipy.special import ndtri_exp

    return float(ndtri_exp(log_below) if log_below < log_above else -ndtri_exp(log_above))


def score_of_tails(below: float, above: float) -> float:
    """Return the normal score, from the probabilities of no more and of more."""
    from scipy.special import ndtri

    return float(ndtri(below) if below < above else -ndtri(above))


def score_of_logistic(t: float) -> float:
    """Return the normal score of a standard logistic value."""
    return score_of_logs(-softplus(-t), -softplus(t))


def score_of_exponential(log_t: float) -> float:
    """Return the normal score of a standard exponential value, given its log."""
    if log_t < NEGLIGIBLE:
        return score_of_logs(log_t, 0.0)
    log_above = -math.exp(log_t) if log_t < LARGEST_EXPONENT else -math.inf
    return score_of_logs(log_complement(log_above), log_above)


def softplus(t: float) -> float:
    """Return ln(1 + e^t)."""
    return max(t, 0.0) + math.log1p(math.exp(-abs(t)))


def log_complement(log_p: float) -> float:
    """Return ln(1 - p) from ln p (Maechler 2012, log1mexp)."""
    if log_p >= 0:
        return -math.inf
    return math.log(-math.expm1(log_p)) if log_p > -math.log(2) else math.log1p(-math.exp(log_p))
