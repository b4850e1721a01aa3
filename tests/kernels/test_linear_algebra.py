"""The Cholesky factor against NumPy's."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mcdemand.kernels.linear_algebra import cholesky


def correlation_matrix(size, seed):
    """A random positive definite correlation matrix."""
    factor = np.random.default_rng(seed).normal(size=(size, 2 * size))
    product = factor @ factor.T
    scale = np.sqrt(np.diag(product))
    return product / np.outer(scale, scale)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 20])
def test_factor_is_numpys_to_rounding(size):
    matrix = correlation_matrix(size, size)
    factor = cholesky(matrix)
    assert_allclose(factor, np.linalg.cholesky(matrix), rtol=1e-12, atol=1e-14)
    assert_allclose(factor @ factor.T, matrix, rtol=0, atol=1e-15 * size)
    assert_array_equal(np.triu(factor, 1), np.zeros_like(factor))


def test_exact_factor():
    matrix = np.array([[4.0, 12.0, -16.0], [12.0, 37.0, -43.0], [-16.0, -43.0, 98.0]])
    assert_array_equal(cholesky(matrix), [[2.0, 0.0, 0.0], [6.0, 1.0, 0.0], [-8.0, 5.0, 3.0]])


@pytest.mark.parametrize("size", [2, 3, 5])
def test_not_positive_definite_gives_nan(size):
    matrix = np.full((size, size), -0.9) + 1.9 * np.eye(size)
    matrix[0, 1] = matrix[1, 0] = -1.1
    with np.errstate(all="ignore"):
        assert np.isnan(cholesky(matrix)[-1, -1])


def test_a_nearly_singular_matrix_is_factored():
    matrix = np.array([[1.0, 1.0 - 1e-12], [1.0 - 1e-12, 1.0]])
    assert_allclose(cholesky(matrix)[1], [1.0 - 1e-12, np.sqrt(2e-12)], rtol=1e-4)


def test_the_input_is_left_alone():
    matrix = correlation_matrix(4, 1)
    before = matrix.copy()
    cholesky(matrix)
    assert_array_equal(matrix, before)
