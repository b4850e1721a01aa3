"""PAWN: how far the distribution function of the output moves when a parameter lies in one of its classes."""

from __future__ import annotations

import numpy as np

from mcdemand.crew import do_jobs
from mcdemand.kernels.arrays import Floats
from mcdemand.sensitivity._classes import MOST_CLASSES, Classes, check_whole, classify, edges_beside
from mcdemand.sensitivity._method import Estimate, Index, Method
from mcdemand.sensitivity._parts import NOTICE, Gaps, levels_of, measure_gaps, part_stops, whole_gaps, without_chance

CLASSES = 10
NAMES = ("ks_median", "ks_max", "ks_mean")


def estimate(x: Floats, y: Floats, *, classes: int = CLASSES) -> dict[str, Floats]:
    """Return the median, largest and mean distance over the classes of each parameter for each row, in [0, 1].

    Parameters
    ----------
    x
        (parameter, draw), in any units. A parameter with no more values than classes, such as a category's code, has
        each value as a class.
    y
        (row, draw), in any units.
    classes
        Classes of a parameter, 2 to 200.

    Raises
    ------
    InputError
        If `classes` is out of range.

    Notes
    -----
    The distance is that of Kolmogorov and Smirnov, max |F(y) - F(y | x in class)| (Pianosi and Wagener 2015, equation
    3), from given data by classes that hold equal numbers of draws (Pianosi and Wagener 2018). Classes are those of
    SALib, but for two things: SALib leaves the largest value out of every class, and so loses a category of a discrete
    parameter; and it puts a value that fills a class together with those above it.

    Distribution functions are compared at 1,000 levels of the output, or at all of its values if there are no more.

    Chance alone makes distances positive: where the output is independent of the parameter, the median is about
    0.83 sqrt((classes - 1) / draws). `estimate_with_errors` takes that off.

    Examples
    --------
    >>> x = np.random.default_rng(0).random((2, 1000))
    >>> found = estimate(x, x[:1])
    >>> [found[name].round(2).tolist() for name in ("ks_median", "ks_max", "ks_mean")]
    [[[0.7], [0.08]], [[0.9], [0.1]], [[0.7], [0.08]]]
    """
    kinds, levels = _classes(x, classes), [levels_of(row) for row in y]
    gaps = [[whole_gaps(one.labels, row) for row in levels] for one in kinds]
    found = np.array([[np.matvec(_weights(one), one) for one in line] for line in gaps])
    return dict(zip(NAMES, np.moveaxis(found, -1, 0), strict=True))


def estimate_with_errors(
    x: Floats, y: Floats, chains: int, threads: int, *, classes: int = CLASSES
) -> dict[str, Estimate]:
    """Return what `estimate` does less what chance adds, with errors from independent chains one after the other.

    What is left may lie a little below 0; see `_parts.without_chance`. Classes move with the draws that set their
    edges, which the errors know.

    Examples
    --------
    >>> x = np.random.default_rng(0).random((2, 16_000))
    >>> found = estimate_with_errors(x, x[:1], chains=16, threads=1)["ks_median"]
    >>> found.value.round(2).tolist()
    [[0.7], [0.0]]
    """
    kinds, stops = _classes(x, classes), part_stops(y.shape[1], chains)
    edges = [edges_beside(row, one) for row, one in zip(x, kinds, strict=True)]

    def measure(row: Floats) -> Floats:
        levels = levels_of(row)
        gaps = [measure_gaps(one.labels, levels, stops, beside) for one, beside in zip(kinds, edges, strict=True)]
        return np.array([without_chance(*_summarize(one)) for one in gaps])

    found = np.array(do_jobs(measure, y, threads))
    values, errors = np.moveaxis(found, 0, 1).transpose(2, 3, 0, 1)
    return {name: Estimate(values[k], errors[k], len(stops) - 1) for k, name in enumerate(NAMES)}


def _classes(x: Floats, classes: int) -> list[Classes]:
    count = check_whole("classes", classes, 2, MOST_CLASSES)
    return [classify(row, count) for row in x]


def _summarize(gaps: Gaps) -> Gaps:
    """Return median, largest and mean over classes in place of the classes."""
    weights = _weights(gaps.distances)
    return Gaps(*(np.matvec(weights, gaps.distances), weights @ gaps.shares))


def _weights(distances: Floats) -> Floats:
    """Return (..., summary, class), what each class counts in the median, the largest and the mean."""
    order, count = np.argsort(distances, axis=-1, kind="stable"), distances.shape[-1]
    weights = np.zeros((*distances.shape[:-1], 3, count))
    weights[..., 2, :] = 1 / count
    for summary, places in enumerate(([(count - 1) // 2, count // 2], [count - 1])):
        for place in places:
            chosen = order[..., place, np.newaxis] == np.arange(count)
            weights[..., summary, :] += chosen / len(places)
    return weights


METHOD = Method(
    name="pawn",
    title="PAWN, distances of distribution functions",
    design="given_data",
    indices={
        "ks_median": Index("PAWN index, median over classes"),
        "ks_max": Index("PAWN index, largest over classes"),
        "ks_mean": Index("PAWN index, mean over classes"),
    },
    estimate=estimate,
    estimate_with_errors=estimate_with_errors,
    scale="raw",
    notice=NOTICE,
    dependence="respected",
    options={"classes": CLASSES},
)
