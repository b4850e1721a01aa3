"""Hints to the compiler reach it; what the operations compute is tested where they are used."""

import numba
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from benchmarks.machine_code import packed_loops
from mcdemand.kernels.elementary import exp
from mcdemand.kernels.intrinsics import VECTORS_IN_TURNS, fetch, interleave_loops
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


def ask_for(row):
    for i in range(0, row.size, 8):
        fetch(row, i)


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="interpreted code waits for other things")
def test_memory_is_asked_for_a_row_that_stays_as_it_is():
    compiled, row = numba.njit(**OPTIONS)(ask_for), np.arange(100.0)
    compiled(row)
    assert "llvm.prefetch" in compiled.inspect_llvm(compiled.signatures[0])
    assert_array_equal(row, np.arange(100.0))


@pytest.mark.skipif(not numba.config.DISABLE_JIT, reason="compiled functions alone know it")
def test_interpreted_it_does_nothing():
    assert interleave_loops() is None
    assert fetch(np.zeros(2), 1) is None
