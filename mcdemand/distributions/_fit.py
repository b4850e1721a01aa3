"""From stated quantiles to parameters: by a straight line where the law has one, else by least squares."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Mapping, Sequence

import numpy as np

from mcdemand.distributions._distribution import Quantiles
from mcdemand.distributions._law import Law
from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import exp, log, logistic
from mcdemand.kernels.normal import normal_quantile

TOLERANCE = 1e-14
LEVEL_TOLERANCE = 1e-9
FREE = ("finite", "above 0")
"""Rules of the parameters that `fit_levels` moves."""
VISIBLE, SMALLEST, LARGEST = 1e-3, 1e-300, 1e300
MOST_TRIALS = 2000


def normal_scores(quantiles: Quantiles) -> list[float]:
    """Return the standard normal score of each stated probability."""
    return [float(normal_quantile(p)) for p in quantiles]


def fit_line(scores: Sequence[float], values: Sequence[float]) -> tuple[float, float]:
    """Return intercept and slope of the least-squares line of values on scores (exact for two points).

    Raises
    ------
    InputError
        If there are fewer than two points.
    """
    if len(scores) < 2:
        raise InputError("state two quantiles, or the parameters")
    if len(scores) == 2:
        slope = (values[1] - values[0]) / (scores[1] - scores[0])
        return values[0] - slope * scores[0], slope
    middle, height = math.fsum(scores) / len(scores), math.fsum(values) / len(values)
    rises = math.fsum((score - middle) * (value - height) for score, value in zip(scores, values, strict=True))
    slope = rises / math.fsum((score - middle) * (score - middle) for score in scores)
    return height - slope * middle, slope


def fit_numerically(
    misfit: Callable[[np.ndarray], np.ndarray],
    start: Sequence[float],
    largest: float | Sequence[float] = np.inf,
    smallest: float | Sequence[float] = -np.inf,
) -> np.ndarray:
    """Return the free numbers, between `smallest` and `largest`, with the least sum of squared misfits.

    By MINPACK, which is plain arithmetic; SciPy's newer methods rest on a library that is tuned to the processor.
    """
    from scipy.optimize import leastsq

    def inside(free: np.ndarray) -> np.ndarray:
        # Folded at the bounds, so that a step too far is not lost where nothing changes any more.
        folded = np.where(free > largest, 2 * np.asarray(largest) - free, free)
        folded = np.where(folded < smallest, 2 * np.asarray(smallest) - folded, folded)
        return np.asarray(np.clip(folded, smallest, largest))

    def misfit_inside(free: np.ndarray) -> np.ndarray:
        gaps = misfit(inside(free))
        # MINPACK wants as many as there are free numbers.
        return np.append(gaps, np.zeros(max(0, len(start) - len(gaps))))

    found, *_ = leastsq(misfit_inside, start, ftol=TOLERANCE, xtol=TOLERANCE, gtol=0.0, full_output=True)
    return inside(found)


def fit_shape_and_line(
    quantiles: Quantiles, standard: Callable[[float], np.ndarray], start: float, limits: tuple[float, float]
) -> tuple[float, float, float]:
    """Return the number that sets the shape, the location and the scale of a law with three parameters.

    Parameters
    ----------
    standard
        From that number to the quantiles of the law with location 0 and scale 1, at the stated levels.
    limits
        Of that number.
    """
    values = np.array(list(quantiles.values()))

    def line(shape: float) -> tuple[np.ndarray, float, float]:
        scores = standard(shape)
        # Of three points and more the line is that of least squares; of two it goes through both.
        return scores, *fit_line(scores.tolist(), values.tolist())

    def misfit(free: np.ndarray) -> np.ndarray:
        scores, location, scale = line(float(free[0]))
        return np.asarray((location + scale * scores - values) / (values[-1] - values[0]))

    shape = float(fit_numerically(misfit, [start], largest=limits[1], smallest=limits[0])[0])
    _, location, scale = line(shape)
    return shape, location, scale


def law_levels(law: Law, x: Floats) -> Floats:
    """Return the probabilities of no more than some values."""
    from scipy.special import ndtr

    return np.asarray(ndtr(law.normal_scores(x)))


def fit_levels(law: Law, quantiles: Quantiles, fixed: Container[str] = ()) -> Law:
    """Return the law of a family with the least sum of squares of F(x_p) - p, as SHELF fits (Oakley, `fitdist`).

    Parameters
    ----------
    law
        One near to it, from which the search starts.
    fixed
        Names of parameters that must stay, beside those that have their default.
    """
    levels, values = np.array([*quantiles]), np.array([*quantiles.values()])
    names = [
        one.name
        for one in law.family.parameters
        if one.rule in FREE and one.name not in fixed and law.values[one.name] != one.value_in({})
    ]
    if not names:
        return law
    is_factor = [one.rule == "above 0" for one in law.family.parameters if one.name in names]

    def moved(steps: Sequence[float]) -> Law:
        found = law.values
        for name, step, positive in zip(names, steps, is_factor, strict=True):
            found[name] = found[name] * exp(step) if positive else found[name] + float(step)
        return Law(law.family, tuple(law.family.complete(found).items()))

    def misfit(steps: Sequence[float]) -> Floats:
        try:
            return np.asarray(np.nan_to_num(law_levels(moved(steps), values) - levels, nan=1.0))
        except (InputError, ArithmeticError, ValueError):
            return np.ones(len(levels))

    units = [
        1.0 if positive else _visible_step(misfit, place, len(names), float(np.ptp(values)))
        for place, positive in enumerate(is_factor)
    ]
    steps = _search_near_zero(lambda free: misfit((free * units).tolist()), len(names)) * units
    return moved(steps.tolist())


def _search_near_zero(misfit: Callable[[Floats], Floats], of: int) -> Floats:
    """Return the numbers with the least sum of squared misfits."""
    from scipy.optimize import minimize

    def total(free: Floats) -> float:
        gaps = misfit(free)
        return float(np.sum(gaps * gaps))

    # A simplex leaves regions where levels are flat or a rule is broken, in which slopes say nothing.
    simplex = np.vstack([np.zeros(of), np.eye(of)])
    options = {"initial_simplex": simplex, "xatol": 1e-9, "fatol": 1e-18, "maxfev": MOST_TRIALS}
    near = np.asarray(minimize(total, simplex[0], method="Nelder-Mead", options=options).x)
    return min((near, fit_numerically(misfit, near.tolist())), key=total)


def _visible_step(misfit: Callable[[list[float]], Floats], place: int, of: int, spread: float) -> float:
    """Return a step of a parameter, whatever its scale, that moves some level by a thousandth and more."""
    start, step = misfit([0.0] * of), spread

    def is_visible(step: float) -> bool:
        return bool(np.abs(misfit([step if k == place else 0.0 for k in range(of)]) - start).max() > VISIBLE)

    while is_visible(step) and step > SMALLEST:
        step /= 10
    while not is_visible(step) and step < LARGEST:
        step *= 10
    return step


def is_mirrored_triple(quantiles: Quantiles) -> bool:
    """Return whether the levels are p, 1/2 and 1 - p: of a symmetric law they tell location and scale only."""
    levels = list(quantiles)
    return len(levels) == 3 and levels[1] == 0.5 and abs(levels[0] + levels[2] - 1) < LEVEL_TOLERANCE


def fit_log_scale(quantiles: Quantiles, logs: Sequence[float], name: str) -> float:
    """Return the log of the scale of a law with one parameter, given the logs of its quantiles with scale 1.

    Raises
    ------
    InputError
        If there is no quantile, or one is not above 0.
    """
    if not quantiles:
        raise InputError(f"state one quantile, or {name}")
    return float(np.mean(np.subtract(positive_logs(quantiles), logs)))


def shares_between(family: str, quantiles: Quantiles, known: Mapping[str, float]) -> tuple[float, float, list[float]]:
    """Return known bounds, 0 and 1 unless stated, and the values as shares of the distance between them.

    Raises
    ------
    InputError
        If there are fewer than two quantiles, or one lies outside the bounds.
    """
    lower, upper = known.get("lower", 0.0), known.get("upper", 1.0)
    shares = [(x - lower) / (upper - lower) for x in quantiles.values()] if lower < upper else []
    if len(shares) < 2 or not all(0 < share < 1 for share in shares):
        raise InputError(f"{family} takes two quantiles between {lower!r} and {upper!r}, or its parameters")
    return lower, upper, shares


def mean_and_sd(known: Mapping[str, float], *positive: str) -> tuple[float, float]:
    """Return the stated mean and standard deviation; those named must be above 0, as sd must always.

    Raises
    ------
    InputError
        If one is not.
    """
    for name in (*positive, "sd"):
        if not known[name] > 0:
            raise InputError(f"{name}: {known[name]!r}: must be above 0")
    return known["mean"], known["sd"]


def check_bounds(values: Mapping[str, float]) -> str | None:
    """Return the rule that lower and upper break."""
    return None if values["lower"] < values["upper"] else f"upper: {values['upper']!r}: must be above lower"


def positive_logs(quantiles: Quantiles) -> list[float]:
    """Return the logs of the stated values.

    Raises
    ------
    InputError
        If one is not above 0.
    """
    for p, value in quantiles.items():
        if value <= 0:
            raise InputError(f"p{100 * p:g}: {value!r}: must be above 0 for a law on the positive axis")
    return [float(log(value)) for value in quantiles.values()]


def mode_between(lower: float, upper: float, free: float) -> float:
    """Return a value between two bounds, its logit being a free number."""
    return lower + (upper - lower) * (logistic(free))
