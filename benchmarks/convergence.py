"""How errors fall with draws under each design, and the variance that a design saves over random draws."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from benchmarks.problems import USUAL, Array, Problem, constant_elasticity, shipped, workload

CHAINS = 16
SIZES = tuple(2**k for k in range(10, 19))
SEEDS = 200
DESIGNS = ("random", "sobol", "latin_hypercube")
SAVING_SIZES = (2**14, 2**17, 2**20)
SAVING_SEEDS = 200


def root_mean_square_errors(
    problem: Problem, design: str, sizes: Iterable[int], chains: int, seeds: Sequence[int]
) -> Array:
    """Return (size, year, figure) from the estimates of many seeds."""
    errors = [problem.estimate_all(size, chains, design, seeds) - problem.exact for size in sizes]
    return np.sqrt(np.mean(np.square(errors), axis=1))


def slopes(sizes: Sequence[int], errors: Array) -> Array:
    """Return the power of the number of draws that errors (size, ...) fall with: a straight line through logarithms."""
    x = np.log(sizes) - np.mean(np.log(sizes))
    return np.asarray(np.tensordot(x, np.log(errors), axes=1) / (x @ x))


def print_slopes() -> None:
    """Print the slope of each design and figure on closed form 7."""
    problem = constant_elasticity()
    print("| design | " + " | ".join(USUAL) + " |\n|---|" + "---|" * len(USUAL))
    for design in DESIGNS:
        errors = root_mean_square_errors(problem, design, SIZES, CHAINS, range(SEEDS))[:, 0, : len(USUAL)]
        print(f"| {design} | " + " | ".join(f"{slope:.2f}" for slope in slopes(SIZES, errors)) + " |", flush=True)


def variance_saved(problem: Problem, design: str, size: int, chains: int, seeds: Sequence[int]) -> Array:
    """Return (year, figure): the variance of random draws in units of the design's, at equal draws."""
    of_random, of_design = (
        problem.estimate_all(size, chains, name, seeds).var(axis=0, ddof=1) for name in ("random", design)
    )
    return np.asarray(of_random / of_design)


def print_variance_saved() -> None:
    """Print what `sobol` saves on W1 and on the shipped model, in the last of their years."""
    print("| problem | draws | " + " | ".join(USUAL) + " |\n|---|---|" + "---|" * len(USUAL))
    for problem in (workload(), shipped()):
        for size in SAVING_SIZES:
            seeds = range(SAVING_SEEDS if size < SAVING_SIZES[-1] else SAVING_SEEDS // 4)
            saved = variance_saved(problem, "sobol", size, CHAINS, seeds)[-1, : len(USUAL)]
            figures = " | ".join(f"{figure:.1f}" for figure in saved)
            print(f"| {problem.cases[-1]} | 2^{size.bit_length() - 1} | {figures} |", flush=True)
