"""OpenTURNS: its laws and parsed formulas; quantiles and intervals in NumPy, as its own are of another kind.

`JointDistribution` with a `NormalCopula` takes twice as long to draw as independent laws with the normal scores of two
of them, from which the formula has two others; most of it is the quantile of the beta law. A copula for each pair
alone takes as long. The formula takes three times as long as the same in NumPy, so a second program leaves all but the
draws to NumPy; no array of NumPy's goes into a `Sample`, which copies it more slowly than laws are drawn.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from benchmarks.peers import _openturns_laws
from benchmarks.peers import _w1 as w1_laws
from benchmarks.peers._numpy_summary import summarize_rows
from benchmarks.peers._peer import Clock, Figures, Job, Peer
from benchmarks.peers._trajectories import THREADS, finish
from benchmarks.peers._w1 import CAP, CHIP, EFF_TOTAL, LN_2, NAMES, REASON_MULT, REASON_RATE, YEARS

SCORES = ("share_score", "chip_score")
START = f"""
var growth := 0.6 + 0.25 * ({w1_laws.SHARE_GROWTH} * share_score + {w1_laws.REST_GROWTH!r} * growth_score);
var eff_score := {w1_laws.EFF_CHIP} * chip_score + {w1_laws.REST_EFF!r} * own_eff_score;
var rest := exp(-growth / (1 - 1 / adoption_cap));
var late := exp(-reason_rate);
var old := exp(-{LN_2!r} / eff_halflife);
var slow := exp(-chip_rate);
var boost := reason_share_max * (reason_mult - 1);
var usage := adoption_cap - 1;
var before := exp(reason_rate * reason_mid);
var eff := (elasticity - 1) * ({EFF_TOTAL[0]!r} + {EFF_TOTAL[1]!r} * eff_score);
var chip := (elasticity - 1) * log_chip;
var whole := eff + chip;
"""
YEAR = """
demand_{t} := adoption_cap * exp(whole - eff - chip) * (1 + before + boost) / ((1 + usage) * (1 + before));
usage *= rest;
before *= late;
eff *= old;
chip *= slow;
"""


def laws(ot: Any) -> dict[str, Any]:
    """Return the laws of what `depend` takes."""
    return {
        "own_eff_score": ot.Normal(0, 1),
        "eff_halflife": ot.Uniform(0.5, 3),
        "reason_mult": ot.LogNormal(*REASON_MULT),
        "reason_share_max": ot.Beta(5, 2, 0, 1),
        "reason_mid": ot.Normal(2, 0.7),
        "reason_rate": ot.LogNormal(*REASON_RATE),
        "growth_score": ot.Normal(0, 1),
        "adoption_cap": ot.LogUniform(CAP[0], sum(CAP)),
        "log_chip": ot.Uniform(CHIP[0], sum(CHIP)),
        "chip_rate": ot.Uniform(0.1, 0.6),
        "elasticity": ot.Triangular(0, 0.3, 0.9),
    }


def model(ot: Any) -> Any:
    """Return the formula of eleven years: what decays does so by the same factor every year."""
    formula = START + "".join(YEAR.format(t=t) for t in range(YEARS))
    return ot.SymbolicFunction([*laws(ot), *SCORES], [f"demand_{t}" for t in range(YEARS)], formula)


def by_formula() -> Job:
    """W1 by a joint law, normal scores and a formula."""
    import openturns as ot

    ot.TBB.SetThreadsNumber(THREADS)
    pool, formula, distribution = ThreadPoolExecutor(THREADS), model(ot), ot.JointDistribution([*laws(ot).values()])
    scored = [NAMES.index(name) for name in ("reason_share_max", "chip_total")]
    scores = ot.MarginalTransformationEvaluation(
        [distribution.getMarginal(k) for k in scored], [ot.Normal(0, 1)] * len(scored)
    )

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        ot.RandomGenerator.SetSeed(seed)
        drawn = distribution.getSample(draws)
        drawn.stack(scores(drawn.getMarginal(scored)))
        clock.mark("draw")
        demand = np.ascontiguousarray(np.asarray(formula(drawn)).T)
        clock.mark("simulate")
        found = summarize_rows(pool, demand)
        clock.mark("summarise")
        return found

    return job


def by_numpy() -> Job:
    """W1 by the samplers of its laws, and by NumPy."""
    import openturns as ot
    import scipy.special  # noqa: F401

    pool, each = ThreadPoolExecutor(THREADS), [*laws(ot).values()]

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        ot.RandomGenerator.SetSeed(seed)
        return finish(pool, [np.asarray(law.getSample(draws))[:, 0] for law in each], clock)

    return job


def w2() -> Job:
    """W2 by its estimators."""
    import openturns as ot

    from benchmarks.peers import _openturns_w2

    ot.TBB.SetThreadsNumber(THREADS)
    return _openturns_w2.job


def conditioning() -> Job:
    """Return the program of conditioning."""
    from benchmarks.peers import _openturns_conditioning

    return _openturns_conditioning.prepare()


PEER = Peer(
    name="openturns",
    title="OpenTURNS",
    packages=("openturns", "numpy", "scipy"),
    programs={
        "w1": {"laws and formula": by_formula, "laws, the rest in NumPy": by_numpy},
        "w2": {"": w2},
        "laws": {"": _openturns_laws.laws},
        "conditioning": {"": conditioning},
    },
    cannot={
        "summaries": "its quantiles are of another definition, and it has no shortest interval of draws",
        "streaming": "has moments without keeping draws, no quantiles",
        "exports": "writes text files of samples only",
        "consensus": "the shipped model is not written in it",
    },
    processors=THREADS,
    uses={"laws": 1, "conditioning": 1},
)
