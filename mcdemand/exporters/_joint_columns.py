"""Columns of joint draws become a tree again: what each is, its label or its file says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from mcdemand.draw_choice import GROUPS
from mcdemand.errors import IntegrityError
from mcdemand.exporters._description import DIMS
from mcdemand.exporters._restoring import check_size, restore
from mcdemand.exporters._selection import KEPT_DRAWS, STATED
from mcdemand.exporters._table import TABLE_SCHEMA, WIDE
from mcdemand.kernels.arrays import Floats
from mcdemand.report.text import literal

RESULT_DIGEST = "result_sha256"
"""Attribute of draws that were read from an export: the digest of the result that it is of."""
_COUNTS = ("seed", "chains", "draws")
_LARGEST = 2**63
_WHOLE = re.compile(r"\d{1,19}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][+-]?\d++)?", re.ASCII)
_IN_YEAR = re.compile(r"(?P<name>.*)_(?P<year>-?\d{1,6})", re.DOTALL)


class Joint(NamedTuple):
    """A variable, or one year of it: row k of every column is the same draw.

    Attributes
    ----------
    year
        None of a variable that has none.
    attributes
        Such as units and long_name, those that the file states.
    group
        Empty: as it is with outputs and parameters, the former have years and the latter none.
    """

    name: str
    year: int | None
    values: Floats
    attributes: Mapping[str, str] = {}
    group: str = ""


class Stated(NamedTuple):
    """A variable of a table: where it belongs, and its columns."""

    group: str
    name: str
    columns: Sequence[str]
    yearly: bool
    attributes: Mapping[str, str] = {}


def joint_tree(
    path: Path,
    columns: Sequence[Joint],
    *,
    chains: int = 1,
    in_turn: bool = True,
    attributes: Mapping[str, Any] | None = None,
) -> xr.DataTree:
    """Return the tree of columns of draws.

    Parameters
    ----------
    chains
        How many chains the rows are of; where they cannot be of so many, all are of one.
    in_turn
        Whether the chains take turns from row to row, and do not follow each other.
    attributes
        Of the run that the draws are of, as `provenance` returns them.

    Raises
    ------
    IntegrityError
        If the columns do not fit together, or hold what is no number.
    """
    rows = _length(path, columns)
    count = chains if rows % chains == 0 else 1
    blocks = [one.values.reshape(-1, count).T.reshape(-1) if in_turn else one.values for one in columns]
    variables, years = _variables(path, columns)
    keys = np.divmod(np.arange(rows), rows // count)
    sizes = {"chains": count, "draws": rows // count, "years": years}
    description = describe(variables, WIDE, sizes, _of_part(attributes or {}, count, rows))
    labels = [*DIMS[:2], *map(str, range(len(columns)))]
    return restore(path, description, labels, rows, [[*keys, *blocks]], expected={})


def _length(path: Path, columns: Sequence[Joint]) -> int:
    """Return the number of rows, the same in all columns."""
    lengths = {one.values.size for one in columns}
    if len(lengths) != 1 or 0 in lengths:
        raise IntegrityError(f"{path}: cut short or damaged: its columns are not of the same number of draws")
    rows = lengths.pop()
    check_size(path, rows, len(columns))
    return rows


def _variables(path: Path, columns: Sequence[Joint]) -> tuple[list[Stated], list[int]]:
    """Return the variables in their order, and their years, the same of all that have some."""
    found: dict[tuple[str, str], dict[int | None, int]] = {}
    for place, one in enumerate(columns):
        years = found.setdefault((one.group or GROUPS[one.year is None], literal(one.name)), {})
        if one.year in years:
            raise IntegrityError(f"{path}: two columns are called {_shown(one)}; draws of which, it does not say")
        years[one.year] = place
    axes = {tuple(year for year in years if year is not None) for years in found.values() if [*years] != [None]}
    if len(axes) > 1 or any(None in years and len(years) > 1 for years in found.values()):
        raise IntegrityError(f"{path}: cut short or damaged: its variables are not of the same years")
    stated = [
        Stated(group, name, [*map(str, years.values())], None not in years, _texts(columns, years.values()))
        for (group, name), years in found.items()
    ]
    return stated, [*axes.pop()] if axes else []


def _texts(columns: Sequence[Joint], places: Iterable[int]) -> dict[str, str]:
    """Return what is said of a variable, of its first year, each text on one line."""
    return {key: literal(text) for key, text in columns[min(places)].attributes.items()}


def _shown(one: Joint) -> str:
    return f"{one.name!r:.60}" + ("" if one.year is None else f" in {one.year}")


def _of_part(attributes: Mapping[str, Any], chains: int, rows: int) -> dict[str, Any]:
    """Return the attributes of the draws that are left of a run."""
    found = dict(attributes)
    if found.get("chains", chains) != chains:
        del found["chains"]
    return found | {KEPT_DRAWS: rows} if found.get("draws", rows) != rows else found


def describe(
    variables: Iterable[Stated], layout: str, sizes: Mapping[str, Any], attributes: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return what the description of a table would say; `sizes` are chains, draws and years."""
    groups: dict[str, Any] = {}
    for one in variables:
        dims = DIMS if one.yearly else DIMS[:2]
        group = groups.setdefault(one.group, {"variables": [], "attributes": {}, "coordinates": {}})
        group["coordinates"] |= {dim: {} for dim in dims}
        stated = {"name": one.name, "columns": [*one.columns], "yearly": one.yearly}
        group["variables"].append({**stated, "attributes": dict(one.attributes)})
    return {"schema": TABLE_SCHEMA, "layout": layout, **sizes, "attributes": dict(attributes or {}), "groups": groups}


def provenance(stated: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of a run that a file states: counts as whole numbers, the rest as text."""
    found: dict[str, Any] = {}
    for key in (*STATED, RESULT_DIGEST):
        text = str(stated.get(key, ""))
        if key not in _COUNTS and text:
            found[key] = "\n".join(map(literal, text.splitlines()))
        elif _WHOLE.fullmatch(text) and int(text) < _LARGEST:
            found[key] = int(text)
    return found


def chains_of(attributes: Mapping[str, Any]) -> int:
    """Return how many chains a run has, 1 if that is not stated."""
    return max(1, int(attributes.get("chains", 1)))


def statements(lines: Iterable[str]) -> dict[str, str]:
    """Return what comments such as `seed: 0` state, by key; the first of each counts."""
    found: dict[str, str] = {}
    for line in lines:
        key, colon, text = line.partition(": ")
        if colon:
            found.setdefault(key, text)
    return found


def number(text: str) -> float:
    """Return a number that is written in digits.

    Raises
    ------
    ValueError
        If it is written in another way.
    """
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r:.40} is no number")
    return float(text)


def numbers_of(texts: Iterable[str]) -> Floats:
    """Return numbers that are written in digits."""
    return np.fromiter(map(number, texts), dtype=np.float64)


def split_labels(labels: Sequence[str]) -> list[tuple[str, int | None]]:
    """Return name and year of each label.

    Examples
    --------
    >>> split_labels(["power_2029", "power_2030", "share_2030", "size"])
    [('power', 2029), ('power', 2030), ('share_2030', None), ('size', None)]
    """
    years = years_of(labels)
    found: dict[str, tuple[str, int | None]] = {}
    for (name, yearly), own in variables_of(labels, years).items():
        found |= dict(zip(own, ((name, year) for year in (years if yearly else [None])), strict=True))
    return [found[label] for label in labels]


def split_label(label: str) -> tuple[str, int] | None:
    """Return the name and the year that a label ends with; None if it ends with none."""
    found = _IN_YEAR.fullmatch(label)
    return (found["name"], int(found["year"])) if found else None


def years_of(labels: Iterable[str]) -> list[int]:
    """Return the years that most columns of a wide table belong to; of equals the first, as outputs stand before."""
    found: dict[str, set[int]] = {}
    for match in filter(None, map(_IN_YEAR.fullmatch, labels)):
        found.setdefault(match["name"], set()).add(int(match["year"]))
    sets = Counter(tuple(sorted(years)) for years in found.values())
    return list(max(sets.items(), key=lambda item: len(item[0]) * item[1])[0]) if sets else []


def variables_of(labels: Iterable[str], years: Sequence[int]) -> dict[tuple[str, bool], list[str]]:
    """Return the columns of each variable, by name and whether it has years: all of its years, or the one column."""
    names: dict[tuple[str, bool], list[str]] = {}
    present = {*labels}
    for label in labels:
        found = _IN_YEAR.fullmatch(label)
        wanted = [f"{found['name']}_{year}" for year in years] if found else []
        if found and int(found["year"]) in years and present.issuperset(wanted):
            names[found["name"], True] = wanted
        else:
            names[label, False] = [label]
    return names
