"""W2 in OpenTURNS: its Sobol' sequence, laws, parsed formula and estimators, two threads.

`MauntzKucherenkoSensitivityAlgorithm` has the first-order estimator of Saltelli et al. (2010), the mean of
f_B (f_AB - f_A), and `JansenSensitivityAlgorithm` the total one; `SaltelliSensitivityAlgorithm` is that of 2002. All
divide by the variance of f_A alone, and none bootstraps unless it is asked for intervals.

`SobolSequence` has no scramble: points are shifted at random. `SobolIndicesExperiment` takes as long, but shifts no
points in 22 dimensions, so the design is put together here. The beta law comes from a table, because its own quantile
takes half of the time of the design. A vectorised `PythonFunction` takes longer than the formula, and so does a design
made in NumPy, because `Sample` copies arrays slowly.
"""

from __future__ import annotations

import numpy as np

# Imported by the program, not by the file of the peer.
import openturns as ot

from benchmarks.peers import _problem as problem
from benchmarks.peers._peer import Clock, Figures
from benchmarks.peers._w1 import CAP, CHIP, COUNT, EFF_TOTAL, NAMES, REASON_MULT, REASON_RATE, SHARE, beta_icdf

LAWS = (
    ot.LogNormal(*EFF_TOTAL),
    ot.Uniform(0.5, 3),
    ot.LogNormal(*REASON_MULT),
    ot.Uniform(0, 1),
    ot.Normal(2, 0.7),
    ot.LogNormal(*REASON_RATE),
    ot.Normal(0.6, 0.25),
    ot.LogUniform(CAP[0], sum(CAP)),
    ot.LogUniform(CHIP[0], sum(CHIP)),
    ot.Uniform(0.1, 0.6),
    ot.Triangular(0, 0.3, 0.9),
)
FORMULA = """
var usage := adoption_cap / (1 + (adoption_cap - 1) * exp(-growth / (1 - 1 / adoption_cap) * 10));
var mix := 1 + reason_share_max / (1 + exp(-reason_rate * (10 - reason_mid))) * (reason_mult - 1);
var gain := (1 - exp(-6.931471805599453 / eff_halflife)) * ln(eff_total) + (1 - exp(-chip_rate * 10)) * ln(chip_total);
log_demand := ln(usage * mix) + (elasticity - 1) * gain;
demand := exp(log_demand);
"""
MODEL = ot.SymbolicFunction(NAMES, ["demand", "log_demand"], FORMULA)
DISTRIBUTION = ot.JointDistribution([*LAWS, *LAWS])


def draw(seed: int, points: int) -> ot.Sample:
    """Return the parameters of A and of B beside one another: 22 columns."""
    ot.RandomGenerator.SetSeed(seed)
    experiment = ot.LowDiscrepancyExperiment(ot.SobolSequence(), DISTRIBUTION, points)
    experiment.setRandomize(True)
    found = experiment.generate()
    for column in (SHARE, SHARE + COUNT):
        found[:, column] = ot.Sample(beta_icdf(np.asarray(found)[:, column])[:, None])
    return found


def stack(pairs: ot.Sample) -> ot.Sample:
    """Return A, B, and A with each column from B, below one another, as the algorithms want them."""
    design = pairs.getMarginal(range(COUNT))
    design.add(pairs.getMarginal(range(COUNT, 2 * COUNT)))
    for i in range(COUNT):
        design.add(pairs.getMarginal([j + COUNT if j == i else j for j in range(COUNT)]))
    return design


def job(seed: int, draws: int, clock: Clock) -> Figures:
    """Return the indices."""
    design = stack(draw(seed, draws))
    clock.mark("draw")
    outputs = MODEL(design)
    first = ot.MauntzKucherenkoSensitivityAlgorithm(design, outputs, draws)
    total = ot.JansenSensitivityAlgorithm(design, outputs, draws)
    raw, logs = (
        {"first": list(first.getFirstOrderIndices(k)), "total": list(total.getTotalOrderIndices(k))} for k in range(2)
    )
    return {**problem.figures(raw, logs), "shifted": True}
