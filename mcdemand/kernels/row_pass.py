"""One reading of a row: its moments, and its values counted into bins."""

from __future__ import annotations

import threading

import numpy as np

from mcdemand.kernels.arrays import Floats, Integers, Numbers
from mcdemand.kernels.bins import CHUNK, Bins, count_block, key_of
from mcdemand.kernels.blocks import fetch_row
from mcdemand.kernels.jit import loop
from mcdemand.kernels.moments import LANES, Moments, add_powers, center_of, moments_from_sums, sample_of

_workspace = threading.local()


@loop
def sum_and_count(
    values: Floats, bits: Integers, center: float, shift: int, first: int, index: Numbers, counts: Integers
) -> Floats:
    """Power sums about a center by lane, and the number of each value's bin, counted."""
    sums = np.zeros((4, LANES))
    for start in range(0, values.size, CHUNK):
        # Moments read stretches of it in turns, which the processor does not foresee.
        fetch_row(values[start + CHUNK : start + 2 * CHUNK])
        add_powers(values[start : start + CHUNK], center, sums)
        count_block(bits[start : start + CHUNK], shift, first, index[start : start + CHUNK], counts)
    return sums


def read_row(values: Floats) -> tuple[Moments, Bins]:
    """Return the moments of a row and its bins, which lie between the ends of a sample of it.

    Where a value is not finite, the mean is not either, and the bins mean nothing. They hold until the same thread
    reads another row.
    """
    sample = sample_of(values)
    low, high = sorted((key_of(sample.min()), key_of(sample.max())))
    bins = Bins.empty(values, low, high, _index(values.size))
    center = center_of(sample)
    with np.errstate(invalid="ignore", over="ignore"):
        sums = sum_and_count(values, bins.bits, center, bins.shift, bins.first, bins.index, bins.counts)
        return moments_from_sums(values, center, sums), bins


def _index(size: int) -> Numbers:
    """Return memory that a thread uses for row after row: fresh memory costs as much as counting."""
    if getattr(_workspace, "index", np.empty(0)).size < size:
        _workspace.index = np.empty(size, np.uint16)
    index: Numbers = _workspace.index[:size]
    return index
