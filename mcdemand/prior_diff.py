"""Two prior sets row by row: which rows differ, and how far apart their laws are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from mcdemand.dependence import Group
from mcdemand.kernels.arrays import Floats
from mcdemand.prior import Prior
from mcdemand.prior_change import describe_change
from mcdemand.prior_moments import (
    INDEX_TOLERANCE,
    INFINITE_MEAN,
    TAIL_LEVELS,
    index_of,
    integrate_gap,
    quantiles,
    tail_index,
)
from mcdemand.prior_set import PriorSet, load_prior_set
from mcdemand.row_builder import prior_quantiles
from mcdemand.schema import UNSTATED

PROBABILITIES = (0.05, 0.5, 0.95)
GAUSSIAN = "gaussian"
ADDED, REMOVED = "added", "removed"
TEXTS = ("source", "note")

type Source = str | Path | Mapping[str, Any] | PriorSet


@dataclass(frozen=True)
class _Row:
    """What differs in a row."""

    name: str
    unit: str
    change: str
    is_law_changed: bool
    start: Floats
    end: Floats
    distance: float

    @property
    def relative(self) -> float:
        median = abs(self.start[1])
        return self.distance / median if median > 0 else math.nan


def diff_prior_sets(a: Source, b: Source) -> xr.Dataset:
    """Return which rows differ between two prior sets, and by how much; the rows that move most come first.

    Parameters
    ----------
    a, b
        Where one starts and where one ends, each what `load_prior_set` takes.

    Returns
    -------
    xr.Dataset
        Dim `row`, rows that differ in law, unit, source or note, by `relative_distance`: `start`, `end` and `shift` =
        `end` - `start`, quantiles (row, quantile) in the row's unit, truncation included; `distance`, the 1-Wasserstein
        distance between the laws; `relative_distance`, that over the absolute median of `a`; coordinates `change`, in
        words, `law_changed` and `units`. NaN for what one of the sets does not have, for categories, and where the
        units differ. Dim `pair`, correlations that differ: `start_latent`, `end_latent`, NaN where none is stated;
        coordinates `first` and `second`. Attributes `start_groups` and `end_groups`: groups of other copulas that only
        one of the sets states, in words, a line each.

    Raises
    ------
    PriorSetError
        If anything is wrong with a set.
    FileError
        If a file cannot be read.

    Notes
    -----
    The 1-Wasserstein distance of laws on the line is the integral of |Q_a(u) - Q_b(u)| over u in (0, 1) (Vallender
    1974): here by Gauss-Legendre panels in the normal score of u; infinite where that integral is. For a parameter that
    varies by year it is that of the first year's law.

    Examples
    --------
    >>> rows = {"x": "normal(1, 1)", "y": 3}
    >>> found = diff_prior_sets({"parameters": rows}, {"parameters": {**rows, "x": "normal(1.5, 1)"}})
    >>> found["row"].values.tolist(), round(float(found["distance"][0]), 12)
    (['x'], 0.5)
    """
    start, end = load_prior_set(a), load_prior_set(b)
    names = sorted({*start.parameters, *end.parameters})
    rows = sorted(filter(None, (_row(name, start, end) for name in names)), key=_size)
    changed = _pairs(start, end)
    return xr.Dataset(
        {**_row_variables(rows), **_pair_variables(changed)}, _coordinates(rows, changed), _about(start, end)
    )


def _size(row: _Row) -> tuple[float, str]:
    """Return what rows are sorted by: those that cannot be measured come last."""
    size = row.relative if row.relative == row.relative else row.distance
    return (-size if size == size else 1.0, row.name)


def _row(name: str, start: PriorSet, end: PriorSet) -> _Row | None:
    """Return what differs in a row; None if nothing does."""
    old, new = start.parameters.get(name), end.parameters.get(name)
    if old is None or new is None:
        one = old or new
        assert one is not None
        change = ADDED if old is None else REMOVED
        return _Row(name, one.unit, change, True, _quantiles(old), _quantiles(new), math.nan)
    is_law_changed = old.drawn_law != new.drawn_law
    words = [describe_change(name, start, end)] if is_law_changed else []
    words += [f"unit {old.unit} -> {new.unit}"] if old.unit != new.unit else []
    words += [f"{key} reworded" for key in TEXTS if getattr(old, key) != getattr(new, key)]
    if not words:
        return None
    is_comparable = old.unit == new.unit or UNSTATED in (old.unit, new.unit)
    distance = wasserstein_distance(old, new) if is_comparable else math.nan
    unit = new.unit if old.unit == UNSTATED else old.unit
    return _Row(name, unit, ", ".join(words), is_law_changed, _quantiles(old), _quantiles(new), distance)


def _quantiles(prior: Prior | None) -> Floats:
    if prior is None or _is_categorical(prior):
        return np.full(len(PROBABILITIES), np.nan)
    return prior_quantiles(prior, PROBABILITIES)


def _is_categorical(prior: Prior) -> bool:
    return "categories" in prior.values


def wasserstein_distance(a: Prior, b: Prior) -> float:
    """Return the 1-Wasserstein distance between two laws in their unit: NaN for categories, infinite if it is.

    Examples
    --------
    >>> from mcdemand import load_prior_set
    >>> laws = load_prior_set({"parameters": {"a": "uniform(0, 1)", "b": "uniform(0, 3)"}}).parameters
    >>> round(wasserstein_distance(laws["a"], laws["b"]), 12)
    1.0
    """
    if _is_categorical(a) or _is_categorical(b):
        return math.nan
    if a.law == b.law:
        return 0.0

    def gap(levels: Floats) -> Floats:
        return np.abs(quantiles(a, levels) - quantiles(b, levels))

    tails = np.array(TAIL_LEVELS)
    # Where two tails without a mean run side by side, their gap may still have one.
    if max(tail_index(a), tail_index(b)) >= INFINITE_MEAN - INDEX_TOLERANCE and any(
        index_of(gap(side).tolist()) >= INFINITE_MEAN - INDEX_TOLERANCE for side in (tails, 1 - tails)
    ):
        return math.inf
    return integrate_gap(partial(quantiles, a), partial(quantiles, b))


def _pairs(start: PriorSet, end: PriorSet) -> list[tuple[str, str, float, float]]:
    """Return the pairs whose latent correlation differs, with both; NaN where a set states none."""
    stated = [{tuple(sorted(one.between)): one.latent for one in each.correlations} for each in (start, end)]
    both = {pair: tuple(one.get(pair, math.nan) for one in stated) for pair in sorted({*stated[0], *stated[1]})}
    return [(first, second, x, y) for (first, second), (x, y) in both.items() if x != y]


def _row_variables(rows: list[_Row]) -> dict[str, Any]:
    shape = (len(rows), len(PROBABILITIES))
    start = np.array([row.start for row in rows]).reshape(shape)
    end = np.array([row.end for row in rows]).reshape(shape)
    named = {"start": start, "end": end, "shift": end - start}
    about = "1-Wasserstein distance between the laws"
    return {
        **{name: (("row", "quantile"), values) for name, values in named.items()},
        "distance": ("row", np.array([row.distance for row in rows]), {"long_name": about}),
        "relative_distance": ("row", np.array([row.relative for row in rows]), {"units": "1"}),
    }


def _pair_variables(pairs: list[tuple[str, str, float, float]]) -> dict[str, Any]:
    values = np.array([pair[2:] for pair in pairs]).reshape(-1, 2)
    return {"start_latent": ("pair", values[:, 0]), "end_latent": ("pair", values[:, 1])}


def _coordinates(rows: list[_Row], pairs: list[tuple[str, str, float, float]]) -> dict[str, Any]:
    texts = {"row": "name", "change": "change", "units": "unit"}
    return {
        **{key: ("row", np.array([getattr(row, name) for row in rows], dtype=str)) for key, name in texts.items()},
        "law_changed": ("row", np.array([row.is_law_changed for row in rows], dtype=bool)),
        "quantile": list(PROBABILITIES),
        "first": ("pair", np.array([pair[0] for pair in pairs], dtype=str)),
        "second": ("pair", np.array([pair[1] for pair in pairs], dtype=str)),
    }


def _about(start: PriorSet, end: PriorSet) -> dict[str, Any]:
    named = {"start_set": start.name, "end_set": end.name, "start_title": start.title, "end_title": end.title}
    groups = [{group.statement: group for group in each.groups if group.family != GAUSSIAN} for each in (start, end)]
    only = [[_group_words(one[key]) for key in one if key not in other] for one, other in (groups, groups[::-1])]
    tied = {"start_groups": "\n".join(only[0]), "end_groups": "\n".join(only[1])}
    return {**named, **tied, "common_rows": len({*start.parameters} & {*end.parameters})}


def _group_words(group: Group) -> str:
    """Return a group that is stated as such, its copula and numbers in words."""
    plain = {key: value for key, value in group.numbers.items() if isinstance(value, int | float)}
    numbers = "".join(f", {key} {value:g}" for key, value in plain.items())
    pairs = "".join(f", {a} and {b} rank {group.rank(a, b):.3g}" for a, b in group.pairs)
    return f"{group.label}{numbers}{pairs}"
