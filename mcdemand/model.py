"""Functions wired by argument name: an ordered graph of quantities, the parameters it needs, and their units."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

from mcdemand.errors import InputError
from mcdemand.quantity import NEXT, PREVIOUS, TIME, Quantity, is_shifted, read_quantities
from mcdemand.registry import look_up, members, nearest
from mcdemand.units import Unit


@dataclass(frozen=True)
class Plan:
    """What a request for some outputs needs.

    Attributes
    ----------
    outputs
        Quantities that are kept, in the order asked for.
    first_sweep, second_sweep
        Quantities in the order of evaluation; those of the second sweep need the following year's values.
    parameters
        Parameters needed, sorted.
    """

    outputs: tuple[str, ...]
    first_sweep: tuple[str, ...]
    second_sweep: tuple[str, ...]
    parameters: tuple[str, ...]


@dataclass(frozen=True)
class Model:
    """Quantities and how they hang together.

    Attributes
    ----------
    parameters
        Unit of every parameter that a quantity names.
    base_year
        The year of t = 0; None: the first year that is asked for.
    """

    name: str
    quantities: Mapping[str, Quantity]
    parameters: Mapping[str, Unit]
    default_outputs: tuple[str, ...]
    base_year: int | None = None

    @classmethod
    def from_functions(
        cls,
        functions: Iterable[Callable[..., float]],
        *,
        name: str = "own",
        default_outputs: Iterable[str] | None = None,
        base_year: int | None = None,
    ) -> Model:
        """Return the model made of some functions.

        Parameters
        ----------
        functions
            Plain Python functions over floats. A function's name is the quantity; its argument names say what it
            depends on: another quantity, `t`, `year`, `dt`, `previous_q`, `next_q`, or else a parameter. A function
            `initial_q` gives q in the base year; an argument with a default is a constant.
        default_outputs
            Quantities kept when nothing else is asked for; None: all.

        Raises
        ------
        InputError
            If names clash, units do not fit, or the quantities go round in a circle.

        Examples
        --------
        >>> def demand(users, tokens_per_user):
        ...     return users * tokens_per_user
        >>> sorted(Model.from_functions([demand]).parameters)
        ['tokens_per_user', 'users']
        """
        if not isinstance(functions, Iterable):
            raise InputError(f"model: {type(functions).__name__} given; pass a list of functions, such as [demand]")
        if base_year is not None and (isinstance(base_year, bool) or not isinstance(base_year, int)):
            raise InputError(f"base_year: {base_year!r}: must be a whole number, such as 2025")
        quantities = read_quantities(functions)
        parameters = _parameters(quantities)
        named = (default_outputs,) if isinstance(default_outputs, str) else tuple(default_outputs or quantities)
        model = cls(name, quantities, parameters, named, base_year)
        model.plan(model.default_outputs)
        _order(quantities, quantities)
        return model

    def plan(self, outputs: Iterable[str] | None = None) -> Plan:
        """Return what the outputs need, in the order of evaluation.

        Raises
        ------
        InputError
            If an output is no quantity.
        """
        wanted = tuple(dict.fromkeys(outputs if outputs is not None else self.default_outputs))
        for output in wanted:
            look_up(output, dict(self.quantities), "outputs")
        order = _order(self.quantities, wanted)
        late = _second_sweep(self.quantities, order)
        used = {argument for name in order for argument in self.quantities[name].all_arguments()}
        return Plan(
            outputs=wanted,
            first_sweep=tuple(name for name in order if name not in late),
            second_sweep=tuple(name for name in order if name in late),
            parameters=tuple(sorted(used & set(self.parameters))),
        )

    def explain_missing(self, name: str, priors: Iterable[str]) -> str:
        """Return who needs an argument that is neither a quantity nor a parameter with a prior, and the remedy."""
        user = next(q.name for q in self.quantities.values() if name in q.all_arguments())
        codes = {q.name: q.function.__code__ for q in self.quantities.values()}
        callers = [caller for caller, code in codes.items() if user in code.co_names + code.co_freevars]
        if callers:
            return f"{user} needs it; {callers[0]} calls {user}: if that is a helper, no quantity, name it _{user}"
        return f"{user} needs it; {nearest(name, {*priors, *self.quantities, *TIME} - {user})}"

    def timed(self, plan: Plan, yearly: Iterable[str] = ()) -> set[str]:
        """Return the quantities of a plan that change from year to year, given the parameters that do."""
        moving = {"t", "year", *yearly}
        for name in (*plan.first_sweep, *plan.second_sweep):
            quantity = self.quantities[name]
            if quantity.initial or quantity.all_arguments() & moving or any(map(is_shifted, quantity.arguments)):
                moving.add(name)
        return moving & set(self.quantities)


def _parameters(quantities: Mapping[str, Quantity]) -> dict[str, Unit]:
    """Return the unit of every parameter; every place that names one must agree."""
    found: dict[str, tuple[Unit, str]] = {}
    for quantity in quantities.values():
        for one in filter(None, (quantity, quantity.initial)):
            for name, unit in one.arguments.items():
                if name in TIME:
                    continue
                source = quantities.get(name.removeprefix(PREVIOUS).removeprefix(NEXT) if is_shifted(name) else name)
                known, place = (source.unit, source.name) if source else found.setdefault(name, (unit, one.name))
                if known != unit:
                    raise InputError(
                        f"quantity {one.name}: {name}: unit {unit.text!r}, but {place} has {known.text!r}; "
                        "annotate both alike, with a unit of mcdemand.units"
                    )
    return {name: unit for name, (unit, _) in sorted(found.items())}


def _order(quantities: Mapping[str, Quantity], wanted: Iterable[str]) -> list[str]:
    """Return the wanted quantities and all they need, each after what it reads of the same year."""
    order: list[str] = []
    open_: list[str] = []

    def visit(name: str) -> None:
        if name in order:
            return
        if name in open_:
            raise InputError(f"quantities go round in a circle: {' -> '.join([*open_[open_.index(name) :], name])}")
        open_.append(name)
        for argument in sorted(quantities[name].all_arguments()):
            if argument in quantities:
                visit(argument)
        open_.pop()
        order.append(name)

    pending = list(wanted)
    while pending:
        visit(pending.pop(0))
        shifted = {
            a.removeprefix(PREVIOUS).removeprefix(NEXT) for n in order for a in quantities[n].arguments if is_shifted(a)
        }
        pending += [name for name in sorted(shifted) if name not in order and name not in pending]
    return order


def _second_sweep(quantities: Mapping[str, Quantity], order: Iterable[str]) -> set[str]:
    """Return the quantities that need the following year, directly or through another."""
    late: set[str] = set()
    for name in order:
        arguments = quantities[name].all_arguments()
        if any(argument.startswith(NEXT) for argument in arguments) or arguments & late:
            late.add(name)
    for name in order:
        for argument in filter(is_shifted, quantities[name].arguments):
            target = argument.removeprefix(PREVIOUS).removeprefix(NEXT)
            if target in late or (argument.startswith(PREVIOUS) and name in late):
                raise InputError(f"quantity {name}: {argument}: a year before and a year after cannot be chained")
    return late


@cache
def installed_models() -> dict[str, Model]:
    """Return the models that a prior set can name."""
    from mcdemand import drivers

    functions = [function for module in members(drivers) for function in public_functions(module)]
    model = Model.from_functions(
        functions, name="ai_compute", default_outputs=drivers.DEFAULT_OUTPUTS, base_year=drivers.BASE_YEAR
    )
    return {model.name: model}


def public_functions(module: ModuleType) -> list[Any]:
    """Return the functions that a module defines under public names."""
    return [
        value
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
    ]


def load_model(model: Model | str | None) -> Model:
    """Return a model, given itself or the name of an installed one.

    Raises
    ------
    InputError
        If none is named, or none is installed by that name.
    """
    if isinstance(model, Model):
        return model
    if model is None:
        raise InputError("model: none given; pass model=, or name an installed one in the prior set")
    if not isinstance(model, str):
        raise InputError("model: must be a Model or a name; pass mc.Model.from_functions([demand, ...])")
    return look_up(model, installed_models(), "model")
