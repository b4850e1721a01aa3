"""Jumps: their number, their sizes and their sum."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from yearly_examples import LOG, TEN, lognormal, normal, scores, uniforms, yearly

from mcdemand import InputError, load_prior_set
from mcdemand.point_model import level_path
from mcdemand.row_builder import Layout, build_program
from mcdemand.variations.jumps import most_jumps, poisson_weights

FALSE_ALARM_RATE = 1e-6
COUNT = 300


def counted(years, rate, seed):
    """Return (year, draw) jumps so far."""
    numbers = [stats.poisson(rate).ppf(uniforms("x", COUNT, seed=seed, step=step)) for step in range(1, years)]
    return np.cumsum([np.zeros(COUNT), *numbers], axis=0).astype(int)


def summed(counts, size):
    sums = np.cumsum([np.zeros(COUNT), *(size(k) for k in range(1, counts.max() + 1))], axis=0)
    return np.take_along_axis(sums, counts, axis=0)


def test_sizes_add_up(draw):
    row = yearly(TEN, "jumps", rate=0.7, size=lognormal(0, 0.5))
    found = draw({"parameters": {"x": row}}, COUNT, steps=5, seed=4)["x"]
    sums = summed(counted(5, 0.7, 4), lambda k: np.exp(0.5 * scores("x:size", COUNT, seed=4, step=k)))
    assert_allclose(found, 10 + 2 * scores("x", COUNT, seed=4) + sums, rtol=1e-12)


def test_factors_multiply_and_the_level_walks(draw):
    row = yearly(LOG, "jumps", rate=0.7, size=normal(0.3, 0.1), step=0.2)
    found = draw({"parameters": {"x": row}}, COUNT, steps=5, seed=4)["x"]
    sums = summed(counted(5, 0.7, 4), lambda k: 0.3 + 0.1 * scores("x:size", COUNT, seed=4, step=k))
    walk = [np.zeros(COUNT), *(0.2 * scores("x:step", COUNT, seed=4, step=step) for step in range(1, 5))]
    exact = np.exp(0.5 + 0.4 * scores("x", COUNT, seed=4) + np.cumsum(walk, axis=0) + sums)
    assert_allclose(found, exact, rtol=1e-12)


def test_unit_jumps_are_a_poisson_process(draw, size):
    """Chi-square of the number of jumps in 3 years, of 0 to 8 and more."""
    count = size(60_000, 256)
    row = yearly({"distribution": "constant", "value": 0}, "jumps", rate=0.9, size=1, form="additive")
    found = draw({"parameters": {"x": row}}, count, steps=4, seed=6)["x"][3]
    numbers = np.bincount(np.minimum(found.astype(int), 8), minlength=9)
    law = stats.poisson(2.7)
    expected = count * np.append(law.pmf(np.arange(8)), law.sf(7))
    assert stats.chisquare(numbers, expected).pvalue > FALSE_ALARM_RATE


@pytest.mark.parametrize("rate", [1e-6, 0.3, 2.0, 10.0])
def test_weights_are_the_poisson_law(rate):
    weights, most = poisson_weights(rate), most_jumps(rate)
    assert stats.poisson(rate).sf(most) <= 1e-12 < stats.poisson(rate).sf(most - 1)
    assert_allclose(weights[:-1], stats.poisson(rate).pmf(np.arange(most)), rtol=1e-12)
    assert abs(weights[-1] - stats.poisson(rate).sf(most - 1)) < 1e-14
    assert sum(weights) == pytest.approx(1, abs=1e-15)


def test_too_many_jumps_are_refused():
    row = yearly(TEN, "jumps", rate=9.0, size=1)
    priors = load_prior_set({"parameters": {"x": row}})
    with pytest.raises(InputError, match=r"parameters\.x\.varies\.rate: 9: up to 1\d\d\d jumps in 120 years; at most"):
        build_program(priors, ["x"], 121, Layout(0))


@pytest.mark.parametrize("level", [0.05, 0.5, 0.95, 0.999])
def test_at_a_level_so_is_the_number_so_far(level):
    row = yearly({"distribution": "constant", "value": 0}, "jumps", rate=0.4, size=1, form="additive")
    prior = load_prior_set({"parameters": {"x": row}}).parameters["x"]
    exact = [0, *stats.poisson(0.4 * np.arange(1, 10)).ppf(level)]
    assert_array_equal(level_path(prior, np.array([level]), 10)[:, 0], exact)


def test_at_a_level_so_is_the_sum_of_normal_sizes():
    row = yearly(normal(1, 2), "jumps", rate=2.0, size=normal(3, 0.5), step=0.3)
    prior = load_prior_set({"parameters": {"x": row}}).parameters["x"]
    z = stats.norm.ppf(0.9)
    years = np.arange(6)
    number = np.append(0, stats.poisson(2.0 * years[1:]).ppf(0.9))
    exact = 1 + 2 * z + 0.3 * z * np.sqrt(years) + 3 * number + 0.5 * z * np.sqrt(number)
    assert_allclose(level_path(prior, np.array([0.9]), 6)[:, 0], exact, rtol=1e-12)
