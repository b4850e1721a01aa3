"""What the case of conditioning is about: three normal logarithms, and demand that was observed within ten per cent."""

from __future__ import annotations

from math import log

import numpy as np

from benchmarks.peers._peer import Figures
from benchmarks.peers._rows import Array

NAMES = ("a", "b", "c")
MEANS, SDS, SLOPES = (0.3, -0.2, 0.5), (0.4, 0.5, 0.25), (1.2, -0.6, 0.8)
LOG_SCALE = log(100)
SEEN, SIGMA = 300.0, 0.1
LEVELS = (0.05, 0.5, 0.95)
WORTH = 0.2165678452
"""Share of prior draws that weights are worth: a tool that draws from the posterior draws so many."""


def posterior_draws(draws: int) -> int:
    """Return how many draws of the posterior are worth as much as so many weighted ones of the prior."""
    return round(WORTH * draws)


def describe_rows(rows: Array, log_evidence: float | None = None) -> Figures:
    """Return the figures from draws (row, draw) of the posterior: of a, b, c and demand."""
    quantiles = np.quantile(rows, LEVELS, axis=1).T
    found = {"mean": rows.mean(axis=1).tolist(), "quantiles": quantiles.tolist()}
    return found if log_evidence is None else {**found, "log_evidence": log_evidence}
