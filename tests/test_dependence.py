"""Groups of correlated parameters, their matrices, and the correlation that draws show."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import minimize
from scipy.special import ndtri
from scipy.stats import norm, rankdata

from mcdemand.copulas import copulas
from mcdemand.dependence import (
    Correlation,
    build_groups,
    group_parameters,
    latent_matrix,
    nearest_correlation,
)
from mcdemand.errors import PriorSetError
from mcdemand.prior_set import load_prior_set

FALSE_ALARM_RATE = 1e-6

NORMAL = {"distribution": "normal", "mu": 0, "sigma": 1}
LAWS = {
    "a": {"distribution": "lognormal", "mu": 0, "sigma": 1.5},
    "b": {"distribution": "triangular", "lower": 0, "mode": 1, "upper": 4},
    "c": {"distribution": "beta", "alpha": 2, "beta": 5},
    "d": {"distribution": "two_piece_lognormal", "p5": 1, "p50": 2, "p95": 9, "truncation": {"upper": 10}},
}
INDEFINITE = [("a", "b", 0.9), ("b", "c", 0.9), ("a", "c", -0.9)]


def pairs(*stated, key="latent"):
    return [{"between": [first, second], key: value} for first, second, value in stated]


def prior_set(correlations, laws=LAWS, **header):
    return {"prior_set": header, "parameters": laws, "correlations": correlations}


def fisher_band(expected, count, *, rank=False):
    """Bounds that a sample correlation leaves once in a million times (Fisher 1915; Fieller et al. 1957 for ranks)."""
    error = math.sqrt((1.06 if rank else 1.0) / (count - 3)) * norm.isf(FALSE_ALARM_RATE / 2)
    return math.tanh(math.atanh(expected) - error), math.tanh(math.atanh(expected) + error)


def spearman(x, y):
    return np.corrcoef(rankdata(x), rankdata(y))[0, 1]


@pytest.mark.parametrize("rank", [-1.0, -0.7, -0.2, 0.0, 1e-9, 0.3, 0.5, 0.95, 1.0])
def test_latent_correlation_of_a_rank(rank):
    assert_allclose(copulas()["gaussian"].latent_correlation(rank), 2 * math.sin(math.pi * rank / 6), rtol=4e-16)


@pytest.mark.parametrize(("latent", "rank"), [(0.5, 0.4825837395), (0.7, 0.6829105038)])
def test_latent_correlation_undoes_spearmans(latent, rank):
    """Reference problem 28."""
    assert_allclose(copulas()["gaussian"].latent_correlation(rank), latent, atol=1e-10)
    assert_allclose(copulas()["gaussian"].latent_correlation(6 / math.pi * math.asin(latent / 2)), latent, rtol=1e-15)


def test_groups_are_what_hangs_together():
    correlations = [Correlation(pair, 0.1) for pair in (("d", "a"), ("x", "y"), ("b", "c"), ("c", "a"))]
    assert group_parameters(correlations) == [("a", "b", "c", "d"), ("x", "y")]
    assert group_parameters([]) == []


def test_latent_matrix():
    correlations = [Correlation(("b", "a"), 0.5), Correlation(("b", "c"), -0.25), Correlation(("x", "y"), 0.9)]
    expected = [[1, 0.5, 0], [0.5, 1, -0.25], [0, -0.25, 1]]
    assert_array_equal(latent_matrix(("a", "b", "c"), correlations), expected)


def test_a_group_holds_its_factor():
    ((group, other), notices) = build_groups((Correlation(("b", "a"), 0.6), Correlation(("x", "y"), -0.8)))
    assert (group.names, other.names, notices) == (("a", "b"), ("x", "y"), [])
    assert_allclose(group.factor, [[1, 0], [0.6, 0.8]], rtol=1e-15)
    assert_allclose(other.factor, [[1, 0], [-0.8, 0.6]], rtol=1e-15)


def test_a_matrix_that_is_not_positive_definite_is_named():
    with pytest.raises(PriorSetError) as error:
        load_prior_set(prior_set(pairs(*INDEFINITE, ("c", "d", 0.01))))
    message = str(error.value)
    matrix = [[1, 0.9, -0.9, 0], [0.9, 1, 0.9, 0], [-0.9, 0.9, 1, 0.01], [0, 0, 0.01, 1]]
    assert f"smallest eigenvalue {np.linalg.eigvalsh(matrix)[0]:.3g}" in message
    assert all(pair in message for pair in ("b and a", "c and a", "c and b"))
    assert "d and c" not in message
    assert 'prior_set.repair = "nearest"' in message


def test_repair_is_reported_and_usable(draw):
    priors = load_prior_set(prior_set(pairs(*INDEFINITE), repair="nearest"))
    (group,) = priors.groups
    stated = np.array([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]])
    change = np.linalg.norm(group.latent - stated)
    assert priors.notices == (f"correlations of a, b, c: repaired, Frobenius change {change:.3g}",)
    assert np.linalg.eigvalsh(group.latent)[0] > 0
    assert_array_equal(np.diag(group.latent), np.ones(3))
    assert np.all(np.isfinite(draw(priors, 300)["c"]))


def test_repair_leaves_a_sound_matrix_alone():
    priors = load_prior_set(prior_set(pairs(("a", "b", 0.9)), repair="nearest"))
    assert priors.notices == ()
    assert_array_equal(priors.groups[0].latent, [[1, 0.9], [0.9, 1]])


def test_nearest_correlation_of_higham():
    """Higham (2002), section 4: off-diagonals 0.7607 and 0.1573, at a distance of 0.5278."""
    matrix = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])
    nearest = nearest_correlation(matrix)
    assert_allclose(nearest[[0, 0, 1], [1, 2, 2]], [0.7607, 0.1573, 0.7607], atol=5e-5)
    assert_allclose(np.linalg.norm(nearest - matrix), 0.5278, atol=5e-5)


@pytest.mark.parametrize("seed", range(3))
def test_no_correlation_matrix_is_nearer(seed):
    """An independent search over products of unit rows, which are all the correlation matrices there are."""
    size = 4
    upper = np.triu(np.random.default_rng(seed).choice([-0.95, 0.3, 0.9], (size, size)), 1)
    matrix = np.eye(size) + upper + upper.T
    assert np.linalg.eigvalsh(matrix)[0] < 0

    def distance(free):
        rows = free.reshape(size, size)
        rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return np.sum((rows @ rows.T - matrix) ** 2)

    starts = np.random.default_rng(seed + 9).normal(size=(6, size * size))
    best = math.sqrt(min(minimize(distance, start, method="BFGS").fun for start in starts))
    nearest = nearest_correlation(matrix)
    assert np.linalg.eigvalsh(nearest)[0] > 0
    assert_allclose(np.diag(nearest), np.ones(size), rtol=0)
    assert_allclose(nearest, nearest.T, rtol=0, atol=1e-15)
    assert_allclose(np.linalg.norm(nearest - matrix), best, rtol=1e-5)


@pytest.mark.parametrize("rank", [-0.9, 0.3, 0.7])
@pytest.mark.parametrize("pair", [("a", "b"), ("c", "d"), ("a", "d")], ids="-".join)
def test_draws_have_the_stated_rank_correlation(draw, size, rank, pair):
    count = size(50_000, 2_000)
    x = draw(prior_set(pairs((*pair, rank), key="rank")), count, names=pair, seed=4)
    low, high = fisher_band(rank, count, rank=True)
    assert low < spearman(x[pair[0]][0], x[pair[1]][0]) < high


def test_draws_have_every_stated_latent_correlation(draw, size):
    count = size(50_000, 2_000)
    stated = {("a", "b"): 0.6, ("a", "c"): -0.3, ("b", "c"): 0.2, ("c", "d"): 0.5}
    laws = dict.fromkeys("abcd", NORMAL)
    x = draw(prior_set(pairs(*((*pair, latent) for pair, latent in stated.items())), laws), count, seed=5)
    for pair in [("a", "b"), ("a", "c"), ("a", "d"), ("b", "c"), ("b", "d"), ("c", "d")]:
        low, high = fisher_band(stated.get(pair, 0.0), count)
        assert low < np.corrcoef(x[pair[0]][0], x[pair[1]][0])[0, 1] < high


def test_correlation_does_not_change_the_laws(draw, size):
    count = size(50_000, 2_000)
    x = draw(prior_set(pairs(("a", "b", 0.8), ("b", "c", -0.5))), count, seed=6)
    levels = np.array([0.05, 0.5, 0.95])
    exact = np.exp(1.5 * ndtri(levels))
    below = [np.mean(x["a"][0] <= quantile) for quantile in exact]
    assert_allclose(below, levels, atol=norm.isf(FALSE_ALARM_RATE / 6) * 0.5 / math.sqrt(count))


def test_perfect_correlation(draw):
    x = draw(prior_set(pairs(("a", "b", 1.0), key="rank"), {"a": NORMAL, "b": NORMAL}), 512)
    assert_allclose(x["b"], x["a"], atol=1e-6)
    x = draw(prior_set(pairs(("a", "b", -1.0)), {"a": NORMAL, "b": NORMAL}), 512)
    assert_allclose(x["b"], -x["a"], atol=1e-6)


def test_a_pair_in_another_group_moves_no_draw_of_the_first(draw):
    alone = draw(prior_set(pairs(("a", "b", 0.5))), 512)
    both = draw(prior_set(pairs(("a", "b", 0.5), ("c", "d", 0.9))), 512)
    for name in ("a", "b"):
        assert_array_equal(both[name], alone[name])
    assert not np.array_equal(both["d"], alone["d"])


def test_the_first_of_a_group_keeps_its_independent_draws(draw):
    """The factor's first row is (1, 0, ...), so only the later names move."""
    free = draw(prior_set([]), 512)
    tied = draw(prior_set(pairs(("a", "b", 0.5))), 512)
    assert_array_equal(tied["a"], free["a"])
    assert not np.array_equal(tied["b"], free["b"])


def test_the_order_of_the_pairs_does_not_matter(draw):
    stated = pairs(("a", "b", 0.5), ("b", "c", 0.3), ("d", "c", -0.2))
    turned = pairs(("c", "d", -0.2), ("c", "b", 0.3), ("b", "a", 0.5))
    first, second = draw(prior_set(stated), 256), draw(prior_set(turned, dict(reversed(LAWS.items()))), 256)
    for name in LAWS:
        assert_array_equal(first[name], second[name])


@pytest.mark.parametrize("names", [("b",), ("c",), ("a", "c"), ("b", "c"), ("d", "a")], ids="-".join)
def test_members_that_nobody_asked_for_still_count(draw, names):
    priors = prior_set(pairs(("a", "b", 0.5), ("b", "c", 0.3), ("a", "d", -0.2)))
    everything, some = draw(priors, 512), draw(priors, 512, names=names)
    assert set(some) == set(names)
    for name in names:
        assert_array_equal(some[name], everything[name])
