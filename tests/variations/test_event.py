"""An event that happens once."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import norm
from yearly_examples import TEN, normal, scores, uniforms, yearly

from mcdemand import load_prior_set
from mcdemand.point_model import level_path

FALSE_ALARM_RATE = 1e-6
COUNT = 300
SWITCH = {"distribution": "constant", "value": 0}


def happened(hazards, count, seed=0):
    """Return (year, draw): whether the event has happened, by the second year's uniform."""
    left = np.cumprod([1.0, *(1 - np.array(hazards))])
    return uniforms("x", count, seed=seed, step=1) >= left[:, None]


def test_the_probability_so_far(draw, size):
    """P(event by year t) = 1 - (1 - h)^t."""
    count = size(60_000, 512)
    row = yearly(SWITCH, "event", hazard=0.15, switch=1)
    found = draw({"parameters": {"x": row}}, count, steps=9, seed=3)["x"]
    exact = 1 - 0.85 ** np.arange(9)
    error = norm.isf(FALSE_ALARM_RATE / 2) * np.sqrt(exact * (1 - exact) / count)
    assert np.all(np.abs(found.mean(axis=1) - exact) <= error)
    assert np.all(np.diff(found, axis=0) >= 0)


@pytest.mark.parametrize("effect", ["add", "multiply", "switch"])
def test_effects(draw, effect):
    row = yearly(TEN, "event", hazard=0.2, **{effect: normal(3, 0.5)})
    found = draw({"parameters": {"x": row}}, COUNT, steps=5)["x"]
    before, z = 10 + 2 * scores("x", COUNT), 3 + 0.5 * scores(f"x:{effect}", COUNT)
    after = {"add": before + z, "multiply": before * z, "switch": z}[effect]
    assert_allclose(found, np.where(happened([0.2] * 4, COUNT), after, before), rtol=1e-13)


def test_hazards_by_year(draw):
    """From 2 on 0.5, from 4 on certain; nothing before."""
    row = yearly(SWITCH, "event", hazard={"2": 0.5, "4": 1}, switch=1)
    found = draw({"parameters": {"x": row}}, COUNT, steps=6)["x"]
    assert_array_equal(found, happened([0, 0.5, 0.5, 1, 1], COUNT))
    assert found[1].max() == 0
    assert found[4].min() == 1


def test_a_hazard_of_nothing_is_no_event(draw):
    found = draw({"parameters": {"x": yearly(SWITCH, "event", hazard=0, switch=1)}}, COUNT, steps=4)["x"]
    assert_array_equal(found, 0)


def test_categories_switch(draw):
    law = {"distribution": "categorical", "categories": ["a", "b"], "weights": [1, 0]}
    row = yearly(law, "event", hazard=0.5, switch={**law, "weights": [0, 1]})
    found = draw({"parameters": {"x": row}}, COUNT, steps=3)["x"]
    assert_array_equal(found, happened([0.5, 0.5], COUNT))


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
def test_at_a_level_it_happens_when_that_is_passed(level):
    prior = load_prior_set({"parameters": {"x": yearly(TEN, "event", hazard=0.2, add=normal(5, 1))}}).parameters["x"]
    z = norm.ppf(level)
    first = math.ceil(math.log(level) / math.log(0.8))
    exact = 10 + 2 * z + np.where(np.arange(20) >= first, 5 + z, 0)
    assert_allclose(level_path(prior, np.array([level]), 20)[:, 0], exact, rtol=1e-12)
