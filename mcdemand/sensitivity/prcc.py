"""Partial rank correlation: the link of a parameter with an output that the other parameters do not account for."""

from __future__ import annotations

import numpy as np

from mcdemand.kernels.arrays import Floats
from mcdemand.sensitivity._method import Index, Method
from mcdemand.sensitivity._ranks import RESOLUTION, centered_ranks, correlations, pseudo_inverse


def estimate(x: Floats, y: Floats) -> dict[str, Floats]:
    """Return the partial rank correlation of every parameter with every row given all others, in [-1, 1].

    Parameters
    ----------
    x
        (parameter, draw) values.
    y
        (row, draw) outputs.

    Notes
    -----
    The correlation of what linear regression on the ranks of all other parameters leaves of the ranks of x_j and of y
    (Iman and Helton 1988); average ranks where values are equal. Where the correlation matrix R of (x, y) has an
    inverse P, it is -P_jy / sqrt(P_jj P_yy). Regressions use pseudo-inverses, so R may be singular. Where the others
    leave less than 1e-10 of the variance of x_j or of y, nothing is left to be correlated and it is 0: so for a
    constant, and for a parameter that repeats others. It measures how tight the link is, not how far the output moves:
    a parameter of little effect has a large one where little else moves the output.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[1.0, 2.0, 3.0, 4.0], [1.0, -1.0, -1.0, 1.0]])
    >>> estimate(x, 10 * x[:1] + x[1])["partial_rank_correlation"].round(3)
    array([[1.],
           [0.]])
    """
    ranks = centered_ranks(x)
    own, with_rows = correlations(ranks, ranks), correlations(ranks, centered_ranks(y))
    partial = [_partial(own, with_rows, parameter) for parameter in range(len(x))]
    return {"partial_rank_correlation": np.array(partial).reshape(with_rows.shape)}


def _partial(own: Floats, with_rows: Floats, parameter: int) -> Floats:
    """The partial correlation of a parameter with every row, from (parameter, parameter) and (parameter, row) ones."""
    others = np.arange(len(own)) != parameter
    inverse, shared = pseudo_inverse(own[np.ix_(others, others)]), with_rows[others]
    weights = inverse @ own[others, parameter]
    left_x = own[parameter, parameter] - own[others, parameter] @ weights
    left_y = 1 - np.sum(shared * (inverse @ shared), axis=0)
    together = with_rows[parameter] - weights @ shared
    left = np.where((left_x > RESOLUTION) & (left_y > RESOLUTION), left_x * left_y, np.inf)
    partial: Floats = np.clip(together / np.sqrt(left), -1, 1)
    return partial


METHOD = Method(
    name="prcc",
    title="partial rank correlation",
    design="given_data",
    indices={"partial_rank_correlation": Index("partial rank correlation")},
    estimate=estimate,
    scale="raw",
    dependence="respected",
)
