"""Instructions a draw of a few kernels, compiled for one processor whatever this one is: what no busy machine moves.

Two counts. `code`: those of the loops that compute on wide registers, read off the machine code in seconds.
`executed`: all that runs, counted by valgrind, which knows AVX2 but not AVX-512; three runs less one leave out what is
done besides. Both belong to a version of llvmlite: another compiler makes other code, which is no regression of ours,
so that nothing is compared then.
"""

from __future__ import annotations

import json
import math
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import llvmlite

from benchmarks.machine_code import packed_loops

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "benchmarks" / "instructions.json"
TOLERANCE = 0.02
TARGET = {"NUMBA_CPU_NAME": "x86-64-v3", "NUMBA_CPU_FEATURES": ""}
"""256-bit registers and fused multiply-adds, nothing newer."""
STEADY = {"PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
FEW, MANY = 1, 3
QUIET = ("-W", "ignore::DeprecationWarning")
"""A process with threads forks here; its children call nothing that needs them."""
MODULE, VALGRIND = "benchmarks.instructions", "valgrind"
SUMMARY = re.compile(r"^(?:summary|totals): (\d+)", re.MULTILINE)

type Numbers = dict[str, float]


def count_code(*names: str) -> Numbers:
    """Return the instructions a draw of the packed loops of some kernels, or of all."""
    return _told("code", *names, cache=os.devnull)


def count_executed() -> Numbers | None:
    """Return the instructions a draw that each kernel executes; None where valgrind is not there."""
    if shutil.which(VALGRIND) is None:
        return None
    with tempfile.TemporaryDirectory() as name:
        # Compiled first: a compiler under valgrind takes minutes.
        _told("execute", cache=f"{name}/cache")
        watcher = (VALGRIND, "--tool=callgrind", f"--callgrind-out-file={name}/%p", f"--log-file={name}/log.%p")
        processes = _told("execute", cache=f"{name}/cache", watcher=watcher)
        return {kernel: _difference(Path(name), pids) for kernel, pids in processes.items()}


def _difference(folder: Path, pids: list[int]) -> float:
    """Return the instructions a draw of two processes' difference."""
    from benchmarks.watched_kernels import DRAWS

    few, many = (_executed(folder / str(pid)) for pid in pids)
    return round((many - few) / (DRAWS * (MANY - FEW)), 3)


def _executed(path: Path) -> int:
    found = SUMMARY.search(path.read_text(encoding="utf-8"))
    assert found is not None, path
    return int(found[1])


def _told(task: str, *names: str, cache: str, watcher: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return what this module prints when it does a task in a process of its own, compiled for the target."""
    environment = {**os.environ, **TARGET, **STEADY, "MCDEMAND_CACHE_DIR": cache}
    command = [*watcher, sys.executable, *QUIET, "-m", MODULE, task, *names]
    printed = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    found: dict[str, Any] = json.loads(printed)
    return found


def code_of_kernels(*names: str) -> Numbers:
    """Return the instructions a draw of the packed loops of some kernels, or of all, compiled here."""
    from benchmarks.watched_kernels import watched

    found = {}
    kernels = watched()
    for name in names or kernels:
        kernel = kernels[name]()
        kernel.function.compile(kernel.signature)
        found[name] = round(sum(loop.counts()["instruction"] for loop in packed_loops(kernel.function)), 3)
    return found


def execute_kernels() -> dict[str, list[int]]:
    """Run each kernel in two processes, once and three times, and return their numbers; both begin as this one."""
    from benchmarks.watched_kernels import watched

    kernels = {name: make() for name, make in watched().items()}
    for kernel in kernels.values():
        kernel.run()
    # What only the first child costs its parent.
    _apart(lambda: None, FEW)
    return {name: [_apart(kernel.run, times) for times in (FEW, MANY)] for name, kernel in kernels.items()}


def _apart(run: Any, times: int) -> int:
    """Run something some times in a child process and return its number."""
    pid = os.fork()
    if pid == 0:
        for _ in range(times):
            run()
        os._exit(0)
    os.waitpid(pid, 0)
    return pid


def problems(kept: Mapping[str, Numbers], found: Mapping[str, Numbers]) -> Iterator[str]:
    """Yield a line for each count that exceeds the kept one by more than the tolerance, or is 0: no packed loop."""
    for what, counts in found.items():
        for name, now in counts.items():
            before = kept[what].get(name, math.inf)
            if not 0 < now <= before * (1 + TOLERANCE):
                limit = f"{before:g} were kept, {100 * TOLERANCE:g} % more is allowed"
                yield f"{name}: {what}: {now:g} instructions a draw; {limit}"


def why_not_compared(kept: Mapping[str, Any]) -> str | None:
    """Return why counts cannot be compared to those kept, None if they can."""
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return f"kept for x86-64, this is {platform.machine()}"
    if kept["llvmlite"] != llvmlite.__version__:
        return f"kept for llvmlite {kept['llvmlite']}, this is {llvmlite.__version__}"
    return None


def read_kept() -> dict[str, Any]:
    """Return what is kept."""
    kept: dict[str, Any] = json.loads(KEPT.read_text(encoding="utf-8"))
    return kept


def print_instructions(words: list[str]) -> None:
    """Print both counts beside those kept; exit with 1 if one exceeds them. `--quick`: of the code only; `--write`."""
    if "--write" not in words and (why := why_not_compared(read_kept())):
        print(f"not compared: {why}")
        return
    found = {"code": count_code()}
    executed = None if "--quick" in words else count_executed()
    found |= {} if executed is None else {"executed": executed}
    print("\n".join(_lines(found)))
    if "--write" in words:
        KEPT.write_text(json.dumps({"llvmlite": llvmlite.__version__, **TARGET, **found}, indent=1) + "\n")
    elif wrong := [*problems(read_kept(), found)]:
        sys.exit("\n".join(wrong))


def _lines(found: Mapping[str, Numbers]) -> Iterator[str]:
    for what, counts in found.items():
        yield from (f"{name}: {what}: {count:g} instructions a draw" for name, count in counts.items())
    if "executed" not in found:
        yield "what is executed was not counted (valgrind)"


if __name__ == "__main__":
    print(json.dumps({"code": code_of_kernels, "execute": execute_kernels}[sys.argv[1]](*sys.argv[2:])))
