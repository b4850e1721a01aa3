"""Any law of SciPy's by its name, as in `distribution = "scipy:gamma"`, drawn from a table that is checked when read.

Parameters are the shapes by SciPy's own names, then `loc` and, where the law is continuous, `scale`.

SciPy computes these laws with NumPy's exp and log, whose last bit differs between processors with 512-bit registers and
those without: unlike the draws of other laws, theirs have the same bits for the same SciPy, NumPy and processor level
only.
"""

from __future__ import annotations

import math
import warnings
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcdemand.distributions._counts import steps_of, summed
from mcdemand.distributions._density import integrated
from mcdemand.distributions._distribution import Distribution, Parameter, Values
from mcdemand.distributions._form import MAX_FORMS, Continuous, Steps, family_of_forms
from mcdemand.distributions._pieces import FIRST_SCORES
from mcdemand.errors import InputError, NumericalError
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.pieces import piecewise
from mcdemand.registry import nearest

PREFIX = "scipy"
TOO_SLOW = frozenset({"levy_stable", "studentized_range"})
"""Laws of which a table would take SciPy minutes."""
CHECKED_SCORES = np.linspace(-7.03, 7.03, 41)
BODY = 3.1
"""Scores within which SciPy's own quantiles are taken for exact: levels from 0.1 % to 99.9 %."""
TOLERANCE = 1e-9
SCORE_TOLERANCE = 1e-10
SMALLEST_SHARE = 1e-3
DOUBLINGS = np.ldexp(1.0, np.arange(-4, 120))


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
    """Return the steps of a discrete law: by SciPy's own tails, or by the sums of its probabilities."""
    from scipy import stats

    law, loc = frozen(name, {**values, "loc": 0.0}), values["loc"]
    lower, upper = map(float, law.support())
    centre = float(_quiet(law.ppf)(np.array(0.5)))
    if not math.isfinite(centre):
        raise NumericalError(f"scipy:{name} has no median; state another law")
    kind = type(law.dist)
    if kind._cdf is not stats.rv_discrete._cdf and kind._sf is not stats.rv_discrete._sf:
        steps = steps_of(f"scipy:{name}", _quiet(law.cdf), _quiet(law.sf), (lower, upper), centre)
    else:
        steps, mass = summed(f"scipy:{name}", _quiet(law.pmf), (lower, upper), centre)
        if not abs(mass - 1) < TOLERANCE:
            raise NumericalError(f"scipy:{name}: SciPy's probabilities sum to {mass:.9g}; state another law")
    if not np.all(np.diff(steps.below) >= 0) or not np.all(np.diff(steps.above) <= 0):
        raise NumericalError(f"scipy:{name}: SciPy's probabilities do not rise; state another law")
    return Steps(steps.values + loc, steps.below, steps.above, (lower + loc, upper + loc))


@lru_cache(maxsize=MAX_FORMS)
def settled(name: str, numbers: tuple[tuple[str, float], ...]) -> tuple[Continuous, Floats]:
    """Return the first form of a continuous law whose table is as exact as it should be, and that table.

    SciPy's own tails come first. Where it has no function for one, it subtracts from 1 and the tail is lost: then the
    density is integrated, and only if that fails the tails are taken as they are.

    Raises
    ------
    NumericalError
        If there is none.
    """
    from scipy import stats

    kind = type(laws()[name])
    has_own = [getattr(kind, part) is not getattr(stats.rv_continuous, part) for part in ("_cdf", "_sf")]
    makers = [*([by_tails] if all(has_own) else []), by_density, *([by_tails] if has_own == [True, False] else [])]
    problems: list[NumericalError] = []
    for make in makers:
        try:
            form = make(name, dict(numbers))
            return form, checked_pieces(name, dict(numbers), form)
        except NumericalError as error:
            problems.append(error)
    raise problems[0]


def by_tails(name: str, values: Values) -> Continuous:
    """Return a law by SciPy's distribution function and survival function."""
    law = frozen(name, values)
    cdf, sf = _quiet(law.cdf), _quiet(law.sf)
    return Continuous(lambda x: (cdf(x), sf(x)), _quiet(law.pdf), _ends(law), tuple(_start(law).tolist()))


def by_density(name: str, values: Values) -> Continuous:
    """Return a law by SciPy's density.

    Raises
    ------
    NumericalError
        If that does not integrate to 1.
    """
    law = frozen(name, values)
    pdf = _quiet(law.pdf)
    # Far out some densities of SciPy's are 0 / 0; the integral tells if that matters.
    form, mass = integrated(lambda x: np.nan_to_num(pdf(x)), _reaching(law), _ends(law))
    if not abs(mass - 1) < TOLERANCE:
        raise NumericalError(f"scipy:{name}: SciPy's density integrates to {mass:.9g}; state another law")
    return form


def _ends(law: Any) -> tuple[float, float]:
    lower, upper = map(float, law.support())
    return lower, upper


def _start(law: Any) -> Floats:
    """Return values that a table begins with: both ends, and quantiles."""
    from scipy.special import ndtr

    low, high = FIRST_SCORES[FIRST_SCORES <= 0], FIRST_SCORES[FIRST_SCORES > 0]
    known = np.concatenate([_quiet(law.ppf)(ndtr(low)), _quiet(law.isf)(ndtr(-high)), _ends(law)])
    return np.unique(known[np.isfinite(known)])


def _reaching(law: Any) -> Floats:
    """Return values that reach far into both tails, where SciPy's quantiles may not."""
    quarter, half, more = _quiet(law.ppf)(np.array([0.25, 0.5, 0.75]))
    reach = (more - quarter) * DOUBLINGS
    found, (lower, upper) = np.concatenate([_start(law), half - reach, half + reach]), _ends(law)
    return np.unique(found[np.isfinite(found) & (found >= lower) & (found <= upper)])


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


def _is_level(form: Continuous, x: Floats) -> NDArray[np.bool_]:
    """Tell where a value's own score is the one that it was read for: SciPy's search for it may be less exact."""
    scores, _ = form.scores(x)
    return np.asarray(np.abs(scores - CHECKED_SCORES) <= SCORE_TOLERANCE * np.maximum(1.0, np.abs(CHECKED_SCORES)))


def named(name: str) -> Distribution:
    """Return the family of one of SciPy's laws.

    Raises
    ------
    InputError
        If there is no such law, or it would take minutes.
    """
    full = f"{PREFIX}:{name:.60}"
    if name not in laws():
        raise InputError(f"distribution: {full!r}: SciPy has no such law; {nearest(name, laws())}")
    if name in TOO_SLOW:
        raise InputError(f"distribution: {full!r}: takes SciPy minutes to tabulate; state some of its quantiles")
    parameters = parameters_of(laws()[name])

    def check(values: Values) -> str | None:
        return _problem(name, values)

    if not hasattr(laws()[name], "pdf"):
        return family_of_forms(full, parameters, lambda values: steps_form(name, values), is_discrete=True, check=check)
    return family_of_forms(
        full,
        parameters,
        lambda values: settled(name, tuple(values.items()))[0],
        numbers=lambda values: settled(name, tuple(values.items()))[1],
        check=check,
    )


def _problem(name: str, values: Values) -> str | None:
    """Return that SciPy takes no such numbers, if so."""
    try:
        end = _quiet(lambda _x: frozen(name, values).support()[0])(np.zeros(1))
    except (TypeError, ValueError):
        end = np.array(math.nan)
    if not np.isnan(end):
        return None
    shown = ", ".join(f"{key} = {value:g}" for key, value in values.items())
    return f"distribution: SciPy's {name} takes no such numbers: {shown}"


def refuse(_values: Values) -> str:
    """Return what is missing where only SciPy is named."""
    return "distribution: 'scipy': name one of its laws, such as \"scipy:gamma\""


DISTRIBUTION = Distribution(
    name=PREFIX,
    parameters=(),
    score="normal",
    quantile=piecewise,
    numbers=lambda _values: (),
    named=named,
    check=refuse,
    tabulated=True,
)
