"""A result's own file: netCDF-4 with text in attributes only, and the digest of its content."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import xarray as xr

from mcdemand.content import DIGEST, blocks, content_digest
from mcdemand.designs._design import CONTRACT_ID
from mcdemand.files import PatientFile, replace_file, write_patiently
from mcdemand.reading import read_tree
from mcdemand.result import SCHEMA, STREAM_SCHEMA

LABELS = "labels"


def write_result(result: xr.DataTree, path: str | Path, *, overwrite: bool = False) -> Path:
    """Write a result as netCDF, whole or not at all.

    Raises
    ------
    FileError
        If the file exists and may not be overwritten, or cannot be written.
    """
    return replace_file(path, lambda file: fill_netcdf(result, file), overwrite=overwrite)


def fill_netcdf(result: xr.DataTree, file: str) -> None:
    """Fill a file with a result, or a part of one, and the digest of its content.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    write_patiently(file, lambda patient: _write_netcdf(result, patient))


def _write_netcdf(result: xr.DataTree, patient: PatientFile) -> None:
    bare = with_numbers(result)
    bare.attrs.pop(DIGEST, None)
    drawn = dict(_draws_by_place(bare))
    with ThreadPoolExecutor(1) as pool:
        # Hashing takes as long as the disk does: it goes on while numbers are written, and comes in last.
        digest = pool.submit(content_digest, bare)
        steps: tuple[Callable[[], object], ...] = (
            lambda: bare.map_over_datasets(_without_draws).to_netcdf(patient, engine="h5netcdf"),
            lambda: _make_variables(drawn, patient),
            lambda: _fill_variables(drawn, patient),
            lambda: os.fsync(patient.fileno()),
            lambda: _state_digest(digest.result(), patient),
        )
        for step in steps:
            # Each reads what the last one wrote.
            if patient.failure is None:
                step()


def _is_drawn(array: xr.DataArray) -> bool:
    return "draw" in array.dims and array.dtype == np.float64


def _without_draws(dataset: xr.Dataset) -> xr.Dataset:
    return dataset.drop_vars([name for name, array in dataset.data_vars.items() if _is_drawn(array)])


def _draws_by_place(tree: xr.DataTree) -> Iterator[tuple[str, xr.DataArray]]:
    for place, group in tree.children.items():
        yield from ((f"{place}/{name}", array) for name, array in group.data_vars.items() if _is_drawn(array))


def _make_variables(drawn: Mapping[str, xr.DataArray], patient: PatientFile) -> None:
    import h5netcdf

    with h5netcdf.File(patient, "a") as file:
        for place, array in drawn.items():
            known = file[place.partition("/")[0]].dimensions
            known.update({dim: size for dim, size in array.sizes.items() if dim not in known})
            file.create_variable(place, array.dims, np.float64).attrs.update(array.attrs)


def _fill_variables(drawn: Mapping[str, xr.DataArray], patient: PatientFile) -> None:
    """Write draws a piece at a time: they lie year by year in memory, and a whole variable in its order is a copy."""
    import h5py  # type: ignore[import-untyped]

    with h5py.File(patient, "r+") as file:
        for place, array in drawn.items():
            variable, values = file[place], array.values
            for part in blocks(values.shape):
                variable[part] = values[part]


def _state_digest(digest: str, patient: PatientFile) -> None:
    import h5netcdf

    with h5netcdf.File(patient, "a") as file:
        file.attrs[DIGEST] = digest


def read_result(path: str | Path) -> xr.DataTree:
    """Return a result written by `write_result`, of `simulate` or of `stream`; one from a stranger does no harm.

    Raises
    ------
    FileError
        If there is no such file, or it is no netCDF-4.
    IntegrityError
        If it is damaged, asks for other files or code, or was written by another version.
    """
    return with_labels(read_tree(path, {"schema": (SCHEMA, STREAM_SCHEMA), "contract": CONTRACT_ID}))


def with_numbers(tree: xr.DataTree) -> xr.DataTree:
    """Return a tree whose coordinates of text are numbers with `labels`: files hold text in attributes only."""
    return tree.map_over_datasets(_numbered)


def _numbered(dataset: xr.Dataset) -> xr.Dataset:
    coords = {
        str(name): (coord.dims, np.arange(coord.size), {**coord.attrs, LABELS: json.dumps(coord.values.tolist())})
        for name, coord in dataset.coords.items()
        if coord.dtype.kind in "UO"
    }
    return dataset.assign_coords(coords)


def with_labels(tree: xr.DataTree) -> xr.DataTree:
    """Return a tree whose coordinates are text again where they were."""
    return tree.map_over_datasets(_labelled)


def _labelled(dataset: xr.Dataset) -> xr.Dataset:
    coords = {}
    for name, coord in dataset.coords.items():
        if LABELS in coord.attrs:
            attributes = {key: value for key, value in coord.attrs.items() if key != LABELS}
            coords[str(name)] = (coord.dims, json.loads(coord.attrs[LABELS]), attributes)
    return dataset.assign_coords(coords)
