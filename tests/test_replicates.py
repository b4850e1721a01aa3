"""Errors from replicates, recomputed by hand: sums over replicates, and statistics with a replicate really left out."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from mcdemand.kernels.moments import LANES
from mcdemand.kernels.tallies import tally
from mcdemand.replicates import Replicates

NONE = np.empty(0)
EQUAL = (40, 80, 120, 160)
UNEQUAL = (7, 60, 61, 130, 160)
SHAPES = {"equal": EQUAL, "unequal": UNEQUAL, "two": (100, 160), "with an empty one": (50, 50, 110, 160)}


@pytest.fixture(scope="module")
def values():
    return np.random.default_rng(1).lognormal(1.0, 0.5, 160)


def split(values, stops):
    return np.split(values, stops[:-1])


def ratio_error(totals, counts):
    """Standard error of sum y / sum x over sampled pairs (y, x): Cochran (1977), section 6.3, without correction."""
    totals, counts = np.array(totals, dtype=float), np.array(counts, dtype=float)
    rest = totals - totals.sum() / counts.sum() * counts
    number = len(counts)
    return math.sqrt(np.sum(rest**2) / (number - 1) / number) / counts.mean()


@pytest.mark.parametrize("shape", SHAPES)
def test_counts_and_size(shape):
    stops = SHAPES[shape]
    replicates = Replicates(stops)
    assert_array_equal(replicates.counts, [len(part) for part in split(np.arange(160), stops)])
    assert replicates.size == 160


@pytest.mark.parametrize("shape", SHAPES)
def test_error_of_a_mean(values, shape):
    stops = SHAPES[shape]
    parts = split(values, stops)
    expected = ratio_error([part.sum() for part in parts], [part.size for part in parts])
    assert_allclose(Replicates(stops).errors(values, values.mean(), NONE)[0], expected, rtol=1e-12)


def test_error_of_a_mean_of_equal_replicates_is_that_of_their_means(values):
    expected = stats.sem([part.mean() for part in split(values, EQUAL)])
    assert_allclose(Replicates(EQUAL).errors(values, values.mean(), NONE)[0], expected, rtol=1e-12)


def test_replicates_of_one_draw_are_independent_draws(values):
    singles = Replicates(tuple(range(1, 161)))
    mean, sd = singles.errors(values, values.mean(), NONE)[:2]
    assert_allclose(mean, stats.sem(values), rtol=1e-12)
    jackknife = [np.delete(values, k).std(ddof=1) for k in range(160)]
    assert_allclose(sd, math.sqrt(159 * np.var(jackknife)), rtol=1e-10)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_error_of_a_standard_deviation_leaves_each_replicate_out(values, shape, offset):
    """Efron (1982), the jackknife, equation 3.2."""
    stops = SHAPES[shape]
    parts = split(values, stops)
    number = len(parts)
    without = [np.concatenate(parts[:k] + parts[k + 1 :]).std(ddof=1) for k in range(number)]
    expected = math.sqrt((number - 1) / number * np.sum((np.array(without) - np.mean(without)) ** 2))
    found = Replicates(stops).errors(values + offset, (values + offset).mean(), NONE)[1]
    assert_allclose(found, expected, rtol=1e-10 if not offset else 1e-8)


@pytest.mark.parametrize("shape", SHAPES)
def test_error_of_a_share(values, shape):
    """The spread over replicates, and one draw for what they cannot tell."""
    stops, levels = SHAPES[shape], np.array([1.0, 2.0, values[3], 5.0])
    parts = split(values, stops)
    spread = [ratio_error([np.sum(part <= level) for part in parts], [part.size for part in parts]) for level in levels]
    assert_allclose(Replicates(stops).errors(values, 0.0, levels)[2], np.hypot(spread, 1 / 160), rtol=1e-12)


def test_a_share_that_no_replicate_disputes_is_known_to_one_draw():
    values = np.tile([1.0, 2.0, 3.0, 4.0], 5)
    found = Replicates((4, 8, 12, 16, 20)).errors(values, 0.0, np.array([2.0, 0.0, 9.0]))[2]
    assert_allclose(found, np.full(3, 1 / 20))


def test_a_single_replicate_has_no_error(values):
    single = Replicates((160,))
    assert all(map(math.isnan, single.errors(values, values.mean(), NONE)[:2]))
    assert np.isnan(single.errors(values, 0.0, np.array([1.0, 2.0]))[2]).all()


def test_a_constant_has_exactly_no_error():
    for stops in SHAPES.values():
        assert Replicates(stops).errors(np.full(160, 0.1), 0.1, NONE)[:2] == (0.0, 0.0)


def test_what_remains_must_have_a_standard_deviation():
    """Without the larger replicate a single draw is left."""
    mean, sd = Replicates((1, 3)).errors(np.array([1.0, 2.0, 4.0]), 7 / 3, NONE)[:2]
    assert math.isfinite(mean)
    assert math.isnan(sd)


def test_squares_that_overflow_give_no_finite_error_and_no_warning():
    values = np.array([1e200, 2e200, -1e200, 3e200])
    assert not any(map(math.isfinite, Replicates((2, 4)).errors(values, values.mean(), NONE)[:2]))


@pytest.mark.parametrize("shape", SHAPES)
def test_errors_follow_the_unit(values, shape):
    replicates = Replicates(SHAPES[shape])
    for scale in (1e-9, 1e27):
        plain, scaled = (
            replicates.errors(values, values.mean(), NONE)[:2],
            replicates.errors(scale * values, (scale * values).mean(), NONE)[:2],
        )
        assert_allclose(scaled, scale * np.array(plain), rtol=1e-9)


def test_coverage_of_the_mean():
    """Means of replicates that are exactly normal: Student's t with R - 1 degrees of freedom, in a 99.9 % band."""
    seeds, number, draws = 400, 8, 16
    stops = tuple(range(draws, number * draws + 1, draws))
    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(seeds):
        row = (rng.standard_normal((number, 1)) + rng.standard_normal((number, draws))).ravel()
        error = Replicates(stops).errors(row, row.mean(), NONE)[0]
        covered += abs(row.mean()) <= stats.t(number - 1).isf(0.025) * error
    low, high = stats.binom(seeds, 0.95).ppf([0.0005, 0.9995])
    assert low <= covered <= high


@pytest.mark.parametrize("size", [1, 5, 5000])
def test_counts_up_to_levels(size):
    """NumPy's count; a value equal to the level counts, and rows longer than one chunk are read on."""
    values = np.round(np.random.default_rng(2).standard_normal(3 * size), 1)
    stops, levels = np.array([size, size, 3 * size]), np.array([-np.inf, -0.5, 0.0, 3.0, np.nan, np.inf])
    counts = np.zeros((3, 6), dtype=np.int64)
    tally(values, stops, 0.0, levels, np.zeros((3, 2, LANES)), counts)
    parts = values[:size], values[:0], values[size:]
    assert_array_equal(counts, [[np.sum(part <= level) for level in levels] for part in parts])


def test_power_sums_of_stretches():
    values = np.random.default_rng(3).standard_normal(3000)
    stops, sums = np.array([3, 3, 700, 3000]), np.zeros((4, 2, LANES))
    tally(values, stops, 0.25, NONE, sums, np.zeros((4, 0), dtype=np.int64))
    expected = [[np.sum((part - 0.25) ** k) for k in (1, 2)] for part in split(values, stops)]
    assert_allclose(sums.sum(axis=2), expected, rtol=1e-12, atol=1e-12)
