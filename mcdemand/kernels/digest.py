"""A digest of everything that a function's result can depend on: its code and whatever it reaches.

numba's own cache asks only whether the file that holds a function has changed, and so returns the old result after
a helper or a global in another place was edited. The walk here follows names and closure cells to any depth. What it
does not know for certain it refuses, so that nothing is cached: a class, an object, a subclass whose text may lie.
"""

from __future__ import annotations

import builtins
import enum
import hashlib
import math
import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from types import BuiltinFunctionType, CodeType, EllipsisType, FunctionType, ModuleType, NoneType
from typing import Any

import numpy as np
from numba.core.dispatcher import Dispatcher
from numba.core.extending import _Intrinsic
from numba.np.ufunc.dufunc import DUFunc

from mcdemand.errors import InputError

# Compared by `type(value) is`: a subclass can hide what it holds.
PLAIN_TYPES = frozenset({int, float, complex, str, bytes, bool, NoneType, EllipsisType})
# What numba made of something is looked for among the rest: its classes take long to tell.
UNMADE = PLAIN_TYPES | {FunctionType, CodeType, ModuleType, tuple}
REMEMBERED = 4096
"""Code objects whose digest is kept: every run looks whether anything that its functions reach has changed."""
# Their state is that of their version, which the cache's key holds.
LIBRARIES = frozenset({"numpy", "numba", "llvmlite", math.__name__})


class Undigestible(TypeError):
    """A value that a function reaches cannot be digested, so the function must not be cached."""


def python_function(value: Any) -> Any:
    """Return the Python function behind what numba made of it, or `value` itself."""
    if type(value) in UNMADE:
        return value
    if isinstance(value, Dispatcher):
        return value.py_func
    if isinstance(value, DUFunc):
        return value._dispatcher.py_func
    return value._defn if isinstance(value, _Intrinsic) else value


def digest_function(*functions: Callable[..., Any]) -> str:
    """Return the SHA-256 of the functions' code, constants, defaults, closures and all that they reach.

    Raises
    ------
    Undigestible
        If a global or a closure cell holds something that is neither a number, text, tuple, array, enumeration, module
        nor function.
    InputError
        If a closure cell is empty.
    """
    seen: dict[int, int] = {}
    parts: list[bytes] = []
    for function in functions:
        _walk(function, seen, parts)
    return hashlib.sha256(b"".join([len(part).to_bytes(8, "little") + part for part in parts])).hexdigest()


@lru_cache(REMEMBERED)
def reached_names(code: CodeType) -> tuple[str, ...]:
    """Return every name that a code object, or one nested in it, can load, sorted."""
    nested = (reached_names(constant) for constant in code.co_consts if isinstance(constant, CodeType))
    return tuple(sorted({*code.co_names}.union(*nested)))


def reached_values(function: FunctionType) -> dict[str, Any]:
    """Return the globals, added built-ins and closure cells that a function's code names, in a stable order.

    Raises
    ------
    InputError
        If a closure cell is empty.
    """
    found = {}
    for name in reached_names(function.__code__):
        if name in function.__globals__:
            found[name] = function.__globals__[name]
        elif hasattr(builtins, name) and not _is_builtin(getattr(builtins, name)):
            found[name] = getattr(builtins, name)
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            found[name] = cell.cell_contents
        except ValueError:
            raise InputError(
                f"quantity {function.__name__}: {name} has no value yet; assign it before the model is made"
            ) from None
    return found


def reached_members(function: FunctionType) -> Iterator[tuple[ModuleType, str, Any]]:
    """Yield (module, name, value) of what a function may read from modules: `module.RATE`, `package.module.RATE`."""
    names = reached_names(function.__code__)
    pending = [value for value in reached_values(function).values() if isinstance(value, ModuleType)]
    done: set[int] = set()
    while pending:
        module = pending.pop(0)
        if id(module) in done or module.__name__.split(".")[0] in LIBRARIES:
            continue
        done.add(id(module))
        for name in names:
            if hasattr(module, name):
                value = getattr(module, name)
                pending += [value] if isinstance(value, ModuleType) else []
                yield module, name, value


def _is_builtin(value: Any) -> bool:
    """Tell whether a value is Python's own, which nobody has put there."""
    home = getattr(value, "__module__", None)
    return home == "_sitebuiltins" or (isinstance(value, type | BuiltinFunctionType) and home in ("builtins", "_io"))


def _walk(value: Any, seen: dict[int, int], parts: list[bytes]) -> None:
    """Add what a value can come to; the functions that were met are numbered in `seen`."""
    value = python_function(value)
    if isinstance(value, FunctionType):
        _walk_function(value, seen, parts)
    elif isinstance(value, CodeType):
        parts += _walk_code(value)
    elif isinstance(value, tuple):
        _walk_tuple(value, seen, parts)
    elif isinstance(value, enum.Enum | enum.EnumType):
        _walk_enumeration(value, seen, parts)
    else:
        parts += _walk_plain(value)


def _walk_plain(value: Any) -> Iterator[bytes]:
    """Digest what reaches nothing else."""
    if type(value) in (float, complex):
        # The text of a NaN keeps its sign to itself.
        yield type(value).__name__.encode() + np.asarray(value).tobytes()
    elif type(value) in PLAIN_TYPES:
        yield f"{type(value).__name__} {value!r}".encode()
    elif (type(value) is np.ndarray or isinstance(value, np.generic)) and not value.dtype.hasobject:
        yield f"{type(value).__name__} {value.dtype} {value.shape}".encode()
        yield value.tobytes()
    elif isinstance(value, ModuleType):
        yield f"module {value.__name__}".encode()
    elif isinstance(value, type | BuiltinFunctionType | np.ufunc) and _is_what_it_is_called(value):
        yield f"named {_home(value)} {value.__name__}".encode()
    else:
        raise Undigestible(f"{type(value).__name__} {value!r:.60}")


def _home(value: Any) -> str:
    return "numpy" if isinstance(value, np.ufunc) else getattr(value, "__module__", None) or ""


def _is_what_it_is_called(value: Any) -> bool:
    """Tell whether a name stands for it for good: a function or a type of Python, math or NumPy."""
    home = _home(value)
    known = home in ("builtins", "cmath") or home.split(".")[0] in LIBRARIES
    return known and getattr(sys.modules.get(home), value.__name__, None) is value


def _walk_tuple(value: tuple[Any, ...], seen: dict[int, int], parts: list[bytes]) -> None:
    fields = getattr(value, "_fields", None)
    if type(value) is not tuple and fields is None:
        raise Undigestible(f"{type(value).__name__} {value!r:.60}")
    parts.append(f"tuple {len(value)} {fields}".encode())
    for item in value:
        _walk(item, seen, parts)


def _walk_enumeration(value: Any, seen: dict[int, int], parts: list[bytes]) -> None:
    """Digest a member by its class and name, a class by all its members."""
    if isinstance(value, enum.Enum):
        parts.append(f"member {value.name}".encode())
        value = type(value)
    parts.append(f"enumeration {value.__name__} {[base.__name__ for base in value.__mro__]}".encode())
    for name, member in value.__members__.items():
        parts.append(name.encode())
        _walk(member.value, seen, parts)


def _walk_function(function: FunctionType, seen: dict[int, int], parts: list[bytes]) -> None:
    # The number tells functions of one name apart: two lambdas, one of them called a second time.
    parts.append(f"function {function.__name__} {seen.get(id(function))}".encode())
    if id(function) in seen:
        return
    seen[id(function)] = len(seen)
    parts += _walk_code(function.__code__)
    _walk(function.__defaults__ or (), seen, parts)
    _walk(tuple(sorted((function.__kwdefaults__ or {}).items())), seen, parts)
    for name, value in reached_values(function).items():
        parts.append(name.encode())
        _walk(value, seen, parts)
    for module, name, value in reached_members(function):
        parts.append(f"{module.__name__}.{name}".encode())
        _walk(value, seen, parts)


@lru_cache(REMEMBERED)
def _walk_code(code: CodeType) -> tuple[bytes, ...]:
    """Digest what never changes of a code object: it holds numbers, text and other code, but no function."""
    tables = code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars
    counts = code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags
    parts = [code.co_code, repr((tables, counts)).encode()]
    for constant in code.co_consts:
        if isinstance(constant, frozenset):
            parts.append(repr(sorted(map(repr, constant))).encode())
        else:
            _walk(constant, {}, parts)
    return tuple(parts)
