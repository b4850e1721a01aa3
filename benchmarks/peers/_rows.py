"""Rows of numbers, and what W1 wants to know of each by a full sort: for peers that leave a summary to NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]
YEARS = 11
PROBABILITIES = (0.05, 0.25, 0.5, 0.75, 0.95)
CI_PROB = 0.9


def rows(seed: int, draws: int) -> Array:
    """Return (row, draw) log-normal numbers."""
    return np.exp(np.random.default_rng(seed).standard_normal((YEARS, draws)))


def summarize(demand: Array) -> dict[str, list[Any]]:
    """Return the figures of W1 from (year, draw)."""
    draws = demand.shape[1]
    ordered = np.sort(demand, axis=1)
    width = int(CI_PROB * draws)
    first = np.argmin(ordered[:, width:] - ordered[:, : draws - width], axis=1)
    places = np.arange(len(ordered))
    ends = np.stack([ordered[places, first], ordered[places, first + width]], axis=1)
    quantiles = np.quantile(ordered, PROBABILITIES, axis=1).T
    return {"mean": ordered.mean(axis=1).tolist(), "quantiles": quantiles.tolist(), "interval": ends.tolist()}


def describe(values: Array) -> list[float]:
    """Return mean, sd, p5, p50 and p95 of draws of a law."""
    return [float(values.mean()), float(values.std()), *map(float, np.quantile(values, (0.05, 0.5, 0.95)))]
