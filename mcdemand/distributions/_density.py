"""A law from its density alone: integrated from both ends, so that both tails are exact."""

from __future__ import annotations

import math

import numpy as np

from mcdemand.distributions._form import Continuous
from mcdemand.distributions._pieces import Density
from mcdemand.errors import NumericalError
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.quadrature import legendre_rule

NODES, WEIGHTS = legendre_rule(16)
TOLERANCE = 1e-12
NEGLIGIBLE = 1e-24
"""A share of the whole integral that no draw can tell."""
EPSILON = 4 * np.finfo(float).eps
ROUNDS = 60
MOST_PANELS = 2**15


def _integrals(density: Density, left: Floats, right: Floats) -> Floats:
    """Return the integrals from (panel) left to right (Gauss and Legendre, 16 nodes)."""
    half = 0.5 * (right - left)[..., np.newaxis]
    x = left[..., np.newaxis] + half * (1 + NODES)
    # An end itself may have an infinite density.
    inner = (np.nextafter(left, np.inf)[..., np.newaxis], np.nextafter(right, -np.inf)[..., np.newaxis])
    return np.asarray((half * WEIGHTS * density(np.clip(x, *inner))).sum(axis=-1))


def _panels(density: Density, edges: Floats) -> tuple[Floats, Floats]:
    """Return edges, and the integral between neighbours, halved until it agrees with that of both halves.

    Raises
    ------
    NumericalError
        If that takes too many panels.
    """
    left, right = edges[:-1], edges[1:]
    done: list[tuple[Floats, Floats]] = []
    mass = 0.0
    for _ in range(ROUNDS):
        middle = 0.5 * (left + right)
        halves = _integrals(density, left, middle), _integrals(density, middle, right)
        both = halves[0] + halves[1]
        mass = max(mass, float(both.sum()))
        # Rounding moves a node by that share of a panel, and so its distance from where a density is infinite.
        rounding = EPSILON * np.maximum(np.abs(left), np.abs(right)) / (right - left)
        allowed = np.maximum((TOLERANCE + rounding) * both, NEGLIGIBLE * mass)
        is_done = (np.abs(_integrals(density, left, right) - both) <= allowed) | (middle <= left) | (middle >= right)
        done.append((left[is_done], both[is_done]))
        left, middle, right = left[~is_done], middle[~is_done], right[~is_done]
        if not left.size:
            break
        if left.size > MOST_PANELS:
            raise NumericalError("the density is too rough to integrate; state a simpler law")
        left, right = np.concatenate([left, middle]), np.concatenate([middle, right])
    starts, masses = (np.concatenate(parts) for parts in zip(*done, strict=True))
    order = np.argsort(starts)
    return np.append(starts[order], edges[-1]), masses[order]


def integrated(
    density: Density, edges: Floats, ends: tuple[float, float], kinks: tuple[float, ...] = ()
) -> tuple[Continuous, float]:
    """Return the law with a density in proportion to a function, and the integral of that.

    Parameters
    ----------
    density
        From (value) values to numbers that are not negative.
    edges
        Finite values, ascending: all kinks, and others that reach as far as the law has any probability to speak of.

    Raises
    ------
    NumericalError
        If the function is too rough, or its integral is 0 or infinite.
    """
    with np.errstate(all="ignore"):
        edges, masses = _panels(density, edges)
    mass = float(masses.sum())
    if not 0 < mass < math.inf:
        raise NumericalError(f"the density integrates to {mass:g}; state a law that has one")
    below, above = np.append(0.0, np.cumsum(masses)), np.append(np.cumsum(masses[::-1])[::-1], 0.0)

    def tails(x: Floats) -> tuple[Floats, Floats]:
        flat = np.clip(np.ravel(x), edges[0], edges[-1])
        panel = np.clip(np.searchsorted(edges, flat, side="right") - 1, 0, masses.size - 1)
        with np.errstate(all="ignore"):
            less = below[panel] + _integrals(density, edges[panel], flat)
            more = above[panel + 1] + _integrals(density, flat, edges[panel + 1])
        return np.minimum(less / mass, 1.0).reshape(np.shape(x)), np.minimum(more / mass, 1.0).reshape(np.shape(x))

    return Continuous(tails, lambda x: density(x) / mass, ends, tuple(edges.tolist()), kinks), mass
