"""A disk whose k-th call fails, k = 1, 2, ... until a run succeeds: what is left, and whether the run goes on."""

from __future__ import annotations

import builtins
import errno
import io
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from unittest import mock

import mcdemand.streaming.slots
import mcdemand.streaming.study
from benchmarks.checkpoints import assert_same, begin, finish_anyhow, small_run
from mcdemand import files
from mcdemand.errors import FileError
from mcdemand.netcdf_file import write_result

NUMBERS = (errno.ENOSPC, errno.EIO)
CALLS = ("open", "write", "ftruncate", "fsync", "chmod", "replace", "rename", "mkdir", "unlink")
FILES = 4
FEW, MANY = 20_000, 80_000
OLD = b"an old result"


class FaultyDisk:
    """Calls about files below a folder, of which the k-th fails; those before it work.

    Attributes
    ----------
    calls
        Their names.
    """

    def __init__(self, folder: Path, k: int, number: int) -> None:
        self._folder, self._k, self._number = os.path.realpath(folder), k, number
        self.calls: list[str] = []

    @property
    def has_failed(self) -> bool:
        """Whether there have been k calls."""
        return len(self.calls) >= self._k

    def step(self, name: str) -> None:
        """Count a call, and let it fail if it is the one."""
        self.calls.append(name)
        if len(self.calls) == self._k:
            raise OSError(self._number, os.strerror(self._number))

    def concerns(self, place: Any) -> bool:
        """Return whether a path or a descriptor is below the folder."""
        try:
            path = os.readlink(f"/proc/self/fd/{place}") if isinstance(place, int) else os.path.abspath(place)
        except OSError:
            return False
        return path.startswith(self._folder)

    def guard(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return a call of the system that is counted; bytes that are brought onto a real disk prove nothing here."""

        def guarded(place: Any, *arguments: Any, **options: Any) -> Any:
            if not self.concerns(place):
                return call(place, *arguments, **options)
            self.step(name)
            return None if name == "fsync" else call(place, *arguments, **options)

        return guarded

    def open_file(self, place: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        """Open a file as `open` does; what is written to it is counted."""
        if not self.concerns(place):
            return _open(place, mode, *arguments, **options)
        self.step("open")
        return _Writer(self, place) if mode == "wb" else _open(place, mode, *arguments, **options)

    def write_patiently(self, file: files.PatientFile, data: Any) -> int:
        """Write as a patient file does."""
        try:
            self.step("write")
        except OSError as error:
            file.failure = file.failure or error
        return _write_patiently(file, data)

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Let calls fail."""
        with ExitStack() as patches:
            for name in CALLS:
                patches.enter_context(mock.patch.object(os, name, self.guard(name, getattr(os, name))))
            patches.enter_context(mock.patch.object(builtins, "open", self.open_file))
            write = lambda file, data: self.write_patiently(file, data)  # noqa: E731
            patches.enter_context(mock.patch.object(files.PatientFile, "write", write))
            yield


_write_patiently = files.PatientFile.write
_open = open


class _Writer(io.BufferedWriter):
    """A file of which half is written when a write fails."""

    def __init__(self, disk: FaultyDisk, place: Any) -> None:
        self._disk = disk
        super().__init__(io.FileIO(place, "w"))

    def write(self, data: Any) -> int:
        try:
            self._disk.step("write")
        except OSError:
            super().write(bytes(data)[: len(data) // 2])
            raise
        return super().write(data)


def check_line(error: FileError, number: int) -> None:
    """Raise unless an error says on one line what failed, and ends with the exit code of files."""
    assert error.exit_code == FILES
    assert os.strerror(number) in str(error)
    assert "\n" not in str(error)


@contextmanager
def three_passes() -> Iterator[None]:
    """Let the second pass keep so little that there is one more between."""
    with (
        mock.patch.object(mcdemand.streaming.study, "KEPT_AT_MOST", 10),
        mock.patch.object(mcdemand.streaming.slots, "WORTH_DIVIDING", 20),
    ):
        yield


class Trial:
    """A run that writes progress and a result on a faulty disk, again and again.

    Parameters
    ----------
    grows
        Whether it is a longer run, where the progress of a shorter one is.
    old
        Whether there is a result that is to be replaced.
    """

    def __init__(self, place: Path, *, grows: bool, old: bool) -> None:
        self._place, self._old = place, OLD if old else None
        self._run = small_run(MANY if grows else FEW, chains=1)
        self._expected = begin(self._run, None)
        self._before = place / "before" if grows else None
        if self._before:
            begin(small_run(FEW, chains=1), self._before)
        self._new = write_result(self._expected, place / "expected.nc", overwrite=True).read_bytes()

    def fail(self, k: int, number: int) -> bool:
        """Let the k-th call fail and check what is left; return whether there are so many.

        Raises
        ------
        AssertionError
            If something is left that should not be, or the run does not go on to the same bits.
        """
        work = Path(tempfile.mkdtemp(dir=self._place))
        folder, target = work / "progress", work / "result.nc"
        if self._before:
            shutil.copytree(self._before, folder)
        if self._old:
            target.write_bytes(self._old)
        disk = FaultyDisk(work, k, number)
        try:
            with disk.in_force():
                write_result(finish_anyhow(folder, self._run), target, overwrite=True)
        except FileError as error:
            check_line(error, number)
        else:
            assert not disk.has_failed, (k, disk.calls)
        assert (target.read_bytes() if target.exists() else None) in (self._old, self._new), disk.calls
        assert {path.name for path in work.iterdir()} <= {"progress", "result.nc"}, disk.calls
        assert not [*work.rglob(".*")], disk.calls
        assert_same(finish_anyhow(folder, self._run), self._expected)
        shutil.rmtree(work)
        return disk.has_failed

    def fail_each(self, number: int, start: int = 1, step: int = 1) -> int:
        """Let one call after the other fail until there is none; return how many did."""
        return next(done for done, k in enumerate(count(start, step)) if not self.fail(k, number))


def print_faults(words: Sequence[str]) -> None:
    """Print how many calls failed, one at a time, none of which cost a bit: each, or every n-th if a word says so."""
    step = int(words[0]) if words else 1
    total = 0
    for passes in (2, 3):
        for grows, old in ((False, False), (False, True), (True, True)):
            with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
                if passes == 3:
                    stack.enter_context(three_passes())
                trial = Trial(Path(place), grows=grows, old=old)
                found = [trial.fail_each(number, k + 1, step) for k, number in enumerate(NUMBERS)]
            total += sum(found)
            print(f"{passes} passes, grows {grows}, an old result {old}: {found} calls failed", flush=True)
    print(f"{total} calls failed; each time the target was whole and the run went on to the same bits")
