"""How fast this machine can be at most, on one thread: arithmetic on wide registers, memory, and our own functions.

A time is the least of many: whatever disturbs a run only adds to it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.generation import BLOCKS, repeated
from benchmarks.machine_code import loop_counts, total
from mcdemand.crew import do_jobs
from mcdemand.designs import designs
from mcdemand.designs._design import Axis
from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.elementary import exp
from mcdemand.kernels.intrinsics import bits_float, float_bits, fma
from mcdemand.kernels.jit import kernel, loop
from mcdemand.kernels.normal import to_normal_scores
from mcdemand.kernels.philox import BLOCK

ROUNDS = 200
TILE = 2048
"""Draws whose rows stay in the nearest cache."""
REPEATS = 16
MASK, SUMMAND = 0x5555, 0x12345
MEMORY_NUMBERS = 11 * 10**6
"""What W1 stores of 10^6 draws: 88 MB."""
MEMORY_ROUNDS = 40
BYTES = 8


@kernel
def multiply_add(x: float) -> float:
    """One multiply-add."""
    return fma(x, 0.5, 0.25)


@kernel
def on_bits(x: float) -> float:
    """Two operations on bits, which every pipe for vectors can do."""
    return bits_float((float_bits(x) ^ MASK) + SUMMAND)


@kernel
def division(x: float) -> float:
    """One division."""
    return 1.5 / x


@kernel
def root(x: float) -> float:
    """One square root."""
    return float(np.sqrt(x))


def steps(step: Callable[[float], float], number: int) -> Any:
    """Return the compiled loop that takes a number of steps from each draw, and does so again and again."""

    @loop
    def take_steps(row: Floats, result: Floats, times: int) -> None:
        for _ in range(times):
            for i in range(row.size):
                x = row[i]
                for _ in range(number):
                    x = step(x)
                result[i] = x

    return take_steps


@loop
def exponentials(row: Floats, result: Floats, times: int) -> None:
    """E**x over a row, again and again."""
    for _ in range(times):
        for i in range(row.size):
            result[i] = exp(row[i])


@loop
def scores(row: Floats, result: Floats, places: Floats, tails: Floats) -> None:
    """Normal scores of uniforms, block by block."""
    for start in range(0, row.size, BLOCK):
        target = result[start : start + BLOCK]
        target[:] = row[start : start + BLOCK]
        to_normal_scores(target, places, tails)


@loop
def read(source: Integers) -> int:
    """Exclusive or of all numbers: it reads, and does next to nothing."""
    found = 0
    for i in range(source.size):
        found ^= source[i]
    return found


@loop
def write(target: Floats, value: float) -> None:
    """Set all numbers."""
    for i in range(target.size):
        target[i] = value


@loop
def copy(source: Floats, target: Floats, factor: float) -> None:
    """Read all numbers of one array and write those of another; a factor keeps this from becoming a call."""
    for i in range(source.size):
        target[i] = factor * source[i]


ARITHMETIC: dict[str, tuple[Callable[[float], float], int, int]] = {
    "multiplier": (multiply_add, 4, 12),
    "other": (on_bits, 4, 12),
    "division": (division, 1, 3),
    "root": (root, 1, 3),
}
"""The step that each kind of packed instruction is timed by, and how many are taken: what the second number takes
longer than the first is theirs alone, without the call, reading and storing."""


def least_seconds(
    run: Callable[[], object], rounds: int = ROUNDS, clock: Callable[[], float] = time.perf_counter
) -> float:
    """Return the least time of some calls, after one that does not count."""
    run()
    times = []
    for _ in range(rounds):
        start = clock()
        run()
        times.append(clock() - start)
    return min(times)


def measure_ceilings() -> dict[str, float]:
    """Return nanoseconds a packed instruction by kind, a number of our own functions; bytes a nanosecond of memory."""
    return _arithmetic() | _functions() | _memory()


def _arithmetic() -> dict[str, float]:
    return {f"{kind}_ns": _nanoseconds(kind, *how) for kind, how in ARITHMETIC.items()}


def _nanoseconds(kind: str, step: Callable[[float], float], few: int, many: int) -> float:
    """Return what one more packed instruction of a kind takes."""
    row, result = np.random.default_rng(0).uniform(0.5, 1.0, TILE), np.empty(TILE)
    loops = [steps(step, number) for number in (few, many)]
    less, more = (least_seconds(lambda one=one: one(row, result, REPEATS)) for one in loops)
    added = total(loop_counts(loops[1]))[kind] - total(loop_counts(loops[0]))[kind]
    return 1e9 * (more - less) / (TILE * REPEATS * added)


def _functions() -> dict[str, float]:
    row, result = np.random.default_rng(0).random((2, REPEATS * TILE))
    uniforms, words = repeated(designs()["random"].fill), np.array(designs()["random"].source(Axis(0, "growth")))
    places, tails = np.empty((2, BLOCK))
    cases: dict[str, tuple[Callable[[], Any], int]] = {
        "exp_ns": (lambda: exponentials(row[:TILE], result[:TILE], REPEATS), REPEATS * TILE),
        "score_ns": (lambda: scores(row, result, places, tails), REPEATS * TILE),
        "uniform_ns": (lambda: uniforms(result[:BLOCK], words, 0, BLOCKS), BLOCK * BLOCKS),
    }
    return {name: 1e9 * least_seconds(run) / draws for name, (run, draws) in cases.items()}


def _memory() -> dict[str, float]:
    """Return bytes a nanosecond on one thread and on two, each on a half of the arrays."""
    source, target = np.ones(MEMORY_NUMBERS), np.zeros(MEMORY_NUMBERS)
    cases: dict[str, tuple[Callable[[slice], Any], int]] = {
        "read": (lambda part: read(source[part].view(np.int64)), 1),
        "write": (lambda part: write(target[part], 2.0), 1),
        "copy": (lambda part: copy(source[part], target[part], 1.5), 2),
    }
    found = {}
    for name, (work, arrays) in cases.items():
        for threads in (1, 2):
            parts = [slice(k * MEMORY_NUMBERS // threads, (k + 1) * MEMORY_NUMBERS // threads) for k in range(threads)]
            seconds = least_seconds(lambda work=work, parts=parts: do_jobs(work, parts, len(parts)), MEMORY_ROUNDS)
            found[f"{name}_{threads}"] = 1e-9 * arrays * MEMORY_NUMBERS * BYTES / seconds
    return found
