"""monaco: its cases, one for each draw, and SciPy's laws; quantiles and intervals in NumPy.

It draws by percentiles, which may be given: those of four parameters are, so that they depend on one another. Two
processes take seven times as long as one, as a case is small.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.peers._peer import Clock, Figures, Job, Peer
from benchmarks.peers._rows import summarize
from benchmarks.peers._single_draw import demand, dependent_uniforms, scipy_laws
from benchmarks.peers._w1 import NAMES


def preprocess(case: Any) -> tuple[float, ...]:
    """Return what the model takes."""
    return tuple(case.invals[name].val for name in NAMES)


def run(*values: float) -> tuple[list[float]]:
    """Return what the model finds."""
    return (demand(*values),)


def postprocess(case: Any, found: list[float]) -> None:
    """Keep it."""
    case.addOutVal("demand", found, split=False)


def w1() -> Job:
    """W1, one case for each draw."""
    from monaco import SampleMethod, Sim, SimFunctions

    laws = scipy_laws()
    functions = {SimFunctions.PREPROCESS: preprocess, SimFunctions.RUN: run, SimFunctions.POSTPROCESS: postprocess}

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        options = {"singlethreaded": True, "verbose": False, "debug": True, "samplemethod": SampleMethod.RANDOM}
        sim = Sim("w1", draws, functions, seed=seed, **options)
        given = dependent_uniforms(np.random.default_rng(seed), draws)
        for name, (law, values) in laws.items():
            sim.addInVar(name, law, values, pcts=given.get(name))
        sim.runSim()
        clock.mark("simulate")
        found = summarize(np.array(sim.outvars["demand"].vals).T)
        clock.mark("summarise")
        return found

    return job


PEER = Peer(
    name="monaco",
    title="monaco",
    packages=("monaco", "numpy", "scipy"),
    programs={"w1": {"": w1}},
    cannot={
        "w2": "has D-VARS sensitivities, no Sobol' indices",
        "laws": "draws SciPy's laws, by their quantiles",
        "summaries": "its percentiles are NumPy's, and it has no shortest interval",
        "streaming": "keeps all cases",
        "exports": "one JSON and one pickle for each case",
        "conditioning": "has no observations",
        "consensus": "the shipped model is not written in it",
    },
    most_draws=10**4,
)
