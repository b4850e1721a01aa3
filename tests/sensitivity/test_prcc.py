"""Partial rank correlation: OpenTURNS' digits, the inverse of the matrix, and matrices that have none."""

import json

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from mcdemand.sensitivity import prcc, spearman
from tests.references.openturns_given_data import FILE, samples


def partial(x, y):
    return prcc.estimate(x, np.atleast_2d(y))["partial_rank_correlation"]


def by_inverse(x, y):
    precision = np.linalg.inv(np.corrcoef(stats.rankdata(np.vstack([x, y]), axis=1)))
    return -precision[:-1, -1] / np.sqrt(np.diag(precision)[:-1] * precision[-1, -1])


def test_same_digits_as_openturns():
    x, y = samples()
    assert_allclose(partial(x, y), json.loads(FILE.read_text())["partial_rank_correlation"], rtol=1e-10, atol=1e-12)


def test_with_ties_it_is_the_inverse_matrix():
    x, y = samples()
    x, row = x.round(), y[2].round()
    assert_allclose(partial(x, row)[:, 0], by_inverse(x, row), rtol=1e-10, atol=1e-12)


def test_of_one_parameter_it_is_the_rank_correlation():
    x, y = samples()
    assert_allclose(partial(x[:1], y), spearman.estimate(x[:1], y)["rank_correlation"], rtol=1e-12)


def test_a_constant_has_none_and_changes_nothing():
    x, y = samples()
    found = partial(np.vstack([x, np.full(x.shape[1], 2.0)]), y)
    assert_array_equal(found[-1], np.zeros(len(y)))
    assert_allclose(found[:-1], partial(x, y), rtol=1e-10, atol=1e-12)
    assert_array_equal(partial(np.ones((1, x.shape[1])), y), np.zeros((1, len(y))))


def test_parameters_that_repeat_each_other_have_none():
    """Given its double, nothing is left of a parameter; the others are as if there were one of the two."""
    x, y = samples()
    found = partial(np.vstack([x, np.exp(x[0])]), y)
    assert_array_equal(found[[0, -1]], np.zeros((2, len(y))))
    assert_allclose(found[1:-1], partial(x, y)[1:], rtol=1e-9, atol=1e-10)


def test_an_output_that_one_parameter_determines():
    """Nothing is left of it for the others."""
    x = np.random.default_rng(3).normal(size=(3, 200))
    assert_allclose(partial(x, np.exp(-x[0]))[:, 0], [-1.0, 0.0, 0.0], atol=1e-12)
