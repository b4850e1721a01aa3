"""The influence diagram of a model: a box for each quantity with its parameters, arrows to what reads it.

Drawn with matplotlib's objects alone, in inches, so that nothing is scaled and text stays at its size.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch, Patch, PathPatch, Polygon
from matplotlib.path import Path as Curve

from mcdemand.files import replace_file
from mcdemand.model import Model
from mcdemand.report.axes import literal_legend
from mcdemand.report.figures import check_suffix
from mcdemand.report.layered_graph import Edge, Item, Layout, Segment, lay_out
from mcdemand.report.text import literal
from mcdemand.report.wiring import driver_of, links

DOTS_PER_INCH, POINTS_PER_INCH = 100, 72
MOST_PIXELS = 2**15
NAME_POINTS, PARAMETER_POINTS, TITLE_POINTS = 10.0, 8.0, 17.0
LINE_INCHES = {NAME_POINTS: 0.185, PARAMETER_POINTS: 0.145}
PADDING, BOX_GAP, COLUMN_GAP, MARGIN = 0.09, 0.17, 1.05, 0.35
PORT_GAP, ARROW_LENGTH, ARROW_WIDTH = 0.11, 0.11, 0.045
LOOP_INCHES = 0.2
HEADER_INCHES, LEGEND_INCHES, NARROWEST_INCHES = 0.75, 0.8, 7.0
DASHES = {"quantity": "solid", "shifted": (0, (4, 2)), "first": (0, (1, 1.6))}
MEANING = {
    "quantity": "read in the same year",
    "shifted": "read a year later or a year ahead",
    "first": "read in the first year only",
}
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


@dataclass(frozen=True)
class _Box:
    """A quantity on paper: its lines of text, its size in inches and its colours."""

    name: str
    title: str
    parameters: tuple[str, ...]
    width: float
    height: float
    fill: str
    line: str


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
    check_suffix(path)
    figure = influence_diagram(model, outputs=outputs)
    dots = min(DOTS_PER_INCH, MOST_PIXELS / max(figure.get_size_inches()))
    with warnings.catch_warnings():
        # A name in a script that the font lacks is drawn as boxes: no reason to alarm anyone.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        return replace_file(path, lambda file: figure.savefig(file, dpi=dots), overwrite=overwrite)


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
    plan = model.plan(model.quantities if outputs is None else outputs)
    names = [*plan.first_sweep, *plan.second_sweep]
    boxes = _boxes(model, names)
    edges = _edges(model, names)
    ordered = {name: place for place, name in enumerate(names)}
    forward = [edge for edge in edges if ordered[edge.source] < ordered[edge.target]]
    layout = lay_out({name: boxes[name].height for name in names}, forward, gap=BOX_GAP)
    sheet = _Sheet(model, boxes, layout)
    sheet.draw(forward, [edge for edge in edges if edge not in forward])
    return sheet.figure


def _edges(model: Model, names: Sequence[str]) -> list[Edge]:
    """Return the arrows between quantities, each pair and kind once."""
    found: dict[Edge, None] = {}
    for name in names:
        for link in links(model, model.quantities[name]):
            if link.kind in ("quantity", "previous", "next"):
                kind = "shifted" if link.kind != "quantity" else "first" if link.base_year else "quantity"
                found[Edge(link.name, name, kind)] = None
    return list(found)


def _boxes(model: Model, names: Sequence[str]) -> dict[str, _Box]:
    drivers = {name: driver_of(model.quantities[name]) for name in names}
    colors = dict(zip(dict.fromkeys(drivers.values()), _repeated(COLORS, len(drivers)), strict=False))
    measure = FigureCanvasAgg(Figure(dpi=POINTS_PER_INCH)).get_renderer()

    def width(text: str, points: float, weight: str) -> float:
        font = FontProperties(size=points, weight=weight)
        return float(measure.get_text_width_height_descent(text, font, False)[0]) / POINTS_PER_INCH

    boxes = {}
    for name in names:
        quantity = model.quantities[name]
        unit = literal(quantity.unit.text)
        title = name if unit == "1" else f"{name} [{unit}]"
        lines = tuple(link.name for link in links(model, quantity) if link.kind == "parameter")
        widths = [width(title, NAME_POINTS, "bold"), *(width(line, PARAMETER_POINTS, "normal") for line in lines)]
        height = LINE_INCHES[NAME_POINTS] + len(lines) * LINE_INCHES[PARAMETER_POINTS] + 2 * PADDING
        boxes[name] = _Box(name, title, lines, max(widths) + 2 * PADDING, height, *colors[drivers[name]])
    return boxes


def _repeated(colors: Sequence[tuple[str, str]], count: int) -> list[tuple[str, str]]:
    return [colors[k % len(colors)] for k in range(count)]


class _Sheet:
    """The paper: places in inches from its upper left corner."""

    def __init__(self, model: Model, boxes: Mapping[str, _Box], layout: Layout) -> None:
        self.model, self.boxes, self.layout = model, boxes, layout
        self.left, self.widths = self._columns()
        tops = [layout.places[name] - box.height / 2 for name, box in boxes.items()]
        bottoms = [layout.places[name] + box.height / 2 for name, box in boxes.items()]
        passing = [place for item, place in layout.places.items() if not isinstance(item, str)]
        self.shift = HEADER_INCHES + MARGIN - min([*tops, *passing])
        height = max([*bottoms, *passing]) + self.shift + MARGIN + LEGEND_INCHES
        width = max(self.left[-1] + self.widths[-1] + MARGIN, NARROWEST_INCHES)
        self.figure = Figure(figsize=(width, height), dpi=DOTS_PER_INCH, facecolor="white")
        FigureCanvasAgg(self.figure)
        self.ax: Axes = self.figure.add_axes((0, 0, 1, 1))
        self.ax.set(xlim=(0, width), ylim=(height, 0))
        self.ax.axis("off")
        self.column = {item: k for k, layer in enumerate(layout.layers) for item in layer}

    def _columns(self) -> tuple[list[float], list[float]]:
        """Return where each layer begins and how wide it is."""
        lefts, widths = [], []
        x = MARGIN
        for layer in self.layout.layers:
            widths.append(max((self.boxes[item].width for item in layer if isinstance(item, str)), default=0.0))
            lefts.append(x)
            x += widths[-1] + COLUMN_GAP
        return lefts, widths

    def draw(self, forward: Sequence[Edge], backward: Sequence[Edge]) -> None:
        """Draw lines first, boxes over them, then what explains both."""
        ports = self._ports()
        for segment in self.layout.segments:
            self._segment(segment, ports[segment])
        for edge in backward:
            self._backward(edge)
        for box in self.boxes.values():
            self._box(box)
        kinds = {edge.kind for edge in (*forward, *backward)}
        self._title()
        self._legend([kind for kind in MEANING if kind in kinds])

    def place(self, item: Item) -> float:
        """Return the height of an item's centre."""
        return self.layout.places[item] + self.shift

    def _ports(self) -> dict[Segment, tuple[float, float]]:
        """Return where each piece begins and ends: arrows into a box, and kinds out of one, side by side."""
        into: dict[Item, list[Segment]] = {}
        out: dict[Item, list[str]] = {}
        for segment in self.layout.segments:
            into.setdefault(segment.end, []).append(segment)
            kinds = out.setdefault(segment.start, [])
            if segment.kind not in kinds:
                kinds.append(segment.kind)
        ports = {}
        for end, segments in into.items():
            segments.sort(key=lambda one: (self.place(one.start), one.kind))
            for k, segment in enumerate(segments):
                gap = min(PORT_GAP, self.boxes[end].height / (len(segments) + 1)) if isinstance(end, str) else 0.0
                kinds = out[segment.start]
                begin = self.place(segment.start)
                if isinstance(segment.start, str):
                    begin += PORT_GAP * (kinds.index(segment.kind) - (len(kinds) - 1) / 2)
                ports[segment] = begin, self.place(end) + gap * (k - (len(segments) - 1) / 2)
        return ports

    def _right(self, item: Item) -> float:
        column = self.column[item]
        return self.left[column] + (self.boxes[item].width if isinstance(item, str) else self.widths[column])

    def _segment(self, segment: Segment, heights: tuple[float, float]) -> None:
        """Draw a piece: level out of the box, across to the next layer, and level through it where it only passes."""
        color, (begin, end) = self.boxes[segment.source].line, heights
        column = self.column[segment.start]
        x, edge = self._right(segment.start), self.left[column] + self.widths[column]
        target = self.left[column + 1]
        arrives = isinstance(segment.end, str)
        tip = target - ARROW_LENGTH if arrives else target
        bend = (tip - edge) / 2
        points = [(x, begin), (edge, begin), (edge + bend, begin), (tip - bend, end), (tip, end)]
        codes = [Curve.MOVETO, Curve.LINETO, Curve.CURVE4, Curve.CURVE4, Curve.CURVE4]
        if arrives:
            self._arrow((target, end), (1.0, 0.0), color)
        else:
            points.append((self._right(segment.end), end))
            codes.append(Curve.LINETO)
        self._curve(points, codes, color, segment.kind)

    def _backward(self, edge: Edge) -> None:
        """Draw an arrow that does not point forward: a loop on one box, or a bow below two."""
        source, target = self.boxes[edge.source], self.boxes[edge.target]
        loop = edge.source == edge.target
        start = self._right(edge.source) - 0.2, self.place(edge.source) + source.height / 2
        end = self.left[self.column[edge.target]] + 0.2, self.place(edge.target) + target.height / 2
        if loop:
            end = start[0] - 3 * LOOP_INCHES, start[1]
        low = max(start[1], end[1]) + (LOOP_INCHES if loop else 2 * LOOP_INCHES)
        tip = end[0], end[1] + ARROW_LENGTH
        points = [start, (start[0], low), (end[0], low), tip]
        self._curve(points, [Curve.MOVETO, *[Curve.CURVE4] * 3], source.line, edge.kind)
        self._arrow(end, (0.0, -1.0), source.line)

    def _curve(self, points: Sequence[tuple[float, float]], codes: Sequence[int], color: str, kind: str) -> None:
        path = Curve([*points], [*codes])
        self.ax.add_patch(
            PathPatch(path, fill=False, edgecolor=color, linewidth=1.1, linestyle=DASHES[kind], capstyle="butt")
        )

    def _arrow(self, tip: tuple[float, float], along: tuple[float, float], color: str) -> None:
        back = tip[0] - ARROW_LENGTH * along[0], tip[1] - ARROW_LENGTH * along[1]
        side = ARROW_WIDTH * along[1], ARROW_WIDTH * along[0]
        corners = [tip, (back[0] + side[0], back[1] + side[1]), (back[0] - side[0], back[1] - side[1])]
        self.ax.add_patch(Polygon(corners, closed=True, facecolor=color, edgecolor="none"))

    def _box(self, box: _Box) -> None:
        x, top = self.left[self.column[box.name]], self.place(box.name) - box.height / 2
        is_output = box.name in self.model.default_outputs
        style = f"round,pad=0,rounding_size={PADDING * 0.7}"
        self.ax.add_patch(
            FancyBboxPatch(
                (x, top),
                box.width,
                box.height,
                boxstyle=style,
                facecolor=box.fill,
                edgecolor=box.line,
                linewidth=2.4 if is_output else 1.0,
            )
        )
        y = top + PADDING
        for text, points, weight in (
            (box.title, NAME_POINTS, "bold"),
            *((line, PARAMETER_POINTS, "normal") for line in box.parameters),
        ):
            place = y + LINE_INCHES[points] / 2
            self.ax.text(x + PADDING, place, text, fontsize=points, weight=weight, va="center", parse_math=False)
            y += LINE_INCHES[points]

    def _title(self) -> None:
        self.ax.text(
            MARGIN,
            MARGIN + 0.1,
            f"Influence diagram of {literal(self.model.name)}",
            fontsize=TITLE_POINTS,
            va="center",
            parse_math=False,
        )

    def _legend(self, kinds: Sequence[str]) -> None:
        """Explain lines, frames and colours below the picture."""
        marks: list[Line2D | Patch] = [
            Line2D([], [], color="#333333", linewidth=1.4, linestyle=DASHES[kind], label=MEANING[kind])
            for kind in kinds
        ]
        marks.append(Patch(facecolor="white", edgecolor="#333333", linewidth=2.4, label="default output"))
        drivers = {driver_of(self.model.quantities[name]): box for name, box in self.boxes.items()}
        if len(drivers) > 1:
            marks += [Patch(facecolor=b.fill, edgecolor=b.line, label=literal(driver)) for driver, b in drivers.items()]
        width = float(self.figure.get_size_inches()[0])
        columns = max(1, min(len(marks), int(width / 1.9)))
        legend = self.figure.legend(
            handles=marks, loc="lower left", ncols=columns, fontsize=10, frameon=False, borderaxespad=0.8
        )
        literal_legend(legend)
