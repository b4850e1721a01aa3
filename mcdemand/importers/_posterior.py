"""The posterior of another model as priors: its draws, chain after chain, every one a joint row."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from mcdemand.errors import InputError
from mcdemand.importers._importer import ImportedPriors
from mcdemand.importers._samples import MOST_MEMBERS, rows_of
from mcdemand.kernels.arrays import Floats
from mcdemand.registry import nearest

DIMS = ("chain", "draw")
MOST_VALUES = 10**8
LIBRARIES = frozenset({"xarray", "arviz", "arviz_base"})


def is_posterior(source: Any) -> bool:
    """Tell whether something is a DataTree or a Dataset, or ArviZ's older InferenceData."""
    return any(kind.__module__.partition(".")[0] in LIBRARIES for kind in type(source).__mro__)


def read_posterior(source: Any, *, variables: Any, draws: Any, group: Any) -> ImportedPriors:
    """Return rows for the variables of a DataTree's group, or of a Dataset.

    Raises
    ------
    InputError
        If there is no such group, or a variable is not what it should be.
    """
    dataset = source if hasattr(source, "data_vars") and not hasattr(source, "children") else _group_of(source, group)
    shapes = {str(name): (tuple(map(str, one.dims)), one.shape) for name, one in dataset.data_vars.items()}
    chosen = choose(shapes, variables)
    return rows_of_arrays({name: dataset[name].values for name in chosen}, draws, group)


def _group_of(source: Any, group: Any) -> Any:
    found = getattr(source, str(group), None)
    if found is None or not hasattr(found, "data_vars"):
        known = [*getattr(source, "children", ())]
        raise InputError(f"it has no group {group!r:.80}; {nearest(str(group), known)}")
    return found


def choose(shapes: Mapping[str, tuple[tuple[str, ...], tuple[int, ...]]], variables: Any) -> list[str]:
    """Return the names of the variables that are read, given dimensions and shapes.

    Raises
    ------
    InputError
        If one is not there or has no draws, or they are too many.
    """
    drawn = [name for name, (dims, _) in shapes.items() if dims[:2] == DIMS]
    chosen = drawn if variables is None else _names(variables)
    for name in chosen:
        if name not in drawn:
            remedy = "its dimensions do not begin with chain and draw" if name in shapes else nearest(name, drawn)
            raise InputError(f"variables: {name!r:.80}: {remedy}")
    elements = sum(math.prod(shapes[name][1][2:]) for name in chosen)
    values = sum(math.prod(shapes[name][1]) for name in chosen)
    if elements > MOST_MEMBERS or values > MOST_VALUES:
        raise InputError(
            f"{elements} parameters, {values} draws of them: at most {MOST_MEMBERS} and {MOST_VALUES} are read; name "
            "fewer: variables=a,b"
        )
    return chosen


def _names(variables: Any) -> list[str]:
    names = [part.strip() for part in variables.split(",")] if isinstance(variables, str) else variables
    if not isinstance(names, list | tuple) or not names or not all(isinstance(one, str) for one in names):
        raise InputError(f"variables: {variables!r:.80}: must be names, such as a,b")
    return list(dict.fromkeys(names))


def rows_of_arrays(arrays: Mapping[str, Any], draws: Any, group: str) -> ImportedPriors:
    """Return rows for arrays (chain, draw, ...): one for each element of the rest."""
    columns = dict(column for name, array in arrays.items() for column in _columns(name, np.asarray(array)))
    if len({column.size for column in columns.values()}) > 1:
        raise InputError("its variables have not as many draws each")
    return rows_of(columns, draws, f"draws of the {group} of another model")


def _columns(name: str, array: Any) -> Iterator[tuple[str, Floats]]:
    if array.dtype.kind not in "biuf":
        raise InputError(f"{name}: does not hold numbers")
    flat = array.reshape(array.shape[0] * array.shape[1], -1).astype(np.float64)
    if not np.isfinite(flat).all():
        raise InputError(f"{name}: has draws that are NaN or infinite")
    for place, column in zip(np.ndindex(array.shape[2:]), flat.T, strict=True):
        yield name + (f"[{', '.join(map(str, place))}]" if place else ""), column.copy()
