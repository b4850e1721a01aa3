"""The shape of a tail against ArviZ, and against laws whose shape is known."""

import math

import numpy as np
import pytest
from arviz_stats.base import array_stats
from numpy.testing import assert_allclose
from scipy import stats

from mcdemand.kernels.tails import mean_log1p, pareto_shape, tail_size

SHAPES = [-1.0, -0.5, 0.0, 0.5, 1.0, 2.0]


def quantiles(shape, count):
    """Evenly spaced quantiles of a generalised Pareto law, a sample without chance, and the threshold before them."""
    return np.append(0.0, stats.genpareto(shape).ppf((np.arange(count) + 0.5) / count))


def zhang_stephens(x):
    """The formulas of Zhang and Stephens (2009), section 3, in plain Python; a factor of zero means its limit."""
    n, middle = len(x), x[math.floor(len(x) / 4 + 0.5) - 1]
    grid = 30 + math.isqrt(n)
    b = [1 / x[-1] + (1 - math.sqrt(grid / (j - 0.5))) / (3 * middle) for j in range(1, grid + 1)]
    k = [sum(math.log1p(-one * value) for value in x) / n for one in b]
    profile = [n * (math.log(-one / shape if one else n / sum(x)) - shape - 1) for one, shape in zip(b, k, strict=True)]
    weight = [math.exp(one - max(profile)) for one in profile]
    factor = sum(one * w for one, w in zip(b, weight, strict=True)) / sum(weight)
    return (sum(math.log1p(-factor * value) for value in x) + 5) / (n + 10)


def upper_tail(values):
    return np.sort(values)[-1 - tail_size(values.size) :]


LAWS = [stats.norm(), stats.lognorm(1.0), stats.t(2), stats.uniform(), stats.expon(), stats.cauchy(), stats.beta(2, 5)]


@pytest.mark.parametrize("draws", [30, 100, 1000, 100_000])
@pytest.mark.parametrize("law", LAWS)
def test_the_fit_is_that_of_arviz(law, draws, size):
    tail = upper_tail(law.rvs(size(draws, min(draws, 400)), random_state=np.random.default_rng(draws)))
    expected, _ = array_stats._gpdfit(tail[1:] - tail[0])
    assert_allclose(pareto_shape(tail), expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("shape", [-0.9, -0.3, 0.0, 0.2, 0.5, 0.7, 1.0, 3.0])
@pytest.mark.parametrize("count", [5, 6, 7, 13, 50, 1000])
def test_the_fit_for_any_number_of_exceedances(shape, count, size):
    rng = np.random.default_rng(count)
    exceedances = np.sort(stats.genpareto(shape).rvs(size(count, min(count, 60)), random_state=rng))
    found = pareto_shape(np.append(7.0, 7.0 + 2.0 * exceedances))
    assert_allclose(found, zhang_stephens(exceedances), rtol=1e-10, atol=1e-10)
    if count > 5:  # ArviZ fits nothing where the first quartile is the least exceedance.
        assert_allclose(found, array_stats._gpdfit(exceedances)[0], rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("rate", [0.9, 0.7, 0.5, 0.3, 0.1])
def test_weights_of_an_exponential_proposal(rate, size):
    """Proposal Exp(1), target Exp(rate): the weights rate exp((1 - rate) x) have the shape 1 - rate exactly."""
    draws = size(100_000, 2_000)
    weights = rate * np.exp((1 - rate) * np.random.default_rng(27).standard_exponential(draws))
    # Measured sd at 10^5 draws: .035 to .055; it falls with the root of the tail, 948 or 134 of the draws.
    band = 4 * 0.055 * math.sqrt(tail_size(100_000) / tail_size(draws))
    assert abs(pareto_shape(upper_tail(weights)) - (1 - rate)) < band


@pytest.mark.parametrize("shape", SHAPES)
def test_laws_of_known_shape(shape, size):
    """A tail drawn towards 0.5 with the weight of ten."""
    count = size(1000, 150)
    expected = (count * shape + 5) / (count + 10)
    assert_allclose(pareto_shape(quantiles(shape, count)), expected, atol=size(0.03, 0.1) * max(1, abs(shape)))


@pytest.mark.parametrize("scale", [1e-290, 1e-20, 1e27, 1e290])
@pytest.mark.parametrize("shape", [-1.0, 0.0, 0.5])
def test_units_do_not_matter(shape, scale):
    exceedances = quantiles(shape, 40)
    assert_allclose(pareto_shape(scale * exceedances), pareto_shape(exceedances), rtol=1e-9)


def test_a_shifted_tail_has_the_same_shape():
    assert_allclose(pareto_shape(1e3 + quantiles(0.5, 40)), pareto_shape(quantiles(0.5, 40)), rtol=1e-9)


@pytest.mark.parametrize("tail", [np.full(50, 3.0), np.zeros(6), np.append(np.zeros(40), [1.0, 2.0])])
def test_a_tail_that_is_too_equal_has_no_shape(tail):
    assert math.isnan(pareto_shape(tail))


@pytest.mark.parametrize(
    "counts", [[20, 10, 5, 2], [40, 1, 1, 1], [1, 1, 1, 40], [150, 0, 1, 0]], ids=lambda counts: str(counts)
)
def test_ties(counts):
    exceedances = np.repeat([1.0, 2.0, 3.0, 50.0], counts)
    assert_allclose(pareto_shape(np.append(0.0, exceedances)), zhang_stephens(exceedances), rtol=1e-9)


def test_exceedances_that_all_tie_are_bounded():
    """Mass at one point beyond the threshold is the lightest of tails; a hundred of them put one factor at zero."""
    exceedances = np.ones(100)
    assert_allclose(pareto_shape(np.append(0.0, exceedances)), zhang_stephens(exceedances), rtol=1e-9)
    assert pareto_shape(np.append(0.0, exceedances)) < -0.5


@pytest.mark.parametrize("largest", [1e308, np.inf])
def test_a_tail_whose_range_overflows_is_not_fitted(largest):
    with np.errstate(over="ignore", invalid="ignore"):
        assert math.isnan(pareto_shape(np.array([-1.7e308, 0.0, 1.0, 2.0, 3.0, 4.0, largest])))


@pytest.mark.parametrize(
    ("draws", "size"),
    [(0, 0), (1, 0), (24, 0), (25, 5), (100, 20), (225, 45), (226, 45), (1000, 94), (100_000, 948), (10**6, 1000)],
)
def test_how_many_draws_count_as_a_tail(draws, size):
    """min(n / 5, 3 sqrt(n)) of Vehtari and others (2024), at most 1000, none below five."""
    assert tail_size(draws) == size


def test_means_of_logarithms():
    x, b = np.array([0.0, 0.5, 2.0]), np.array([-1.0, 0.25, -1e-12])
    assert_allclose(mean_log1p(x, b), np.log1p(-np.outer(b, x)).mean(axis=1), rtol=1e-14)
