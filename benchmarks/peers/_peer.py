"""What a peer is: the root of the family. Nothing here, nor at the top of a peer's file, needs the tool itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

type Figures = dict[str, Any]
"""What a job found, by name: numbers and lists of them, as the case wants them."""
type Environment = Literal["project", "peers"]


class Clock:
    """Seconds of a job and of its phases, which the job marks the ends of.

    Attributes
    ----------
    peak_bytes
        Peak memory of a process that the job has started, if it has.
    """

    def __init__(self) -> None:
        self.phases: dict[str, float] = {}
        self.peak_bytes = 0
        self.stopped: float | None = None
        self.start = self.last = time.perf_counter()

    def skip(self) -> None:
        """Say that what was done since the beginning, or the last phase, does not count: such as making the input."""
        now = time.perf_counter()
        self.start += now - self.last
        self.last = now

    def stop(self) -> None:
        """End here: what follows, such as looking at the result, does not count."""
        self.stopped = time.perf_counter()

    def mark(self, phase: str) -> None:
        """Say that a phase has ended, which began when the one before did, or with the job."""
        now = time.perf_counter()
        self.phases[phase] = self.phases.get(phase, 0.0) + now - self.last
        self.last = now

    def read(self) -> dict[str, Any]:
        """Return the seconds until now and those of each phase."""
        stopped = time.perf_counter() if self.stopped is None else self.stopped
        return {"seconds": stopped - self.start, "phases": self.phases}


type Job = Callable[[int, int, Clock], Figures]
"""`job(seed, draws, clock)` does the whole of it once."""


@dataclass(frozen=True, eq=False)
class Peer:
    """A tool, used as somebody would who knows it well.

    Attributes
    ----------
    name
        What `--peers` takes, and its file is called.
    title
        As tables call it.
    packages
        Distributions whose versions are told; the first is the tool.
    programs
        By case, then by variant ("" if there is but one): a function that imports the tool and returns the job.
    cannot
        By case, what the tool lacks, in a few words.
    environment
        "project": the libraries that mcdemand itself is developed with; "peers": those that `install` puts elsewhere.
    processors
        How many of them its programs use.
    uses
        The same by variant or by case, where it is another number.
    single
        Variants that compute in float32; the others do in float64.
    most_draws
        More are not asked for, as they would take minutes or all memory.
    """

    name: str
    title: str
    packages: tuple[str, ...]
    programs: Mapping[str, Mapping[str, Callable[[], Job]]]
    cannot: Mapping[str, str] = field(default_factory=dict)
    environment: Environment = "peers"
    processors: int = 1
    uses: Mapping[str, int] = field(default_factory=dict)
    single: frozenset[str] = frozenset()
    most_draws: int = 10**7

    def processors_of(self, case: str, variant: str) -> int:
        """Return how many processors a program uses."""
        return self.uses.get(variant, self.uses.get(case, self.processors))
