"""The model at levels of its priors."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

import mcdemand as mc
from mcdemand.point_model import PointModel, level_path
from mcdemand.request import prepare_request
from mcdemand.study import Study


def demand(x, y, t):
    return x * y**t


PRIORS = {
    "prior_set": {"years": {"start": 2025, "stop": 2027}},
    "parameters": {
        "x": {"distribution": "lognormal", "mu": 1.0, "sigma": 0.5},
        "y": {"distribution": "uniform", "lower": 1.0, "upper": 2.0},
    },
}


def points(**changes):
    run = prepare_request(PRIORS | changes, model=mc.Model.from_functions([demand]), draws=1024, chains=4)
    return PointModel(Study.of(run, None))


def test_outputs_at_levels_are_the_equation_at_quantiles():
    levels = np.array([[0.5, 0.05, 0.95], [0.5, 0.25, 0.75]])
    x, y = stats.lognorm(0.5, scale=np.e).ppf(levels[0]), stats.uniform(1, 1).ppf(levels[1])
    assert_allclose(points().at(levels), [x * y**t for t in range(3)], rtol=1e-9)


def test_more_points_than_a_block():
    levels = np.tile(np.linspace(0.01, 0.99, 700), (2, 1))
    assert_allclose(points().at(levels)[0], stats.lognorm(0.5, scale=np.e).ppf(levels[0]), rtol=1e-9)


def test_what_is_given_stays_and_the_rest_is_drawn():
    model = points()
    held, base = model.given(1, 0.75), model.base()
    assert_allclose(held[1] / held[0], 1.75)
    assert_array_equal(held[0], base[0])
    assert model.evaluations == 2 * 1024


def test_errors_come_from_the_chains():
    draws = np.arange(8.0).reshape(1, 8)
    means = draws.reshape(4, 2).mean(axis=1)
    assert_allclose(points().error(lambda one: one.mean(axis=-1), draws), means.std(ddof=1) / 2)


def test_a_point_that_is_not_finite_is_named():
    def broken(x):
        return 1.0 / (x - x)

    priors = {"parameters": {"x": PRIORS["parameters"]["x"]}}
    run = prepare_request(priors, model=mc.Model.from_functions([broken]), draws=64, chains=4)
    with pytest.raises(mc.NumericalError, match="broken: inf: not a finite number where x lies at p5"):
        PointModel(Study.of(run, None)).at(np.array([[0.05]]))


@pytest.mark.parametrize(("distribution", "step"), [("normal", "sum"), ("lognormal", "product")])
def test_a_walk_lies_at_its_level_every_year(distribution, step):
    row = {"distribution": distribution, "mu": 0.2, "sigma": 0.5, "varies": {"kind": "random_walk", "step": 0.3}}
    prior = mc.load_prior_set({"parameters": {"x": row}}).parameters["x"]
    path = level_path(prior, np.array([0.9]), 4)[:, 0]
    z = stats.norm.ppf(0.9)
    scores = 0.2 + 0.5 * z + 0.3 * z * np.sqrt(np.arange(4))
    assert_allclose(path, scores if step == "sum" else np.exp(scores), rtol=1e-9)
