"""The shipped model with its priors `consensus`: seven outputs in twelve years, mean and quantiles of each."""

from __future__ import annotations

from functools import cache

from benchmarks.cases._case import Case, Figures, Reference, read_reference
from benchmarks.peers._exports import OUTPUTS

CARRIED = "energy"
"""Ten of a million draws carry half of the variance of its mean, so that a mean's error says little."""


@cache
def reference() -> Reference:
    """Return what 64 runs of NumPy and SciPy found, which read the priors and state the equations for themselves."""
    found = read_reference("consensus")
    return Reference(found.runs, _without_carried(found.figures), _without_carried(found.spread))


def _without_carried(figures: Figures) -> Figures:
    means = [mean for name, mean in zip(OUTPUTS, figures["mean"], strict=True) if name != CARRIED]
    return {"mean": means, "quantiles": figures["quantiles"]}


def check(found: Figures, draws: int, rounding: float) -> None:
    """Raise unless mean (output, year), but one, and quantiles (output, year, level) are those of the model."""
    reference().check(_without_carried(found), draws, rounding)


CASE = Case(
    name="consensus",
    title="The shipped model",
    says="The priors `consensus`, 37 uncertain parameters with eleven correlations; of seven outputs in twelve years "
    "the mean and five quantiles of all draws.",
    draws=(10**6, 10**4),
    check=check,
    error=lambda found: reference().error(_without_carried(found)),
)
