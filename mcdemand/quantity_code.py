"""A person's function made ready for the kernel: looked over, its plain helpers compiled with it."""

from __future__ import annotations

import dis
import math
from collections.abc import Callable, Iterator
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

import mcdemand.math
from mcdemand.errors import InputError
from mcdemand.kernels.digest import reached_values
from mcdemand.kernels.jit import kernel

PLATFORM_MODULES = (np, math)


def compile_quantity(function: Callable[..., float]) -> Any:
    """Return the compiled function, with every plain Python function that it reaches compiled too.

    Raises
    ------
    InputError
        If it, or a helper, raises, calls `np.where` or itself: that would stop the whole kernel from vectorising.
    """
    return _compile(_as_function(function), {})


def is_portable(function: Callable[..., float]) -> bool:
    """Tell whether the function keeps to operations with the same bits on every machine."""
    return not any(_platform_names(reached) for reached in _reach(_as_function(function), set()))


def _as_function(function: Callable[..., float]) -> FunctionType:
    if not isinstance(function, FunctionType):
        raise InputError(f"quantity {function!r:.60}: must be a plain Python function")
    return function


def _is_helper(value: Any) -> bool:
    return isinstance(value, FunctionType) and value.__module__ != mcdemand.math.__name__


def _compile(function: FunctionType, done: dict[int, Any]) -> Any:
    """Return the function over compiled copies of its helpers, which the caller's own globals never see."""
    if id(function) in done:
        if done[id(function)] is None:
            raise InputError(f"quantity {function.__name__}: calls itself; write the recursion over years as previous_")
        return done[id(function)]
    done[id(function)] = None
    _refuse(function)
    names = {name: _compile(value, done) for name, value in reached_values(function).items() if _is_helper(value)}
    cells = tuple(
        CellType(names.get(name, cell.cell_contents))
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    )
    # numba imports the module by this name when it loads the machine code in another process.
    scope = {**function.__globals__, **names, "__name__": __name__}
    copy = FunctionType(function.__code__, scope, function.__name__, function.__defaults__, cells or None)
    copy.__kwdefaults__ = function.__kwdefaults__
    done[id(function)] = kernel(copy)
    return done[id(function)]


def _reach(function: FunctionType, seen: set[int]) -> Iterator[FunctionType]:
    if id(function) not in seen:
        seen.add(id(function))
        yield function
        for value in reached_values(function).values():
            if _is_helper(value):
                yield from _reach(value, seen)


def _refuse(function: FunctionType) -> None:
    place = f"quantity {function.__name__}"
    if any(instruction.opname == "RAISE_VARARGS" for instruction in _instructions(function.__code__)):
        raise InputError(
            f"{place}: raises; return a number for every input, such as mcdemand.math.clip(x, lower, upper)"
        )
    if _calls_numpy_where(function):
        raise InputError(f"{place}: np.where stops the kernel from vectorising; write `a if condition else b`")


def _calls_numpy_where(function: FunctionType) -> bool:
    values = reached_values(function)
    loaded: Any = None
    for instruction in _instructions(function.__code__):
        if loaded is np and instruction.opname in ("LOAD_ATTR", "LOAD_METHOD") and instruction.argval == "where":
            return True
        loaded = values.get(instruction.argval) if isinstance(instruction.argval, str) else None
    return any(value is np.where for value in values.values())


def _platform_names(function: FunctionType) -> bool:
    """Tell whether a function uses `**`, NumPy or math, whose last bits differ between platforms."""
    powers = any(i.opname == "BINARY_OP" and i.argrepr.startswith("**") for i in _instructions(function.__code__))
    modules = [value for value in reached_values(function).values() if isinstance(value, ModuleType | np.ufunc)]
    return powers or any(module in PLATFORM_MODULES or isinstance(module, np.ufunc) for module in modules)


def _instructions(code: CodeType) -> Iterator[dis.Instruction]:
    yield from dis.get_instructions(code)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _instructions(constant)
