"""A correlated parameter held fixed still ties the scores of its group: no other draw moves."""

import json

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from mcdemand.prior_set import load_prior_set

NORMAL = {"distribution": "normal", "mu": 10, "sigma": 2}
LOGNORMAL = {"distribution": "lognormal", "mu": 0.5, "sigma": 0.7}
BETA = {"distribution": "beta", "alpha": 2, "beta": 5}
TRIANGULAR = {"distribution": "triangular", "lower": 0, "mode": 1, "upper": 4}


def prior_set(**laws):
    return {"parameters": laws}


def yearly(kind):
    return {**NORMAL, "varies": {"kind": kind}}


PAIRS = [
    {"between": ["a", "b"], "rank": 0.7},
    {"between": ["b", "c"], "rank": -0.4},
    {"between": ["c", "d"], "latent": 0.3},
]
GROUP = {**prior_set(a=NORMAL, b=LOGNORMAL, c=BETA, d=TRIANGULAR), "correlations": PAIRS}


@pytest.mark.parametrize(
    "held", [["a"], ["b"], ["c"], ["d"], ["a", "b"], ["b", "c"], ["a", "d"], ["a", "b", "c"], list("abcd")]
)
def test_holding_a_correlated_parameter_fixed_moves_no_other_draw(draw, held):
    free = draw(GROUP, 300, seed=4)
    priors = load_prior_set(GROUP, dict.fromkeys(held, 2.5))
    fixed = draw(priors, 300, seed=4)
    for name, values in fixed.items():
        assert_array_equal(values, np.full((1, 300), 2.5) if name in held else free[name], err_msg=name)
    assert len(priors.notices) == sum(bool({*held} & {*pair["between"]}) for pair in PAIRS)
    assert all("without effect" in notice for notice in priors.notices)


def test_a_fixed_partner_that_nobody_asked_for_still_ties_the_scores(draw):
    free = draw(GROUP, 300, names=["a", "c"])
    fixed = draw(load_prior_set(GROUP, {"b": 2.5}), 300, names=["a", "c"])
    for name in "ac":
        assert_array_equal(fixed[name], free[name])


def test_an_inherited_correlation_with_a_constant_still_ties_the_scores(draw, tmp_path):
    """Held fixed in a file that extends another."""
    child = tmp_path / "child.toml"
    child.write_text(
        '[prior_set]\nextends = "consensus"\n[parameters.request_growth]\ndistribution = "constant"\nvalue = 2.0\n'
    )
    parent, fixed = load_prior_set("consensus"), load_prior_set(child)
    partners = {name for pair in parent.correlations if "request_growth" in pair.between for name in pair.between}
    assert len(partners) > 1
    free, held = draw(parent, 300), draw(fixed, 300)
    assert_array_equal(held["request_growth"], np.full((1, 300), 2.0))
    for name in set(free) - {"request_growth"}:
        assert_array_equal(held[name], free[name], err_msg=name)


@pytest.mark.parametrize("held", [[], ["a"], ["b"], ["b", "c"], list("abcd")])
def test_a_set_comes_back_from_its_document_with_the_same_draws(draw, held):
    priors = load_prior_set(GROUP, dict.fromkeys(held, 2.5))
    again = load_prior_set(json.loads(json.dumps(priors.document)))
    third = load_prior_set(again.document)
    expected = draw(priors, 300)
    for one in (again, third):
        assert one.notices == priors.notices
        for name, values in draw(one, 300).items():
            assert_array_equal(values, expected[name], err_msg=name)


def test_a_freed_parameter_has_its_correlation_again(draw):
    """What an override held fixed, a second one frees: the idle pair is stated again."""
    held = load_prior_set(GROUP, {"b": 2.5})
    freed = load_prior_set(held.document, {"b": LOGNORMAL})
    expected = draw(GROUP, 300)
    for name, values in draw(freed, 300).items():
        assert_array_equal(values, expected[name], err_msg=name)


@pytest.mark.parametrize(
    "kind", [{"kind": "independent"}, {"kind": "ar1", "persistence": 0.5}, {"kind": "random_walk", "step": 0.2}]
)
def test_holding_a_yearly_parameter_fixed_moves_no_other_draw(draw, kind):
    laws = {name: {**NORMAL, "varies": kind} for name in "ab"}
    priors = {**prior_set(**laws), "correlations": [{"between": ["a", "b"], "latent": 0.8}]}
    free = draw(priors, 300, steps=3)
    for held, other in (("a", "b"), ("b", "a")):
        fixed = draw(load_prior_set(priors, {held: 1.0}), 300, steps=3)
        assert_array_equal(fixed[other], free[other])
        assert_array_equal(fixed[held], np.ones((1, 300)))


@pytest.mark.parametrize("yearly_name", ["a", "c"])
def test_a_constant_may_tie_a_yearly_parameter_to_one_that_is_not(draw, yearly_name):
    """Overrides can leave a group of both kinds: nothing but the parameter that now varies may move."""
    document = {**prior_set(**dict.fromkeys("abcdz", NORMAL)), "correlations": PAIRS[:2]}
    free = draw(document, 300, steps=4)
    changes = {"b": 1.0, f"{yearly_name}.varies": {"kind": "independent"}}
    found = draw(load_prior_set(document, changes), 300, steps=4)
    for name in set(free) - {"b"}:
        assert found[name].shape == (4 if name == yearly_name else 1, 300)
        assert_array_equal(found[name][:1], free[name], err_msg=name)
    # The scores of all years are made as if every member varied.
    every = {**prior_set(**dict.fromkeys("abc", yearly("independent"))), "correlations": PAIRS[:2]}
    assert_array_equal(found[yearly_name], draw(every, 300, steps=4)[yearly_name])
    few = draw(load_prior_set(document, changes), 300, steps=4, names=[yearly_name])
    assert_array_equal(few[yearly_name], found[yearly_name])
