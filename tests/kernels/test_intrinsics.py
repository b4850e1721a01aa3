"""Hints to the compiler reach it; what the operations compute is tested where they are used."""

import numba
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from benchmarks.machine_code import packed_loops
from mcdemand.kernels.elementary import exp
from mcdemand.kernels.intrinsics import VECTORS_IN_TURNS, interleave_loops
from mcdemand.kernels.jit import OPTIONS


def plain(row):
    for i in range(row.size):
        row[i] = exp(exp(row[i]))


def in_turns(row):
    for i in range(row.size):
        row[i] = exp(exp(row[i]))
    interleave_loops()


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="interpreted loops have no hints")
def test_a_hinted_loop_takes_vectors_in_turns_and_gives_the_same_bits():
    draws, found = [], []
    for function in (plain, in_turns):
        compiled = numba.njit(**OPTIONS)(function)
        row = np.linspace(-3.0, 1.0, 1001)
        compiled(row)
        found.append(row)
        draws.append(max(loop.draws for loop in packed_loops(compiled)))
    assert draws[1] == VECTORS_IN_TURNS * draws[0]
    assert_array_equal(*found)


@pytest.mark.skipif(not numba.config.DISABLE_JIT, reason="compiled functions alone know it")
def test_interpreted_it_does_nothing():
    assert interleave_loops() is None
