"""Vega-Lite: the fan chart of each yearly output, data inline, for web pages, notebooks and editors of charts."""

from __future__ import annotations

import json
import math
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from mcdemand.digits import format_value
from mcdemand.errors import InputError
from mcdemand.exporters._exporter import Exporter
from mcdemand.exporters._options import check_word
from mcdemand.exporters._selection import PROBABILITIES, Selection
from mcdemand.report.text import literal
from mcdemand.summary import summarize
from mcdemand.summary_request import check_probabilities

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
BANDS = (0.5, 0.8, 0.9)
SCALES = ("auto", "linear", "log")
MOST_OUTPUTS = 12
COLUMNS = 2
TITLE_CHARACTERS = 100
SUBTITLE_CHARACTERS = 130
UNIT_CHARACTERS = 40
WIDTH, HEIGHT = 520, 320
# Okabe and Ito (2008), as in the figures of `mcdemand plot`: tints of one blue, the widest band lightest.
TINTS = ("#cce3f2", "#a6cee9", "#80bae0", "#5aa5d6")
PUBLISHED = ("published figure",)
MEDIAN, OBSERVED, GREY = "#004a7c", "#d55e00", "#4d4d4d"
FEW_DECADES, MOST_TICKS = 3, 8
LARGEST_PLAIN, SMALLEST_PLAIN = 1e6, 1e-3
"""Numbers between them have no exponent on an axis."""


def write(selection: Selection, target: Path, /, *, scale: str, bands: Any) -> Iterable[str]:
    """Write the specification.

    Raises
    ------
    InputError
        If no output has years, an option is not valid, or a log scale is asked for values that are not all positive.
    """
    check_word("scale", scale, SCALES)
    yearly = [str(name) for name, array in selection.quantities.data_vars.items() if "year" in array.dims]
    if not yearly:
        raise InputError("outputs: none has years; a fan chart needs an output that changes from year to year")
    shown = yearly[:MOST_OUTPUTS]
    levels = sorted(check_probabilities("bands", bands) if bands else _bands(selection), reverse=True)
    document = _document(selection, [_panel(selection, shown, k, levels, scale) for k in range(len(shown))])
    text = json.dumps(document, indent=1, allow_nan=False)
    # No text of it can end a script element, should a page embed it.
    target.write_text(text.replace("<", "\\u003c") + "\n", encoding="utf-8")
    return list(_notes(selection, yearly, shown))


def _bands(selection: Selection) -> tuple[float, ...]:
    """Return the intervals whose two ends are among the selection's levels, or the usual ones."""
    if selection.probabilities == PROBABILITIES:
        return BANDS
    known = {round(p, 8) for p in selection.probabilities}
    return tuple(round(1 - 2 * p, 8) for p in known if p < 0.5 and round(1 - p, 8) in known) or BANDS


def _panel(selection: Selection, shown: list[str], k: int, levels: list[float], scale: str) -> dict[str, Any]:
    """Return a fan chart."""
    from mcdemand.report.axes import axis_label, title_of

    name = shown[k]
    values = selection.quantities[name]
    rows = _rows(selection, name, levels)
    numbers = [row[key] for row in rows for key in row if key.startswith(("low", "high", "median"))]
    axis = {"title": _short(axis_label(values), UNIT_CHARACTERS), **_axis(numbers, scale, name)}
    words = [*(f"{100 * level:g} % interval" for level in levels), "median"]
    points = _observed(selection, name)
    # The same in every panel, as they share a legend.
    colors = {"domain": [*words, *PUBLISHED], "range": [*_tints(len(levels)), MEDIAN, OBSERVED]}
    if not any(_observed(selection, one) for one in shown):
        colors = {key: names[:-1] for key, names in colors.items()}
    return {
        "title": {"text": _short(title_of(values), TITLE_CHARACTERS), "anchor": "start"},
        "width": WIDTH,
        "height": HEIGHT,
        "data": {"values": rows},
        "layer": [
            *(_band(j, word, axis, single=len(rows) == 1) for j, word in enumerate(words[:-1])),
            _median(axis, single=len(rows) == 1),
            *([_observations(points, axis)] if points else []),
            _hover(words, k),
        ],
        "encoding": {"x": _years(rows), "color": {"type": "nominal", "scale": colors, "legend": {"title": None}}},
    }


def _rows(selection: Selection, name: str, levels: list[float]) -> list[dict[str, Any]]:
    """Return what is drawn in each year: bounds and median, and the same as text with the digits that are known."""
    tails = sorted({0.5, *(p for level in levels for p in ((1 - level) / 2, (1 + level) / 2))})
    found = summarize(selection.tree, name, probabilities=tails).isel(output=0)
    rows = []
    for year in found["year"].values.tolist():
        one = found.sel(year=year)
        x, error = (one[key].values.tolist() for key in ("quantiles", "mcse_quantiles"))
        texts = [format_value(a, b) for a, b in zip(x, error, strict=True)]
        row: dict[str, Any] = {"year": year, "median": x[len(levels)], "text": texts[len(levels)]}
        for k in range(len(levels)):
            row |= {f"low_{k}": x[k], f"high_{k}": x[-1 - k], f"text_{k}": f"{texts[k]} to {texts[-1 - k]}"}
        rows.append(row)
    return rows


def _axis(numbers: list[float], scale: str, name: str) -> dict[str, Any]:
    from mcdemand.report.axes import LOG_RANGE

    least, largest = min(numbers), max(numbers)
    if scale == "log" and least <= 0:
        raise InputError(f"scale: 'log': {literal(name)[:80]} has a bound of {least:g}; use linear")
    is_log = scale == "log" or (scale == "auto" and least > 0 and largest > LOG_RANGE * least)
    if is_log:
        ticks = _log_ticks(least, largest)
        scale_of = {"type": "log", "domain": [min(least, ticks[0]), max(largest, ticks[-1])], "nice": False}
    else:
        ticks, scale_of = [], {"type": "linear", "zero": True, "nice": True}
    size = max(abs(least), abs(largest))
    is_plain = size <= LARGEST_PLAIN and (least if is_log else size) > SMALLEST_PLAIN
    values = {"values": ticks} if ticks else {"tickCount": 6}
    return {"scale": scale_of, "axis": {"format": ",~r" if is_plain else ".3~g", **values}}


def _log_ticks(least: float, largest: float) -> list[float]:
    """Return round numbers around and within a range: powers of ten, and 2 and 5 times them where those are few."""
    first, last = math.floor(math.log10(least)), math.ceil(math.log10(largest))
    steps = (1, 2, 5) if last - first <= FEW_DECADES else (1,)
    every = max(1, -(-(last - first) // MOST_TICKS))
    ticks = [float(f"{step}e{power}") for power in range(first, last + 1, every) for step in steps]
    inside = [x for x in ticks if least < x < largest]
    below, above = [x for x in ticks if x <= least], [x for x in ticks if x >= largest]
    return [*below[-1:], *inside, *above[:1]]


def _years(rows: list[dict[str, Any]]) -> dict[str, Any]:
    years = [row["year"] for row in rows]
    domain = [years[0] - 0.5, years[-1] + 0.5] if len(years) == 1 else [years[0], years[-1]]
    step = -(-len(years) // 12)
    axis = {
        "format": "d",
        "title": None,
        "grid": False,
        "values": years[::step],
        "labelOverlap": True,
        "labelFlush": False,
    }
    return {"field": "year", "type": "quantitative", "scale": {"domain": domain, "nice": False}, "axis": axis}


def _y(field: str, axis: dict[str, Any]) -> dict[str, Any]:
    return {"field": field, "type": "quantitative", **axis}


def _band(k: int, word: str, axis: dict[str, Any], *, single: bool) -> dict[str, Any]:
    mark = {"type": "rule", "strokeWidth": 28 - 4 * k} if single else {"type": "area", "line": False}
    return {
        "mark": mark,
        "encoding": {"y": _y(f"low_{k}", axis), "y2": {"field": f"high_{k}"}, "color": {"datum": word}},
    }


def _median(axis: dict[str, Any], *, single: bool) -> dict[str, Any]:
    mark = (
        {"type": "tick", "orient": "horizontal", "size": 36, "thickness": 3}
        if single
        else {"type": "line", "strokeWidth": 2.5}
    )
    return {"mark": mark, "encoding": {"y": _y("median", axis), "color": {"datum": "median"}}}


def _observed(selection: Selection, name: str) -> list[dict[str, Any]]:
    """Return published figures of an output of the shipped model."""
    from mcdemand.report.observations import MODEL, observations_of, years_within

    if selection.whole.attrs.get("model") != MODEL:
        return []
    years = selection.quantities["year"].values
    known = years_within(observations_of(name), float(years[0]), float(years[-1]))
    return [
        {"year": one.year, "observed": one.value, "source": literal(one.source)}
        for one in known
        if one.kind == "published" and years[0] <= one.year <= years[-1]
    ]


def _observations(points: list[dict[str, Any]], axis: dict[str, Any]) -> dict[str, Any]:
    tooltip = [{"field": "observed", "title": "published"}, {"field": "source", "title": "source"}]
    return {
        "data": {"values": points},
        "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
        "encoding": {"y": _y("observed", axis), "color": {"datum": PUBLISHED[0]}, "tooltip": tooltip},
    }


def _hover(words: list[str], k: int) -> dict[str, Any]:
    """Return a line under the pointer that says what is drawn in its year."""
    fields = [("year", "year"), ("text", "median")]
    fields += [(f"text_{j}", word) for j, word in enumerate(words[:-1])]
    tooltip = [{"field": field, "title": title, "type": "nominal"} for field, title in fields]
    select = {"type": "point", "encodings": ["x"], "nearest": True, "on": "pointerover", "clear": "pointerout"}
    shown = {"condition": {"param": f"hover_{k}", "empty": False, "value": 0.6}, "value": 0}
    return {
        "params": [{"name": f"hover_{k}", "select": select}],
        "mark": {"type": "rule", "color": GREY, "strokeWidth": 1},
        "encoding": {"opacity": shown, "color": {"value": GREY}, "tooltip": tooltip},
    }


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 2]} …"


def _tints(count: int) -> list[str]:
    return [TINTS[min(k, len(TINTS) - 1)] for k in range(count)]


def _document(selection: Selection, panels: list[dict[str, Any]]) -> dict[str, Any]:
    about = {key: value if isinstance(value, int) else literal(value) for key, value in selection.about().items()}
    stated = (
        f"Prior set {about.get('prior_set', 'unknown')}, {selection.draws:,} draws, seed {about.get('seed')}, "
        f"design {about.get('design')}, {about.get('source')}. Intervals are equal-tailed."
    )
    subtitle = textwrap.wrap(literal(stated), SUBTITLE_CHARACTERS)[:3]
    if len(panels) == 1:
        panel = panels[0]
        panel["title"] |= {"subtitle": textwrap.wrap(literal(stated), SUBTITLE_CHARACTERS // 2)[:4]}
        body = panel
    else:
        title = _short(str(about.get("title", "")), TITLE_CHARACTERS)
        body = {
            "title": {"text": title, "subtitle": subtitle, "anchor": "start", "fontSize": 18, "offset": 16},
            "columns": COLUMNS,
            "spacing": 30,
            "concat": panels,
        }
    style = {"color": GREY, "subtitleColor": GREY, "subtitleFontSize": 11, "fontSize": 14, "subtitlePadding": 4}
    return {
        "$schema": SCHEMA,
        "description": f"Fan chart: {', '.join(panel['title']['text'] for panel in panels)}",
        "usermeta": {"mcdemand": about},
        **body,
        "config": {
            "background": "white",
            "title": style,
            "legend": {"orient": "bottom", "direction": "horizontal", "symbolOpacity": 1},
            "axis": {"labelFontSize": 11, "titleFontSize": 12, "gridOpacity": 0.6},
        },
    }


def _notes(selection: Selection, yearly: list[str], shown: list[str]) -> Iterator[str]:
    yield "Draws are left out: the chart keeps the quantiles that it shows."
    if len(shown) < len(yearly):
        yield f"{len(shown)} of {len(yearly)} outputs: a sheet has room for no more."
    rest = [str(name) for one in (selection.quantities, selection.parameters) for name in one.data_vars]
    for name in rest:
        if name not in yearly:
            yield f"{literal(name)[:80]!r} has no years and is left out."


EXPORTER = Exporter(
    name="vega-lite",
    title="Vega-Lite 6 specification of fan charts",
    suffixes=(".vl.json",),
    keeps="quantiles",
    write=write,
    owns_suffix=True,
    states_quantiles=True,
    options={"scale": SCALES[0], "bands": ()},
    meanings={
        "scale": "auto, linear or log",
        "bands": "probabilities of the bands, such as [0.5, 0.9]; else those of --probabilities",
    },
)
