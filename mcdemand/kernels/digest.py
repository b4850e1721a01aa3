"""A digest of everything that a function's result can depend on: its code and whatever it reaches.

numba's own cache asks only whether the file that holds a function has changed, and so returns the old result after
a helper or a global in another place was edited. The walk here follows names and closure cells to any depth.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

PLAIN_VALUES = (int, float, complex, str, bytes, bool, type(None), np.generic)


class Undigestible(TypeError):
    """A value that a function reaches cannot be digested, so the function must not be cached."""


def python_function(value: Any) -> Any:
    """Return the Python function behind a numba dispatcher or an intrinsic, or `value` itself."""
    return getattr(value, "py_func", None) or getattr(value, "_defn", None) or value


def digest_function(*functions: Callable[..., Any]) -> str:
    """Return the SHA-256 of the functions' code, constants, defaults, closures and all that they reach.

    Raises
    ------
    Undigestible
        If a global or a closure cell holds something that is neither a number, text, tuple, array, module nor
        function.
    """
    hasher = hashlib.sha256()
    seen: set[int] = set()
    for function in functions:
        for part in _walk(function, seen):
            hasher.update(len(part).to_bytes(8, "little") + part)
    return hasher.hexdigest()


def reached_names(code: CodeType) -> set[str]:
    """Return every name that a code object, or one nested in it, can load."""
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= reached_names(constant)
    return names


def reached_values(function: FunctionType) -> dict[str, Any]:
    """Return the globals and closure cells that a function's code names, by name, in a stable order."""
    found = {
        name: function.__globals__[name]
        for name in sorted(reached_names(function.__code__))
        if name in function.__globals__
    }
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        found[name] = cell.cell_contents
    return found


def _walk(value: Any, seen: set[int]) -> Iterator[bytes]:
    value = python_function(value)
    if isinstance(value, FunctionType):
        yield from _walk_function(value, seen)
    elif isinstance(value, CodeType):
        yield from _walk_code(value, seen)
    elif isinstance(value, PLAIN_VALUES):
        yield f"{type(value).__name__} {value!r}".encode()
    elif isinstance(value, tuple):
        yield f"tuple {len(value)}".encode()
        for item in value:
            yield from _walk(item, seen)
    elif isinstance(value, np.ndarray) and value.dtype != object:
        yield f"array {value.dtype} {value.shape}".encode()
        yield value.tobytes()
    elif isinstance(value, ModuleType | type | BuiltinFunctionType | np.ufunc):
        yield f"named {getattr(value, '__module__', '')} {value.__name__}".encode()
    else:
        raise Undigestible(f"{type(value).__name__} {value!r:.60}")


def _walk_function(function: FunctionType, seen: set[int]) -> Iterator[bytes]:
    yield f"function {function.__name__}".encode()
    if id(function) in seen:
        return
    seen.add(id(function))
    yield from _walk_code(function.__code__, seen)
    yield from _walk(function.__defaults__ or (), seen)
    yield from _walk(tuple(sorted((function.__kwdefaults__ or {}).items())), seen)
    for name, value in reached_values(function).items():
        yield name.encode()
        yield from _walk(value, seen)
    yield from _walk_attributes(function, seen)


def _walk_attributes(function: FunctionType, seen: set[int]) -> Iterator[bytes]:
    """Digest what a function reads from modules (`module.RATE`, `package.module.RATE`), by the names it could mean."""
    names = sorted(reached_names(function.__code__))
    pending = [value for value in reached_values(function).values() if isinstance(value, ModuleType)]
    done: set[int] = set()
    while pending:
        module = pending.pop(0)
        if id(module) in done or module is math or module.__name__.split(".")[0] in {"numpy", "numba"}:
            continue
        done.add(id(module))
        found = {name: getattr(module, name) for name in names if hasattr(module, name)}
        pending += [value for value in found.values() if isinstance(value, ModuleType)]
        for name, value in found.items():
            yield f"{module.__name__}.{name}".encode()
            yield from _walk(value, seen)


def _walk_code(code: CodeType, seen: set[int]) -> Iterator[bytes]:
    yield code.co_code
    yield " ".join(code.co_names + code.co_varnames + code.co_freevars).encode()
    for constant in code.co_consts:
        if isinstance(constant, frozenset):
            yield repr(sorted(map(repr, constant))).encode()
        else:
            yield from _walk(constant, seen)
