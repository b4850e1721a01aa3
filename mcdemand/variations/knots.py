"""Straight lines in time between uncertain values in stated years.

The row's own law is that of the year `start`; `knots` holds the laws of later years. Each knot is drawn by itself, or
all of them with one score (`comonotone = true`). Before the first and after the last knot the value stays flat, or goes
on along the nearest line (`outside = "extrapolated"`).

x_t = sum_k w_k(t) X_k with weights w that are the linear interpolation's, so the mean is sum w_k E X_k, and the
variance of independent knots sum w_k^2 V X_k.

At a level, all knots lie there. Only the first year's score is used.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

import numpy as np

from mcdemand.distributions._law import Law
from mcdemand.errors import InputError
from mcdemand.variations._keys import Key, choice, laws_by_year, optional, year
from mcdemand.variations._rows import YearRows
from mcdemand.variations._variation import Moments, Values, Variation, refuse_categories

FLAT, EXTRAPOLATED = "flat", "extrapolated"


def complete(own: Law, values: Values) -> Values:
    """Return the values if the knots come after the start."""
    refuse_categories(own)
    first = values["knots"][0][0]
    if first <= values["start"]:
        raise InputError(f"varies.knots: {first}: must come after start = {values['start']}, the year of the row's law")
    return values


def knot_weights(knots: Sequence[int], at: int, *, extrapolates: bool) -> list[tuple[int, float]]:
    """Return (knot, weight) of linear interpolation in a year.

    Examples
    --------
    >>> knot_weights([2025, 2030, 2040], 2032, extrapolates=False)
    [(1, 0.8), (2, 0.2)]
    """
    if not extrapolates:
        at = min(max(at, knots[0]), knots[-1])
    left = min(max(bisect_right(knots, at) - 1, 0), len(knots) - 2)
    share = (at - knots[left]) / (knots[left + 1] - knots[left])
    return [(knot, weight) for knot, weight in ((left, 1.0 - share), (left + 1, share)) if weight != 0.0]


def fill(rows: YearRows, values: Values) -> None:
    """Draw the knots, then the years from them."""
    score = rows.copy(rows.years[0])
    drawn = [rows.copy(score) for _ in values["knots"]] if values["comonotone"] else None
    knots = [score]
    rows.put_own_law(score)
    for k, (when, law) in enumerate(values["knots"]):
        knots.append(drawn[k] if drawn else rows.draw(str(when)))
        rows.put_law(law, knots[-1])
    for step, row in enumerate(rows.years):
        weights = _weights(values, rows.first_year + step)
        rows.assign(row, [(weight, knots[k]) for k, weight in weights])


def _weights(values: Values, at: int) -> list[tuple[int, float]]:
    known = [values["start"], *(when for when, _ in values["knots"])]
    return knot_weights(known, at, extrapolates=values["outside"] == EXTRAPOLATED)


def level_scores(_values: Values, z: float, years: int) -> list[float]:
    """Return z: all knots lie at the level."""
    return [z] * years


def own_years(values: Values, first_year: int, years: int) -> int:
    """Return the number of years up to the start; from the first one on, only where the value is flat before it."""
    is_flat = values["outside"] != EXTRAPOLATED or first_year == values["start"]
    until = values["start"] - first_year + 1 if is_flat else 0
    return min(max(until, 0), 1 if values["outside"] == EXTRAPOLATED else years)


def moments(values: Values, own: Moments, laws: Mapping[str, Moments], first_year: int, years: int) -> Moments:
    """Return sum w E X and sum w^2 V X; the variance of comonotone knots has no closed form, NaN."""
    every = [own, *(laws[str(when)] for when, _ in values["knots"])]
    weights = np.zeros((years, len(every)))
    for step in range(years):
        for k, weight in _weights(values, first_year + step):
            weights[step, k] = weight
    variance = weights**2 @ np.array([one.variance for one in every])
    variance = np.full(years, np.nan) if values["comonotone"] else variance
    return Moments(weights @ np.array([one.mean for one in every]), variance)


VARIATION = Variation(
    name="knots",
    keys=(
        Key("start", year),
        Key("knots", laws_by_year),
        optional("comonotone", choice(True, False)),
        optional("outside", choice(FLAT, EXTRAPOLATED)),
    ),
    fill=fill,
    level_scores=level_scores,
    moments=moments,
    complete=complete,
    own_years=own_years,
    takes_constants=True,
)
