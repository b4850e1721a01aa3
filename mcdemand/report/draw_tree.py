"""One draw told as a tree along the graph: every quantity by year, every parameter with its place in its prior."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import xarray as xr
from rich.console import Console
from rich.text import Text

from mcdemand.draw_choice import GROUPS, Place
from mcdemand.errors import InputError
from mcdemand.prior import Prior
from mcdemand.prior_set import PriorSet
from mcdemand.replay import LEVELS, set_of_draw
from mcdemand.report.draw_heading import WIDTH, heading_lines
from mcdemand.report.numbers import cell_text, constant_text, level_text, number_text, unit_text
from mcdemand.report.text import literal
from mcdemand.report.wiring import Link, formula_of, links
from mcdemand.row_builder import prior_quantiles
from mcdemand.run import Run

MOST_COLUMNS = 6
WIDEST_COMPACT = 42
YEAR_LABEL = len("2024-29 ")
GUIDES = ("├ ", "└ ", "│ ", "  ")
PLAIN_GUIDES = ("+ ", "` ", "| ", "  ")


@dataclass
class _Tree:
    """What the lines are made from, and what has been printed.

    Attributes
    ----------
    quantities, parameters, levels
        Groups of what `replay` returns.
    years
        Years shown, rows of `columns` years each, every number `number_width` wide.
    compact
        Whether the years' values stand on a quantity's own line, without its formula and long name.
    """

    quantities: xr.Dataset
    parameters: xr.Dataset
    levels: xr.Dataset
    run: Run
    priors: PriorSet
    years: list[int]
    guides: tuple[str, str, str, str]
    columns: int = MOST_COLUMNS
    number_width: int = 1
    compact: bool = False
    seen: set[str] = field(default_factory=set)


def print_draw(
    console: Console,
    draw: xr.DataTree,
    run: Run,
    place: Place,
    *,
    roots: Sequence[str] = (),
    years: Iterable[int] | None = None,
) -> None:
    """Print one draw: which it is, then what it went through from some outputs down to the parameters.

    Parameters
    ----------
    draw, run, place
        From `replay`, `rebuild_run` and `choose_draw`.
    roots
        Outputs to begin with; none: those that the result keeps.
    years
        Years to show; None: all from the model's first on.

    Raises
    ------
    InputError
        If the draw has no such year.
    """
    roots = list(roots or run.plan.outputs or run.kept_parameters)
    guides = PLAIN_GUIDES if console.options.ascii_only else GUIDES
    quantities, parameters, levels = (draw[name].to_dataset() for name in (*GROUPS, LEVELS))
    tree = _Tree(
        quantities, parameters, levels, run, set_of_draw(run, parameters), years=_years(run, years), guides=guides
    )
    _lay_out(tree, roots)
    for line in heading_lines(draw, run, place, roots):
        console.print(Text(line))
    console.print()
    if tree.compact:
        console.print(Text(_right("", tree.years, tree), style="bold"))
    for root in roots:
        for text in _node(tree, Link(root, "quantity" if root in run.model.quantities else "parameter"), "", ""):
            console.print(text)


def _years(run: Run, asked: Iterable[int] | None) -> list[int]:
    every = list(range(run.base_year, run.base_year + run.horizon)) if run.years else []
    for year in asked or ():
        if year not in every:
            raise InputError(f"years: {year}: this draw has {f'{every[0]} to {every[-1]}' if every else 'no years'}")
    return every if asked is None else sorted(set(asked))


def _lay_out(tree: _Tree, roots: Sequence[str]) -> None:
    """Choose columns so that the deepest quantity's numbers fit beside its guides."""
    names = _reached(tree, roots)
    shown = [found[name] for found in (tree.quantities, tree.parameters) for name in sorted(names & {*found.data_vars})]
    numbers = [
        cell_text(x) for found in shown if "year" in found.dims for x in found.sel(year=tree.years).values.ravel()
    ]
    tree.number_width = max(map(len, [*numbers, "2024"]))
    tree.compact = len(tree.years) * (tree.number_width + 1) <= WIDEST_COMPACT and bool(numbers)
    room = WIDTH - 2 * (_depth(tree, roots) + 1) - YEAR_LABEL
    most = max(1, min(MOST_COLUMNS, room // (tree.number_width + 1)))
    rows = -(-len(tree.years) // most) or 1
    tree.columns = max(1, -(-len(tree.years) // rows))


def _depth(tree: _Tree, roots: Sequence[str]) -> int:
    """Return how deep the tree goes, printed as it will be."""
    seen: set[str] = set()

    def deepest(name: str) -> int:
        if name in seen or name not in tree.run.model.quantities:
            return 0
        seen.add(name)
        return 1 + max((deepest(link.name) for link in _children(tree, name)), default=0)

    return max(map(deepest, roots), default=0)


def _reached(tree: _Tree, roots: Sequence[str]) -> set[str]:
    """Return the quantities and parameters that are printed."""
    found, waiting = set(roots), list(roots)
    while waiting:
        name = waiting.pop()
        below = _children(tree, name) if name in tree.run.model.quantities else []
        new = {link.name for link in below if link.kind != "constant"} - found
        found |= new
        waiting.extend(new)
    return found


def _children(tree: _Tree, name: str) -> list[Link]:
    """Return what is printed below a quantity; another year's values come last, as they refer to what is above."""
    found = [link for link in links(tree.run.model, tree.run.model.quantities[name]) if link.kind != "time"]
    return sorted(found, key=lambda link: (link.kind == "constant", link.kind in ("previous", "next"), link.base_year))


def _node(tree: _Tree, link: Link, head: str, body: str, reader: str = "") -> Iterator[Text]:
    """Yield the lines of one node and of all below it."""
    if link.kind == "parameter":
        yield from _parameter(tree, link, head, body)
    elif link.kind == "constant":
        value = tree.run.model.quantities[reader].constants[link.name]
        yield _line(head, link.name, f" = {constant_text(value)}, constant of the model")
    elif link.name in tree.seen:
        yield _line(head, link.name, f"{_when(tree, link)} (see above)")
    else:
        yield from _quantity(tree, link, head, body)


def _quantity(tree: _Tree, link: Link, head: str, body: str) -> Iterator[Text]:
    tree.seen.add(link.name)
    quantity = tree.run.model.quantities[link.name]
    children = _children(tree, link.name)
    found = tree.quantities[link.name]
    below = body + (tree.guides[2] if children else tree.guides[3])
    unit = "" if quantity.unit.text == "1" else f" [{literal(quantity.unit.text)}]"
    timed = "year" in found.dims
    said = (
        f"{unit}{_when(tree, link)}"
        if timed
        else f" = {number_text(float(found))}{unit_text(found)}{_when(tree, link)}"
    )
    if tree.compact:
        yield from _compact_lines(tree, found, head, below, link.name + said, timed=timed)
    else:
        yield from _flow(head, below, link.name, f"{said}: {literal(quantity.long_name)}")
        formula = formula_of(quantity)
        if formula:
            yield from _flow(below, below + "  ", "", f"= {formula}")
        if timed:
            yield from (Text(row) for row in _rows(tree, below, [cell_text(x) for x in _shown(tree, found)]))
    for k, child in enumerate(children):
        last = k == len(children) - 1
        yield from _node(tree, child, body + tree.guides[int(last)], body + tree.guides[2 + int(last)], link.name)


def _compact_lines(
    tree: _Tree, found: xr.DataArray, head: str, below: str, said: str, *, timed: bool
) -> Iterator[Text]:
    if not timed:
        yield Text(head + said)
        return
    values = [cell_text(x) for x in _shown(tree, found)]
    line = _right(head + said, values, tree)
    if len(line) > WIDTH:
        yield Text(head + said)
        line = _right(below, values, tree)
    yield Text(line)


def _parameter(tree: _Tree, link: Link, head: str, body: str) -> Iterator[Text]:
    prior, found = tree.priors.parameters[link.name], tree.parameters[link.name]
    if "year" in found.dims:
        yield from _yearly_parameter(tree, link, head, body + tree.guides[3])
        return
    value = float(found)
    level = float(tree.levels[link.name])
    said = f" = {value_text(prior, value)}{unit_text(found)}{_place_in_prior(prior, value, level)}{_when(tree, link)}"
    yield from _flow(head, body + tree.guides[3], link.name, said)


def _yearly_parameter(tree: _Tree, link: Link, head: str, below: str) -> Iterator[Text]:
    """Yield values by year and their levels, which stand beneath them."""
    if link.name in tree.seen:
        yield _line(head, link.name, f"{_when(tree, link)} (see above)")
        return
    tree.seen.add(link.name)
    prior, found = tree.priors.parameters[link.name], tree.parameters[link.name]
    yield from _flow(head, below, link.name, f"{unit_text(found)}, another number every year{_when(tree, link)}")
    values = [value_text(prior, x) for x in _shown(tree, found)]
    levels = ["" if math.isnan(x) else level_text(x) for x in _shown(tree, tree.levels[link.name])]
    for row, under in zip(_rows(tree, below, values), _rows(tree, below, levels, labels=False), strict=True):
        yield Text(row)
        if under.strip("".join(tree.guides)):
            yield Text(under)


def value_text(prior: Prior, value: float) -> str:
    """Return a parameter's value as it is said; a category by its name."""
    names = prior.values.get("categories")
    return literal(names[int(value)]) if names else number_text(value, prior.unit)


def _place_in_prior(prior: Prior, value: float, level: float) -> str:
    if prior.is_constant:
        return ", constant"
    if "categories" in prior.values:
        return f", weight {prior.values['weights'][int(value)]:.3g}"
    if math.isnan(level):
        return ""
    median = float(prior_quantiles(prior, [0.5])[0])
    return f", {level_text(level)} (median {number_text(median, prior.unit)})"


def _when(tree: _Tree, link: Link) -> str:
    """Return which year's value is read, where it is not the same year's."""
    if link.base_year:
        return f", in {tree.run.base_year} only" if tree.run.years else ", at first"
    return {"previous": ", of the year before", "next": ", of the year after"}.get(link.kind, "")


def _shown(tree: _Tree, found: xr.DataArray) -> list[float]:
    return [float(x) for x in found.sel(year=tree.years).values]


def _rows(tree: _Tree, below: str, cells: Sequence[str], *, labels: bool = True) -> Iterator[str]:
    """Yield rows of numbers, each begun by its years, in the same columns for every quantity."""
    if tree.compact:
        yield _right(below, cells, tree)
        return
    for start in range(0, len(cells), tree.columns):
        years = tree.years[start : start + tree.columns]
        label = _years_label(years) if labels else ""
        numbers = "".join(f"{cell:>{tree.number_width + 1}}" for cell in cells[start : start + tree.columns])
        free = WIDTH - tree.columns * (tree.number_width + 1) - YEAR_LABEL
        yield f"{below:<{free}}{label:<{YEAR_LABEL}}{numbers}"


def _years_label(years: Sequence[int]) -> str:
    return str(years[0]) if len(years) == 1 else f"{years[0]}–{years[-1] % 100:02d}"


def _right(left: str, cells: Sequence[Any], tree: _Tree) -> str:
    """Return a line whose cells end at the right edge."""
    numbers = "".join(f"{cell!s:>{tree.number_width + 1}}" for cell in cells)
    return f"{left:<{WIDTH - len(numbers)}}{numbers}"


def _flow(head: str, below: str, name: str, said: str) -> Iterator[Text]:
    """Yield text that flows on under the guides; a name in bold."""
    lines = textwrap.wrap(name + said, WIDTH, initial_indent=head, subsequent_indent=below, break_on_hyphens=False)
    yield _line(head, name, lines[0][len(head) + len(name) :])
    yield from map(Text, lines[1:])


def _line(head: str, name: str, said: str) -> Text:
    return Text.assemble(head, (name, "bold"), said)
