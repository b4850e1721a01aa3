"""chaospy: its laws, its sampler of joint laws, and the rest in NumPy.

`Nataf` of the joint law has both correlations, and takes 3.6 times as long to draw as the joint law of what does not
depend, from which two parameters follow. Of either, two thirds go into the quantile of the beta law.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from math import log
from typing import Any

import numpy as np

from benchmarks.peers import _w1
from benchmarks.peers._peer import Clock, Figures, Job, Peer
from benchmarks.peers._rows import describe
from benchmarks.peers._trajectories import THREADS, finish

OTHER_METHOD = "Sobol' indices of polynomials only: its method is polynomial chaos, another one"


def joint(cp: Any) -> Any:
    """Return the joint law of what `depend` takes."""
    return cp.J(
        cp.Normal(0, 1),
        cp.Uniform(0.5, 3),
        cp.LogNormal(*_w1.REASON_MULT),
        cp.Beta(5, 2),
        cp.Normal(2, 0.7),
        cp.LogNormal(*_w1.REASON_RATE),
        cp.Normal(0, 1),
        cp.LogUniform(log(10), log(1000)),
        cp.Uniform(log(5), log(1000)),
        cp.Uniform(0.1, 0.6),
        cp.Triangle(0, 0.3, 0.9),
    )


def w1() -> Job:
    """W1 by its sampler, and by NumPy."""
    import chaospy as cp
    import scipy.special  # noqa: F401

    pool, distribution = ThreadPoolExecutor(THREADS), joint(cp)

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        np.random.seed(seed)  # noqa: NPY002
        return finish(pool, distribution.sample(draws, rule="random"), clock)

    return job


def laws() -> Job:
    """Draw each law that it has."""
    import chaospy as cp

    lognormal = cp.LogNormal(1, 0.7)
    all_laws = {
        "lognormal": lognormal,
        # Cut at both ends at once, it takes (1 - F(1)) F(10) for the mass between.
        "truncated lognormal": cp.Trunc(cp.Trunc(lognormal, upper=10), lower=1),
        "beta": cp.Beta(2, 5),
        "gamma": cp.Gamma(2.5),
        "student_t": cp.StudentT(4),
    }

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        np.random.seed(seed)  # noqa: NPY002
        found = {}
        for name, law in all_laws.items():
            found[name] = law.sample(draws, rule="random")
            clock.mark(name)
        clock.stop()
        return {name: describe(values) for name, values in found.items()}

    return job


PEER = Peer(
    name="chaospy",
    title="chaospy",
    packages=("chaospy", "numpy", "scipy"),
    programs={"w1": {"": w1}, "laws": {"": laws}},
    cannot={
        "w2": OTHER_METHOD,
        "summaries": "summaries of polynomials, none of draws",
        "streaming": "keeps all draws",
        "exports": "no files",
        "conditioning": "has no observations",
        "consensus": "the shipped model is not written in it",
    },
    processors=THREADS,
    uses={"laws": 1},
)
