"""From what somebody says of a number to laws: every family that can say it, fitted, ranked by misfit, read back."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from pydantic import TypeAdapter, ValidationError

from mcdemand.distributions import distributions, find_distribution
from mcdemand.distributions._distribution import Distribution
from mcdemand.distributions._fit import fit_levels, law_levels
from mcdemand.distributions._law import Law
from mcdemand.elicited_statement import LEVEL, Statement, by_key, finite, listed, read_statement
from mcdemand.errors import InputError, NumericalError
from mcdemand.law_statement import read_law
from mcdemand.registry import nearest
from mcdemand.row_writing import write_toml
from mcdemand.schema import LawRow, ParameterName, Row, problem_words

READ_BACK = (0.01, 0.05, 0.5, 0.95, 0.99)
CURVE = np.linspace(0.005, 0.995, 199)
"""Levels of the quantile function that figures draw."""
SAME_MISFIT = 6
"""Decimals of a misfit beyond which simpler laws come first."""
USUAL = ("lognormal", "normal", "beta", "gamma")
"""Of laws with the same misfit and as many numbers, these come first; the first one if all that is said is positive."""
MOST_REASONS = 3
MOST_OUTSIDE = 0.01
"""Probability outside of the bins of a roulette from which on a law comes after those that keep within."""


@dataclass(frozen=True)
class Fit:
    """A law that meets a statement, and the row that states it."""

    law: Law
    row: Mapping[str, Any]
    misfit: float
    outside: float = 0.0


def elicit(
    quantiles: Mapping[str | float, float] | None = None,
    *,
    interval: Sequence[float] | None = None,
    level: float | str = LEVEL,
    mode: float | None = None,
    lower: float | None = None,
    upper: float | None = None,
    chips: Sequence[Sequence[float]] | None = None,
    families: str | Iterable[str] | None = None,
    thresholds: Iterable[float] = (),
    name: str = "x",
    unit: str = "1",
) -> xr.Dataset:
    """Return laws that say what was said of a number, the nearest first.

    Parameters
    ----------
    quantiles
        Values by level: `{"p5": 60, "p50": 120}` or `{0.05: 60}`.
    interval, level
        Two values between which the number lies with a probability: 0.9, or "90 %".
    mode, lower, upper
        The likeliest, the least and the largest value.
    chips
        (edges, chips): bins of a roulette and how many chips lie in each.
    families
        Names of families to try; None: all that are stated by such numbers and whose support allows it.
    thresholds
        Values whose probability of being exceeded is read back.
    name, unit
        Of the parameter, for the row to paste.

    Returns
    -------
    xr.Dataset
        Over `family`: `misfit`, the root mean square of F(x_p) - p over the stated quantiles; `quantiles` over
        `quantile` (p1, p5, p50, p95, p99), `curve` over `level`; `exceedance` over `threshold`; `outside`, the
        probability outside of the bins of chips, and 0 without chips; `row`, a table of TOML; `law`, in words.

    Raises
    ------
    InputError
        If nothing, or something contradictory, is stated, or no family can say it.

    Notes
    -----
    Two quantiles determine two numbers. Of more quantiles than a family has numbers, the law with the least misfit is
    taken, as SHELF (Oakley and O'Hagan 2019) and PreliZ's quartile do; its row states its parameters. Of laws with the
    same misfit, those of fewer numbers come first, then the usual ones. Levels are kept to 8 decimals, as rows do.

    Chips are read as the levels of the bins' inner edges, as SHELF does, and families with bounds take the outer edges
    for theirs. Whoever lays all chips into bins says that the number hardly lies elsewhere. The inner edges do not say
    it, and a normal law may meet them and reach far out. So laws that put more than 1 % outside of the bins come after
    all others, however near they are; SHELF ranks by misfit alone.

    Examples
    --------
    >>> found = elicit({"p5": 10, "p95": 1000}, families=["lognormal", "normal"], lower=0)
    >>> found["family"].values.tolist(), found["quantiles"].sel(family="lognormal", quantile=0.5).round(6).item()
    (['lognormal'], 100.0)
    """
    _check_row(name, unit)
    statement = read_statement(quantiles, interval, level, mode, lower, upper, chips)
    fits, failures = fit_families(statement, _chosen(families))
    if not fits:
        raise InputError(f"families: none can say this: {_in_short(failures) or 'none is stated by these numbers'}")
    limits = [finite("thresholds", one) for one in listed("thresholds", thresholds, "a list of numbers")]
    return _dataset(statement, fits, failures, limits, name, unit)


def _check_row(name: str, unit: str) -> None:
    """Raise if a prior set could not read the row to paste."""
    try:
        TypeAdapter(ParameterName).validate_python(name)
    except ValidationError:
        raise InputError(f"name: {name!r:.80}: must be a letter, then at most 63 letters, digits and _") from None
    try:
        Row(distribution="normal", unit=unit)
    except ValidationError as error:
        raise InputError(problem_words(error.errors(include_url=False)[0])) from None


def _in_short(failures: Mapping[str, str]) -> str:
    reasons = [f"{family}: {reason}" for family, reason in failures.items()]
    more = [f"and {len(reasons) - MOST_REASONS} others"] if len(reasons) > MOST_REASONS else []
    return "; ".join(reasons[:MOST_REASONS] + more)


def _chosen(families: str | Iterable[str] | None) -> dict[str, Distribution] | None:
    if families is None:
        return None
    names = [families] if isinstance(families, str) else listed("families", families, "names of families")
    found = {name: find_distribution(name) for name in map(str, names)}
    for name, family in found.items():
        if family is None:
            raise InputError(f"families: {name!r:.80}: unknown; {nearest(name, distributions())}")
    return {name: family for name, family in found.items() if family}


def fit_families(
    statement: Statement, chosen: Mapping[str, Distribution] | None = None
) -> tuple[list[Fit], dict[str, str]]:
    """Return laws that meet a statement, the nearest first, and why other families did not, by name."""
    fits: list[Fit] = []
    failures: dict[str, str] = {}
    for name, family in (distributions() if chosen is None else chosen).items():
        if chosen is None and not _can_say(family, statement):
            continue
        try:
            fits.append(_fit(name, family, statement))
        except (InputError, NumericalError, ArithmeticError, ValueError) as error:
            failures[name] = str(error).splitlines()[0]
    return sorted(fits, key=lambda fit: (fit.outside > MOST_OUTSIDE, *_rank(fit, statement))), failures


def _can_say(family: Distribution, statement: Statement) -> bool:
    """Return whether a family is stated by quantiles, or by a mode and bounds, of which there are some."""
    names = {parameter.name for parameter in family.parameters}
    if "mode" in statement.bounds and not statement.quantiles:
        return {"mode", "lower", "upper"} <= names
    return family.fit is not None and ("mode" not in statement.bounds or "mode" in names)


def _rank(fit: Fit, statement: Statement) -> tuple[float, int, int, str]:
    name = fit.law.family.name
    order = USUAL if all(x > 0 for x in statement.quantiles.values()) else USUAL[1:]
    usual = order.index(name) if name in order else len(order)
    return round(fit.misfit, SAME_MISFIT), len(fit.law.numbers), usual, name


def _fit(name: str, family: Distribution, statement: Statement) -> Fit:
    """Return the law of a family that is nearest to a statement.

    Raises
    ------
    InputError
        If there is none, or its support goes beyond the bounds that were stated.
    """
    names = {parameter.name for parameter in family.parameters}
    row: dict[str, Any] = {"distribution": name}
    row |= {key: value for key, value in statement.bounds.items() if key in names}
    row |= by_key(statement.quantiles)
    law, row = _read(row, statement.quantiles)
    if not statement.is_of_chips:
        _check_support(law, statement.bounds)
    outside = _outside(law, statement.bounds) if statement.is_of_chips else 0.0
    return Fit(law, row, _misfit(law, statement.quantiles), outside)


def _read(row: dict[str, Any], quantiles: Mapping[float, float]) -> tuple[Law, dict[str, Any]]:
    """Return the law that meets all quantiles, or else the nearest one, and the row that states it."""
    try:
        return _law(row), row
    except InputError as error:
        problem = error
    row = {**row, "fit": "least_squares"}
    try:
        law = _law(row)
    except InputError:
        raise problem from None
    return _nearer(law, row, quantiles)


def _law(row: Mapping[str, Any]) -> Law:
    try:
        with np.errstate(all="ignore"):
            return read_law(LawRow.model_validate(row))
    except ValidationError as error:
        raise InputError(problem_words(error.errors(include_url=False)[0])) from None


def _nearer(law: Law, row: dict[str, Any], quantiles: Mapping[float, float]) -> tuple[Law, dict[str, Any]]:
    """Return the law whose levels are nearest to those stated, stated by its parameters, if it is nearer."""
    with np.errstate(all="ignore"):
        found = fit_levels(law, quantiles, fixed=row)
    if not _misfit(found, quantiles) < _misfit(law, quantiles):
        return law, row
    stated = {"distribution": row["distribution"], **found.values}
    return _law(stated), stated


def _misfit(law: Law, quantiles: Mapping[float, float]) -> float:
    """Return the root mean square of F(x_p) - p."""
    p, x = np.array([*quantiles]), np.array([*quantiles.values()])
    return float(np.sqrt(np.mean((law_levels(law, x) - p) ** 2))) if p.size else 0.0


def _outside(law: Law, bounds: Mapping[str, float]) -> float:
    """Return the probability of less than the lower and of more than the upper bound."""
    from scipy.special import ndtr

    below = ndtr(law.normal_scores(np.array([bounds["lower"]]), of_less=True))
    return float((below + ndtr(-law.normal_scores(np.array([bounds["upper"]]))))[0])


def _check_support(law: Law, bounds: Mapping[str, float]) -> None:
    least, largest = law.support()
    if least < bounds.get("lower", -math.inf) or largest > bounds.get("upper", math.inf):
        raise InputError("its support goes beyond the stated bounds")


def _dataset(
    statement: Statement,
    fits: Sequence[Fit],
    failures: Mapping[str, str],
    thresholds: list[float],
    name: str,
    unit: str,
) -> xr.Dataset:
    from scipy.special import ndtr, ndtri

    laws = [fit.law for fit in fits]
    scores, limits = ndtri(np.array(READ_BACK)), np.array(thresholds)
    data = {
        "misfit": ("family", [fit.misfit for fit in fits]),
        "outside": ("family", [fit.outside for fit in fits]),
        "quantiles": (("family", "quantile"), [law.quantiles(scores) for law in laws], {"units": unit}),
        "curve": (("family", "level"), [law.quantiles(ndtri(CURVE)) for law in laws], {"units": unit}),
        "exceedance": (("family", "threshold"), [ndtr(-law.normal_scores(limits)) for law in laws]),
        "law": ("family", [str(law) for law in laws]),
        "row": ("family", [write_toml({"parameters": {name: {**fit.row, "unit": unit}}}) for fit in fits]),
    }
    coordinates = {
        "family": [law.family.name for law in laws],
        "quantile": [*READ_BACK],
        "level": CURVE,
        "threshold": thresholds,
    }
    bins = [*statement.bounds.values()] if statement.is_of_chips else []
    said = by_key(statement.quantiles) | ({} if bins else dict(statement.bounds))
    about = {"stated": json.dumps(said), "bins": json.dumps(bins), "not_fitted": json.dumps(dict(failures))}
    about |= {"name": name, "units": unit}
    return xr.Dataset(data, coordinates, about)
