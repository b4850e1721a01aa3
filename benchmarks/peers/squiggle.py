"""Squiggle by its own engine, which runs in node and is spoken to as other programs are, a line for each job."""

from __future__ import annotations

import json
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.install import NODE
from benchmarks.peers._peer import Clock, Figures, Job, Peer

SCRIPT = Path(__file__).with_name("_squiggle.mjs")


class Engine:
    """A node that has the engine loaded."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            ["node", str(SCRIPT), str(NODE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._read()

    def __call__(self, job: str, seed: int, draws: int) -> dict[str, Any]:
        """Have a job done once."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"job": job, "seed": seed, "draws": draws}) + "\n")
        self.process.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found


def job_of(name: str) -> Job:
    """Return a job of the script; phases are timed there."""
    engine = Engine()

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        found = engine(name, seed, draws)
        clock.stop()
        clock.phases.update(found["phases"])
        clock.peak_bytes = found["peak_bytes"]
        figures: Figures = found["figures"]
        return figures

    return job


PEER = Peer(
    name="squiggle",
    title="Squiggle",
    packages=("@quri/squiggle-lang",),
    programs={"w1": {"": partial(job_of, "w1")}, "laws": {"": partial(job_of, "laws")}},
    cannot={
        "w2": "has no sensitivity indices",
        "summaries": "has type-7 quantiles, each by a full sort, and no shortest interval",
        "streaming": "keeps all samples",
        "exports": "no files",
        "conditioning": "multiplies densities of a single number only",
        "consensus": "the shipped model is not written in it",
    },
    most_draws=2 * 10**5,
)
