"""Jumps: a Poisson number of them a year, each of a size of any law.

x_t = l_t + Y_1 + ... + Y_C, with C the number of jumps in the t years so far, a Poisson process of `rate` jumps a year.
The level l stays where the row's own law puts it in the first year, or walks with normal steps of standard deviation
`step`. Where the row's own law is positive (`form = "multiplicative"`) sizes and steps are those of the logarithm:
x_t = l_t exp(Y_1 + ... + Y_C).

The sums are those of a compound Poisson process: mean rate t E[Y], variance rate t E[Y^2] (Ross 2014, section 5.4.2).

Numbers and sizes are drawn one by one, which is exact for every law of sizes, fat tails included; a table of the law of
a year's total would not be. The number of jumps in a year rises in that year's score, so what is correlated with
another parameter is when there are jumps. Size k belongs to the k-th jump since the first year. Both a year's number
and the number so far are cut off where less than 1e-12 of their probability lies beyond.

At a level, so does the number of jumps so far in every year; size k lies at the score z (sqrt(k) - sqrt(k - 1)), which
takes the sum of normal sizes there, and the steps of the level do likewise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from mcdemand.errors import InputError
from mcdemand.kernels import rows as operations
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementary import exp
from mcdemand.kernels.normal import normal_cdf, normal_quantile
from mcdemand.variations._keys import Key, choice, law, number, optional
from mcdemand.variations._rows import YearRows
from mcdemand.variations._variation import ADDITIVE, MULTIPLICATIVE, Moments, Values, Variation, with_form

TAIL = 1e-12
MOST_RATE, MOST_JUMPS = 10.0, 1000
SIZE, STEP = "size", "step"


def fill(rows: YearRows, values: Values) -> None:
    """Add to the level of every year the sizes of the jumps so far."""
    later = rows.years[1:]
    levels = _levels(rows, values)
    if not later:
        return
    numbers = poisson_weights(values["rate"])
    sums = _sums(rows, values, len(later))
    for step, row in enumerate(later, start=1):
        rows.classify(row, numbers)
        if step > 1:
            rows.do(operations.combine, [row, row - 1], [1.0, 1.0])
    for step, row in enumerate(later, start=1):
        possible = sums[: most_jumps(values["rate"] * step) + 1]
        total = rows.copy(possible[-1])
        rows.do(operations.select, [total, row, *possible])
        if values["form"] == MULTIPLICATIVE:
            rows.do(operations.multiply_step, [total, levels[step]], [1.0])
            rows.assign(row, [(1.0, total)])
        else:
            rows.assign(row, [(1.0, levels[step]), (1.0, total)])


def _levels(rows: YearRows, values: Values) -> list[int]:
    """Return the row of each year's level: one for all where it does not walk."""
    first = rows.years[0]
    rows.put_own_law(first)
    levels = [first] * len(rows.years)
    if values["step"] is None:
        return levels
    for step in range(1, len(rows.years)):
        levels[step] = rows.draw(STEP, step)
        if values["form"] == MULTIPLICATIVE:
            rows.do(operations.multiply_step, [levels[step], levels[step - 1]], [values["step"]])
        else:
            rows.do(operations.combine, [levels[step], levels[step - 1]], [values["step"], 1.0])
    return levels


def _sums(rows: YearRows, values: Values, years: int) -> list[int]:
    """Return the rows of 0, Y_1, Y_1 + Y_2, ...: as many as there may be jumps."""
    most = most_jumps(values["rate"] * years)
    if most > MOST_JUMPS:
        raise InputError(
            f"parameters.{rows.name}.varies.rate: {values['rate']:g}: up to {most} jumps in {years} years; at most "
            f"{MOST_JUMPS} are drawn; state fewer years, or a random walk"
        )
    sums = [rows.fill(0.0)]
    for k in range(1, most + 1):
        sums.append(rows.draw_law(values["size"], SIZE, k))
        rows.do(operations.combine, [sums[k], sums[k - 1]], [1.0, 1.0])
    return sums


@lru_cache(maxsize=1024)
def most_jumps(mean: float) -> int:
    """Return the number that a Poisson number of this mean exceeds with a probability of at most 1e-12.

    Examples
    --------
    >>> most_jumps(1.0)
    14
    """
    from scipy.special import pdtrc

    numbers = np.arange(math.floor(mean), math.ceil(mean + 10 * math.sqrt(mean) + 30))
    return int(numbers[np.argmax(pdtrc(numbers, mean) <= TAIL)])


def poisson_weights(mean: float) -> list[float]:
    """Return exp(-mean) mean^k / k! from k = 0 to `most_jumps(mean)`; the last one holds the rest."""
    weights = [float(exp(-mean))]
    for k in range(1, most_jumps(mean) + 1):
        weights.append(weights[-1] * mean / k)
    return [*weights[:-1], max(0.0, 1.0 - math.fsum(weights[:-1]))]


def level_scores(values: Values, z: float, years: int) -> list[float]:
    """Return z, then scores in the middle of the numbers of jumps that a year adds to the count at that level."""
    from scipy.special import pdtr

    counts = [0, *(_count_at(float(normal_cdf(z)), values["rate"] * step) for step in range(1, years))]
    bounds: Floats = np.concatenate([[0.0], pdtr(np.arange(max(counts) + 1), values["rate"])])
    middles = (bounds[1:] + bounds[:-1]) / 2
    return [z, *(float(normal_quantile(middles[number])) for number in np.diff(counts))]


def _count_at(probability: float, mean: float) -> int:
    from scipy.special import pdtr

    return int(np.searchsorted(pdtr(np.arange(most_jumps(mean)), mean), probability))


def auxiliary_score(_values: Values, _role: str, step: int, z: float) -> float:
    """Return the score of the step-th summand with which the sum of normal ones lies at the level of the sum."""
    return z * (math.sqrt(step) - math.sqrt(step - 1))


def moments(values: Values, own: Moments, laws: Mapping[str, Moments], _first_year: int, years: int) -> Moments:
    """Return E x_0 + rate t E Y and V x_0 + t (rate E Y^2 + step^2), of logarithms where the form is multiplicative."""
    size, walk = laws["size"], values["step"] or 0.0
    passed = np.arange(years)
    spread = values["rate"] * (size.variance + size.mean**2) + walk**2
    return Moments(own.mean + values["rate"] * passed * size.mean, own.variance + spread * passed)


VARIATION = Variation(
    name="jumps",
    keys=(
        Key("rate", number(f"a number above 0 and at most {MOST_RATE:g}, jumps a year", lambda x: 0 < x <= MOST_RATE)),
        Key("size", law),
        optional("step", number("a finite number greater than 0", lambda x: x > 0)),
        optional("form", choice(ADDITIVE, MULTIPLICATIVE)),
    ),
    fill=fill,
    level_scores=level_scores,
    moments=moments,
    complete=with_form,
    auxiliary_score=auxiliary_score,
    takes_constants=True,
)
