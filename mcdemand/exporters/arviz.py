"""ArviZ: the file that `mcdemand run` writes, with the groups that ArviZ's plots over years ask for.

Group `constant_data` holds `calendar_year` over the dim `year`; a variable cannot be called like its own dim.
`observed_data` has a series for each yearly output, NaN where nothing was observed, as `plot_lm` wants it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from mcdemand.content import DIGEST, content_digest
from mcdemand.exporters._exporter import Exporter
from mcdemand.exporters._netcdf_tree import netcdf_tree
from mcdemand.exporters._selection import QUANTITIES, Selection
from mcdemand.kernels.arrays import Floats
from mcdemand.netcdf_file import fill_netcdf, read_result
from mcdemand.reading import GROUPS
from mcdemand.report.observations import MODEL, observations_of

OBSERVED = ("published", "derived")


def write(selection: Selection, target: Path, /) -> Iterable[str]:
    """Write the file.

    Raises
    ------
    InputError
        If netCDF has no room for a name.
    """
    tree = netcdf_tree(selection.tree)
    found = tree[QUANTITIES].to_dataset() if QUANTITIES in tree.children else xr.Dataset()
    yearly = {str(name): array for name, array in found.data_vars.items() if "year" in array.dims}
    if yearly:
        tree["constant_data"] = xr.DataTree(_calendar(found["year"]))
        tree["observed_data"] = xr.DataTree(_observed(yearly, found["year"], str(tree.attrs.get("model", ""))))
    fill_netcdf(tree, str(target))
    return []


def read(path: Path) -> xr.DataTree:
    """Return the draws of a file, without what the plots ask for."""
    tree = read_result(path)
    found = xr.DataTree.from_dict(
        {"/": xr.Dataset(attrs=tree.attrs), **{one: tree[one].to_dataset() for one in GROUPS if one in tree.children}}
    )
    found.attrs[DIGEST] = content_digest(found)
    return found


def _calendar(years: xr.DataArray) -> xr.Dataset:
    attributes = {"long_name": "calendar year", "units": "year"}
    return xr.Dataset({"calendar_year": ("year", years.values, attributes)}, {"year": years})


def _observed(outputs: dict[str, xr.DataArray], years: xr.DataArray, model: str) -> xr.Dataset:
    """Return what was observed of each output; of several figures for a year, their median."""
    variables: dict[str, Any] = {
        name: ("year", _series(name if model == MODEL else "", years.values.tolist()), array.attrs)
        for name, array in outputs.items()
    }
    return xr.Dataset(variables, {"year": years})


def _series(output: str, years: list[int]) -> Floats:
    known = [one for one in observations_of(output) if one.kind in OBSERVED]
    by_year = [[one.value for one in known if one.year == year] for year in years]
    return np.array([np.median(values) if values else np.nan for values in by_year])


EXPORTER = Exporter(
    name="arviz",
    title="DataTree file that ArviZ 1.x opens, with groups for its plots",
    suffixes=(".arviz.nc",),
    keeps="joint draws",
    write=write,
    read=read,
    owns_suffix=True,
    has_parameters=True,
)
