"""Figures of sensitivity analyses: bars of one year beside a heat map of all years, a row for each output."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from mcdemand.errors import InputError
from mcdemand.report.canvas import save_figure
from mcdemand.report.decision_report import decision_figure
from mcdemand.report.sensitivity_bars import FEWEST_ROWS, MOST_BARS, draw_bars, drawn_indices, largest, short
from mcdemand.report.sensitivity_boxes import box_words, draw_box
from mcdemand.report.sensitivity_heat_map import draw_heat_map
from mcdemand.report.sensitivity_layout import GAP_INCHES, Panel, compose
from mcdemand.report.sensitivity_text import scale_words
from mcdemand.report.sensitivity_tornado import LEGEND_ROWS, draw_tornado
from mcdemand.report.sensitivity_view import (
    OUTPUT,
    PARAMETER,
    YEAR,
    by_year,
    index_names,
    is_share,
    pick,
    pick_output,
    plain,
    title_of,
    unit_of_index,
)
from mcdemand.report.sensitivity_words import ends_words, label_of, log_note, short_meaning
from mcdemand.report.text import literal
from mcdemand.report.waterfall_report import waterfall_figure
from mcdemand.report.weighted_report import weighted_figure

ROW_INCHES, BARS_INCHES, LETTER_INCHES = 0.33, 5.4, 0.083
YEAR_INCHES, LEAST_MAP_INCHES, MOST_MAP_INCHES = 0.56, 2.6, 8.0
LEGEND_ROW_INCHES = 0.25
TALL = {"tornado": 1.5}


def plot_sensitivity(found: xr.Dataset, output: str | None = None, year: int | None = None) -> Figure:
    """Return a figure of one output: the largest parameters of a year as bars, and all years as a heat map.

    Parameters
    ----------
    found
        What `sensitivity` returns; or `waterfall`, `reweight`, `summarize_posterior` or `value_of_information`, each
        with its own figure.
    output, year
        None: the first output, the last year. Without years, or with a single one, there are bars only.

    Raises
    ------
    InputError
        If it is no analysis, or the analysis has no such output or year.

    Examples
    --------
    >>> import mcdemand as mc
    >>> found = mc.sensitivity("consensus", method="spearman", draws=512, outputs=["energy_served"], years=[2030])
    >>> len(plot_sensitivity(found).axes)
    1
    """
    method = found.attrs.get("method") if isinstance(found, xr.Dataset) else None
    if method is None:
        raise InputError(
            f"found: {literal(repr(found)):.40}: must be a dataset that sensitivity, waterfall, reweight, "
            "summarize_posterior or value_of_information returned"
        )
    outputs = None if output is None else [output]
    if method == "waterfall":
        return waterfall_figure(found, output, year)
    if method in ("reweight", "condition"):
        return weighted_figure(found, outputs)
    return decision_figure(found) if method == "value_of_information" else sensitivity_figure(found, outputs, year)


def draw_sensitivity(
    found: xr.Dataset,
    path: str | Path,
    outputs: Iterable[str] | None = None,
    year: int | None = None,
    *,
    overwrite: bool = True,
) -> Path:
    """Write the figure of an analysis, a row for each output.

    Raises
    ------
    InputError
        If the file's ending is not .png, .svg or .pdf, or the analysis has no such output or year.
    FileError
        If it exists and may not be overwritten, or cannot be written.
    """
    return save_figure(sensitivity_figure(found, outputs, year), path, overwrite=overwrite)


def sensitivity_figure(found: xr.Dataset, outputs: Iterable[str] | None = None, year: int | None = None) -> Figure:
    """Return the figure of an analysis, a row for each output; None: the first one."""
    names = [*(outputs or [str(np.atleast_1d(found[OUTPUT].values)[0])])]
    rows = [_panels(found, name, year) for name in names]
    meaning = short_meaning(drawn_indices(plain(pick(found, names[0], year))))
    words = [f"{meaning[:1].upper()}{meaning[1:]}."] if meaning else []
    return compose(rows, found.attrs, words=[*words, *ends_words(found.attrs), *log_note(found, names)])


def _panels(found: xr.Dataset, output: str, year: int | None) -> list[Panel]:
    """Return what shows one output in one year, and the heat map if there is more than one year."""
    one, yearly = pick(found, output, year), plain(pick_output(found, output))
    first = _box_panel(one) if found.attrs.get("method") == "prim" else _bars_panel(one)
    if yearly.sizes.get(YEAR, 1) < 2:
        return [first]
    values, _ = by_year(yearly, MOST_BARS)
    return [first, _map_panel(yearly, values)] if values.sizes[PARAMETER] else [first]


def _bars_panel(one: xr.Dataset) -> Panel:
    shown, others = largest(plain(one))
    method = str(one.attrs.get("method"))
    draw = draw_tornado if method == "tornado" else draw_bars
    legend = LEGEND_ROWS if method == "tornado" else len(drawn_indices(one)) - 1
    rows = legend if shown.sizes[PARAMETER] else 0
    return Panel(
        draw=lambda ax: draw(ax, one),
        width=BARS_INCHES,
        height=ROW_INCHES * max(shown.sizes[PARAMETER], FEWEST_ROWS) * TALL.get(method, 1.0),
        names=name_inches(shown),
        title=title_of(one),
        subtitle=_joined(scale_words(one), others),
        below=LEGEND_ROW_INCHES * rows,
    )


def _box_panel(one: xr.Dataset) -> Panel:
    names, said = box_words(one)
    return Panel(
        draw=lambda ax: draw_box(ax, one),
        width=BARS_INCHES,
        height=ROW_INCHES * max(len(names), FEWEST_ROWS),
        names=max(LETTER_INCHES * len(short(name)) for name in [*names, ""]) + GAP_INCHES,
        title=title_of(one),
        subtitle=_joined(scale_words(one), said),
    )


def _map_panel(one: xr.Dataset, values: xr.DataArray) -> Panel:
    index = index_names(one)[0]
    unit = "%" if is_share(one, index) else unit_of_index(one, index)
    return Panel(
        draw=lambda ax: draw_heat_map(ax, one),
        width=min(max(YEAR_INCHES * values.sizes[YEAR], LEAST_MAP_INCHES), MOST_MAP_INCHES),
        height=ROW_INCHES * values.sizes[PARAMETER],
        names=name_inches(values),
        title=f"{label_of(one, index)[:1].upper()}{label_of(one, index)[1:]} by year{f', {unit}' if unit else ''}",
        subtitle=_joined("largest on average over the years", scale_words(one)),
    )


def _joined(*texts: str) -> str:
    return "; ".join(text.removeprefix(", ") for text in texts if text)


def name_inches(shown: xr.Dataset | xr.DataArray) -> float:
    """Return how much room the names of parameters need."""
    return LETTER_INCHES * max((len(short(literal(name))) for name in shown[PARAMETER].values), default=0) + GAP_INCHES
