"""Every shipped quantity keeps to its declared units, on both sides of every select."""

from inspect import Parameter, signature

import pytest
from evaluate import Trajectory, arguments, consensus_medians, shipped_functions

from mcdemand.units import check_units, unit_of

DRAWS = {
    "median": {},
    "logistic": {"growth_shape": 1.0},
    "bass": {"growth_shape": 2.0},
    "exponential": {"growth_shape": 3.0},
    "supply binds": {"capacity_added_2025": 1.0, "additions_growth": 0.9},
    "agents below reasoning, joint cap": {"agent_multiplier": 5.0, "joint_efficiency_cap": 50.0},
    "cap below efficiency, demand falls": {"joint_efficiency_cap": 10.0, "request_growth": 0.0},
}
STEPS = (1, 2, 3, 6, 7, 11)
PRIOR_UNITS = {
    "TWh", "1", "T/day", "M H100e", "category", "1/yr", "GW", "GW/yr", "GUSD/GW", "yr", "USD/kWh", "year",
}  # fmt: skip


def call_values(parameters: dict[str, float], step: int) -> dict[str, float]:
    trajectory = Trajectory(parameters)
    values: dict[str, float] = {}
    for function in shipped_functions().values():
        values |= trajectory.arguments_of(function, step)
    return values


@pytest.mark.parametrize("changes", DRAWS.values(), ids=DRAWS)
def test_shipped_quantities_keep_to_their_units(changes):
    draws = [call_values(consensus_medians() | changes, step) for step in STEPS]
    assert check_units(shipped_functions().values(), draws) == []


def test_draws_reach_both_sides_of_supply():
    names = ("supply binds", "median")
    binding, enough = (Trajectory(consensus_medians() | DRAWS[name])("backlog", 6) for name in names)
    assert binding > 0.0
    assert enough == 0.0


def test_parameters_have_the_units_of_prior_files():
    units = {
        name: unit_of(parameter.annotation).text
        for function in shipped_functions().values()
        for name, parameter in signature(function).parameters.items()
        if parameter.default is Parameter.empty and name in consensus_medians()
    }
    assert set(units) == set(consensus_medians())
    assert set(units.values()) == PRIOR_UNITS


def test_one_name_one_meaning():
    clock = {"t", "year", "dt"}
    read = {name for function in shipped_functions().values() for name in arguments(function)}
    plain = {name.removeprefix("previous_").removeprefix("next_") for name in read} - clock
    assert plain <= set(consensus_medians()) | set(shipped_functions())
    assert not set(consensus_medians()) & set(shipped_functions())
