"""One function of a model, read: what it depends on, its constants, its unit."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

from mcdemand.errors import InputError
from mcdemand.registry import nearest
from mcdemand.units import Unit, unit_of

TIME = ("t", "year", "dt")
PREVIOUS, NEXT, INITIAL = "previous_", "next_", "initial_"


@dataclass(frozen=True)
class Quantity:
    """A function of a model.

    Attributes
    ----------
    arguments
        Unit of each argument, by name, constants left out.
    constants
        Value of each argument that has a default.
    initial
        The function that gives the quantity in the base year.
    """

    name: str
    function: Callable[..., float]
    arguments: Mapping[str, Unit]
    constants: Mapping[str, float]
    unit: Unit
    long_name: str
    initial: Quantity | None = None

    @property
    def driver(self) -> str:
        """The name of the file that the function stands in."""
        return self.function.__module__.rpartition(".")[2]

    def all_arguments(self) -> set[str]:
        """Return the arguments of the function and of its initial one."""
        return set(self.arguments) | (self.initial.all_arguments() if self.initial else set())


def is_shifted(argument: str) -> bool:
    """Tell whether an argument is another year's value of a quantity."""
    return argument.startswith((PREVIOUS, NEXT))


def _read(function: Callable[..., float]) -> Quantity:
    """Return the quantity that a function states."""
    if not inspect.isfunction(function) or not function.__name__.isidentifier():
        what = getattr(function, "__name__", None) or f"of type {type(function).__name__}"
        raise InputError(f"quantity {what}: must be a plain Python function with a name; write it with def")
    place = f"quantity {function.__name__}"
    try:
        hints = get_type_hints(function, include_extras=True)
    except NameError as error:
        raise InputError(f"{place}: an annotation cannot be read: {error}") from None
    arguments, constants = {}, {}
    for argument in inspect.signature(function).parameters.values():
        if argument.kind is not argument.POSITIONAL_OR_KEYWORD:
            raise InputError(f"{place}: {argument.name}: must be an ordinary argument, not starred or keyword-only")
        if argument.default is inspect.Parameter.empty:
            arguments[argument.name] = unit_of(hints.get(argument.name))
        else:
            constants[argument.name] = _constant(f"{place}: {argument.name}", argument.default)
    title = (inspect.getdoc(function) or function.__name__.replace("_", " ")).split("\n")[0].rstrip(".")
    return Quantity(function.__name__, function, arguments, constants, unit_of(hints.get("return")), title)


def _constant(place: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError(f"{place}: default {value!r:.40}: must be a finite number; it is a constant of the model")
    return float(value)


def read_quantities(functions: Iterable[Callable[..., float]]) -> dict[str, Quantity]:
    """Return quantities by name, each with its initial function.

    Raises
    ------
    InputError
        If a function is no quantity, a name is taken, or another year's value has no quantity or no beginning.
    """
    found: dict[str, Quantity] = {}
    for quantity in map(_read, functions):
        if quantity.name in found or quantity.name in TIME:
            raise InputError(f"quantity {quantity.name}: the name is taken")
        found[quantity.name] = quantity
    initials = {name: found.pop(name) for name in list(found) if name.startswith(INITIAL)}
    for name, initial in initials.items():
        target = name.removeprefix(INITIAL)
        if target not in found:
            raise InputError(f"quantity {name}: there is no {target}; {nearest(target, found)}")
        found[target] = Quantity(**{**vars(found[target]), "initial": initial})
    for quantity in found.values():
        _check_shifted(quantity, found)
    return found


def _check_shifted(quantity: Quantity, quantities: Mapping[str, Quantity]) -> None:
    for argument in filter(is_shifted, quantity.all_arguments()):
        target = argument.removeprefix(PREVIOUS).removeprefix(NEXT)
        if target not in quantities:
            raise InputError(
                f"quantity {quantity.name}: {argument}: no quantity {target}; {nearest(target, quantities)}"
            )
        if argument.startswith(PREVIOUS) and quantity.initial is None:
            remedy = f"write initial_{quantity.name}"
            raise InputError(f"quantity {quantity.name}: {argument}: has no value in the base year; {remedy}")
    if quantity.initial and any(map(is_shifted, quantity.initial.arguments)):
        raise InputError(f"quantity initial_{quantity.name}: the base year has no year before and no year after")
