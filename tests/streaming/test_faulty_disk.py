"""Writes, flushes and renames fail, one at a time: results stay whole, and runs go on to the same bits.

Every other call has its turn in `python -m benchmarks faulty_disk`.
"""

import errno
import sys
from contextlib import nullcontext

import pytest

from benchmarks.checkpoints import assert_same, begin, finish_anyhow, small_run
from benchmarks.faulty_disk import NUMBERS, FaultyDisk, Trial, three_passes
from mcdemand.errors import FileError
from mcdemand.streaming.checkpoint import Checkpoint

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="descriptors of Linux")

STEP = 23


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("kind", ["begins", "replaces", "grows", "divides"])
def test_the_kth_call_fails(tmp_path, kind, number):
    with three_passes() if kind == "divides" else nullcontext():
        trial = Trial(tmp_path, grows=kind == "grows", old=kind != "begins")
        start = 1 + STEP * NUMBERS.index(number) // 2
        assert trial.fail_each(number, start, STEP) > 8


def test_the_disk_counts_what_it_should(tmp_path):
    disk = FaultyDisk(tmp_path, 10**9, errno.EIO)
    with disk.in_force():
        begin(small_run(9_000, chains=1), tmp_path / "a")
    assert {*disk.calls} == {"open", "write", "ftruncate", "fsync", "chmod", "replace", "mkdir"}
    # The run, a span of the first pass, two of the second: each a flush of the file and one of its folder.
    assert disk.calls.count("replace") == 4
    assert disk.calls.count("fsync") == 1 + 2 * 4


@pytest.mark.parametrize("when", ["keep", "keep_piece"])
def test_a_disk_that_stays_full(tmp_path, monkeypatch, when):
    """What was kept before is kept, and the run says what is wrong."""
    run, folder = small_run(40_000), tmp_path / "a"
    keep = getattr(Checkpoint, when)

    def full(*arguments):
        with FaultyDisk(tmp_path, 3, errno.ENOSPC).in_force():
            keep(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, when, full)
        for _ in range(2):
            with pytest.raises(
                FileError, match=r"mcd: cannot be written: No space left on device; nothing was changed"
            ):
                finish_anyhow(folder, run, threads=2)
    assert_same(finish_anyhow(folder, run), begin(run, None))
