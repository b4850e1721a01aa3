"""The four machine operations that Python lacks, each with an interpreted twin of the same bits."""

from __future__ import annotations

import ctypes
import ctypes.util
import struct
from typing import Any

import numba
import numpy as np
from numba import types
from numba.extending import intrinsic

WORD = 2**64 - 1


def _c_fma() -> Any:
    """Return the C library's fused multiply-add; `math.fma` raises where IEEE 754 gives inf or NaN."""
    library = ctypes.CDLL(ctypes.util.find_library("m") or ctypes.util.find_library("ucrtbase"))
    library.fma.argtypes = [ctypes.c_double] * 3
    library.fma.restype = ctypes.c_double
    return library.fma


if numba.config.DISABLE_JIT:
    _fma = _c_fma()

    def fma(a: float, b: float, c: float) -> float:
        """A * b + c, rounded once."""
        return np.float64(_fma(a, b, c))

    def float_bits(x: float) -> int:
        """The bits of a double as a signed 64-bit integer."""
        return int(struct.unpack("<q", struct.pack("<d", x))[0])

    def bits_float(bits: int | np.int64) -> float:
        """The double with the given bits, of which the last 64 count, as in compiled code."""
        return np.float64(struct.unpack("<d", struct.pack("<Q", int(bits) & WORD))[0])

    def reverse_bits(bits: np.uint64) -> np.uint64:
        """The 64 bits in the opposite order."""
        return np.uint64(int(f"{int(bits):064b}"[::-1], 2))

else:

    @intrinsic
    def fma(_context, a, b, c):  # type: ignore[no-untyped-def]  # noqa: ARG001
        """A * b + c, rounded once."""

        def build(_ctx, builder, _signature, args):  # type: ignore[no-untyped-def]
            return builder.fma(*args)

        return types.float64(types.float64, types.float64, types.float64), build

    @intrinsic
    def float_bits(_context, x):  # type: ignore[no-untyped-def]  # noqa: ARG001
        """The bits of a double as a signed 64-bit integer."""

        def build(context, builder, _signature, args):  # type: ignore[no-untyped-def]
            return builder.bitcast(args[0], context.get_value_type(types.int64))

        return types.int64(types.float64), build

    @intrinsic
    def bits_float(_context, bits):  # type: ignore[no-untyped-def]  # noqa: ARG001
        """The double with the given bits."""

        def build(context, builder, _signature, args):  # type: ignore[no-untyped-def]
            return builder.bitcast(args[0], context.get_value_type(types.float64))

        return types.float64(types.int64), build

    @intrinsic
    def reverse_bits(_context, bits):  # type: ignore[no-untyped-def]  # noqa: ARG001
        """The 64 bits in the opposite order."""

        def build(_ctx, builder, _signature, args):  # type: ignore[no-untyped-def]
            return builder.bitreverse(args[0])

        return types.uint64(types.uint64), build
