"""Conditional means by regression: bases, fits, and fits without a part of the draws."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mcdemand.sensitivity import _splines


@pytest.mark.parametrize("sort", ["untied", "tied", "classes"])
def test_a_basis_is_orthonormal_and_follows_a_curve(sort: str) -> None:
    x = np.random.default_rng(3).normal(size=4000)
    x = {"untied": x, "tied": np.round(x, 2), "classes": np.round(x)}[sort]
    basis = _splines.basis_of(x)
    size = basis.columns.shape[1]
    assert_allclose(basis.columns.T @ basis.columns, np.eye(size), atol=1e-10)
    assert basis.stops[-1] == size
    y = np.stack([np.sin(2 * x), np.zeros_like(x)])
    found = _splines.regress([x], y)
    assert np.sqrt(np.mean((found.fitted[0] - y[0]) ** 2)) < 0.02
    assert_array_equal(found.fitted[1], 0.0)


@pytest.mark.parametrize("members", [1, 2])
def test_a_fit_without_a_part_is_that_of_the_other_draws(members: int) -> None:
    x, z = np.random.default_rng(3).normal(size=(2, 800))
    y = np.stack([x + np.sin(z), x * z])
    found = _splines.regress([x, z][:members], y)
    part = slice(100, 200)
    outside = np.r_[0:100, 200:800]
    for row, count in enumerate(found.counts):
        columns = found.columns[:, :count]
        weights = np.linalg.lstsq(columns[outside], y[row, outside])[0]
        assert_allclose(found.fitted_without(y, part)[row], columns @ weights, rtol=1e-8, atol=1e-8)
