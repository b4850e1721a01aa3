"""What is summed and counted of each of several stretches of a row."""

from __future__ import annotations

import numpy as np

from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.bins import CHUNK
from mcdemand.kernels.jit import loop
from mcdemand.kernels.moments import LANES, add_powers


@loop
def count_up_to(values: Floats, stops: Integers, levels: Floats, counts: Integers) -> None:
    """counts[r, k] = the number of values of stretch r that are at most level k; stretch r ends before stops[r]."""
    start = 0
    for r in range(stops.size):
        for begin in range(start, stops[r], CHUNK):
            block = values[begin : min(begin + CHUNK, stops[r])]
            for k in range(levels.size):
                level, count = levels[k], np.int64(0)
                for i in range(block.size):
                    count += np.int64(block[i] <= level)
                counts[r, k] += count
        start = stops[r]


@loop
def stretch_power_sums(values: Floats, stops: Integers, center: float) -> Floats:
    """Sums of (x - center)^k by stretch, k and lane, as `power_sums` has them for a whole row."""
    sums = np.zeros((stops.size, 4, LANES))
    start = 0
    for r in range(stops.size):
        add_powers(values[start : stops[r]], center, sums[r])
        start = stops[r]
    return sums
