"""Moments and bins of one reading against the moments alone and a full sort, whatever the sample of a row misses."""

import numba
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mcdemand.kernels.moments import SAMPLE, moments
from mcdemand.kernels.order_statistics import select_in_bins
from mcdemand.kernels.row_pass import read_row
from mcdemand.kernels.shortest_interval import number_of_steps, possible_ends, shortest_in_bins, shortest_interval

SIZE = 5000 if numba.config.DISABLE_JIT else 200_000
STEP = -(-SIZE // SAMPLE)


def rows():
    rng = np.random.default_rng(8)
    lognormal = rng.lognormal(size=SIZE)
    hidden = rng.normal(size=SIZE)
    hidden[np.arange(SIZE) % STEP != 0] += 1e6
    constant_sample = np.where(np.arange(SIZE) % STEP == 0, 1.0, rng.random(SIZE))
    outlier = lognormal.copy()
    outlier[1] = 1e100
    return {
        "lognormal": lognormal,
        "rising": np.sort(lognormal),
        "a sample that is all wrong": hidden,
        "a sample that is constant": constant_sample,
        "an outlier that the sample misses": outlier,
        "both signs": rng.normal(size=SIZE),
        "integers": np.floor(10 * rng.normal(size=SIZE)),
        "constant": np.full(SIZE, 0.1),
    }


ROWS = rows()


@pytest.mark.parametrize("name", ROWS)
def test_moments_are_those_of_a_row_read_for_them_alone(name):
    with np.errstate(over="ignore"):
        found, _ = read_row(ROWS[name])
    assert_array_equal(found, moments(ROWS[name]))
    assert_allclose(found.mean, np.mean(ROWS[name]), rtol=1e-12, atol=1e-12)
    assert_allclose(found.m2, np.var(ROWS[name]), rtol=1e-11, atol=1e-25)


@pytest.mark.parametrize("name", ROWS)
def test_order_statistics_and_shortest_intervals_are_exact(name):
    values, ordered = ROWS[name], np.sort(ROWS[name])
    ranks = np.linspace(0, SIZE - 1, 23).astype(np.int64)
    with np.errstate(over="ignore"):
        _, bins = read_row(values)
    steps = number_of_steps(SIZE, 0.9)
    ends = possible_ends(bins, steps)
    gathered = bins.gather([(ranks, ranks), *ends])
    assert_array_equal(select_in_bins(gathered, ranks), ordered[ranks])
    first = int(np.argmin(ordered[steps:] - ordered[: SIZE - steps]))
    expected = (ordered[first], ordered[first + steps])
    assert shortest_in_bins(gathered, ends) == expected
    assert shortest_interval(values, 0.9) == expected


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 1, -1])
def test_a_value_that_is_not_finite_shows_in_the_mean(bad, place):
    values = ROWS["both signs"].copy()
    values[place] = bad
    assert not np.isfinite(read_row(values)[0].mean)
