"""Pieces of a quantile function as the numbers that `kernels.pieces` reads: even cells first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mcdemand.errors import NumericalError
from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.pieces import CELL, HEADER, PIECE

LAST_SCORE = 8.5
MOST_PIECES = 2**17
CELLS, SEARCHED_SHARE = (256, 1024, 2048, 4096, 8192), 1e-3
"""Numbers of even cells, and how probable it may be that a draw falls into one of several pieces."""
CHECKED_SHARES = (0.0, 0.2, 0.45, 0.7, 0.9, 1.0 - 2.0**-40)
TOLERANCE = 1e-10
SMALLEST_SHARE = 1e-6
"""Values nearer to 0 than that share of the law's spread are measured against it."""


def pack(knots: Floats, start: Floats, coefficients: Floats, end: Floats) -> Floats:
    """Return the numbers of `kernels.pieces.piecewise`.

    Parameters
    ----------
    knots
        (piece) scores, ascending.
    start, end
        (piece) values at both ends of a piece.
    coefficients
        (piece, 3) of the score beyond the knot, its square and its cube.

    Raises
    ------
    NumericalError
        If there are too many pieces.
    """
    if knots.size > MOST_PIECES:
        raise NumericalError(f"the quantile function needs more than {MOST_PIECES} pieces; state a simpler law")
    pieces = np.column_stack([knots, start, coefficients, end])
    for cells in CELLS:
        table, share = _cells(pieces, cells)
        if share < SEARCHED_SHARE:
            break
    return np.concatenate([table, pieces.ravel()])


def _cells(pieces: Floats, cells: int) -> tuple[Floats, float]:
    """Return the header and so many even cells, and the probability of those in which a piece is searched for."""
    from scipy.special import ndtr

    knots, first = pieces[:, 0], float(pieces[0, 0])
    per = cells / (LAST_SCORE - first or 1.0)
    edges = first + np.arange(cells + 1) / per
    # The kernel's own arithmetic: rounding cannot put a knot into another cell than a score.
    cell_of = np.minimum(np.floor((knots - first) * per), cells - 1)
    places = np.arange(cells)
    opening = np.maximum(np.searchsorted(cell_of, places) - 1, 0)
    closing = np.searchsorted(cell_of, places, side="right") - 1
    low, rise_low = _evaluate(pieces, edges[:-1], np.searchsorted(knots, edges[:-1], side="right") - 1)
    high, rise_high = _evaluate(pieces, edges[1:], np.searchsorted(knots, edges[1:]) - 1)
    first_slope, last_slope = rise_low / per, rise_high / per
    cubic = np.column_stack(
        [
            low,
            first_slope,
            3 * (high - low) - 2 * first_slope - last_slope,
            first_slope + last_slope - 2 * (high - low),
            high,
        ]
    )
    several = ~_meets(pieces, cubic, edges[:-1], per)
    cubic[several, 0] = np.nan
    cubic[several, 1] = HEADER + CELL * cells + PIECE * opening[several]
    cubic[several, 2] = (closing - opening)[several]
    share = float(np.diff(ndtr(edges))[several].sum())
    return np.concatenate([[first, per, cells - 1], cubic.ravel()]), share


def _evaluate(pieces: Floats, z: Floats, places: Integers) -> tuple[Floats, Floats]:
    """Return values and slopes at scores, by the pieces at some places."""
    knot, value, c1, c2, c3, end = pieces[np.maximum(places, 0)].T
    d = np.maximum(z - knot, 0.0)
    return np.clip(value + d * (c1 + d * (c2 + d * c3)), value, end), c1 + d * (2 * c2 + 3 * d * c3)


def _meets(pieces: Floats, cubic: Floats, starts: Floats, per: float) -> NDArray[np.bool_]:
    """Return in which cells a single cubic rises and is as near as the pieces are."""
    low, c1, c2, c3, high = cubic.T
    fits = (high >= low) & np.isfinite(cubic).all(axis=1)
    spread = float(np.ptp(_evaluate(pieces, z := np.array([-1.0, 1.0]), np.searchsorted(pieces[:, 0], z) - 1)[0]))
    for s in CHECKED_SHARES:
        z = starts + s / per
        exact, _ = _evaluate(pieces, z, np.searchsorted(pieces[:, 0], z, side="right") - 1)
        allowed = TOLERANCE * np.maximum(np.abs(exact), SMALLEST_SHARE * spread)
        fits &= (np.abs(low + s * (c1 + s * (c2 + s * c3)) - exact) <= allowed) & (c1 + s * (2 * c2 + 3 * s * c3) >= 0)
    return np.asarray(fits)
