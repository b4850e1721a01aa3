"""The only numba options in the project.

`error_model="numpy"`: a division's check for zero would stop vectorisation. No `fastmath`: fused multiply-adds are
written out, so that every machine gives the same bits. `nogil`: tiles run on a pool of threads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba

from mcdemand.kernels.cache import DigestCache

OPTIONS: dict[str, Any] = {"error_model": "numpy", "nogil": True, "fastmath": False}


def kernel[F: Callable[..., Any]](function: F) -> F:
    """Compile a scalar function so that it melts into the loop that calls it."""
    return _compile(function, forceinline=True)


def checked_kernel[F: Callable[..., Any]](function: F) -> F:
    """Compile a scalar function that reads arrays at computed places: one that is not there is an error."""
    return _compile(function, forceinline=True, boundscheck=True)


def loop[F: Callable[..., Any]](function: F) -> F:
    """Compile a function over arrays."""
    return _compile(function, forceinline=False)


def _compile[F: Callable[..., Any]](function: F, *, forceinline: bool, boundscheck: bool = False) -> F:
    """Compile on first use; the machine code is kept on disk."""
    compiled: F = numba.njit(**OPTIONS, forceinline=forceinline, boundscheck=boundscheck)(function)
    if not numba.config.DISABLE_JIT:
        compiled._cache = DigestCache(function)  # type: ignore[attr-defined]
    return compiled
