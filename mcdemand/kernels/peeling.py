"""What lies at the ends of a box: the draws that the next peel would take from each parameter."""

from __future__ import annotations

import numpy as np

from mcdemand.kernels.arrays import Bytes, Floats, Integers
from mcdemand.kernels.jit import loop


@loop
def first_inside(order: Integers, inside: Bytes, place: int, step: int) -> int:
    """The first place, from `place` on, of a draw inside the box, which has one."""
    while not inside[order[place]]:
        place += step
    return place


@loop
def scan_end(
    order: Integers, values: Floats, inside: Bytes, cases: Bytes, place: int, step: int, least: int
) -> tuple[int, int, int]:
    """Draws and cases among the first `least` inside, those equal to the last of them included, and where these end."""
    removed, hits, last = np.int64(0), np.int64(0), place
    while 0 <= place < order.size:
        draw = order[place]
        if inside[draw]:
            if removed >= least and values[place] != values[last]:
                break
            removed += np.int64(1)
            hits += cases[draw]
            last = place
        place += step
    return int(removed), int(hits), place


@loop
def scan_ends(
    order: Integers, values: Floats, inside: Bytes, cases: Bytes, starts: Integers, least: int, found: Integers
) -> None:
    """For each parameter and end: draws and cases that a peel takes and the place where it ends, (parameter, end, 3).

    `starts` (parameter, end) moves to the outermost draws inside the box.
    """
    for j in range(order.shape[0]):
        for end in range(2):
            step = 1 - 2 * end
            starts[j, end] = first_inside(order[j], inside, starts[j, end], step)
            removed, hits, place = scan_end(order[j], values[j], inside, cases, starts[j, end], step, least)
            found[j, end, 0], found[j, end, 1], found[j, end, 2] = removed, hits, place
