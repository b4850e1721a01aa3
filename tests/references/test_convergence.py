"""How errors fall with draws: slopes over N on closed form 7, from fixed seeds."""

from math import log

import numpy as np
import pytest
from acceptance import INTERPRETED
from numpy.testing import assert_allclose, assert_array_less

from benchmarks.convergence import root_mean_square_errors, slopes
from benchmarks.problems import USUAL, constant_elasticity

pytestmark = pytest.mark.skipif(INTERPRETED, reason="too many draws")

CHAINS = 16
SIZES = (2**9, 2**12, 2**15)
SEEDS = 100
SLOPE_ERROR = 1 / np.sqrt(2 * SEEDS) / np.sqrt(2 * log(8) ** 2)
"""The logarithm of a root-mean-square of normal errors is off by 1 / sqrt(2 seeds), a straight line through three of
them by that over sqrt(sum (x - mean x)^2)."""
BAND = 4.4 * SLOPE_ERROR
"""False alarms: one in 10^5 a slope."""


def found_slopes(design):
    errors = root_mean_square_errors(constant_elasticity(), design, SIZES, CHAINS, range(SEEDS))
    return slopes(SIZES, errors)[0, : len(USUAL)]


def test_slope_of_exact_powers():
    errors = np.array([[8.0, 1.0], [4.0, 1.0], [2.0, 1.0]])
    assert_allclose(slopes((1, 4, 16), errors), [-0.5, 0.0], atol=1e-14)


def test_random_draws_err_like_the_inverse_root():
    assert_allclose(found_slopes("random"), -0.5, rtol=0, atol=BAND)


def test_scrambled_points_err_less():
    mean, *quantiles = found_slopes("sobol")
    assert mean < -0.8
    assert_array_less(quantiles, -0.5 - BAND / 2)
