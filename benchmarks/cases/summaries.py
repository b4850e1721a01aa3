"""Exact summaries of draws that are there: mean, five quantiles and the shortest interval of eleven rows."""

from __future__ import annotations

import numpy as np

from benchmarks.cases._case import Case, Figures
from benchmarks.peers._rows import rows, summarize

EXACT = 1e-12


def check(found: Figures, draws: int, rounding: float) -> None:
    """Raise unless the figures are those of a full sort, which peers' own rows are the same for."""
    exact = summarize(rows(int(found["seed"]), draws))
    for name, values in exact.items():
        np.testing.assert_allclose(found[name], values, rtol=EXACT + rounding, err_msg=name)


CASE = Case(
    name="summaries",
    title="Exact summaries",
    says="The mean, five quantiles and the shortest 90 % interval of eleven rows of heavy-tailed numbers.",
    draws=(10**6, 10**4),
    check=check,
)
