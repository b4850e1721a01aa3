"""Quantile functions in pieces, for laws with atoms, gaps or kinks: made once, evaluated by `kernels.pieces`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mcdemand.distributions._packing import LAST_SCORE, MOST_PIECES, SMALLEST_SHARE, pack
from mcdemand.errors import NumericalError
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import exp

TOLERANCE = 2e-11
ROUNDS = 60
ROUNDING = 64 * np.finfo(float).eps
"""How far a score may be off: near an atom, levels close to 1/2 cannot tell the end of a tail from its middle."""
CLOSE = 4 * np.finfo(float).eps
VALUE_ROUNDING = 4 * np.finfo(float).eps
"""How far a value may be off, as a share of the numbers that it is the difference of."""
FIRST_SCORES = np.linspace(-LAST_SCORE, LAST_SCORE, 65)
"""Normal scores that pieces begin with."""

Scores = Callable[[Floats], tuple[Floats, Floats]]
"""From values to the normal scores of the probability of less, and of no more."""
Density = Callable[[Floats], Floats]
Function = Callable[[Floats], Floats]


class Nodes(NamedTuple):
    """Values, ascending, with their scores from both sides and the slopes of the quantile function on both sides.

    `is_new` tells which ones came last: intervals between others are known to be met.
    """

    values: Floats
    less: Floats
    below: Floats
    before: Floats
    after: Floats
    is_new: NDArray[np.bool_]


def tail_scores(below: Floats, above: Floats) -> Floats:
    """Return the normal scores of levels, from the tail in which they are small.

    Parameters
    ----------
    below, above
        Probabilities of no more, and of more; each computed without cancellation.
    """
    from scipy.special import ndtri

    return np.asarray(np.where(below < above, ndtri(below), -ndtri(above)))


def scores_of(below: Floats, above: Floats) -> Floats:
    """Return `tail_scores`, none beyond +-8.5."""
    return np.asarray(np.clip(tail_scores(below, above), -LAST_SCORE, LAST_SCORE))


def clipped(scores: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """Return scores, none beyond +-8.5."""
    less, below = (np.clip(z, -LAST_SCORE, LAST_SCORE) for z in scores)
    return less, below


def pack_steps(values: Floats, below: Floats, above: Floats) -> Floats:
    """Return the numbers of a law that draws only some values.

    Parameters
    ----------
    values
        (value), ascending.
    below, above
        (value) probabilities of no more, and of more.
    """
    knots = np.append(-LAST_SCORE, scores_of(below, above)[:-1])
    # A value that comes up less often than a double can tell has no piece.
    kept = np.append(knots[1:] > knots[:-1], knots[-1] < LAST_SCORE)
    kept[0] |= not kept.any()
    return pack(knots[kept], values[kept], np.zeros((int(kept.sum()), 3)), values[kept])


def pack_hermite(scores: Floats, values: Floats, slopes: Floats) -> Floats:
    """Return the numbers of cubics through values with slopes at ascending scores, held constant outside."""
    return _pack_between(Nodes(values, scores, scores, slopes, slopes, np.ones(values.shape, dtype=bool)))


def pack_inverse(scores: Scores, density: Density, start: Sequence[float] | Floats) -> Floats:
    """Return the numbers of the inverse of a distribution function, as exact as 2e-11 of the value.

    Parameters
    ----------
    scores
        The normal scores at some values.
    density
        The density at some values, atoms left out.
    start
        Values to begin with: all atoms, kinks and ends of gaps, and enough others between the least and the largest.

    Notes
    -----
    Between two values the quantile function is a cubic of the normal score with its own slopes phi(z) / f(x), at most
    three times the secant, so that it rises (Fritsch and Carlson 1980). An interval is halved until the cubic meets the
    function in its middle.

    Raises
    ------
    NumericalError
        If that takes too many pieces.
    """
    # Of 0 and -0 a sort may leave either, so there is but one.
    nodes = _nodes(scores, density, np.unique(np.asarray(start, dtype=np.float64) + 0.0))
    for _ in range(ROUNDS):
        extra = _misses(scores, nodes)
        if not extra.size:
            break
        if nodes.values.size + extra.size > MOST_PIECES:
            raise NumericalError(f"the quantile function needs more than {MOST_PIECES} pieces; state a simpler law")
        nodes = _merged(nodes, _nodes(scores, density, extra))
    return _pack_between(nodes)


def pack_function(value: Function, slope: Function, start: Sequence[float] | Floats, operands: float = 0.0) -> Floats:
    """Return the numbers of a quantile function of the normal score that is known, as exact as 2e-11 of the value.

    Nearer to 0, as exact as the rounding of what the value is computed from.

    Parameters
    ----------
    value, slope
        The function and its derivative at (score) scores.
    start
        Scores of its kinks.
    operands
        The size of what values near 0 are the difference of, beside the law's spread.

    Raises
    ------
    NumericalError
        If that takes too many pieces.
    """
    nodes = _known_nodes(
        value, slope, np.unique(np.concatenate([FIRST_SCORES, np.clip(start, -LAST_SCORE, LAST_SCORE)]))
    )
    spread = float(np.diff(value(np.array([-1.0, 1.0])))[0])
    rounding = VALUE_ROUNDING * (spread + operands)
    for _ in range(ROUNDS):
        d = np.diff(nodes.less) / 2
        open_ = (nodes.is_new[:-1] | nodes.is_new[1:]) & (d > ROUNDING)
        cubics, d = _cubics(nodes)[0][open_], d[open_]
        middle = nodes.less[:-1][open_] + d
        exact = value(middle)
        found = nodes.values[:-1][open_] + d * (cubics[:, 0] + d * (cubics[:, 1] + d * cubics[:, 2]))
        allowed = TOLERANCE * np.abs(exact) + ROUNDING * np.diff(nodes.values)[open_] + rounding
        extra = middle[~(np.abs(found - exact) <= allowed)]
        if not extra.size:
            break
        if nodes.values.size + extra.size > MOST_PIECES:
            raise NumericalError(f"the quantile function needs more than {MOST_PIECES} pieces; state a simpler law")
        nodes = _merged(nodes, _known_nodes(value, slope, extra))
    return _pack_between(nodes)


def _known_nodes(value: Function, slope: Function, scores: Floats) -> Nodes:
    before, after = slope(np.nextafter(scores, -np.inf)), slope(np.nextafter(scores, np.inf))
    return Nodes(value(scores), scores, scores, before, after, np.ones(scores.shape, dtype=bool))


def _nodes(scores: Scores, density: Density, values: Floats) -> Nodes:
    less, below = scores(values)
    with np.errstate(all="ignore"):
        before = _slope(less, density(np.nextafter(values, -np.inf)))
        after = _slope(below, density(np.nextafter(values, np.inf)))
    return Nodes(values, less, below, before, after, np.ones(values.shape, dtype=bool))


def _slope(z: Floats, density: Floats) -> Floats:
    """Return dx / dz; infinite where there is no density."""
    slope = exp(-0.5 * z * z) / np.sqrt(2 * np.pi) / density
    return np.where(np.isnan(slope), np.inf, slope)


def _merged(one: Nodes, other: Nodes) -> Nodes:
    """Return old nodes and new ones together."""
    one = one._replace(is_new=np.zeros(one.is_new.shape, dtype=bool))
    order = np.argsort(np.concatenate([one.values, other.values]), kind="stable")
    return Nodes(*(np.concatenate(pair)[order] for pair in zip(one, other, strict=True)))


def _cubics(nodes: Nodes) -> tuple[Floats, NDArray[np.bool_]]:
    """Return (interval, 3) coefficients, and which intervals have any probability."""
    h, rise = nodes.less[1:] - nodes.below[:-1], np.diff(nodes.values)
    has_mass = h > 0
    with np.errstate(all="ignore"):
        secant = np.where(has_mass, rise / h, 0.0)
        first, last = np.minimum(nodes.after[:-1], 3 * secant), np.minimum(nodes.before[1:], 3 * secant)
        found = np.column_stack([first, (3 * secant - 2 * first - last) / h, (first + last - 2 * secant) / h**2])
    return found, has_mass


def _misses(scores: Scores, nodes: Nodes) -> Floats:
    """Return the middles of the intervals in which the cubic misses the function."""
    left, right = nodes.values[:-1], nodes.values[1:]
    cubics, has_mass = _cubics(nodes)
    spread = float(np.diff(np.interp([-1.0, 1.0], nodes.below, nodes.values))[0])
    middle = _middles(left, right, SMALLEST_SHARE * spread)
    is_open = right - left > CLOSE * np.maximum(np.abs(left), np.abs(right))
    open_ = has_mass & is_open & (nodes.is_new[:-1] | nodes.is_new[1:])
    middle, cubics, left = middle[open_], cubics[open_], left[open_]
    less, below = scores(middle)
    d = 0.5 * (less + below) - nodes.below[:-1][open_]
    found = left + d * (cubics[:, 0] + d * (cubics[:, 1] + d * cubics[:, 2]))
    steepest = np.abs(np.diff(nodes.values)[open_]) / (nodes.less[1:] - nodes.below[:-1])[open_]
    allowed = TOLERANCE * np.maximum(np.abs(middle), SMALLEST_SHARE * spread) + ROUNDING * steepest
    # Written so that NaN is a miss.
    return np.asarray(middle[~((np.abs(found - middle) <= allowed) & (less == below))])


def _middles(left: Floats, right: Floats, smallest: float) -> Floats:
    """Return values between others: geometric middles where these are far apart, as a tail spans many powers of ten."""
    near = np.where(left > 0, np.maximum(left, smallest), np.minimum(right, -smallest))
    far = np.where(left > 0, right, left)
    is_far = ((left > 0) | (right < 0)) & (np.abs(far) > 4 * np.abs(near))
    return np.where(is_far, np.sign(far) * np.sqrt(np.abs(near)) * np.sqrt(np.abs(far)), left / 2 + right / 2)


def _pack_between(nodes: Nodes) -> Floats:
    """Pack the cubics of the intervals, and a flat piece for each atom."""
    cubics, has_mass = _cubics(nodes)
    is_atom = nodes.below > nodes.less
    knots = np.concatenate([nodes.below[:-1][has_mass], nodes.less[is_atom]])
    start = np.concatenate([nodes.values[:-1][has_mass], nodes.values[is_atom]])
    end = np.concatenate([nodes.values[1:][has_mass], nodes.values[is_atom]])
    coefficients = np.concatenate([cubics[has_mass], np.zeros((int(is_atom.sum()), 3))])
    if not knots.size:
        raise NumericalError("its numbers are too large, or too close to each other, to compute with")
    order = np.argsort(knots, kind="stable")
    return pack(knots[order], start[order], coefficients[order], end[order])
