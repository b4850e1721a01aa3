"""netCDF-4: a result's own file, or one of the same shape with a part of it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mcdemand.exporters._exporter import Exporter
from mcdemand.exporters._netcdf_tree import netcdf_tree
from mcdemand.exporters._selection import Selection
from mcdemand.netcdf_file import fill_netcdf, read_result


def write(selection: Selection, target: Path) -> Iterable[str]:
    """Write what `write_result` writes."""
    fill_netcdf(netcdf_tree(selection.tree), str(target))
    return ()


EXPORTER = Exporter(
    name="netcdf",
    title="netCDF-4 file for xarray, ArviZ, R and Julia, from which the run can be repeated",
    suffixes=(".nc",),
    keeps="joint draws",
    write=write,
    read=read_result,
    owns_suffix=True,
    has_parameters=True,
)
