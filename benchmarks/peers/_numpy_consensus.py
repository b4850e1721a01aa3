"""The shipped model with its priors `consensus` in NumPy, as somebody who forecasts would write it by hand.

Growth curves are kept by their logarithms, so that products and powers of them take one exponential.

Tried, and slower: threads for processes (2 times as long, no faster than one); blocks of 4096 (1.1 times as long),
16384 (2 times, as every array is memory anew) or 65536 (1.5 times).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from math import prod
from mmap import mmap
from multiprocessing import get_context
from typing import Any

import numpy as np

from benchmarks.peers._exports import OUTPUTS
from benchmarks.peers._numpy_summary import quantiles_of_row
from benchmarks.peers._peer import Clock, Figures, Job
from benchmarks.peers._rows import PROBABILITIES, Array

FIRST, LAST = 2024, 2035
YEARS = LAST - FIRST + 1
TWH_PER_GW = 8.76
GOMPERTZ, BASS, EXPONENTIAL = 0, 2, 3
CURVES = ("request", "context", "efficiency", "training", "nongenerative", "reference_efficiency", "reference_chip")
BLOCK = 2**13


def prepared(p: Any) -> Any:
    """Return parameters with what all years need: logarithms of ceilings, and the share of innovation by shape."""
    innovation = np.where(p["growth_shape"] == BASS, p["bass_innovation_share"], 0.0)
    cap = np.minimum(p["chip_efficiency_ceiling"], p["joint_efficiency_cap"] / p["efficiency_ceiling"])
    ceilings = {name: p[f"{name}_ceiling"] for name in CURVES} | {"chip_efficiency": np.maximum(cap, 1 + 1e-9)}
    logarithms = {f"log_{name}_ceiling": np.log(ceiling) for name, ceiling in ceilings.items()}
    return p | logarithms | {"innovation": innovation}


def log_gompertz(t: float, p: Any, name: str) -> Any:
    """Return the logarithm of a Gompertz curve that starts at 1."""
    log_ceiling = p[f"log_{name}_ceiling"]
    return -log_ceiling * np.expm1(-p[f"{name}_growth"] * t / log_ceiling)


def log_s_curve(t: float, growth: Array, ceiling: Array, innovation: Array) -> Array:
    """Return the logarithm of Bass' curve, the logistic one where nothing is innovation."""
    rate = growth / (1 - 1 / ceiling)
    innovate, imitate = innovation * rate / ceiling, (1 - innovation) * rate
    odds = (ceiling - 1) / (innovate * ceiling + imitate) * np.exp(-(innovate + imitate) * t)
    return np.log(ceiling * (1 - innovate * odds) / (1 + imitate * odds))


def log_requests(t: float, p: Any) -> Array:
    """Return the logarithm of requests before rebound: a curve of the drawn shape, and what goes on growing."""
    growth, ceiling, shape = p["request_growth"], p["request_ceiling"], p["growth_shape"]
    s_curve = log_s_curve(t, growth, ceiling, p["innovation"])
    curve = np.where(shape == GOMPERTZ, log_gompertz(t, p, "request"), s_curve)
    if (is_exponential := shape == EXPONENTIAL).any():
        curve[is_exponential] = growth[is_exponential] * t
    return curve + p["residual_growth"] * (t - curve / growth)


def share_since(year: int, start: float, final: Array, midpoint: Array, steepness: Array) -> Any:
    """Return a logistic share that is 0 up to its start."""
    if year <= start:
        return 0.0
    return final * -np.expm1(-steepness * (year - start)) / (1 + np.exp(-steepness * (year - midpoint)))


def mix(year: int, p: Any) -> Any:
    """Return compute per request, that of a conventional one being 1."""
    of_reasoning = p["final_reasoning_share"], p["reasoning_midpoint"], p["reasoning_steepness"]
    reasoning = share_since(year, 2024.2, *of_reasoning)
    agents = share_since(year, 2024.6, p["final_agent_share"], p["agent_midpoint"], p["agent_steepness"])
    multiplier = p["reasoning_multiplier"]
    of_agents = np.maximum(p["agent_multiplier"], multiplier)
    return (1 - agents) * (1 + reasoning * (multiplier - 1)) + agents * of_agents


def demand(year: int, p: Any) -> dict[str, Array]:
    """Return tokens, accelerators, energy and the share of training that a year asks for."""
    curve = partial(log_gompertz, float(year - FIRST), p)
    efficiency = (1 - p["capability_share"]) * curve("efficiency")
    chips = curve("chip_efficiency")
    reference = curve("reference_efficiency") + curve("reference_chip")
    rebound = p["rebound_elasticity"] * (efficiency + chips - reference)
    tokens = np.exp(log_requests(float(year - FIRST), p) + rebound + curve("context")) * mix(year, p)
    training = p["training_share_2024"] * np.exp(curve("training"))
    generative = (1 - p["training_share_2024"]) * p["generative_share_of_rest_2024"]
    others = (1 - p["training_share_2024"] - generative) * np.exp(curve("nongenerative"))
    power = tokens if p["token_exponent"] == 1 else tokens ** p["token_exponent"]
    compute = generative * power * np.exp(-efficiency) + others + training
    return {
        "tokens": p["tokens_2024"] * tokens,
        "accelerators": p["accelerators_2024"] * compute / p["utilisation_ratio"],
        "energy": p["ai_electricity_2024"] * compute * np.exp(-chips),
        "training_share": training / compute,
    }


def factor(year: int, p: Any) -> Any:
    """Return how many times last year's additions a year adds."""
    if year == FIRST + 2:
        return p["additions_ratio_2026"]
    return p["additions_growth"] if year <= 2030 else p["additions_growth_after_2030"]


def capex(year: int, p: Any, needed: Array, next_needed: Array) -> Any:
    """Return what a year spends on growth of the capacity in use and on replacing it."""
    price = p["capex_per_it_gw"] * np.exp(p["capex_per_it_gw_growth"] * (year - 2025))
    pue = 1 + p["pue_overhead_2025"] * p["pue_overhead_ratio_2030"] ** min(max((year - 2025) / 5, 0.0), 1.0)
    replaced = p["it_share_of_capex"] * needed / p["hardware_life"]
    return price * (np.maximum(next_needed - needed, 0) + replaced) / pue


def simulate(p: Any, found: Array) -> None:
    """Fill (output, year, draw)."""
    p = prepared(p)
    capacity, added, needed = p["capacity_end_2024"], p["capacity_added_2025"], np.empty(0)
    for t, year in enumerate(range(FIRST, LAST + 2)):
        asked = demand(year, p)
        served = asked["energy"]
        if year > FIRST:
            added = added * factor(year, p) if year > FIRST + 1 else added
            served = np.minimum(served, (capacity + added / 2) * p["load_factor"] * TWH_PER_GW)
            capacity = capacity + added
        last_needed, needed = needed, served / (TWH_PER_GW * p["load_factor"])
        if year > FIRST:
            found[4, t - 1] = capex(year - 1, p, last_needed, needed)
        if year <= LAST:
            share = served / asked["energy"]
            found[:4, t] = served, asked["energy"], capacity, asked["accelerators"] * share
            found[5:, t] = asked["tokens"] * share, asked["training_share"]


def plain() -> Job:
    """Arrays of all draws, one operation after the other."""
    from benchmarks.peers._consensus_laws import Priors

    priors = Priors()

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        drawn = priors.draw(np.random.default_rng(seed), draws)
        clock.mark("draw")
        found = np.empty((len(OUTPUTS), YEARS, draws))
        simulate(drawn, found)
        clock.mark("simulate")
        quantiles = np.moveaxis(np.quantile(found, PROBABILITIES, axis=-1), 0, -1)
        figures = {"mean": found.mean(axis=-1).tolist(), "quantiles": quantiles.tolist()}
        clock.mark("summarise")
        return figures

    return job


def fill(priors: Any, rng: np.random.Generator, part: Array) -> None:
    """Fill (output, year, draw) by blocks of draws."""
    for first in range(0, part.shape[-1], BLOCK):
        block = part[..., first : first + BLOCK]
        simulate(priors.draw(rng, block.shape[-1]), block)


def blocks(processes: int) -> Job:
    """The same by blocks of draws that stay in the cache, each process its own part of them, and rows partitioned."""
    from benchmarks.peers._consensus_laws import Priors

    priors, context = Priors(), get_context("fork")

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        shape = (len(OUTPUTS), YEARS, draws)
        # Anonymous memory, which forks share.
        found = np.frombuffer(mmap(-1, 8 * prod(shape))).reshape(shape)
        rngs = [np.random.Generator(np.random.SFC64(one)) for one in np.random.SeedSequence(seed).spawn(processes)]
        parts = zip(rngs, np.array_split(found, processes, axis=-1), strict=True)
        workers = [context.Process(target=fill, args=(priors, *part)) for part in parts]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        clock.mark("simulate")
        figures = summarize(found, processes)
        clock.mark("summarise")
        return figures

    return job


def summarize(found: Array, threads: int) -> Figures:
    """Return mean and quantiles of (output, year), a row at a time on each thread; rows are partitioned in place."""
    with ThreadPoolExecutor(threads) as pool:
        rows = pool.map(lambda row: quantiles_of_row(row, PROBABILITIES), found.reshape(-1, found.shape[-1]))
        means, quantiles = zip(*rows, strict=True)
    shape = found.shape[:2]
    return {"mean": np.reshape(means, shape).tolist(), "quantiles": np.reshape(quantiles, (*shape, -1)).tolist()}
