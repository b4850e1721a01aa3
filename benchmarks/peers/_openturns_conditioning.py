"""Conditioning by random-walk Metropolis-Hastings in OpenTURNS; the proposal is as wide as the exact posterior says.

Of so many steps one in eleven is worth a draw of its own, so that more are taken.
"""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import openturns as ot

from benchmarks.peers._conditioning import (
    LOG_SCALE,
    MEANS,
    NAMES,
    SDS,
    SEEN,
    SIGMA,
    SLOPES,
    describe_rows,
    posterior_draws,
)
from benchmarks.peers._peer import Clock, Figures, Job

STEPS_A_DRAW, BURN_IN = 11, 1000
STEP = 2.4 / sqrt(len(NAMES))
"""Of the posterior's standard deviations: Gelman, Roberts and Gilks (1996)."""


def proposal() -> ot.Normal:
    """Return the law of a step."""
    covariance = np.diag(np.square(SDS))
    shared = covariance @ np.array(SLOPES)
    covariance -= np.outer(shared, shared) / (np.array(SLOPES) @ shared + SIGMA**2)
    return ot.Normal([0.0] * len(NAMES), ot.CovarianceMatrix((STEP**2 * covariance).tolist()))


def prepare() -> Job:
    """Return the job."""
    prior = ot.JointDistribution([ot.Normal(mean, sd) for mean, sd in zip(MEANS, SDS, strict=True)])
    terms = " + ".join(f"({slope!r}) * {name}" for slope, name in zip(SLOPES, NAMES, strict=True))
    law_of_seen = ot.SymbolicFunction([*NAMES], [f"{LOG_SCALE!r} + {terms}", repr(SIGMA)])

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        ot.RandomGenerator.SetSeed(seed)
        walk = ot.RandomWalkMetropolisHastings(prior, [*MEANS], proposal())
        walk.setLikelihood(ot.Normal(), ot.Sample([[log(SEEN)]]), law_of_seen)
        walk.setBurnIn(BURN_IN)
        logs = np.array(walk.getSample(STEPS_A_DRAW * posterior_draws(draws))).T
        figures = describe_rows(np.concatenate([logs, np.exp(LOG_SCALE + np.array([SLOPES]) @ logs)]))
        clock.stop()
        return figures

    return job
