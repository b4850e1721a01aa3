"""The tail of Kolmogorov's distribution for many distances at once; SciPy's takes milliseconds for each."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from scipy.special import gammaln
from scipy.stats import kstwo

from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.gaps import smirnov_tails

# Where SciPy's kstwo.sf goes over from one formula to another (Simard and L'Ecuyer 2011).
FEW_DRAWS = 140
SHORT_DISTANCE = 1.4
LONG_DISTANCE, ENDLESS_DISTANCE = 2.2, 370.0
CACHED = 4096
TERMS = 8
"""Of a series whose k-th term is below exp(-pi^2 k^2 / (2 z^2)), z^2 < 2.2."""


def kolmogorov_tail(distances: Floats, size: int) -> Floats:
    """Return P(D >= d) of a sample of so many draws, for each distance d; it agrees with SciPy's to 1e-10.

    Notes
    -----
    Pelz and Good (1976) for n d^2 < 2.2; twice Smirnov's one-sided tail, which errs by less than 1e-10 beyond that
    (Simard and L'Ecuyer 2011); SciPy itself for few draws and for very short distances.

    Examples
    --------
    >>> kolmogorov_tail(np.array([0.05, 0.1]), 500).round(6).tolist()
    [0.158663, 8.3e-05]
    """
    square = size * distances**2
    own = (size > FEW_DRAWS) & (size * distances**1.5 > SHORT_DISTANCE)
    far, near = own & (square >= LONG_DISTANCE), own & (square < LONG_DISTANCE)
    tails = np.zeros(distances.shape)
    tails[near] = 1.0 - _pelz_good(np.sqrt(square[near]), size)
    tails[far] = _smirnov(distances[far], size)
    few, places = np.unique(distances[~own], return_inverse=True)
    tails[~own] = np.array([_exact(float(one), size) for one in few])[places] if few.size else 0.0
    return np.clip(tails, 0.0, 1.0)


@lru_cache(maxsize=CACHED)
def _exact(distance: float, size: int) -> float:
    """Return SciPy's tail; it is kept, as few draws have few distances, which every replicate meets again."""
    return float(kstwo.sf(distance, size))


def _smirnov(distances: Floats, size: int) -> Floats:
    """Return 2 P(D+ >= d), or 0 where it is less than exp(-740)."""
    tails = np.zeros(distances.size)
    finite = size * distances**2 < ENDLESS_DISTANCE
    some = np.zeros(np.count_nonzero(finite))
    smirnov_tails(distances[finite], gammaln(np.arange(1.0, size + 2.0)), some)
    tails[finite] = 2.0 * some
    return tails


def _pelz_good(z: Floats, size: int) -> Floats:
    """Return P(sqrt(n) D <= z) = K0(z) + K1(z) / n^(1/2) + K2(z) / n + K3(z) / n^(3/2).

    Pelz and Good (1976), "Approximating the lower tail-areas of the Kolmogorov-Smirnov one-sample statistic".
    """
    root = math.sqrt(size)
    k0, k1, k2, k3 = _coefficients(z[:, np.newaxis], np.arange(TERMS))
    result: Floats = math.sqrt(2 * math.pi) * (k0 + (k1 + (k2 + k3 / root) / root) / root)
    return result


def _coefficients(z: Floats, k: Integers) -> tuple[Floats, Floats, Floats, Floats]:
    """Return K0 ... K3 over sqrt(2 pi), as sums over a = pi^2 (k + 1/2)^2 and b = pi^2 (k + 1)^2."""
    a, b = (math.pi * (k + 0.5)) ** 2, (math.pi * (k + 1.0)) ** 2
    by_a, by_b = np.exp(-a / (2 * z**2)), b * np.exp(-b / (2 * z**2))
    k1 = (a - z**2) / (6 * z**4)
    k2 = (6 * z**6 + 2 * z**4 + (2 * z**4 - 5 * z**2) * a + (1 - 2 * z**2) * a**2) / (72 * z**7)
    constant, linear = -30 * z**6 - 90 * z**8, 135 * z**4 - 96 * z**6
    k3 = (constant + linear * a + (212 * z**4 - 60 * z**2) * a**2 + (5 - 30 * z**2) * a**3) / (6480 * z**10)
    terms = (by_a / z, k1 * by_a, k2 * by_a - by_b / (36 * z**3), k3 * by_a + (3 * z**2 - b) * by_b / (216 * z**6))
    return tuple(term.sum(axis=1) for term in terms)  # type: ignore[return-value]
