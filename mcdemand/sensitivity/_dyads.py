"""Errors of means over pairs of draws of independent chains, each pair of two chains or of one."""

from __future__ import annotations

from math import isqrt
from typing import NamedTuple

import numpy as np

from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.rank_statistics import chain_sums, store_remainders

WIDTH, WIDTH_IN_SPACE = 3.0, 0.25
"""Draws of a block, in roots of their number: the fewer, the more chance in what a block is taken to explain; in space
more of them leave more that no line explains, which would make errors 2 to 4 times as large."""


class Partners(NamedTuple):
    """Draws in an order in which neighbours are alike.

    Attributes
    ----------
    order
        The draws.
    stops
        Where in the order each class of equal draws ends; a draw alone is a class.
    nearest
        (neighbour, place) places in the order of those that the draw at a place is compared with.
    is_line
        Whether the order is that of one column.
    """

    order: Integers
    stops: Integers
    nearest: Integers
    is_line: bool = True


def variances(rows: Floats, lines: Floats, values: Floats, partners: Partners, chains: Integers) -> Floats:
    """Return (2, row) parts of the variance of a mean of y_i y_next(i): that of chains, that of pairs of chains.

    Parameters
    ----------
    rows
        (row, draw) outputs, standardised.
    lines
        (row, draw) or (1, draw): along what outputs move within a block, without a unit.
    values
        By row, the mean of y_i y_next(i).
    chains
        By draw, the chain it belongs to, counted from 0.

    Notes
    -----
    With y = m + e, m = E[Y | X_j], the index is off by the mean of (1 + d) m e + m^2 - S y^2, where a draw is next
    to d others, a sum over chains, and by that of e_i e_next(i), a sum over pairs of chains. The sums of two pairs
    of chains are uncorrelated, and so are these with those of chains, however draws of a chain lean on each other:
    chains are independent, and e is 0 on average wherever x_j lies. So the variance is C / (C - 1) of the squares
    of the chains' sums about their mean, and the sum of squares over pairs of chains (clusters that cross:
    Fafchamps and Gubert 2007; Aronow, Samii and Assenova 2015; their estimator, without the split, may be negative,
    and counts m^2 three times since neighbours share it). m is a line in each block of neighbours; that
    the draw at an end is paired twice is left out.

    In a class of m equal draws each is compared with the mean of the others: the variance of e_i e_j over ordered pairs
    is 2 m / (m - 1) s^4 instead of the m s^4 of one partner each.
    """
    order, stops, nearest, is_line = partners
    blocks, weights = _blocks(stops, WIDTH if is_line else WIDTH_IN_SPACE), _weights(stops, nearest)
    walked = _unit_lines(lines[:, order], blocks)
    count, owners = int(chains.max()) + 1, chains[order].astype(np.uint16)
    found, (y, left) = np.empty((2, len(rows))), np.empty((2, order.size))
    for r, row in enumerate(rows):
        store_remainders(row, order, walked[min(r, len(walked) - 1)], blocks, y, left)
        linear, cells = chain_sums(y, left, values[r], nearest, weights, owners, count)
        pairs = np.tril(cells) + np.triu(cells, 1).T
        found[:, r] = count * linear.var(ddof=1), np.sum(pairs**2)
    return found / order.size**2


def _weights(stops: Integers, nearest: Integers) -> Floats:
    """How often each draw is another's partner, and what its own pairs count."""
    sizes = np.diff(stops, prepend=0)
    of_pairs = np.repeat(np.sqrt(2 / np.maximum(sizes - 1, 2)), sizes)
    return np.array([np.bincount(nearest.ravel(), minlength=of_pairs.size), of_pairs]) / len(nearest)


def _unit_lines(lines: Floats, stops: Integers) -> Floats:
    """Lines of mean 0 and sum of squares 1 in every block; 0 where they do not vary."""
    starts, sizes = np.append(0, stops[:-1]), np.diff(stops, prepend=0)
    # From the first value, so that equal ones leave exactly 0.
    level = lines - np.repeat(lines[:, starts], sizes, axis=1)
    level -= np.repeat(np.add.reduceat(level, starts, axis=1) / sizes, sizes, axis=1)
    norms = np.repeat(np.sqrt(np.add.reduceat(level**2, starts, axis=1)), sizes, axis=1)
    unit: Floats = np.divide(level, norms, out=np.zeros_like(level), where=norms > 0)
    return unit


def freedom(parts: Floats, chains: int) -> float:
    """Return degrees of freedom of the sums of (2, ...) parts of variances, one number for all (Satterthwaite 1946).

    Chains have one less than their number, pairs of chains as many as there are.
    """
    of_chains, of_pairs = parts.reshape(2, -1).sum(axis=1)
    total = of_chains + of_pairs
    if total == 0:
        return chains - 1
    return float(total**2 / (of_chains**2 / (chains - 1) + of_pairs**2 / (chains * (chains - 1) / 2)))


def _blocks(stops: Integers, roots: float) -> Integers:
    """Where blocks end that part no class."""
    draws = int(stops[-1])
    width = max(8, int(roots * isqrt(draws)))
    ends = stops[np.searchsorted(stops, np.arange(width, draws - width + 1, width))]
    return np.unique(np.append(ends, draws))
