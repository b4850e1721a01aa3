"""Memory of a result that nobody holds any more, kept for the next one.

Fresh memory costs as much as the draws that are written to it: the system has to find and clear every page, and a
virtual machine may have to ask its host for each. So the last large block is kept when its last array is gone.
"""

from __future__ import annotations

import gc
import os

import numpy as np

from mcdemand.kernels.arrays import Floats

SMALLEST_BYTES = 2**25
# Of the machine's memory; a larger block goes back to the system.
LARGEST_SHARE = 0.1

_spare: list[Floats] = []


class _Block:
    """Owner of memory: every array made of it refers to it, so it goes only when the last of them has gone."""

    def __init__(self, values: Floats) -> None:
        self._values = values
        # Its own reference: when the interpreter ends, globals may go before the last array does.
        self._home = _spare if values.nbytes <= _largest_bytes() else []

    def __buffer__(self, _flags: int) -> memoryview:
        return memoryview(self._values)

    def __del__(self) -> None:
        self._home.clear()
        self._home.append(self._values)


def empty(size: int) -> Floats:
    """Return a flat array of `size` doubles, not cleared; it may be the memory of a result that is no more.

    Examples
    --------
    >>> empty(3).shape
    (3,)
    """
    if 8 * size < SMALLEST_BYTES:
        return np.empty(size)
    values = _take(size)
    return np.frombuffer(_Block(np.empty(size) if values is None else values), np.float64, size)


def spare_bytes(size: int) -> int:
    """Return the bytes that `empty(size)` would find here; a block that it would not take is given up."""
    if 8 * size < SMALLEST_BYTES:
        return 0
    values = _take(size)
    if values is None:
        return 0
    _spare.append(values)
    return values.nbytes


def _take(size: int) -> Floats | None:
    """Return a spare block that suits, which nobody else can get then."""
    if (values := _pop(size)) is None:
        # The tree of a result refers to itself, so that only the collector frees it.
        gc.collect(1)
        values = _pop(size)
    return values


def _pop(size: int) -> Floats | None:
    """Return a block that is there and suits: each step is one that no thread can split."""
    while _spare:
        try:
            values = _spare.pop()
        except IndexError:
            break
        if size <= values.size <= 2 * size:
            return values
    return None


def _largest_bytes() -> float:
    try:
        return LARGEST_SHARE * os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 0.0
