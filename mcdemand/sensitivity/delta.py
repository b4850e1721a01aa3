"""Moment-independent delta: how far the law of the output moves, on average, when a parameter becomes known."""

from __future__ import annotations

import numpy as np

from mcdemand.crew import do_jobs
from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.distances import store_held_out
from mcdemand.sensitivity._classes import MOST_CLASSES, Classes, check_whole, classify
from mcdemand.sensitivity._method import Estimate, Index, Method
from mcdemand.sensitivity._parts import MOST_PARTS, count_parts, part_stops

CLASSES = 96
REACHES = np.array([0, 1, 4, 16])
"""Of so many classes."""
MARGIN = 3.0
"""Errors by which single cells must be better than others: they have most chances, and are for what jumps."""
MOST_OF_CHOICE = 2.0
"""Of the error that comes from the draws: what the choice of a reach may add at most."""
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
    up to 1, 4 or 16 of 96 away are added (not along a parameter or a row of few values), or none if that is clearly
    better. That is unbiased for its A, and as no A has more than delta, too low by what a wrong choice costs, which is
    of second order; the largest mean over parts is taken. It may lie a little below 0.

    What is left, by classes c and draws n: an output that is the parameter itself lacks 1 / c, laws with jumps lack up
    to that; normal models less than two standard errors up to n = 65,000; independent ones have 0.5 / sqrt(n) on
    average.

    Examples
    --------
    >>> x = np.random.default_rng(0).random((2, 10_000))
    >>> estimate(x, 3 * x[:1] + x[1:])["delta"].round(2)
    array([[0.69],
           [0.1 ]])
    """
    dealt = np.random.default_rng(DEALER_SEED).permutation(y.shape[1])
    found = estimate_with_errors(x[:, dealt], y[:, dealt], min(MOST_PARTS, y.shape[1]), 1, classes=classes)
    return {"delta": found["delta"].value}


def estimate_with_errors(
    x: Floats, y: Floats, chains: int, threads: int, *, classes: int = CLASSES
) -> dict[str, Estimate]:
    """Return what `estimate` does, the parts being independent chains one after the other, with errors from these.

    The choice of a reach has an error too: how far the second largest mean lies below the largest, up to twice the
    error that this has from the draws.

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
        return [_mean_and_error(_distances(kind, levels, stops)) for kind in kinds]

    found = np.array(do_jobs(measure, y, threads))
    value, error = np.moveaxis(found, 0, 1).transpose(2, 0, 1)
    return {"delta": Estimate(value, error, len(stops) - 1)}


def _distances(kind: Classes, levels: Classes, stops: Integers) -> Floats:
    """Return P(A) - Q(A) by part and reach."""
    distances = np.empty((stops.size, REACHES.size))
    store_held_out(count_parts(kind.labels, levels.labels, stops), _reaches(kind), _reaches(levels), distances)
    return distances


def _reaches(one: Classes) -> Integers:
    """Return how many classes away each reach goes."""
    reaches: Integers = REACHES * (0 if one.discrete else int(one.labels.max()) + 1) // CLASSES
    return reaches


def _mean_and_error(distances: Floats) -> tuple[float, float]:
    """Return the largest mean over parts, and its standard error with that of the choice of its reach."""
    means = distances.mean(axis=0)
    best = int(means[1:].argmax()) + 1
    gain = distances[:, 0] - distances[:, best]
    if gain.mean() > MARGIN * _error(gain):
        best = 0
    choice, drawn = means[best] - np.delete(means, best).max(), _error(distances[:, best])
    return float(means[best]), float(np.hypot(drawn, np.clip(choice, 0.0, MOST_OF_CHOICE * drawn)))


def _error(values: Floats) -> float:
    """Return the standard error of a mean over parts; NaN for one part."""
    return float(values.std(ddof=1) / np.sqrt(values.size)) if values.size > 1 else np.nan


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
