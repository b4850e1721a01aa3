"""Errors of given-data indices: from chains, or a method's own."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mcdemand.given_data import Draws, estimate_given_data
from mcdemand.sensitivity._method import Estimate, Index, Method

X, Y = np.random.default_rng(1).normal(size=(2, 1, 512))


def mean_product(x, y, **options):
    assert options.get("sample") in (None, 160, 10)
    return {"product": x @ y.T / x.shape[1], "size": np.array([[float(x.shape[1])]])}


def method(**changes):
    given = {
        "name": "product",
        "title": "",
        "design": "given_data",
        "indices": {"product": Index("mean product"), "size": Index("draws", has_error=False)},
        "estimate": mean_product,
        "dependence": "respected",
    }
    return Method(**(given | changes))


def test_the_error_is_that_of_the_mean_over_chains():
    found = estimate_given_data(method(), Draws([X], Y, 8), {}, 1)
    parts = (X * Y).reshape(8, -1).mean(axis=1)
    assert_allclose(found["product"].value, (X * Y).mean())
    assert_allclose(found["product"].mcse, parts.std(ddof=1) / np.sqrt(8))
    assert found["product"].freedom == 7
    assert np.isnan(found["size"].mcse).all()


def test_a_method_may_have_errors_of_its_own():
    def with_errors(x, y, chains, threads, **options):
        assert (x.shape, y.shape, chains, threads, options) == ((1, 512), (1, 512), 8, 3, {"k": 2})
        return {"product": Estimate(np.ones((1, 1)), np.full((1, 1), 0.5), 40.0)}

    found = estimate_given_data(method(estimate_with_errors=with_errors), Draws([X], Y, 8), {"k": 2}, 3)
    assert found["product"] == (1.0, 0.5, 40.0)
    assert found["size"].value == 512.0
    one = estimate_given_data(method(estimate_with_errors=with_errors), Draws([X], Y, 1), {}, 3)["product"]
    assert np.isnan(one.mcse).all()


def test_a_chain_is_consecutive_draws():
    draws = Draws([np.arange(32.0)[np.newaxis]], np.arange(32.0)[np.newaxis], 4)
    assert_array_equal(draws.chain(1).rows[0], np.arange(8.0, 16.0))
    assert_array_equal(draws.chain(1).factors[0][0], np.arange(8.0, 16.0))


def test_an_estimator_of_some_draws_takes_as_many_in_proportion():
    found = estimate_given_data(method(), Draws([X], Y, 16), {"sample": 160}, 1)
    assert np.isfinite(found["product"].mcse).all()


@pytest.mark.parametrize("chains", [1, 32])
def test_too_few_replicates_or_draws_have_no_error(chains):
    found = estimate_given_data(method(), Draws([X], Y, chains), {}, 1)
    assert np.isnan(found["product"].mcse).all()


def test_threads_do_not_matter():
    one, two = (estimate_given_data(method(), Draws([X], Y, 8), {}, threads) for threads in (1, 2))
    assert_array_equal(one["product"].mcse, two["product"].mcse)
