"""What is said of one draw before its tree: which it is, where it lies, and which parameters make it unusual."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence

import xarray as xr

from mcdemand.draw_choice import Place, find_variable
from mcdemand.replay import LEVELS, set_of_draw
from mcdemand.report.numbers import level_text, number_text, unit_text
from mcdemand.report.text import literal
from mcdemand.run import Run

WIDTH = 80
FURTHEST = 6
LEGEND = "p93: 93 % of the parameter's own prior lies at or below its value, whatever it is correlated with."


def heading_lines(draw: xr.DataTree, run: Run, place: Place, roots: Sequence[str]) -> Iterator[str]:
    """Yield which draw it is, where it lies, and which parameters make it what it is."""
    priors = set_of_draw(run, draw["prior"].to_dataset())
    yield from _wrapped(f"{run.priors.name}: {run.priors.title}".removesuffix(": "))
    size = f"{run.chains} chain{'' if run.chains == 1 else 's'} of {run.draws_per_chain:,} draws"
    of_set = f", a draw of {priors.name}" if priors is not run.priors else ""
    words = f"Chain {place.chain}, draw {place.draw} (of {size}, seed {run.seed}, design {run.design}){of_set}"
    if place.output is not None:
        unit = _unit(draw, place.output)
        year = "" if place.year is None else f" in {place.year}"
        nearest = f", the nearest to {place.near}" if place.near else ""
        words += f"{nearest}: {place.output}{year} is {number_text(place.value)}{unit}; "
        words += f"{100 * place.below:.3g} % of the draws lie below."
    yield from _wrapped(words)
    furthest = _furthest(draw, run, place, roots)
    if furthest:
        yield from _wrapped(f"Furthest from their medians: {', '.join(furthest)}.")
        yield from _wrapped(LEGEND)


def _furthest(draw: xr.DataTree, run: Run, place: Place, roots: Sequence[str]) -> list[str]:
    """Return the parameters of some outputs whose values are the most unusual, the most unusual first."""
    names = {*run.model.plan([root for root in roots if root in run.model.quantities]).parameters}
    levels = {}
    for name in sorted({*names, *roots} & set(map(str, draw[LEVELS].data_vars))):
        found = draw[LEVELS][name]
        if "year" in found.dims:
            found = found.sel(year=place.year or run.base_year + run.horizon - 1)
        levels[name] = float(found)
    known = [name for name, level in levels.items() if not math.isnan(level)]
    ordered = sorted(known, key=lambda name: -abs(levels[name] - 0.5))
    return [f"{name} {level_text(levels[name])}" for name in ordered[:FURTHEST]]


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(literal(text), WIDTH, break_on_hyphens=False)


def _unit(draw: xr.DataTree, output: str) -> str:
    found = find_variable(draw, output)
    return "" if found is None else unit_text(found)
