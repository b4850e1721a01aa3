"""The indices that every program is measured against: `python -m benchmarks.peers._w2_reference`, NumPy and SciPy only.

Sixteen scrambles of 2^20 base points, the equations as stated; and how far single runs of 2^14 lie apart.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import scipy

from benchmarks.peers._numpy_w2 import as_stated, evaluate, matrices, rewritten
from benchmarks.peers._peer import Clock, Figures, Job
from benchmarks.peers._problem import BASE_POINTS, KINDS, base_points, log_demand, transform
from benchmarks.peers._rows import Array
from benchmarks.peers._w1 import COUNT, NAMES

REFERENCE = Path(__file__).resolve().parents[1] / "cases" / "references" / "w2.json"
SCRAMBLES = 16
POINTS = 2**20
FIRST_SEED = 10**6
SINGLE_RUNS = 1000
SCALES = ("raw", "log")


def table(found: Figures) -> Array:
    """Return indices as an array (scale, kind, parameter)."""
    return np.stack([np.array(found[kind]) for kind in KINDS], axis=1)


def tables(job: Job, seeds: range, points: int) -> Array:
    """Return (seed, scale, kind, parameter)."""
    return np.array([table(job(seed, points, Clock())) for seed in seeds])


def one_sided(seed: int) -> Array:
    """Return what OpenTURNS estimates: points shifted at random, divided by the variance of f_A alone."""
    points = base_points(BASE_POINTS, 0, scramble=False)
    points = (points + np.random.default_rng(seed).random(2 * COUNT)) % 1
    a, b = matrices(points)
    logs = evaluate(log_demand, transform(a), transform(b))
    return np.array([_one_sided_indices(*f) for f in ([np.exp(g) for g in logs], logs)])


def _one_sided_indices(f_a: Array, f_b: Array, f_ab: Array) -> Array:
    mean, variance = np.concatenate([f_a, f_b]).mean(), f_a.var()
    difference = f_ab - f_a
    return np.array([difference @ (f_b - mean), (difference**2).sum(axis=1) / 2]) / (len(f_a) * variance)


def write_reference() -> None:
    """Store the means over the scrambles, their standard errors, and the spread of single runs."""
    seeds = range(FIRST_SEED, FIRST_SEED + SCRAMBLES)
    runs = tables(as_stated(), seeds, POINTS)
    mean, error = runs.mean(axis=0), runs.std(axis=0, ddof=1) / np.sqrt(SCRAMBLES)
    singles = tables(rewritten(), range(SINGLE_RUNS), BASE_POINTS)
    shifted = np.array([one_sided(seed) for seed in range(SINGLE_RUNS)])
    arrays = {"figures": mean, "errors": error}
    for name, found in (("scrambled", singles), ("shifted", shifted)):
        off = np.abs(found - mean)
        arrays[f"{name}_rms"], arrays[f"{name}_largest"] = np.sqrt((off**2).mean(axis=0)), off.max(axis=0)
    stored = {
        "made": f"python -m benchmarks.peers._w2_reference: {SCRAMBLES} scrambles of {POINTS} base points, scipy "
        f"{scipy.__version__}; errors of single runs of {BASE_POINTS} from {SINGLE_RUNS} seeds",
        "axes": [list(SCALES), list(KINDS), list(NAMES)],
        **{name: found.tolist() for name, found in arrays.items()},
    }
    REFERENCE.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    print("largest error of the reference:", error.max(axis=(1, 2)))


if __name__ == "__main__":
    write_reference()
