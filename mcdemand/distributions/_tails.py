"""Both tails of a law in logarithms, so that neither loses digits where its probability is small."""

from __future__ import annotations

from typing import Any

import numpy as np

from mcdemand.distributions._distribution import LOG_ROOT_TWO_PI
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import exp, expm1, log, log1p, softplus

NEGLIGIBLE = -40.0
"""The log of a probability that 1 does not notice."""


def log_tails(z: Floats) -> tuple[Floats, Floats]:
    """Return the logs of the probabilities below and above (score) normal scores."""
    from scipy.special import log_ndtr

    return np.asarray(log_ndtr(z)), np.asarray(log_ndtr(-z))


def slope(z: Floats, log_density: Floats) -> Floats:
    """Return dx / dz = phi(z) / f(x), given the log of the density f where the score is z."""
    with np.errstate(over="ignore"):
        return np.asarray(exp(-0.5 * z * z - LOG_ROOT_TWO_PI - log_density))


def logistic_scores(z: Floats) -> Floats:
    """Return ln Phi(z) - ln Phi(-z): the standard logistic quantile at (score) normal scores."""
    below, above = log_tails(z)
    return below - above


def logistic_slope(z: Floats) -> Floats:
    """Return the derivative of `logistic_scores`."""
    below, above = log_tails(z)
    return slope(z, below + above)


def score_of_logs(log_below: Any, log_above: Any) -> Any:
    """Return the normal scores, from the logs of the probabilities of no more and of more."""
    from scipy.special import ndtri_exp

    return np.where(log_below < log_above, ndtri_exp(log_below), -ndtri_exp(log_above))[()]


def score_of_tails(below: Any, above: Any) -> Any:
    """Return the normal scores, from the probabilities of no more and of more."""
    from scipy.special import ndtri

    return np.where(below < above, ndtri(below), -ndtri(above))[()]


def score_of_logistic(t: Any) -> Any:
    """Return the normal scores of standard logistic values."""
    return score_of_logs(-softplus(-t), -softplus(t))


@np.errstate(all="ignore")
def score_of_exponential(log_t: Any) -> Any:
    """Return the normal scores of standard exponential values, given their logs."""
    log_above = -exp(log_t)
    return score_of_logs(np.where(log_t < NEGLIGIBLE, log_t, log_complement(log_above)), log_above)


@np.errstate(all="ignore")
def log_complement(log_p: Any) -> Any:
    """Return ln(1 - p) from ln p (Maechler 2012, equation 7).

    Examples
    --------
    >>> float(log_complement(-1e-20))
    -46.051701859880914
    """
    return np.where(log_p > -log(2), log(-expm1(log_p)), log1p(-exp(log_p)))


@np.errstate(all="ignore")
def log_positive(x: Any) -> Any:
    """Return ln x, minus infinity up to 0."""
    return log(np.maximum(x, 0.0))
