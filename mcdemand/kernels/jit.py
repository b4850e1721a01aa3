"""The only numba options in the project.

`error_model="numpy"`: a division's check for zero would stop vectorisation. No `fastmath`: fused multiply-adds are
written out, so that every machine gives the same bits. `nogil`: tiles run on a pool of threads. Loops use 512-bit
registers where there are any; LLVM by itself keeps to 256 on Intel's processors, whose first ones of that kind slowed
down. What NUMBA_CPU_NAME and NUMBA_CPU_FEATURES say stands.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
from numba.core.codegen import get_host_cpu_features

from mcdemand.kernels.cache import DigestCache

OPTIONS: dict[str, Any] = {"error_model": "numpy", "nogil": True, "fastmath": False}
WIDE, NARROWED = "+avx512f", "-prefer-256-bit"


def _widen_registers() -> None:
    """Take back what keeps LLVM from the widest registers of this processor."""
    if numba.config.CPU_NAME is None and numba.config.CPU_FEATURES is None:
        features = get_host_cpu_features()
        if WIDE in features.split(","):
            numba.config.CPU_FEATURES = f"{features},{NARROWED}"


_widen_registers()


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
