"""Parameters grouped into factors."""

import pytest

import mcdemand as mc
from mcdemand.factors import group_factors
from mcdemand.model import load_model

PRIORS = mc.load_prior_set("consensus")
MODEL = load_model("ai_compute")
NAMES = MODEL.plan(("energy_served",)).parameters


def test_every_parameter_is_a_factor_by_itself():
    assert group_factors(None, NAMES, MODEL, PRIORS.groups) == {name: (name,) for name in NAMES}


@pytest.mark.parametrize("grouping", ["driver", "correlated", {"growth": ["request_growth", "training_growth"]}])
def test_every_parameter_is_in_one_factor(grouping):
    found = group_factors(grouping, NAMES, MODEL, PRIORS.groups)
    assert sorted(name for members in found.values() for name in members) == sorted(NAMES)
    assert list(found) == sorted(found)


def test_drivers_hold_the_parameters_that_their_quantities_read():
    found = group_factors("driver", NAMES, MODEL, PRIORS.groups)
    assert {"request_growth", "request_ceiling"} <= {*found["adoption"]}
    assert "additions_growth" in found["supply"]


def test_correlated_groups_are_whole():
    found = group_factors("correlated", NAMES, MODEL, PRIORS.groups)
    assert {*PRIORS.groups[1].names} == {*found["agent_midpoint and others"]}


@pytest.mark.parametrize(
    ("grouping", "words"),
    [
        ("drivers", "must be 'driver', 'correlated', or lists"),
        ({"a": "request_growth"}, "lists of parameters"),
        ({"a": ["request_growht"]}, "did you mean 'request_growth'"),
        ({"a": ["request_growth"], "b": ["request_growth"]}, "belongs to a and to b"),
        ({"load_factor": ["request_growth"]}, "the name of a parameter outside the group"),
    ],
)
def test_groupings_that_are_refused(grouping, words):
    with pytest.raises(mc.InputError, match=words):
        group_factors(grouping, NAMES, MODEL, PRIORS.groups)


def test_a_single_file_has_no_drivers():
    def demand(x, y):
        return x * y

    model = mc.Model.from_functions([demand])
    with pytest.raises(mc.InputError, match="name the groups yourself"):
        group_factors("driver", ("x", "y"), model, ())
