"""From what somebody says of a number to laws: every family that can say it, fitted, ranked by misfit, read back."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import xarray as xr
from pydantic import TypeAdapter, ValidationError

from mcdemand.distributions import distributions, find_distribution
from mcdemand.distributions._distribution import Distribution
from mcdemand.distributions._fit import fit_levels, law_levels
from mcdemand.distributions._law import Law
from mcdemand.errors import InputError, NumericalError
from mcdemand.law_statement import quantile_level, read_law
from mcdemand.registry import nearest
from mcdemand.row_writing import write_toml
from mcdemand.schema import LawRow, ParameterName, Row

READ_BACK = (0.01, 0.05, 0.5, 0.95, 0.99)
CURVE = np.linspace(0.005, 0.995, 199)
"""Levels of the quantile function that figures draw."""
SAME_MISFIT = 6
"""Decimals of a misfit beyond which simpler laws come first."""
USUAL = ("normal", "lognormal", "beta", "gamma")
"""Of laws with the same misfit and as many numbers, these come first."""
LEVEL = 0.9
MOST_REASONS = 3
LEVEL_DIGITS = 8
"""Decimals of a level that a key such as `p0.428571` holds."""


@dataclass(frozen=True)
class Statement:
    """What is said of a number.

    Attributes
    ----------
    quantiles
        Values by level.
    bounds
        `lower`, `upper` and `mode`, as far as they are stated.
    is_bounded
        Whether the bounds are ends of the support, and not those of a table of chips.
    """

    quantiles: Mapping[float, float]
    bounds: Mapping[str, float] = field(default_factory=dict)
    is_bounded: bool = True


@dataclass(frozen=True)
class Fit:
    """A law that meets a statement, and the row that states it."""

    law: Law
    row: Mapping[str, Any]
    misfit: float


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
        `quantile` (p1, p5, p50, p95, p99), `curve` over `level`; `exceedance` over `threshold`; `row`, a table of TOML;
        `law`, in words.

    Raises
    ------
    InputError
        If nothing, or something contradictory, is stated, or no family can say it.

    Notes
    -----
    Two quantiles determine two numbers. Of more quantiles than a family has numbers, the law with the least misfit is
    taken, as SHELF (Oakley and O'Hagan 2019) and PreliZ's quartile do; its row states its parameters. Of laws with the
    same misfit, those of fewer numbers come first, then the usual ones. Chips are read as the levels of the bins'
    inner edges, as SHELF does. Levels are kept to 8 decimals, as rows do.

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
    return _dataset(statement, fits, failures, [_finite("thresholds", one) for one in thresholds], name, unit)


def _check_row(name: str, unit: str) -> None:
    """Raise if a prior set could not read the row to paste."""
    try:
        TypeAdapter(ParameterName).validate_python(name)
    except ValidationError:
        raise InputError(f"name: {name!r:.80}: must be a letter, then at most 63 letters, digits and _") from None
    try:
        Row(distribution="normal", unit=unit)
    except ValidationError as error:
        raise InputError(f"unit: {unit!r:.80}: {error.errors(include_url=False)[0]['msg']}") from None


def _in_short(failures: Mapping[str, str]) -> str:
    reasons = [f"{family}: {reason}" for family, reason in failures.items()]
    more = [f"and {len(reasons) - MOST_REASONS} others"] if len(reasons) > MOST_REASONS else []
    return "; ".join(reasons[:MOST_REASONS] + more)


def read_statement(
    quantiles: Mapping[str | float, float] | None = None,
    interval: Sequence[float] | None = None,
    level: float | str = LEVEL,
    mode: float | None = None,
    lower: float | None = None,
    upper: float | None = None,
    chips: Sequence[Sequence[float]] | None = None,
) -> Statement:
    """Return what was said, checked.

    Raises
    ------
    InputError
        If it is nothing, or contradicts itself.
    """
    pairs = [(_level_of(key), _finite(str(key), value)) for key, value in (quantiles or {}).items()]
    if interval is not None:
        pairs += _ends(interval, level)
    said = dict(pairs)
    if len(said) < len(pairs):
        raise InputError("quantiles: the same level is stated twice; keep one")
    bounds = {
        key: _finite(key, value)
        for key, value in (("lower", lower), ("mode", mode), ("upper", upper))
        if value is not None
    }
    rising = list(bounds.values())
    if rising != sorted(set(rising)):
        raise InputError(f"{', '.join(bounds)}: {rising}: must rise")
    if chips is not None:
        if said or bounds:
            raise InputError("chips: say everything by chips, or leave them out")
        return _chip_statement(chips)
    if not said and len(bounds) < len(("lower", "mode", "upper")):
        missing = "nothing is stated" if "mode" not in bounds else "a mode alone says too little"
        raise InputError(f"quantiles: {missing}; state quantiles, an interval, a mode with lower and upper, or chips")
    statement = Statement(dict(sorted(said.items())), bounds)
    _check_order(statement)
    return statement


def _check_order(statement: Statement) -> None:
    stated = list(_by_key(statement.quantiles).items())
    for (below, low), (key, high) in pairwise(stated):
        if low >= high:
            raise InputError(f"{key}: {high!r}: must be above {below} = {low!r}")
    least, largest = statement.bounds.get("lower", -math.inf), statement.bounds.get("upper", math.inf)
    for key, value in stated:
        if not least <= value <= largest:
            raise InputError(f"{key}: {value!r}: must lie between lower = {least!r} and upper = {largest!r}")


def parse_level(level: float | str) -> float:
    """Return a probability between 0 and 1 from a number or a text such as "90 %".

    Raises
    ------
    InputError
        If it is no probability; 90 is refused, as it may mean 0.9.

    Examples
    --------
    >>> parse_level("80 %"), parse_level(0.8)
    (0.8, 0.8)
    """
    text = str(level).strip()
    try:
        value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        raise InputError(f"level: {level!r:.40}: must be a probability such as 0.9, or '90 %'") from None
    if 0 < value < 1:
        return value
    hint = f"; for per cent write '{text} %'" if 1 < value < 100 else ""
    raise InputError(f"level: {level!r:.40}: must lie between 0 and 1{hint}")


def _level_of(key: str | float) -> float:
    level = quantile_level(key) if isinstance(key, str) else None
    return _rounded(parse_level(key) if level is None else level)


def _rounded(level: float) -> float:
    """Return a level as a row can state it."""
    rounded = round(level, LEVEL_DIGITS)
    if 0 < rounded < 1:
        return rounded
    raise InputError(f"level: {level!r}: must lie between 1e-8 and 1 - 1e-8")


def _ends(interval: Sequence[float], level: float | str) -> list[tuple[float, float]]:
    """Return the two quantiles that an interval of equal tails states."""
    if len(interval) != 2:
        raise InputError(f"interval: {list(interval)!r:.80}: must be two numbers, the lower end first")
    tail = _rounded((1 - parse_level(level)) / 2)
    return list(zip((tail, round(1 - tail, LEVEL_DIGITS)), (_finite("interval", end) for end in interval), strict=True))


def _chip_statement(chips: Sequence[Sequence[float]]) -> Statement:
    if len(chips) != 2 or len(chips[0]) != len(chips[1]) + 1:
        raise InputError("chips: must be edges and chips, one edge more than chips")
    edges = [_finite("chips", edge) for edge in chips[0]]
    counts = [_finite("chips", count) for count in chips[1]]
    if edges != sorted(set(edges)) or min(counts) < 0 or sum(counts) <= 0:
        raise InputError("chips: edges must rise, and chips must not be negative nor all be 0")
    levels = np.round(np.cumsum(counts)[:-1] / sum(counts), LEVEL_DIGITS)
    said = {float(p): x for p, x in zip(levels, edges[1:-1], strict=True) if 0 < p < 1}
    if len(said) < 2:
        raise InputError("chips: lie in fewer than three bins; use narrower bins")
    return Statement(said, {"lower": edges[0], "upper": edges[-1]}, is_bounded=False)


def _finite(key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not math.isfinite(value):
        raise InputError(f"{key}: {value!r:.40}: must be a finite number")
    return float(value)


def _chosen(families: str | Iterable[str] | None) -> dict[str, Distribution] | None:
    if families is None:
        return None
    names = [families] if isinstance(families, str) else list(families)
    found = {name: find_distribution(name) for name in names}
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
    return sorted(fits, key=_rank), failures


def _can_say(family: Distribution, statement: Statement) -> bool:
    """Return whether a family is stated by quantiles, or by a mode and bounds, of which there are some."""
    names = {parameter.name for parameter in family.parameters}
    if "mode" in statement.bounds and not statement.quantiles:
        return {"mode", "lower", "upper"} <= names
    return family.fit is not None and ("mode" not in statement.bounds or "mode" in names)


def _rank(fit: Fit) -> tuple[float, int, int, str]:
    name = fit.law.family.name
    usual = USUAL.index(name) if name in USUAL else len(USUAL)
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
    row |= _by_key(statement.quantiles)
    law, row = _read(row, statement.quantiles)
    if statement.is_bounded:
        _check_support(law, statement.bounds)
    return Fit(law, row, _misfit(law, statement.quantiles))


def _by_key(quantiles: Mapping[float, float]) -> dict[str, float]:
    """Return values by the keys of a row, such as `p5` and `p0.428571`."""
    return {f"p{100 * p:.{LEVEL_DIGITS - 2}f}".rstrip("0").rstrip("."): x for p, x in quantiles.items()}


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
        raise InputError(str(error.errors(include_url=False)[0]["msg"])) from None


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
    said = _by_key(statement.quantiles) | dict(statement.bounds)
    about = {"stated": json.dumps(said), "not_fitted": json.dumps(dict(failures)), "name": name, "units": unit}
    return xr.Dataset(data, coordinates, about)
