"""A model told for people: every quantity in the order of evaluation, and what it reads."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping

from rich.console import Console
from rich.text import Text

from mcdemand.model import Model, Plan
from mcdemand.quantity import Quantity
from mcdemand.report.numbers import constant_text
from mcdemand.report.text import literal
from mcdemand.report.wiring import Link, formula_of, links

WIDTH = 80
READS = {
    "quantity": "",
    "parameter": "parameter",
    "previous": "last year's",
    "next": "next year's",
    "first": "in the first year",
    "constant": "constant",
    "time": "time",
}


def print_model(console: Console, model: Model, outputs: Iterable[str] | None = None) -> None:
    """Print the quantities of a model, or those that some outputs need, driver by driver where it has several.

    Raises
    ------
    InputError
        If an output is no quantity of the model.
    """
    plan = model.plan(model.quantities if outputs is None else outputs)
    for line in textwrap.wrap(_heading(model, plan), WIDTH):
        console.print(Text(line))
    groups = _by_driver(model, plan)
    for driver, quantities in groups.items():
        console.print()
        if len(groups) > 1:
            console.print(Text(literal(driver), style="bold"))
        for quantity in quantities:
            for text in _entry(model, quantity, "  " if len(groups) > 1 else ""):
                console.print(text)


def _heading(model: Model, plan: Plan) -> str:
    size = len(plan.first_sweep) + len(plan.second_sweep)
    quantities = f"{size} quantit{'y' if size == 1 else 'ies'}"
    parameters = f"{len(plan.parameters)} parameter{'' if len(plan.parameters) == 1 else 's'}"
    late = "; those that read the year after are evaluated last" if plan.second_sweep else ""
    return f"{literal(model.name)}: {quantities} and {parameters}, in the order of evaluation{late}. *: default output."


def _by_driver(model: Model, plan: Plan) -> Mapping[str, list[Quantity]]:
    groups: dict[str, list[Quantity]] = {}
    for name in (*plan.first_sweep, *plan.second_sweep):
        groups.setdefault(model.quantities[name].driver, []).append(model.quantities[name])
    return groups


def _entry(model: Model, quantity: Quantity, indent: str) -> Iterator[Text]:
    """Yield name, unit and long name, then the formula, then what is read."""
    star = "*" if quantity.name in model.default_outputs else ""
    unit = "" if quantity.unit.text == "1" else f" [{literal(quantity.unit.text)}]"
    said = f"{star}{unit}: {literal(quantity.long_name)}"
    below = f"{indent}  "
    first, *rest = _flow(quantity.name + said, indent, f"{below}  ")
    yield Text.assemble(indent, (quantity.name, "bold"), first[len(indent) + len(quantity.name) :])
    yield from map(Text, rest)
    formula = formula_of(quantity)
    for paragraph in (f"= {formula}" if formula else "", _reads(model, quantity)):
        yield from map(Text, _flow(paragraph, below, f"{below}  ") if paragraph else [])


def _flow(text: str, first: str, other: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=other, break_on_hyphens=False)


def _reads(model: Model, quantity: Quantity) -> str:
    """Return what a quantity reads, kind by kind."""
    found: dict[str, list[str]] = {}
    for link in links(model, quantity):
        found.setdefault("first" if link.base_year else link.kind, []).append(_named(link, quantity))
    parts = [_part(kind, found[kind]) for kind in READS if kind in found]
    return f"reads {'; '.join(parts)}" if parts else ""


def _named(link: Link, quantity: Quantity) -> str:
    if link.kind == "constant" and link.name in quantity.constants:
        return f"{link.name} = {constant_text(quantity.constants[link.name])}"
    return link.name


def _part(kind: str, names: list[str]) -> str:
    word = READS[kind]
    listed = ", ".join(names)
    if kind in ("previous", "next", "first"):
        return f"{word} {listed}"
    plural = "s" if word in ("parameter", "constant") and len(names) > 1 else ""
    return f"{word}{plural} {listed}".lstrip()
