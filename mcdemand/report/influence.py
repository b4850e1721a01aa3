"""The influence diagram of a model: a box for each quantity with its parameters, arrows to what reads it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from mcdemand.model import Model
from mcdemand.report.canvas import save_figure
from mcdemand.report.influence_sheet import (
    BOX_GAP,
    DOTS_PER_INCH,
    LINE_INCHES,
    NAME_POINTS,
    PADDING,
    PARAMETER_POINTS,
    Box,
    Sheet,
    legend_marks,
    text_width,
)
from mcdemand.report.layered_graph import Edge, lay_out
from mcdemand.report.text import literal
from mcdemand.report.wiring import links

TITLE_CHARACTERS = 120
MOST_PIXELS = 2**15
# Light fills and a dark line of the same hue, as far apart as a dozen of them can be.
COLORS = (
    ("#dbe9f6", "#1f5f99"),
    ("#fde5cc", "#c25700"),
    ("#d9efd9", "#23792b"),
    ("#f9d9d9", "#b3201f"),
    ("#e8def3", "#6b3fa0"),
    ("#eadfd8", "#7a4a36"),
    ("#fbdcee", "#c0358a"),
    ("#e6e6e6", "#555555"),
    ("#f1f0c2", "#858000"),
    ("#d3f0f3", "#0f8694"),
    ("#e3e7c9", "#586b15"),
    ("#d9dcf7", "#3a45b0"),
)


def draw_influence_diagram(
    model: Model, path: str | Path, *, outputs: Iterable[str] | None = None, overwrite: bool = True
) -> Path:
    """Write the influence diagram of a model, or of what some outputs need of it.

    Raises
    ------
    InputError
        If the file's ending is not .png, .svg or .pdf, or an output is unknown.
    FileError
        If it exists and may not be overwritten, or cannot be written.
    """
    figure = influence_diagram(model, outputs=outputs)
    dots = min(DOTS_PER_INCH, MOST_PIXELS / max(figure.get_size_inches()))
    return save_figure(figure, path, overwrite=overwrite, dots_per_inch=dots)


def influence_diagram(model: Model, *, outputs: Iterable[str] | None = None) -> Figure:
    """Return the influence diagram as a figure, as large as it needs to be.

    Parameters
    ----------
    outputs
        Only what these need; None: all quantities of the model.

    Raises
    ------
    InputError
        If an output is no quantity of the model.

    Notes
    -----
    Howard and Matheson (1984), "Influence diagrams". Quantities are boxes in the colour of their driver, with the
    parameters that they read beneath their names; an arrow has the colour of what it carries.
    """
    outputs = None if outputs is None else tuple(outputs)
    plan = model.plan(model.quantities if outputs is None else outputs)
    names = [*plan.first_sweep, *plan.second_sweep]
    boxes = _boxes(model, names)
    edges = _edges(model, names)
    ordered = {name: place for place, name in enumerate(names)}
    forward = [edge for edge in edges if ordered[edge.source] < ordered[edge.target]]
    layout = lay_out({name: boxes[name].height for name in names}, forward, gap=BOX_GAP)
    sheet = Sheet(
        model, boxes, layout, _title(model, outputs), legend_marks(model, boxes, {edge.kind for edge in edges})
    )
    sheet.draw([edge for edge in edges if edge not in forward])
    return sheet.figure


def _title(model: Model, outputs: Sequence[str] | None) -> str:
    part = f": what {' and '.join(outputs)} need{'s' if len(outputs) == 1 else ''}" if outputs else ""
    return textwrap.shorten(f"Influence diagram of {literal(model.name)}{part}", TITLE_CHARACTERS, placeholder=" ...")


def _edges(model: Model, names: Sequence[str]) -> list[Edge]:
    """Return the arrows between quantities, each pair and kind once."""
    found: dict[Edge, None] = {}
    for name in names:
        for link in links(model, model.quantities[name]):
            if link.kind in ("quantity", "previous", "next"):
                kind = "shifted" if link.kind != "quantity" else "first" if link.base_year else "quantity"
                found[Edge(link.name, name, kind)] = None
    return list(found)


def _boxes(model: Model, names: Sequence[str]) -> dict[str, Box]:
    drivers = list(dict.fromkeys(quantity.driver for quantity in model.quantities.values()))
    boxes = {}
    for name in names:
        quantity = model.quantities[name]
        unit = literal(quantity.unit.text)
        title = name if unit == "1" else f"{name} [{unit}]"
        lines = tuple(link.name for link in links(model, quantity) if link.kind == "parameter")
        widths = [text_width(title, NAME_POINTS, "bold"), *(text_width(line, PARAMETER_POINTS) for line in lines)]
        height = LINE_INCHES[NAME_POINTS] + len(lines) * LINE_INCHES[PARAMETER_POINTS] + 2 * PADDING
        colors = COLORS[drivers.index(quantity.driver) % len(COLORS)]
        boxes[name] = Box(name, title, lines, max(widths) + 2 * PADDING, height, *colors)
    return boxes
