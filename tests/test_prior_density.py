"""Densities and scores of priors against SciPy's laws, and weights against ratios of joint densities."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import integrate, stats
from scipy.special import ndtri

from mcdemand import prior_density
from mcdemand.dependence import Group
from mcdemand.distributions import distributions
from mcdemand.errors import InputError
from mcdemand.prior import Prior
from mcdemand.prior_density import (
    given_others,
    log_density,
    log_weights,
    missing_probability,
    nearest_level,
    normal_scores,
    probability_outside,
    support,
)
from mcdemand.prior_set import load_prior_set

LEVELS = np.array([1e-9, 1e-4, 0.05, 0.3, 0.499, 0.6, 0.9, 1 - 1e-4, 1 - 1e-9])


class TwoPiece:
    """Half of a log-normal law on either side of the median, written with SciPy's."""

    def __init__(self, lower: float, median: float, below: float, above: float) -> None:
        self.lower, self.median = lower, median
        self.sides = [stats.lognorm(s, loc=lower, scale=median - lower) for s in (below, above)]

    def _side(self, values, method):
        low, high = (getattr(side, method)(values) for side in self.sides)
        return np.where(np.asarray(values) < self.median, low, high)

    def logpdf(self, x):
        return self._side(x, "logpdf")

    def cdf(self, x):
        return self._side(x, "cdf")

    def ppf(self, u):
        low, high = (side.ppf(u) for side in self.sides)
        return np.where(np.asarray(u) < 0.5, low, high)


LAWS = [
    ({"distribution": "normal", "mu": 3, "sigma": 2}, stats.norm(3, 2)),
    ({"distribution": "normal", "mu": 2026, "sigma": 0.7}, stats.norm(2026, 0.7)),
    ({"distribution": "lognormal", "mu": 0.3, "sigma": 0.4}, stats.lognorm(0.4, scale=math.exp(0.3))),
    ({"distribution": "lognormal", "mu": -2, "sigma": 3}, stats.lognorm(3, scale=math.exp(-2))),
    (
        {"distribution": "two_piece_lognormal", "lower": 1, "median": 70, "sigma_lower": 1.2, "sigma_upper": 0.9},
        TwoPiece(1, 70, 1.2, 0.9),
    ),
    ({"distribution": "beta", "alpha": 2, "beta": 12}, stats.beta(2, 12)),
    ({"distribution": "beta", "alpha": 0.5, "beta": 0.5}, stats.beta(0.5, 0.5)),
    ({"distribution": "beta", "alpha": 38.5, "beta": 25.6, "lower": 10, "upper": 30}, stats.beta(38.5, 25.6, 10, 20)),
    ({"distribution": "uniform", "lower": -2, "upper": 5}, stats.uniform(-2, 7)),
    ({"distribution": "loguniform", "lower": 1e-3, "upper": 1e4}, stats.loguniform(1e-3, 1e4)),
    ({"distribution": "triangular", "lower": 1, "mode": 2, "upper": 5}, stats.triang(0.25, 1, 4)),
    ({"distribution": "triangular", "lower": 0, "mode": 0, "upper": 1}, stats.triang(0, 0, 1)),
    ({"distribution": "triangular", "lower": -4, "mode": 1, "upper": 1}, stats.triang(1, -4, 5)),
]


def prior_of(row) -> Prior:
    return load_prior_set({"parameters": {"x": row}}).parameters["x"]


def name_of(value: object) -> str:
    return ",".join(map(str, value.values())) if isinstance(value, dict) else ""


@pytest.mark.parametrize(("row", "law"), LAWS, ids=name_of)
def test_densities_are_those_of_scipy(row, law):
    x = law.ppf(LEVELS)
    assert_allclose(log_density(prior_of(row), x), law.logpdf(x), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(("row", "law"), LAWS, ids=name_of)
def test_truncated_densities_are_those_of_scipy_within_the_bounds(row, law):
    lower, upper = float(law.ppf(0.2)), float(law.ppf(0.7))
    prior = prior_of({**row, "truncation": {"lower": lower, "upper": upper}})
    x = law.ppf(np.array([0.1, 0.2, 0.201, 0.499, 0.6, 0.69, 0.71]))
    expected = law.logpdf(x) - math.log(law.cdf(upper) - law.cdf(lower))
    expected[[0, -1]] = -np.inf
    assert_allclose(log_density(prior, x), expected, rtol=1e-10, atol=1e-10)
    assert support(prior) == (lower, upper)


@pytest.mark.parametrize(("row", "law"), LAWS, ids=name_of)
def test_densities_integrate_to_one(row, law):
    prior = prior_of({**row, "truncation": {"lower": float(law.ppf(0.05))}})
    # In probability, so that no tail and no pole is hard.
    points = [float(law.cdf(70.0))] if isinstance(law, TwoPiece) else None

    def ratio(u: float) -> float:
        x = np.array([float(law.ppf(u))])
        return float(np.exp(log_density(prior, x) - law.logpdf(x))[0])

    total, _ = integrate.quad(ratio, 0.05 + 1e-13, 1 - 1e-13, points=points, epsabs=1e-11, epsrel=1e-11)
    assert_allclose(total, 1, atol=1e-10)


@pytest.mark.parametrize(("row", "law"), LAWS, ids=name_of)
def test_nothing_beyond_the_support(row, law):
    lower, upper = support(prior_of(row))
    assert_allclose([lower, upper], law.ppf([0.0, 1.0]))
    outside = [x for x in (lower - 1, upper + 1) if math.isfinite(x)]
    assert np.all(log_density(prior_of(row), np.array(outside)) == -np.inf)


@pytest.mark.parametrize(("row", "law"), LAWS, ids=name_of)
def test_scores_are_those_of_the_probability(row, law):
    levels = LEVELS[1:-1]
    assert_allclose(normal_scores(prior_of(row), law.ppf(levels)), ndtri(levels), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("row", "law"), LAWS, ids=name_of)
@pytest.mark.parametrize(("low", "high"), [(0.2, 0.7), (0.6, 0.95), (0.0, 0.4)])
def test_scores_of_a_truncated_law(row, law, low, high):
    bounds = {"upper": float(law.ppf(high))} | ({"lower": float(law.ppf(low))} if low else {})
    levels = np.array([1e-4, 0.05, 0.5, 0.93])
    found = normal_scores(prior_of({**row, "truncation": bounds}), law.ppf(low + (high - low) * levels))
    assert_allclose(found, ndtri(levels), rtol=1e-8, atol=1e-10)


def test_every_family_of_numbers_has_a_density_unless_it_draws_whole_numbers_only():
    families = {name for name, one in distributions().items() if one.score_of is not None}
    without = families - {name for name, one in distributions().items() if one.log_density is not None}
    assert without == {"bernoulli", "binomial", "discrete_uniform", "geometric", "negative_binomial", "poisson"}
    assert all(distributions()[name].score_less is not None for name in without)


@pytest.mark.parametrize(
    "row",
    [{"distribution": "constant", "value": 3}, {"distribution": "categorical", "categories": ["a"], "weights": [1.0]}],
)
def test_laws_without_a_density_are_refused(row):
    with pytest.raises(InputError, match=r"x: a \w+ law has no density"):
        log_density(prior_of(row), np.zeros(1))
    with pytest.raises(InputError, match=r"x: a \w+ law has no scores"):
        normal_scores(prior_of(row), np.zeros(1))


def test_a_law_of_whole_numbers_has_no_density_to_reweight_by():
    with pytest.raises(InputError, match=r"x: a poisson law has no density"):
        log_density(prior_of({"distribution": "poisson", "mu": 3}), np.zeros(1))


def test_probability_beyond_two_bounds():
    law, prior = stats.norm(3, 2), prior_of(LAWS[0][0])
    assert_allclose(probability_outside(prior, -1, 13), law.cdf(-1) + law.sf(13), rtol=1e-12)
    assert probability_outside(prior, -math.inf, math.inf) == 0
    uniform = prior_of({"distribution": "uniform", "lower": 0, "upper": 4})
    assert [probability_outside(uniform, *bounds) for bounds in [(0, 4), (-1, 3), (5, 6), (-2, -1)]] == [0, 0.25, 1, 1]


@pytest.mark.parametrize(("old", "new"), [(0, 4), (9, 0), (2, 3), (5, 8)])
def test_ungrouped_weights_are_ratios_of_densities(old, new):
    (before, one), (after, other) = LAWS[old], LAWS[new]
    x = one.ppf(LEVELS[2:-2])
    expected = other.logpdf(x) - one.logpdf(x)
    assert_allclose(log_weights(prior_of(before), prior_of(after), x), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("row", [row for row, _ in LAWS], ids=name_of)
def test_the_same_law_has_weights_of_one(row):
    prior = prior_of(row)
    x = np.linspace(*(max(-50.0, min(60.0, end)) for end in support(prior)), 21)[1:-1]
    assert_array_equal(log_weights(prior, prior, x), np.zeros(19))


LATENT = np.array([[1.0, 0.5, -0.3], [0.5, 1.0, 0.2], [-0.3, 0.2, 1.0]])
GROUP = Group(("a", "b", "c"), LATENT, np.linalg.cholesky(LATENT))


def test_scores_given_others_against_the_joint_normal_law():
    scores = {"a": np.array([0.4, -2.0]), "c": np.array([1.1, 0.3])}
    given = given_others("b", GROUP, scores)
    z = np.array([0.7, -1.3])
    joint = stats.multivariate_normal(cov=LATENT).logpdf(np.stack([scores["a"], z, scores["c"]], axis=1))
    others = stats.multivariate_normal(cov=LATENT[np.ix_([0, 2], [0, 2])]).logpdf(np.stack([*scores.values()], axis=1))
    assert_allclose(stats.norm(given.mean, given.sd).logpdf(z), joint - others, rtol=1e-12)
    assert given_others("b", GROUP, {}) is prior_density.INDEPENDENT


def test_grouped_weights_are_ratios_of_joint_densities():
    """Joint density of a Gaussian copula: phi(z; R) / prod phi(z) times the densities of all laws."""
    (before, old), (after, new) = LAWS[2], LAWS[4]
    rng = np.random.default_rng(5)
    scores = rng.standard_normal((40, 3))
    x = old.ppf(stats.norm.cdf(scores[:, 1]))
    x = x[x > 1.2]
    a, c = scores[: x.size, 0], scores[: x.size, 2]

    def log_joint(law):
        z = stats.norm.ppf(law.cdf(x))
        points = np.stack([a, z, c], axis=1)
        return stats.multivariate_normal(cov=LATENT).logpdf(points) - stats.norm.logpdf(z) + law.logpdf(x)

    given = given_others("b", GROUP, {"a": a, "c": c})
    found = log_weights(prior_of(before), prior_of(after), x, given)
    assert_allclose(found, log_joint(new) - log_joint(old), rtol=1e-8, atol=1e-8)


def categorical(*weights):
    names = list("pqrs"[: len(weights)])
    return prior_of({"distribution": "categorical", "categories": names, "weights": list(weights)})


def test_weights_of_categories():
    codes = np.array([0.0, 1.0, 2.0])
    found = np.exp(log_weights(categorical(0.5, 0.25, 0.25), categorical(0.2, 0.8, 0.0), codes))
    assert_allclose(found, [0.4, 3.2, 0])
    assert_allclose(np.exp(log_weights(categorical(0.5, 0.25, 0.25), categorical(1.0), codes)), [2, 0, 0])


def test_weights_of_categories_given_a_score():
    """Of a bivariate normal law: z given the other one lies between two ends."""
    other = np.array([1.5, -0.2, 2.5])
    given = given_others("a", Group(("a", "b"), np.array([[1, 0.8], [0.8, 1]]), np.eye(2)), {"b": other})
    law = stats.norm(0.8 * other, 0.6)
    ends = [np.append(-np.inf, ndtri(np.append(cut, 1.0))) for cut in ([0.5, 0.75], [0.2, 0.9])]
    codes = np.array([2, 0, 1])
    before, after = (law.cdf(each[codes + 1]) - law.cdf(each[codes]) for each in ends)
    found = log_weights(categorical(0.5, 0.25, 0.25), categorical(0.2, 0.7, 0.1), codes.astype(float), given)
    assert_allclose(np.exp(found), after / before, rtol=1e-9)


def test_what_old_draws_cannot_show():
    old = prior_of({"distribution": "uniform", "lower": 0, "upper": 4})
    wide = prior_of({"distribution": "uniform", "lower": -1, "upper": 9})
    assert_allclose([missing_probability(old, wide), missing_probability(wide, old)], [0.6, 0])
    assert_allclose(missing_probability(old, prior_of(LAWS[0][0])), stats.norm(3, 2).cdf(0) + stats.norm(3, 2).sf(4))
    assert_allclose(missing_probability(categorical(0.5, 0.5, 0.0), categorical(0.2, 0.5, 0.2, 0.1)), 0.3)


def test_the_draw_that_is_nearest():
    old = prior_of({"distribution": "uniform", "lower": 0, "upper": 4})
    new = prior_of({"distribution": "uniform", "lower": 6, "upper": 9})
    assert_allclose(nearest_level(old, new, np.array([1.0, 3.0, 2.0])), (3, 0.75))


def test_a_value_on_the_end_of_its_law_does_not_count_infinitely():
    pole = prior_of({"distribution": "beta", "alpha": 0.5, "beta": 0.5})
    flat = prior_of({"distribution": "uniform", "lower": 0, "upper": 1})
    foot = prior_of({"distribution": "triangular", "lower": 0, "mode": 0.5, "upper": 1})
    for old, new in [(pole, flat), (flat, pole), (foot, flat), (flat, foot)]:
        assert log_weights(old, new, np.array([0.0, 1.0])).tolist() == [-math.inf] * 2
