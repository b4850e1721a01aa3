"""Standardised regression: how many sd an output moves with one sd of a parameter, and how well a line fits."""

from __future__ import annotations

import numpy as np

from mcdemand.kernels.arrays import Floats
from mcdemand.sensitivity._method import Index, Method
from mcdemand.sensitivity._ranks import correlations, pseudo_inverse, standardized


def estimate(x: Floats, y: Floats) -> dict[str, Floats]:
    """Return signed standardised coefficients (parameter, row), and the share r_squared (row) of the variance.

    Parameters
    ----------
    x
        (parameter, draw) values.
    y
        (row, draw) outputs.

    Notes
    -----
    Least squares of (y - mean) / sd on all (x_j - mean) / sd (Saltelli et al. 2008), for all rows from one correlation
    matrix. Where parameters are independent and the output is linear in them, the square of a coefficient is the
    first-order index and r_squared is 1; a small r_squared says that the coefficients describe little. Where parameters
    are correlated, a coefficient is the effect of one while the others stay as they are. Parameters that repeat each
    other share their effect equally (the solution of least norm; directions with less than 1e-10 of the largest
    variance are left out), and a constant one has 0.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[1.0, -1.0, 1.0, -1.0], [1.0, 1.0, -1.0, -1.0]])
    >>> indices = estimate(x, 3 * x[:1] - 4 * x[1])
    >>> indices["standardized_coefficient"].round(12), indices["r_squared"].round(12)
    (array([[ 0.6],
           [-0.8]]), array([1.]))
    """
    inputs = standardized(x)
    with_rows = correlations(inputs, standardized(y))
    coefficients = pseudo_inverse(correlations(inputs, inputs)) @ with_rows
    explained = np.clip(np.sum(coefficients * with_rows, axis=0), 0, 1)
    return {"standardized_coefficient": coefficients, "r_squared": explained}


METHOD = Method(
    name="src",
    title="standardised linear regression",
    design="given_data",
    indices={
        "standardized_coefficient": Index("standardised regression coefficient"),
        "r_squared": Index("share of the variance that the regression explains", dims=()),
    },
    estimate=estimate,
    dependence="respected",
)
