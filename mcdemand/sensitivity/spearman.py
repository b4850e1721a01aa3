"""Spearman's rank correlation of every parameter with every output."""

from __future__ import annotations

from mcdemand.kernels.arrays import Floats
from mcdemand.sensitivity._method import Index, Method
from mcdemand.sensitivity._ranks import centered_ranks, correlations


def estimate(x: Floats, y: Floats) -> dict[str, Floats]:
    """Return the rank correlation of every parameter with every row, without a unit, in [-1, 1].

    Parameters
    ----------
    x
        (parameter, draw) values; a constant parameter has correlation 0.
    y
        (row, draw) outputs.

    Notes
    -----
    Pearson's correlation of the ranks; equal values share the average of their ranks (Spearman 1904). It sees how
    monotone the link is: a parameter that moves an output up, then down, may have 0. It is a link, not a cause: a
    parameter without effect is correlated with the output through those it is itself correlated with.

    Examples
    --------
    >>> import numpy as np
    >>> estimate(np.array([[1.0, 2.0, 3.0]]), np.array([[1.0, 10.0, 100.0]]))["rank_correlation"]
    array([[1.]])
    """
    return {"rank_correlation": correlations(centered_ranks(x), centered_ranks(y))}


METHOD = Method(
    name="spearman",
    title="rank correlation (Spearman)",
    design="given_data",
    indices={"rank_correlation": Index("Spearman's rank correlation")},
    estimate=estimate,
    scale="raw",
    dependence="respected",
)
