"""W2 in NumPy and SciPy: the equations as they are stated, or rewritten for speed."""

from __future__ import annotations

import sys

import numpy as np

from benchmarks.peers import problem
from benchmarks.peers.problem import BASE_POINTS, COUNT, Array, Indices
from benchmarks.peers.server import Clock, serve


def matrices(points: Array) -> tuple[Array, Array]:
    """Return A and B, (parameter, point) in one piece each, from points (point, dimension)."""
    columns = np.ascontiguousarray(points.T)
    return columns[:COUNT], columns[COUNT:]


def evaluate(model, a: Array, b: Array) -> tuple[Array, Array, Array]:
    """Return the model at A, B and each A with a row of B, which is put in place and taken out again."""
    f_ab = np.empty((COUNT, a.shape[1]))
    f_a = model(a)
    for i in range(COUNT):
        own = a[i].copy()
        a[i] = b[i]
        f_ab[i] = model(a)
        a[i] = own
    return f_a, model(b), f_ab


def as_stated(seed: int, clock: Clock, points: int = BASE_POINTS) -> Indices:
    """Return the indices by the equations as W1 states them."""
    a, b = matrices(problem.base_points(points, seed))
    clock.mark_sampled()
    raw = evaluate(problem.demand_as_stated, problem.transform_as_stated(a), problem.transform_as_stated(b))
    return {"raw": problem.indices(*raw), "log": problem.indices(*(np.log(f) for f in raw))}


def rewritten(seed: int, clock: Clock, points: int = BASE_POINTS) -> Indices:
    """Return the indices by equations in logarithms."""
    a, b = matrices(problem.base_points(points, seed))
    clock.mark_sampled()
    logs = evaluate(problem.log_demand, problem.transform(a), problem.transform(b))
    return {"raw": problem.indices(*(np.exp(f) for f in logs)), "log": problem.indices(*logs)}


if __name__ == "__main__":
    serve({"as_stated": as_stated, "rewritten": rewritten}[sys.argv[1]])
