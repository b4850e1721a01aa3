"""What lies between two copies of the parameters has the law that it should have."""

import math

import numpy as np
import pytest
from numba import config
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

import mcdemand as mc
from mcdemand.dependence import Correlation, build_groups
from mcdemand.pick_builder import HELD, Pick, conditional_weights, level_scores
from mcdemand.pick_freeze import PickRun, Stretch, evaluator
from mcdemand.request import prepare_request

LATENT = {("a", "b"): 0.6, ("b", "c"): -0.4, ("a", "c"): 0.1}
DRAWS = 256


def passed(a, b, c, d):
    return a + 0.0 * b * c * d


def law(mu=0.0, sigma=1.0):
    return {"distribution": "normal", "mu": mu, "sigma": sigma}


@pytest.fixture(scope="module")
def picked():
    def second(b):
        return b

    def third(c):
        return c

    def fourth(d):
        return d

    def first(a):
        return a

    model = mc.Model.from_functions([first, second, third, fourth])
    correlations = [{"between": list(pair), "latent": rho} for pair, rho in LATENT.items()]
    priors = {"parameters": {name: law() for name in "abcd"}, "correlations": correlations}
    run = prepare_request(priors, model=model, draws=64 * DRAWS, chains=1, design="random", seed=3)
    return PickRun(run, frozenset("abcd"), held={"a": 0.9})


def values(picked, *picks):
    """Return (pick, parameter, draw) over all blocks."""
    evaluate = evaluator(picked, lambda _: picks, DRAWS)
    blocks = 4 if config.DISABLE_JIT else 64
    return np.concatenate([evaluate(Stretch(k, 0, k * DRAWS, DRAWS)).copy() for k in range(blocks)], axis=-1)


def test_weights_are_those_of_the_normal_conditional_mean():
    group = build_groups(tuple(Correlation(pair, rho) for pair, rho in LATENT.items()))[0][0]
    for known, name in ((("a",), "b"), (("a", "c"), "b"), (("b", "c"), "a")):
        places = [group.names.index(one) for one in known]
        row = group.latent[group.names.index(name), places]
        exact = np.linalg.solve(group.latent[np.ix_(places, places)], row)
        assert_allclose(list(conditional_weights(group, known, name).values()), exact, rtol=1e-12)


def test_the_first_copy_is_what_simulate_draws(picked):
    run = picked.run
    result = mc.simulate(run.priors, model=run.model, draws=64 * DRAWS, chains=1, design="random", seed=3)
    first = values(picked, Pick(0, frozenset("abcd"), 0))[0]
    drawn = [result["prior_predictive"][name].values[0, : first.shape[1]] for name in run.plan.outputs]
    assert_array_equal(first, drawn)


@pytest.mark.parametrize("kept", ["", "a", "b", "ac", "bd", "abc"])
def test_picks_have_the_joint_law_and_share_what_is_kept(picked, kept):
    """Correlations of the pick as of the prior; with the first copy only through what is kept."""
    whole, pick = values(picked, Pick(0, frozenset("abcd"), 0), Pick(0, frozenset(kept), 1))
    latent = np.eye(4)
    for (x, y), rho in LATENT.items():
        latent["abcd".index(x), "abcd".index(y)] = latent["abcd".index(y), "abcd".index(x)] = rho
    error = 5 / math.sqrt(pick.shape[1])
    assert_allclose(np.corrcoef(pick), latent, atol=error)
    assert_allclose(pick.std(axis=1), 1.0, atol=error)
    places = ["abcd".index(name) for name in kept]
    assert_array_equal(pick[places], whole[places])
    explained = latent[:, places] @ np.linalg.solve(latent[np.ix_(places, places)], latent[places]) if kept else 0
    across = whole @ pick.T / pick.shape[1]
    assert_allclose(across, explained * np.ones((4, 4)), atol=error)


def test_without_correlations_a_pick_is_a_choice_of_rows(picked):
    free = PickRun(picked.run, picked.players, is_independent=True)
    every = frozenset("abcd")
    a, b, mixed = values(free, Pick(0, every, 0), Pick(1, every, 1), Pick(0, every - {"b"}, 1))
    assert_array_equal(mixed, np.stack([a[0], b[1], a[2], a[3]]))


def test_a_held_parameter_moves_those_that_are_correlated_with_it(picked):
    (held,) = values(picked, Pick(HELD, frozenset("a"), 0))
    score = stats.norm.ppf(0.9)
    assert_allclose(held[0], score, rtol=1e-12)
    error = 5 / math.sqrt(held.shape[1])
    assert_allclose(held[1:].mean(axis=1), [0.6 * score, 0.1 * score, 0.0], atol=error)


@pytest.mark.parametrize("kind", ["independent", "ar1", "random_walk"])
def test_levels_of_a_parameter_that_varies_by_year(kind):
    varies = {"kind": kind} | ({"persistence": 0.7} if kind == "ar1" else {})
    varies |= {"step": 0.2} if kind == "random_walk" else {}
    prior = mc.load_prior_set({"parameters": {"x": {**law(), "varies": varies}}}).parameters["x"]
    scores = level_scores(prior, 0.9, 5)
    z = stats.norm.ppf(0.9)
    if kind == "random_walk":
        assert_allclose(np.cumsum(scores[1:]), z * np.sqrt(np.arange(1, 5)), rtol=1e-12)
        return
    path = [scores[0]]
    for score in scores[1:]:
        rho = 0.7 if kind == "ar1" else 0.0
        path.append(rho * path[-1] + math.sqrt(1 - rho**2) * score)
    assert_allclose(path, z, rtol=1e-12)
