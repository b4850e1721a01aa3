"""The sheet of an influence diagram: boxes, lines and a legend, placed in inches, so that text keeps its size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch, Patch, PathPatch, Polygon
from matplotlib.path import Path as Curve

from mcdemand.model import Model
from mcdemand.report.axes import literal_legend
from mcdemand.report.layered_graph import Edge, Item, Layout, Segment
from mcdemand.report.text import literal

DOTS_PER_INCH = 100
NAME_POINTS, PARAMETER_POINTS, TITLE_POINTS = 10.0, 8.0, 17.0
LINE_INCHES = {NAME_POINTS: 0.185, PARAMETER_POINTS: 0.145}
PADDING, BOX_GAP, COLUMN_GAP, MARGIN = 0.09, 0.17, 0.9, 0.35
PORT_GAP, ARROW_LENGTH, ARROW_WIDTH = 0.11, 0.11, 0.045
LOOP_INCHES, OUTPUT_FRAME, PLAIN_COLOR = 0.2, 2.4, "#333333"
HEADER_INCHES, LEGEND_COLUMN, LEGEND_ROW = 0.85, 2.9, 0.24
DASHES: dict[str, Any] = {"quantity": "solid", "shifted": (0, (4, 2)), "first": (0, (1, 1.6))}
MEANING = {
    "quantity": "value of the same year",
    "shifted": "value of the year before or after",
    "first": "in the first year only",
}
EXPLANATION = "Quantities, and beneath each the parameters that it reads; arrows point to what reads a quantity."


@dataclass(frozen=True)
class Box:
    """A quantity on paper: its lines of text, its size in inches and its colours."""

    name: str
    title: str
    parameters: tuple[str, ...]
    width: float
    height: float
    fill: str
    line: str


def text_width(text: str, points: float, weight: str = "normal") -> float:
    """Return the width of a line of text in inches."""
    font = FontProperties(size=points, weight=weight)
    return float(_renderer().get_text_width_height_descent(text, font, False)[0]) / DOTS_PER_INCH


@cache
def _renderer() -> Any:
    renderer: Any = FigureCanvasAgg(Figure(dpi=DOTS_PER_INCH)).get_renderer()  # type: ignore[no-untyped-call]
    return renderer


def legend_marks(model: Model, boxes: Mapping[str, Box], kinds: set[str]) -> list[Line2D | Patch]:
    """Return what the legend explains: lines, frames and colours, as far as they occur."""
    marks: list[Line2D | Patch] = [
        Line2D([], [], color=PLAIN_COLOR, linewidth=1.4, linestyle=DASHES[kind], label=meaning)
        for kind, meaning in MEANING.items()
        if kind in kinds
    ]
    if boxes.keys() & {*model.default_outputs}:
        marks.append(Patch(facecolor="white", edgecolor=PLAIN_COLOR, linewidth=OUTPUT_FRAME, label="default output"))
    drivers = {model.quantities[name].driver: box for name, box in boxes.items()}
    if len(drivers) > 1:
        marks += [Patch(facecolor=b.fill, edgecolor=b.line, label=literal(driver)) for driver, b in drivers.items()]
    return marks


class Sheet:
    """The paper: places in inches from its upper left corner."""

    def __init__(
        self, model: Model, boxes: Mapping[str, Box], layout: Layout, title: str, marks: list[Line2D | Patch]
    ) -> None:
        self.model, self.boxes, self.layout, self.title, self.marks = model, boxes, layout, title, marks
        self.left, self.widths = self._columns()
        tops = [layout.places[name] - box.height / 2 for name, box in boxes.items()]
        bottoms = [layout.places[name] + box.height / 2 for name, box in boxes.items()]
        passing = [place for item, place in layout.places.items() if not isinstance(item, str)]
        self.shift = HEADER_INCHES + MARGIN - min([*tops, *passing])
        text = max(text_width(title, TITLE_POINTS), text_width(EXPLANATION, NAME_POINTS))
        width = max(self.left[-1] + self.widths[-1], MARGIN + text) + MARGIN
        self.legend_columns = max(1, min(len(marks), int((width - 2 * MARGIN) / LEGEND_COLUMN)))
        legend_rows = -(-len(marks) // self.legend_columns)
        height = max([*bottoms, *passing]) + self.shift + 2 * MARGIN + LOOP_INCHES + legend_rows * LEGEND_ROW
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

    def draw(self, backward: Sequence[Edge]) -> None:
        """Draw lines first, boxes over them, then what explains both."""
        ports = self._ports()
        for segment in self.layout.segments:
            self._segment(segment, ports[segment])
        for edge in backward:
            self._backward(edge)
        for box in self.boxes.values():
            self._box(box)
        self._heading()
        self._legend()

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
            start = self._right(edge.source) - source.width / 4, start[1]
            end = start[0] - min(source.width / 2, 3 * LOOP_INCHES), start[1]
        low = max(start[1], end[1]) + (LOOP_INCHES if loop else 2 * LOOP_INCHES)
        tip = end[0], end[1] + ARROW_LENGTH
        points = [start, (start[0], low), (end[0], low), tip]
        self._curve(points, [Curve.MOVETO, *[Curve.CURVE4] * 3], source.line, edge.kind)
        self._arrow(end, (0.0, -1.0), source.line)

    def _curve(self, points: Sequence[tuple[float, float]], codes: Sequence[Any], color: str, kind: str) -> None:
        path = Curve([*points], [*codes])
        self.ax.add_patch(
            PathPatch(path, fill=False, edgecolor=color, linewidth=1.1, linestyle=DASHES[kind], capstyle="butt")
        )

    def _arrow(self, tip: tuple[float, float], along: tuple[float, float], color: str) -> None:
        back = tip[0] - ARROW_LENGTH * along[0], tip[1] - ARROW_LENGTH * along[1]
        side = ARROW_WIDTH * along[1], ARROW_WIDTH * along[0]
        corners = [tip, (back[0] + side[0], back[1] + side[1]), (back[0] - side[0], back[1] - side[1])]
        self.ax.add_patch(Polygon(corners, closed=True, facecolor=color, edgecolor="none"))

    def _box(self, box: Box) -> None:
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
                linewidth=OUTPUT_FRAME if is_output else 1.0,
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

    def _heading(self) -> None:
        self.ax.text(MARGIN, MARGIN + 0.1, self.title, fontsize=TITLE_POINTS, va="center", parse_math=False)
        self.ax.text(MARGIN, MARGIN + 0.45, EXPLANATION, fontsize=NAME_POINTS, va="center", color="#4d4d4d")

    def _legend(self) -> None:
        width, height = self.figure.get_size_inches()
        legend = self.figure.legend(
            handles=self.marks,
            loc="lower left",
            bbox_to_anchor=(MARGIN / width, MARGIN / height),
            ncols=self.legend_columns,
            fontsize=NAME_POINTS,
            frameon=False,
            borderaxespad=0,
            borderpad=0,
        )
        literal_legend(legend)
