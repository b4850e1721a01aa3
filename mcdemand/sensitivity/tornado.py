"""Tornado: an output where one parameter lies low, then high, the others held at their medians, and drawn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mcdemand.kernels.arrays import Floats
from mcdemand.registry import look_up
from mcdemand.sensitivity._levels import checked_levels
from mcdemand.sensitivity._method import Estimate, Experiment, Index, Method

MEDIAN = 0.5
OTHERS = ("at_medians", "drawn")


def _median(draws: Floats) -> Floats:
    found: Floats = np.median(draws, axis=-1)
    return found


def _mean(draws: Floats) -> Floats:
    found: Floats = np.mean(draws, axis=-1)
    return found


STATISTICS: dict[str, Callable[[Floats], Floats]] = {"median": _median, "mean": _mean}


def estimate(experiment: Experiment, *, range: tuple[float, float], statistic: str) -> dict[str, Estimate]:
    """Return the output at both ends of every parameter, how far they are apart, and the output in between.

    Parameters
    ----------
    range
        Levels of the parameter's prior at its low and at its high end: (0.05, 0.95) is p5 and p95.
    statistic
        Of the output's draws where the others are drawn: "median" or "mean".

    Returns
    -------
    dict
        `swing`, |high - low|; `low` and `high`, the output where the parameter lies low and high; dims (others,
        parameter, row). `baseline`, dims (others, row). `others` is "at_medians", where each of the others lies at the
        median of its prior: a figure of one evaluation, without Monte Carlo error, which ignores correlations; and
        "drawn", where the others are drawn given this one.

    Raises
    ------
    InputError
        If an option is out of range.

    Notes
    -----
    Low and high of "drawn" are the medians (or means) of y given x_j at its p5 and at its p95; both are on the same
    luck, so the swing is exactly 0 where an output depends neither on the parameter nor on one that is correlated with
    it. The error of a swing is that of high - low, which is the same but for a swing within its own error of 0.
    """
    levels = checked_levels(range)
    look_up(statistic, STATISTICS, "statistic")
    still, still_base = _at_medians(experiment, levels)
    drawn, error = _drawn(experiment, levels, STATISTICS[statistic])
    base = experiment.base()
    drawn_base, base_error = STATISTICS[statistic](base), experiment.error(STATISTICS[statistic], base)

    def labelled(one: Floats, other: Floats, mcse: Floats) -> Estimate:
        return Estimate(np.stack([one, other]), np.stack([np.zeros_like(mcse), mcse]), experiment.freedom)

    return {
        "swing": labelled(np.abs(still[2]), np.abs(drawn[2]), error[2]),
        "low": labelled(still[0], drawn[0], error[0]),
        "high": labelled(still[1], drawn[1], error[1]),
        "baseline": labelled(still_base, drawn_base, base_error),
    }


def _at_medians(experiment: Experiment, levels: tuple[float, float]) -> tuple[Floats, Floats]:
    """Return (end, parameter, row) low, high and high - low, and the (row) outputs at all medians."""
    count = len(experiment.parameters)
    places = np.full((count, 2 * count + 1), MEDIAN)
    for end, level in enumerate(levels):
        places[:, end * count : (end + 1) * count][np.diag_indices(count)] = level
    outputs = experiment.at(places).T
    low, high = outputs[:count], outputs[count:-1]
    return np.stack([low, high, high - low]), outputs[-1]


def _drawn(
    experiment: Experiment, levels: tuple[float, float], statistic: Callable[[Floats], Floats]
) -> tuple[Floats, Floats]:
    """Return (end, parameter, row) low, high and high - low, and their standard errors; one parameter at a time."""

    def ends(low: Floats, high: Floats) -> Floats:
        first, last = statistic(low), statistic(high)
        return np.stack([first, last, last - first])

    values, errors = [], []
    for j in range(len(experiment.parameters)):
        draws = [experiment.given(j, level) for level in levels]
        values.append(ends(*draws))
        errors.append(experiment.error(ends, *draws))
    return np.stack(values, axis=1), np.stack(errors, axis=1)


def _index(long_name: str, *dims: str) -> Index:
    return Index(long_name, ("others", *dims), "output")


METHOD = Method(
    name="tornado",
    title="each parameter at a low and at a high level",
    design="points",
    indices={
        "swing": _index("distance between low and high", "parameter"),
        "low": _index("where the parameter lies low", "parameter"),
        "high": _index("where the parameter lies high", "parameter"),
        "baseline": _index("where no parameter is moved"),
    },
    estimate=estimate,
    scale="raw",
    notice="where the others lie at their medians, correlations play no part",
    dependence="respected",
    options={"range": (0.05, 0.95), "statistic": "median"},
    labels={"others": OTHERS},
)
