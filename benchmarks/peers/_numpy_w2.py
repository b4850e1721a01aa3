"""W2 in NumPy and SciPy: the equations as they are stated, or rewritten for speed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.peers import _problem as problem
from benchmarks.peers._peer import Clock, Figures, Job
from benchmarks.peers._rows import Array
from benchmarks.peers._w1 import COUNT


def matrices(points: Array) -> tuple[Array, Array]:
    """Return A and B, (parameter, point) in one piece each, from points (point, dimension)."""
    columns = np.ascontiguousarray(points.T)
    return columns[:COUNT], columns[COUNT:]


def evaluate(model: Callable[[Array], Array], a: Array, b: Array) -> tuple[Array, Array, Array]:
    """Return the model at A, B and each A with a row of B, which is put in place and taken out again."""
    f_ab = np.empty((COUNT, a.shape[1]))
    f_a = model(a)
    for i in range(COUNT):
        own = a[i].copy()
        a[i] = b[i]
        f_ab[i] = model(a)
        a[i] = own
    return f_a, model(b), f_ab


def as_stated() -> Job:
    """W2 by the equations as W1 states them."""
    import scipy.stats.qmc  # noqa: F401

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        a, b = matrices(problem.base_points(draws, seed))
        clock.mark("draw")
        raw = evaluate(problem.demand_as_stated, problem.transform_as_stated(a), problem.transform_as_stated(b))
        return problem.figures(problem.indices(*raw), problem.indices(*(np.log(f) for f in raw)))

    return job


def rewritten() -> Job:
    """W2 by equations in logarithms."""
    import scipy.stats.qmc  # noqa: F401

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        a, b = matrices(problem.base_points(draws, seed))
        clock.mark("draw")
        logs = evaluate(problem.log_demand, problem.transform(a), problem.transform(b))
        return problem.figures(problem.indices(*(np.exp(f) for f in logs)), problem.indices(*logs))

    return job
