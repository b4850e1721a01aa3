"""Weighted estimates of a row against their written formulas, NumPy, a full sort, and coverage."""

import math
from typing import NamedTuple

import numba
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from mcdemand.importance import Weights, smooth_weights
from mcdemand.replicates import Replicates
from mcdemand.weighted_row import Counted, weigh


class Side(NamedTuple):
    estimates: np.ndarray
    mcse: np.ndarray


def equal(count: int) -> np.ndarray:
    return np.full(count, 1 / count)


def one_side(x: np.ndarray, w: np.ndarray, levels: np.ndarray, replicates: Replicates | None = None) -> Side:
    """The weighted side, beside equal weights."""
    found = weigh(x, Weights.beside_equal(w), levels, replicates)
    return Side(found.estimates[1], found.mcse[1])


def quantiles(x: np.ndarray, w: np.ndarray, levels: np.ndarray) -> np.ndarray:
    return one_side(x, w, levels).estimates[1:]


def by_sorting(x: np.ndarray, w: np.ndarray, level: float) -> float:
    """The inverse distribution function averaged over one effective draw (Akinshin 2023), from all values sorted."""
    order = np.argsort(x)
    x, w, ess = x[order], w[order], 1 / np.sum(w**2)
    start = level * (ess - 1) / ess
    above = np.clip(np.cumsum(w), start, start + 1 / ess)
    return float(np.sum(np.diff(above, prepend=start) * x) * ess)


ROWS = {
    "normal": lambda rng, n: rng.standard_normal(n),
    "lognormal": lambda rng, n: rng.lognormal(3, 2, n),
    "all below zero": lambda rng, n: -rng.lognormal(0, 1, n),
    "two signs, long tails": lambda rng, n: rng.standard_t(1.5, n),
    "one far outlier": lambda rng, n: np.append(rng.standard_normal(n - 1), 1e300),
    "hardly above zero": lambda rng, n: np.append(rng.random(n - 1) + 5, 1e-300),
    "few values": lambda rng, n: rng.integers(0, 5, n).astype(float),
    "many zeros": lambda rng, n: np.maximum(rng.standard_normal(n), 0.0),
    "the largest span": lambda rng, n: np.append(rng.standard_normal(n - 2), [-1.7e308, 1.7e308]),
    "the smallest span": lambda rng, n: np.where(rng.random(n) < 0.5, -5e-324, 5e-324),
}


@pytest.mark.parametrize("kind", ROWS)
@pytest.mark.parametrize("some_zero", [False, True])
def test_quantiles_are_those_of_a_full_sort(kind, some_zero, size):
    rng = np.random.default_rng(31)
    x = ROWS[kind](rng, size(60_000, 3000))
    w = rng.standard_exponential(x.size) ** 2
    w[: x.size // 3] *= not some_zero
    w /= w.sum()
    levels = np.array([0.001, 0.05, 0.3, 0.5, 0.95, 0.999])
    expected = [by_sorting(x, w, level) for level in levels]
    assert_allclose(quantiles(x, w, levels), expected, rtol=1e-9, atol=1e-12)
    assert_allclose(quantiles(x, equal(x.size), levels), np.quantile(x, levels), rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("kind", ROWS)
def test_bins_rise_with_the_value(kind, size):
    row = Counted.of(ROWS[kind](np.random.default_rng(32), size(20_000, 2000)))
    order = np.argsort(row.values, kind="stable")
    assert np.all(np.diff(row.bin_of[order].astype(int)) >= 0)
    assert_array_equal(row.counts, np.bincount(row.bin_of, minlength=row.counts.size))


def test_normal_prior_and_one_observation():
    """Reference problem 23: prior N(0, 1), y = 1, s = 0.5; posterior N(0.8, 0.2), effective share 0.42047."""
    draws = 20_000
    x = np.random.default_rng(23).standard_normal(draws)
    smoothed = smooth_weights(stats.norm(x, 0.5).logpdf(1.0))
    assert_allclose(smoothed.ess / draws, 0.4204704064, rtol=0.02)
    levels = np.array([0.05, 0.5, 0.95])
    found = one_side(x, smoothed.weights, levels)
    exact = np.append(0.8, stats.norm(0.8, math.sqrt(0.2)).ppf(levels))
    # Four estimates; a normal error passes 4 of its sd once in 16,000 times.
    assert np.all(np.abs(found.estimates - exact) < 4 * found.mcse)
    # Of the mean, in the limit: sd sqrt(E[w^2 (x - m)^2] / n), by quadrature.
    grid = np.linspace(-8, 8, 20_001)
    weight = stats.norm(0.8, math.sqrt(0.2)).pdf(grid) / stats.norm.pdf(grid)
    second = np.trapezoid(weight**2 * (grid - 0.8) ** 2 * stats.norm.pdf(grid), grid)
    assert_allclose(found.mcse[0], math.sqrt(second / draws), rtol=0.03)


@pytest.mark.parametrize("count", [1, 2, 3, 10, 1001])
def test_equal_weights_give_the_quantiles_of_numpy(count):
    x = np.sort(np.random.default_rng(count).lognormal(0, 2, count))
    levels = np.array([0.0, 0.001, 0.05, 0.3, 0.5, 0.77, 0.999, 1.0])
    assert_allclose(quantiles(x, equal(count), levels), np.quantile(x, levels), rtol=1e-9)


def test_quantiles_of_weighted_values_by_hand():
    """1 / sum(w^2) = 8/3; at 1/2 from 5/16 to 11/16: 3/16 of it at 1, 3/16 at 2; at 1/4 from 5/32 on: all at 1."""
    x, w = np.array([1.0, 2.0, 4.0]), np.array([0.5, 0.25, 0.25])
    # At 9/10 from 9/16 to 15/16: 3/16 at 2 and 3/16 at 4.
    assert_allclose(quantiles(x, w, np.array([0.0, 0.5, 0.9, 1.0])), [1, 1.5, 3, (0.125 * 2 + 0.25 * 4) / 0.375])


def test_quantiles_lie_where_the_weighted_distribution_function_passes_the_level():
    """To one effective draw."""
    rng = np.random.default_rng(8)
    x, w = np.sort(rng.standard_normal(500)), rng.standard_exponential(500)
    w /= w.sum()
    levels = np.linspace(0.01, 0.99, 99)
    found = quantiles(x, w, levels)
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
    found = one_side(x, w, levels)
    mean = np.sum(w * x)
    assert_allclose(found.estimates[0], mean, rtol=1e-12)
    assert_allclose(found.mcse[0], math.sqrt(np.sum(w**2 * (x - mean) ** 2)), rtol=1e-12)
    kept = np.flatnonzero(w)[np.argsort(x[w > 0])]
    for p, q, error in zip(levels, found.estimates[1:], found.mcse[1:], strict=True):
        step = math.sqrt(np.sum(w**2 * ((x <= q) - p) ** 2))
        below, middle, above = quantiles(x[kept], w[kept], np.array([p - step, p, p + step]))
        assert_allclose([q, error], [middle, (above - below) / 2], rtol=1e-12)


def test_errors_of_replicates_by_their_formulas():
    rng = np.random.default_rng(6)
    x, w = rng.lognormal(0, 1, 800), rng.random(800)
    w /= w.sum()
    replicates = Replicates(tuple(range(100, 801, 100)))
    found = one_side(x, w, np.array([0.5]), replicates)
    mean, q = found.estimates

    def of_chains(terms: np.ndarray) -> float:
        sums = (w * terms).reshape(8, 100).sum(axis=1)
        return math.sqrt(8 / 7 * np.sum(sums**2))

    order = np.argsort(x)
    step = math.hypot(of_chains((x <= q) - 0.5), np.sum(w**2))
    below, above = quantiles(x[order], w[order], np.array([0.5 - step, 0.5 + step]))
    assert_allclose(found.mcse, [of_chains(x - mean), (above - below) / 2], rtol=1e-12)


def test_an_error_that_reaches_past_all_draws_is_unknown():
    x = np.arange(200.0)
    w = np.append(np.full(199, 0.9 / 199), 0.1)
    found = one_side(x, w, np.array([0.001, 0.5, 0.95]))
    assert np.isnan(found.mcse).tolist() == [False, True, False, True]
    alone = one_side(x, equal(200), np.array([0.5]), Replicates((200,)))
    assert np.isnan(alone.mcse).all()


def test_a_constant_has_no_error():
    found = one_side(np.full(300, 0.1), smooth_weights(np.linspace(-1, 1, 300)).weights, np.array([0.3, 0.5]))
    assert_array_equal(found.estimates, np.full(3, 0.1))
    assert_array_equal(found.mcse, np.zeros(3))


SEEDS = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="too few seeds say nothing about coverage")


def coverage(runs: int, draws: int, replicates: Replicates | None, factor: float) -> np.ndarray:
    """Return how often the exact value lies within some errors: N(0, 1) weighted to N(0.5, 0.9), mean and quantiles."""
    law, levels, hits = stats.norm(0.5, 0.9), np.array([0.1, 0.5, 0.9]), np.zeros(4)
    exact = np.append(0.5, law.ppf(levels))
    for x in np.random.default_rng(95).standard_normal((runs, draws)):
        weights = smooth_weights(-0.5 * ((x - 0.5) / 0.9) ** 2 + 0.5 * x**2).weights
        found = one_side(x, weights, levels, replicates)
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
    pair = weigh(x, Weights.beside_equal(weights), levels, replicates)
    ess = 1 / float(np.sum(weights**2))
    same = weigh(x, Weights((weights, weights), (ess, ess)), levels, replicates)
    assert_array_equal(same.mcse_shift, [0, 0])
    terms = weights * (x - pair.estimates[1, 0]) - (x - pair.estimates[0, 0]) / 400
    sums = terms if replicates is None else terms.reshape(8, 50).sum(axis=1)
    factor = 1 if replicates is None else 8 / 7
    assert_allclose(pair.mcse_shift[0], math.sqrt(factor * np.sum(sums**2)), rtol=1e-12)
    # Common draws: a difference is known better than either side.
    assert np.all(pair.mcse_shift < pair.mcse.min(axis=0))


@SEEDS
def test_errors_of_differences_are_the_spread_over_seeds():
    """The share of 300 seeds whose shift lies within 1.96 errors of the exact one; a band of 99.9 %."""
    runs, levels = 300, np.array([0.5])
    hits = np.zeros(2)
    for x in np.random.default_rng(12).standard_normal((runs, 1000)):
        weights = smooth_weights(0.2 * x).weights
        pair = weigh(x, Weights.beside_equal(weights), levels)
        hits += np.abs(pair.estimates[1] - pair.estimates[0] - 0.2) < 1.96 * pair.mcse_shift
    assert np.all(np.abs(hits / runs - 0.95) < 3.3 * math.sqrt(0.95 * 0.05 / runs)), hits / runs
