"""One program of one peer in a process of its own: `python -m benchmarks.peers._server PEER CASE VARIANT`.

It says what it took to import the tool and to prepare, then does the job once for each line that comes in, a JSON of
`seed` and `draws`, and answers with a line: seconds, phases, figures, and the peak memory of the process until then.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.install import NODE
from benchmarks.peers._peer import Clock, Job, Peer


def version_of(package: str) -> str:
    """Return the version of a distribution of Python's or of npm's; "" if there is none."""
    try:
        return version(package)
    except PackageNotFoundError:
        stated = NODE / "node_modules" / package / "package.json"
        return str(json.loads(stated.read_text(encoding="utf-8"))["version"]) if stated.exists() else ""


def peak_bytes() -> int:
    """Return the peak memory of this process: Linux's own record, as `getrusage` starts with that of the parent."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def answer(job: Job, seed: int, draws: int) -> dict[str, Any]:
    """Do the job once."""
    clock = Clock()
    figures = job(seed, draws, clock)
    return {**clock.read(), "figures": figures, "peak_bytes": max(peak_bytes(), clock.peak_bytes)}


def serve(peer: Peer, case: str, variant: str) -> None:
    """Do the job for each line of the input."""
    begun = time.perf_counter()
    job = peer.programs[case][variant]()
    imported = time.perf_counter() - begun
    versions = {package: version_of(package) for package in peer.packages}
    _say({"import": imported, "versions": versions, "python": sys.version.split()[0]})
    for line in sys.stdin:
        _say(answer(job, **json.loads(line)))


def _say(found: dict[str, Any]) -> None:
    print(json.dumps(found), file=sys.__stdout__, flush=True)


if __name__ == "__main__":
    serve(import_module(f"benchmarks.peers.{sys.argv[1]}").PEER, sys.argv[2], sys.argv[3])
