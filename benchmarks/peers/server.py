"""How a peer is spoken to: a line with a seed comes in, the job is done and timed, a line of JSON goes out."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

from benchmarks.peers.problem import Indices

WARM_UP = 3
"""Jobs before the first that is timed."""


class Clock:
    """Seconds of a job, and of its sampling, which the job marks the end of."""

    def __init__(self) -> None:
        self.start = time.perf_counter()
        self.sampled = self.start

    def mark_sampled(self) -> None:
        """Remember when the points of the design were there."""
        self.sampled = time.perf_counter()

    def read(self) -> dict[str, float]:
        """Return the seconds until now, and those of the sampling."""
        now = time.perf_counter()
        return {"seconds": now - self.start, "sampling": self.sampled - self.start}


Job = Callable[[int, Clock], Indices]


def timed(job: Job, seed: int) -> dict[str, object]:
    """Return the seconds of one job and what it found."""
    clock = Clock()
    found = job(seed, clock)
    return {**clock.read(), "indices": found}


def serve(job: Job) -> None:
    """Do the job for each seed that comes in, after some for warming up; say first that all is ready."""
    for seed in range(WARM_UP):
        timed(job, seed)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(timed(job, int(line))), flush=True)
