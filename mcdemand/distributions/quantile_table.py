"""A table of quantiles: a smooth rising curve through all of them, with stated tails.

The curve is a cubic of the normal score between neighbours, its slope at a quantile the weighted harmonic mean of both
secants (Fritsch and Butland 1984, equation 5), so that it rises and does not overshoot. `tails` says what goes through
the points and how it goes on: "normal", x itself, beyond the outermost quantiles as the normal law through the two
outermost; "lognormal", ln x, so too; "bounded", x itself, the probability beyond spread evenly up to `lower` and
`upper`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from mcdemand.distributions._distribution import LOG_ROOT_TWO_PI, Parameter, Quantiles, Values
from mcdemand.distributions._form import Smooth, family_of_forms
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import exp, log


@dataclass(frozen=True)
class Table:
    """Levels, and what a curve goes through there: x or ln x."""

    levels: Floats
    heights: Floats
    tails: str
    lower: float
    upper: float

    @cached_property
    def scores(self) -> Floats:
        """Normal scores of the levels."""
        from scipy.special import ndtri

        return np.asarray(ndtri(self.levels))

    @cached_property
    def slopes(self) -> Floats:
        """Slopes of the curve at the levels; at both ends those of the outermost secants."""
        h = np.diff(self.scores)
        secants = np.diff(self.heights) / h
        before, after = 2 * h[1:] + h[:-1], h[1:] + 2 * h[:-1]
        inner = (before + after) / (before / secants[:-1] + after / secants[1:])
        return np.concatenate([secants[:1], inner, secants[-1:]])

    @cached_property
    def _curve(self) -> Any:
        from scipy.interpolate import CubicHermiteSpline

        return CubicHermiteSpline(self.scores, self.heights, self.slopes)

    def height(self, z: Floats) -> Floats:
        """Return what the curve reaches at scores, its tails straight."""
        inside = np.clip(z, self.scores[0], self.scores[-1])
        slopes = np.where(z < self.scores[0], self.slopes[0], self.slopes[-1])
        return np.asarray(self._curve(inside) + slopes * (z - inside))

    def steepness(self, z: Floats) -> Floats:
        """Return its slope."""
        return np.asarray(self._curve(np.clip(z, self.scores[0], self.scores[-1]), 1))

    def value(self, z: Floats) -> Floats:
        """Return the quantiles at scores."""
        from scipy.special import ndtr

        if self.tails == "lognormal":
            return exp(self.height(z))
        if self.tails == "normal":
            return self.height(z)
        low, high = ndtr(z) / self.levels[0], ndtr(-z) / ndtr(-self.scores[-1])
        below, above = (
            self.lower + (self.heights[0] - self.lower) * low,
            self.upper - (self.upper - self.heights[-1]) * high,
        )
        return np.where(z < self.scores[0], below, np.where(z > self.scores[-1], above, self.height(z)))

    def slope(self, z: Floats) -> Floats:
        """Return their slopes."""
        if self.tails == "lognormal":
            return exp(self.height(z)) * self.steepness(z)
        if self.tails == "normal":
            return self.steepness(z)
        from scipy.special import ndtr

        phi = exp(-0.5 * z * z - LOG_ROOT_TWO_PI)
        below = (self.heights[0] - self.lower) * phi / self.levels[0]
        above = (self.upper - self.heights[-1]) * phi / ndtr(-self.scores[-1])
        return np.where(z < self.scores[0], below, np.where(z > self.scores[-1], above, self.steepness(z)))


def form_of(values: Values) -> Smooth:
    """Return the quantile function."""
    tails = values.get("tails", "normal")
    x = np.array(values["values"])
    ends = (values.get("lower", -math.inf), values.get("upper", math.inf))
    is_log = tails == "lognormal"
    table = Table(np.array(values["probabilities"]), log(x) if is_log else x, tails, *ends)
    return Smooth(table.value, table.slope, (0.0, math.inf) if is_log else ends, tuple(table.scores.tolist()))


def fit(quantiles: Quantiles, _known: Values) -> Values:
    """Return the table of stated quantiles."""
    return {"probabilities": tuple(quantiles), "values": tuple(quantiles.values())}


def check(values: Values) -> str | None:
    """Return the rule that the table breaks."""
    levels, x = values["probabilities"], values["values"]
    if len(levels) != len(x) or len(levels) < 2:
        return f"values: {x!r:.80}: must be as many as probabilities, {len(levels)}, and at least two"
    if not all(0 < p < 1 for p in levels):
        return f"probabilities: {levels!r:.80}: must lie between 0 and 1, bounds are stated by lower and upper"
    for name, numbers in (("probabilities", levels), ("values", x)):
        for low, high in pairwise(numbers):
            if not low < high:
                return f"{name}: {high!r} after {low!r}: must rise"
    return _tail_problem(values)


def _tail_problem(values: Values) -> str | None:
    tails, lower, upper, x = (values[name] for name in ("tails", "lower", "upper", "values"))
    if tails == "lognormal" and not x[0] > 0:
        return f"values: {x[0]!r}: must be above 0 where tails are lognormal"
    if tails != "bounded":
        is_free = lower == -math.inf and upper == math.inf
        return None if is_free else 'lower and upper: bound no law whose tails are not "bounded"; leave them out'
    if not -math.inf < lower < x[0] or not x[-1] < upper < math.inf:
        return f"lower {lower!r}, upper {upper!r}: both must be stated and enclose all values where tails are bounded"
    return None


DISTRIBUTION = family_of_forms(
    "quantile_table",
    (
        Parameter("probabilities", "numbers"),
        Parameter("values", "numbers"),
        Parameter("tails", "one of normal, lognormal, bounded", "normal"),
        Parameter("lower", "a bound", -math.inf),
        Parameter("upper", "a bound", math.inf),
    ),
    form_of,
    fit=fit,
    check=check,
)
