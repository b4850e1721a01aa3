"""Panels of a sensitivity figure, placed by the inch: names beside them, a title and a line of words above."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mcdemand.report import axes
from mcdemand.report.canvas import new_figure
from mcdemand.report.sensitivity_text import dependence_line, provenance, title_line
from mcdemand.report.text import literal

GAP_INCHES, SIDE_INCHES = 0.3, 0.25
TOP_INCHES, TITLE_INCHES, AXIS_INCHES, BOTTOM_INCHES = 0.95, 0.75, 0.75, 0.42
TITLE_LETTER, PANEL_LETTER, SMALL_LETTER = 0.125, 0.095, 0.078
SUBTITLE_LETTER, PANEL_SMALL_LETTER, LINE_INCHES = 0.087, 0.081, 0.23
LONGEST_TITLE, LONGEST_PANEL_TITLE = 120, 70


class Panel(NamedTuple):
    """A part of a figure; lengths are in inches.

    Attributes
    ----------
    draw
        Draws on the panel's axes.
    width, height
        Of the axes.
    names
        Width of the names left of them.
    title, subtitle
        Lines above.
    below
        Height of what stands below the axis and its label, such as a legend.
    """

    draw: Callable[[Axes], None]
    width: float
    height: float
    names: float
    title: str
    subtitle: str
    below: float = 0.0


def compose(
    rows: Sequence[Sequence[Panel]], attributes: Mapping[Any, Any], title: str = "", words: Sequence[str] = ()
) -> Figure:
    """Return a figure of rows of panels, below what was done and above where it comes from.

    Parameters
    ----------
    attributes
        Those of the analysis.
    title
        Empty: the method's.
    words
        Lines below the title, such as what the numbers mean.
    """
    title = textwrap.shorten(title or title_line(attributes), LONGEST_TITLE, placeholder=" …")
    source = literal(attributes.get("source", ""))
    closing = provenance(attributes) + (f" {source}." if source else "")
    widths = [sum(_reach(panel) + GAP_INCHES for panel in row) for row in rows]
    width = max(*widths, TITLE_LETTER * len(title), SMALL_LETTER * len(closing)) + SIDE_INCHES
    room = int((width - SIDE_INCHES) / SUBTITLE_LETTER)
    said = [line for text in (*words, dependence_line(attributes)) for line in textwrap.wrap(text, room)]
    heights = [TITLE_INCHES + max(panel.height + panel.below for panel in row) + AXIS_INCHES for row in rows]
    top = TOP_INCHES + LINE_INCHES * (len(said) - 1)
    figure = new_figure((width, top + sum(heights) + BOTTOM_INCHES))
    for row, height in zip(rows, heights, strict=True):
        _place(figure, row, top + TITLE_INCHES)
        top += height
    _write(figure, 0.15, 0.5, title, size=17)
    for k, line in enumerate(said):
        _write(figure, 0.15, 0.79 + LINE_INCHES * k, line, size=11.5, color=axes.LINE_COLOR)
    _write(figure, 0.15, figure.get_figheight() - 0.14, closing, size=10, color=axes.LINE_COLOR)
    return figure


def _reach(panel: Panel) -> float:
    """Return how wide a panel is with its names and the lines above it."""
    title = PANEL_LETTER * min(len(panel.title), LONGEST_PANEL_TITLE)
    return max(panel.names + panel.width, 0.1 + title, 0.1 + PANEL_SMALL_LETTER * len(panel.subtitle))


def _place(figure: Figure, row: Sequence[Panel], top: float) -> None:
    """Put panels side by side, so many inches below the top."""
    width, height = figure.get_size_inches()
    left = SIDE_INCHES / 2
    for panel in row:
        left += panel.names
        below = 1 - (top + panel.height) / height
        panel.draw(figure.add_axes((left / width, below, panel.width / width, panel.height / height)))
        start = left - panel.names + 0.1
        title = textwrap.shorten(panel.title, LONGEST_PANEL_TITLE, placeholder=" …")
        _write(figure, start, top - (0.36 if panel.subtitle else 0.15), title, size=13)
        _write(figure, start, top - 0.13, panel.subtitle, size=10.5, color=axes.LINE_COLOR)
        left += _reach(panel) - panel.names + GAP_INCHES


def _write(figure: Figure, left: float, down: float, text: str, *, size: float, color: str = "black") -> None:
    """Write a line of text so many inches from the left and below the top."""
    width, height = figure.get_size_inches()
    figure.text(left / width, 1 - down / height, text, fontsize=size, color=color, parse_math=False)
