"""An event that happens once, in a year that nobody knows, and what it changes from then on.

`hazard` is the probability that it happens in a year if it has not yet: one number, or a table of numbers that hold
from a year on (0 before the first). The first year is before the event. With hazard h, P(event by year t) =
1 - (1 - h)^t; in general 1 - prod (1 - h_s), with the discrete-time hazard of Kalbfleisch and Prentice (2002, section
1.2.2).

Before, the value is drawn from the row's own law once. From the event on it has `add` added to it, is multiplied by
`multiply`, or is another value, drawn from `switch`; each is a law and drawn once.

The second year's score says when the event happens: the higher, the earlier. At a level z, both that score and the
effect lie there: the event has happened as soon as its probability so far passes one less the level.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

import numpy as np

from mcdemand.distributions._law import Law
from mcdemand.errors import InputError
from mcdemand.kernels import rows as operations
from mcdemand.variations._keys import Key, any_law, by_year, law, number, optional
from mcdemand.variations._rows import YearRows
from mcdemand.variations._variation import Moments, Values, Variation, refuse_categories

ADD, MULTIPLY, SWITCH = EFFECTS = "add", "multiply", "switch"


def complete(own: Law, values: Values) -> Values:
    """Return the values if they state one effect that suits the row's own law."""
    stated = [name for name in EFFECTS if values[name] is not None]
    if len(stated) != 1:
        said = f"both {stated[0]} and {stated[1]}" if stated else "no effect"
        raise InputError(f"varies: event: {said} stated; state one of {', '.join(EFFECTS)}")
    if stated == [SWITCH]:
        _refuse_other_categories(own, values[SWITCH])
    else:
        refuse_categories(own)
    return values


def _refuse_other_categories(own: Law, switched: Any) -> None:
    after = tuple(switched.values.get("categories", ()))
    before = tuple(own.values.get("categories", ()))
    if after != before:
        need = f"the categories {list(before)}, in this order" if before else "the law of a number"
        raise InputError(f"varies.switch: must be {need}, as before the event")


def survival(values: Values, first_year: int, years: int) -> list[float]:
    """Return the probability that the event has not happened by each year."""
    since = [first for first, _ in values["hazard"]]
    left = [1.0]
    for step in range(1, years):
        place = bisect_right(since, first_year + step)
        hazard = values["hazard"][place - 1][1] if place else 0.0
        left.append(left[-1] * (1.0 - hazard))
    return left


def fill(rows: YearRows, values: Values) -> None:
    """Choose in every year between the value before and after the event."""
    before, *later = rows.years
    rows.put_own_law(before)
    if not later:
        return
    score, after = rows.copy(later[0]), _after(rows, values)
    for row, left in zip(later, survival(values, rows.first_year, len(rows.years))[1:], strict=True):
        happened = rows.copy(score)
        rows.classify(happened, [left, 1.0 - left])
        rows.do(operations.select, [row, happened, before, after])


def _after(rows: YearRows, values: Values) -> int:
    """Return the row of the value after the event."""
    name = next(name for name in EFFECTS if values[name] is not None)
    effect = rows.draw_law(values[name], name)
    if name == ADD:
        rows.do(operations.combine, [effect, rows.years[0]], [1.0, 1.0])
    elif name == MULTIPLY:
        rows.do(operations.multiply, [effect, rows.years[0]])
    return effect


def level_scores(_values: Values, z: float, years: int) -> list[float]:
    """Return z: the value before and the year of the event lie at the level."""
    return [z] * years


def moments(values: Values, own: Moments, laws: Mapping[str, Moments], first_year: int, years: int) -> Moments:
    """Return those of the mixture of the value before and after, P(event) of the latter."""
    happened = 1.0 - np.array(survival(values, first_year, years))
    after = _moments_after(values, own, laws)
    mean = (1 - happened) * own.mean + happened * after.mean
    variance = (1 - happened) * own.variance + happened * after.variance
    return Moments(mean, variance + happened * (1 - happened) * (after.mean - own.mean) ** 2)


def _moments_after(values: Values, own: Moments, laws: Mapping[str, Moments]) -> Moments:
    name = next(name for name in EFFECTS if values[name] is not None)
    effect = laws[name]
    if name == ADD:
        return Moments(own.mean + effect.mean, own.variance + effect.variance)
    if name == MULTIPLY:
        squares = (own.variance + own.mean**2) * (effect.variance + effect.mean**2)
        return Moments(own.mean * effect.mean, squares - (own.mean * effect.mean) ** 2)
    return effect


VARIATION = Variation(
    name="event",
    keys=(
        Key("hazard", by_year(number("a probability, a number from 0 to 1", lambda x: 0 <= x <= 1))),
        optional(ADD, law),
        optional(MULTIPLY, law),
        optional(SWITCH, any_law),
    ),
    fill=fill,
    level_scores=level_scores,
    moments=moments,
    complete=complete,
    takes_constants=True,
)
