"""A small run whose progress is kept, for those who break it: its plan, the same bits, a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import xarray as xr

from mcdemand.model import Model
from mcdemand.planning import RunPlan
from mcdemand.prior_set import load_prior_set
from mcdemand.request import prepare_request
from mcdemand.run import Run
from mcdemand.simulation import open_resumed, read_question, run_stream
from mcdemand.streaming.spans import LEAF_DRAWS
from mcdemand.streaming.study import Question

ROOT = Path(__file__).resolve().parents[1]
LIMITS = {"demand": (1.0, 3.0)}
PRIORS = {
    "x1": {"distribution": "lognormal", "mu": 0.3, "sigma": 0.4},
    "x2": {"distribution": "lognormal", "mu": -0.2, "sigma": 0.5},
}


def demand(x1: float, x2: float) -> float:
    """Demand of things."""
    return x1 / x2


def small_run(draws: int, *, chains: int = 2, design: str = "random", seed: int = 1, model: Model | None = None) -> Run:
    """Return a run of two parameters and one output without years."""
    priors = load_prior_set({"parameters": PRIORS})
    return prepare_request(priors, model=model or own_model(), draws=draws, chains=chains, design=design, seed=seed)


def own_model() -> Model:
    """Return the model of the small run."""
    return Model.from_functions([demand])


def small_question(run: Run, *, exact: bool = True) -> Question:
    """Return what is asked of the small run."""
    return read_question(run, (0.5, 0.999), 0.9, LIMITS, exact=exact)


def plan_leaves(run: Run, *, threads: int = 1, leaves: int = 1) -> RunPlan:
    """Return a plan whose spans are so many leaves."""
    return RunPlan(run.chains * run.draws_per_chain, 2, leaves * LEAF_DRAWS, threads, 0, 0, 0.0)


def begin(run: Run, folder: Path | None, **options: Any) -> xr.DataTree:
    """Return what a run comes to, its progress kept in a folder."""
    return run_stream(run, small_question(run), plan_leaves(run, **options), checkpoint=folder)


def go_on(folder: Path, draws: int | None = None, **options: Any) -> xr.DataTree:
    """Return what the run of a folder comes to."""
    with open_resumed(folder, draws=draws, model=own_model()) as found:
        return found.finish(plan_leaves(found.run, **options))


def finish_anyhow(folder: Path, run: Run, **options: Any) -> xr.DataTree:
    """Return what a run comes to, from wherever it, or a shorter one, was stopped."""
    if not (folder / "run.mcd").exists():
        return begin(run, folder, **options)
    return go_on(folder, run.chains * run.draws_per_chain, **options)


def assert_same(one: xr.DataTree, other: xr.DataTree) -> None:
    """Raise unless two results are the same to the last bit."""
    assert [*one.groups] == [*other.groups]
    for group in one.groups:
        first, second = one[group].to_dataset(inherit=False), other[group].to_dataset(inherit=False)
        xr.testing.assert_identical(first, second)
        for name in first.variables:
            assert first[name].values.tobytes() == second[name].values.tobytes(), name


def start_python(code: str, *words: str) -> subprocess.Popen[str]:
    """Start Python code in a process of its own that knows `benchmarks`; its first line says that it is ready."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
