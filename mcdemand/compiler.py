"""From a plan to one fused kernel: the only generated code in the project.

The kernel works on blocks of 256 draws in one flat scratch array at constant offsets, because a compiler gives up its
alias checks on many separate arrays and then does not vectorise. Quantities that need the following year are
evaluated in a second sweep, one year late.
"""

from __future__ import annotations

import hashlib
import inspect
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np

from mcdemand.errors import InputError
from mcdemand.kernels import blocks
from mcdemand.kernels.digest import Undigestible, digest_function
from mcdemand.kernels.intrinsics import interleave_loops
from mcdemand.kernels.jit import loop
from mcdemand.kernels.philox import BLOCK
from mcdemand.model import Model, Plan
from mcdemand.quantity import INITIAL, NEXT, PREVIOUS, TIME, Quantity
from mcdemand.quantity_check import explain_in_words, reads_by_place
from mcdemand.quantity_code import compile_quantity

MAX_KERNELS = 64
LANES = "size" if numba.config.DISABLE_JIT else BLOCK
"""Draws of a block that are evaluated: a constant number of them is a fast loop, but not to an interpreter."""
FETCH, STORE = "fetch_row({row})", "broken += store_row({slot}, {row})"
BLOCK_KERNELS = ("load_parameters", "fetch_row", "store_row", "copy_row")


@dataclass(frozen=True)
class _Layout:
    """Slots of the scratch array: parameters, this year's quantities, last year's."""

    slots: dict[str, int]
    carried: tuple[str, ...]
    static: tuple[str, ...]

    def load(self, name: str, source: str) -> str:
        return f"q_{name} = scratch[{self.slots[source] * BLOCK} + i]"

    def row(self, name: str) -> str:
        start = self.slots[name] * BLOCK
        return f"scratch[{start}:{start + BLOCK}]"

    def save(self, name: str) -> str:
        return f"scratch[{self.slots[name] * BLOCK} + i] = q_{name}"


_kernels: dict[tuple[str, str], Any] = {}
_compiling = threading.Lock()


def compile_trajectories(model: Model, plan: Plan, yearly: Iterable[str] = ()) -> Any:
    """Return the kernel `fill_series(tile, count, first_row, stride, base_year, dt, columns, series, offset)`.

    It reads a tile (row, draw) of parameters, evaluates `columns.size` years from t = 0 on (and one more where a
    quantity needs the following year), writes those whose column is not negative into `series` (output, column, draw)
    from `offset` on, and returns the number of values that are NaN or infinite. What changes from year to year, given
    the parameters in `yearly`, is evaluated each year, the rest once. It is compiled once for each state of
    the functions and of all that they reach; where that state cannot be told, every time.
    """
    functions = _functions(model, plan)
    source = kernel_source(model, plan, yearly)
    if numba.config.DISABLE_JIT:
        # Interpreted functions read their globals when they run, so one state's kernel may turn into another's.
        return _build(functions, source)
    try:
        key = digest_function(*functions.values()), source
    except Undigestible:
        return _build(functions, source)
    with _compiling:
        if key not in _kernels:
            while len(_kernels) >= MAX_KERNELS:
                del _kernels[next(iter(_kernels))]
            _kernels[key] = _build(functions, source)
        return _kernels[key]


def digest_code(model: Model, plan: Plan, yearly: Iterable[str] = ()) -> str:
    """Return the digest of everything that a plan computes with; "unknown" where a function reaches what has none."""
    try:
        code = digest_function(*_functions(model, plan).values())
    except Undigestible:
        return "unknown"
    return hashlib.sha256(f"{code}{kernel_source(model, plan, yearly)}".encode()).hexdigest()


def _functions(model: Model, plan: Plan) -> dict[str, Callable[..., float]]:
    """Return the plan's functions by the names that the kernel calls them."""
    functions = {}
    for name in (*plan.first_sweep, *plan.second_sweep):
        quantity = model.quantities[name]
        functions[f"f_{name}"] = quantity.function
        if quantity.initial:
            functions[f"{INITIAL}{name}"] = quantity.initial.function
    return functions


def _build(functions: Mapping[str, Callable[..., float]], source: str) -> Any:
    scope: dict[str, Any] = {"np": np, "__name__": __name__, **{name: getattr(blocks, name) for name in BLOCK_KERNELS}}
    scope["interleave_loops"] = interleave_loops
    scope |= {name: compile_quantity(function) for name, function in functions.items()}
    # The source is ours, made from names that are identifiers: nothing that a prior set says can reach it.
    exec(compile(source, "<mcdemand kernel>", "exec"), scope)
    return loop(scope["fill_series"])


def explain_failure(model: Model, plan: Plan) -> str:
    """Return which quantity numba cannot compile, and why, in a line."""
    known: dict[str, Any] = {}
    for alias, function in _functions(model, plan).items():
        name = alias.removeprefix("f_")
        types = [known.get(argument, numba.float64) for argument in inspect.signature(function).parameters]
        try:
            compiled = compile_quantity(function)
            result = compiled.compile(tuple(types)) and compiled.nopython_signatures[-1].return_type
        except InputError as error:
            return str(error)
        except Exception as error:
            return f"quantity {name}: {explain_in_words(function, error)}"
        if not isinstance(result, numba.types.Float | numba.types.Integer | numba.types.Boolean):
            return f"quantity {name}: returns {_kind(result)}; it must return one number"
        known[name] = result
    return "the quantities cannot be compiled together; let each return a float, such as 1.0 where it returns 1"


def explain_exception(model: Model, plan: Plan, error: Exception) -> str:
    """Return which quantities can have raised an error in the middle of a run, and what to do, in a line."""
    names = (*plan.first_sweep, *plan.second_sweep)
    readers = [name for name in names if reads_by_place(model.quantities[name].function)]
    place = f"quantity {' or '.join(readers or names)}"
    if isinstance(error, IndexError | KeyError):
        return f"{place}: reads a place that is not there; keep it inside, as in values[int(clip(t, 0, 4))]"
    return f"{place}: fails in some draw: {type(error).__name__}: {error}; return a number for every input"


def _kind(result: Any) -> str:
    """Return what a person calls a type of numba."""
    kinds = {
        "a list": numba.types.List,
        "more than one number": numba.types.BaseTuple,
        "text": numba.types.UnicodeType | numba.types.StringLiteral,
        "a complex number": numba.types.Complex,
        "an array": numba.types.Array,
    }
    return next((words for words, kind in kinds.items() if isinstance(result, kind)), str(result))


def kernel_source(model: Model, plan: Plan, yearly: Iterable[str] = ()) -> str:
    """Return the Python source of the kernel."""
    timed = model.timed(plan, yearly)
    static = tuple(name for name in plan.first_sweep if name not in timed)
    layout = _lay_out(model, plan, static)
    lines = [
        "def fill_series(tile, count, first_row, stride, base_year, q_dt, columns, series, offset):",
        f"    scratch = np.ones({len(layout.slots) * BLOCK})",
        "    last, broken, varies = columns.size, 0, stride.any()",
        f"    for begin in range(0, count, {BLOCK}):",
        f"        size = min({BLOCK}, count - begin)",
        "        start = offset + begin",
        "        load_parameters(tile, first_row, stride, 0, begin, size, scratch)",
        *_indent(8, _evaluate(model, static, layout)),
        f"        for step in range(last + {1 if plan.second_sweep else 0}):",
        *_indent(12, _first_sweep(model, plan, layout)),
        *_indent(12, _second_sweep(model, plan, layout) if plan.second_sweep else ()),
        *_indent(12, _carry(layout)),
        "    interleave_loops()",
        "    return broken",
        "",
    ]
    return "\n".join(lines)


def _lay_out(model: Model, plan: Plan, static: tuple[str, ...]) -> _Layout:
    """Give a slot to each parameter, each quantity that outlives its year's loop, and each that is read a year late."""
    late = set(plan.second_sweep)
    read_late = {a for name in late for a in model.quantities[name].all_arguments()}
    previous = {
        argument.removeprefix(PREVIOUS)
        for name in plan.first_sweep
        for argument in model.quantities[name].arguments
        if argument.startswith(PREVIOUS)
    }
    carried = [name for name in plan.first_sweep if name in previous or (name in read_late and name not in static)]
    following = {argument.removeprefix(NEXT) for argument in read_late if argument.startswith(NEXT)}
    lasting = {*plan.outputs, *carried, *following, *static}
    kept = [name for name in (*plan.first_sweep, *plan.second_sweep) if name in lasting]
    names = [*plan.parameters, *kept, *(PREVIOUS + name for name in carried)]
    return _Layout({name: slot for slot, name in enumerate(names)}, tuple(carried), static)


def _first_sweep(model: Model, plan: Plan, layout: _Layout) -> Iterator[str]:
    yield "if varies and step > 0:"
    yield "    load_parameters(tile, first_row, stride, step, begin, size, scratch)"
    yield from _years("step")
    yield "is_first = step == 0"
    yield from _kept(plan, layout, plan.first_sweep, "step", "step < last and ", FETCH)
    yield from _evaluate(model, [name for name in plan.first_sweep if name not in layout.static], layout)
    yield from _kept(plan, layout, plan.first_sweep, "step", "step < last and ", STORE)


def _evaluate(model: Model, names: Sequence[str], layout: _Layout) -> Iterator[str]:
    """Evaluate quantities over a block, from what is in the slots."""
    if not names:
        return
    yield f"for i in range({LANES}):"
    used = {argument for name in names for argument in model.quantities[name].all_arguments()}
    for name in sorted(used & set(layout.slots) - set(names)):
        yield "    " + layout.load(name, name)
    for name in names:
        yield f"    q_{name} = {_value(model.quantities[name])}"
        if name in layout.slots:
            yield "    " + layout.save(name)


def _second_sweep(model: Model, plan: Plan, layout: _Layout) -> Iterator[str]:
    """Evaluate last year, now that this year is known."""
    yield "if step > 0:"
    yield "    if varies:"
    yield "        load_parameters(tile, first_row, stride, step - 1, begin, size, scratch)"
    yield from _indent(4, _years("step - 1"))
    yield from _indent(4, _kept(plan, layout, plan.second_sweep, "step - 1", "", FETCH))
    yield f"    for i in range({LANES}):"
    used = {argument for name in plan.second_sweep for argument in model.quantities[name].all_arguments()}
    for argument in sorted(used - set(TIME) - set(plan.second_sweep)):
        source = argument.removeprefix(NEXT) if argument.startswith(NEXT) else argument
        if argument in layout.carried:
            source = PREVIOUS + argument
        yield "        " + layout.load(argument, source)
    for name in plan.second_sweep:
        yield f"        q_{name} = {_value(model.quantities[name])}"
        if name in layout.slots:
            yield "        " + layout.save(name)
    yield from _indent(4, _kept(plan, layout, plan.second_sweep, "step - 1", "", STORE))


def _years(step: str) -> tuple[str, ...]:
    return (f"q_t = np.float64({step}) * q_dt", "q_year = base_year + q_t")


def _value(quantity: Quantity) -> str:
    regular = _call(f"f_{quantity.name}", quantity)
    if quantity.initial is None:
        return regular
    return f"{_call(quantity.initial.name, quantity.initial)} if is_first else {regular}"


def _call(alias: str, quantity: Quantity) -> str:
    given = [f"{name}=q_{name}" for name in quantity.arguments]
    fixed = [f"{name}={value!r}" for name, value in quantity.constants.items()]
    return f"{alias}({', '.join(given + fixed)})"


def _kept(plan: Plan, layout: _Layout, names: Iterable[str], step: str, condition: str, call: str) -> Iterator[str]:
    """Do something for each of the names that is kept: with its slot, and its row of the result in a year."""
    kept = [name for name in plan.outputs if name in names]
    if kept:
        yield f"if {condition}columns[{step}] >= 0:"
    for name in kept:
        target = f"series[{plan.outputs.index(name)}, columns[{step}], start : start + size]"
        yield "    " + call.format(slot=layout.row(name), row=target)


def _carry(layout: _Layout) -> Iterator[str]:
    for name in layout.carried:
        yield f"copy_row({layout.row(name)}, {layout.row(PREVIOUS + name)})"


def _indent(spaces: int, lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield " " * spaces + line
