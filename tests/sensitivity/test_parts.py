"""Parts of the draws, balanced halves, and what chance adds to distances."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from mcdemand.sensitivity._classes import classify, edges_beside
from mcdemand.sensitivity._parts import halves_of, levels_of, measure_gaps, part_stops, without_chance


@pytest.mark.parametrize(
    ("draws", "chains", "stops"),
    [(32, 2, [16, 32]), (30, 3, [10, 30]), (64, 16, range(4, 65, 4)), (330, 33, [*range(20, 320, 20), 330])],
)
def test_chains_are_taken_together_to_at_most_16_parts(draws, chains, stops):
    assert part_stops(draws, chains).tolist() == list(stops)


def test_draws_that_chains_leave_over_are_in_the_last_part():
    assert part_stops(67, 16)[-1] == 67


@pytest.mark.parametrize("parts", [2, 4, 8, 16])
def test_halves_are_balanced(parts):
    halves = halves_of(parts).astype(int)
    assert_array_equal(halves.sum(axis=1), parts // 2)
    together = halves.T @ halves
    assert_array_equal(np.diag(together), parts - 1)
    assert np.unique(together[~np.eye(parts, dtype=bool)]).size == 1


def test_gaps_of_the_whole_and_of_halves_are_those_of_scipy():
    x, other = np.random.default_rng(1).standard_normal((2, 640))
    y = x + 2 * other
    labels, stops = classify(x, 5).labels, part_stops(640, 4)
    found = measure_gaps(labels, levels_of(y), stops)
    part = np.searchsorted(stops, np.arange(640), side="right")
    for subset, gaps in zip([np.ones(4), *halves_of(4)], found.distances, strict=True):
        mine = subset[part] == 1
        assert_allclose(gaps, _by_scipy(labels[mine], y[mine]), rtol=0, atol=1e-14)


def _by_scipy(labels, y):
    return [stats.ks_2samp(y[labels == k], y).statistic for k in range(5)]


def test_errors_are_those_of_the_binomial_where_the_level_is_known(size):
    """A class of a tenth at its own level: p (1 - p) / n of the class, and of all draws what is not the class."""
    draws, seeds = size(8000, 800), size(60, 4)
    found = []
    for seed in range(seeds):
        x = np.random.default_rng(seed).random((2, draws))
        gaps = measure_gaps(
            classify(x[0], 2).labels, np.where(x[1] < 0.3, 0, 1).astype(np.uint16), part_stops(draws, 16)
        )
        found.append(np.sqrt(16 / 15 * (gaps.shares[0] ** 2).sum(axis=-1)))
    # F(class) - F of a class of half the draws is half the difference of two halves: sqrt(p (1 - p) / n).
    expected = np.sqrt(0.3 * 0.7 / draws)
    # The root mean square of 120 errors of 15 degrees of freedom is within 7 % at 4 standard errors.
    assert_allclose(np.sqrt(np.mean(np.square(found))), expected, rtol=size(7, 60) / 100)


@pytest.mark.parametrize("curve", [lambda x, z: abs(x - 0.5) + z / 10, lambda x, z: x + z / 10])
def test_errors_know_that_edges_of_classes_move_with_the_draws(curve, size):
    """The true error over 200 samples; as if edges were fixed, the middle one of five classes has 1.3 to 3 times it."""
    draws, seeds = size(4000, 400), size(200, 3)
    found = []
    for seed in range(seeds):
        x, other = np.random.default_rng(seed).random((2, draws))
        classes, levels, stops = classify(x, 5), levels_of(curve(x, other)), part_stops(draws, 16)
        gaps = measure_gaps(classes.labels, levels, stops, edges_beside(x, classes))
        fixed = measure_gaps(classes.labels, levels, stops)
        assert_allclose(gaps.shares.sum(axis=-1), 0, rtol=0, atol=1e-12)
        found.append([gaps.distances[0], *(16 / 15 * (one.shares[0] ** 2).sum(axis=-1) for one in (gaps, fixed))])
    distances, with_edges, without = np.moveaxis(np.array(found), 1, 0)
    true = distances.std(axis=0, ddof=1)
    ratio, fixed_ratio = (np.sqrt(one.mean(axis=0)) / true for one in (with_edges, without))
    if seeds > 100:
        # A class whose distance has two peaks is less uncertain than either of them.
        assert_array_equal((ratio > 0.95) & (ratio < 1.6), True)
        assert np.abs(np.log(ratio)).sum() < np.abs(np.log(fixed_ratio)).sum()


def test_a_distance_that_only_chance_makes_is_taken_off_but_for_what_is_open():
    """Whole 1, halves sqrt(2): chance goes with the root of n, so 0 is right; factors between are as likely."""
    root = np.sqrt(2)
    value, error = without_chance(np.array([1, root, root]), np.zeros((3, 2)))
    assert_allclose(value, 1 - (1 + (root - 1)) / 2, rtol=1e-12)
    assert_allclose(error, (1 - (root - 1)) / np.sqrt(12), rtol=1e-12)


def test_where_chance_adds_nothing_the_error_is_that_of_the_parts():
    shares = np.array([[0.1, -0.1, 0.2, -0.2]] * 7)
    value, error = without_chance(np.full(7, 0.7), shares)
    assert_allclose([value, error], [0.7, np.sqrt(4 / 3 * 0.1)], rtol=1e-12)
    # Where halves choose levels that move nothing, 0.3 of the factor 1.707 is added.
    shares[1:] = 0.0
    assert_allclose(without_chance(np.full(7, 0.7), shares)[1], error * (1 + 0.3 * (1 + np.sqrt(0.5))), rtol=1e-12)
