"""Cholesky factor by fixed-order sums: the same bits on every machine, unlike a library tuned to the processor."""

from __future__ import annotations

import numpy as np

from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.intrinsics import fma
from mcdemand.kernels.jit import loop


@loop
def cholesky(matrix: Floats) -> Floats:
    """Lower triangular L with L L' = matrix, row by row (Cholesky-Banachiewicz); NaN if not positive definite."""
    size = matrix.shape[0]
    factor = np.zeros((size, size))
    for i in range(size):
        for j in range(i + 1):
            rest = matrix[i, j]
            for k in range(j):
                rest = fma(-factor[i, k], factor[j, k], rest)
            factor[i, j] = np.sqrt(rest) if i == j else rest / factor[j, j]
    return factor
