"""Moment-independent delta: how far the law of the output moves, on average, when a parameter becomes known."""

from __future__ import annotations

import numpy as np

from mcdemand.crew import do_jobs
from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.distances import store_held_out, store_held_out_by_halves
from mcdemand.sensitivity._classes import MOST_CLASSES, Classes, check_whole, classify
from mcdemand.sensitivity._method import Estimate, Index, Method
from mcdemand.sensitivity._parts import MOST_PARTS, count_parts, halves_of, part_stops

CLASSES = 96
REACHES = np.array([0, 1, 2, 4, 8, 16])
"""Of so many classes."""
USUAL = 4
"""Place of the reach that another must be better than, and by how many errors: finer ones have more chances."""
CLEARLY = np.array([3.0, 2.0, 2.0, 2.0, 0.0, 0.0])
COARSE = 3
"""Place of the first of three reaches that tell how costs fall of finer ones, which were not chosen for these."""
EDGES, SMOOTH = 2.0, 4.0
"""By what costs of adding up fall as reaches halve: where laws have edges, and where they are smooth."""
SPLITS = 4
"""Of the parts into halves."""
DEALER_SEED = 0


def estimate(x: Floats, y: Floats, *, classes: int = CLASSES) -> dict[str, Floats]:
    """Return delta of each parameter for each row: about 0 where the output is independent of it, at most 1.

    Parameters
    ----------
    x
        (parameter, draw), in any units. A parameter with no more values than classes, such as a category's code, has
        each value as a class.
    y
        (row, draw), in any units.
    classes
        The most classes of a parameter, and levels of a row, 2 to 200.

    Raises
    ------
    InputError
        If `classes` is out of range.

    Notes
    -----
    delta = E |f(y) - f(y | x)| / 2, the absolute value integrated over y (Borgonovo 2007, equation 9), from given data
    by classes of x (Plischke, Borgonovo and Smith 2013, equation 26). It is the most by which any set A of pairs is
    more probable than if x and y were independent, P(A) - Q(A), and does not change when x or y are replaced by their
    ranks: so instead of kernel densities there are cells of classes and levels that hold equal numbers of draws.

    Draws that choose A find it too probable by chance. So they are dealt into 16 parts, and of each part P(A) - Q(A) is
    taken of the A that the others choose: cells that hold more draws than if both were independent, once those of cells
    up to 8 or 16 of 96 away are added (not along a parameter or a row of few values), or up to 0, 1, 2 or 4 away if
    that is clearly better. That is unbiased for its A, and as no A has more than delta, too low by what a wrong choice
    costs:

    - of chance, a second-order cost that goes with 1 / n: A chosen by halves of the others tell how much (as in
      `_parts.without_chance`); half of it is added;
    - of adding cells up, which falls to 1 / r as reaches halve: of what twice as far costs more, 1 / (r - 1) is added.
      r is 4 (a smooth law), but up to 2 away what 16 away costs more than 8 over what 8 costs more than 4, if that is
      clear, and no less than 2 (edges).

    Both lie on the same side, so their sum is in the error, with the standard error of the second.

    What is found may lie a little below 0; of independent ones the mean is 0.8 / sqrt(n), and the spread as much. What
    is left, by classes c: an output that is the parameter itself lacks 1 / c, laws with jumps or peaks lack up to that.

    Examples
    --------
    >>> x = np.random.default_rng(0).random((2, 10_000))
    >>> estimate(x, 3 * x[:1] + x[1:])["delta"].round(2)
    array([[0.7 ],
           [0.11]])
    """
    dealt = np.random.default_rng(DEALER_SEED).permutation(y.shape[1])
    found = estimate_with_errors(x[:, dealt], y[:, dealt], min(MOST_PARTS, y.shape[1]), 1, classes=classes)
    return {"delta": found["delta"].value}


def estimate_with_errors(
    x: Floats, y: Floats, chains: int, threads: int, *, classes: int = CLASSES
) -> dict[str, Estimate]:
    """Return what `estimate` does, the parts being independent chains one after the other, with errors from these.

    The errors are those of the mean over parts, and of what is added to it, as root of squares.

    Examples
    --------
    >>> x = np.random.default_rng(0).random((1, 1600))
    >>> one = estimate_with_errors(x, x + x**2, chains=16, threads=1)["delta"]
    >>> one.value.round(2).item(), one.mcse.round(3).item()
    (0.99, 0.0)
    """
    count = check_whole("classes", classes, 2, MOST_CLASSES)
    stops = part_stops(y.shape[1], chains)
    kinds = [classify(row, count) for row in x]

    def measure(row: Floats) -> list[tuple[float, float]]:
        levels = classify(row, count)
        return [_delta(kind, levels, stops) for kind in kinds]

    found = np.array(do_jobs(measure, y, threads))
    value, error = np.moveaxis(found, 0, 1).transpose(2, 0, 1)
    return {"delta": Estimate(value, error, len(stops) - 1)}


def _delta(kind: Classes, levels: Classes, stops: Integers) -> tuple[float, float]:
    """Return delta and its error."""
    counts, across, along = count_parts(kind.labels, levels.labels, stops), _reaches(kind), _reaches(levels)
    distances = np.empty((stops.size, REACHES.size))
    store_held_out(counts, across, along, distances)
    best = _best_reach(distances)
    single = across[best] == along[best] == 0
    taken = [best, best if single else min(best + 1, REACHES.size - 1)]
    of_chance = _costs_of_chance(counts, across[taken], along[taken], distances[:, taken]) / 2
    near, far = (distances[:, taken] + of_chance).T
    of_reach = (near - far) / (_fall(distances, best) - 1)
    value, added = near + of_reach, of_chance[:, 0].mean() + of_reach.mean() + _error(of_reach)
    return float(value.mean()), float(np.hypot(_error(value), added))


def _reaches(one: Classes) -> Integers:
    """Return how many classes away each reach goes."""
    reaches: Integers = REACHES * (0 if one.discrete else int(one.labels.max()) + 1) // CLASSES
    return reaches


def _best_reach(distances: Floats) -> int:
    """Return the place of a reach by what is found (part, reach)."""
    gains = distances - distances[:, USUAL, np.newaxis]
    better = gains.mean(axis=0)
    clear = better > CLEARLY * _error(gains)
    clear[USUAL] = True
    return int(np.where(clear, better, -1.0).argmax())


def _fall(distances: Floats, best: int) -> float:
    """Return by what costs of adding up fall as reaches halve."""
    once, twice = -np.diff(distances[:, COARSE:]).T
    if best >= COARSE or not once.mean() > CLEARLY.max() * _error(once):
        return SMOOTH
    return float(np.clip(twice.mean() / once.mean(), EDGES, SMOOTH))


def _costs_of_chance(counts: Integers, across: Integers, along: Integers, distances: Floats) -> Floats:
    """Return what chance takes off (part, reach): what sets lose that so many fewer draws choose, told by halves."""
    parts = len(counts)
    if parts <= 2:
        return np.zeros_like(distances)
    halves = halves_of(parts).reshape(2, parts - 1, parts)[:, :SPLITS].reshape(-1, parts)
    by_halves = np.empty_like(distances)
    store_held_out_by_halves(counts, halves, across, along, by_halves)
    return (distances - by_halves) * parts / (parts - 2)


def _error(values: Floats) -> Floats:
    """Return the standard errors of means over parts, the first dimension; NaN for one part."""
    error: Floats = (
        values.std(axis=0, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.full(values.shape[1:], np.nan)
    )
    return error


METHOD = Method(
    name="delta",
    title="moment-independent delta",
    design="given_data",
    indices={"delta": Index("Moment-independent importance (delta)")},
    estimate=estimate,
    estimate_with_errors=estimate_with_errors,
    scale="raw",
    dependence="respected",
    options={"classes": CLASSES},
)
