"""Time of every method that needs no new runs: 10^5 draws, 30 parameters, 12 years, 5 outputs, errors included."""

from __future__ import annotations

import statistics
import time
from typing import Any

import xarray as xr

import mcdemand as mc
from mcdemand.math import exp
from mcdemand.sensitivity import methods

DRAWS, CHAINS, THREADS = 100_000, 16, 2
FIRST_YEAR, YEARS = 2025, 12
ROUNDS = 3
MOST_SECONDS = 10.0
OUTPUTS = ("users", "requests", "compute", "power", "spending")


def users(t, a1, a2, a3, a4, a5, a6):
    """First output: growth by six parameters."""
    return exp(0.1 * a1 + 0.02 * a2 * a3 + 0.05 * t * (a4 + 0.5 * a5 * a5 + 0.2 * a6))


def requests(users, t, b1, b2, b3, b4, b5, b6):
    """Second: six more."""
    return users * exp(0.2 * b1 + 0.1 * b2 * b3 + 0.03 * t * (b4 + b5 * b6))


def compute(requests, t, c1, c2, c3, c4, c5, c6):
    """Third: six more, one of them with a peak inside."""
    return requests * (1.0 + c1 * c1) * exp(0.2 * c2 + 0.1 * c3 * c4 + 0.02 * t * (c5 - c6))


def power(compute, t, d1, d2, d3, d4, d5, d6):
    """Fourth: six more."""
    return compute * exp(-0.1 * d1 + 0.1 * d2 * d3 - 0.02 * t * (d4 + d5 + d6))


def spending(power, t, e1, e2, e3, e4, e5, e6):
    """Fifth: all thirty."""
    return power * exp(0.1 * (e1 + e2 + e3) - 0.01 * t * (e4 + e5 * e6))


FUNCTIONS = (users, requests, compute, power, spending)
MODEL = mc.Model.from_functions(FUNCTIONS, name="thirty", default_outputs=list(OUTPUTS))
NAMES = tuple(f"{letter}{k}" for letter in "abcde" for k in range(1, 7))


def draw() -> xr.DataTree:
    """Return a result with all parameters and outputs kept."""
    priors: dict[str, Any] = {
        "prior_set": {"name": "thirty", "years": {"start": FIRST_YEAR, "stop": FIRST_YEAR + YEARS - 1}},
        "parameters": {name: {"distribution": "normal", "mu": 0.0, "sigma": 1.0} for name in NAMES},
    }
    options: dict[str, Any] = {"draws": DRAWS, "chains": CHAINS, "threads": THREADS}
    return mc.simulate(priors, model=MODEL, outputs=[*OUTPUTS, *NAMES], **options)


def seconds(result: xr.DataTree, method: str, rounds: int, **options: Any) -> tuple[float, float]:
    """Return medians of the seconds of a call, and of those that all its threads worked together."""
    walls, works = [], []
    for _ in range(rounds):
        start, began = time.perf_counter(), time.process_time()
        mc.sensitivity(result, method=method, model=MODEL, outputs=OUTPUTS, threads=THREADS, **options)
        walls.append(time.perf_counter() - start)
        works.append(time.process_time() - began)
    return statistics.median(walls), statistics.median(works)


def print_given_data(rounds: int = ROUNDS) -> None:
    """Print the table: seconds as asked without options, and with the scale told."""
    result = draw()
    print(f"{DRAWS:,} draws in {CHAINS} chains, {len(NAMES)} parameters, {YEARS} years, {len(OUTPUTS)} outputs\n")
    print("| method | s | s of both threads together | s, scale told | of both, scale told |\n|---|---|---|---|---|")
    for name, method in methods().items():
        if method.design == "given_data":
            print(line(result, name, rounds, told=method.scale == "any"), flush=True)


def line(result: xr.DataTree, name: str, rounds: int, *, told: bool) -> str:
    """Return a line of the table; a call that does not count comes first, for what is compiled or read once."""
    seconds(result, name, 1, years=FIRST_YEAR)
    wall, work = seconds(result, name, rounds)
    cells = [name, f"{wall:.2g}" if wall < MOST_SECONDS else f"**{wall:.3g}**", f"{work:.2g}"]
    cells += [f"{one:.2g}" for one in seconds(result, name, rounds, scale="log")] if told else ["", ""]
    return f"| {' | '.join(cells)} |"
