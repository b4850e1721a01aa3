"""A walk from the row's own law: x_t = x_{t-1} + s e_t, or x_t = x_{t-1} exp(s e_t) where the law is positive.

The variance, of the logarithm where the walk multiplies, grows by s^2 a year (Box and Jenkins 1970, section 4.1).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from mcdemand.distributions._law import Law
from mcdemand.errors import InputError
from mcdemand.kernels import rows as operations
from mcdemand.kernels.arrays import Floats
from mcdemand.variations._keys import Key, number
from mcdemand.variations._rows import YearRows
from mcdemand.variations._variation import ADDITIVE, MULTIPLICATIVE, Moments, Values, Variation, axis_of


def complete(own: Law, values: Values) -> Values:
    """Return the values with the form that suits the axis."""
    if axis_of(own) == "bounded":
        raise InputError("varies: a random walk needs a law on the whole or the positive axis, not truncated")
    return {**values, "form": MULTIPLICATIVE if axis_of(own) == "positive" else ADDITIVE}


def fill(rows: YearRows, values: Values) -> None:
    """Apply the law to the first score, then step."""
    rows.put_own_law(rows.years[0])
    for row in rows.years[1:]:
        if values["form"] == MULTIPLICATIVE:
            rows.do(operations.multiply_step, [row, row - 1], [values["step"]])
        else:
            rows.do(operations.combine, [row, row - 1], [values["step"], 1.0])


def level_scores(_values: Values, z: float, years: int) -> list[float]:
    """Return scores with which the sum of the steps up to each year lies at the level of that sum."""
    return [z, *(z * (math.sqrt(step) - math.sqrt(step - 1)) for step in range(1, years))]


def level_path(values: Values, start: Floats, scores: Floats, years: int) -> Floats:
    """Return (year, level) values whose sum of steps up to each year lies at the level of that sum."""
    moves = values["step"] * np.sqrt(np.arange(years))[:, np.newaxis] * scores
    return np.asarray(start * np.exp(moves) if values["form"] == MULTIPLICATIVE else start + moves)


def moments(values: Values, own: Moments, _laws: Mapping[str, Moments], _first_year: int, years: int) -> Moments:
    """Return the mean, which stays, and the variance, which grows by that of a step a year."""
    return Moments(np.full(years, own.mean), own.variance + values["step"] ** 2 * np.arange(years))


VARIATION = Variation(
    name="random_walk",
    keys=(Key("step", number("a finite number greater than 0", lambda x: x > 0)),),
    fill=fill,
    level_scores=level_scores,
    moments=moments,
    complete=complete,
    level_path=level_path,
)
