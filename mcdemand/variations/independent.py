"""Every year is a new draw from the row's own law: x_t = Q(e_t)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mcdemand.variations._rows import YearRows
from mcdemand.variations._variation import Moments, Values, Variation, constant_path, every_year


def fill(rows: YearRows, _values: Values) -> None:
    """Apply the law to every year's score."""
    for row in rows.years:
        rows.put_own_law(row)


def level_scores(_values: Values, z: float, years: int) -> list[float]:
    """Return z for every year."""
    return [z] * years


def moments(_values: Values, own: Moments, _laws: Mapping[str, Moments], _first_year: int, years: int) -> Moments:
    """Return those of the row's own law."""
    return Moments(np.full(years, own.mean), np.full(years, own.variance))


VARIATION = Variation(
    name="independent",
    keys=(),
    fill=fill,
    level_scores=level_scores,
    moments=moments,
    own_years=every_year,
    level_path=constant_path,
)
