import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from mcdemand.errors import InputError
from mcdemand.sensitivity._classes import classify
from mcdemand.sensitivity._parts import levels_of, whole_gaps
from mcdemand.sensitivity.pawn import estimate, estimate_with_errors
from tests.references.dependent_sample import dependent_sample

SALIB = json.loads((Path(__file__).parents[1] / "references" / "salib_distributions.json").read_text(encoding="ascii"))
SUMMARIES = {"ks_median": np.median, "ks_max": np.max, "ks_mean": np.mean}


def pawn(x, y, **options):
    return estimate(np.atleast_2d(x), np.atleast_2d(y), **options)


def by_scipy(x, y, classes):
    """Distances of the classes of one parameter from all draws."""
    labels = classify(x, classes).labels
    return np.array([stats.ks_2samp(y[labels == k], y).statistic for k in range(labels.max() + 1)])


def test_same_digits_as_salib_once_the_largest_value_is_left_out_of_all_classes():
    # SALib's classes are half open, the last one too, so the largest value is in none: here it gets one of its own.
    x, y = dependent_sample(SALIB["draws"])
    count = SALIB["classes"]
    labels = [np.where(row == row.max(), count, classify(row, count).labels).astype(np.uint16) for row in x]
    for r, row in enumerate(y):
        distances = np.array([whole_gaps(one, levels_of(row))[:count] for one in labels])
        for name, summarise in SUMMARIES.items():
            assert_allclose(summarise(distances, axis=1), SALIB[name][r], rtol=0, atol=1e-10)


def test_one_draw_more_hardly_moves_what_salib_says():
    x, y = dependent_sample(SALIB["draws"])
    found = pawn(x, y)
    for name in SUMMARIES:
        assert_allclose(found[name].T, SALIB[name], rtol=0, atol=SALIB["classes"] / SALIB["draws"])


@pytest.mark.parametrize("classes", [2, 7, 10])
@pytest.mark.parametrize("draws", [150, 501])
def test_distances_are_those_of_scipy(classes, draws):
    rng = np.random.default_rng(draws)
    x = rng.standard_normal((4, draws))
    x[2], x[3] = np.round(x[2]), np.floor(9 * rng.random(draws)) ** 2
    y = np.stack([x[0] + x[1] ** 2, np.round(x[1] + x[2]), np.maximum(x[3] + x[0], 3.0), np.sign(x[0])])
    found = pawn(x, y, classes=classes)
    for j, parameter in enumerate(x):
        for r, row in enumerate(y):
            distances = by_scipy(parameter, row, classes)
            for name, summarise in SUMMARIES.items():
                assert_allclose(found[name][j, r], summarise(distances), rtol=0, atol=1e-12)


@pytest.mark.parametrize("classes", [4, 10])
def test_an_output_that_is_the_parameter(classes):
    # Class k of K goes from 0 to 1 between k/K and (k+1)/K: the distance is the larger of k/K and 1 - (k+1)/K.
    x = np.arange(classes * 50.0)
    k = np.arange(classes)
    exact = np.maximum(k, classes - 1 - k) / classes
    found = pawn(x, np.exp(x / x.size), classes=classes)
    for name, summarise in SUMMARIES.items():
        assert_allclose(found[name][0, 0], summarise(exact), rtol=1e-12)


def test_every_category_counts_the_last_one_too():
    # Shares p: the distance of a value from all is 1 minus its share, as outputs are the codes; 3 of 10 have the last.
    codes = np.repeat([0.0, 1.0], [70, 30])
    found = pawn(codes, codes)
    assert_allclose([found["ks_max"][0, 0], found["ks_mean"][0, 0]], [0.7, 0.5], rtol=1e-12)


def test_thousands_of_draws_are_compared_at_a_thousand_levels(size):
    # A class of the parameter lies within a tenth of the output's draws, where its function rises by 1 in 100 levels:
    # the distance found is at most half a level's rise too small.
    draws = size(20_000, 3000)
    x = np.random.default_rng(8).random(draws)
    found = pawn(x, x)["ks_max"][0, 0]
    assert by_scipy(x, x, 10).max() - 0.01 <= found <= by_scipy(x, x, 10).max()


def test_what_chance_adds_is_taken_off(size):
    # 30 x 30 pairs without influence, 5,120 draws: the mean of 900 lies within 0.001 of its own mean. Of the two
    # corrections whose mean is taken one leaves nothing, the other 0.59 of what chance adds.
    draws, count = size(5120, 640), size(30, 3)
    rng = np.random.default_rng(7)
    x, y = rng.random((count, draws)), rng.random((count, draws))
    plain, found = pawn(x, y)["ks_mean"], estimate_with_errors(x, y, 16, 1)["ks_mean"]
    expected = 0.8687 * np.sqrt(9 / draws)
    assert_allclose(plain.mean(), expected, rtol=0.05)
    assert abs(found.value.mean()) < size(0.35, 0.6) * expected
    held = np.abs(found.value) < 2.131 * found.mcse
    assert held.mean() > size(0.9, 0.5)


def test_intervals_hold_the_exact_distance(size):
    # x + noise of two normal laws: the distances of ten classes, integrated over the class at each level.
    exact, draws, seeds = exact_normal_gaps(0.6), size(4096, 1024), size(60, 2)
    held = {"ks_max": 0, "ks_mean": 0, "ks_median": 0}
    for seed in range(seeds):
        x, other = np.random.default_rng(200 + seed).standard_normal((2, draws))
        found = estimate_with_errors(x[np.newaxis], (0.6 * x + 0.8 * other)[np.newaxis], 16, 1)
        for name in held:
            one = found[name]
            held[name] += abs(one.value.item() - SUMMARIES[name](exact)) < 2.131 * one.mcse.item()
    # At 92 % fewer than 48 of 60 would come once in 1,000 times.
    assert min(held.values()) >= size(48, 1)


def exact_normal_gaps(correlation):
    """Distances of ten classes of one standard normal from the law of another, each class by 500 of its quantiles."""
    x = stats.norm.ppf((np.arange(5000) + 0.5) / 5000).reshape(10, 500, 1)
    levels = np.linspace(-4, 4, 401)
    laws = stats.norm.cdf((levels - correlation * x) / np.sqrt(1 - correlation**2)).mean(axis=1)
    return np.abs(laws - stats.norm.cdf(levels)).max(axis=1)


def test_scales_and_the_order_of_draws_do_not_matter():
    x = np.random.default_rng(3).standard_normal((2, 400))
    y = x.sum(axis=0)
    shuffled = np.random.default_rng(4).permutation(400)
    plain, moved = pawn(x, y), pawn(np.exp(x[:, shuffled]), y[shuffled] ** 3)
    for name in plain:
        assert_array_equal(plain[name], moved[name])


@pytest.mark.parametrize("draws", [1, 2, 5, 11, 60])
def test_few_draws_ties_and_constants_are_never_nan(draws):
    ramp = np.arange(float(draws))
    x = np.stack([ramp, np.full(draws, 0.1), ramp // 2, ramp == 0])
    for name, values in pawn(x, np.stack([ramp, ramp > 0, -(ramp // 3)])).items():
        assert np.all((values >= 0) & (values <= 1)), name
        assert_array_equal(values[1], 0.0)


@pytest.mark.parametrize("classes", [0, 1, 201, 3.0, None])
def test_the_number_of_classes_is_checked(classes):
    with pytest.raises(InputError, match=r"classes: .*: must be a whole number from 2 to 200"):
        pawn([1.0, 2.0], [1.0, 2.0], classes=classes)


@pytest.mark.parametrize(
    ("values", "labels", "discrete"),
    [
        ([3, 1, 2, 1], [2, 0, 1, 0], True),
        ([5, 5, 5, 5], [0, 0, 0, 0], True),
        ([-0.0, 0.0, 1.0], [0, 0, 1], True),
        ([0, 1, 2, 3, 4, 5, 6, 7, 8], [0, 0, 0, 1, 1, 1, 2, 2, 2], False),
        ([0, 0, 0, 0, 0, 0, 1, 2, 3], [0, 0, 0, 0, 0, 0, 1, 1, 1], False),
        ([0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4], [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1], False),
        ([5, 5, 5, 5, 5, 5, 6, 7, 8, 9, 10, 11], [0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 2, 2], False),
        ([0, 1, 2, 9, 9, 9, 9, 9, 9], [0, 0, 0, 1, 1, 1, 1, 1, 1], False),
    ],
)
def test_three_classes_never_part_equal_values(values, labels, discrete):
    found = classify(np.array(values, dtype=float), 3)
    assert found.labels.tolist() == labels
    assert found.discrete is discrete
