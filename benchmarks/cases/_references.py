"""What the figures of cases are measured against: many runs of NumPy and SciPy, which share nothing with mcdemand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.cases._case import REFERENCE_DRAWS, write_reference
from benchmarks.peers._numpy_consensus import plain
from benchmarks.peers._peer import Clock, Figures
from benchmarks.peers._rows import Array, summarize
from benchmarks.peers.numpy import draw_as_stated

RUNS = 64
FIRST_SEED = 10**6
TAILS = (0.05, 0.5, 0.95, 0.999)


def demand(seed: int) -> Array:
    """Return (year, draw), the equations as `workloads.md` states them."""
    return draw_as_stated(REFERENCE_DRAWS, FIRST_SEED + seed)


def tails(seed: int) -> Figures:
    """Return mean and quantiles of every year."""
    found = demand(seed)
    return {"mean": found.mean(axis=1).tolist(), "quantiles": np.quantile(found, TAILS, axis=1).T.tolist()}


def consensus() -> Callable[[int], Figures]:
    """Return what finds mean and quantiles of the shipped model."""
    job = plain()
    return lambda seed: job(FIRST_SEED + seed, REFERENCE_DRAWS, Clock())


def write_references() -> None:
    """Store them; takes some minutes."""
    write_reference("w1", lambda seed: summarize(demand(seed)), RUNS)
    write_reference("streaming", tails, RUNS)
    write_reference("consensus", consensus(), RUNS)
