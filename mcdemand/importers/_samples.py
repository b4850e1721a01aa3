"""Joint samples as rows of a prior set: an empirical law for each column, and one group that keeps them together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mcdemand.errors import InputError
from mcdemand.importers._importer import ImportedPriors
from mcdemand.importers._names import parameter_names
from mcdemand.kernels.arrays import Floats

FAMILY = "empirical"
MOST_MEMBERS = 200
MOST_ROWS = 100_000
MOST_NUMBERS = 90_000
"""What a TOML file takes of list items is a little more."""

type Group = tuple[dict[str, Any], ...]


def joint_group(samples: Mapping[str, Sequence[float]]) -> tuple[Group, tuple[str, ...]]:
    """Return a group of all that have as many samples as each other, and a note if they have not.

    Raises
    ------
    InputError
        If there are more members than a group takes.
    """
    if len(samples) < 2:
        return (), ()
    if len(samples) > MOST_MEMBERS:
        raise InputError(f"{len(samples)} columns: at most {MOST_MEMBERS} are kept joint; name fewer")
    if len({*map(len, samples.values())}) > 1:
        return (), (f"{', '.join(list(samples)[:5])}: not as many samples each, so taken for independent.",)
    return ({"family": FAMILY, "members": list(samples)},), ()


def thinned(columns: Mapping[str, Floats], most: int) -> tuple[dict[str, Floats], int]:
    """Return at most so many rows of the columns, evenly spaced, and how many there were."""
    count = next((column.size for column in columns.values()), 0)
    if count <= most:
        return dict(columns), count
    places = (np.arange(most) * count) // most
    return {label: column[places] for label, column in columns.items()}, count


def check_most(most: Any) -> int:
    """Return how many rows are kept at most.

    Raises
    ------
    InputError
        If it is no whole number from 2 to 100,000.
    """
    if isinstance(most, bool) or not isinstance(most, int) or not 2 <= most <= MOST_ROWS:
        raise InputError(f"draws: {most!r:.80}: must be a whole number from 2 to {MOST_ROWS}")
    return most


def fewer_note(kept: int, count: int) -> str:
    """Return what is said of rows that are left out."""
    return f"{kept:,} of {count:,} draws, evenly spaced."


def most_rows(draws: Any, columns: int) -> int:
    """Return how many rows of so many columns are kept at most; if none are asked for, as many as a TOML file takes.

    Raises
    ------
    InputError
        If `draws` is no whole number from 2 to 100,000.
    """
    return max(2, min(MOST_ROWS, MOST_NUMBERS // columns)) if draws is None else check_most(draws)


def rows_of(columns: Mapping[str, Floats], draws: int | None, source: str) -> ImportedPriors:
    """Return an empirical row for each column, with its samples, and their dependence.

    Parameters
    ----------
    draws
        At most so many rows, evenly spaced; None: as many as a TOML file takes.
    source
        What the rows say of where they come from.

    Raises
    ------
    InputError
        If there is nothing to draw from, or too many columns.
    """
    if not columns:
        raise InputError("it has no column of numbers")
    kept, count = thinned(columns, most_rows(draws, len(columns)))
    names = dict(zip(kept, parameter_names(kept), strict=True))
    notes = [f"{label}: is called {name} here." for label, name in names.items() if label != name]
    number = next(iter(kept.values())).size
    if number < count:
        notes.append(fewer_note(number, count))
    rows: dict[str, dict[str, Any]] = {}
    constant: list[str] = []
    for label, name in names.items():
        rows[name] = {**law_of(kept[label].tolist()), **({"source": source} if source else {})}
        if "value" in rows[name]:
            constant.append(label)
    if constant:
        notes.append(f"{', '.join(constant)}: the same in all draws, so constant.")
    group, more = joint_group({name: row["samples"] for name, row in rows.items() if "samples" in row})
    return ImportedPriors(rows, group, (*notes, *more))


def law_of(samples: list[float]) -> dict[str, Any]:
    """Return an empirical law, or a constant if all samples are one number."""
    if len({*samples}) == 1:
        return {"distribution": "constant", "value": samples[0]}
    return {"distribution": "empirical", "samples": samples}
