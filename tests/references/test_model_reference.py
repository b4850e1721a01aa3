"""Exact checks of the shipped model through the public API; every number is written by hand from its specification."""

import numpy as np
import pytest
from acceptance import INTERPRETED
from numpy.testing import assert_allclose, assert_array_equal, assert_array_less

import mcdemand as mc
from mcdemand.drivers.adoption import requests_unrebounded
from mcdemand.paths import shipped_names

DRAWS = 256 if INTERPRETED else 20_000
NO_CAP = 1e12
AT_ONCE = 1e3

MEDIANS = {
    "ai_electricity_2024": 50.0,
    "training_share_2024": 0.5206797764,
    "generative_share_of_rest_2024": 0.4106527645,
    "tokens_2024": 4.5,
    "accelerators_2024": 3.3,
    "growth_shape": 0.0,
    "bass_innovation_share": 0.5,
    "request_growth": 1.9,
    "request_ceiling": 70.0,
    "residual_growth": 0.0799576359,
    "context_growth": 0.55,
    "context_ceiling": 4.0,
    "reasoning_multiplier": 8.0,
    "final_reasoning_share": 0.6411630775,
    "reasoning_midpoint": 2026.0,
    "reasoning_steepness": 1.3,
    "agent_multiplier": 40.0,
    "final_agent_share": 0.1257907658,
    "agent_midpoint": 2027.5,
    "agent_steepness": 1.0,
    "token_exponent": 1.0,
    "efficiency_growth": 1.7,
    "efficiency_ceiling": 25.0,
    "capability_share": 0.0,
    "chip_efficiency_growth": 0.27,
    "chip_efficiency_ceiling": 100.0,
    "joint_efficiency_cap": NO_CAP,
    "rebound_elasticity": 0.9022203243,
    "reference_efficiency_growth": 1.7,
    "reference_efficiency_ceiling": 25.0,
    "reference_chip_growth": 0.27,
    "reference_chip_ceiling": 100.0,
    "training_growth": 0.95,
    "training_ceiling": 60.0,
    "nongenerative_growth": 0.55,
    "nongenerative_ceiling": 20.0,
    "load_factor": 0.6016768845,
    "capacity_end_2024": 12.5,
    "capacity_added_2025": 16.0,
    "additions_ratio_2026": 1.55,
    "additions_growth": 1.15,
    "additions_growth_after_2030": 1.0,
    "capex_per_it_gw": 38.0,
    "capex_per_it_gw_growth": 0.015,
    "hardware_life": 5.0,
    "it_share_of_capex": 0.65,
    "electricity_price": 0.07,
    "pue_overhead_2025": 0.22,
    "pue_overhead_ratio_2030": 0.68,
    "utilisation_ratio": 1.0,
    "overhead_2024": 4.0,
    "token_reporting_bias": 1.0,
    "ai_share_of_big4_capex": 0.7556976754,
    "big4_share_of_ai_capex": 0.6232723504,
}
YEARS = [2024, 2025, 2026, 2030, 2035]
TRAJECTORY = {
    "requests": [1, 4.699579837, 13.01064057, 71.61754017, 136.9363854],
    "tokens": [4.5, 58.01473627, 458.7777874, 10725.06154, 23798.19896],
    "efficiency": [1, 3.74601319, 8.162164993, 21.83491342, 24.75982716],
    "chip_efficiency": [1, 1.299835122, 1.664528619, 3.918575431, 8.924802885],
    "reasoning_share": [0, 0.08878017726, 0.2897006762, 0.6373066219, 0.6411572476],
    "agent_share": [0, 0.003145891362, 0.01728867574, 0.1157234614, 0.1257174053],
    "generative_compute_index": [1, 3.4415692, 12.49063447, 109.1530322, 213.5915014],
    "compute_index": [1, 2.359885266, 5.548814883, 34.8649535, 68.54749909],
    "energy": [50, 90.77633102, 166.6782662, 444.8677091, 384.0280843],
    "energy_served": [50, 90.77633102, 166.6782662, 444.8677091, 384.0280843],
    "capacity": [12.5, 28.5, 53.3, 195.711055, 412.58783],
    "capacity_needed": [9.486424863, 17.22285687, 31.62361697, 84.40408194, 72.86107134],
    "capex": [275.2236059, 518.2867185, 736.9970073, 425.4862935, 363.7641692],
    "accelerators": [3.3, 7.787621379, 18.31108911, 115.0543465, 226.206747],
    "joules_per_token": [21.57086848, 4.430064619, 1.587709323, 0.2521087654, 0.09761608578],
    "cost_per_million_tokens": [7.395924604, 1.540573712, 0.5671897566, 0.09958182836, 0.04141313411],
    "training_share": [0.5206797764, 0.5150999657, 0.4290878552, 0.3238894392, 0.3312900931],
    "pue": [1.22, 1.22, 1.203668781, 1.1496, 1.1496],
}
# All flat but what a check moves; moves are complete within the first year.
FLAT = {
    "rebound_elasticity": 0.0, "request_growth": 0.0, "residual_growth": 0.0, "context_growth": 0.0,
    "efficiency_growth": 0.0, "chip_efficiency_growth": 0.0, "final_reasoning_share": 0.0, "final_agent_share": 0.0,
    "training_share_2024": 0.0, "generative_share_of_rest_2024": 1.0,
}  # fmt: skip


CHECKED = [*TRAJECTORY, "energy_index"]


def values_at(parameters, years, outputs=CHECKED):
    """Return {output: one value a year} with every parameter constant."""
    result = mc.simulate("consensus", set=MEDIANS | parameters, draws=1, chains=1, outputs=outputs, years=years)
    return {name: result["prior_predictive"][name].values[0, 0] for name in outputs}


def draws_of(priors, outputs, years, **options):
    result = mc.simulate(priors, draws=DRAWS, chains=1, outputs=outputs, years=years, design="random", **options)
    return {name: result["prior_predictive"][name].values[0] for name in outputs}


@pytest.fixture(scope="module")
def trajectory():
    return values_at({}, YEARS)


@pytest.mark.parametrize("name", TRAJECTORY)
def test_trajectory_at_the_medians(trajectory, name):
    assert_allclose(trajectory[name], TRAJECTORY[name], rtol=1e-9)


def test_every_parameter_of_consensus_has_a_median_here():
    assert set(MEDIANS) == set(mc.load_prior_set("consensus").parameters)


@pytest.mark.parametrize(("share", "expected"), [(1.0, 10.0), (0.5, 5.05), (1 / 11, 1.0), (0.3, 3.07)])
def test_checks_1_and_2_multiplier_against_divisor(share, expected):
    reasoning = {
        "final_reasoning_share": share, "reasoning_midpoint": 2024.0, "reasoning_steepness": AT_ONCE,
        "reasoning_multiplier": 100.0,
    }  # fmt: skip
    efficiency = {"efficiency_growth": AT_ONCE, "efficiency_ceiling": 10.0}
    names = ["generative_compute_index", "compute_index"]
    found = values_at(FLAT | reasoning | efficiency, [2025])
    assert_allclose([found[name] for name in names], [[expected]] * 2, rtol=1e-14)


def test_check_5_gains_within_the_joint_cap_cancel_requests():
    parameters = FLAT | {
        "request_growth": AT_ONCE, "request_ceiling": 1000.0, "efficiency_growth": AT_ONCE, "efficiency_ceiling": 10.0,
        "chip_efficiency_growth": AT_ONCE, "chip_efficiency_ceiling": 400.0, "joint_efficiency_cap": 1000.0,
    }  # fmt: skip
    names = ["energy_index", "requests", "efficiency", "chip_efficiency"]
    found = values_at(parameters, [2025])
    assert_allclose([found[name][0] for name in names], [1, 1000, 10, 100], rtol=1e-13)


def test_check_6_tokens_times_k_is_compute_times_k():
    before = values_at({"context_growth": 0.0}, [2024, 2026])
    after = values_at({"context_growth": AT_ONCE, "context_ceiling": 7.0}, [2024, 2026])
    for name in ("tokens", "generative_compute_index"):
        assert_allclose(after[name] / before[name], [1, 7], rtol=1e-13)


ONES = [
    "requests_unrebounded", "efficiency", "chip_efficiency", "reference_efficiency", "rebound", "requests", "context",
    "mix", "token_index", "generative_compute_index", "nongenerative_compute_index", "training_compute_index",
    "served_fraction",
]  # fmt: skip
ZEROS = ["reasoning_share", "agent_share", "backlog"]
WEIGHTS = ["conventional_weight", "reasoning_weight", "agent_weight"]


@pytest.mark.parametrize("name", ["consensus"] if INTERPRETED else shipped_names())
def test_check_8_base_year_at_any_draw(name):
    outputs = [*ONES, *ZEROS, *WEIGHTS, "compute_index", "energy_index", "energy", "energy_served"]
    years = [2024, 2025, 2030] if INTERPRETED else [2024, 2025, 2027, 2030, 2035]
    found = draws_of(name, outputs, years)
    for one in ONES:
        assert_array_equal(found[one][:, 0], 1.0, err_msg=one)
    for zero in ZEROS:
        assert_array_equal(found[zero][:, 0], 0.0, err_msg=zero)
    assert_allclose(found["compute_index"][:, 0], 1.0, rtol=4e-16)
    assert_allclose(found["energy_index"][:, 0], 1.0, rtol=4e-16)
    assert_array_equal(found["energy_served"][:, 0], found["energy"][:, 0])
    assert_allclose(sum(found[weight] for weight in WEIGHTS), 1.0, rtol=4e-16)


SHAPES = {"gompertz": 0.0, "logistic": 1.0, "bass": 2.0, "exponential": 3.0}


@pytest.mark.parametrize("shape", SHAPES)
def test_check_9_growth_starts_at_one_with_its_rate(shape):
    def requests(t, residual):
        return requests_unrebounded(t, 1.9, 70.0, residual, SHAPES[shape], 0.3)

    step = 1e-5
    for residual in (0.0, 0.08):
        assert requests(0.0, residual) == 1.0
        rate = (np.log(requests(step, residual)) - np.log(requests(-step, residual))) / (2 * step)
        assert_allclose(rate, 1.9, rtol=1e-8)


@pytest.mark.parametrize("shape", SHAPES)
def test_check_9_growth_ends_at_its_ceiling(shape):
    parameters = {"growth_shape": SHAPES[shape], "residual_growth": 0.0, "request_growth": 0.5}
    found = values_at(parameters, [2024, 2144], ["requests_unrebounded"])["requests_unrebounded"]
    assert_allclose(found, [1.0, np.exp(0.5 * 120) if shape == "exponential" else 70.0], rtol=1e-5)


ELECTRICITY = ["generative_share_2024", "generative_compute_index", "chip_efficiency", "efficiency"]
EFFICIENCY_ROWS = {
    "efficiency_growth": {"p5": 0.4, "p50": 0.7, "p95": 1.3},
    "efficiency_ceiling": {"p5": 20, "p50": 900, "p95": 5000},
    "chip_efficiency_growth": {"p5": 0.3, "p50": 0.5, "p95": 0.9},
    "chip_efficiency_ceiling": {"p5": 1.5, "p50": 3, "p95": 10},
}


@pytest.mark.parametrize("name", list(EFFICIENCY_ROWS)[-1:] if INTERPRETED else EFFICIENCY_ROWS)
def test_check_10_elasticity_one_takes_efficiency_out_of_electricity(name):
    years = [2025, 2027] if INTERPRETED else YEARS
    rows = {f"{name}.{key}": value for key, value in EFFICIENCY_ROWS[name].items()}
    elastic = {"rebound_elasticity": 1.0}
    before, after = (draws_of("consensus", ELECTRICITY, years, set=elastic | changes) for changes in ({}, rows))
    moved = "chip_efficiency" if name.startswith("chip") else "efficiency"
    assert np.all(before[moved][:, -1] != after[moved][:, -1])
    electricity = [
        found["generative_share_2024"][:, None] * found["generative_compute_index"] / found["chip_efficiency"]
        for found in (before, after)
    ]
    assert_allclose(electricity[1], electricity[0], rtol=1e-12)


def test_check_11_seed_keeps_to_the_joint_cap():
    years = [2025, 2030, 2035] if INTERPRETED else list(range(2024, 2036))
    found = draws_of("seed", ELECTRICITY, years)
    assert_array_less(found["efficiency"] * found["chip_efficiency"], 1000 * (1 + 1e-12))


@pytest.mark.parametrize(
    ("name", "threshold", "expected"),
    [("reasoning_multiplier", 100, 0.667), ("efficiency_ceiling", 10, 0.707), ("ai_share_of_big4_capex", 0.5, 0.9496)],
)
def test_checks_12_and_13_probabilities_of_parameters(name, threshold, expected):
    draws = 2_000 if INTERPRETED else 200_000
    result = mc.simulate("seed", draws=draws, outputs=[name])
    found = np.mean(result["prior"][name].values >= threshold)
    assert abs(found - expected) < 5e-4 + 5 * np.sqrt(expected * (1 - expected) / draws)


class TestAnchorsOfTheBaseYears:
    """Medians within the anchors' ranges, single figures between the 5 and 95 % quantiles."""

    RANGES = (
        ("energy_served", 2024, 33, 75), ("energy_served", 2025, 70, 130), ("energy_served", 2026, 130, 220),
        ("tokens", 2025, 45, 120), ("tokens", 2026, 250, 700), ("training_share", 2024, 0.34, 0.70),
        ("generative_share", 2024, 0.08, 0.36), ("joules_per_token", 2024, 6, 63),
        ("joules_per_token", 2025, 1.1, 15), ("joules_per_token", 2026, 0.5, 5),
    )  # fmt: skip
    FIGURES = (
        ("capacity", 2025, 29.6), ("training_share", 2025, 0.48), ("training_share", 2026, 0.42),
        ("generative_share", 2025, 0.31), ("generative_share", 2026, 0.42), ("big4_capex", 2025, 413.5),
    )  # fmt: skip
    # p50 (p5 to p95) as printed beside the anchors.
    PRINTED = (
        ("energy_served", 2024, 50, 33, 75), ("energy_served", 2026, 171, 80.6, 245), ("tokens", 2025, 61.7, 15.9, 314),
        ("capacity", 2025, 28.5, 24.9, 32.4), ("energy_served", 2025, 91, 55, 121),
    )  # fmt: skip
    LEVELS = (0.05, 0.5, 0.95)

    @pytest.fixture(scope="class")
    @classmethod
    def quantiles(cls):
        names = sorted({row[0] for row in (*cls.RANGES, *cls.FIGURES)})
        result = mc.simulate("consensus", draws=DRAWS, chains=1, outputs=names, years=[2024, 2025, 2026])
        group = result["prior_predictive"]
        return {
            (name, year): np.quantile(group[name].sel(year=year).values, cls.LEVELS)
            for name in names
            for year in (2024, 2025, 2026)
        }

    @pytest.mark.parametrize(("name", "year", "low", "high"), RANGES)
    def test_median_is_within_the_range(self, quantiles, name, year, low, high):
        assert low <= quantiles[name, year][1] <= high

    @pytest.mark.parametrize(("name", "year", "figure"), FIGURES)
    def test_interval_holds_the_figure(self, quantiles, name, year, figure):
        assert quantiles[name, year][0] <= figure <= quantiles[name, year][2]

    @pytest.mark.parametrize(("name", "year", "p50", "p5", "p95"), PRINTED)
    def test_quantiles_are_the_printed_ones(self, quantiles, name, year, p50, p5, p95):
        assert_allclose(quantiles[name, year], [p5, p50, p95], rtol=0.4 if INTERPRETED else 0.05)
