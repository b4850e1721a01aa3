"""First-order indices from ranks: the peer's digits, closed forms, categories, groups."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from mcdemand.errors import InputError
from mcdemand.kernels import products, rank_statistics
from mcdemand.kernels.moments import LANES
from mcdemand.sensitivity import rank
from mcdemand.sensitivity.rank import METHOD, estimate
from tests.references.openturns_given_data import FILE, samples

SEEDS = 20
ALWAYS = 5.0
"""Standard errors of a mean over the seeds; beyond it by chance: 8e-5 of figures (t, 19 degrees)."""

ELASTICITIES, SIGMAS = np.array([1.2, -0.6, 0.8]), np.array([0.4, 0.5, 0.25])


def first_order(x, y, **options):
    return estimate(x, np.atleast_2d(y), **options)["first_order"]


def accept(found, exact):
    """The mean of (seed, parameter) estimates, within 5 of its standard errors of the exact values."""
    error = found.std(axis=0, ddof=1) / np.sqrt(len(found))
    assert np.max(np.abs(found.mean(axis=0) - exact) / error) < ALWAYS


def over_seeds(draw, evaluate, draws=3000):
    rngs = [np.random.default_rng([17, seed]) for seed in range(SEEDS)]
    inputs = [draw(rng, draws) for rng in rngs]
    return np.array([first_order(x, evaluate(x))[:, 0] for x in inputs])


def normals(count):
    return lambda rng, draws: rng.normal(size=(count, draws))


def uniforms(count):
    return lambda rng, draws: rng.random((count, draws))


def log_demand(z):
    return (ELASTICITIES * SIGMAS) @ z


def ishigami(u):
    x = np.pi * (2 * u - 1)
    return np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])


def g_function(u):
    a = np.array([0, 1, 4.5, 9, 99, 99, 99, 99])[:, np.newaxis]
    return np.prod((np.abs(4 * u - 2) + a) / (1 + a), axis=0)


def test_same_digits_as_openturns():
    x, y = samples()
    peer = json.loads(FILE.read_text())
    assert_allclose([x.sum(), y.sum()], [peer["x_sum"], peer["y_sum"]], rtol=1e-12)
    # OpenTURNS divides the covariance by n and the variance by n - 1.
    draws = x.shape[1]
    found = first_order(x, y, circular=True)
    assert_allclose(found * (draws - 1) / draws, peer["first_order"], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    ("draw", "evaluate", "exact"),
    [
        (normals(3), lambda z: np.exp(log_demand(z)), [0.59714644, 0.21704002, 0.09405509]),
        (normals(3), log_demand, [0.63928968, 0.24972253, 0.11098779]),
        (uniforms(3), ishigami, [0.31390519, 0.44241114, 0.0]),
        (uniforms(8), g_function, [0.71619217, 0.17904804, 0.02367577, 0.00716192, *[7.1619e-5] * 4]),
        (normals(3), lambda z: np.array([1, 1, 6]) @ z, [0.02631579, 0.02631579, 0.94736842]),
    ],
    ids=["problem 7", "its logarithm", "Ishigami", "g-function", "linear Gaussian"],
)
def test_closed_forms(draw, evaluate, exact):
    accept(over_seeds(draw, evaluate), exact)


def test_of_correlated_parameters():
    """Y = X1 + X2 with correlation 0.5: E[Y | X1] = 1.5 X1 and Var Y = 3, so both are 0.75; that of a bystander is 0.

    A third, that does nothing but has correlation 0.8 with X1, has (0.8 * 1.5)^2 / 3.
    """
    root = np.array([[1, 0, 0], [0.5, np.sqrt(0.75), 0], [0.8, 0, 0.6]])
    accept(over_seeds(lambda rng, n: root @ rng.normal(size=(3, n)), lambda x: x[0] + x[1]), [0.75, 0.75, 0.48])


def test_categories_in_any_order():
    """E[Y | c] = (0, 3, 1, -1) by category, shares 0.4, 0.3, 0.2, 0.1, noise of variance 1: 1.89 / 2.89."""
    shares, means = np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.0, 3.0, 1.0, -1.0])
    between = shares @ means**2 - (shares @ means) ** 2

    def draw(rng, draws):
        codes = rng.choice(4, size=draws, p=shares).astype(float)
        return np.array([codes, rng.normal(size=draws)])

    def evaluate(x):
        return means[x[0].astype(int)] + x[1]

    accept(over_seeds(draw, evaluate, 500), np.array([between, 1.0]) / (between + 1))
    x = draw(np.random.default_rng(3), 500)
    relabelled = np.array([2.0, 0.0, 3.0, 1.0])[x[0].astype(int)]
    assert_allclose(first_order([relabelled], evaluate(x)), first_order(x[:1], evaluate(x)), rtol=1e-12)


def test_categories_are_class_means_less_chance():
    rng = np.random.default_rng(4)
    codes, y = rng.integers(5, size=300).astype(float), rng.gamma(2.0, size=300) * 1e6
    classes = [y[codes == code] for code in range(5)]
    between = sum(part.size * (part.mean() - y.mean()) ** 2 for part in classes)
    between -= sum((1 - part.size / 300) * part.var(ddof=1) for part in classes)
    assert_allclose(first_order([codes], y), [[between / (300 * y.var())]], rtol=1e-10)


def test_many_categories_without_effect_are_not_biased():
    """Classes of three draws on average: plain class means would explain a third of the variance."""

    def draw(rng, draws):
        return np.array([rng.integers(draws // 3, size=draws).astype(float), rng.normal(size=draws)])

    accept(over_seeds(draw, lambda x: x[1], 600)[:, :1], 0.0)


def test_where_some_values_are_shared():
    """Half of them are cut off at 0: Var E[Z | max(Z, 0)] = E[Z^2; Z > 0] + E[Z | Z < 0]^2 / 2 = 1 / 2 + 1 / pi."""

    def draw(rng, draws):
        z = rng.normal(size=draws)
        return np.array([np.maximum(z, 0), z])

    accept(over_seeds(draw, lambda x: x[1], 1000)[:, :1], 0.5 + 1 / np.pi)


def test_a_constant_parameter_has_exactly_none():
    y = np.random.default_rng(5).normal(size=(2, 50))
    assert_array_equal(first_order(np.array([np.full(50, 3.0), np.zeros(50)]), y), np.zeros((2, 2)))
    assert_array_equal(first_order([np.full((3, 50), 2.0)], y), np.zeros((1, 2)))


def test_neither_unit_nor_level_matters():
    x, y = samples()
    base = first_order(x, y)
    for scale, shift in ((2.0**200, 0.0), (2.0**-600, 0.0), (1.0, 1e6)):
        assert_allclose(first_order(x**3, y * scale + shift), base, rtol=1e-8, atol=1e-8)


def test_more_neighbours():
    rng = np.random.default_rng(6)
    x, noise = rng.random((1, 400)), rng.normal(size=400)
    y = np.cos(3 * x[0]) + 0.1 * noise
    ordered = y[np.argsort(x[0])] - y.mean()
    around = np.mean([np.mean(ordered * np.roll(ordered, -k)) for k in (1, 2, 3)]) / y.var()
    assert_allclose(first_order(x, y, neighbours=3, circular=True), [[around]], rtol=1e-10)
    following = np.array([[i + k if i + k < 400 else i - k for i in range(400)] for k in (1, 2, 3)])
    both_ways = [np.mean(line * line[following]) for line in (ordered, ordered[::-1])]
    apart = np.mean(both_ways) / y.var()
    assert_allclose(first_order(x, y, neighbours=3), [[apart]], rtol=1e-10)


def test_wrong_options_are_refused():
    x, y = np.arange(10.0)[np.newaxis], np.arange(10.0)
    for wrong in (0, 6, 1.5, True, "one"):
        with pytest.raises(InputError, match=r"neighbours: .*: must be a whole number from 1 to 5; 1 is usual"):
            first_order(x, y, neighbours=wrong)
    with pytest.raises(InputError, match="circular: 'no': must be true or false"):
        first_order(x, y, circular="no")


def nearest_by_hand(x, y):
    """The estimate of a group of columns, all distances taken."""
    draws = y.size
    z = stats.norm.ppf((stats.rankdata(x, axis=1) - 0.5) / draws)
    z = (z - z.mean(axis=1, keepdims=True)) / z.std(axis=1, keepdims=True)
    distance = np.square(z[:, :, np.newaxis] - z[:, np.newaxis]).sum(axis=0)
    np.fill_diagonal(distance, np.inf)
    following = distance.argmin(axis=1)
    line = np.linalg.lstsq(z.T, y - y.mean())[0] @ z
    return np.mean((y - y.mean()) * (y[following] - y.mean() + line - line[following])) / y.var()


def test_a_group_is_the_nearest_neighbour():
    x, y = samples()
    expected = [nearest_by_hand(x[:3, :200], row) for row in y[:, :200]]
    assert_allclose(first_order([x[:3, :200]], y[:, :200])[0], expected, rtol=1e-10)


def test_groups_of_a_linear_output():
    """Y = sum of eight normals, each a parameter: groups of one, two and five explain 1/8, 2/8, 5/8."""

    def draw(rng, draws):
        z = rng.normal(size=(8, draws))
        return [z[:1], z[1:3], z[3:]]

    found = over_seeds(draw, lambda x: np.concatenate(x).sum(axis=0), 1000)
    accept(found[:, :2], [1 / 8, 2 / 8])
    # The regression of five columns adds up to 5 / 1000.
    assert_allclose(found[:, 2].mean(), 5 / 8, atol=0.015)


def test_a_group_of_one_varying_column_is_that_parameter():
    x, y = samples()
    grouped = [np.array([np.ones(y.shape[1]), row]) for row in x]
    assert_array_equal(first_order(grouped, y), first_order(x, y))


def test_a_group_of_categories_is_their_combinations():
    rng = np.random.default_rng(8)
    codes = rng.integers(3, size=(2, 400)).astype(float)
    y = codes[0] * codes[1] + rng.normal(size=400)
    assert_allclose(first_order([codes], y), first_order([codes[0] + 3 * codes[1]], y), rtol=1e-12)


def test_a_group_with_a_category_and_a_number():
    """Y = +X or -X by the category: together they explain all, each alone nothing."""

    def draw(rng, draws):
        pair = np.array([rng.integers(2, size=draws).astype(float), rng.normal(size=draws)])
        return [pair, pair[:1], pair[1:]]

    found = over_seeds(draw, lambda x: (2 * x[0][0] - 1) * x[0][1], 1000)
    accept(found[:, 1:], [0.0, 0.0])
    assert_allclose(found[:, 0], 1.0, atol=0.02)


def test_large_groups_pair_fewer_draws(monkeypatch):
    monkeypatch.setattr(rank, "MOST_DRAWS", 256)
    rng = np.random.default_rng(9)
    z = rng.normal(size=(9, 1000))
    y = z.sum(axis=0) + 3 * rng.normal(size=1000)
    # Half of the variance; 250 pairs and a regression of nine columns: 0.06 of noise, 0.02 of bias.
    assert_allclose(first_order([z], y), [[0.5]], atol=0.3)


def test_sums_are_added_in_lanes():
    """Adding in another order would lose the ones: each lane of 256 holds its own."""
    rows = np.array([[1e16, *[1.0] * (LANES - 1), -1e16, *[1.0] * (LANES - 1)]])
    draws = np.arange(rows.size)
    ones = np.ones_like(rows)
    assert products.inner_product(rows[0], ones[0]) == 2 * LANES - 2
    assert_array_equal(products.cross_products(rows, ones), [[2 * LANES - 2]])
    both = np.concatenate([rows, ones], axis=1)
    assert_array_equal(rank_statistics.pair_products(both, draws, draws + rows.size), [2 * LANES - 2])


def test_squares_of_class_means():
    rows = np.array([[1.0, 2.0, 4.0, 10.0, 20.0]])
    # S^2 / m - (1 - m / n) s^2 of (1, 2, 4): 49 / 3 - 2 / 5 * 7 / 3; of (10, 20): 450 - 3 / 5 * 50.
    squares = rank_statistics.class_squares(rows, np.array([0, 1, 2, 3, 4]), np.array([3, 5]))
    assert_allclose(squares, [49 / 3 - 14 / 15 + 420], rtol=1e-15)


def test_what_it_declares():
    assert (METHOD.design, METHOD.dependence, METHOD.groups) == ("given_data", "respected", True)
    assert list(METHOD.indices) == ["first_order"]
