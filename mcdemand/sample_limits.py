"""How far into the tails a number of independent draws reaches."""

from __future__ import annotations

from typing import Any

import numpy as np

from mcdemand.kernels.arrays import Floats

FEWEST_BEYOND = 10
ROUNDING = 1e-9


def is_beyond_sample(levels: Any, draws: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return whether fewer than 10 draws are expected on the far side of each quantile.

    Such a quantile hangs on the few largest or smallest draws, and another seed moves it far.

    Examples
    --------
    >>> is_beyond_sample([0.5, 0.999], 1000).tolist()
    [False, True]
    """
    p = np.asarray(levels, dtype=np.float64)
    beyond: np.ndarray[Any, np.dtype[np.bool_]] = np.minimum(p, 1 - p) * draws < FEWEST_BEYOND * (1 - ROUNDING)
    return beyond


def is_open_ended(below: Floats, above: Floats, draws: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return whether an interval between two shares of the sorted draws reaches past the smallest or the largest.

    No order statistic bounds it there, so half its length is no standard error: that one is unknown, NaN. Infinite
    would say that the error is known and has no bound, and would spoil every figure that the error is drawn into.
    """
    ends: np.ndarray[Any, np.dtype[np.bool_]] = (below * draws < 1) | (above * draws > draws - 1)
    return ends


def draws_for(levels: Any) -> int:
    """Return the draws that put the farthest of some levels inside the sample.

    Examples
    --------
    >>> draws_for([0.5, 0.999])
    10000
    """
    p = np.asarray(levels, dtype=np.float64)
    return int(np.ceil(FEWEST_BEYOND / np.min(np.minimum(p, 1 - p)) * (1 - ROUNDING)))
