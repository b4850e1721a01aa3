"""What the methods on ranks and on correlations share: standardised rows, ranks, correlation matrices."""

from __future__ import annotations

import numpy as np

from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.moments import moments
from mcdemand.kernels.products import cross_products, inner_product

RESOLUTION = 1e-10
"""Share of a variance below which nothing is left of it: ranks and draws determine no less."""


def standardized(rows: Floats) -> Floats:
    """Return (row, draw) rows of mean 0 and variance 1, with n in the denominator; a constant row gives zeros."""
    return np.array([_standardized(row) for row in rows]).reshape(rows.shape)


def _standardized(row: Floats) -> Floats:
    deviations = row - moments(row).mean
    # The size of a unit must not matter: a square of 1e200 is no number.
    largest = np.abs(deviations).max()
    if largest == 0:
        return np.zeros_like(row)
    deviations /= largest
    scaled: Floats = deviations / np.sqrt(moments(deviations).m2)
    return scaled


def centered_ranks(rows: Floats) -> Floats:
    """Return twice the ranks of each (row, draw) row less their mean; equal values share the average of their ranks.

    Notes
    -----
    Whole numbers, so that sums of their products are exact up to about 2 x 10^5 draws, in whatever order.
    """
    return np.array([_centered_ranks(row) for row in rows]).reshape(rows.shape)


def _centered_ranks(row: Floats) -> Floats:
    order = np.argsort(row)
    ordered = row[order]
    is_last = np.append(ordered[1:] != ordered[:-1], True)
    stops = np.flatnonzero(is_last) + 1
    starts = np.concatenate(([0], stops[:-1]))
    ranks = np.empty(row.size)
    # Places start ... stop - 1: twice their mean is start + stop - 1, and twice the mean of all is n - 1.
    ranks[order] = np.repeat(starts + stops - row.size, stops - starts)
    return ranks


def correlations(a: Floats, b: Floats) -> Floats:
    """Return (row of a, row of b) correlations of centered (row, draw) rows; that with a constant is 0."""
    # The root of the product, not the product of roots: a row's correlation with itself is then exactly 1.
    norms = np.sqrt(np.outer(_squares(a), _squares(b)))
    return np.divide(cross_products(a, b), norms, out=np.zeros_like(norms), where=norms > 0)


def _squares(rows: Floats) -> list[float]:
    return [inner_product(row, row) for row in rows]


def pseudo_inverse(matrix: Floats) -> Floats:
    """Return the Moore-Penrose inverse of a correlation matrix; eigenvalues below `RESOLUTION` of the largest are 0."""
    if not matrix.size:
        return matrix
    values, vectors = np.linalg.eigh(matrix)
    kept = values > RESOLUTION * values[-1]
    inverse: Floats = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T
    return inverse
