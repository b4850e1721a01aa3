"""What a table cannot say in its columns, as JSON beside them: attributes, groups, where each variable stands."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from mcdemand.errors import InputError, IntegrityError
from mcdemand.reading import GROUPS

DIMS = ("chain", "draw", "year")
MAX_DESCRIPTION_BYTES = 2**26
_FLOAT = "float"


def plain_tree(tree: xr.DataTree) -> xr.DataTree:
    """Return a tree of the two groups with no more than draws, coordinates and attributes of numbers and text.

    Raises
    ------
    InputError
        If a variable has a dimension of its own.
    """
    groups = {group: _plain_group(tree[group].to_dataset()) for group in GROUPS if group in tree.children}
    return xr.DataTree.from_dict({"/": xr.Dataset(attrs=plain_attributes(tree.attrs)), **groups})


def _plain_group(dataset: xr.Dataset) -> xr.Dataset:
    for name, array in dataset.data_vars.items():
        if set(array.dims) not in (set(DIMS[:2]), set(DIMS)):
            dims = ", ".join(map(str, array.dims))
            raise InputError(f"outputs: {str(name)!r:.80}: has the dimensions {dims:.80}; draws have {', '.join(DIMS)}")
    plain = dataset.drop_vars([name for name in dataset.coords if name not in DIMS]).copy()
    plain.attrs = plain_attributes(dataset.attrs)
    for variable in plain.variables.values():
        variable.attrs = plain_attributes(variable.attrs)
    return plain


def plain_attributes(attributes: Mapping[Any, Any]) -> dict[str, Any]:
    """Return attributes as text, numbers, and lists of them; None is left out."""
    return {str(key): _plain(value) for key, value in attributes.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | list | tuple):
        return [_plain(item) for item in np.ravel(np.asarray(value, dtype=object)).tolist()]
    found = value.item() if isinstance(value, np.generic) else value
    return found if isinstance(found, str | int | float) else str(found)


def write_json(description: Mapping[str, Any]) -> bytes:
    """Return a description as JSON in ASCII; a number that JSON does not have becomes an object with its name."""
    return json.dumps(_finite(description), allow_nan=False).encode()


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return {_FLOAT: repr(value)} if isinstance(value, float) and not math.isfinite(value) else value


def read_json(text: bytes, place: object) -> dict[str, Any]:
    """Return a description from a stranger's file.

    Raises
    ------
    IntegrityError
        If it is none, or too long.
    """
    if len(text) > MAX_DESCRIPTION_BYTES:
        raise IntegrityError(f"{place}: refused, its description has {len(text)} bytes; a result's has far fewer")
    try:
        found = json.loads(text, object_hook=_number)
    except (ValueError, RecursionError) as error:
        raise IntegrityError(f"{place}: damaged: its description is no JSON: {error!s:.80}") from None
    if not isinstance(found, dict):
        raise IntegrityError(f"{place}: damaged: its description is no table; it was not written by mcdemand")
    return found


def _number(found: dict[str, Any]) -> Any:
    return float(found[_FLOAT]) if found.keys() == {_FLOAT} and isinstance(found[_FLOAT], str) else found
