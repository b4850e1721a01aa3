"""Scenario discovery: planted boxes, counts made here again, and how often chance alone makes a box."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from mcdemand.errors import InputError
from mcdemand.sensitivity.prim import METHOD, prim

WORD = 2**64 - 1


def hashed(number):
    """SplitMix64 in Python's integers."""
    key = number * 0x9E3779B97F4A7C15 & WORD
    key = (key ^ (key >> 30)) * 0xBF58476D1CE4E5B9 & WORD
    key = (key ^ (key >> 27)) * 0x94D049BB133111EB & WORD
    return key ^ (key >> 31)


def judging(draws):
    """Mark the half of the draws that judges: those with the larger hashes."""
    keys = [hashed(number) for number in range(1, draws + 1)]
    limit = sorted(keys)[(draws + 1) // 2 - 1]
    return np.array([key > limit for key in keys])


def planted(seed, draws, parameters=6, noise=0.2):
    """x0 > 0.7 and x1 < 0.5 raise the output by 1; all parameters are uniform, so that levels are values."""
    rng = np.random.default_rng(seed)
    x = rng.random((parameters, draws))
    return x, ((x[0] > 0.7) & (x[1] < 0.5)) + noise * rng.standard_normal((1, draws))


def held_by(found, x, box=0, row=0):
    """Mark the draws whose levels lie within the limits."""
    levels = (stats.rankdata(x, axis=1) - 0.5) / x.shape[1]
    lower, upper = found["lower"][box, :, row, np.newaxis], found["upper"][box, :, row, np.newaxis]
    return ((levels > lower) & (levels < upper)).all(axis=0)


@pytest.mark.parametrize("seed", range(5))
def test_a_planted_box_is_found(seed, size):
    """Limits within one peel of the draws left: 5 % of the widths 0.3 and 0.5."""
    x, y = planted(seed, size(10_000, 4000))
    found = prim(x, y, above=0.5)
    lower, upper = [0.7, 0, 0, 0, 0, 0], [1, 0.5, 1, 1, 1, 1]
    assert_allclose(found["lower"][0, :, 0], lower, rtol=0, atol=0.025)
    assert_allclose(found["upper"][0, :, 0], upper, rtol=0, atol=0.025)
    assert_array_equal(found["restriction"][2:], 0.0)
    assert_array_equal(found["restriction"], 1.0 - (found["upper"] - found["lower"])[0])
    # P(noise > 0.5 / 0.2) = 0.006: of the draws in the box 0.994 are cases, of the others, 0.85 of all, 0.006.
    assert found["density"][0, 0] > 0.95
    assert found["coverage"][0, 0] > 0.85


@pytest.mark.parametrize("draws", [4000, 4001])
def test_coverage_density_and_mass_are_counts_of_the_other_half(draws):
    x, y = planted(1, draws, noise=0.4)
    found = prim(x, y, above=0.6)
    judge = judging(draws)
    held, cases = held_by(found, x)[judge], (y[0] > 0.6)[judge]
    both = np.count_nonzero(held & cases)
    coverage, density = both / cases.sum(), both / held.sum()
    assert_allclose(found["coverage"][0, 0], coverage, rtol=1e-14)
    assert_allclose(found["density"][0, 0], density, rtol=1e-14)
    assert_allclose(found["mass"][0, 0], held.mean(), rtol=1e-14)
    assert_allclose(found["coverage_error"][0, 0], math.sqrt(coverage * (1 - coverage) / cases.sum()), rtol=1e-13)
    assert_allclose(found["density_error"][0, 0], math.sqrt(density * (1 - density) / held.sum()), rtol=1e-13)


def test_quasi_p_values_are_those_of_the_binomial_test():
    """A third parameter that matters little: its restriction has a p-value that is not tiny."""
    x, y = planted(3, 1500, parameters=4, noise=0.5)
    y = y + 0.5 * x[2]
    found = prim(x, y, above=1.0)
    judge, cases = judging(1500), y[0] > 1.0
    for j in range(4):
        lower, upper = found["lower"][0, j, 0], found["upper"][0, j, 0]
        wide = {name: values.copy() for name, values in found.items()}
        wide["lower"][0, j], wide["upper"][0, j] = 0.0, 1.0
        held, wider = held_by(found, x) & judge, held_by(wide, x) & judge
        rate = (wider & cases).sum() / wider.sum()
        test = stats.binomtest(int((held & cases).sum()), int(held.sum()), rate, alternative="greater")
        expected = 1.0 if (lower, upper) == (0.0, 1.0) else test.pvalue
        assert_allclose(found["quasi_p_value"][0, j, 0], expected, rtol=1e-10)
        assert expected in {1.0} or expected <= 0.05


def test_without_structure_there_is_no_box(size):
    """10 parameters without effect: of 100 samples of 500 draws at most 3 may keep a restriction (long run: 0.5 %)."""
    alarms = 0
    for seed in range(size(100, 15)):
        rng = np.random.default_rng(seed)
        found = prim(rng.random((10, 500)), rng.standard_normal((1, 500)))
        alarms += found["restriction"].any()
    assert alarms <= 3


def test_the_search_does_not_flatter_coverage_and_density(size):
    """Few draws, weak effects: reported less true numbers average 0 within 4 standard errors."""
    rng = np.random.default_rng(5)
    fresh, seeds = rng.random((6, 20_000)), size(60, 10)
    weights = np.array([2.0, 1.0, 1.0, 0.3, 0.0, 0.0])
    above = np.quantile(weights @ fresh + rng.standard_normal(20_000), 0.9)
    chance = stats.norm.sf(above - weights @ fresh)
    misses = []
    for _ in range(seeds):
        x = rng.random((6, 600))
        found = prim(x, (weights @ x + rng.standard_normal(600))[np.newaxis], above=above)
        values = np.sort(x, axis=1)
        place = np.round(np.stack([found["lower"][0, :, 0], found["upper"][0, :, 0]]) * 600).astype(int)
        low = np.where(place[0] > 0, np.take_along_axis(values, np.minimum(place[:1].T, 599), axis=1)[:, 0], 0.0)
        high = np.where(place[1] < 600, np.take_along_axis(values, np.maximum(place[1:].T - 1, 0), axis=1)[:, 0], 1.0)
        held = ((fresh >= low[:, np.newaxis]) & (fresh <= high[:, np.newaxis])).all(axis=0)
        truth = chance[held].sum() / chance.sum(), chance[held].mean()
        misses.append([found["coverage"][0, 0] - truth[0], found["density"][0, 0] - truth[1]])
    error = np.std(misses, axis=0, ddof=1) / math.sqrt(seeds)
    assert (np.abs(np.mean(misses, axis=0)) < 4 * error).all()


def test_categories_are_peeled_whole(size):
    """Cases: category 3 or 4 of five equal ones, and x1 > 0.6. A constant parameter is left alone."""
    rng = np.random.default_rng(7)
    draws = size(5000, 2000)
    x = np.array([rng.integers(0, 5, draws), rng.random(draws), np.full(draws, 2.0), rng.random(draws)])
    found = prim(x, ((x[0] >= 3) & (x[1] > 0.6)).astype(float)[np.newaxis], above=0.5)
    assert found["lower"][0, 0, 0] == np.mean(x[0] < 3)
    assert_allclose(found["lower"][0, 1:, 0], [0.6, 0, 0], rtol=0, atol=0.03)
    assert_array_equal(found["upper"], 1.0)
    assert found["density"][0, 0] == 1.0


def test_a_category_in_the_middle_is_peeled_from_both_ends():
    x = np.random.default_rng(8).integers(0, 3, (2, 900)).astype(float)
    found = prim(x, (x[:1] == 1).astype(float), above=0.5)
    assert_allclose(found["lower"][0, :, 0], [np.mean(x[0] < 1), 0], rtol=1e-15)
    assert_allclose(found["upper"][0, :, 0], [np.mean(x[0] < 2), 1], rtol=1e-15)
    assert (found["coverage"][0, 0], found["density"][0, 0]) == (1.0, 1.0)


def test_a_rare_category_is_peeled_with_its_neighbour():
    """One draw in a hundred lies in the category 0, fewer than a peel takes."""
    x = np.repeat([0.0, 1.0, 2.0], [10, 490, 500])[np.newaxis]
    found = prim(x, (x == 2).astype(float), above=0.5)
    assert (found["lower"][0, 0, 0], found["upper"][0, 0, 0]) == (0.5, 1.0)


def test_two_boxes_share_the_cases_between_them(size):
    draws = size(8000, 3000)
    x = np.random.default_rng(9).random((4, draws))
    cases = ((x[0] > 0.7) & (x[1] > 0.6)) | ((x[0] < 0.3) & (x[2] < 0.15))
    found = prim(x, cases.astype(float)[np.newaxis], above=0.5, boxes=3)
    assert_allclose(found["lower"][:2, :3, 0], [[0.7, 0.6, 0], [0, 0, 0]], rtol=0, atol=0.03)
    assert_allclose(found["upper"][:2, :3, 0], [[1, 1, 1], [0.3, 1, 0.15]], rtol=0, atol=0.03)
    assert found["coverage"][:2, 0].sum() > 0.9
    assert (found["density"][:2] > 0.95).all()
    assert found["mass"].sum() <= 1.0
    first = prim(x, cases.astype(float)[np.newaxis], above=0.5)
    for name, one in first.items():
        assert_array_equal(found[name][:1] if name != "restriction" else found[name], one)


def test_at_most_so_many_parameters_are_restricted():
    x = np.random.default_rng(10).random((5, 4000))
    y = (x[:4] > 0.3).all(axis=0).astype(float)[np.newaxis]
    for most in (1, 2, 4):
        assert np.count_nonzero(prim(x, y, above=0.5, most_restricted=most)["restriction"]) == most


def test_a_box_holds_the_least_mass():
    """The cases lie in 2 % of the draws."""
    x = np.random.default_rng(11).random((2, 10_000))
    for least in (0.005, 0.1, 0.3):
        found = prim(x, x[:1], share=0.02, least_mass=least)
        assert (found["upper"] - found["lower"]).prod() >= least - 0.01
    assert found["density"][0, 0] < 0.1


def test_sobol_points_are_split_fairly():
    """Even and odd ones lie in different halves of the first axis: neither could find a box that covers its middle."""
    x = stats.qmc.Sobol(4, scramble=False).random_base2(11).T.copy()
    found = prim(x, ((x[0] > 0.4) & (x[0] < 0.6)).astype(float)[np.newaxis], above=0.5)
    assert_allclose(found["lower"][0, :, 0], [0.4, 0, 0, 0], rtol=0, atol=0.02)
    assert_allclose(found["upper"][0, :, 0], [0.6, 1, 1, 1], rtol=0, atol=0.02)


def test_only_order_counts_and_the_tails_mirror_each_other():
    x, y = planted(12, 1000)
    found = prim(x, y)
    for other in (prim(np.exp(x), y), prim(x, np.exp(y)), prim(x, -y, tail="lower")):
        for name, one in found.items():
            assert_array_equal(other[name], one)
    below, over = prim(x, -y, tail="lower", above=-0.5), prim(x, y, above=0.5)
    for name, one in over.items():
        assert_array_equal(below[name], one)


def test_rows_do_not_depend_on_each_other():
    x, y = planted(13, 1000)
    rows = np.concatenate([y, x[2:3]])
    both = prim(x, rows)
    for name, one in prim(x, rows[1:]).items():
        assert_array_equal(both[name][..., 1:], one)


def test_rows_without_a_case_or_with_nothing_else_have_no_box():
    x = np.random.default_rng(14).random((3, 400))
    found = prim(x, np.stack([x[0], x[0] - 1.0, x[0] + 1.0]), above=0.5 + 1e-9, boxes=2)
    assert_array_equal(found["restriction"][:, 1:], 0.0)
    assert_array_equal(found["quasi_p_value"][..., 1:], 1.0)
    assert_array_equal([found[name][0, 1] for name in ("coverage", "density", "mass")], [0.0, 0.0, 1.0])
    assert_array_equal([found[name][0, 2] for name in ("coverage", "density", "mass")], 1.0)
    # An unrestricted box leaves nothing to a second one.
    assert_array_equal([found[name][1, 1:] for name in ("coverage", "density", "mass")], 0.0)


@pytest.mark.parametrize("above", [2.0, -1.0])
def test_a_threshold_beyond_all_draws_is_refused(above):
    x = np.random.default_rng(14).random((3, 400))
    with pytest.raises(InputError, match="all draws lie on one side"):
        prim(x, x[:1], above=above)


@pytest.mark.parametrize("draws", [1, 2, 3, 7, 20])
def test_few_draws_give_numbers(draws):
    x = np.random.default_rng(draws).random((3, draws))
    x[1] = -np.inf
    for found in (prim(x, x[:1], boxes=2), prim(x, np.ones((1, draws))), prim(x, x[2:], share=0.5, peel=0.9)):
        assert all(np.isfinite(one).all() for one in found.values())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"above": math.nan}, "above: nan: must be a finite number; leave it out for the worst share"),
        ({"above": "high"}, "above: 'high': must be a finite number"),
        ({"share": 1.0}, "share: 1.0: must lie between 0 and 1; 0.1 makes cases of the worst decile"),
        ({"tail": "left"}, "tail: 'left': must be upper or lower"),
        ({"peel": 0.0}, "peel: 0.0: must lie between 0 and 1; 0.05 is customary"),
        ({"least_mass": -0.1}, "least_mass: -0.1: must lie between 0 and 1"),
        ({"most_restricted": 0}, "most_restricted: 0: must be a whole number from 1 to 99"),
        ({"boxes": 1.5}, "boxes: 1.5: must be a whole number from 1 to 9; one or two are customary"),
        ({"boxes": 10}, "boxes: 10: must be a whole number from 1 to 9"),
    ],
)
def test_options_that_are_none(options, message):
    with pytest.raises(InputError, match=message):
        prim(np.ones((1, 4)), np.ones((1, 4)), **options)


def test_the_method_states_what_it_returns():
    x, y = planted(15, 200, parameters=3)
    found = prim(x, np.concatenate([y, y]), boxes=2)
    assert list(found) == list(METHOD.indices)
    length = {"parameter": 3, "box": len(METHOD.labels["box"]({**METHOD.options, "boxes": 2}))}
    for name, index in METHOD.indices.items():
        assert found[name].shape == (*(length[dim] for dim in index.dims), 2)
