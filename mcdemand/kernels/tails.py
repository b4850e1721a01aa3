"""How heavy a tail is: the shape of a generalised Pareto law fitted to what lies beyond a threshold."""

from __future__ import annotations

import math

import numpy as np

from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementary import log1p
from mcdemand.kernels.jit import loop

GRID = 30
SCALE_PRIOR = 3.0
SHAPE_PRIOR, PRIOR_WEIGHT = 0.5, 10.0
FEWEST, MOST = 5, 1000
NEARLY_EXPONENTIAL = 1e-12


def tail_size(draws: int) -> int:
    """Return how many draws count as a tail: min(n / 5, 3 sqrt(n), 1000); 0 where that is too few to fit."""
    size = min(draws // 5, int(3 * math.sqrt(draws)), MOST)
    return size if size >= FEWEST else 0


@loop
def mean_log1p(exceedances: Floats, factors: Floats) -> Floats:
    """Mean over x of log(1 - b x), for each factor b."""
    sums = np.zeros(factors.size)
    for i in range(exceedances.size):
        for j in range(factors.size):
            sums[j] += log1p(-factors[j] * exceedances[i])
    return sums / exceedances.size


def pareto_shape(tail: Floats) -> float:
    """Return the shape k of a tail: moments of order 1 / k and above are infinite; NaN where the draws are too equal.

    Parameters
    ----------
    tail
        Sorted draws, the first of them the threshold that the others lie beyond; at least six.

    Notes
    -----
    Zhang and Stephens (2009), a quasi-Bayesian estimate, drawn towards 0.5 with the weight of ten draws as in Vehtari
    and others (2024), "Pareto smoothed importance sampling", appendix C.

    Examples
    --------
    >>> round(pareto_shape((1 - np.linspace(0, 1, 1000, endpoint=False)) ** -0.5), 1)
    0.5
    """
    exceedances = tail[1:] - tail[0]
    size = exceedances.size
    quartile, largest = float(exceedances[int(size / 4 + 0.5) - 1]), float(exceedances[-1])
    if not quartile > 0 or not math.isfinite(largest):
        return math.nan
    grid = GRID + int(math.sqrt(size))
    places = np.arange(1, grid + 1) - 0.5
    with np.errstate(all="ignore"):
        factors = (1 - np.sqrt(grid / places)) / (SCALE_PRIOR * quartile) + 1 / largest
        # Zero, which ties can bring about, would be 0 / 0 in the likelihood; its limit is an exponential tail.
        factors[factors == 0] = NEARLY_EXPONENTIAL / largest
        shapes = mean_log1p(exceedances, factors)
        likelihoods = size * (np.log(-factors / shapes) - shapes - 1)
        weights = 1 / np.exp(likelihoods - likelihoods[:, np.newaxis]).sum(axis=1)
        factor = np.sum(factors * weights, keepdims=True) / np.sum(weights)
        shape = mean_log1p(exceedances, factor)[0]
    return float((size * shape + PRIOR_WEIGHT * SHAPE_PRIOR) / (size + PRIOR_WEIGHT))
