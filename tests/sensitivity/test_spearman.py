"""Rank correlation: SciPy's and OpenTURNS' digits."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from mcdemand.sensitivity.spearman import estimate
from tests.references.openturns_given_data import FILE, samples


def by_scipy(x, y):
    return np.array([[stats.spearmanr(column, row).statistic for row in y] for column in x])


@pytest.mark.parametrize("digits", [None, 1, 0])
def test_same_digits_as_scipy_with_and_without_ties(digits):
    x, y = samples()
    if digits is not None:
        x, y = x.round(digits), y.round(digits)
    assert_allclose(estimate(x, y)["rank_correlation"], by_scipy(x, y), rtol=1e-12, atol=1e-14)


def test_same_digits_as_openturns():
    x, y = samples()
    assert_allclose(estimate(x, y)["rank_correlation"], json.loads(FILE.read_text())["rank_correlation"], rtol=1e-10)


def test_of_a_gaussian_copula():
    """Reference problem 28: rho_S = (6 / pi) asin(rho / 2); 5 standard errors of 1 / sqrt(n)."""
    z = np.random.default_rng(1).normal(size=(2, 4000))
    x, y = z[:1], 0.5 * z[:1] + np.sqrt(0.75) * z[1:]
    assert_allclose(estimate(np.exp(x), y**3)["rank_correlation"], [[0.4825837395]], atol=5 / np.sqrt(4000))


def test_monotone_is_one_and_constant_is_zero():
    x = np.random.default_rng(2).normal(size=(1, 100))
    found = estimate(np.concatenate([np.exp(x), -x, np.full((1, 100), 7.0)]), x**3)["rank_correlation"]
    assert_array_equal(found, [[1.0], [-1.0], [0.0]])
