"""Units as annotations, and the check that every quantity keeps to them.

An alias such as `TWh` is `float` to a type checker and carries its unit for everything else. Powers, shares and
indices are `Ratio`. A yearly energy is a sum over one year, so power is energy divided by `TWH_PER_GW_YEAR`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from inspect import Parameter, signature
from typing import Annotated, Any, get_type_hints

from mcdemand.errors import InputError


@dataclass(frozen=True)
class Unit:
    """A unit string as prior sets and results write it, and the names behind the numbers of a category."""

    text: str
    categories: tuple[str, ...] = ()


Ratio = Annotated[float, Unit("1")]
GrowthShape = Annotated[float, Unit("category", ("gompertz", "logistic", "bass", "exponential"))]

YearLabel = Annotated[float, Unit("year")]
Years = Annotated[float, Unit("yr")]
PerYear = Annotated[float, Unit("1/yr")]
Days = Annotated[float, Unit("day")]

TWh = Annotated[float, Unit("TWh")]
GW = Annotated[float, Unit("GW")]
GWPerYear = Annotated[float, Unit("GW/yr")]
TWhPerGW = Annotated[float, Unit("TWh/GW")]
TWhPerGWYear = Annotated[float, Unit("TWh/GW/yr")]
KWhPerTWh = Annotated[float, Unit("kWh/TWh")]
JoulesPerKWh = Annotated[float, Unit("J/kWh")]

TokensPerDay = Annotated[float, Unit("T/day")]
TokensPerTrillion = Annotated[float, Unit("token/T")]
TokensPerMillion = Annotated[float, Unit("token/Mtoken")]
KWhPerToken = Annotated[float, Unit("kWh/token")]
JoulesPerToken = Annotated[float, Unit("J/token")]
MillionH100e = Annotated[float, Unit("M H100e")]

GUSD = Annotated[float, Unit("GUSD")]
GUSDPerYear = Annotated[float, Unit("GUSD/yr")]
GUSDPerGW = Annotated[float, Unit("GUSD/GW")]
USDPerKWh = Annotated[float, Unit("USD/kWh")]
USDPerMillionTokens = Annotated[float, Unit("USD/Mtoken")]

_DIMENSIONLESS = Unit("1")
_DEFINITIONS = ("token = [token]", "FLOP = [operation]", "H100e = [accelerator]", "USD = [currency]")
# T and M alone are tesla and molar to pint.
_PINT_EXPRESSIONS = {
    "1": "dimensionless",
    "category": "dimensionless",
    "T/day": "teratoken/day",
    "token/T": "token/teratoken",
    "M H100e": "megaH100e",
}
_RELATIVE_TOLERANCE = 1e-9


def unit_of(annotation: object) -> Unit:
    """Unit of an alias; anything without one, such as plain `float`, is dimensionless.

    Examples
    --------
    >>> unit_of(TWh).text
    'TWh'
    >>> unit_of(float).text
    '1'
    """
    metadata = getattr(annotation, "__metadata__", ())
    return next((item for item in metadata if isinstance(item, Unit)), _DIMENSIONLESS)


def check_units(functions: Iterable[Callable[..., Any]], values: Iterable[Mapping[str, float]]) -> list[str]:
    """Problems with the units of quantities, one line each; none means that every formula is consistent.

    Each function is called with floats and with pint scalars of its declared units. The pint result, converted to the
    declared unit, must have the magnitude of the float result: that finds a wrong dimension and also a conversion
    factor hidden in a literal. A select is checked only on the sides that `values` reach.

    Parameters
    ----------
    functions
        Quantities: functions over floats, annotated with aliases of this module.
    values
        Draws: each maps every argument without a default to a number in its declared unit.

    Raises
    ------
    InputError
        pint is not installed.

    Examples
    --------
    >>> def power(energy: TWh) -> GW:
    ...     return energy / 8.76
    >>> for problem in check_units([power], [{"energy": 50.0}]):
    ...     print(problem)  # doctest: +ELLIPSIS
    power: Cannot convert from 'terawatt_hour' ... to 'gigawatt' ...
    """
    functions, draws = tuple(functions), tuple(values)
    problems = list(_disagreements(functions))
    for function in functions:
        found = (_problem(function, draw) for draw in draws)
        problems.extend(dict.fromkeys(problem for problem in found if problem))
    return problems


def _disagreements(functions: Iterable[Callable[..., Any]]) -> Iterator[str]:
    """Names that two quantities read or return in different units."""
    declared: dict[str, tuple[str, str]] = {}
    for function in functions:
        for name, unit in _declared_units(function):
            first_unit, first = declared.setdefault(name, (unit, function.__name__))
            if unit != first_unit:
                yield f"{function.__name__}: {name} is in {unit!r} here and in {first_unit!r} in {first}"


def _declared_units(function: Callable[..., Any]) -> Iterator[tuple[str, str]]:
    """Pairs of plain name and unit of what a function returns and of its arguments; constants are its own affair."""
    hints = get_type_hints(function, include_extras=True)
    yield function.__name__.removeprefix("initial_"), unit_of(hints.get("return")).text
    for name, parameter in signature(function).parameters.items():
        if parameter.default is Parameter.empty:
            yield name.removeprefix("previous_").removeprefix("next_"), unit_of(hints.get(name)).text


def _problem(function: Callable[..., Any], draw: Mapping[str, float]) -> str | None:
    """What is wrong with the units of one function at one draw."""
    parameters = signature(function).parameters
    numbers = {name: draw.get(name, parameter.default) for name, parameter in parameters.items()}
    missing = [name for name, number in numbers.items() if number is Parameter.empty]
    if missing:
        return f"{function.__name__}: no value to check it with for {', '.join(missing)}"
    registry = _registry()
    hints = get_type_hints(function, include_extras=True)
    try:
        scalars = {name: _scalar(registry, number, hints.get(name)) for name, number in numbers.items()}
        found = _magnitude(registry, function(**scalars), hints.get("return"))
    # What pint raises for a wrong dimension, a comparison of a quantity with a number, and an unknown unit.
    except (TypeError, ValueError, AttributeError) as error:
        return f"{function.__name__}: {error}"
    return _difference(function, found, float(function(**numbers)))


def _difference(function: Callable[..., Any], found: float, expected: float) -> str | None:
    """A line if the result with units is another number than the result without, `None` otherwise."""
    if abs(found - expected) <= _RELATIVE_TOLERANCE * abs(expected):
        return None
    return f"{function.__name__}: {found:.10g} with units, {expected:.10g} without: a literal hides a conversion"


def _scalar(registry: Any, number: float, annotation: object) -> Any:
    """A number with its declared unit."""
    return registry.Quantity(float(number), _pint_expression(unit_of(annotation)))


def _magnitude(registry: Any, result: Any, annotation: object) -> float:
    """The number of a result in its declared unit; a bare zero has every unit."""
    if not hasattr(result, "units"):
        if result == 0:
            return 0.0
        result = registry.Quantity(result, "dimensionless")
    return float(result.to(_pint_expression(unit_of(annotation))).magnitude)


def _pint_expression(unit: Unit) -> str:
    """How pint spells a unit."""
    return _PINT_EXPRESSIONS.get(unit.text, unit.text)


@cache
def _registry() -> Any:
    """Pint's units with the ones of this field."""
    try:
        import pint
    except ModuleNotFoundError:
        raise InputError("checking units needs pint: install mcdemand with the extra `units`") from None
    registry: Any = pint.UnitRegistry()
    for definition in _DEFINITIONS:
        registry.define(definition)
    return registry
