import json
from pathlib import Path

import numba
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from scipy.stats import qmc

from mcdemand.errors import InputError
from mcdemand.sensitivity.hsic import _spread, estimate, estimate_with_errors
from tests.references.dependent_sample import dependent_sample

OPENTURNS = json.loads((Path(__file__).parents[1] / "references" / "openturns_hsic.json").read_text(encoding="ascii"))
COMPILED = not numba.config.DISABLE_JIT


def hsic(x, y, **options):
    return estimate(np.atleast_2d(x), np.atleast_2d(y), **options)


def normals(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def by_matrices(x, y):
    """tr(K H L H) over its largest value, with Gram matrices as they are written."""
    n = x.size
    center = np.eye(n) - 1 / n
    scaled = [row / row.std(ddof=1) for row in (x, y)]
    k, m = (center @ np.exp(-0.5 * (row[:, None] - row) ** 2) @ center for row in scaled)
    return np.sum(k * m) / np.sqrt(np.sum(k * k) * np.sum(m * m))


def test_same_digits_as_openturns():
    found = hsic(*dependent_sample(OPENTURNS["draws"]))
    assert_allclose(found["r2_hsic"].T, OPENTURNS["r2_hsic"], rtol=0, atol=1e-10)
    assert_allclose(found["p_value"].T, OPENTURNS["p_value"], rtol=1e-8, atol=1e-12)


def test_without_what_chance_adds_it_has_the_digits_of_openturns_too():
    found = estimate_with_errors(*dependent_sample(OPENTURNS["draws"]), 4, 1)
    assert_allclose(found["r2_hsic"].value.T, OPENTURNS["r2_hsic_unbiased"], rtol=0, atol=1e-10)
    assert_allclose(found["p_value"].value.T, OPENTURNS["p_value"], rtol=1e-8, atol=1e-12)


def test_the_index_is_the_formula():
    x, y = normals(3, 40), normals(2, 40, seed=1)
    x[2] = np.round(x[2])
    y[1] += x[0] ** 2
    exact = [[by_matrices(parameter, row) for row in y] for parameter in x]
    assert_allclose(hsic(x, y)["r2_hsic"], exact, rtol=1e-12)


def test_an_output_that_is_the_parameter_has_index_1():
    x = normals(50)
    found = hsic(x, 3 - 2 * x)
    assert_allclose(found["r2_hsic"], 1.0, rtol=1e-12)
    assert found["p_value"][0, 0] < 1e-10


def test_dependence_that_no_correlation_shows_is_found():
    x = normals(2, 100)
    assert_array_equal(hsic(x, np.stack([x[0] ** 2, x[0] * x[1]]))["p_value"][0] < 1e-3, True)


def test_p_values_are_uniform_under_independence():
    # 200 independent rows. Level of the test: 1e-4, which is also the chance that other seeds would fail.
    draws, rows = (200, 200) if COMPILED else (40, 20)
    p_values = hsic(normals(draws, seed=11), normals(rows, draws, seed=12))["p_value"][0]
    assert stats.kstest(p_values, "uniform").pvalue > 1e-4


def test_units_do_not_matter():
    x, y = normals(60), normals(60, seed=1)
    plain, scaled = hsic(x, y), hsic(1e-150 * x + 1e-150, 1e200 * y)
    for name in plain:
        assert_allclose(scaled[name], plain[name], rtol=1e-9)


def test_rows_and_parameters_do_not_know_each_other():
    x, y = normals(3, 30), normals(2, 30, seed=1)
    together = hsic(x, y)
    for name in together:
        for j in range(3):
            for r in range(2):
                assert_allclose(together[name][j, r], hsic(x[j], y[r])[name][0, 0], rtol=1e-12)


@pytest.mark.parametrize("draws", [1, 2, 4, 5, 6, 40])
def test_few_draws_ties_and_constants_are_never_nan(draws):
    ramp = np.arange(float(draws))
    x = np.stack([ramp, np.full(draws, 0.1), ramp // 2, ramp == 0])
    found = hsic(x, np.stack([ramp, ramp > 0, -(ramp // 3)]))
    for name, values in found.items():
        assert np.all((values >= 0) & (values <= 1)), name
    assert_array_equal(found["r2_hsic"][1], 0.0)
    assert_array_equal(found["p_value"][1], 1.0)


def test_a_row_that_is_constant_in_the_sample_only():
    y = np.zeros(500)
    y[np.setdiff1d(np.arange(500), _spread(500, 20))[0]] = 1.0
    found = hsic(normals(500), y, sample=20)
    assert [found[name][0, 0] for name in ("r2_hsic", "p_value")] == [0.0, 1.0]
    with_errors = estimate_with_errors(normals(1, 500), y[np.newaxis], 5, 1, sample=20)["r2_hsic"]
    assert [with_errors.value.item(), with_errors.mcse.item()] == [0.0, 0.0]


def test_draws_are_spread_evenly_and_taken_once():
    places = _spread(16_384, 1000)
    assert np.all(np.diff(places) > 0)
    assert places.size == 1000
    assert np.diff(places, prepend=-1, append=16_384).max() < 3 * 16_384 / 1000
    assert_allclose(np.bincount(places // 1024), 1000 / 16, rtol=0, atol=3)


def test_the_spread_draws_of_a_sobol_sequence_fill_its_axes():
    # Every 16th point of it lies in one sixteenth of the first axis.
    points = qmc.Sobol(3, seed=1).random_base2(14).T
    for row in points[:, _spread(points.shape[1], 1024)]:
        assert stats.kstest(row, "uniform").statistic < 1.95 / np.sqrt(1024)


def jackknifed(x, y, chains):
    """sqrt((R - 1) / R sum (s_(r) - mean s_(r))^2), s_(r) the index without chain r, by matrices as wide as ever."""
    parts = np.array_split(np.arange(x.size), chains)
    scaled = [row / row.std(ddof=1) for row in (x, y)]
    found = np.array([unbiased(*(np.delete(row, part) for row in scaled)) for part in parts])
    return np.sqrt((chains - 1) / chains * ((found - found.mean()) ** 2).sum())


def unbiased(x, y):
    """R2-HSIC by centring as of the unbiased distance covariance (Szekely and Rizzo 2014, equation 3.1)."""
    n, centred = x.size, []
    for row in (x, y):
        gram = np.exp(-0.5 * (row[:, None] - row) ** 2) - np.eye(n)
        sums = gram.sum(axis=0)
        gram += sums.sum() / ((n - 1) * (n - 2)) - (sums[:, None] + sums) / (n - 2)
        centred.append(gram - np.diag(np.diag(gram)))
    k, m = centred
    return np.sum(k * m) / np.sqrt(np.sum(k * k) * np.sum(m * m))


def test_where_a_parameter_matters_errors_are_those_of_the_jackknife(size):
    """What pairs of draws add is then a hundredth; leaving a chain out is a first-order change but for 1 / chains."""
    draws = size(800, 160)
    x = normals(2, draws, seed=4)
    y = 2 * x[0] ** 2 + x[1]
    found = estimate_with_errors(x[:1], y[np.newaxis], 16, 1)["r2_hsic"]
    assert_allclose(found.value, unbiased(*(row / row.std(ddof=1) for row in (x[0], y))), rtol=1e-12)
    assert_allclose(found.mcse.item(), jackknifed(x[0], y, 16), rtol=size(0.05, 0.3))


def test_independent_parameters_are_at_0_on_average(size):
    """Of 60 pairs of normal rows: E K = 1 / sqrt(3) and HSIC(x, x) = 1 / sqrt(5) - 1 / sqrt(2) + 1 / 3."""
    draws, count = size(300, 64), size(60, 4)
    x, y = normals(count, draws, seed=5), normals(1, draws, seed=6)
    plain, found = estimate(x, y)["r2_hsic"], estimate_with_errors(x, y, 16, 1)["r2_hsic"]
    of_chance = (1 - 3**-0.5) ** 2 / (5**-0.5 - 2**-0.5 + 1 / 3) / draws
    # The sd of one is sqrt(2) / draws. Errors are said sqrt(3) times as large, as chains hold those of pairs twice.
    close = 4 * np.sqrt(2 / count) / draws
    assert abs(plain.mean() - of_chance) < close
    assert abs(found.value.mean()) < close
    assert np.all(found.mcse > np.sqrt(2) * 0.9 / draws)


def exact_normal_share(correlation):
    """R2-HSIC of two standard normals: u - v of two draws is N(0, 2), and E exp(-z'z / 2) = det(I + C)^(-1/2)."""

    def hsic(r):
        return (9 - 4 * r**2) ** -0.5 + 1 / 3 - 2 * (9 - r**2) ** -0.5

    return hsic(correlation) / hsic(1)


def test_intervals_hold_the_exact_index_of_normal_draws(size):
    exact, draws, seeds = exact_normal_share(0.6), size(500, 64), size(100, 2)
    held = 0
    for seed in range(seeds):
        x, other = normals(2, draws, seed=100 + seed)
        found = estimate_with_errors(x[np.newaxis], (0.6 * x + 0.8 * other)[np.newaxis], 16, 1)["r2_hsic"]
        held += abs(found.value.item() - exact) < 2.131 * found.mcse.item()
    # At 92 % fewer than 83 of 100 would come once in 1,000 times.
    assert held >= size(83, 1)


def test_many_normal_draws_come_out_as_integrated(size):
    x, other = normals(2, size(6000, 200), seed=8)
    found = estimate_with_errors(x[np.newaxis], (0.6 * x + 0.8 * other)[np.newaxis], 16, 1, sample=6000)["r2_hsic"]
    assert_allclose(found.value.item(), exact_normal_share(0.6), rtol=0, atol=4 * found.mcse.item())
    assert found.mcse.item() < size(0.02, 0.2)


def test_all_draws_are_used_up_to_the_sample():
    x, y = normals(30), normals(30, seed=1)
    assert_array_equal(hsic(x, y, sample=30)["r2_hsic"], hsic(x, y)["r2_hsic"])


@pytest.mark.parametrize("sample", [9, 10_001, 50.0, "all"])
def test_the_sample_is_checked(sample):
    with pytest.raises(InputError, match=r"sample: .*: must be a whole number from 10 to 10,000"):
        hsic([1.0, 2.0], [1.0, 2.0], sample=sample)
