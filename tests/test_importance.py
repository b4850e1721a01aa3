"""Smoothed weights against ArviZ and laws whose tail is known."""

import math
from itertools import pairwise

import numpy as np
import pytest
from arviz_stats.base import array_stats
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from mcdemand import importance
from mcdemand.errors import NumericalError
from mcdemand.importance import largest_pareto_k, smooth_weights, tail_size

LOG_WEIGHTS = {
    "normal": lambda rng, n: 0.8 * rng.standard_normal(n),
    "light": lambda rng, n: np.log(rng.random(n)),
    "heavy": lambda rng, n: 3.0 * rng.standard_normal(n),
    "exponential": lambda rng, n: np.log(rng.standard_exponential(n)),
    "some are zero": lambda rng, n: np.where(rng.random(n) < 0.3, -np.inf, rng.standard_normal(n)),
    "far below": lambda rng, n: -5000 + rng.standard_normal(n),
}


@pytest.mark.parametrize("draws", [100, 225, 226, 1000, 20_000])
@pytest.mark.parametrize("kind", LOG_WEIGHTS)
def test_weights_and_shape_are_those_of_arviz(kind, draws, size):
    logs = LOG_WEIGHTS[kind](np.random.default_rng(draws), size(draws, min(draws, 1000)))
    # ArviZ takes minus log weights.
    expected, shape = array_stats.psislw(-logs)
    found = smooth_weights(logs)
    assert_allclose(found.pareto_k, shape, rtol=1e-9, atol=1e-10)
    assert_allclose(found.weights, np.exp(expected), rtol=1e-8, atol=1e-300)
    assert_allclose(found.ess, 1 / np.sum(np.exp(expected) ** 2), rtol=1e-8)
    assert_allclose(found.weights.sum(), 1, rtol=1e-12)


@pytest.mark.parametrize("rate", [0.9, 0.7, 0.5, 0.3, 0.1])
def test_the_shape_of_an_exponential_proposal(rate, size):
    """Reference problem 27: proposal Exp(1), target Exp(rate), shape 1 - rate exactly; four standard deviations."""
    draws = size(100_000, 2_000)
    logs = (1 - rate) * np.random.default_rng(27).standard_exponential(draws)
    band = 4 * 0.055 * math.sqrt(tail_size(100_000) / tail_size(draws))
    assert abs(smooth_weights(logs).pareto_k - (1 - rate)) < band


def test_equal_weights_have_no_tail():
    found = smooth_weights(np.full(1000, -7.0))
    assert math.isnan(found.pareto_k)
    assert_array_equal(found.weights, np.full(1000, found.weights[0]))
    assert_allclose(found.ess, 1000, rtol=1e-12)


@pytest.mark.parametrize("top", [3, 20, 400])
def test_weights_that_tie_are_left_as_they_are(top):
    """As those of categories: the fitted law would set equal weights apart, and below the largest."""
    weights = np.repeat([4.0, 1.0, 0.5, 0.0], [top, 600, 300, 100])
    with np.errstate(divide="ignore"):
        found = smooth_weights(np.log(weights))
    assert_allclose(found.weights, weights / weights.sum(), rtol=1e-12)
    assert math.isnan(found.pareto_k)


def test_a_threshold_that_ties_is_passed():
    """Where most weights are one number, those above it are the tail."""
    above = stats.genpareto(0.4).ppf((np.arange(60) + 0.5) / 60)
    found = smooth_weights(np.log(np.append(np.ones(940), 1 + above)))
    assert abs(found.pareto_k - (60 * 0.4 + 5) / 70) < 0.1


@pytest.mark.parametrize("shape", [-0.95, -0.3, 0.0, 1e-9, 0.3, 0.9])
def test_the_scale_belongs_to_the_shape(shape):
    exceedances = 2.5 * stats.genpareto(shape).ppf((np.arange(400) + 0.5) / 400)
    fitted, scale = array_stats._gpdfit(exceedances)
    assert_allclose(importance._pareto_scale(exceedances, float(fitted)), scale, rtol=1e-9)


def test_the_scale_where_the_tail_is_exponential():
    """Its limit, by a factor of almost zero: -mean(log(1 - b x)) / b."""
    x = stats.expon.ppf((np.arange(400) + 0.5) / 400)
    for b in (1e-8, -1e-9, 3e-7, 1e-4):
        raw = float(np.mean(np.log1p(-b * x)))
        shape = (400 * raw + 5) / 410
        assert_allclose(importance._pareto_scale(x, shape), x.mean() + b / 2 * (x**2).mean(), rtol=1e-6)


@pytest.mark.parametrize("logs", [[-np.inf] * 40, [0.0, np.nan] * 20, [0.0, np.inf] * 20])
def test_weights_that_are_no_numbers_are_refused(logs):
    with pytest.raises(NumericalError, match="importance weights: all zero"):
        smooth_weights(np.array(logs))


def test_how_large_a_shape_is_trusted():
    assert_allclose(
        [largest_pareto_k(n) for n in (100, 1000, 2154, 2155, 10**7)], [0.5, 2 / 3, 0.7, 0.7, 0.7], atol=3e-5
    )
    assert largest_pareto_k(1) == -math.inf


def test_sizes_of_tails():
    assert [tail_size(n) for n in (0, 24, 25, 225, 226, 1000, 10**6)] == [0, 0, 5, 45, 45, 94, 3000]
    assert all(a <= b for a, b in pairwise(map(tail_size, range(1000))))
