"""Draws that are drawn again by weight."""

from __future__ import annotations

from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.jit import loop


@loop
def place_systematically(weights: Floats, total: float, places: Integers) -> None:
    """Place k: the first i whose weights up to it exceed (k + 1/2) / n of the total, n places in all."""
    step = total / places.size
    k, above, last = 0, 0.0, 0
    for i in range(weights.size):
        if weights[i] > 0.0:
            above, last = above + weights[i], i
            while k < places.size and (k + 0.5) * step < above:
                places[k] = i
                k += 1
    # Rounding can leave the last ones over.
    for rest in range(k, places.size):
        places[rest] = last
