"""W1: eleven parameters, two correlations, eleven years; draws to exact order statistics of every year."""

from __future__ import annotations

from functools import cache

from benchmarks.cases._case import Case, Figures, Reference, read_reference

SHORTEST = frozenset({"interval_high"})


@cache
def reference() -> Reference:
    """Return what 64 runs of NumPy and SciPy found, with the equations as they are stated.

    The low end of a shortest interval lies at the edge of the law, so it has no error that scales with draws.
    """
    found = read_reference("w1")
    return Reference(found.runs, _without_low_end(found.figures), _without_low_end(found.spread))


def _without_low_end(figures: Figures) -> Figures:
    ends = figures["interval"]
    return {"mean": figures["mean"], "quantiles": figures["quantiles"], "interval_high": [high for _, high in ends]}


def check(found: Figures, draws: int, rounding: float) -> None:
    """Raise unless mean (year), quantiles (year, level) and interval (year, end) are those of W1."""
    reference().check(_without_low_end(found), draws, rounding, SHORTEST)
    for (low, _), (p5, *_) in zip(found["interval"], found["quantiles"], strict=True):
        if not 0 <= low <= p5:
            raise AssertionError(f"interval: begins at {low}, beyond p5, {p5}")


CASE = Case(
    name="w1",
    title="W1: draws, trajectories, exact summary",
    says="Eleven parameters, two of eleven correlations not 0, demand in eleven years; of every year the mean, five "
    "quantiles of all draws and the shortest 90 % interval.",
    draws=(10**6, 10**4),
    check=check,
    error=lambda found: reference().error(_without_low_end(found)),
    rounds=7,
)
