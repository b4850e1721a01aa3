"""What the engine draws from cells is the law's own quantile function, over the body and in both tails."""

import numba
import numpy as np
import pytest
from example_laws import LAWS, SOME, label
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from scipy.special import ndtr, ndtri

from mcdemand.distributions import distributions
from mcdemand.distributions._cells import SMALLEST_SHARE, TOLERANCE
from mcdemand.kernels.philox import BLOCK
from mcdemand.prior_set import load_prior_set
from mcdemand.row_builder import prior_quantiles

COUNT = 2**9 if numba.config.DISABLE_JIT else 2**12
CHOSEN = [(f, v) for f, v in (SOME if numba.config.DISABLE_JIT else LAWS) if distributions()[f].tabulated]
POISSON = {"distribution": "poisson", "mu": 12.0}
MIXTURE = {
    "distribution": "mixture",
    "components": [
        {"distribution": "lognormal", "mu": 1.0, "sigma": 0.7},
        {"distribution": "normal", "mu": 10, "sigma": 2},
    ],
    "weights": [0.3, 0.7],
}


def drawn(row, levels):
    prior = load_prior_set({"parameters": {"x": row}}).parameters["x"]
    parts = [prior_quantiles(prior, levels[start : start + BLOCK]) for start in range(0, levels.size, BLOCK)]
    return np.concatenate(parts)


def levels_of(count):
    """Even levels, the borders of cells and of octaves with their neighbours, and far tails: all exact doubles."""
    borders = 2.0 ** -np.arange(1, 15)[:, None] * (1 + np.arange(0, 64, 13) / 64)
    low = np.concatenate([borders.ravel(), np.nextafter(borders, 0).ravel(), 2.0 ** -np.arange(15.0, 54.0)])
    low = low[low < 0.5]
    even = (np.arange(count) + 0.5) / count
    return np.unique(np.concatenate([low, even, 1 - low]))


@pytest.mark.parametrize(("family", "values"), CHOSEN, ids=label)
def test_draws_are_the_familys_quantiles_and_rise(family, values):
    levels = levels_of(COUNT)
    found = drawn({"distribution": family, **values}, levels)
    member = distributions()[family]
    numbers = member.kernel_numbers(values)
    scores = np.where(levels < 0.5, ndtri(levels), -ndtri(1 - levels))
    own = np.array([member.quantile(z, numbers) for z in scores])
    spread = np.ptp(np.interp([-1.0, 1.0], scores, own))
    # Where a value passes 0, a table's own error of 5e-13 of the spread is left.
    allowed = 1.1 * TOLERANCE * np.maximum(np.abs(own), SMALLEST_SHARE * spread) + 1e-13 * spread
    assert np.all(np.abs(found - own) <= allowed)
    slack = 1e-14 * np.maximum(np.abs(own[1:]), SMALLEST_SHARE * spread)
    assert np.all(np.diff(found) >= -slack)


@pytest.mark.parametrize("law", [stats.beta(2, 5), stats.gamma(2.5)], ids=lambda law: law.dist.name)
def test_draws_are_scipys_quantiles(law):
    rows = {
        "beta": {"distribution": "beta", "alpha": 2.0, "beta": 5.0},
        "gamma": {"distribution": "gamma", "alpha": 2.5, "beta": 1.0},
    }
    levels = levels_of(2**8)
    exact = np.where(levels < 0.5, law.ppf(levels), law.isf(1 - levels))
    assert_allclose(drawn(rows[law.dist.name], levels), exact, rtol=1e-9)


def test_draws_of_a_law_of_whole_numbers_are_exact():
    levels = levels_of(COUNT)
    levels = levels[(levels > 1e-12) & (levels < 1 - 1e-12)]
    law = stats.poisson(12)
    assert_array_equal(drawn(POISSON, levels), np.where(levels < 0.5, law.ppf(levels), law.isf(1 - levels)))


def test_draws_of_a_mixture_lie_at_their_levels():
    levels = levels_of(COUNT)
    levels = levels[(levels > 1e-9) & (levels < 1 - 1e-9)]
    x = drawn(MIXTURE, levels)
    assert_allclose(0.3 * stats.lognorm(0.7, scale=np.e).cdf(x) + 0.7 * ndtr((x - 10) / 2), levels, rtol=1e-8)
