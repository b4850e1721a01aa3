"""Conditioning by random-walk Metropolis-Hastings in OpenTURNS; the proposal is as wide as the exact posterior says.

Of so many steps one in eleven is worth a draw of its own, so that more are taken.
"""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import openturns as ot

from benchmarks.peers import _conditioning as case
from benchmarks.peers._peer import Clock, Figures, Job

STEPS_A_DRAW, BURN_IN = 11, 1000
STEP = 2.4 / sqrt(len(case.NAMES))
"""Of the posterior's standard deviations: Gelman, Roberts and Gilks (1996)."""


def proposal() -> ot.Normal:
    """Return the law of a step."""
    covariance = np.diag(np.square(case.SDS))
    shared = covariance @ np.array(case.SLOPES)
    covariance -= np.outer(shared, shared) / (np.array(case.SLOPES) @ shared + case.SIGMA**2)
    return ot.Normal([0.0] * len(case.NAMES), ot.CovarianceMatrix((STEP**2 * covariance).tolist()))


def prepare() -> Job:
    """Return the job."""
    prior = ot.JointDistribution([ot.Normal(mean, sd) for mean, sd in zip(case.MEANS, case.SDS, strict=True)])
    terms = " + ".join(f"({slope!r}) * {name}" for slope, name in zip(case.SLOPES, case.NAMES, strict=True))
    law_of_seen = ot.SymbolicFunction([*case.NAMES], [f"{case.LOG_SCALE!r} + {terms}", repr(case.SIGMA)])

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        ot.RandomGenerator.SetSeed(seed)
        walk = ot.RandomWalkMetropolisHastings(prior, [*case.MEANS], proposal())
        walk.setLikelihood(ot.Normal(), ot.Sample([[log(case.SEEN)]]), law_of_seen)
        walk.setBurnIn(BURN_IN)
        logs = np.array(walk.getSample(STEPS_A_DRAW * case.posterior_draws(draws))).T
        figures = case.describe_rows(np.concatenate([logs, np.exp(case.LOG_SCALE + np.array([case.SLOPES]) @ logs)]))
        clock.stop()
        return figures

    return job
