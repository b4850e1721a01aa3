import math

import numpy as np
import pytest
from mpmath import mp, mpf
from numpy.testing import assert_allclose
from scipy import stats

from mcdemand.errors import InputError
from mcdemand.kernels.moments import LANES, moments


def _exact(values):
    """Moments in 60-digit arithmetic."""
    with mp.workdps(60):
        numbers = [mpf(float(x)) for x in values]
        mean = sum(numbers) / len(numbers)
        return [float(mean), *(float(sum((x - mean) ** k for x in numbers) / len(numbers)) for k in (2, 3, 4))]


def _log_relative_error(estimate, certified):
    return -math.log10(max(abs(estimate - certified) / abs(certified), 1e-17))


def test_numacc4():
    moment = moments([10000000.2, *[10000000.1, 10000000.3] * 500])
    assert _log_relative_error(moment.mean, 10000000.2) >= 14
    assert _log_relative_error(moment.sd, 0.1) >= 8


@pytest.mark.parametrize("size", [2, 3, LANES - 1, LANES, LANES + 1, 2000])
@pytest.mark.parametrize(("offset", "scale"), [(0.0, 1.0), (1e6, 1.0), (0.0, 1e27), (-3.0, 1e-12)])
def test_moments_against_60_digits(size, offset, scale):
    values = offset + scale * np.random.default_rng(3).lognormal(0, 0.6, size)
    mean, *central = _exact(values)
    moment = moments(values)
    assert_allclose(moment.mean, mean, rtol=2e-16)
    # An odd moment of nearly symmetric values cancels: judge all against their scale.
    scales = [central[0] ** (k / 2) for k in (2, 3, 4)]
    assert_allclose(np.array(moment[2:]) / scales, np.array(central) / scales, rtol=1e-12, atol=1e-12)


def test_moments_against_scipy():
    values = np.random.default_rng(4).gamma(2.0, size=4000)
    moment = moments(values)
    assert_allclose(moment[2:], [stats.moment(values, k) for k in (2, 3, 4)], rtol=1e-12)
    assert_allclose(moment.sd, np.std(values, ddof=1), rtol=1e-13)


@pytest.mark.parametrize("value", [0.1, -1e27, 0.0])
def test_a_constant_has_exactly_no_spread(value):
    assert moments(np.full(1000, value)) == (1000, value, 0.0, 0.0, 0.0)


def test_a_first_value_far_from_the_others_costs_no_digit():
    values = np.append(1e12, np.random.default_rng(5).random(3000))
    assert_allclose(moments(values).mean, _exact(values)[0], rtol=2e-16)


def test_powers_out_of_range_leave_the_mean_alone():
    moment = moments([1e100, 3e100])
    assert (moment.mean, moment.m2) == (2e100, 1e200)
    assert not math.isfinite(moment.m4)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("place", [0, 7, -1])
def test_a_value_that_is_not_finite_shows_in_the_mean(bad, place):
    values = np.arange(600.0)
    values[place] = bad
    assert not math.isfinite(moments(values).mean)


def test_a_single_value_has_no_sd():
    assert math.isnan(moments([3.0]).sd)
    assert moments([3.0]).mean == 3.0


def test_nothing_has_no_moments():
    with pytest.raises(InputError):
        moments([])
