"""What a result holds as bytes: taken a piece at a time, and known by their digest."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

import numpy as np
import xarray as xr

DIGEST = "content_sha256"
BLOCK_ITEMS = 2**18
"""Of a piece of an array: two MiB of doubles, which a processor's cache holds while they are put in order."""

type Place = tuple[int | slice, ...]


def blocks(shape: tuple[int, ...]) -> Iterator[Place]:
    """Yield the places of an array's parts, small ones and in the order of C.

    Examples
    --------
    >>> list(blocks((3, 200_000)))
    [(slice(0, 1, None),), (slice(1, 2, None),), (slice(2, 3, None),)]
    """
    rest = math.prod(shape[1:])
    if not shape or rest * shape[0] <= BLOCK_ITEMS:
        yield ()
    elif rest > BLOCK_ITEMS:
        yield from ((k, *place) for k in range(shape[0]) for place in blocks(shape[1:]))
    else:
        rows = BLOCK_ITEMS // rest
        yield from ((slice(start, start + rows),) for start in range(0, shape[0], rows))


def content_digest(tree: xr.DataTree) -> str:
    """Return the SHA-256 of every group's names, dimensions, numbers and coordinates, and of what is said of them.

    An attribute counts as the text, the number or the list of them that it is; empty ones do not, as a file may drop
    them.
    """
    hasher = hashlib.sha256(_stated(tree.attrs))
    for said, values in _contents(tree):
        hasher.update(said)
        for piece in _pieces(values):
            hasher.update(piece)
    return hasher.hexdigest()


def has_content_of(tree: xr.DataTree, other: xr.DataTree) -> bool:
    """Return whether two trees have the same digest; quick where they share their arrays, or say different things."""
    pairs = zip_longest(_contents(tree), _contents(other), fillvalue=(b"", np.zeros(0)))
    return _stated(tree.attrs) == _stated(other.attrs) and all(
        said == told and _is_same(values, others) for (said, values), (told, others) in pairs
    )


def _contents(tree: xr.DataTree) -> Iterator[tuple[bytes, np.ndarray[Any, Any]]]:
    """Yield the arrays of a tree, each with what is said of it."""
    for place, group in sorted(tree.children.items()):
        for name, variable in sorted(group.variables.items()):
            said = repr((place, name, variable.dims, variable.shape)).encode() + _stated(variable.attrs)
            yield said, variable.values


def _is_same(values: np.ndarray[Any, Any], others: np.ndarray[Any, Any]) -> bool:
    """Return whether two arrays are one in memory, or at least of the same bytes."""
    is_one = values.__array_interface__ == others.__array_interface__
    return is_one or (values.dtype == others.dtype and values.tobytes() == others.tobytes())


def _pieces(values: np.ndarray[Any, Any]) -> Iterator[Any]:
    """Yield numbers as doubles, and labels that somebody has added as text."""
    if values.dtype.kind in "biuf":
        yield from (np.ascontiguousarray(values[place], dtype="<f8") for place in blocks(values.shape))
    else:
        yield json.dumps(values.tolist(), default=str).encode()


def _stated(attributes: Mapping[Any, Any]) -> bytes:
    stated = {str(key): np.ravel(value).tolist() for key, value in attributes.items() if key != DIGEST}
    kept = {key: items for key, items in stated.items() if any(item not in ("", None) for item in items)}
    return json.dumps(kept, sort_keys=True, default=str).encode()
