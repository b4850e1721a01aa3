"""How far a simpler law is from the draws that it stands for, at three levels."""

from __future__ import annotations

from typing import Any

import numpy as np

from mcdemand.kernels.arrays import Floats

CHECKED = (0.05, 0.5, 0.95)
ROUGH = 0.02
"""A misfit from which a note is made."""


def misfit(values: Floats, found: Any) -> float:
    """Return the largest error of p5, p50 and p95, as a share of the value.

    Of draws that are not all positive it is a share of their sd where that is larger, as a value can be 0.

    Parameters
    ----------
    found
        The law's p5, p50 and p95.

    Examples
    --------
    >>> round(misfit(np.arange(1.0, 101.0), [5.95, 50.5, 104.555]), 6)
    0.1
    """
    true = np.quantile(values, CHECKED)
    # In units of the largest, as squares and differences of doubles can overflow.
    unit = float(np.abs(values).max()) or 1.0
    true, found = true / unit, np.asarray(found) / unit
    scale = true if values.min() > 0 else np.maximum(np.abs(true), np.std(values / unit))
    return float(np.max(np.abs(found - true) / scale)) if scale.all() else 0.0


def named(labels: list[str]) -> str:
    """Return the first label and how many more there are."""
    return labels[0] if len(labels) == 1 else f"{labels[0]} and {len(labels) - 1} more"
