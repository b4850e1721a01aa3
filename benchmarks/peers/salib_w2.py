"""W2 in SALib: its design and analysis, the model in NumPy rewritten for speed.

SALib has no beta law, so it is asked for uniforms. `analyze` always resamples: 0 resamples end in an error, so it is
called with 1; its default is 100. Nearly all of the time goes into the loops in Python that make the design.
"""

from __future__ import annotations

import sys
import warnings

import numpy as np
from SALib.analyze import sobol as analysis
from SALib.sample import sobol as design

from benchmarks.peers import problem
from benchmarks.peers.problem import BASE_POINTS, COUNT, NAMES, Array, Indices
from benchmarks.peers.server import Clock, serve

UNIFORMS = {"num_vars": COUNT, "names": list(NAMES), "bounds": [[0, 1]] * COUNT}
RESAMPLES = {"one_resample": 1, "default": 100}


def analyze(outputs: Array, resamples: int) -> dict[str, list[float]]:
    """Return the indices of one output."""
    found = analysis.analyze(UNIFORMS, outputs, calc_second_order=False, num_resamples=resamples)
    return {"first": found["S1"].tolist(), "total": found["ST"].tolist()}


def job(seed: int, clock: Clock, resamples: int) -> Indices:
    """Return the indices."""
    points = design.sample(UNIFORMS, BASE_POINTS, calc_second_order=False, seed=seed)
    clock.mark_sampled()
    points += 2.0**-31
    logs = problem.log_demand(problem.transform(np.ascontiguousarray(points.T)))
    return {"raw": analyze(np.exp(logs), resamples), "log": analyze(logs, resamples)}


if __name__ == "__main__":
    # The sd of one resample is none.
    warnings.simplefilter("ignore", RuntimeWarning)
    resamples = RESAMPLES[sys.argv[1]]
    serve(lambda seed, clock: job(seed, clock, resamples))
