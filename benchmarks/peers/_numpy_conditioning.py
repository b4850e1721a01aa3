"""Conditioning by weights in NumPy: as most would write it, and in blocks on threads.

By hand only draws within seven standard errors of the observation are kept, three quarters of them: each of the others
weighs less than 3e-11 of the largest. Draws are drawn again systematically, and rows partitioned.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from math import log, pi

import numpy as np

from benchmarks.peers._conditioning import LEVELS, LOG_SCALE, MEANS, SDS, SEEN, SIGMA, SLOPES, describe_rows
from benchmarks.peers._numpy_summary import quantiles_of_row
from benchmarks.peers._peer import Clock, Figures, Job
from benchmarks.peers._rows import Array

BLOCK, REACH = 2**14, 7.0
LOG_CONSTANT = -0.5 * log(2 * pi) - log(SIGMA) - log(SEEN)


def as_stated() -> Job:
    """Weigh all draws, and choose by weight."""

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        rng = np.random.default_rng(seed)
        logs = rng.normal(np.array(MEANS)[:, np.newaxis], np.array(SDS)[:, np.newaxis], (3, draws))
        rows = np.concatenate([logs, np.exp(LOG_SCALE + np.array(SLOPES) @ logs)[np.newaxis]])
        clock.mark("simulate")
        log_weights = LOG_CONSTANT - 0.5 * ((np.log(rows[3]) - log(SEEN)) / SIGMA) ** 2
        weights = np.exp(log_weights - log_weights.max())
        evidence = float(log_weights.max() + np.log(weights.mean()))
        posterior = rows[:, rng.choice(draws, draws, p=weights / weights.sum())]
        clock.mark("condition")
        found = describe_rows(posterior, evidence)
        clock.mark("summarise")
        return found

    return job


def tuned(threads: int) -> Job:
    """Draw and weigh by blocks."""
    pool = ThreadPoolExecutor(threads)

    def near(seed: np.random.SeedSequence, draws: int) -> tuple[Array, Array]:
        rng, kept = np.random.Generator(np.random.SFC64(seed)), []
        for first in range(0, draws, BLOCK):
            rows = np.empty((4, min(BLOCK, draws - first)))
            for row, mean, sd in zip(rows, MEANS, SDS, strict=False):
                rng.standard_normal(out=row)
                row *= sd
                row += mean
            rows[3] = SLOPES[0] * rows[0] + SLOPES[1] * rows[1] + SLOPES[2] * rows[2]
            off = (rows[3] - (log(SEEN) - LOG_SCALE)) / SIGMA
            inside = np.flatnonzero(np.abs(off) < REACH)
            kept.append(np.concatenate([rows[:, inside], -0.5 * off[np.newaxis, inside] ** 2]))
        found = np.concatenate(kept, axis=1)
        return found[:4], np.exp(found[4])

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        seeds = np.random.SeedSequence(seed).spawn(threads)
        shares = [draws * (k + 1) // threads - draws * k // threads for k in range(threads)]
        parts = list(pool.map(near, seeds, shares))
        rows, weights = np.concatenate([one[0] for one in parts], axis=1), np.concatenate([one[1] for one in parts])
        np.exp(rows[3] + LOG_SCALE, out=rows[3])
        clock.mark("simulate")
        above = np.cumsum(weights)
        evidence = LOG_CONSTANT + log(above[-1] / draws)
        places = np.searchsorted(above, (np.arange(draws) + 0.5) * (above[-1] / draws))
        posterior = list(pool.map(lambda row: row[places], rows))
        clock.mark("condition")
        means, quantiles = zip(*pool.map(lambda row: quantiles_of_row(row, LEVELS), posterior), strict=True)
        clock.mark("summarise")
        return {"mean": [*means], "quantiles": [*quantiles], "log_evidence": evidence}

    return job
