"""Cells of a tabulated law as the numbers that `kernels.cells` reads.

Sums are written out, so that every machine makes the same cells of one table.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache

import numpy as np

from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.cells import HEADER, MANTISSA_BITS, TERMS, quantiles_at, scores_of_tails
from mcdemand.kernels.elementary import EXPONENT_BIAS

OCTAVES, OCTAVE_BITS = 12, 6
PER_OCTAVE = 1 << OCTAVE_BITS
SHARE_BITS = MANTISSA_BITS - OCTAVE_BITS
FIRST = ((EXPONENT_BIAS - OCTAVES - 1) << OCTAVE_BITS) - 1
"""Leading bits of the largest tail that lies below all cells."""
TOLERANCE, SMALLEST_SHARE = 1e-9, 1e-6
"""Relative error of a cell; values nearer to 0 than that share of the law's spread are measured against it."""
REMARKABLE = (0.16, -0.16, 0.5)
"""Tails that the spread is measured between, and the middle."""

NODES = (0.0, 3 / 32, 11 / 32, 21 / 32, 29 / 32, 1.0)
"""Shares of a cell at which its polynomial is the function: nearly where a Chebyshev polynomial is extreme."""
CHECKED = (3 / 64, 0.5, 61 / 64)
SHARES = np.array([*NODES, *CHECKED])
NOTHING = np.full((1, TERMS), np.nan)

Quantile = Callable[[float, Floats], float]


def _basis() -> Floats:
    """Return the coefficients (node, power) of the polynomials that are 1 at one node and 0 at the others."""
    nodes = [Fraction(node) for node in NODES]
    found = []
    for node in nodes:
        terms = [Fraction(1)]
        for other in nodes:
            if other != node:
                raised, kept = [Fraction(0), *terms], [*terms, Fraction(0)]
                terms = [(a - other * b) / (node - other) for a, b in zip(raised, kept, strict=True)]
        found.append([float(term) for term in terms])
    return np.array(found)


BASIS = _basis()


def in_cells(quantile: Quantile, own: Floats) -> Floats:
    """Return the numbers of `kernels.cells.cell_row` for a law.

    Parameters
    ----------
    quantile, own
        The law's own kernel and its numbers, `quantile(z, own)` at a normal score.
    """
    with np.errstate(all="ignore"):
        values = quantiles_at(quantile)(_scores(), own)
    low, high, middle = values[: len(REMARKABLE)]
    below, above = values[len(REMARKABLE) :].reshape(2, -1, SHARES.size)
    spread = abs(float(high - low))
    half = np.zeros((1, TERMS))
    half[0, 0] = middle
    cells = [NOTHING, _fit(below, spread, 1.0), half, NOTHING, _fit(above, spread, -1.0), half]
    return _pack(np.concatenate(cells), own)


@cache
def _scores() -> Floats:
    """Return the normal scores at which every law is asked for: the remarkable tails, then (side, cell, share)."""
    tails = _tails().ravel()
    with np.errstate(all="ignore"):
        return scores_of_tails(np.concatenate([REMARKABLE, tails, -tails]))


def _tails() -> Floats:
    """Return the lower tails (cell, share) at which the function is asked for."""
    octaves = np.ldexp(1.0, np.arange(-OCTAVES - 1, -1))
    starts = (octaves[:, None] * (1 + np.arange(PER_OCTAVE) / PER_OCTAVE)).ravel()
    return np.asarray(starts[:, None] + np.repeat(octaves / PER_OCTAVE, PER_OCTAVE)[:, None] * SHARES)


def _fit(values: Floats, spread: float, direction: float) -> Floats:
    """Return the coefficients of cells (cell, power) through values (cell, share), NaN where they miss the function.

    They must rise, too, with a tail that does (direction 1) or does not (-1).
    """
    start = values[:, :1]
    with np.errstate(all="ignore"):
        found: Floats = np.zeros((values.shape[0], TERMS))
        for k in range(1, TERMS):
            found += (values[:, k, None] - start) * BASIS[k]
        found[:, 0] = start[:, 0]
        allowed = TOLERANCE * np.maximum(np.abs(values), SMALLEST_SHARE * spread)
        fits = np.abs(_evaluate(found) - values) <= allowed
        fits &= direction * _evaluate(found[:, 1:] * np.arange(1, TERMS)) >= 0
    found[~fits.all(axis=1)] = np.nan
    return found


def _evaluate(coefficients: Floats) -> Floats:
    """Return the values (cell, share) of polynomials (cell, power)."""
    found: Floats = np.zeros((coefficients.shape[0], SHARES.size))
    for k in reversed(range(coefficients.shape[1])):
        found = found * SHARES + coefficients[:, k, None]
    return found


def _pack(cells: Floats, own: Floats) -> Floats:
    """Return the header, the cells (cell, power) of both sides, and the law's own numbers."""
    return np.concatenate([[SHARE_BITS, FIRST, cells.shape[0] // 2, HEADER + cells.size], cells.ravel(), own])
