"""Tables that copulas are drawn from: functions of a score or of a logarithm, for the row operation `INTERPOLATE`.

Scores reach 8.2, the farthest that a uniform of 53 bits has, so the tables reach 8.5.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from mcdemand.distributions._packing import pack
from mcdemand.distributions._pieces import scores_of
from mcdemand.distributions._table import LAST_SCORE, tabulate
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import exp, log
from mcdemand.kernels.pieces import piecewise_row
from mcdemand.kernels.table import tabulated_row

INTERPOLATE = tabulated_row
STEP = piecewise_row
LOG_ROOT_TWO_PI = 0.9189385332046728
"""0.5 log(2 pi)."""
SMALLEST = 9.479534822203318e-18
"""Phi(-8.5)."""
LARGEST_LOG = 39.197396428217
"""-log(Phi(-8.5))."""
MAX_TABLES = 64
# Below, only the first term of the incomplete gamma function's series counts.
FIRST_TERM_LOG = -60.0

type Function = Callable[[Floats], Floats]
type Slope = Callable[[Floats, Floats], Floats]


def tabulate_between(
    value: Function, slope: Slope, low: float = -LAST_SCORE, high: float = LAST_SCORE, factor: float = 1.0
) -> Floats:
    """Return the numbers of `INTERPOLATE` for a multiple of a function between two arguments, constant beyond them.

    Parameters
    ----------
    value, slope
        The function; its derivative, given the argument and the function's value there. Both vectorised.
    """
    middle, scale = 0.5 * (low + high), 0.5 * (high - low) / LAST_SCORE
    table = tabulate(lambda s: value(middle + scale * s), lambda s, y: scale * slope(middle + scale * s, y))
    table[0], table[1] = low, table[1] / scale
    return np.concatenate([[0.0, factor], table])


@lru_cache(MAX_TABLES)
def log_exponential_table(sign: float) -> Floats:
    """Return the table of log(-log Phi(sign z)): the logarithm of a unit exponential, from its normal score."""
    from scipy.special import log_ndtr

    def value(z: Floats) -> Floats:
        return np.asarray(log(-log_ndtr(sign * z)))

    def slope(z: Floats, _y: Floats) -> Floats:
        log_u = log_ndtr(sign * z)
        return np.asarray(sign * exp(-0.5 * z * z - LOG_ROOT_TWO_PI - log_u) / log_u)

    return tabulate_between(value, slope)


def log_gamma_scale(shape: float) -> float:
    """Return what the logarithm of a gamma variable is multiplied by in its table, so that it stays small."""
    return min(1.0, shape)


@lru_cache(MAX_TABLES)
def log_gamma_table(shape: float, factor: float) -> Floats:
    """Return the table of factor log(G / shape), G a gamma variable of unit scale, from its normal score."""
    from scipy.special import gammaln

    scale = log_gamma_scale(shape)

    def value(z: Floats) -> Floats:
        return np.asarray(scale * (log_gamma_quantile(z, shape) - log(shape)))

    def slope(z: Floats, y: Floats) -> Floats:
        log_g = y / scale + log(shape)
        exponent = gammaln(shape) - 0.5 * z * z - LOG_ROOT_TWO_PI + exp(log_g) - shape * log_g
        return np.asarray(scale * exp(exponent))

    return tabulate_between(value, slope, factor=factor / scale)


def log_gamma_quantile(z: Floats, shape: float) -> Floats:
    """Return the log of the gamma quantile at normal score z, from the tail in which its probability is small."""
    from scipy.special import gammainccinv, gammaincinv, gammaln, log_ndtr, ndtr

    first_term = (log_ndtr(z) + gammaln(1 + shape)) / shape
    low = z < 0
    quantile = np.where(low, gammaincinv(shape, ndtr(np.where(low, z, 0.0))), gammainccinv(shape, ndtr(-np.abs(z))))
    is_tiny = first_term < FIRST_TERM_LOG
    return np.asarray(np.where(is_tiny, first_term, log(np.where(is_tiny, 1.0, quantile))))


def score_of_logs(log_below: Floats, log_above: Floats) -> Floats:
    """Return the normal score of a probability whose logarithm, and that of whose complement, are given."""
    from scipy.special import ndtri_exp

    is_low = log_below < log_above
    score = ndtri_exp(np.where(is_low, log_below, log_above))
    return np.asarray(np.where(is_low, score, -score))


def step_table(values: Floats) -> Floats:
    """Return the numbers of `STEP` that look up the k-th of n values where the score's probability is k / n and more.

    Its jumps are, bit for bit, those of an empirical law of n samples.
    """
    above = np.arange(values.size, dtype=np.float64)[::-1] / values.size
    below = np.arange(1, values.size + 1) / values.size
    knots = np.append(-LAST_SCORE, scores_of(below, above)[:-1])
    return pack(knots, values, np.zeros((values.size, 3)), values)
