"""Regional sensitivity against SciPy's two-sample test, and against boxes whose distances are known."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from mcdemand.errors import InputError
from mcdemand.sensitivity._kolmogorov import kolmogorov_tail
from mcdemand.sensitivity.regional import METHOD, distance_with_errors, regional


def values(rng, draws):
    """Parameters with and without ties."""
    rows = [rng.standard_normal(draws), rng.exponential(size=draws) ** 3, rng.integers(0, 2, draws)]
    rows += [rng.integers(0, 40, draws), np.maximum(rng.standard_normal(draws), 0.0), rng.random(draws).round(2)]
    return np.array(rows, dtype=np.float64)


def rows_of(rng, x):
    """Outputs that depend on all parameters, strongly, weakly, and not at all; the last one has ties."""
    weights = np.array([[1.0, 0.1, 1.0, 0.05, 1.0, 1.0], [0.05] * 6, [0.0] * 6, [0.2] * 6])
    y = weights @ x + rng.standard_normal((4, x.shape[1]))
    y[3] = np.maximum(y[3].round(1), 0.5)
    return y


@pytest.mark.parametrize("tail", ["upper", "lower"])
@pytest.mark.parametrize(("draws", "share"), [(30, 0.1), (30, 0.5), (400, 0.1), (2000, 0.02), (4000, 0.1), (4000, 0.6)])
def test_distance_and_p_value_are_those_of_scipy(draws, share, tail, size):
    rng = np.random.default_rng(draws)
    x = values(rng, size(draws, min(draws, 400)))
    y = rows_of(rng, x)
    found = regional(x, y, tail=tail, share=share)
    for r, row in enumerate(y):
        worst_first = np.sort(-row if tail == "upper" else row)
        limit = worst_first[max(1, round(share * row.size)) - 1]
        worst = (-row if tail == "upper" else row) <= limit
        if worst.all():
            worst = (-row if tail == "upper" else row) < limit
        for j, one in enumerate(x):
            expected = stats.ks_2samp(one[worst], one[~worst], method="asymp")
            assert_allclose(found["ks_distance"][j, r], expected.statistic, rtol=0, atol=1e-14)
            assert_allclose(found["p_value"][j, r], expected.pvalue, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("draws", [1, 10, 140, 141, 500, 3000])
def test_the_tail_of_kolmogorov_is_that_of_scipy(draws, size):
    z = np.concatenate(
        [[0.0, 1e-3, 0.1], np.linspace(0.2, 6.0, size(60, 6)), np.sqrt([2.1999, 2.2, 2.2001, 369.9, 371.0])]
    )
    distances = np.concatenate([np.minimum(z / math.sqrt(draws), 1.0), [0.5, 0.9, 1.0]])
    assert_allclose(kolmogorov_tail(distances, draws), stats.kstwo.sf(distances, draws), rtol=1e-9, atol=1e-12)


def test_a_planted_box_has_known_distances_and_levels(size):
    """The worst decile is x0 > 0.5 and x1 > 0.8: D = 0.5 / 0.9 and 0.8 / 0.9; uniform in the box."""
    draws = size(40_000, 4000)
    x = np.random.default_rng(1).random((3, draws))
    found = regional(x, np.minimum(x[0] / 0.5 - 1.0, x[1] / 0.2 - 4.0)[np.newaxis])
    spread = 1.0 / math.sqrt(0.1 * draws)
    assert_allclose(found["ks_distance"][:2, 0], [0.5 / 0.9, 0.8 / 0.9], rtol=0, atol=2 * spread)
    assert found["ks_distance"][2, 0] < 2 * spread
    expected = [[0.525, 0.81, 0.05], [0.75, 0.9, 0.5], [0.975, 0.99, 0.95]]
    assert_allclose(found["level_worst"][:, :, 0], expected, rtol=0, atol=2 * spread)
    assert found["p_value"][:2, 0].max() < 1e-100
    assert found["p_value"][2, 0] > 1e-3


def test_intervals_hold_the_distances_of_the_box(size):
    """60 samples of 4,096 draws; at 92 % fewer than 48 would come once in 1,000 times."""
    seeds, draws, exact = size(60, 2), size(4096, 1024), [0.5 / 0.9, 0.8 / 0.9, 0.0]
    held = np.zeros(3)
    for seed in range(seeds):
        x = np.random.default_rng(300 + seed).random((3, draws))
        y = np.minimum(x[0] / 0.5 - 1.0, x[1] / 0.2 - 4.0)[np.newaxis]
        found = distance_with_errors(x, y, 16, 1)["ks_distance"]
        held += np.abs(found.value[:, 0] - exact) < 2.131 * found.mcse[:, 0]
    assert held.min() >= size(48, 1)
    assert found.freedom == 15


def test_levels_are_those_of_the_order_statistics():
    """The 20 worst of 200 draws, by their places: 5, 15, ..., 195."""
    x = np.arange(200.0)
    found = regional(x[np.newaxis], np.where(x % 10 == 4, 1.0, 0.0)[np.newaxis])
    assert_allclose(found["level_worst"][:, 0, 0], np.array([5, 95, 185]) / 200, rtol=1e-14)


def test_categories_share_their_levels():
    """Half of the draws lie in the category 0, all the worst ones in the other, evenly."""
    x = np.repeat([0.0, 1.0], 500)
    found = regional(x[np.newaxis], (x * 1000 + np.arange(1000))[np.newaxis], share=0.5)
    assert found["ks_distance"][0, 0] == 1.0
    assert_allclose(found["level_worst"][:, 0, 0], [0.525, 0.75, 0.975], rtol=1e-14)


def test_a_constant_parameter_does_not_matter():
    y = np.random.default_rng(0).standard_normal((2, 500))
    found = regional(np.full((1, 500), 3.0), y)
    assert_array_equal(found["ks_distance"], 0.0)
    assert_array_equal(found["p_value"], 1.0)
    assert_allclose(found["level_worst"][:, 0], [[0.05] * 2, [0.5] * 2, [0.95] * 2], rtol=1e-14)


@pytest.mark.parametrize("draws", [1, 2, 3, 12])
def test_few_draws_and_constant_replicates_give_numbers(draws):
    x = np.random.default_rng(draws).standard_normal((3, draws))
    x[1] = -np.inf
    for found in (regional(x, np.ones((1, draws))), regional(x, x[:1])):
        assert all(np.isfinite(one).all() for one in found.values())
        assert_array_equal(found["ks_distance"][1], 0.0)
    assert_array_equal(regional(x, np.ones((1, draws)))["ks_distance"], 0.0)


def test_only_order_counts_and_the_tails_mirror_each_other():
    rng = np.random.default_rng(4)
    x = values(rng, 300)
    y = rows_of(rng, x)
    upper, lower = regional(np.arctan(x), np.exp(y)), regional(x, -y, tail="lower")
    for name, one in regional(x, y).items():
        assert_array_equal(upper[name], one)
        assert_array_equal(lower[name], one)


def test_p_values_of_parameters_without_effect_are_uniform(size):
    """10 x 100 null parameters: the share below 0.05 and 0.5 within 4 standard errors (false alarms: 1 in 10,000)."""
    rng = np.random.default_rng(11)
    rows = size(100, 20)
    found = regional(rng.standard_normal((10, 2000)), rng.standard_normal((rows, 2000)))["p_value"]
    for level in (0.05, 0.5):
        # The asymptotic test errs towards large p-values, by less than a fifth at 200 worst draws.
        error = 4 * math.sqrt(level * (1 - level) / found.size)
        assert 0.8 * level - error < np.mean(found < level) < level + error


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, math.nan, "much", True])
def test_a_share_that_is_none(share):
    with pytest.raises(InputError, match=r"share: .*must lie between 0 and 1; 0.1 is the worst decile"):
        regional(np.ones((1, 4)), np.ones((1, 4)), share=share)


def test_a_tail_that_is_none():
    with pytest.raises(InputError, match="tail: 'both': must be upper or lower"):
        regional(np.ones((1, 4)), np.ones((1, 4)), tail="both")


def test_the_method_states_what_it_returns():
    found = regional(np.random.default_rng(0).random((3, 50)), np.random.default_rng(1).random((2, 50)))
    assert list(found) == list(METHOD.indices)
    size = {"parameter": 3, "quantile": len(METHOD.labels["quantile"])}
    for name, index in METHOD.indices.items():
        assert found[name].shape == (*(size[dim] for dim in index.dims), 2)
