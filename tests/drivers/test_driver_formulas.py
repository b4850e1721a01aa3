"""Quantities called directly, against arithmetic written by hand."""

from math import log

import pytest
from evaluate import shipped_functions
from numpy.testing import assert_allclose

from mcdemand.drivers import chips, demand, energy, money, reasoning, supply
from mcdemand.drivers._growth import EXPONENTIAL
from mcdemand.drivers.adoption import requests, requests_unrebounded
from mcdemand.drivers.rebound import rebound


@pytest.mark.parametrize(("share", "expected"), [(1.0, 10.0), (0.5, 5.05), (1.0 / 11.0, 1.0), (0.0, 0.1)])
def test_multiplier_hundred_against_divisor_ten(share, expected):
    mix = reasoning.mix(
        conventional_weight=reasoning.conventional_weight(0.0, share),
        reasoning_weight=reasoning.reasoning_weight(0.0, share),
        agent_weight=reasoning.agent_weight(0.0),
        reasoning_multiplier=100.0,
        agent_multiplier_used=400.0,
    )
    index = demand.generative_compute_index(demand.token_index(1.0, 1.0, mix), token_exponent=1.0, efficiency=10.0)
    assert_allclose(index, expected, rtol=1e-14)
    generative = demand.generative_compute(demand.generative_share_2024(0.0, 1.0), index)
    assert_allclose(demand.compute_index(generative, 0.0, 0.0), expected, rtol=1e-14)


def test_savings_of_sixty_percent_outgrown_in_a_quarter():
    rate = log(2.5) / 0.25
    assert_allclose(rate, 3.6652, rtol=0, atol=5e-5)
    unbounded = {"request_ceiling": 70.0, "residual_growth": 0.08, "bass_innovation_share": 0.5}
    grown = [requests_unrebounded(t, rate, growth_shape=EXPONENTIAL, **unbounded) for t in (0.25, 1.0)]
    assert_allclose(grown, [1.0 / 0.4, 39.0625], rtol=1e-14)


def test_thousand_times_the_requests_on_ten_times_the_efficiency_and_hundred_times_the_chips():
    ceiling = chips.chip_ceiling(chip_efficiency_ceiling=400.0, joint_efficiency_cap=1000.0, efficiency_ceiling=10.0)
    assert ceiling == 100.0
    chip_efficiency = chips.chip_efficiency(t=1e4, chip_efficiency_growth=0.5, chip_ceiling=ceiling)
    index = demand.generative_compute_index(demand.token_index(requests(1000.0, 1.0), 1.0, 1.0), 1.0, 10.0)
    assert_allclose(energy.energy_index(demand.compute_index(index, 0.0, 0.0), chip_efficiency), 1.0, rtol=1e-14)


@pytest.mark.parametrize(
    ("ceilings", "expected"), [((400.0, 1e12, 10.0), 400.0), ((400.0, 1000.0, 1000.0), 1.0 + 1e-9)]
)
def test_chip_ceiling_without_the_cap_and_at_its_floor(ceilings, expected):
    assert chips.chip_ceiling(*ceilings) == expected


@pytest.mark.parametrize("factor", [0.25, 3.0, 1e4])
def test_tokens_times_k_is_compute_times_k(factor):
    once, more = (demand.generative_compute_index(tokens, 1.0, 7.0) for tokens in (11.0, 11.0 * factor))
    assert_allclose(more / once, factor, rtol=1e-14)


def test_token_exponent_bends_compute():
    assert_allclose(demand.generative_compute_index(100.0, 1.5, 10.0), 100.0, rtol=1e-14)


@pytest.mark.parametrize(("pue", "expected"), [(1.0, 0.71587), (1.22, 0.59274)])
def test_cost_of_a_million_tokens(pue, expected):
    cost = money.cost_per_million_tokens(
        kwh_per_token=1.7 / 3.6e6, electricity_price=0.07, capex_it=38.0, pue=pue, hardware_life=5.0, load_factor=0.6
    )
    assert_allclose(cost, expected, rtol=1e-5)


def test_energy_of_a_token():
    per_token = energy.kwh_per_token(50.0, 0.2, 4.0, efficiency=5.0, chip_efficiency=2.0)
    assert_allclose(per_token, 50e9 * 0.2 / (365 * 4e12) / 10, rtol=1e-14)
    assert_allclose(energy.joules_per_token(per_token), per_token * 3_600_000, rtol=1e-15)
    assert_allclose(energy.bottom_up_kwh_per_token(per_token, 4.0), per_token / 4, rtol=1e-15)


def test_one_gigawatt_for_a_year_is_8760_gigawatt_hours():
    assert_allclose(energy.power(8.76), 1.0, rtol=1e-15)
    assert_allclose(energy.capacity_needed(6.0, 0.6), 10.0, rtol=1e-15)
    assert_allclose(supply.energy_supply(10.0, 30.0, 0.5), 87.6, rtol=1e-15)
    assert_allclose(supply.capacity_needed_served(87.6, 0.5), 20.0, rtol=1e-15)


def test_accelerators_fall_with_utilisation():
    assert_allclose(energy.accelerators(3.3, 10.0, 1.5), 22.0, rtol=1e-15)


def test_rebound_is_constant_elasticity_beyond_the_reference():
    assert rebound(10.0, 2.0, 20.0, 0.9) == 1.0
    assert_allclose(rebound(20.0, 2.0, 10.0, 0.5), 2.0, rtol=1e-15)
    assert_allclose(rebound(5.0, 2.0, 20.0, 1.0), 0.5, rtol=1e-15)


def test_additions_of_each_period():
    rates = {"additions_ratio_2026": 1.5, "additions_growth": 1.2, "additions_growth_after_2030": 0.5}
    years = (2025.0, 2026.0, 2027.0, 2030.0, 2031.0, 2035.0)
    added = [supply.capacity_added(year, 10.0, 16.0, **rates) for year in years]
    assert_allclose(added, [16.0, 15.0, 12.0, 12.0, 5.0, 5.0], rtol=1e-15)
    assert supply.initial_capacity_added() == 0.0
    assert supply.initial_capacity(12.5) == 12.5
    assert supply.initial_energy_supply(50.0) == 50.0


def test_pue_falls_from_2025_to_2030_only():
    values = [money.pue(year, 0.3, 0.25) for year in (2024.0, 2025.0, 2027.5, 2030.0, 2040.0)]
    assert_allclose(values, [1.3, 1.3, 1.15, 1.075, 1.075], rtol=1e-15)


@pytest.mark.parametrize(("next_needed", "expected"), [(50.0, 240.0), (30.0, 40.0), (10.0, 40.0)])
def test_capex_builds_growth_and_replaces_what_wears_out(next_needed, expected):
    arguments = {"capex_it": 12.0, "it_share_of_capex": 2 / 3, "hardware_life": 5.0, "pue": 1.2, "dt": 1.0}
    assert_allclose(money.capex(capacity_needed=30.0, next_capacity_needed=next_needed, **arguments), expected)
    served = money.capex_served(capacity_needed_served=30.0, next_capacity_needed_served=next_needed, **arguments)
    assert_allclose(served, expected)


def test_price_of_a_site_and_gross_world_product():
    assert money.capex_it(2025.0, 38.0, 0.02) == 38.0
    assert_allclose(money.capex_it(2030.0, 38.0, log(2.0) / 5), 76.0, rtol=1e-14)
    assert_allclose(log(1.03), money.GROSS_WORLD_PRODUCT_GROWTH, rtol=1e-15)
    assert_allclose(money.capex_share_of_gwp(2027.0, 1120.0), 0.01 / 1.0609, rtol=1e-14)


def test_what_observations_see():
    assert supply.reported_tokens(100.0, 1.5) == 150.0
    assert_allclose(money.big4_capex(600.0, 0.62, 0.75), 496.0, rtol=1e-14)


def test_rationing_is_in_proportion():
    fraction = supply.served_fraction(supply.energy_served(200.0, 150.0), 200.0)
    assert fraction == 0.75
    assert supply.backlog(200.0, 150.0) == 50.0
    rationed = ["tokens", "accelerators", *(f"{c}_compute" for c in ("conventional", "agentic", "training"))]
    assert [shipped_functions()[f"{name}_served"](8.0, fraction) for name in rationed] == [6.0] * 5


def test_agents_cost_at_least_as_much_as_reasoning():
    assert reasoning.agent_multiplier_used(5.0, 8.0) == 8.0
    assert reasoning.agent_multiplier_used(40.0, 8.0) == 40.0
