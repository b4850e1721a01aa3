"""Instructions a draw that do not depend on the machine, and the page that sets them beside what they take."""

import json
import math

import numba
import numpy as np
import pytest
from numba.core.codegen import get_host_cpu_features

from benchmarks.instructions import KEPT, count_code, problems, read_kept, why_not_compared
from benchmarks.machine_code import _functions, _loops, loop_counts, packed_loops
from benchmarks.roofline_page import PAGE, RESULT, updated, verdicts
from mcdemand.kernels.jit import loop

QUICK = ("uniform, random", "uniform, sobol", "normal score", "law in cells")
compiled_only = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")
wide_only = pytest.mark.skipif("+avx2" not in get_host_cpu_features(), reason="no register that is counted")


@compiled_only
def test_kernels_take_no_more_instructions_than_they_did():
    if why := why_not_compared(read_kept()):
        pytest.skip(why)
    assert [*problems(read_kept(), {"code": count_code(*QUICK)})] == []


@pytest.mark.parametrize(("now", "is_wrong"), [(50.0, False), (101.9, False), (102.1, True), (0.0, True)])
def test_two_percent_more_are_allowed_and_a_loop_that_is_not_packed_is_not(now, is_wrong):
    assert bool([*problems({"code": {"one": 100.0}}, {"code": {"one": now}})]) == is_wrong


def test_what_is_kept_names_its_compiler_and_both_counts():
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    assert {"llvmlite", "NUMBA_CPU_NAME", "code", "executed"} <= set(kept)
    assert kept["code"].keys() == kept["executed"].keys()
    assert all(0 < kept["code"][name] < math.inf for name in QUICK)


@compiled_only
@wide_only
def test_instructions_of_a_loop_are_counted_for_one_draw(monkeypatch):
    @loop
    def some_arithmetic(row, result):
        for i in range(row.size):
            x = row[i]
            result[i] = ((x * 3.0 + 1.0) * x - 2.0) / (x * x)

    # Machine code can be looked at only where it was just made.
    monkeypatch.setattr(some_arithmetic._cache, "_path", lambda *_: None)
    some_arithmetic(np.ones(64), np.empty(64))
    (only,) = packed_loops(some_arithmetic)
    (counts,) = loop_counts(some_arithmetic)
    assert counts["multiplier"] * only.lanes == 3
    assert counts["other"] * only.lanes == 2
    assert counts["division"] * only.lanes == 1
    assert only.draws % only.lanes == 0


SCATTERED = """
f:
    jmp .LBLOCK
.LYEAR:
    xorl %eax, %eax
.LDRAWS_OF_YEAR:
    vmulpd (%rdi,%rax,8), %zmm0, %zmm1
    addq $8, %rax
    jne .LDRAWS_OF_YEAR
    jmp .LNEXT
.LBLOCK:
    xorl %eax, %eax
.LDRAWS_OF_BLOCK:
    vaddpd (%rdi,%rax,8), %zmm0, %zmm1
    addq $16, %rax
    jne .LDRAWS_OF_BLOCK
    jmp .LYEAR
.LNEXT:
    decq %rbx
    jne .LYEAR
    decq %rcx
    jne .LBLOCK
    retq
"""


def test_what_a_loop_is_within_does_not_hang_on_where_its_code_stands():
    # The loop that a block passes once stands between the first and the last instruction of that over years.
    found = {loop.lines[0][0]: (loop.depth, loop.draws) for loop in _loops(*_functions(SCATTERED)["f"])}
    assert found == {"vmulpd": (3, 8), "vaddpd": (2, 16)}


def test_the_page_shows_what_was_measured_last():
    text = PAGE.read_text(encoding="utf-8")
    assert updated(text) == text


def test_verdicts_say_what_was_asked():
    found = json.loads(RESULT.read_text(encoding="utf-8"))
    simulation, summaries = verdicts(found)
    assert "At most 1.5 was asked" in simulation
    assert "At most 0.5 was asked" in summaries
