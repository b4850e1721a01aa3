"""ArviZ: the posterior of another model, as its netCDF-4 file keeps it, with its dependence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mcdemand.errors import InputError
from mcdemand.importers._importer import ImportedPriors, Importer
from mcdemand.importers._posterior import choose, rows_of_arrays
from mcdemand.reading import Array, read_arrays


def read(path: Path, *, variables: Any, draws: Any, group: Any) -> ImportedPriors:
    """Return rows for the variables of a group, element by element, and their dependence.

    Parameters
    ----------
    variables
        Names of those wanted, separated by commas or as a list; None: all that have draws.
    draws
        At most so many, evenly spaced; None: as many as a TOML file takes.
    group
        Such as "posterior" or "prior".

    Raises
    ------
    FileError
        If the file cannot be read.
    IntegrityError
        If it is damaged, or asks for other files or code.
    InputError
        If it has no such group or variable, or an option is not sound.
    """
    if not isinstance(group, str) or "/" in group or not group.isprintable():
        raise InputError(f"group: {group!r:.80}: must be the name of a group, such as posterior")

    def chosen(arrays: Mapping[str, Array]) -> list[str]:
        return choose(arrays, variables)

    arrays = read_arrays(path, group, chosen)
    try:
        return rows_of_arrays(arrays, draws, group)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


IMPORTER = Importer(
    name="arviz",
    title="ArviZ file, the draws of a posterior kept joint",
    suffixes=(".nc", ".netcdf"),
    read=read,
    owns_suffix=True,
    options={"variables": None, "draws": None, "group": "posterior"},
    meanings={
        "variables": "names, separated by commas; else all",
        "draws": "at most so many, evenly spaced",
        "group": "such as posterior or prior",
    },
)
