"""W1 at more draws than are kept: mean, p5, p50, p95 and p99.9 of every year; what memory that takes."""

from __future__ import annotations

from functools import cache

from benchmarks.cases._case import Case, Figures, Reference, read_reference

ONE_PASS = 0.001
"""What a quantile may be off, as a share, where draws are looked at once."""


@cache
def reference() -> Reference:
    """Return what 64 runs of NumPy and SciPy found."""
    return read_reference("streaming")


def check(found: Figures, draws: int, rounding: float) -> None:
    """Raise unless mean (year) and quantiles (year, level) are those of W1."""
    reference().check(found, draws, rounding + ONE_PASS)


CASE = Case(
    name="streaming",
    title="W1 without keeping draws",
    says="The mean, p5, p50, p95 and p99.9 of demand in eleven years; who cannot do without keeping them keeps them.",
    draws=(10**7, 10**4),
    check=check,
    error=lambda found: reference().error(found),
    rounds=5,
)
