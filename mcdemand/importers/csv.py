"""Samples in columns, of a CSV or a Parquet file: an empirical row each, kept joint row by row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mcdemand.errors import InputError
from mcdemand.importers._importer import ImportedPriors, Importer
from mcdemand.importers._samples import MOST_MEMBERS, rows_of
from mcdemand.sample_file import column_names, read_columns

INDICES = frozenset({"chain", "draw", "sample", ".chain", ".iteration", ".draw", ""})
"""Columns that number the rows."""


def read(path: Path, *, columns: Any, draws: Any, inline: Any) -> ImportedPriors:
    """Return an empirical row for each column, and their dependence.

    Parameters
    ----------
    columns
        Names of those wanted, separated by commas or as a list; None: all but those that number the rows.
    draws
        At most so many rows, evenly spaced; None: as many as a TOML file takes.
    inline
        Whether the samples stand in the rows; else these name the file and the column, whole, so that the prior set
        must lie in the folder of the file.

    Raises
    ------
    FileError
        If the file cannot be read.
    InputError
        If a column holds anything but finite numbers, or an option is not sound.
    """
    if not isinstance(inline, bool):
        raise InputError(f"inline: {inline!r:.80}: must be true or false")
    if not inline and draws is not None:
        raise InputError("draws: only of samples that stand in the rows: set inline=true")
    where = str(path)
    labels = _chosen(columns, column_names(path, where))
    if len(labels) > MOST_MEMBERS:
        raise InputError(f"{where}: {len(labels)} columns: at most {MOST_MEMBERS} are read; name some: columns=a,b")
    found = read_columns(path, labels, where) if labels else []
    arrays = {label: np.array(column) for label, column in zip(labels, found, strict=True)}
    try:
        priors = rows_of(arrays, draws if inline else len(found[0]) if found else None, "" if not inline else path.name)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    return priors if inline else _referring(priors, labels, path.name)


def _referring(priors: ImportedPriors, labels: list[str], file: str) -> ImportedPriors:
    """Return rows that name the file and the column instead of samples."""
    rows = {
        name: {**row, "samples": {"file": file, "column": label}} if "samples" in row else row
        for label, (name, row) in zip(labels, priors.rows.items(), strict=True)
    }
    return ImportedPriors(rows, priors.groups, priors.notes)


def _chosen(columns: Any, known: list[str]) -> list[str]:
    """Return the columns that are asked for."""
    if columns is None:
        return [label for label in known if label.lower() not in INDICES]
    chosen = [part.strip() for part in columns.split(",")] if isinstance(columns, str) else columns
    if not isinstance(chosen, list | tuple) or not all(isinstance(one, str) for one in chosen) or not chosen:
        raise InputError(f"columns: {columns!r:.80}: must be names, such as a,b")
    return list(dict.fromkeys(chosen))


IMPORTER = Importer(
    name="csv",
    title="Samples in columns of a CSV or a Parquet file, kept joint",
    suffixes=(".csv", ".parquet"),
    read=read,
    owns_suffix=True,
    options={"columns": None, "draws": None, "inline": True},
    meanings={
        "columns": "names, separated by commas; else all but those that number the rows",
        "draws": "at most so many rows, evenly spaced",
        "inline": "false: rows name the file, beside which the prior set must lie",
    },
)
