"""How an output differs where a parameter lies low and where it lies high, from draws that exist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from mcdemand.given_data import BATCHES, Draws, estimate_given_data
from mcdemand.kernels.arrays import Floats
from mcdemand.sensitivity._method import Index, Method
from mcdemand.sensitivity._worst import worst_draws
from mcdemand.sensitivity.spearman import estimate as rank_correlation

SHARE = 0.1
FEWEST_DRAWS = 100
"""So that ten draws are in a tenth."""


class Swing(NamedTuple):
    """What an output does along one parameter.

    Attributes
    ----------
    low, high
        Median of the output's draws where the parameter lies in its lowest and in its highest tenth.
    mcse
        Standard error of `high - low`; NaN if there is none.
    low_end, high_end
        Largest value of the lowest tenth and smallest of the highest.
    correlation
        Spearman's rank correlation of parameter and output.
    """

    name: str
    low: float
    high: float
    mcse: float
    low_end: float
    high_end: float
    correlation: float

    @property
    def swing(self) -> float:
        """How far the two medians lie apart."""
        return abs(self.high - self.low)


def tenths(x: Floats, y: Floats) -> dict[str, Floats]:
    """Return the medians of (row, draw) outputs where a (parameter, draw) lies low and high: (parameter, row).

    Draws that tie with the end of a tenth are in it, so that a parameter of few values has more than a tenth there.

    Examples
    --------
    >>> x = np.arange(100.0)[np.newaxis]
    >>> tenths(x, x)["low"].item()
    4.5
    """
    ends = {"low": "lower", "high": "upper"}
    found = {
        end: np.array([_median(y, worst_draws(row, SHARE, tail)) for row in x]).reshape(len(x), len(y))
        for end, tail in ends.items()
    }
    return found | {"difference": found["high"] - found["low"]}


def _median(y: Floats, marks: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Floats:
    # Of a parameter that is constant within a chain no draw is marked: it does not move the output there.
    found: Floats = np.median(y[:, marks] if marks.any() else y, axis=1)
    return found


METHOD = Method(
    name="tenths",
    title="an output's median in the lowest and in the highest tenth of a parameter",
    design="given_data",
    indices={key: Index(key, unit="output") for key in ("difference", "low", "high")},
    estimate=tenths,
    dependence="respected",
    scale="raw",
)


def swings(parameters: Mapping[str, Floats], output: Floats, chains: int, *, is_independent: bool) -> list[Swing]:
    """Return the swing of every parameter that varies, the widest first; none if there are too few draws.

    Parameters
    ----------
    parameters, output
        Draws, chain after chain.
    is_independent
        Whether draws of a single chain may be cut into batches for the errors.
    """
    varying = {name: values for name, values in parameters.items() if np.ptp(values) > 0}
    if not varying or output.size < FEWEST_DRAWS:
        return []
    rows = np.array([*varying.values()], dtype=np.float64)
    replicates = chains if chains > 1 else BATCHES if is_independent else 1
    draws = Draws([rows], output[np.newaxis].astype(np.float64), replicates)
    found = estimate_given_data(METHOD, draws, {}, 1)
    related = rank_correlation(rows, draws.rows)["rank_correlation"]
    medians = [found[key].value[:, 0] for key in ("low", "high")]
    table = zip(varying, *medians, found["difference"].mcse[:, 0], *_ends(rows), related[:, 0], strict=True)
    return sorted((Swing(name, *map(float, numbers)) for name, *numbers in table), key=lambda one: -one.swing)


def _ends(rows: Floats) -> Sequence[list[float]]:
    lows = [float(row[worst_draws(row, SHARE, "lower")].max()) for row in rows]
    return lows, [float(row[worst_draws(row, SHARE, "upper")].min()) for row in rows]
