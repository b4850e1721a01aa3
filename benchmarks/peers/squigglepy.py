"""squigglepy: its laws and its sampler, the rest in NumPy.

`sq.correlate` prescribes rank correlations and reorders draws, which takes 15 times as long as drawing the pair by
normal scores and leaves no chance in the correlation. `cores=2` takes ten times as long, as it goes through
files.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from math import log
from typing import Any

import numpy as np

from benchmarks.peers._peer import Clock, Figures, Job, Peer
from benchmarks.peers._rows import describe
from benchmarks.peers._trajectories import THREADS, finish
from benchmarks.peers._w1 import NAMES


def parameter_laws(sq: Any) -> list[Any]:
    """Return the laws of what `depend` takes."""
    return [
        sq.norm(mean=0, sd=1),
        sq.uniform(0.5, 3),
        sq.lognorm(20, 300),
        sq.beta(5, 2),
        sq.norm(mean=2, sd=0.7),
        sq.lognorm(0.8, 3),
        sq.norm(mean=0, sd=1),
        sq.uniform(log(10), log(1000)),
        sq.uniform(log(5), log(1000)),
        sq.uniform(0.1, 0.6),
        sq.triangular(0, 0.3, 0.9),
    ]


def w1() -> Job:
    """W1 by its sampler, and by NumPy."""
    import scipy.special  # noqa: F401
    import squigglepy as sq

    pool, each, cap = ThreadPoolExecutor(THREADS), parameter_laws(sq), NAMES.index("adoption_cap")

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        sq.set_seed(seed)
        drawn = [sq.sample(law, n=draws, verbose=False) for law in each]
        drawn[cap] = np.exp(drawn[cap])
        return finish(pool, drawn, clock)

    return job


def laws() -> Job:
    """Draw each law; truncation only clips, so the truncated one is left out."""
    import squigglepy as sq

    lognormal = sq.lognorm(norm_mean=1, norm_sd=0.7)
    all_laws = {
        "lognormal": lognormal,
        "beta": sq.beta(2, 5),
        "mixture": sq.mixture([lognormal, sq.norm(mean=10, sd=2)], [0.3, 0.7]),
        "categorical": sq.discrete([[0.1, 0], [0.2, 1], [0.3, 2], [0.4, 3]]),
        "gamma": sq.gamma(2.5, 1),
        "student_t": sq.tdist(t=4),
        "poisson": sq.poisson(12),
    }

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        sq.set_seed(seed)
        found = {}
        for name, law in all_laws.items():
            found[name] = sq.sample(law, n=draws, verbose=False)
            clock.mark(name)
        clock.stop()
        return {name: describe(values) for name, values in found.items()}

    return job


PEER = Peer(
    name="squigglepy",
    title="squigglepy",
    packages=("squigglepy", "numpy", "scipy"),
    programs={"w1": {"": w1}, "laws": {"": laws}},
    cannot={
        "w2": "has no sensitivity indices",
        "summaries": "its percentiles are NumPy's, and it has no shortest interval",
        "streaming": "keeps all draws",
        "exports": "writes only a cache of single samples",
        "conditioning": "keeps draws in a band around what was seen, which is another posterior",
        "consensus": "the shipped model is not written in it",
    },
    processors=THREADS,
    uses={"laws": 1},
)
