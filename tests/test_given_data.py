"""Errors of given-data indices from replicates."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mcdemand.given_data import Draws, estimate_given_data
from mcdemand.sensitivity._method import Index, Method

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


def test_blocks_are_consecutive_draws_of_every_chain():
    draws = Draws([np.arange(32.0)[np.newaxis]], np.arange(32.0)[np.newaxis], 4)
    parts = [draws.part(k, "blocks").rows[0] for k in range(4)]
    assert_array_equal(parts[1], [2, 3, 10, 11, 18, 19, 26, 27])
    assert_array_equal(np.sort(np.concatenate(parts)), np.arange(32.0))
    assert_array_equal(draws.part(1, "chains").rows[0], np.arange(8.0, 16.0))


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
