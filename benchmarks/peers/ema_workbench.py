"""EMA workbench: its parameters, sampler and experiments, one for each draw; quantiles and intervals in NumPy.

It samples parameters independently, so the columns of four that depend on one another are rewritten.
`MultiprocessingEvaluator` takes four times as long with two processes as one does, as an experiment is small.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.peers import _w1
from benchmarks.peers._peer import Clock, Figures, Job, Peer
from benchmarks.peers._rows import summarize
from benchmarks.peers._single_draw import demand, dependent_uniforms, scipy_laws


def run(**parameters: float) -> dict[str, list[float]]:
    """Return the outcome of an experiment."""
    return {"demand": demand(**parameters)}


def correlate(scenarios: Any, seed: int) -> None:
    """Have growth depend on the share, and eff_total on chip_total."""
    names = [parameter.name for parameter in scenarios.parameters]
    laws = scipy_laws()
    for name, uniforms in dependent_uniforms(np.random.default_rng([seed, 1]), len(scenarios)).items():
        law, values = laws[name]
        scenarios.samples[:, names.index(name)] = law(**values).ppf(uniforms)


def w1() -> Job:
    """W1, one experiment for each draw."""
    from ema_workbench import ArrayOutcome, Model, RealParameter, perform_experiments
    from ema_workbench.em_framework import MonteCarloSampler

    model = Model("w1", function=run)
    model.uncertainties = [RealParameter.from_dist(name, law(**values)) for name, (law, values) in scipy_laws().items()]
    model.outcomes = [ArrayOutcome("demand", shape=(_w1.YEARS,), dtype=float)]

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        scenarios = MonteCarloSampler().generate_samples(model.uncertainties, draws, rng=np.random.default_rng(seed))
        correlate(scenarios, seed)
        clock.mark("draw")
        _, outcomes = perform_experiments(model, scenarios, log_progress=True)
        clock.mark("simulate")
        found = summarize(outcomes["demand"].T)
        clock.mark("summarise")
        return found

    return job


PEER = Peer(
    name="ema_workbench",
    title="EMA workbench",
    packages=("ema_workbench", "numpy", "scipy"),
    programs={"w1": {"": w1}},
    cannot={
        "w2": "leaves Sobol' designs and indices to SALib",
        "laws": "draws SciPy's laws, by their quantiles",
        "summaries": "has no summaries of draws",
        "streaming": "keeps all experiments",
        "exports": "writes text files only",
        "conditioning": "has no observations",
        "consensus": "the shipped model is not written in it",
    },
    most_draws=10**4,
)
