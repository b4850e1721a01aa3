"""Years remember the one before, and each has the row's own law: x_t = Q(z_t), z_t = r z_{t-1} + sqrt(1 - r^2) e_t.

The scores z are a stationary autoregression of order one with persistence r (Box and Jenkins 1970, section 3.2.3).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from mcdemand.kernels import rows as operations
from mcdemand.variations._keys import Key, number
from mcdemand.variations._rows import YearRows
from mcdemand.variations._variation import Moments, Values, Variation, constant_path, every_year


def fill(rows: YearRows, values: Values) -> None:
    """Carry the scores from year to year, then apply the law to each."""
    rho = values["persistence"]
    for row in rows.years[1:]:
        rows.do(operations.combine, [row, row - 1], [float(np.sqrt(1 - rho * rho)), rho])
    for row in rows.years:
        rows.put_own_law(row)


def level_scores(values: Values, z: float, years: int) -> list[float]:
    """Return the innovations that keep the score at z."""
    rho = values["persistence"]
    return [z] + [z * math.sqrt((1 - rho) / (1 + rho))] * (years - 1)


def moments(_values: Values, own: Moments, _laws: Mapping[str, Moments], _first_year: int, years: int) -> Moments:
    """Return those of the row's own law."""
    return Moments(np.full(years, own.mean), np.full(years, own.variance))


VARIATION = Variation(
    name="ar1",
    keys=(Key("persistence", number("a number greater than -1 and less than 1", lambda x: -1 < x < 1)),),
    fill=fill,
    level_scores=level_scores,
    moments=moments,
    own_years=every_year,
    level_path=constant_path,
)
