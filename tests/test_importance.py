"""Smoothed weights against ArviZ and laws whose tail is known; weighted estimates against their written formulas."""

import math
from itertools import pairwise

import numba
import numpy as np
import pytest
from arviz_stats.base import array_stats
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from mcdemand import importance
from mcdemand.errors import NumericalError
from mcdemand.importance import (
    error_of_difference,
    largest_pareto_k,
    smooth_weights,
    tail_size,
    weigh,
    weighted_quantiles,
)
from mcdemand.replicates import Replicates


def equal(count: int) -> np.ndarray:
    return np.full(count, 1 / count)


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


def test_normal_prior_and_one_observation():
    """Reference problem 23: prior N(0, 1), y = 1, s = 0.5; posterior N(0.8, 0.2), effective share 0.42047."""
    draws = 20_000
    x = np.random.default_rng(23).standard_normal(draws)
    smoothed = smooth_weights(stats.norm(x, 0.5).logpdf(1.0))
    assert_allclose(smoothed.ess / draws, 0.4204704064, rtol=0.02)
    levels = np.array([0.05, 0.5, 0.95])
    found = weigh(x, smoothed.weights, levels)
    exact = np.append(0.8, stats.norm(0.8, math.sqrt(0.2)).ppf(levels))
    # Four estimates; a normal error passes 4 of its sd once in 16,000 times.
    assert np.all(np.abs(found.estimates - exact) < 4 * found.mcse)
    # Of the mean, in the limit: sd sqrt(E[w^2 (x - m)^2] / n), by quadrature.
    grid = np.linspace(-8, 8, 20_001)
    weight = stats.norm(0.8, math.sqrt(0.2)).pdf(grid) / stats.norm.pdf(grid)
    second = np.trapezoid(weight**2 * (grid - 0.8) ** 2 * stats.norm.pdf(grid), grid)
    assert_allclose(found.mcse[0], math.sqrt(second / draws), rtol=0.03)


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


@pytest.mark.parametrize("count", [1, 2, 3, 10, 1001])
def test_equal_weights_give_the_quantiles_of_numpy(count):
    x = np.sort(np.random.default_rng(count).lognormal(0, 2, count))
    levels = np.array([0.0, 0.001, 0.05, 0.3, 0.5, 0.77, 0.999, 1.0])
    assert_allclose(weighted_quantiles(x, equal(count), levels), np.quantile(x, levels), rtol=1e-9)


def test_quantiles_of_weighted_values_by_hand():
    """1 / sum(w^2) = 8/3; at 1/2 from 5/16 to 11/16: 3/16 of it at 1, 3/16 at 2; at 1/4 from 5/32 on: all at 1."""
    x, w = np.array([1.0, 2.0, 4.0]), np.array([0.5, 0.25, 0.25])
    # At 9/10 from 9/16 to 15/16: 3/16 at 2 and 3/16 at 4.
    assert_allclose(
        weighted_quantiles(x, w, np.array([0.0, 0.5, 0.9, 1.0])), [1, 1.5, 3, (0.125 * 2 + 0.25 * 4) / 0.375]
    )


def test_quantiles_lie_where_the_weighted_distribution_function_passes_the_level():
    """To one effective draw."""
    rng = np.random.default_rng(8)
    x, w = np.sort(rng.standard_normal(500)), rng.standard_exponential(500)
    w /= w.sum()
    levels = np.linspace(0.01, 0.99, 99)
    found = weighted_quantiles(x, w, levels)
    below = np.array([w[x < q].sum() for q in found])
    up_to = np.array([w[x <= q].sum() for q in found])
    slack = np.sum(w**2)
    assert np.all(below <= levels + slack)
    assert np.all(up_to >= levels - slack - w.max())
    assert np.all(np.diff(found) >= 0)


def test_errors_by_their_formulas():
    rng = np.random.default_rng(4)
    x, w = rng.lognormal(0, 1, 400), rng.random(400)
    w[::7] = 0.0
    w /= w.sum()
    levels = np.array([0.2, 0.5])
    found = weigh(x, w, levels)
    mean = np.sum(w * x)
    assert_allclose(found.estimates[0], mean, rtol=1e-12)
    assert_allclose(found.mcse[0], math.sqrt(np.sum(w**2 * (x - mean) ** 2)), rtol=1e-12)
    kept = np.flatnonzero(w)[np.argsort(x[w > 0])]
    for p, q, error in zip(levels, found.estimates[1:], found.mcse[1:], strict=True):
        step = math.sqrt(np.sum(w**2 * ((x <= q) - p) ** 2))
        below, middle, above = weighted_quantiles(x[kept], w[kept], np.array([p - step, p, p + step]))
        assert_allclose([q, error], [middle, (above - below) / 2], rtol=1e-12)


def test_errors_of_replicates_by_their_formulas():
    rng = np.random.default_rng(6)
    x, w = rng.lognormal(0, 1, 800), rng.random(800)
    w /= w.sum()
    replicates = Replicates(tuple(range(100, 801, 100)))
    found = weigh(x, w, np.array([0.5]), replicates)
    mean, q = found.estimates

    def of_chains(terms: np.ndarray) -> float:
        sums = (w * terms).reshape(8, 100).sum(axis=1)
        return math.sqrt(8 / 7 * np.sum(sums**2))

    order = np.argsort(x)
    step = math.hypot(of_chains((x <= q) - 0.5), np.sum(w**2))
    below, above = weighted_quantiles(x[order], w[order], np.array([0.5 - step, 0.5 + step]))
    assert_allclose(found.mcse, [of_chains(x - mean), (above - below) / 2], rtol=1e-12)


def test_an_error_that_reaches_past_all_draws_is_unknown():
    x = np.arange(200.0)
    w = np.append(np.full(199, 0.9 / 199), 0.1)
    found = weigh(x, w, np.array([0.001, 0.5, 0.95]))
    assert np.isnan(found.mcse).tolist() == [False, True, False, True]
    alone = weigh(x, equal(200), np.array([0.5]), Replicates((200,)))
    assert np.isnan(alone.mcse).all()


def test_a_constant_has_no_error():
    found = weigh(np.full(300, 0.1), smooth_weights(np.linspace(-1, 1, 300)).weights, np.array([0.3, 0.5]))
    assert_array_equal(found.estimates, np.full(3, 0.1))
    assert_array_equal(found.mcse, np.zeros(3))


SEEDS = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="too few seeds say nothing about coverage")


def coverage(runs: int, draws: int, replicates: Replicates | None, factor: float) -> np.ndarray:
    """Return how often the exact value lies within some errors: N(0, 1) weighted to N(0.5, 0.9), mean and quantiles."""
    law, levels, hits = stats.norm(0.5, 0.9), np.array([0.1, 0.5, 0.9]), np.zeros(4)
    exact = np.append(0.5, law.ppf(levels))
    for x in np.random.default_rng(95).standard_normal((runs, draws)):
        weights = smooth_weights(-0.5 * ((x - 0.5) / 0.9) ** 2 + 0.5 * x**2).weights
        found = weigh(x, weights, levels, replicates)
        hits += np.abs(found.estimates - exact) < factor * found.mcse
    return hits / runs


@SEEDS
def test_errors_cover():
    """95 % of 1000 seeds; the band of 0.927 to 0.973 holds 99.9 % of such shares."""
    runs = 1000
    slack = 3.3 * math.sqrt(0.95 * 0.05 / runs)
    shares = coverage(runs, 1000, None, 1.96)
    assert np.all(np.abs(shares - 0.95) < slack), shares


@SEEDS
def test_errors_of_replicates_cover():
    """Student's t of 15 degrees of freedom; one effective draw more makes errors of quantiles a little large."""
    runs = 600
    shares = coverage(runs, 1600, Replicates(tuple(range(100, 1601, 100))), float(stats.t(15).ppf(0.975)))
    slack = 3.3 * math.sqrt(0.95 * 0.05 / runs)
    assert np.all(shares > 0.95 - slack), shares
    assert np.all(shares < min(1.0, 0.97 + slack)), shares


@pytest.mark.parametrize("replicates", [None, Replicates(tuple(range(50, 401, 50)))])
def test_errors_of_differences(replicates):
    rng = np.random.default_rng(3)
    x = rng.standard_normal(400)
    weights = np.exp(0.3 * x)
    weights /= weights.sum()
    levels = np.array([0.5])
    old, new = (weigh(x, each, levels, replicates) for each in (equal(400), weights))
    assert_array_equal(error_of_difference(old, old, replicates), [0, 0])
    terms = weights * (x - new.estimates[0]) - (x - old.estimates[0]) / 400
    sums = terms if replicates is None else terms.reshape(8, 50).sum(axis=1)
    factor = 1 if replicates is None else 8 / 7
    found = error_of_difference(old, new, replicates)
    assert_allclose(found[0], math.sqrt(factor * np.sum(sums**2)), rtol=1e-12)
    # Common draws: a difference is known better than either side.
    assert np.all(found < np.minimum(old.mcse, new.mcse))


@SEEDS
def test_errors_of_differences_are_the_spread_over_seeds():
    """The share of 300 seeds whose shift lies within 1.96 errors of the exact one; a band of 99.9 %."""
    runs, levels = 300, np.array([0.5])
    hits = np.zeros(2)
    for x in np.random.default_rng(12).standard_normal((runs, 1000)):
        weights = smooth_weights(0.2 * x).weights
        old, new = (weigh(x, each, levels) for each in (equal(1000), weights))
        hits += np.abs(new.estimates - old.estimates - 0.2) < 1.96 * error_of_difference(old, new)
    assert np.all(np.abs(hits / runs - 0.95) < 3.3 * math.sqrt(0.95 * 0.05 / runs)), hits / runs


def test_sizes_of_tails():
    assert [tail_size(n) for n in (0, 24, 25, 225, 226, 1000, 10**6)] == [0, 0, 5, 45, 45, 94, 3000]
    assert all(a <= b for a, b in pairwise(map(tail_size, range(1000))))
