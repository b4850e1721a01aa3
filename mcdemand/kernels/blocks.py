"""Moving rows between memory, a tile, and the flat scratch array that a model's kernel works in."""

from __future__ import annotations

from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.intrinsics import fetch, float_bits
from mcdemand.kernels.jit import loop
from mcdemand.kernels.philox import BLOCK

EXPONENT_BITS = 0x7FF0000000000000
LINE_DRAWS = 8
"""Of doubles, in what memory gives at once."""


@loop
def load_parameters(
    tile: Floats, first_row: Integers, stride: Integers, step: int, begin: int, count: int, scratch: Floats
) -> None:
    """Copy a block of each parameter's row for a year into its slot; after the base year only what varies by year."""
    for j in range(first_row.size):
        if step == 0 or stride[j] != 0:
            source = tile[first_row[j] + stride[j] * step, begin : begin + count]
            target = scratch[j * BLOCK : j * BLOCK + count]
            for i in range(count):
                target[i] = source[i]


@loop
def fetch_row(target: Floats) -> None:
    """Let memory bring a row that is read or stored later: nobody waits for it."""
    for i in range(0, target.size, LINE_DRAWS):
        fetch(target, i)


@loop
def store_row(source: Floats, target: Floats) -> int:
    """Copy a slot into a row of the result; return how many values are NaN or infinite."""
    broken = 0
    for i in range(target.size):
        target[i] = source[i]
        broken += (float_bits(source[i]) & EXPONENT_BITS) == EXPONENT_BITS
    return broken


@loop
def copy_row(source: Floats, target: Floats) -> None:
    """Copy one slot to another: this year's value becomes last year's."""
    for i in range(target.size):
        target[i] = source[i]


@loop
def store_parameters(tile: Floats, rows: Integers, count: int, target: Floats, offset: int) -> None:
    """Copy the first `count` draws of some rows of a tile into the result (kept row, draw), from `offset` on."""
    for k in range(rows.size):
        source = tile[rows[k], :count]
        kept = target[k, offset : offset + count]
        for i in range(count):
            kept[i] = source[i]
