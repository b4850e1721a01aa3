"""Any law of SciPy's by its name, as in `distribution = "scipy:gamma"`, drawn from a table that is checked when read.

Parameters are the shapes by SciPy's own names, then `loc` and, where the law is continuous, `scale`.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from mcdemand.distributions._counts import steps_of
from mcdemand.distributions._density import integrated
from mcdemand.distributions._distribution import Distribution, Parameter, Values
from mcdemand.distributions._form import Continuous, Steps, family_of_forms
from mcdemand.distributions._pieces import FIRST_SCORES
from mcdemand.errors import InputError, NumericalError
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.pieces import piecewise, piecewise_row
from mcdemand.registry import nearest

PREFIX = "scipy"
TOO_SLOW = frozenset({"levy_stable", "studentized_range"})
"""Laws of which a table would take SciPy minutes."""
CHECKED_SCORES = np.linspace(-7.03, 7.03, 41)
BODY = 3.1
"""Scores within which SciPy's own quantiles are taken for exact: levels from 0.1 % to 99.9 %."""
TOLERANCE = 1e-9
SMALLEST_SHARE = 1e-3
DOUBLINGS = np.exp2(np.arange(-4.0, 120.0))


@cache
def laws() -> dict[str, Any]:
    """Return SciPy's laws of one number by name."""
    from scipy import stats

    kinds = stats.rv_continuous, stats.rv_discrete
    return {name: law for name, law in vars(stats).items() if isinstance(law, kinds)}


def parameters_of(law: Any) -> tuple[Parameter, ...]:
    """Return a law's shapes, and where it lies."""
    shapes = [name.strip() for name in (law.shapes or "").split(",") if name.strip()]
    scale = [Parameter("scale", "above 0", 1.0)] if hasattr(law, "pdf") else []
    return (*(Parameter(name) for name in shapes), Parameter("loc", default=0.0), *scale)


def frozen(name: str, values: Values) -> Any:
    """Return SciPy's law with its numbers."""
    return laws()[name](**values)


def _quiet(function: Any) -> Any:
    """Return a function of SciPy's without its warnings: its results are checked."""

    def call(x: Floats) -> Floats:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return np.asarray(function(x), dtype=np.float64)

    return call


def steps_form(name: str, values: Values) -> Steps:
    """Return the steps of a discrete law."""
    law = frozen(name, {**values, "loc": 0.0})
    lower, upper = map(float, law.support())
    centre = float(np.clip(_quiet(law.ppf)(np.array(0.5)), max(lower, -1e300), min(upper, 1e300)))
    if not math.isfinite(centre):
        raise NumericalError(f"scipy:{name} has no median")
    steps = steps_of(f"scipy:{name}", _quiet(law.cdf), _quiet(law.sf), (lower, upper), centre)
    if np.isnan(steps.below).any() or np.isnan(steps.above).any() or np.any(np.diff(steps.below) < 0):
        raise NumericalError(f"scipy:{name} gives probabilities that do not rise; state another law")
    loc = values["loc"]
    return Steps(steps.values + loc, steps.below, steps.above, (lower + loc, upper + loc))


def continuous_form(name: str, values: Values) -> Continuous:
    """Return the distribution function of a continuous law: SciPy's own, or its density integrated.

    Raises
    ------
    NumericalError
        If SciPy gives NaN, or a density that does not integrate to 1.
    """
    from scipy import stats
    from scipy.special import ndtr

    law = frozen(name, values)
    lower, upper = map(float, law.support())
    cdf, sf, pdf, ppf, isf = map(_quiet, (law.cdf, law.sf, law.pdf, law.ppf, law.isf))
    low, high = FIRST_SCORES[FIRST_SCORES <= 0], FIRST_SCORES[FIRST_SCORES > 0]
    known = np.concatenate([ppf(ndtr(low)), isf(ndtr(-high)), [lower, upper]])
    start = np.unique(known[np.isfinite(known)])
    kind = type(law.dist)
    if kind._cdf is not stats.rv_continuous._cdf and kind._sf is not stats.rv_continuous._sf:
        return Continuous(lambda x: (cdf(x), sf(x)), pdf, (lower, upper), tuple(start.tolist()))
    form, mass = integrated(pdf, _reaching(start, ppf, (lower, upper)), (lower, upper))
    if not abs(mass - 1) < TOLERANCE:
        raise NumericalError(f"scipy:{name}: SciPy's density integrates to {mass:.9g}; state another law")
    return form


def _reaching(start: Floats, ppf: Any, ends: tuple[float, float]) -> Floats:
    """Return values that reach far into both tails, where SciPy's quantiles may not."""
    quarter, half, more = ppf(np.array([0.25, 0.5, 0.75]))
    reach = (more - quarter) * DOUBLINGS
    found = np.concatenate([start, half - reach, half + reach])
    return np.unique(found[np.isfinite(found) & (found >= ends[0]) & (found <= ends[1])])


def checked_pieces(name: str, values: Values, form: Continuous) -> Floats:
    """Return the numbers of the quantile function, compared with SciPy's at other levels than the table's own.

    Raises
    ------
    NumericalError
        If they differ by more than 1e-9 in the body, or the table ends before the law does.
    """
    from scipy.special import ndtr

    numbers = form.pieces()
    law = frozen(name, values)
    found = np.array([piecewise(z, numbers) for z in CHECKED_SCORES])
    ppf, isf = _quiet(law.ppf), _quiet(law.isf)
    exact = np.where(CHECKED_SCORES < 0, ppf(ndtr(CHECKED_SCORES)), isf(ndtr(-CHECKED_SCORES)))
    spread = float(np.diff(np.interp([-1.0, 1.0], CHECKED_SCORES, found))[0])
    error = np.abs(found - exact) / np.maximum(np.abs(exact), SMALLEST_SHARE * spread)
    misses = ~(error <= TOLERANCE) & (np.abs(CHECKED_SCORES) < BODY) & ~_is_level(form, found)
    if misses.any():
        worst = int(np.flatnonzero(misses)[np.argmax(np.nan_to_num(error[misses], nan=math.inf))])
        level = 100 * float(ndtr(CHECKED_SCORES[worst]))
        raise NumericalError(
            f"scipy:{name}: its table gives p{level:.4g} as {found[worst]:.12g} and SciPy {exact[worst]:.12g}; "
            "state another law"
        )
    return numbers


def _is_level(form: Continuous, x: Floats) -> Floats:
    """Tell where a value's own score is the one it was read for: SciPy's search for quantiles is not always as exact."""
    scores, _ = form.scores(x)
    return np.abs(scores - CHECKED_SCORES) <= TOLERANCE * np.maximum(1.0, np.abs(CHECKED_SCORES)) * 0.1


def named(name: str) -> Distribution:
    """Return the family of one of SciPy's laws.

    Raises
    ------
    InputError
        If there is no such law, or it would take minutes.
    """
    if name not in laws():
        raise InputError(f"distribution: 'scipy:{name:.60}': SciPy has no such law; {nearest(name, laws())}")
    if name in TOO_SLOW:
        raise InputError(f"distribution: 'scipy:{name}': takes SciPy minutes to tabulate; state quantiles of it instead")
    law = laws()[name]
    full = f"{PREFIX}:{name}"

    def check(values: Values) -> str | None:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            end = frozen(name, values).support()[0]
        shown = ", ".join(f"{key} = {value:g}" for key, value in values.items())
        return f"distribution: {full} takes no such numbers: {shown}" if np.isnan(end) else None

    if not hasattr(law, "pdf"):
        return family_of_forms(
            full, parameters_of(law), lambda values: steps_form(name, values), is_discrete=True, check=check
        )
    family = family_of_forms(full, parameters_of(law), lambda values: continuous_form(name, values), check=check)
    return replace(family, numbers=lambda values: checked_pieces(name, values, continuous_form(name, values)))


def refuse(_values: Values) -> str:
    """Return what is missing where only SciPy is named."""
    return 'distribution: \'scipy\': name one of its laws, such as "scipy:gamma"'


DISTRIBUTION = Distribution(
    name=PREFIX,
    parameters=(),
    score="normal",
    quantile=piecewise,
    row=piecewise_row,
    numbers=lambda _values: (),
    named=named,
    check=refuse,
    tabulated=True,
)
