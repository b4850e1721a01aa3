"""W2: first and total Sobol' indices of W1's eleven parameters, of demand and of its logarithm, in the last year."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.cases._case import ERRORS, Case, Figures

REFERENCE = Path(__file__).with_name("references") / "w2.json"
BASE_POINTS = 2**14
KINDS = ("first", "total")
MARGIN, ROUNDING, OWN_ERRORS = 1.5, 1e-5, 7.0
"""How far an index may lie off: so many times the largest error of 1,000 single runs. Where a tool prints errors, so
many of those, of 15 degrees of freedom: beyond lies one index in 200,000."""


@cache
def reference() -> dict[str, Any]:
    """Return the indices (scale, kind, parameter) of sixteen scrambles of 2^20 points, and what single runs leave."""
    found: dict[str, Any] = json.loads(REFERENCE.read_text(encoding="utf-8"))
    return found


def check(found: Figures, draws: int, rounding: float) -> None:
    """Raise unless first and total (scale, parameter) lie where single runs do.

    `found` may say that its points were `shifted` at random and not scrambled, and what `errors` it prints.
    """
    stored = reference()
    points = "shifted" if found.get("shifted") else "scrambled"
    largest = MARGIN * np.array(stored[f"{points}_largest"]) * max(1.0, BASE_POINTS / draws)
    own = OWN_ERRORS * _table(found["errors"]) if "errors" in found else largest
    off = np.abs(_table(found) - np.array(stored["figures"]))
    # Written so that NaN fails.
    if not np.all(off <= own + ERRORS * np.array(stored["errors"]) + ROUNDING + rounding):
        raise AssertionError(f"indices {_table(found)}, off by {off}, allowed {own}")


def _table(found: Figures) -> Any:
    """Return (scale, kind, parameter)."""
    return np.stack([np.array(found[kind]) for kind in KINDS], axis=1)


CASE = Case(
    name="w2",
    title="W2: Sobol' indices",
    says="First-order and total indices of eleven independent parameters, of demand and of its logarithm; 13 "
    "evaluations a base point, and draws are base points.",
    draws=(BASE_POINTS, BASE_POINTS),
    check=check,
    rounds=9,
)
