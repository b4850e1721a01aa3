"""Smooth functions of normal scores by lines between the edges of 2^15 cells, in array operations without a search."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from benchmarks.peers._rows import Array
from benchmarks.peers._w1 import CHIP

Indices = np.ndarray[Any, np.dtype[np.intp]]
SPAN = 8.5
CELLS = 2**15
SCALE = CELLS / (2 * SPAN)


def edges() -> Array:
    """Return the scores at the edges of cells."""
    return np.linspace(-SPAN, SPAN, CELLS + 1)


def share_edges() -> Array:
    """Return the Beta(5, 2) share at edges: a line between them is within 4e-9."""
    from scipy.special import betaincinv, ndtr

    return 1 - betaincinv(2, 5, ndtr(-edges()))


def log_chip_edges() -> Array:
    """Return the logarithm of `chip_total` at edges: a line between them is within 5e-8."""
    from scipy.special import ndtr

    return CHIP[0] + CHIP[1] * ndtr(edges())


class ScoreTable:
    """Values at the lower edges of cells, and what they rise by to the next."""

    def __init__(self, values: Array) -> None:
        self.values, self.rises = values[:-1].copy(), np.diff(values)

    def look_up(self, scores: Array, cells: Indices, out: Array, work: Array) -> None:
        """Put the function of scores into `out`."""
        np.multiply(scores, SCALE, out=out)
        out += CELLS / 2
        np.floor(out, out=work)
        np.copyto(cells, work, casting="unsafe")
        out -= work
        self.rises.take(cells, out=work, mode="clip")
        out *= work
        self.values.take(cells, out=work, mode="clip")
        out += work


@cache
def share_table() -> ScoreTable:
    """Return the table of shares."""
    return ScoreTable(share_edges())


def share_icdf(u: Array) -> Array:
    """Return the quantile of the share by its normal score."""
    from scipy.special import ndtri

    out, work = np.empty_like(u), np.empty_like(u)
    share_table().look_up(ndtri(u), np.empty(u.shape, dtype=np.intp), out, work)
    return out
