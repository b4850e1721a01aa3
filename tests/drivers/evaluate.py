"""A tiny reference: quantities called one by one, year by year, as plain Python, from the grammar alone."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from functools import cache
from inspect import Parameter, getmembers, isfunction, signature
from math import log
from types import ModuleType

from scipy.special import betaincinv, ndtr, ndtri

from mcdemand import drivers

Quantity = Callable[..., float]


@cache
def driver_modules() -> tuple[ModuleType, ...]:
    names = [module.name for module in pkgutil.iter_modules(drivers.__path__) if not module.name.startswith("_")]
    return tuple(importlib.import_module(f"mcdemand.drivers.{name}") for name in names)


@cache
def shipped_functions() -> dict[str, Quantity]:
    return {
        name: function
        for module in driver_modules()
        for name, function in getmembers(module, isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    }


def arguments(function: Quantity) -> list[str]:
    return [name for name, p in signature(function).parameters.items() if p.default is Parameter.empty]


class Trajectory:
    """Values of quantities at whole steps after the base year, for one set of parameters."""

    def __init__(self, parameters: Mapping[str, float], functions: Mapping[str, Quantity] | None = None) -> None:
        self.functions = shipped_functions() if functions is None else functions
        self.parameters = parameters
        self.known: dict[tuple[str, int], float] = {}

    def __call__(self, name: str, step: int) -> float:
        if (name, step) not in self.known:
            self.known[name, step] = self._evaluate(name, step)
        return self.known[name, step]

    def arguments_of(self, function: Quantity, step: int) -> dict[str, float]:
        """What a quantity is called with at a step."""
        return {name: self._argument(name, step) for name in arguments(function)}

    def _evaluate(self, name: str, step: int) -> float:
        start = self.functions.get(f"initial_{name}") if step == 0 else None
        function = start or self.functions[name]
        return float(function(**self.arguments_of(function, step)))

    def _argument(self, name: str, step: int) -> float:
        clock = {"t": float(step), "year": float(drivers.BASE_YEAR + step), "dt": 1.0}
        if name in clock:
            return clock[name]
        if name.startswith("previous_"):
            return self(name.removeprefix("previous_"), step - 1)
        if name.startswith("next_"):
            return self(name.removeprefix("next_"), step + 1)
        return self.parameters[name] if name in self.parameters else self(name, step)


def consensus_medians() -> dict[str, float]:
    """Every parameter of the consensus priors at its median."""
    # Residual growth is truncated at 0.5; its halves about 0.08 are lognormal, with 0.02 and 0.2 at 5 and 95 %.
    below_half = ndtr(ndtri(0.95) * log(0.5 / 0.08) / log(0.2 / 0.08))
    residual = 0.08 * (0.08 / 0.02) ** (ndtri(0.5 * below_half) / ndtri(0.95))
    lower, upper = ndtr((0.0 - 0.9) / 0.35), ndtr((2.5 - 0.9) / 0.35)
    return {
        "ai_electricity_2024": 50.0,
        "training_share_2024": float(betaincinv(10.4, 9.6, 0.5)),
        "generative_share_of_rest_2024": float(betaincinv(4.0, 5.6, 0.5)),
        "tokens_2024": 4.5,
        "accelerators_2024": 3.3,
        "growth_shape": 0.0,
        "bass_innovation_share": 0.5,
        "request_growth": 1.9,
        "request_ceiling": 70.0,
        "residual_growth": float(residual),
        "context_growth": 0.55,
        "context_ceiling": 4.0,
        "reasoning_multiplier": 8.0,
        "final_reasoning_share": float(betaincinv(6.0, 3.5, 0.5)),
        "reasoning_midpoint": 2026.0,
        "reasoning_steepness": 1.3,
        "agent_multiplier": 40.0,
        "final_agent_share": float(betaincinv(2.0, 12.0, 0.5)),
        "agent_midpoint": 2027.5,
        "agent_steepness": 1.0,
        "token_exponent": 1.0,
        "efficiency_growth": 1.7,
        "efficiency_ceiling": 25.0,
        "capability_share": 0.0,
        "chip_efficiency_growth": 0.27,
        "chip_efficiency_ceiling": 100.0,
        "joint_efficiency_cap": 1e12,
        "rebound_elasticity": float(0.9 + 0.35 * ndtri(lower + 0.5 * (upper - lower))),
        "reference_efficiency_growth": 1.7,
        "reference_efficiency_ceiling": 25.0,
        "reference_chip_growth": 0.27,
        "reference_chip_ceiling": 100.0,
        "training_growth": 0.95,
        "training_ceiling": 60.0,
        "nongenerative_growth": 0.55,
        "nongenerative_ceiling": 20.0,
        "load_factor": float(betaincinv(38.5, 25.6, 0.5)),
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
        "ai_share_of_big4_capex": float(betaincinv(18.8, 6.3, 0.5)),
        "big4_share_of_ai_capex": float(betaincinv(24.6, 15.0, 0.5)),
    }
