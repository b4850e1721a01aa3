"""A quantile function in cells over the probability of a draw's tail: no normal score is needed to find one.

A tail is a probability up to 1/2 with the sign of its side: u below the median, -(1 - u) from there on. Cells are even
within each octave of it, so that its leading bits number them, and the rest of its bits is the share of the cell. Where
no cell tells the function within its tolerance, the law's own function of the normal score does.

Layout of the numbers: bits of a share; the leading bits less the number of the cell; cells of a side; where the law's
own numbers begin; cell by cell six coefficients of the share, the lower side first; those numbers. The first cell of a
side stands for all smaller tails, the last one for 1/2. A cell that tells nothing says NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.intrinsics import bits_float, float_bits, fma
from mcdemand.kernels.jit import kernel, loop
from mcdemand.kernels.normal import score_of_tail

HEADER, TERMS = 4, 6
MANTISSA_BITS = 52
MANTISSA = (1 << MANTISSA_BITS) - 1
SIZE = 0x7FFFFFFFFFFFFFFF
"""All bits but the sign."""
ONE_BITS = 0x3FF0000000000000


@kernel
def _cell(bits: int, share_bits: int, first: int, side: int) -> int:
    """The cell that holds a tail, the nearest one of its side outside them."""
    cell = ((bits & SIZE) >> share_bits) - first
    cell = cell if cell > 0 else 0
    cell = cell if cell < side else side - 1
    return cell + (side if bits < 0 else 0)


@kernel
def _share(bits: int, share_bits: int) -> float:
    """How far a tail lies into its cell, in 0 ... 1; exact."""
    return bits_float(((bits << (MANTISSA_BITS - share_bits)) & MANTISSA) | ONE_BITS) - 1.0


@kernel
def _polynomial(s: float, place: np.uint64, numbers: Floats) -> float:
    """What the cell whose numbers begin at a place says of a share."""
    value: float = numbers[place + np.uint64(TERMS - 1)]
    for j in range(1, TERMS):
        value = fma(value, s, numbers[place + np.uint64(TERMS - 1 - j)])
    return value


@loop
def look_up_row(row: Floats, tails: Floats, places: Floats, numbers: Floats) -> int:
    """Turn a row of tails into what their cells say, and copy it to `tails`; return how many cells say nothing.

    `places` is workspace. Only the look-up itself is not vectorised: six numbers side by side are read faster one by
    one than gathered for several draws.
    """
    share_bits, first, side = int(numbers[0]), int(numbers[1]), int(numbers[2])
    at = places.view(np.int64)
    for i in range(row.size):
        bits = float_bits(row[i])
        tails[i] = row[i]
        row[i] = _share(bits, share_bits)
        at[i] = HEADER + TERMS * _cell(bits, share_bits, first, side)
    for i in range(row.size):
        row[i] = _polynomial(row[i], np.uint64(at[i]), numbers)
    silent = 0
    for i in range(row.size):
        silent += row[i] != row[i]
    return silent


@loop
def scores_of_tails(tails: Floats) -> Floats:
    """The normal scores of tails."""
    scores = np.empty(tails.size)
    for i in range(tails.size):
        scores[i] = score_of_tail(tails[i])
    return scores


@cache
def quantiles_at(quantile: Callable[[float, Floats], float]) -> Callable[[Floats, Floats], Floats]:
    """Return the function from scores and a law's numbers to the values of its own function `quantile(z, numbers)`."""

    @loop
    def evaluate(scores: Floats, numbers: Floats) -> Floats:
        found = np.empty(scores.size)
        for i in range(scores.size):
            found[i] = quantile(scores[i], numbers)
        return found

    return evaluate


@cache
def cell_row(quantile: Callable[[float, Floats], float]) -> Callable[[Floats, Integers, Floats], None]:
    """Return the row operation from tails to values of a law whose own function is `quantile(z, numbers)`."""

    @loop
    def look_up_law(rows: Floats, indices: Integers, numbers: Floats) -> None:
        row, tails = rows[indices[0]], rows[-1]
        if look_up_row(row, tails, rows[-2], numbers) > 0:
            own = numbers[int(numbers[3]) :]
            for i in range(row.size):
                if np.isnan(row[i]):
                    row[i] = quantile(score_of_tail(tails[i]), own)

    return look_up_law
