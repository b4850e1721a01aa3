"""What a uniform costs under each design: its kernel over many blocks, one axis, one thread."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from mcdemand.designs import designs
from mcdemand.designs._design import Axis
from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.jit import loop
from mcdemand.kernels.philox import BLOCK

ROUNDS = 101
BLOCKS = 2048
DIMENSION = 5


def repeated(fill: Callable[..., None]) -> Any:
    """Return the compiled loop that fills one row again and again, block after block."""

    @loop
    def fill_blocks(row: Floats, words: Integers, chain: int, blocks: int) -> None:
        for block in range(blocks):
            fill(row, words, chain, block)

    return fill_blocks


def seconds_by_design() -> dict[str, list[float]]:
    """Return the seconds of each design's rounds, taken in turns."""
    draws = BLOCKS * BLOCK
    cases = {
        name: (repeated(design.fill), np.array(design.source(Axis(0, "growth", 0, DIMENSION, draws))))
        for name, design in designs().items()
    }
    row = np.empty(BLOCK)
    for kernel, words in cases.values():
        kernel(row, words, 0, 1)
    times: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(ROUNDS):
        for name, (kernel, words) in cases.items():
            start = time.perf_counter()
            kernel(row, words, 0, BLOCKS)
            times[name].append(time.perf_counter() - start)
    return times


def print_generation() -> None:
    """Print nanoseconds a uniform, and the median of the ratios to `random` within a round."""
    times = seconds_by_design()
    for name, found in times.items():
        ratio = statistics.median(own / base for own, base in zip(found, times["random"], strict=True))
        nanoseconds = 1e9 * statistics.median(found) / (BLOCKS * BLOCK)
        print(f"{name}: {nanoseconds:.2f} ns a uniform, {ratio:.2f} times random")
