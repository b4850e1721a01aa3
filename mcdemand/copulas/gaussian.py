"""The Gaussian copula: correlated normals under the laws.

A Spearman rank correlation r belongs to the latent correlation 2 sin(pi r / 6) (Pearson 1907; Kruskal 1958, eq. 6.4).
"""

from __future__ import annotations

import math

import numpy as np

from mcdemand.copulas._copula import Copula
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.linear_algebra import cholesky

SINE_TERMS = 10


def latent_correlation(rank: float) -> float:
    """Return 2 sin(pi rank / 6), by a series so that no platform's sine decides the last bit."""
    x = math.pi * rank / 6
    term = total = x
    for k in range(1, SINE_TERMS):
        term *= -x * x / (2 * k * (2 * k + 1))
        total += term
    return 2 * total


def factor(latent: Floats) -> Floats:
    """Return the lower triangular factor of the latent correlation matrix."""
    with np.errstate(all="ignore"):
        return np.asarray(cholesky(latent))


COPULA = Copula(name="gaussian", latent_correlation=latent_correlation, factor=factor)
