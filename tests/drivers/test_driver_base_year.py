"""The base year and the identities that hold in every year, whatever the parameters."""

import numpy as np
import pytest
from evaluate import Trajectory, consensus_medians
from numpy.testing import assert_allclose

INDICES = (
    "requests_unrebounded", "efficiency", "chip_efficiency", "reference_efficiency", "rebound", "requests", "context",
    "mix", "token_index", "generative_compute_index", "nongenerative_compute_index", "training_compute_index",
)  # fmt: skip
CLASSES = ("conventional", "reasoning", "agentic", "nongenerative", "training")
FIXED = {
    "token_exponent", "growth_shape", "utilisation_ratio", "reasoning_midpoint", "agent_midpoint",
    "bass_innovation_share",
}  # fmt: skip


def random_parameters(seed: int) -> dict[str, float]:
    """Medians moved by up to 20 %, shares kept below 1 and ceilings above 1."""
    generator = np.random.default_rng(seed)
    moved = {
        name: value if name in FIXED else value * generator.uniform(0.8, 1.2)
        for name, value in consensus_medians().items()
    }
    return moved | {
        "growth_shape": float(seed % 4),
        "reasoning_midpoint": generator.normal(2026.0, 0.7),
        "agent_midpoint": generator.normal(2027.5, 1.2),
        "capability_share": generator.uniform(),
        "token_exponent": generator.uniform(0.8, 1.2),
    }


@pytest.fixture(scope="module", params=range(8))
def trajectory(request) -> Trajectory:
    return Trajectory(random_parameters(request.param))


def test_indices_are_exactly_one_in_the_base_year(trajectory):
    assert {name: trajectory(name, 0) for name in INDICES} == dict.fromkeys(INDICES, 1.0)
    assert_allclose(trajectory("compute_index", 0), 1.0, rtol=4e-16)


def test_shares_are_exactly_zero_in_the_base_year(trajectory):
    assert trajectory("reasoning_share", 0) == 0.0
    assert trajectory("agent_share", 0) == 0.0


def test_all_is_served_in_the_base_year(trajectory):
    assert trajectory("energy_served", 0) == trajectory("energy", 0)
    assert trajectory("served_fraction", 0) == 1.0
    assert trajectory("backlog", 0) == 0.0


@pytest.mark.parametrize("step", [0, 1, 3, 11])
def test_weights_sum_to_one(trajectory, step):
    weights = [trajectory(f"{name}_weight", step) for name in ("conventional", "reasoning", "agent")]
    assert_allclose(sum(weights), 1.0, rtol=1e-15)


@pytest.mark.parametrize("step", [0, 1, 3, 11])
def test_five_classes_stack_to_all_compute(trajectory, step):
    parts = [trajectory(f"{name}_compute", step) for name in CLASSES]
    assert_allclose(sum(parts), trajectory("compute_index", step), rtol=1e-14)
    served = [trajectory(f"{name}_compute_served", step) for name in CLASSES]
    assert_allclose(served, np.multiply(parts, trajectory("served_fraction", step)), rtol=1e-15)


@pytest.mark.parametrize("step", [1, 3, 11])
def test_what_is_served_is_the_smaller_of_demand_and_supply(trajectory, step):
    demand, supply = trajectory("energy", step), trajectory("energy_supply", step)
    assert trajectory("energy_served", step) == min(demand, supply)
    assert_allclose(trajectory("served_fraction", step), min(1.0, supply / demand), rtol=1e-15)
    assert_allclose(trajectory("backlog", step), max(0.0, demand - supply), rtol=1e-15)
    assert trajectory("capacity_needed_served", step) <= trajectory("capacity", step)


def test_elasticity_one_takes_efficiency_out_of_electricity():
    base = random_parameters(0) | {"rebound_elasticity": 1.0, "token_exponent": 1.0}
    changes = {"efficiency_growth": 0.7, "efficiency_ceiling": 900.0, "chip_efficiency_growth": 0.5,
               "chip_efficiency_ceiling": 3.0}  # fmt: skip

    def generative_electricity(parameters: dict[str, float]) -> list[float]:
        trajectory = Trajectory(parameters)
        return [trajectory("generative_compute", s) / trajectory("chip_efficiency", s) for s in range(12)]

    for name, value in changes.items():
        assert_allclose(generative_electricity(base | {name: value}), generative_electricity(base), rtol=1e-12)
