"""One trajectory with every parameter at its consensus median, against figures of an independent implementation."""

import pytest
from evaluate import Trajectory, consensus_medians, shipped_functions
from numpy.testing import assert_allclose

from mcdemand.drivers import BASE_YEAR, DEFAULT_OUTPUTS

YEARS = (2024, 2025, 2026, 2030, 2035)
REFERENCE = {
    "requests": (1, 4.699579837, 13.01064057, 71.61754017, 136.9363854),
    "tokens": (4.5, 58.01473627, 458.7777874, 10725.06154, 23798.19896),
    "efficiency": (1, 3.74601319, 8.162164993, 21.83491342, 24.75982716),
    "chip_efficiency": (1, 1.299835122, 1.664528619, 3.918575431, 8.924802885),
    "reasoning_share": (0, 0.08878017726, 0.2897006762, 0.6373066219, 0.6411572476),
    "agent_share": (0, 0.003145891362, 0.01728867574, 0.1157234614, 0.1257174053),
    "generative_compute_index": (1, 3.4415692, 12.49063447, 109.1530322, 213.5915014),
    "compute_index": (1, 2.359885266, 5.548814883, 34.8649535, 68.54749909),
    "energy": (50, 90.77633102, 166.6782662, 444.8677091, 384.0280843),
    "energy_served": (50, 90.77633102, 166.6782662, 444.8677091, 384.0280843),
    "capacity": (12.5, 28.5, 53.3, 195.711055, 412.58783),
    "capacity_needed": (9.486424863, 17.22285687, 31.62361697, 84.40408194, 72.86107134),
    "capex": (275.2236059, 518.2867185, 736.9970073, 425.4862935, 363.7641692),
    "accelerators": (3.3, 7.787621379, 18.31108911, 115.0543465, 226.206747),
    "joules_per_token": (21.57086848, 4.430064619, 1.587709323, 0.2521087654, 0.09761608578),
    "cost_per_million_tokens": (7.395924604, 1.540573712, 0.5671897566, 0.09958182836, 0.04141313411),
    "training_share": (0.5206797764, 0.5150999657, 0.4290878552, 0.3238894392, 0.3312900931),
    "pue": (1.22, 1.22, 1.203668781, 1.1496, 1.1496),
}


@pytest.fixture(scope="module")
def medians() -> Trajectory:
    return Trajectory(consensus_medians())


@pytest.mark.parametrize("name", REFERENCE)
def test_median_trajectory(medians, name):
    assert_allclose([medians(name, year - BASE_YEAR) for year in YEARS], REFERENCE[name], rtol=1e-9)


def test_medians_of_the_parameters():
    printed = {
        "training_share_2024": 0.5206797764,
        "generative_share_of_rest_2024": 0.4106527645,
        "final_reasoning_share": 0.6411630775,
        "final_agent_share": 0.1257907658,
        "load_factor": 0.6016768845,
        "rebound_elasticity": 0.9022203243,
        "residual_growth": 0.0799576359,
    }
    parameters = consensus_medians()
    assert_allclose([parameters[name] for name in printed], list(printed.values()), rtol=0, atol=5.1e-11)


def test_every_quantity_of_every_year_is_finite(medians):
    values = [medians(name, step) for name in shipped_functions() if name[:8] != "initial_" for step in range(12)]
    assert_allclose(values, values)
    assert all(abs(value) < 1e12 for value in values)


def test_without_shortage_what_is_served_is_what_is_asked_for(medians):
    for name in ("capex", "capacity_needed", "tokens", "accelerators"):
        assert_allclose([medians(f"{name}_served", step) for step in range(12)], [medians(name, s) for s in range(12)])


def test_default_outputs_are_quantities():
    assert set(DEFAULT_OUTPUTS) <= set(shipped_functions())
    assert len(DEFAULT_OUTPUTS) == 10


def test_every_argument_is_a_quantity_a_parameter_or_the_clock(medians):
    for name, function in shipped_functions().items():
        start = 0 if name.startswith("initial_") else 1
        assert all(isinstance(value, float) for value in medians.arguments_of(function, start).values())
