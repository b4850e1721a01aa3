"""Prior sets for people: the shipped ones, and every parameter of one."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mcdemand.digits import format_value
from mcdemand.law_statement import quantile_level
from mcdemand.paths import priors_folder, shipped_names
from mcdemand.prior import Prior
from mcdemand.prior_set import PriorSet
from mcdemand.report.text import BLOCKS, literal
from mcdemand.row_builder import prior_quantiles

SHOWN_PROBABILITIES = (0.05, 0.5, 0.95)
GRID_POINTS = 256
HISTOGRAM_BINS, HISTOGRAM_TAIL = 28, 0.005
LOG_RANGE = 30.0
STATED_TOLERANCE = 1e-6
INDENT = 2
MOST_SHOWN = 32
"""Items of a list that are printed; samples may be many thousands."""


def print_sets(console: Console) -> None:
    """Print the shipped prior sets."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for header in ("name", "rows", "extends", "title"):
        table.add_column(header, justify="right" if header == "rows" else "left")
    for name in shipped_names():
        document = tomllib.loads((priors_folder() / f"{name}.toml").read_text(encoding="utf-8"))
        header = document["prior_set"]
        cells = (name, str(len(document.get("parameters", {}))), header.get("extends", "-"), header.get("title", ""))
        table.add_row(*(Text(literal(cell)) for cell in cells))
    console.print(table)


def print_priors(console: Console, priors: PriorSet) -> None:
    """Print every parameter of a prior set in the order of the file, then the correlations."""
    console.print(Text(literal(f"{priors.name}: {priors.title}")))
    if priors.description:
        console.print(Text(literal(priors.description)))
    for name in priors.document["parameters"]:
        prior = priors.parameters[name]
        console.print()
        console.print(Text(f"{name} [{literal(prior.unit)}]", style="bold"))
        for line in describe(prior):
            console.print(Padding(Text(line), (0, 0, 0, INDENT)))
    console.print()
    _print_correlations(console, priors)


def describe(prior: Prior) -> Iterator[str]:
    """Yield what there is to say of a parameter, line by line."""
    if not prior.is_constant:
        yield f"{histogram(prior)}   {_resulting(prior)}".rstrip()
    yield law_words(prior)
    yield from _moved(prior)
    for label, text in (("source", prior.source), ("note", prior.note)):
        if text:
            yield f"{label}: {literal(text)}"


def histogram(prior: Prior) -> str:
    """Return the density of a prior in blocks from its 0.5 % to its 99.5 % quantile, or the weights of its categories.

    The scale is logarithmic if that spans more than a factor of 30 and the median lies in the lower quarter. Empty
    where both ends are one number, or one is infinite.
    """
    if "categories" in prior.values:
        return _bars(np.asarray(prior.values["weights"], dtype=np.float64))
    levels = np.linspace(HISTOGRAM_TAIL, 1 - HISTOGRAM_TAIL, GRID_POINTS)
    values = prior_quantiles(prior, levels.tolist())
    low, high = values[0], values[-1]
    if not -np.inf < low < high < np.inf:
        return ""
    values = values / max(abs(low), abs(high))
    low, high = values[0], values[-1]
    is_skewed = bool(0 < LOG_RANGE * low < high and values[GRID_POINTS // 2] < low + (high - low) / 4)
    edges = (np.geomspace if is_skewed else np.linspace)(low, high, HISTOGRAM_BINS + 1)
    return _bars(np.diff(np.interp(edges, values, levels)))


def _bars(heights: np.ndarray[Any, Any]) -> str:
    top = heights.max()
    return "".join(BLOCKS[min(int(len(BLOCKS) * height / top), len(BLOCKS) - 1)] for height in heights)


def _resulting(prior: Prior) -> str:
    if "categories" in prior.values:
        return ""
    values = prior_quantiles(prior, SHOWN_PROBABILITIES)
    return "   ".join(f"p{100 * p:g} {format_value(x, 0.0)}" for p, x in zip(SHOWN_PROBABILITIES, values, strict=True))


def law_words(prior: Prior) -> str:
    """Return a law as it is stated: family, keys, truncation, how it varies."""
    stated = ", ".join(f"{key} = {_value(value)}" for key, value in prior.stated.items())
    law = f"{prior.distribution.name}: {stated}"
    if prior.truncation is not None:
        law += f"; truncated to [{prior.truncation[0]:g}, {prior.truncation[1]:g}]"
    if prior.varies is not None:
        law += f"; varies by year: {prior.varies.words}"
    return literal(law)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        numbers = ", ".join(f"{key} = {_value(one)}" for key, one in value.items() if key != "distribution")
        return f"{value.get('distribution', '')}({numbers})"
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, list | tuple):
        return str(value)
    more = [f"... ({len(value)})"] if len(value) > MOST_SHOWN else []
    return ", ".join([*map(_value, value[:MOST_SHOWN]), *more]).join("[]")


def _moved(prior: Prior) -> Iterator[str]:
    """Yield a line if stated quantiles are not the resulting ones: truncated, or fitted by least squares."""
    levels = {key: level for key in prior.stated if (level := quantile_level(key)) is not None}
    stated = {key: float(prior.stated[key]) for key in levels}
    if not stated:
        return
    resulting = prior_quantiles(prior, list(levels.values())).tolist()
    moved = [
        f"{key} {x:.6g}, not {stated[key]:.6g}"
        for key, x in zip(stated, resulting, strict=True)
        if abs(x - stated[key]) > STATED_TOLERANCE * abs(stated[key])
    ]
    if moved:
        yield f"resulting: {'; '.join(moved)} as stated"


def _print_correlations(console: Console, priors: PriorSet) -> None:
    if not priors.correlations and not priors.dependences:
        console.print("No correlations.")
        return
    for title, lines in (
        ("Correlations", [(f"{' and '.join(one.between)}: {one}", one.source) for one in priors.correlations]),
        ("Groups under a copula", [(str(one), one.source) for one in priors.dependences]),
    ):
        if lines:
            console.print(Text(title, style="bold"))
        for line, source in lines:
            cited = f"; source: {source}" if source else ""
            console.print(Padding(Text(literal(f"{line}{cited}")), (0, 0, 0, INDENT)))
