"""A person's function made ready for the kernel: looked over, its plain helpers compiled with it."""

from __future__ import annotations

import dis
import math
from collections.abc import Callable, Iterator
from functools import cache
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from mcdemand.errors import InputError
from mcdemand.helpers import frozen_helper, helper_of, stand_in
from mcdemand.kernels.digest import reached_members, reached_names, reached_values
from mcdemand.kernels.jit import checked_kernel, kernel
from mcdemand.quantity_check import find_fault, reads_by_place

PLATFORM_MODULES = (np, math)


def compile_quantity(function: Callable[..., float]) -> Any:
    """Return the compiled function, with every plain Python function that it reaches compiled too.

    Raises
    ------
    InputError
        If it, or a helper, does what no quantity may, such as to raise, to call `np.where` or itself: that would stop
        the whole kernel from vectorising, or give a wrong number in silence.
    """
    checked = _as_function(function)
    return _compile(checked, {}, f"quantity {checked.__name__}")


def is_portable(function: Callable[..., float]) -> bool:
    """Tell whether the function keeps to operations with the same bits on every machine."""
    return not any(_platform_names(reached) for reached in _reach(_as_function(function), set()))


def _as_function(function: Callable[..., float]) -> FunctionType:
    if not isinstance(function, FunctionType):
        raise InputError(f"quantity {function!r:.60}: must be a plain Python function")
    return function


def _compile(function: FunctionType, done: dict[int, Any], place: str) -> Any:
    """Return the function over compiled copies of its helpers, which the caller's own globals never see."""
    if id(function) in done:
        if done[id(function)] is None:
            raise InputError(f"{place.partition(':')[0]}: calls itself; write the recursion over years as previous_")
        return done[id(function)]
    done[id(function)] = None
    fault = find_fault(function) or frozen_helper(reached_values(function).values())
    if fault:
        raise InputError(f"{place}: {fault}")
    names = _compile_reached(function, done, place)
    cells = tuple(
        CellType(names.get(name, cell.cell_contents))
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    )
    # numba imports the module by this name when it loads the machine code in another process.
    scope = {**function.__globals__, **names, "__name__": __name__}
    copy = FunctionType(function.__code__, scope, function.__name__, function.__defaults__, cells or None)
    copy.__kwdefaults__ = function.__kwdefaults__
    done[id(function)] = (checked_kernel if reads_by_place(function) else kernel)(copy)
    return done[id(function)]


def _compile_reached(function: FunctionType, done: dict[int, Any], place: str) -> dict[str, Any]:
    """Return what stands for the helpers that a function reaches, and for the modules that it reaches some through."""
    values = reached_values(function)
    quantity = place.partition(":")[0]

    def attempt(helper: FunctionType) -> Any:
        known = set(done)
        try:
            return _compile(helper, done, f"{quantity}: its helper {helper.__name__}")
        except InputError:
            for key in set(done) - known:
                del done[key]
            return None

    names = {
        name: _compile(helper, done, f"{quantity}: its helper {helper.__name__}")
        for name, value in values.items()
        if (helper := helper_of(value))
    }
    attributes, seen = reached_names(function.__code__), dict[int, ModuleType]()
    modules = {name: value for name, value in values.items() if isinstance(value, ModuleType)}
    return names | {name: stand_in(module, attributes, attempt, seen) for name, module in modules.items()}


def _reach(function: FunctionType, seen: set[int]) -> Iterator[FunctionType]:
    if id(function) not in seen:
        seen.add(id(function))
        yield function
        members = (value for _, _, value in reached_members(function))
        for value in (*reached_values(function).values(), *members):
            helper = helper_of(value)
            if helper:
                yield from _reach(helper, seen)


def _platform_names(function: FunctionType) -> bool:
    """Tell whether a function uses `**`, NumPy or math, whose last bits differ between platforms."""
    modules = [value for value in reached_values(function).values() if isinstance(value, ModuleType | np.ufunc)]
    platform = any(module in PLATFORM_MODULES or isinstance(module, np.ufunc) for module in modules)
    return platform or _has_power(function.__code__)


@cache
def _has_power(code: CodeType) -> bool:
    return any(i.opname == "BINARY_OP" and i.argrepr.startswith("**") for i in _instructions(code))


def _instructions(code: CodeType) -> Iterator[dis.Instruction]:
    yield from dis.get_instructions(code)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _instructions(constant)
