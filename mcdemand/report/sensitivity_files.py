"""Analyses written to files: netCDF with everything, or CSV with a row for each parameter, output and year."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from mcdemand.errors import InputError
from mcdemand.files import replace_file, write_patiently
from mcdemand.report.cells import cell
from mcdemand.report.sensitivity_view import OUTPUT, PARAMETER, YEAR

NETCDF, CSV = ".nc", ".csv"
ROW_DIMS = (PARAMETER, OUTPUT, YEAR)
ABOUT = ("method", "dependence")

type Cell = tuple[str, Any]


def check_save_suffix(path: str | Path) -> None:
    """Raise unless an analysis can be written in the format that the path's ending names.

    Raises
    ------
    InputError
        If it cannot.
    """
    if Path(path).suffix.lower() not in (NETCDF, CSV):
        raise InputError(f"{path}: an analysis is saved as {NETCDF} or {CSV}; end the name in one of them")


def write_sensitivity(found: xr.Dataset, path: str | Path, *, overwrite: bool = False) -> Path:
    """Write an analysis as netCDF or CSV, whole or not at all.

    Raises
    ------
    InputError
        If the path ends neither in .nc nor in .csv.
    FileError
        If the file exists and may not be overwritten, or cannot be written.
    """
    check_save_suffix(path)
    write = _write_csv if Path(path).suffix.lower() == CSV else _write_netcdf
    return replace_file(path, lambda file: write(found, file), overwrite=overwrite)


def _write_netcdf(found: xr.Dataset, file: str) -> None:
    plain = found.copy()
    plain.attrs = {key: _attribute(value) for key, value in found.attrs.items()}
    write_patiently(file, lambda patient: plain.to_netcdf(patient, engine="h5netcdf"))


def _attribute(value: Any) -> Any:
    """Return an attribute in a form that netCDF has."""
    if isinstance(value, bool):
        return int(value)
    return value if isinstance(value, int | float | str | np.number) else json.dumps(value, default=str)


def _write_csv(found: xr.Dataset, file: str) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    for k, row in enumerate(tidy_rows(found)):
        if k == 0:
            writer.writerow([name for name, _ in row])
        writer.writerow([cell(value) for _, value in row])
    with open(file, "wb") as target:
        target.write(text.getvalue().encode())


def tidy_rows(found: xr.Dataset) -> Iterator[list[Cell]]:
    """Yield (column, value) of each parameter, output and year; other dimensions become columns of their own."""
    dims = [dim for dim in ROW_DIMS if dim in found.dims]
    columns = list(_columns(found, dims))
    names = sorted((str(name) for name in found.coords), key=lambda name: name not in ROW_DIMS)
    texts = [name for name in names if {*found[name].dims} <= {*dims}]
    about: list[Cell] = [(key, str(found.attrs[key])) for key in ABOUT if key in found.attrs]
    for place in itertools.product(*(range(found.sizes[dim]) for dim in dims)):
        at = dict(zip(dims, place, strict=True))
        labels: list[Cell] = [(name, _at(found[name], at)) for name in texts]
        yield [*labels, *((name, _at(array, at)) for name, array in columns), *about]


def _columns(found: xr.Dataset, dims: list[str]) -> Iterator[tuple[str, xr.DataArray]]:
    """Yield a name and an array over no other dimensions than those of the rows."""
    for name, array in found.data_vars.items():
        extra = [str(dim) for dim in array.dims if dim not in dims]
        for place in itertools.product(*(range(array.sizes[dim]) for dim in extra)):
            at = dict(zip(extra, place, strict=True))
            labels = [str(found[dim].values[k]) if dim in found.coords else str(k) for dim, k in at.items()]
            yield f"{name}[{','.join(labels)}]" if labels else str(name), array.isel(at)


def _at(array: xr.DataArray, at: Mapping[str, int]) -> Any:
    return array.values[tuple(at[str(dim)] for dim in array.dims)].item()
