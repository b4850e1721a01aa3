"""How often a run that stopped by itself is as precise as was asked: medians and interval ends, all years at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

import numpy as np

import mcdemand as mc
from benchmarks.problems import CI_PROB, PROBABILITIES, Problem, constant_elasticity, two_segments, workload

SEEDS = 300
DESIGNS = ("random", "sobol")
COARSE, FINE = 0.02, 0.005
"""The largest relative errors that are accepted; under sobol closed forms would stop at once at the coarse one."""
COLUMNS = slice(1, 4)
"""Where the figures of a problem hold the quantiles that a run stops on."""


def asked_of(problem: Problem, design: str) -> float:
    """Return the relative error that is asked for."""
    return FINE if design == "sobol" and not problem.years else COARSE


def stop(problem: Problem, design: str, seed: int) -> tuple[bool, int, int]:
    """Return whether every figure of a stopped run is within what was asked, its draws, and its looks."""
    asked = asked_of(problem, design)
    options = {"model": problem.model, "design": design, "seed": seed, "outputs": [problem.output], "ci_prob": CI_PROB}
    result = mc.simulate_until_precise(
        problem.priors, f"{100 * asked:g}%", draws=4096, years=problem.years or None, threads=2, **options
    )
    found = mc.summarize(result, probabilities=PROBABILITIES)["quantiles"].values.reshape(len(problem.cases), -1)
    exact = problem.exact[:, COLUMNS]
    note = json.loads(result.attrs["precision"])
    is_within = bool(np.all(np.abs(found - exact) <= asked * np.abs(exact)))
    return is_within and note["stopped_by"] == "precision", int(result.attrs["draws"]), int(note["looks"])


def stop_all(problem: Problem, design: str, seeds: Iterable[int]) -> list[tuple[bool, int, int]]:
    """Return what became of a run for each seed."""
    return [stop(problem, design, seed) for seed in seeds]


def print_stopping() -> None:
    """Print a table: how many of 300 runs ended within the asked error, and how long they were."""
    problems: tuple[Callable[[], Problem], ...] = (constant_elasticity, two_segments, workload)
    print("| design | problem | asked | within | median draws | looks |\n|---|---|---|---|---|---|")
    for design in DESIGNS:
        for problem in (make() for make in problems):
            runs = stop_all(problem, design, range(SEEDS))
            within = sum(run[0] for run in runs)
            draws, looks = (np.array([run[k] for run in runs]) for k in (1, 2))
            row = f"{design} | {problem.name} | {100 * asked_of(problem, design):g} % | {within} of {SEEDS}"
            print(f"| {row} | {np.median(draws):,.0f} | {looks.min()} to {looks.max()} |", flush=True)
