"""The metalog law: a quantile function that is linear in its coefficients and meets any number of quantiles.

M(p) = a1 + a2 L + a3 (p - 1/2) L + a4 (p - 1/2) + a5 (p - 1/2)^2 + a6 (p - 1/2)^2 L + ..., L = ln p - ln(1 - p) (Keelin
2016, The Metalog Distributions, equations 6 to 8). Where it has bounds, M is ln(x - lower), -ln(upper - x) or the
logit of the share between both (equations 11 and 13).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from mcdemand.distributions._distribution import LOG_ROOT_TWO_PI, Parameter, Quantiles, Values
from mcdemand.distributions._form import Smooth, family_of_forms
from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats

MOST_TERMS = 20
CHECKED_SCORES = np.linspace(-8.5, 8.5, 6801)


def basis(z: Floats, terms: int) -> tuple[Floats, Floats]:
    """Return (score, term) functions that the coefficients multiply, and their slopes in the score."""
    from scipy.special import erf, log_ndtr

    log_below, log_above = log_ndtr(z), log_ndtr(-z)
    logit, share = log_below - log_above, 0.5 * erf(z / math.sqrt(2))
    log_phi = -0.5 * z * z - LOG_ROOT_TWO_PI
    logit_slope, share_slope = np.exp(log_phi - log_below - log_above), np.exp(log_phi)
    columns, slopes = [], []
    for power, has_logit in _order(terms):
        bare, bare_slope = share**power, power * share ** max(power - 1, 0) * share_slope
        columns.append(bare * logit if has_logit else bare)
        slopes.append(bare_slope * logit + bare * logit_slope if has_logit else bare_slope)
    return np.stack(columns, axis=-1), np.stack(slopes, axis=-1)


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
        return functions @ np.array(self.coefficients), slopes @ np.array(self.coefficients)

    def value(self, z: Floats) -> Floats:
        """Return the quantiles at scores."""
        return _bounded(self.straight(z)[0], self.lower, self.upper)

    def checked_values(self) -> Floats:
        """Return the quantiles at the scores where a law is checked."""
        functions = checked_basis()[0][:, : len(self.coefficients)]
        return _bounded(functions @ np.array(self.coefficients), self.lower, self.upper)

    def slope(self, z: Floats) -> Floats:
        """Return their slopes."""
        m, rise = self.straight(z)
        if self.lower > -math.inf and self.upper < math.inf:
            return np.asarray((self.upper - self.lower) * rise * np.exp(-np.logaddexp(0, m) - np.logaddexp(0, -m)))
        if self.lower > -math.inf:
            return np.asarray(rise * np.exp(m))
        return np.asarray(rise * np.exp(-m)) if self.upper < math.inf else rise


def _bounded(m: Floats, lower: float, upper: float) -> Floats:
    from scipy.special import expit

    if lower > -math.inf and upper < math.inf:
        return np.asarray(np.where(m < 0, lower + (upper - lower) * expit(m), upper - (upper - lower) * expit(-m)))
    if lower > -math.inf:
        return np.asarray(lower + np.exp(m))
    return np.asarray(upper - np.exp(-m)) if upper < math.inf else m


def _unbounded(x: Floats, lower: float, upper: float) -> Floats:
    if lower > -math.inf and upper < math.inf:
        return np.asarray(np.log(x - lower) - np.log(upper - x))
    if lower > -math.inf:
        return np.asarray(np.log(x - lower))
    return np.asarray(-np.log(upper - x)) if upper < math.inf else x


def metalog_of(values: Values) -> Metalog:
    """Return the law of complete parameters."""
    return Metalog(values["coefficients"], values.get("lower", -math.inf), values.get("upper", math.inf))


def form_of(values: Values) -> Smooth:
    """Return the quantile function."""
    law = metalog_of(values)
    return Smooth(law.value, law.slope, (law.lower, law.upper))


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
    found, *_ = np.linalg.lstsq(columns, stated, rcond=None)
    return {"terms": terms, "coefficients": tuple(found.tolist())}


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
    falls = ~(checked_basis()[1][:, :count] @ np.array(law.coefficients) > 0)
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
