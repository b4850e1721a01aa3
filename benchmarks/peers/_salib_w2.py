"""W2 in SALib: its design and analysis, the model in NumPy rewritten for speed.

SALib has no beta law, so it is asked for uniforms. `analyze` always resamples: 0 resamples end in an error, so it is
called with 1; its default is 100. Nearly all of the time goes into the loops in Python that make the design.
"""

from __future__ import annotations

import warnings
from functools import partial

import numpy as np

from benchmarks.peers import _problem as problem
from benchmarks.peers._peer import Clock, Figures, Job
from benchmarks.peers._rows import Array
from benchmarks.peers._w1 import COUNT, NAMES

UNIFORMS = {"num_vars": COUNT, "names": list(NAMES), "bounds": [[0, 1]] * COUNT}


def analyze(outputs: Array, resamples: int) -> problem.Indices:
    """Return the indices of one output."""
    from SALib.analyze.sobol import analyze as analyze_sobol

    found = analyze_sobol(UNIFORMS, outputs, calc_second_order=False, num_resamples=resamples)
    return {"first": found["S1"].tolist(), "total": found["ST"].tolist()}


def w2(resamples: int) -> Job:
    """W2 with so many resamples of each index."""
    from SALib.sample.sobol import sample

    # The sd of one resample is none.
    warnings.simplefilter("ignore", RuntimeWarning)

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        points = sample(UNIFORMS, draws, calc_second_order=False, seed=seed)
        clock.mark("draw")
        # None is 0 then, where normal laws have no value.
        points += 2.0**-31
        logs = problem.log_demand(problem.transform(np.ascontiguousarray(points.T)))
        clock.mark("simulate")
        found = problem.figures(analyze(np.exp(logs), resamples), analyze(logs, resamples))
        clock.mark("summarise")
        return found

    return job


PROGRAMS = {"one resample": partial(w2, 1), "its 100 resamples": partial(w2, 100)}
