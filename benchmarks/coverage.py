"""How often the printed errors hold: over many seeds, the exact figure within its interval of 95 %."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from scipy.special import ndtri, stdtrit

from benchmarks.problems import FIGURES, Array, Problem, constant_elasticity, two_segments, workload

SEEDS = 1000
LEVEL = 0.95
DESIGNS = {"random": (10**4, 1), "sobol": (2**17, 16)}
"""Draws and chains of each design."""


def interval_factor(design: str, chains: int, level: float = LEVEL) -> float:
    """Return how many standard errors make an interval: normal, or Student's t where errors come from chains."""
    beyond = (1 - level) / 2
    return float(-ndtri(beyond) if design == "random" else -stdtrit(chains - 1, beyond))


def misses(problem: Problem, design: str, draws: int, chains: int, seeds: Iterable[int]) -> Array:
    """Return (seed, year, figure): by how many standard errors each estimate misses the exact figure."""
    runs = [problem.estimate(draws, chains, design, seed) for seed in seeds]
    found, errors = np.array([run[0] for run in runs]), np.array([run[1] for run in runs])
    return np.asarray((found - problem.exact) / errors)


def coverage(scores: Array, design: str, chains: int, level: float = LEVEL) -> Array:
    """Return (year, figure): the share of seeds whose interval holds the exact figure."""
    return np.asarray((np.abs(scores) <= interval_factor(design, chains, level)).mean(axis=0))


def print_coverage() -> None:
    """Print a table: for each design and problem, in how many of 1,000 seeds each interval holds."""
    problems: tuple[Callable[[], Problem], ...] = (constant_elasticity, two_segments, workload)
    print("| design | problem | " + " | ".join(FIGURES) + " |\n|---|---|" + "---|" * len(FIGURES))
    for design, (draws, chains) in DESIGNS.items():
        for problem in (make() for make in problems):
            shares = coverage(misses(problem, design, draws, chains, range(SEEDS)), design, chains)
            for case, row in zip(problem.cases, shares, strict=True):
                counts = " | ".join(f"{SEEDS * share:.0f}" for share in row)
                print(f"| {design} | {case} | {counts} |", flush=True)
