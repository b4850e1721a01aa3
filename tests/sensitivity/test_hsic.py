import json
from pathlib import Path

import numba
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from scipy.stats import qmc

from mcdemand.errors import InputError
from mcdemand.sensitivity.hsic import _spread, estimate
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
    chosen = _spread(np.arange(500.0)[np.newaxis], 20)[0].astype(int)
    y[np.setdiff1d(np.arange(500), chosen)[0]] = 1.0
    found = hsic(normals(500), y, sample=20)
    assert [found[name][0, 0] for name in ("r2_hsic", "p_value")] == [0.0, 1.0]


def test_draws_are_spread_evenly_and_taken_once():
    places = _spread(np.arange(16_384.0)[np.newaxis], 1000)[0]
    assert np.all(np.diff(places) > 0)
    assert places.size == 1000
    assert np.diff(places, prepend=-1, append=16_384).max() < 3 * 16_384 / 1000
    assert_allclose(np.bincount(places.astype(int) // 1024), 1000 / 16, rtol=0, atol=3)


def test_the_spread_draws_of_a_sobol_sequence_fill_its_axes():
    # Every 16th point of it lies in one sixteenth of the first axis.
    points = qmc.Sobol(3, seed=1).random_base2(14).T
    for row in _spread(points, 1024):
        assert stats.kstest(row, "uniform").statistic < 1.95 / np.sqrt(1024)


def test_all_draws_are_used_up_to_the_sample():
    x, y = normals(30), normals(30, seed=1)
    assert_array_equal(hsic(x, y, sample=30)["r2_hsic"], hsic(x, y)["r2_hsic"])


@pytest.mark.parametrize("sample", [9, 10_001, 50.0, "all"])
def test_the_sample_is_checked(sample):
    with pytest.raises(InputError, match=r"sample: .*: must be a whole number from 10 to 10,000"):
        hsic([1.0, 2.0], [1.0, 2.0], sample=sample)
