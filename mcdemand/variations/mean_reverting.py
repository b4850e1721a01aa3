"""Pulled back to a mean: x_t = x_{t-1} + k (m - x_{t-1}) + e_t, with innovations e of any law.

k is the share of the distance that a year makes up. This is the process at whole years, not an approximation of one in
continuous time: an Ornstein-Uhlenbeck process of speed a and volatility s is k = 1 - exp(-a) with normal innovations of
standard deviation s sqrt((1 - exp(-2 a)) / (2 a)) (Gillespie 1996, equations 1.9). The row's own law is that of the
first year. Where it is positive the equation holds of the logarithms (`form = "multiplicative"`): then m is a geometric
mean and exp(e) a factor. The mean may be uncertain itself; it is drawn once. An innovation whose own mean is not 0
moves the mean that x comes to by that over k.

At a level, the first year and the mean lie there, and each innovation at the score sqrt((1 - r) / (1 + r)) z with
r = 1 - k, which takes normal innovations to the level of their stationary law.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from mcdemand.distributions._law import Law
from mcdemand.errors import InputError
from mcdemand.kernels import rows as operations
from mcdemand.variations._keys import Key, choice, law, number, optional
from mcdemand.variations._rows import YearRows
from mcdemand.variations._variation import ADDITIVE, MULTIPLICATIVE, Moments, Values, Variation, is_positive, with_form


def complete(own: Law, values: Values) -> Values:
    """Return the values with the form; logarithms need positive numbers."""
    full = with_form(own, values)
    if full["form"] == MULTIPLICATIVE:
        if not is_positive(own):
            raise InputError("varies.form: 'multiplicative': needs a law of positive numbers; state additive")
        if not is_positive(full["mean"].law):
            raise InputError("varies.mean: must be positive where the form is multiplicative")
    return full


def fill(rows: YearRows, values: Values) -> None:
    """Pull every year back to the mean, from the second one on."""
    first, *later = rows.years
    rows.put_own_law(first)
    if not later:
        return
    mean = rows.draw_law(values["mean"], "mean")
    multiplies = values["form"] == MULTIPLICATIVE
    start = rows.copy(first) if multiplies else first
    for row in (start, mean) if multiplies else ():
        rows.do(operations.logarithm, [row])
    pull = values["reversion"]
    for previous, row in zip((start, *later), later, strict=False):
        rows.put_law(values["innovation"], row)
        rows.do(operations.combine, [row, previous, mean], [1.0, 1.0 - pull, pull])
    if multiplies:
        one = rows.fill(1.0)
        for row in later:
            rows.do(operations.multiply_step, [row, one], [1.0])


def level_scores(values: Values, z: float, years: int) -> list[float]:
    """Return z, then innovations that take normal ones to that level of their stationary law."""
    rest = 1.0 - values["reversion"]
    return [z] + [z * math.sqrt((1 - rest) / (1 + rest))] * (years - 1)


def moments(values: Values, own: Moments, laws: Mapping[str, Moments], _first_year: int, years: int) -> Moments:
    """Return r^t E x_0 + (1 - r^t)(E m + E e / k) and r^2t V x_0 + (1 - r^t)^2 V m + V e (1 - r^2t) / (1 - r^2)."""
    pull = values["reversion"]
    left = (1.0 - pull) ** np.arange(years)
    mean, innovation = laws["mean"], laws["innovation"]
    noise = innovation.variance * (1 - left**2) / (1 - (1 - pull) ** 2)
    return Moments(
        left * own.mean + (1 - left) * (mean.mean + innovation.mean / pull),
        left**2 * own.variance + (1 - left) ** 2 * mean.variance + noise,
    )


VARIATION = Variation(
    name="mean_reverting",
    keys=(
        Key(
            "reversion", number("a number above 0 and at most 1, the share that a year makes up", lambda x: 0 < x <= 1)
        ),
        Key("mean", law),
        Key("innovation", law),
        optional("form", choice(ADDITIVE, MULTIPLICATIVE)),
    ),
    fill=fill,
    level_scores=level_scores,
    moments=moments,
    complete=complete,
    takes_constants=True,
)
