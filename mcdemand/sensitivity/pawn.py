"""PAWN: how far the distribution function of the output moves when a parameter lies in one of its classes."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import kolmogi

from mcdemand.kernels.arrays import Bytes, Floats
from mcdemand.kernels.classes import largest_gaps
from mcdemand.sensitivity._classes import MOST_CLASSES, check_whole, classify
from mcdemand.sensitivity._method import Index, Method

CLASSES = 10


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

    Chance alone makes distances positive. `ks_dummy` is the median to expect where the output is independent of a
    continuous parameter: the median of Kolmogorov's law, at the size of a class (Stephens 1970 for few draws), for
    draws that are independent of each other; those of design sobol give about a quarter less. What lies about there
    says nothing. Rare values of a discrete parameter make small classes, whose distances are larger by chance.

    Examples
    --------
    >>> x = np.random.default_rng(0).random((2, 1000))
    >>> found = estimate(x, x[:1])
    >>> [found[name].round(2).tolist() for name in ("ks_median", "ks_max", "ks_dummy")]
    [[[0.7], [0.08]], [[0.9], [0.1]], [0.08]]
    """
    count = check_whole("classes", classes, 2, MOST_CLASSES)
    labels = np.stack([classify(row, count).labels for row in x])
    sizes = np.stack([np.bincount(row, minlength=int(labels.max()) + 1) for row in labels]).astype(np.float64)
    gaps = np.stack([_gaps(labels, sizes, row) for row in y], axis=-1)
    gaps[sizes == 0] = np.nan
    return {
        "ks_median": np.nanmedian(gaps, axis=1),
        "ks_max": np.nanmax(gaps, axis=1),
        "ks_mean": np.nanmean(gaps, axis=1),
        "ks_dummy": np.full(len(y), _expected(y.shape[1], count)),
    }


def _gaps(labels: Bytes, sizes: Floats, outputs: Floats) -> Floats:
    """Return distances (parameter, class) of one row."""
    order = np.argsort(outputs)
    ordered = outputs[order]
    below = np.searchsorted(ordered, ordered, side="left") / ordered.size
    reached = np.searchsorted(ordered, ordered, side="right") / ordered.size
    gaps = np.zeros_like(sizes)
    largest_gaps(labels, sizes, order, below, reached, gaps, np.zeros_like(sizes))
    return gaps


def _expected(draws: int, classes: int) -> float:
    """Return the median distance of a class from all draws where they have one law."""
    if classes >= draws:
        return 1.0
    others = 1 - 1 / classes
    root = math.sqrt(draws / classes * others)
    return min(1.0, others * float(kolmogi(0.5)) / (root + 0.12 + 0.11 / root))


METHOD = Method(
    name="pawn",
    title="PAWN, distances of distribution functions",
    design="given_data",
    indices={
        "ks_median": Index("PAWN index, median over classes"),
        "ks_max": Index("PAWN index, largest over classes"),
        "ks_mean": Index("PAWN index, mean over classes"),
        "ks_dummy": Index("PAWN index to expect of a parameter without influence", dims=(), has_error=False),
    },
    estimate=estimate,
    scale="raw",
    notice="distances of few draws are too large (ks_dummy is what chance alone gives): "
    "intervals say where other draws of as many would put them, not where more would",
    dependence="respected",
    options={"classes": CLASSES},
)
