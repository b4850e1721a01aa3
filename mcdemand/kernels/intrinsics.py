"""The machine operations that Python lacks, each with an interpreted twin of the same bits.

`interleave_loops` and `fetch` change no number: one says how a function is to be compiled, one which memory comes next.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import struct
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from mcdemand.kernels.arrays import Floats

WORD = 2**64 - 1
VECTORS_IN_TURNS = 2


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

    def interleave_loops() -> None:
        """Nothing: loops that are interpreted take one draw after the other."""

    def fetch(row: Floats, i: int) -> None:
        """Nothing: what is interpreted waits for other things than memory."""

    def borrow[A](array: A) -> A:
        """The same array, whose references nobody counts, which takes longer than many an operation on a row.

        Its owner must outlive it.
        """
        return array

else:

    def _interleave(builder: Any, jump: Any) -> None:
        """Let the loop that a jump ends take vectors in turns. What is said of a loop names itself first, in LLVM."""
        module = builder.module
        count = ir.Constant(ir.IntType(32), VECTORS_IN_TURNS)
        hint = module.add_metadata([ir.MetaDataString(module, "llvm.loop.interleave.count"), count])
        said = module.add_metadata([f"{builder.function.name} {jump.parent.name}", hint])
        said.operands = (said, hint)
        jump.set_metadata("llvm.loop", said)

    @intrinsic
    def interleave_loops(_context):  # type: ignore[no-untyped-def]
        """Let the loops above take two vectors of draws in turns: while one waits for a result, the other goes on.

        LLVM does so by itself in short loops only.
        """

        def build(context, builder, _signature, _args):  # type: ignore[no-untyped-def]
            above = set()
            for block in builder.function.blocks:
                above.add(block)
                if isinstance(block.terminator, ir.Branch) and block.terminator.operands[0] in above:
                    _interleave(builder, block.terminator)
            return context.get_dummy_value()

        return types.void(), build

    @intrinsic
    def fetch(_context, row, i):  # type: ignore[no-untyped-def]  # noqa: ARG001
        """Let memory bring the line of draw i to the processor, which need not wait for it."""

        def build(context, builder, signature, args):  # type: ignore[no-untyped-def]
            place = cgutils.get_item_pointer(
                context,
                builder,
                signature.args[0],
                context.make_array(signature.args[0])(context, builder, args[0]),
                [args[1]],
            )
            byte, word = ir.IntType(8).as_pointer(), ir.IntType(32)
            hint = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
            prefetch = cgutils.get_or_insert_function(builder.module, hint, "llvm.prefetch.p0i8")
            to_read, nearest, data = (ir.Constant(word, number) for number in (0, 3, 1))
            builder.call(prefetch, [builder.bitcast(place, byte), to_read, nearest, data])
            return context.get_dummy_value()

        return types.void(row, types.intp), build

    @intrinsic
    def borrow(_context, array):  # type: ignore[no-untyped-def]
        """The same array, whose references nobody counts, which takes longer than many an operation on a row.

        Its owner must outlive it.
        """

        def build(context, builder, signature, args):  # type: ignore[no-untyped-def]
            lent = context.make_array(signature.args[0])(context, builder, args[0])
            for owner in ("meminfo", "parent"):
                setattr(lent, owner, getattr(lent, owner).type(None))
            return lent._getvalue()

        return array(array), build

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
