"""Regional sensitivity: which values of a parameter lead to the worst share of an output."""

from __future__ import annotations

import numpy as np

from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.gaps import compare_rows
from mcdemand.sensitivity._kolmogorov import kolmogorov_tail
from mcdemand.sensitivity._method import Index, Method
from mcdemand.sensitivity._worst import check_between, check_tail, worst_draws

QUANTILES = (0.05, 0.5, 0.95)


def regional(x: Floats, y: Floats, *, tail: str = "upper", share: float = 0.1) -> dict[str, Floats]:
    """Return how each parameter's values among the worst draws of a row differ from those among the rest.

    Parameters
    ----------
    x
        (parameter, draw) values of the parameters, in any units: only their order counts.
    y
        (row, draw) outputs.
    tail
        Which outputs are the worst: "upper", the largest, or "lower".
    share
        The share of draws that are the worst, in (0, 1); draws that tie with them are among them.

    Returns
    -------
    dict
        `ks_distance` and `p_value` (parameter, row), and `level_worst` (quantile, parameter, row): the p5, p50 and p95
        of the parameter among the worst draws, as levels in (0, 1) of its whole sample.

    Raises
    ------
    InputError
        If an option is none of its values.

    Notes
    -----
    D = max_x abs(F_worst(x) - F_rest(x)), the two-sample Kolmogorov-Smirnov distance: 0 where the parameter does not
    matter, 1 where its value decides (Hornberger and Spear 1981; Saltelli et al. 2008, chapter 5, "Monte Carlo
    filtering"). The p-value is P(D_n >= D), n = round(m1 m2 / (m1 + m2)) of m1 worst draws and m2 others, as in
    SciPy's `ks_2samp(method="asymp")`; it takes draws as independent of each other, and is too large where values tie.

    Draws of equal value share the levels between those of the values beside it evenly, so that a parameter without
    effect has the levels 0.05, 0.5 and 0.95 whatever its values, a constant one too.

    Examples
    --------
    >>> x = np.linspace(0.0, 1.0, 1000)[np.newaxis]
    >>> found = regional(x, x)
    >>> found["ks_distance"].item(), found["level_worst"][:, 0, 0].round(3).tolist()
    (1.0, [0.905, 0.95, 0.995])
    """
    check_tail(tail)
    check_between("share", share, 0.0, 1.0, "0.1 is the worst decile")
    worst = np.array([worst_draws(row, share, tail) for row in y], dtype=np.uint8)
    counts = worst.sum(axis=1, dtype=np.int64)
    gaps = np.zeros((x.shape[0], y.shape[0]), dtype=np.int64)
    levels = np.empty((x.shape[0], y.shape[0], len(QUANTILES)))
    levels[:] = QUANTILES
    for j, values in enumerate(x):
        order = np.argsort(values)
        ends = np.append(values[order[1:]] != values[order[:-1]], True).astype(np.uint8)
        compare_rows(order, ends, worst, counts, np.array(QUANTILES), gaps[j], levels[j])
    pairs = np.maximum(counts * (x.shape[1] - counts), 1)
    distance = gaps / pairs
    chance = _p_values(distance, pairs / x.shape[1])
    return {"ks_distance": distance, "p_value": chance, "level_worst": np.moveaxis(levels, -1, 0)}


def _p_values(distance: Floats, sizes: Floats) -> Floats:
    """Return P(D_n >= D), (parameter, row), of rows with their own n."""
    rounded = np.round(sizes).astype(np.int64)
    tails = np.ones(distance.shape)
    for size in np.unique(rounded[rounded > 0]):
        rows = rounded == size
        tails[:, rows] = kolmogorov_tail(distance[:, rows], int(size))
    return tails


METHOD = Method(
    name="regional",
    title="regional sensitivity: which values lead to the worst outputs",
    design="given_data",
    indices={
        "ks_distance": Index("Kolmogorov-Smirnov distance of the worst draws from the rest"),
        "p_value": Index("p-value of the distance", has_error=False, neutral=1.0),
        "level_worst": Index(
            "level of the parameter among the worst draws", ("quantile", "parameter"), neutral=QUANTILES
        ),
    },
    estimate=regional,
    scale="raw",
    notice="distances of few draws are too large where a parameter matters little: "
    "intervals say where other draws of as many would put them, not where more would",
    dependence="respected",
    options={"tail": "upper", "share": 0.1},
    labels={"quantile": list(QUANTILES)},
)
