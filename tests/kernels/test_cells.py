"""Cells over the tail's probability: tails are exact on both sides, and what cells do not tell the law itself does."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import ndtr, ndtri

from mcdemand.kernels import rows as operations
from mcdemand.kernels.cells import HEADER, TERMS, cell_row
from mcdemand.kernels.jit import kernel
from mcdemand.kernels.philox import BLOCK

SCORES = np.array([-40.0, -37.0, -8.2, -1.5, -1e-300, 0.0, 1e-300, 0.3, 8.2, 37.0, 40.0])
SHARE_BITS = 50
"""Four cells an octave."""


@kernel
def shifted(z, numbers):
    return z + numbers[0]


def applied(operation, values, numbers=()):
    rows = np.full((1 + operations.WORKSPACE_ROWS, BLOCK), 0.25)
    rows[0, : len(values)] = values
    with np.errstate(all="ignore"):
        operation(rows, np.zeros(1, dtype=np.int64), np.array(numbers, dtype=np.float64))
    return rows[0, : len(values)]


def test_tails_of_scores():
    tails = applied(operations.score_to_tail, SCORES)
    assert_allclose(np.abs(tails), ndtr(-np.abs(SCORES)), rtol=2e-13)
    assert_array_equal(np.signbit(tails), SCORES >= 0)


def test_tails_of_uniforms_are_exact():
    levels = np.array([2.0**-53, 0.1, 0.5 - 2.0**-54, 0.5, 0.9, 1 - 2.0**-53, 0.0, 1.0])
    tails = applied(operations.uniform_to_tail, levels)
    assert_array_equal(tails, [2.0**-53, 0.1, 0.5 - 2.0**-54, -0.5, -(1 - 0.9), -(2.0**-53), 0.0, 0.0])
    assert_array_equal(np.signbit(tails), levels >= 0.5)


@pytest.mark.parametrize(("sign", "start"), [(1.0, 0.2), (-1.0, 1e-20)])
def test_tails_of_a_truncated_law(sign, start):
    """Counted from the lower tail, u is the share of what is kept; from the upper one, 1 - u is."""
    width, levels = 0.7, np.array([2.0**-53, 0.3, 0.5, 0.9, 1 - 2.0**-53])
    tails = applied(operations.truncate_tail, levels, [start, width, sign])
    near = start + width * (levels if sign > 0 else 1 - levels)
    assert_allclose(tails, sign * np.where(near < 0.5, near, near - 1), rtol=1e-15)


def test_cells_are_read_by_the_bits_of_a_tail():
    """Cells from 1/8 to 1/2: cell k of a side is k + s, below them nothing, at 1/2 a constant."""
    side = 2 * 4 + 2
    cells = np.zeros((2, side, TERMS))
    cells[:, :, 0], cells[:, :-1, 1] = np.arange(side), 1.0
    cells[1] += 100.0
    cells[1, :, 2:], cells[1, :, 1] = 0.0, cells[0, :, 1]
    cells[:, 0] = np.nan
    first = ((1023 - 3) << (52 - SHARE_BITS)) - 1
    numbers = [SHARE_BITS, first, side, HEADER + cells.size, *cells.ravel(), 1000.0]
    tails = np.array([0.125, 0.140625, 0.25, 0.3125, 0.46875, 0.5])
    expected = np.array([1.0, 1.5, 5.0, 6.0, 8.5, 9.0])
    assert_array_equal(applied(cell_row(shifted), [*tails, *-tails], numbers), [*expected, *(100 + expected)])
    outside = np.array([0.1, -0.1, 1e-300, -1e-300])
    own = 1000.0 + np.sign(outside) * ndtri(np.abs(outside))
    assert_allclose(applied(cell_row(shifted), outside, numbers), own, rtol=1e-15)
    assert_array_equal(applied(cell_row(shifted), [0.0, -0.0], numbers), [-math.inf, math.inf])
