"""What the processor allows: packed instructions counted in the machine code of W1's loops, beside what they take.

The multiplier pipes are the narrowest place: fused multiply-adds, products, comparisons, least and largest all go
through them, one 512-bit instruction a cycle on the processor that the README's figures come from. So the floor of a
loop is its count times the time of one packed multiply-add, which is measured here, divided by the eight draws of a
vector. Divisions and roots, additions, integer operations and moves run beside them and are not counted.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import numpy as np

import mcdemand as mc
from benchmarks import w1
from mcdemand.compiler import compile_trajectories
from mcdemand.kernels.elementary import EXP_COEFFICIENTS, exp, polynomial
from mcdemand.kernels.jit import loop
from mcdemand.row_program import draw_parameters
from mcdemand.run import prepare

ROUNDS = 60
TILE = 2048
LANES = 8
MULTIPLIER = re.compile(r"\s+v(fn?m(add|sub)|mul|cmp|min|max|pmul)\w*\s.*zmm")
PACKED = re.compile(r"\s+v\w+\s.*zmm")
MULTIPLY_ADDS = 2 * (len(EXP_COEFFICIENTS) - 1)


@loop
def horner(row: np.ndarray, result: np.ndarray) -> None:
    """Twenty multiply-adds, nothing else."""
    for i in range(row.size):
        result[i] = polynomial(polynomial(row[i], EXP_COEFFICIENTS), EXP_COEFFICIENTS)


@loop
def exponentials(row: np.ndarray, result: np.ndarray) -> None:
    """E**x over a row."""
    for i in range(row.size):
        result[i] = exp(row[i])


def least_seconds(run: Callable[[], object]) -> float:
    """Return the least time of many calls: what disturbs only adds."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def count(dispatcher: object) -> tuple[int, int]:
    """Return how many packed instructions the widest loop has: those of the multiplier pipes, and all."""
    code = next(iter(dispatcher.inspect_asm().values()))
    blocks = [block for block in re.split(r"\n(?=\.L)", code) if "zmm" in block]
    if not blocks:
        return 0, 0
    lines = max(blocks, key=lambda block: len(PACKED.findall(block))).splitlines()
    return sum(bool(MULTIPLIER.match(line)) for line in lines), sum(bool(PACKED.match(line)) for line in lines)


def print_floor() -> None:
    """Print loop by loop: instructions, floor, measured nanoseconds a draw on one thread."""
    row, result = np.random.default_rng(0).random(TILE), np.empty(TILE)
    horner(row, result)
    packed = least_seconds(lambda: horner(row, result)) / (TILE / LANES) / MULTIPLY_ADDS
    print(f"one packed multiply-add: {1e9 * packed:.2f} ns")
    exponentials(row, result)
    _print("exp", exponentials, 1, packed, lambda: exponentials(row, result), TILE)
    _print_years(packed)


def _print_years(packed: float) -> None:
    run = prepare(
        mc.load_prior_set(w1.PRIORS), w1.MODEL, draws=TILE, chains=1, seed=0, design="random", outputs=("demand",),
        years=None,
    )  # fmt: skip
    tile, series = np.empty((run.program.row_count, TILE)), np.empty((1, w1.YEARS, TILE))
    kernel = compile_trajectories(run.model, run.plan)

    def parameters() -> None:
        draw_parameters(run.program, 0, 0, TILE, tile)

    def years() -> None:
        kernel(tile, TILE, *run.plan_rows(), run.base_year, 1.0, np.arange(w1.YEARS), series, 0)

    parameters()
    years()
    _print("W1, eleven years", kernel, w1.YEARS, packed, years, TILE)
    print(f"W1, eleven parameters: {1e9 * least_seconds(parameters) / TILE:.1f} ns a draw")


def _print(name: str, dispatcher: object, times: int, packed: float, run: Callable[[], object], draws: int) -> None:
    multiplier, all_packed = count(dispatcher)
    floor, found = 1e9 * packed * multiplier * times / LANES, 1e9 * least_seconds(run) / draws
    counted = f"{multiplier} of {all_packed} packed instructions in the multiplier pipes"
    print(f"{name}: {counted}, floor {floor:.2f} ns a draw, found {found:.2f}")
