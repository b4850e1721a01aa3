"""Standardised regression: OpenTURNS' and NumPy's digits, closed forms of linear outputs, collinear parameters."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mcdemand.sensitivity.src import METHOD, estimate
from tests.references.openturns_given_data import FILE, samples


def regression(x, y):
    indices = estimate(x, np.atleast_2d(y))
    return indices["standardized_coefficient"], indices["r_squared"]


def by_lstsq(x, y):
    def scaled(rows):
        return (rows - rows.mean(axis=1, keepdims=True)) / rows.std(axis=1, keepdims=True)

    coefficients = np.linalg.lstsq(scaled(x).T, scaled(y).T)[0]
    return coefficients, 1 - np.mean(np.square(scaled(y) - coefficients.T @ scaled(x)), axis=1)


def test_same_digits_as_openturns():
    x, y = samples()
    peer = json.loads(FILE.read_text())
    coefficients, r_squared = regression(x, y)
    assert_allclose(coefficients, peer["standardized_coefficient"], rtol=1e-10)
    assert_allclose(r_squared, peer["r_squared"], rtol=1e-10)


@pytest.mark.parametrize(("scale", "shift"), [(1.0, 0.0), (1e-6, 1.0), (1e150, 0.0)])
def test_same_digits_as_numpy_whatever_the_units(scale, shift):
    x, y = samples()
    expected = by_lstsq(x, y)
    found = regression(scale * x + shift, scale * y + shift)
    for ours, theirs in zip(found, expected, strict=True):
        assert_allclose(ours, theirs, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize(
    ("slopes", "indices"),
    [([1, 1, 6], [0.02631579, 0.02631579, 0.94736842]), ([0.48, -0.3, 0.2], [0.63928968, 0.24972253, 0.11098779])],
    ids=["problem 14", "problem 8 on the logarithm"],
)
def test_squares_are_the_indices_of_a_linear_output(slopes, indices):
    """Draws decorrelated and scaled exactly, so that sample moments are the prior's and no noise is left."""
    z = np.random.default_rng(4).normal(size=(3, 500))
    z -= z.mean(axis=1, keepdims=True)
    z = np.linalg.solve(np.linalg.cholesky(z @ z.T / 500), z)
    coefficients, r_squared = regression(z, slopes @ z)
    assert_allclose(coefficients[:, 0] ** 2, indices, atol=1e-8)
    assert_array_equal(np.sign(coefficients[:, 0]), np.sign(slopes))
    assert_allclose(r_squared, 1.0, rtol=1e-12)


def test_of_correlated_parameters():
    """Y = X1 - X2: coefficients are slope times sd over sd of Y, exactly, however correlated."""
    x, _ = samples()
    y = x[0] - x[1]
    coefficients, r_squared = regression(x, y)
    assert_allclose(coefficients[:, 0], [x[0].std() / y.std(), -x[1].std() / y.std(), 0, 0], atol=1e-12)
    assert_allclose(r_squared, 1.0, rtol=1e-12)


def test_a_constant_has_none_and_doubles_share():
    x, y = samples()
    expected, r_expected = regression(x, y)
    found, r_squared = regression(np.vstack([x, 5 * x[0] + 1, np.full(x.shape[1], 2.0)]), y)
    assert_allclose(found[0], found[4], rtol=1e-8, atol=1e-10)
    assert_allclose(found[0] + found[4], expected[0], rtol=1e-9, atol=1e-10)
    assert_allclose(found[1:4], expected[1:], rtol=1e-9, atol=1e-10)
    assert_array_equal(found[5], np.zeros(len(y)))
    assert_allclose(r_squared, r_expected, rtol=1e-10)


def test_only_constants_explain_nothing():
    _, y = samples()
    coefficients, r_squared = regression(np.ones((2, y.shape[1])), y)
    assert_array_equal(coefficients, np.zeros((2, len(y))))
    assert_array_equal(r_squared, np.zeros(len(y)))


def test_what_it_declares():
    assert METHOD.indices["r_squared"].dims == ()
