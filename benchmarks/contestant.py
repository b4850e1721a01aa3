"""A program in a process of its own, which does its job once for each request that it is sent."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.install import peers_python
from benchmarks.peers._peer import Peer

ROOT = Path(__file__).resolve().parents[1]
PROCESSORS = 2
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "NUMEXPR_NUM_THREADS")
CACHES = ("MCDEMAND_CACHE_DIR", "NUMBA_CACHE_DIR", "JAX_COMPILATION_CACHE_DIR")
OWN_CACHES = {"PYTENSOR_FLAGS": "base_compiledir={}"}

type Answer = dict[str, Any]
"""Seconds of a job, of its phases, its figures, and the peak memory of the process in bytes."""


class Program(NamedTuple):
    """A program of a peer."""

    peer: Peer
    case: str
    variant: str

    @property
    def title(self) -> str:
        """What tables call it."""
        return f"{self.peer.title}, {self.variant}" if self.variant else self.peer.title

    @property
    def is_single(self) -> bool:
        """Whether it computes in float32."""
        return self.variant in self.peer.single


class Contestant:
    """A program that is running.

    Attributes
    ----------
    ready
        What it said of itself: seconds of importing and preparing, versions of its packages and of Python.
    """

    def __init__(self, program: Program, cache: Path) -> None:
        python = sys.executable if program.peer.environment == "project" else peers_python()
        words = [program.peer.name, program.case, program.variant]
        self.process = subprocess.Popen(
            [python, "-m", "benchmarks.peers._server", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=_environment(cache),
        )
        self.ready = self._read()

    def __call__(self, seed: int, draws: int) -> Answer:
        """Have the job done once."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"seed": seed, "draws": draws}) + "\n")
        self.process.stdin.flush()
        return self._read()

    def close(self) -> None:
        """Let the process end."""
        # Closing what it reads from ends it.
        with self.process:
            pass

    def _read(self) -> Answer:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.process.args!r}: ended with {self.process.wait()}")
        found: Answer = json.loads(line)
        return found


@contextmanager
def running(program: Program, cache: Path) -> Iterator[Contestant]:
    """Start a program, which keeps what it compiles in a folder, and end it."""
    contestant = Contestant(program, cache)
    try:
        yield contestant
    finally:
        contestant.close()


def _environment(cache: Path) -> dict[str, str]:
    """Return what a program inherits: paths of this project's own environment must not leak into the other."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_"))}
    threads = {name: str(PROCESSORS) for name in THREADS}
    caches = {name: str(cache) for name in CACHES} | {name: flag.format(cache) for name, flag in OWN_CACHES.items()}
    return {**inherited, **threads, **caches}
