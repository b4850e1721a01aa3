"""Draws to disk and flushed: 7 outputs in 12 years in each array format, beside a plain copy of the bytes."""

from __future__ import annotations

from benchmarks.cases._case import Case, Figures

ROUNDING = 1e-12
"""Sums depend on the order of their numbers."""


def check(found: Figures, draws: int, rounding: float) -> None:
    """Raise unless each file, read again, has the sum of all its numbers."""
    for name, (before, after) in found.items():
        if not abs(after - before) <= (ROUNDING + rounding) * abs(before):
            raise AssertionError(f"{name}: the numbers add up to {after}, not {before}, of {draws} draws")


CASE = Case(
    name="exports",
    title="Exports of draws",
    says="Seven outputs in twelve years, 672 bytes a draw, written and flushed to disk.",
    draws=(10**6, 4096),
    check=check,
    rounds=5,
    by_phase=True,
)
