"""What is summed and counted of each of several stretches of a row, in one reading."""

from __future__ import annotations

import numpy as np

from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.jit import loop
from mcdemand.kernels.moments import LANES

CHUNK = 4 * LANES
"""Values that stay in the nearest cache while each level is compared with them."""


@loop
def add_squares(block: Floats, center: float, sums: Floats) -> None:
    """Add x - center and its square to the sums (k, lane); value i of a block belongs to lane i mod 256."""
    first, second = sums[0], sums[1]
    for start in range(0, block.size, LANES):
        part = block[start : start + LANES]
        for j in range(part.size):
            deviation = part[j] - center
            first[j] += deviation
            second[j] += deviation * deviation


@loop
def tally(values: Floats, stops: Integers, center: float, levels: Floats, sums: Floats, counts: Integers) -> None:
    """Of stretch r, which ends before stops[r]: sums (r, k, lane) of (x - center)^k, k = 1, 2; counts (r, level)."""
    start = 0
    for r in range(stops.size):
        for begin in range(start, stops[r], CHUNK):
            block = values[begin : min(begin + CHUNK, stops[r])]
            add_squares(block, center, sums[r])
            for k in range(levels.size):
                level, count = levels[k], np.int64(0)
                for i in range(block.size):
                    count += np.int64(block[i] <= level)
                counts[r, k] += count
        start = stops[r]
