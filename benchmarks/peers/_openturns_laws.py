"""Single laws in OpenTURNS, on one thread."""

from __future__ import annotations

import numpy as np

from benchmarks.peers._peer import Clock, Figures, Job
from benchmarks.peers._rows import describe


def laws() -> Job:
    """Draw each law by its own sampler."""
    import openturns as ot

    ot.TBB.SetThreadsNumber(1)
    lognormal = ot.LogNormal(1, 0.7)
    all_laws = {
        "lognormal": lognormal,
        "truncated lognormal": ot.TruncatedDistribution(lognormal, 1.0, 10.0),
        "beta": ot.Beta(2, 5, 0, 1),
        "mixture": ot.Mixture([lognormal, ot.Normal(10, 2)], [0.3, 0.7]),
        "categorical": ot.FiniteDiscreteDistribution([[0], [1], [2], [3]], [0.1, 0.2, 0.3, 0.4]),
        "gamma": ot.Gamma(2.5, 1),
        "student_t": ot.Student(4),
        "poisson": ot.Poisson(12),
    }

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        ot.RandomGenerator.SetSeed(seed)
        found = {}
        for name, law in all_laws.items():
            found[name] = law.getSample(draws)
            clock.mark(name)
        clock.stop()
        return {name: describe(np.asarray(sample)[:, 0]) for name, sample in found.items()}

    return job
