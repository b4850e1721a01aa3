"""numba: a plain parallel loop; by hand, loops over blocks on two threads without the lock; the summary by NumPy.

Tried, and slower, by the processor's time of all of W1: `np.random` in a parallel loop (2.1 times as long) instead of
NumPy's generators, which numba compiles; and `math.exp` (1.5 times), a call for each number, because the wheels of
llvmlite know no vector library, while an exponential in products and sums becomes vector instructions.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from benchmarks.peers._numpy_summary import summarize_rows
from benchmarks.peers._peer import Clock, Figures, Job, Peer
from benchmarks.peers._rows import YEARS, Array
from benchmarks.peers._score_table import log_chip_edges, share_edges

THREADS = 2
TAILS = (0.05, 0.5, 0.95, 0.999)


def generators(seed: int) -> Iterable[np.random.Generator]:
    """Return one for each thread."""
    return [np.random.Generator(np.random.SFC64(one)) for one in np.random.SeedSequence(seed).spawn(THREADS)]


def stored() -> Job:
    """W1 with demand kept."""
    from benchmarks.peers import _numba_w1 as compiled

    pool = ThreadPoolExecutor(THREADS)
    tables = share_edges(), log_chip_edges()

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        demand = np.empty((YEARS, draws))
        half = draws // 2
        parts = (0, half), (half, draws)
        list(pool.map(lambda rng, part: compiled.simulate(rng, *tables, demand, *part), generators(seed), parts))
        clock.mark("simulate")
        found = summarize_rows(pool, demand)
        clock.mark("summarise")
        return found

    return job


def plain() -> Job:
    """W1 as a plain loop."""
    from benchmarks.peers._numba_plain import simulate

    pool = ThreadPoolExecutor(THREADS)

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        demand = np.empty((YEARS, draws))
        simulate(seed, demand)
        clock.mark("simulate")
        found = summarize_rows(pool, demand)
        clock.mark("summarise")
        return found

    return job


def quantiles(counts: Array, edges: Array) -> list[float]:
    """Return quantiles from counts in bins, within which they are taken as uniform."""
    below = np.concatenate([[0], np.cumsum(counts)])
    return np.interp(np.array(TAILS) * below[-1], below, edges).tolist()


def counted() -> Job:
    """W1 without keeping draws: counts in bins a two-thousandth wide."""
    from benchmarks.peers import _numba_w1 as compiled

    pool = ThreadPoolExecutor(THREADS)
    tables = share_edges(), log_chip_edges()
    edges = ((np.arange(compiled.BINS + 1) + compiled.LEAST) << compiled.SHIFT).view(np.float64)

    def part(rng: np.random.Generator, draws: int) -> tuple[Array, Array]:
        counts, sums = np.zeros((YEARS, compiled.BINS), dtype=np.int64), np.zeros(YEARS)
        compiled.count(rng, *tables, draws, counts, sums)
        return counts, sums

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        sizes = [draws // 2, draws - draws // 2]
        counts, sums = (sum(both) for both in zip(*pool.map(part, generators(seed), sizes), strict=True))
        clock.mark("simulate")
        return {"mean": (sums / draws).tolist(), "quantiles": [quantiles(row, edges) for row in counts]}

    return job


PEER = Peer(
    name="numba",
    title="numba",
    packages=("numba", "numpy", "scipy"),
    programs={
        "w1": {"a plain loop": plain, "hand-tuned": stored},
        "streaming": {"hand-tuned": counted},
    },
    cannot={
        "w2": "no Sobol' indices",
        "laws": "NumPy's generators, no laws of its own",
        "summaries": "no order statistics of its own",
        "exports": "no files",
        "conditioning": "leaves weights to NumPy, whose program it would be",
    },
    processors=THREADS,
)
