"""Regional sensitivity: which values of a parameter lead to the worst share of an output."""

from __future__ import annotations

import numpy as np

from mcdemand.crew import do_jobs
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.gaps import compare_rows
from mcdemand.sensitivity._kolmogorov import kolmogorov_tail
from mcdemand.sensitivity._method import Estimate, Index, Method
from mcdemand.sensitivity._parts import NOTICE, Gaps, levels_of, measure_gaps, part_stops, without_chance
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

    Chance makes the distance of a parameter without effect 0.87 / sqrt(n) on average: `distance_with_errors` takes that
    off. The p-value is that of the plain distance.

    Examples
    --------
    >>> x = np.linspace(0.0, 1.0, 1000)[np.newaxis]
    >>> found = regional(x, x)
    >>> found["ks_distance"].item(), found["level_worst"][:, 0, 0].round(3).tolist()
    (1.0, [0.905, 0.95, 0.995])
    """
    _check(tail, share)
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


def distance_with_errors(
    x: Floats, y: Floats, chains: int, threads: int, *, tail: str = "upper", share: float = 0.1
) -> dict[str, Estimate]:
    """Return `ks_distance` less what chance adds, with errors from independent chains one after the other.

    It is looked for at 1,000 levels of a parameter, or at all of its values if there are no more. What is left may lie
    a little below 0; see `_parts.without_chance`.

    Examples
    --------
    >>> x = np.random.default_rng(0).random((2, 16_000))
    >>> distance_with_errors(x, x[:1], chains=16, threads=1)["ks_distance"].value.round(2).tolist()
    [[1.0], [0.02]]
    """
    _check(tail, share)
    worst = [worst_draws(row, share, tail).astype(np.uint16) for row in y]
    stops = part_stops(y.shape[1], chains)

    def measure(row: Floats) -> list[tuple[Floats, Floats]]:
        levels = levels_of(row)
        return [_distance(measure_gaps(marks, levels, stops), 1 - float(marks.mean())) for marks in worst]

    value, error = np.moveaxis(np.array(do_jobs(measure, x, threads)), -1, 0)
    return {"ks_distance": Estimate(value, error, len(stops) - 1)}


def _distance(gaps: Gaps, rest: float) -> tuple[Floats, Floats]:
    """Return the distance of the last class from the rest, which are a share of all draws, and its error."""
    return without_chance(gaps.distances[:, -1] / rest, gaps.shares[:, -1] / rest)


def _check(tail: str, share: float) -> None:
    check_tail(tail)
    check_between("share", share, 0.0, 1.0, "0.1 is the worst decile")


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
    estimate_with_errors=distance_with_errors,
    scale="raw",
    notice=NOTICE,
    dependence="respected",
    options={"tail": "upper", "share": 0.1},
    labels={"quantile": list(QUANTILES)},
)
