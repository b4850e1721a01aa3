"""The figures of W1 that errors are measured against: many large runs of the engine, set beside NumPy's own draws."""

from __future__ import annotations

import json

import numpy as np

from benchmarks import w1
from benchmarks.peers.numpy import draw_as_stated
from benchmarks.problems import FIGURES, PROBABILITIES, REFERENCE, Array, workload

RUNS = 16
DRAWS = 2**24
CHAINS = 4
FIRST_SEED = 10**6
NUMPY_RUNS = 50
NUMPY_DRAWS = 10**6
UNKNOWN = np.full((3, len(FIGURES)), np.nan)


def write_reference() -> None:
    """Store the means of independent runs and their standard errors; print how far NumPy's means lie from them."""
    problem = workload(UNKNOWN)
    runs = problem.estimate_all(DRAWS, CHAINS, "sobol", range(FIRST_SEED, FIRST_SEED + RUNS))
    figures, errors = mean_and_error(runs)
    # Ends of shortest intervals are biased by their own noise, the same way in both; they are not compared.
    theirs, their_errors = mean_and_error(numpy_runs())
    scores = (theirs - figures[:, :6]) / np.hypot(their_errors, errors[:, :6])
    stored = {
        "made": f"python -m benchmarks reference: {RUNS} runs of {DRAWS} draws in {CHAINS} chains, design sobol",
        "years": problem.years,
        "names": FIGURES,
        "figures": figures.tolist(),
        "errors": errors.tolist(),
        "numpy": theirs.tolist(),
        "numpy_errors": their_errors.tolist(),
    }
    REFERENCE.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    print("largest relative error:", np.max(errors / figures, axis=0))
    print(f"NumPy, {NUMPY_RUNS} runs of {NUMPY_DRAWS:,} draws: standard errors away:\n{np.round(scores, 1)}")


def mean_and_error(runs: Array) -> tuple[Array, Array]:
    """Return the mean over runs and its standard error."""
    return runs.mean(axis=0), runs.std(axis=0, ddof=1) / np.sqrt(len(runs))


def numpy_runs() -> Array:
    """Return (run, year, figure) of NumPy's program: all but the shortest interval."""
    problem = workload(UNKNOWN)
    years = [year - w1.PRIORS["prior_set"]["years"]["start"] for year in problem.years]
    runs = []
    for seed in range(NUMPY_RUNS):
        demand = draw_as_stated(NUMPY_DRAWS, seed, years)
        quantiles = np.quantile(demand, PROBABILITIES, axis=1)
        above = (demand > problem.threshold).mean(axis=1)
        runs.append([demand.mean(axis=1), *quantiles, demand.std(axis=1, ddof=1), above])
    return np.moveaxis(np.array(runs), 1, 2)
