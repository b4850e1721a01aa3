"""The metalog law: a quantile function that is linear in its coefficients and meets any number of quantiles.

M(p) = a1 + a2 L + a3 (p - 1/2) L + a4 (p - 1/2) + a5 (p - 1/2)^2 + a6 (p - 1/2)^2 L + ..., L = ln p - ln(1 - p) (Keelin
2016, The Metalog Distributions, equations 6 to 8). Where it has bounds, M is ln(x - lower), -ln(upper - x) or the
logit of the share between both (equations 11 and 13).
"""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np
from numpy.typing import NDArray

from mcdemand.distributions._distribution import LOG_ROOT_TWO_PI, Parameter, Quantiles, Values
from mcdemand.distributions._form import Smooth, family_of_forms
from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import exp, log, softplus

MOST_TERMS = 20
CHECKED_SCORES = np.linspace(-8.5, 8.5, 6801)


def basis(z: Floats, terms: int) -> tuple[Floats, Floats]:
    """Return (score, term) functions that the coefficients multiply, and their slopes in the score."""
    from scipy.special import erf, log_ndtr

    log_below, log_above = log_ndtr(z), log_ndtr(-z)
    logit, share = log_below - log_above, 0.5 * erf(z / math.sqrt(2))
    log_phi = -0.5 * z * z - LOG_ROOT_TWO_PI
    logit_slope, share_slope = exp(log_phi - log_below - log_above), exp(log_phi)
    powers = [np.ones_like(share)]
    for _ in range(terms):
        powers.append(powers[-1] * share)
    columns, slopes = [], []
    for power, has_logit in _order(terms):
        bare, bare_slope = powers[power], power * powers[max(power - 1, 0)] * share_slope
        columns.append(bare * logit if has_logit else bare)
        slopes.append(bare_slope * logit + bare * logit_slope if has_logit else bare_slope)
    return np.stack(columns, axis=-1), np.stack(slopes, axis=-1)


def weighted(functions: Floats, coefficients: tuple[float, ...]) -> Floats:
    """Return the (score) sums of (score, term) functions, each times its coefficient, in the order of the terms."""
    return np.asarray((functions * np.array(coefficients)).sum(axis=-1))


@cache
def checked_basis() -> tuple[Floats, Floats]:
    """Return functions and slopes at the scores where a law is checked; the first columns are those of fewer terms."""
    return basis(CHECKED_SCORES, MOST_TERMS)


def _order(terms: int) -> list[tuple[int, bool]]:
    """Return the power of p - 1/2 in each term, and whether the logit is a factor."""
    first = [(0, False), (0, True), (1, True), (1, False)]
    return [*first, *((power, odd) for power in range(2, terms) for odd in (False, True))][:terms]


@dataclass(frozen=True)
class Metalog:
    """A metalog's coefficients and bounds."""

    coefficients: tuple[float, ...]
    lower: float
    upper: float

    def straight(self, z: Floats) -> tuple[Floats, Floats]:
        """Return M and its slope at scores, both without bounds."""
        functions, slopes = basis(z, len(self.coefficients))
        return weighted(functions, self.coefficients), weighted(slopes, self.coefficients)

    def value(self, z: Floats) -> Floats:
        """Return the quantiles at scores."""
        return _bounded(self.straight(z)[0], self.lower, self.upper)

    def checked_values(self) -> Floats:
        """Return the quantiles at the scores where a law is checked."""
        functions = checked_basis()[0][:, : len(self.coefficients)]
        return _bounded(weighted(functions, self.coefficients), self.lower, self.upper)

    def operands(self) -> float:
        """Return the size of what values are the difference of: the terms of the sum, times the bound if there is one.

        An error of the sum is a relative one of the distance to the bound.
        """
        bounds = [abs(bound) for bound in (self.lower, self.upper) if math.isfinite(bound)]
        terms = np.abs(basis(np.array([-1.0, 1.0]), len(self.coefficients))[0]) * np.abs(self.coefficients)
        size = float(terms.sum(axis=1).max())
        return max(bounds) * (1 + size) if bounds else size

    def slope(self, z: Floats) -> Floats:
        """Return their slopes."""
        m, rise = self.straight(z)
        if self.lower > -math.inf and self.upper < math.inf:
            return np.asarray((self.upper - self.lower) * rise * exp(-softplus(m) - softplus(-m)))
        if self.lower > -math.inf:
            return np.asarray(rise * exp(m))
        return np.asarray(rise * exp(-m)) if self.upper < math.inf else rise


def _bounded(m: Floats, lower: float, upper: float) -> Floats:
    from scipy.special import expit

    if lower > -math.inf and upper < math.inf:
        return np.asarray(np.where(m < 0, lower + (upper - lower) * expit(m), upper - (upper - lower) * expit(-m)))
    if lower > -math.inf:
        return np.asarray(lower + exp(m))
    return np.asarray(upper - exp(-m)) if upper < math.inf else m


def _unbounded(x: Floats, lower: float, upper: float) -> Floats:
    if lower > -math.inf and upper < math.inf:
        return np.asarray(log(x - lower) - log(upper - x))
    if lower > -math.inf:
        return np.asarray(log(x - lower))
    return np.asarray(-log(upper - x)) if upper < math.inf else x


def metalog_of(values: Values) -> Metalog:
    """Return the law of complete parameters."""
    return Metalog(values["coefficients"], values.get("lower", -math.inf), values.get("upper", math.inf))


def form_of(values: Values) -> Smooth:
    """Return the quantile function."""
    law = metalog_of(values)
    return Smooth(law.value, law.slope, (law.lower, law.upper), operands=law.operands())


def fit(quantiles: Quantiles, known: Values) -> Values:
    """Return coefficients that meet the quantiles, as many as there are or as `terms` says: then by least squares.

    Raises
    ------
    InputError
        If there are fewer than two quantiles or more terms than quantiles, or a quantile lies outside the bounds.
    """
    from scipy.special import ndtri

    terms, lower, upper = (
        known.get("terms", len(quantiles)),
        known.get("lower", -math.inf),
        known.get("upper", math.inf),
    )
    if len(quantiles) < 2 or not 2 <= terms <= len(quantiles) or terms != int(terms):
        raise InputError(f"terms: {terms:g}: must be a whole number from 2 to that of the quantiles, {len(quantiles)}")
    for p, x in quantiles.items():
        if not lower < x < upper:
            raise InputError(f"p{100 * p:g}: {x!r}: must lie between lower {lower!r} and upper {upper!r}")
    columns, _ = basis(ndtri(list(quantiles)), int(terms))
    stated = _unbounded(np.array(list(quantiles.values())), lower, upper)
    return {"terms": terms, "coefficients": least_squares(columns, stated)}


def least_squares(columns: Floats, heights: Floats) -> tuple[float, ...]:
    """Return the factors of (point, column) columns whose sum is nearest to (point) heights, by exact fractions.

    The normal equations, of which rounding would spoil half of the digits.
    """
    parts = [list(map(Fraction, column)) for column in (*columns.T.tolist(), heights.tolist())]
    rows = [[sum(map(operator.mul, one, other), Fraction(0)) for other in parts] for one in parts[:-1]]
    for k, row in enumerate(rows):
        pivot = row[k]
        row[:] = [number / pivot for number in row]
        for other in (*rows[:k], *rows[k + 1 :]):
            factor = other[k]
            other[k:] = [number - factor * mine for number, mine in zip(other[k:], row[k:], strict=True)]
    return tuple(float(row[-1]) for row in rows)


def _count(values: Values) -> Values:
    """Return the coefficients, if they are as many as the terms."""
    if len(values["coefficients"]) != values["terms"]:
        raise InputError(
            f"terms: {values['terms']:g}: there are {len(values['coefficients'])} coefficients; leave it out"
        )
    return {"coefficients": values["coefficients"]}


def check(values: Values) -> str | None:
    """Return the rule that the bounds or the coefficients break."""
    law = metalog_of(values)
    count = len(law.coefficients)
    if not 2 <= count <= MOST_TERMS:
        return f"coefficients: {count} of them: must be 2 to {MOST_TERMS}"
    if not law.lower < law.upper:
        return f"upper: {law.upper!r}: must be above lower"
    falls = ~(weighted(checked_basis()[1][:, :count], law.coefficients) > 0)
    if not falls.any():
        return None
    return (
        f"distribution: the metalog of {count} terms falls {_levels(falls)}, so it is no law; "
        'state fewer quantiles, fewer terms with fit = "least_squares", or distribution = "quantile_table"'
    )


def _levels(falls: NDArray[np.bool_]) -> str:
    """Return the first interval of levels where the quantile function does not rise, in words."""
    from scipy.special import ndtr

    first = int(np.argmax(falls))
    rises_again = np.flatnonzero(~falls[first:])
    last = first + int(rises_again[0]) if rises_again.size else falls.size - 1
    low, high = CHECKED_SCORES[[max(first - 1, 0), last]]
    if first == 0:
        return "everywhere" if not rises_again.size else f"below p{100 * ndtr(high):.3g}"
    if not rises_again.size:
        return f"above p{_percent(low)}"
    return f"between p{_percent(low)} and p{_percent(high)}"


def _percent(z: float) -> str:
    from scipy.special import ndtr

    return f"{100 * ndtr(z):.3g}" if z < 2 else f"{100 - float(f'{100 * ndtr(-z):.2g}'):.12g}"


DISTRIBUTION = family_of_forms(
    "metalog",
    (
        Parameter("coefficients", "numbers"),
        Parameter("lower", "a bound", -math.inf),
        Parameter("upper", "a bound", math.inf),
    ),
    form_of,
    fit=fit,
    statements={("coefficients", "terms"): _count},
    check=check,
)
