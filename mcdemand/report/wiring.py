"""How a quantity hangs together with the others, told for people: its formula, and what each argument is."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from mcdemand.model import Model
from mcdemand.quantity import NEXT, PREVIOUS, TIME, Quantity
from mcdemand.report.text import literal

Kind = Literal["quantity", "previous", "next", "parameter", "constant", "time"]

LONGEST_FORMULA = 240


@dataclass(frozen=True)
class Link:
    """What one argument of a quantity is.

    Attributes
    ----------
    name
        The quantity, parameter or constant that is meant; "capacity" for `previous_capacity`.
    kind
        "previous" and "next" are another year's value of a quantity.
    base_year
        Whether only the quantity's initial function reads it.
    """

    name: str
    kind: Kind
    base_year: bool = False


def links(model: Model, quantity: Quantity) -> list[Link]:
    """Return what a quantity reads, in the order of its arguments, what only the base year reads last.

    Examples
    --------
    >>> from mcdemand.model import load_model
    >>> model = load_model("ai_compute")
    >>> [(link.name, link.kind) for link in links(model, model.quantities["energy_supply"])][:2]
    [('capacity', 'previous'), ('capacity', 'quantity')]
    """
    found = {(link.name, link.kind): link for link in _links(model, quantity)}
    if quantity.initial:
        for link in _links(model, quantity.initial):
            found.setdefault((link.name, link.kind), Link(link.name, link.kind, base_year=True))
    return list(found.values())


def _links(model: Model, quantity: Quantity) -> Iterator[Link]:
    for argument in quantity.arguments:
        if argument in model.quantities:
            yield Link(argument, "quantity")
        elif argument.startswith(PREVIOUS):
            yield Link(argument.removeprefix(PREVIOUS), "previous")
        elif argument.startswith(NEXT):
            yield Link(argument.removeprefix(NEXT), "next")
        else:
            yield Link(argument, "time" if argument in TIME else "parameter")
    yield from (Link(constant, "constant") for constant in quantity.constants)


def formula_of(quantity: Quantity) -> str:
    """Return the formula that the second paragraph of a quantity's docstring states; empty if it states none.

    Examples
    --------
    >>> from mcdemand.model import load_model
    >>> formula_of(load_model("ai_compute").quantities["energy_served"])
    'min(energy, energy_supply)'
    """
    paragraphs = (inspect.getdoc(quantity.function) or "").split("\n\n")
    if len(paragraphs) == 1 or not paragraphs[1].startswith("`"):
        return ""
    return textwrap.shorten(literal(paragraphs[1].replace("`", "")), LONGEST_FORMULA, placeholder=" ...").rstrip(".")
