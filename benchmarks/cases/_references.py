"""What the figures of cases are measured against: many runs of NumPy and SciPy, which share nothing with mcdemand."""

from __future__ import annotations

import numpy as np

from benchmarks.cases._case import REFERENCE_DRAWS, write_reference
from benchmarks.peers._peer import Figures
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


def write_references() -> None:
    """Store them; takes some minutes."""
    write_reference("w1", lambda seed: summarize(demand(seed)), RUNS)
    write_reference("streaming", tails, RUNS)
