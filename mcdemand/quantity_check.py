"""What a person's function must not do, found in its code before anything runs, and said in words of a forecaster."""

from __future__ import annotations

import builtins
import difflib
import dis
import inspect
import random
import re
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

import mcdemand.math
from mcdemand.kernels.digest import reached_values
from mcdemand.registry import nearest

TYPICAL = 1.5
REMEDY = "write it with + - * /, if/else and mcdemand.math"
LIMIT = "return a number for every input: limit it, as in mcdemand.math.clip(x, lower, upper)"
# What Python calls an instruction differs between its versions.
MAKES_TEXT = ("makes text", "a quantity computes with numbers alone")
FORBIDDEN = {
    "RAISE_VARARGS": ("raises an error", LIMIT),
    "LOAD_ASSERTION_ERROR": ("asserts", LIMIT),
    "BEFORE_WITH": ("uses `with`", "read files at the top, outside of the quantity"),
    "LOAD_SPECIAL": ("uses `with`", "read files at the top, outside of the quantity"),
    "PUSH_EXC_INFO": ("uses `try`", "ask with `if` before computing"),
    "IMPORT_NAME": ("imports", "move the import to the top of the file"),
    "FORMAT_VALUE": MAKES_TEXT,
    "FORMAT_SIMPLE": MAKES_TEXT,
    "FORMAT_WITH_SPEC": MAKES_TEXT,
    "BUILD_STRING": MAKES_TEXT,
}
LOADS_GLOBAL = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF", "LOAD_CLOSURE")
EFFECTS = {
    "print": "keep what you want to see as an output, and look at the result",
    "open": "read the file at the top, outside of the quantity",
    "input": "make it an argument, a parameter with a prior",
}
RANDOM_SOURCES = (random.Random, np.random.Generator, np.random.RandomState)
USABLE = (int, float, np.generic, np.ndarray, tuple, FunctionType, ModuleType, type)


def find_fault(function: FunctionType) -> str | None:
    """Return what the function does that no quantity may, with the remedy and the line; None if nothing is found.

    Only what could not work, or would give a wrong number in silence, is looked for.
    """
    if function.__code__.co_flags & (inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR):
        return "is no ordinary function; write it without async and yield, and end it with `return`"
    return next(_faults(function), None)


def reads_by_place(function: Callable[..., float]) -> bool:
    """Tell whether a function reads something by its place, `values[place]`, which may not be there."""
    return any(
        instruction.opname in ("BINARY_SUBSCR", "BINARY_SLICE") or instruction.argrepr == "[]"
        for code in _codes(function.__code__)
        for instruction in dis.get_instructions(code)
    )


def explain_in_words(function: Callable[..., float], error: Exception) -> str:
    """Return why a function could not be compiled: from what it uses, else from trying it, else from the compiler."""
    assert isinstance(function, FunctionType)
    return _unusable_value(function) or _failure_in_python(function) or _compilers_words(str(error))


def _faults(function: FunctionType) -> Iterator[str]:
    """Yield what is wrong, in the order of the code."""
    for code in _codes(function.__code__):
        instructions = list(dis.get_instructions(code))
        # `with` handles exceptions too, and `assert` raises: the word that stands in the code comes first.
        for instruction in instructions:
            fault = _forbidden(instruction, function)
            if fault:
                yield fault + _line(instruction)
        yield from _unfinished(instructions)
    for instruction, name, value in _loaded(function):
        fault = _wrong_use(name, value, function)
        if fault:
            yield fault + _line(instruction)


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _forbidden(instruction: dis.Instruction, function: FunctionType) -> str | None:
    if instruction.opname in FORBIDDEN:
        return "; ".join(FORBIDDEN[instruction.opname])
    if instruction.opname in ("STORE_GLOBAL", "DELETE_GLOBAL"):
        remedy = f"carry a value from year to year with previous_{function.__name__}"
        return f"changes {instruction.argval}, which lies outside; a quantity only returns a number: {remedy}"
    if instruction.opname == "LOAD_FAST_CHECK":
        return f"{instruction.argval} may have no value here; give it one before the `if` or the loop"
    if instruction.opname == "LOAD_COMMON_CONSTANT" and "AssertionError" in instruction.argrepr:
        return "; ".join(FORBIDDEN["LOAD_ASSERTION_ERROR"])
    return None


def _unfinished(instructions: list[dis.Instruction]) -> Iterator[str]:
    """Yield where nothing is returned."""
    before = None
    for instruction in instructions:
        returned = before if instruction.opname == "RETURN_VALUE" else instruction
        constant = returned and returned.opname in ("RETURN_CONST", "LOAD_CONST") and returned.argval is None
        if constant and instruction.opname in ("RETURN_VALUE", "RETURN_CONST"):
            yield "does not return a number in every case; end it, and every branch, with `return` and a number"
        before = instruction


def _loaded(function: FunctionType) -> Iterator[tuple[dis.Instruction, str, Any]]:
    """Yield each global, or attribute of a module, that the code loads: its dotted name and value, `_NOWHERE` if none.

    What is read from anything but a module is left to the compiler.
    """
    values = {**vars(builtins), **reached_values(function)}
    for code in _codes(function.__code__):
        # A nested function reads the variables of the one around it through cells.
        local = {*code.co_cellvars, *(code.co_freevars if code is not function.__code__ else ())}
        path, value = "", None
        for instruction in dis.get_instructions(code):
            name = instruction.argval
            if instruction.opname in LOADS_GLOBAL and name not in local:
                path, value = name, values.get(name, _NOWHERE)
            elif instruction.opname in ("LOAD_ATTR", "LOAD_METHOD") and isinstance(value, ModuleType):
                path, value = f"{path}.{name}", getattr(value, name, _Missing(value, name))
            else:
                path, value = "", None
                continue
            yield instruction, path, value


class _Missing:
    """A name that a module does not have."""

    def __init__(self, module: ModuleType, name: str) -> None:
        self.remedy = nearest(name, (known for known in dir(module) if not known.startswith("_")))


_NOWHERE = object()


def _wrong_use(name: str, value: Any, function: FunctionType) -> str | None:
    if isinstance(value, _Missing):
        return f"there is no {name}; {value.remedy}"
    if value is _NOWHERE:
        return f"{name} is not known here; {_remedy_of_unknown(name, function.__code__.co_varnames)}"
    if value is np.where:
        return "np.where is for arrays, a quantity has one number at a time; write `a if condition else b`"
    if _is_random(value):
        return f"{name} draws numbers that no seed repeats; make it an argument and give that parameter a prior"
    if name in EFFECTS and value is getattr(builtins, name):
        return f"calls {name}; {EFFECTS[name]}"
    return None


def _remedy_of_unknown(name: str, local: Iterable[str]) -> str:
    if difflib.get_close_matches(name, local):
        return nearest(name, local)
    if name in ("np", "numpy", "math"):
        return f"import it at the top, or better: {REMEDY}"
    if hasattr(mcdemand.math, name) and not name.startswith("_"):
        return f"write `from mcdemand.math import {name}` at the top"
    return "a parameter or a quantity must be one of the function's arguments, spelt the same"


def _is_random(value: Any) -> bool:
    source = getattr(value, "__self__", None)
    return isinstance(value, RANDOM_SOURCES) or isinstance(source, RANDOM_SOURCES) or source is np.random


def _unusable_value(function: FunctionType) -> str | None:
    """Return which value from outside cannot be used in a quantity."""
    for instruction, name, value in _loaded(function):
        is_foreign = isinstance(value, np.ufunc) and value is not getattr(np, value.__name__, None)
        if isinstance(value, list | dict | set):
            remedy = "make it a tuple or a NumPy array" if isinstance(value, list) else "give each number its own name"
            return f"uses {name}, a {type(value).__name__}; {remedy}{_line(instruction)}"
        if is_foreign or not (isinstance(value, (*USABLE, np.ufunc)) or callable(value)):
            kind = "function of another library" if is_foreign else type(value).__name__
            return f"uses {name}, a {kind}, which a quantity cannot; {REMEDY}{_line(instruction)}"
    return None


def _failure_in_python(function: FunctionType) -> str | None:
    """Return what Python itself says when the function is called with ordinary numbers."""
    file = function.__code__.co_filename
    given = [p for p in inspect.signature(function).parameters.values() if p.default is p.empty]
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
            function(*(TYPICAL for _ in given))
    except Exception as error:
        # Python's own words on a wrong call say all there is.
        remedy = "correct the call" if "argument" in str(error) else REMEDY
        lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == file]
        place = f" (line {lines[-1]})" if lines else ""
        return f"fails when its arguments are numbers: {error}; {remedy}{place}"
    return None


def _compilers_words(message: str) -> str:
    """Return the compiler's reason, without what only a programmer of compilers could use."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    line = re.search(r'File ".*", line (\d+)', message)
    place = f" (line {line[1]})" if line else ""
    function = re.search(r"function Function\(<(?:built-in )?(?:function|ufunc|intrinsic)? ?'?(\w+)", message)
    attribute = re.search(r"Unknown attribute '(\w+)' of type Module\(<module '([\w.]+)'", message)
    if attribute:
        return f"{attribute[2]}.{attribute[1]} cannot be used in a quantity; {REMEDY}{place}"
    if function:
        return f"{function[1]} cannot be used in this way in a quantity; {REMEDY}{place}"
    reason = re.sub(r" at 0x[0-9a-f]+", "", " ".join(lines[1:2] or lines))
    return f"cannot be compiled: {reason}; {REMEDY}{place}"


def _line(instruction: dis.Instruction) -> str:
    line = instruction.positions.lineno if instruction.positions else None
    return f" (line {line})" if line else ""
