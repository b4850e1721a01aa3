"""A tree as netCDF can hold it: names that are parts of paths, texts without the character that ends them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import xarray as xr

from mcdemand.exporters._description import plain_attributes, plain_tree
from mcdemand.exporters._names import check_names

NUL = "\0"


def netcdf_tree(tree: xr.DataTree) -> xr.DataTree:
    """Return the two groups of a result with names and attributes that netCDF has room for.

    Raises
    ------
    InputError
        If it has none for a name.
    """
    found = plain_tree(tree)
    check_names(found, "netCDF")
    found.attrs = _without_nul(found.attrs)
    for group in found.children.values():
        group.attrs = _without_nul(group.attrs)
        for name in group.variables:
            group[str(name)].attrs = _without_nul(group[str(name)].attrs)
    return found


def _without_nul(attributes: Mapping[Any, Any]) -> dict[str, Any]:
    """Return attributes without the character that ends a text of netCDF, and booleans as numbers."""
    return {key.replace(NUL, ""): _plain(value) for key, value in plain_attributes(attributes).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, str):
        return value.replace(NUL, "").encode("utf-8", "replace").decode()
    return int(value) if isinstance(value, bool) else value
