"""Fan charts: credible bands of an output over the years, the median, and what was observed.

Drawn with matplotlib's objects alone; pyplot and its global state are never touched.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mcdemand.errors import InputError
from mcdemand.prior_pool import POOL, PRIOR_SET
from mcdemand.registry import nearest
from mcdemand.report import axes
from mcdemand.report.canvas import new_figure, save_figure
from mcdemand.report.observations import MODEL, observations_of, years_within
from mcdemand.report.text import literal
from mcdemand.summary_request import split_by_set

PANELS = ("energy_served", "capacity", "tokens_served", "capex_served")
UNCONSTRAINED = {"energy_served": "energy", "capex_served": "capex"}
PANEL_COUNT = 4
GROUPS = ("prior_predictive", "prior")
PLOT_INCHES, OVERVIEW_INCHES = (9.0, 5.6), (16.0, 11.0)
MARGINS = {"left": 0.07, "right": 0.985, "bottom": 0.125, "top": 0.905, "wspace": 0.17, "hspace": 0.2}
TITLE_CHARACTERS = 110


def plot(
    result: xr.DataTree,
    output: str,
    *,
    ax: Axes | None = None,
    ci_prob: float | Sequence[float] = (0.5, 0.9),
    paths: int = 0,
) -> Axes:
    """Return axes with the fan chart of an output: bands, median, observed values where there are any.

    Parameters
    ----------
    result
        What `simulate` or `read_result` returns.
    output
        A quantity, or a parameter. One that does not change from year to year is drawn as a histogram.
    ax
        Axes to draw on; None: those of a new figure, `ax.figure`, which `ax.figure.savefig` writes.
    ci_prob
        Probability of each equal-tailed band.
    paths
        Draws to show as faint lines, the first ones.

    Raises
    ------
    InputError
        If the result has no such output, or a probability is not between 0 and 1.

    Notes
    -----
    The value axis is logarithmic if what is drawn is positive and spans more than a factor of 30. Observed values
    are known for outputs of the shipped model only; `mcdemand.report.observations` says which rows are used.

    Examples
    --------
    >>> from mcdemand import simulate
    >>> plot(simulate("consensus", draws=512), "energy_served").get_ylabel()
    'TWh'
    """
    levels, values = _levels(ci_prob), _find(result, output)
    if ax is None:
        ax = new_figure(PLOT_INCHES, "constrained").subplots()
    _draw(ax, result, values, levels, paths)
    axes.style(ax)
    axes.literal_legend(ax.legend(loc="best", fontsize=9.5, framealpha=0.9, edgecolor="none"))
    return ax


def draw_overview(result: xr.DataTree, path: str | Path, *, overwrite: bool = True) -> Path:
    """Write the overview figure: up to four fan charts, unconstrained demand drawn over what is served.

    Raises
    ------
    InputError
        If the file's ending is not .png, .svg or .pdf.
    FileError
        If it exists and may not be overwritten, or cannot be written.
    """
    return save_figure(overview(result), path, overwrite=overwrite)


def overview(result: xr.DataTree) -> Figure:
    """Return the overview figure of a result, up to four outputs."""
    outputs = _panels(result)
    figure = new_figure(OVERVIEW_INCHES)
    columns = min(2, len(outputs))
    grid = figure.subplots(-(-len(outputs) // columns), columns, squeeze=False, gridspec_kw=MARGINS).ravel()
    for ax, output in zip(grid, outputs, strict=False):
        values = _find(result, output)
        _draw(ax, result, values, [0.9, 0.5], 0)
        if PRIOR_SET in result["prior"].data_vars and "year" in values.dims:
            samples = split_by_set(result, int(result.attrs["draws"]))
            axes.draw_set_medians(ax, values, {name: sample for name, sample in samples.items() if name != POOL})
        if result.attrs.get("model") == MODEL and UNCONSTRAINED.get(output) in result["prior_predictive"]:
            axes.draw_outline(ax, _find(result, UNCONSTRAINED[output]))
        axes.style(ax)
    for ax in grid[len(outputs) :]:
        ax.set_visible(False)
    _caption(figure, result, grid[: len(outputs)])
    return figure


def _draw(ax: Axes, result: xr.DataTree, values: xr.DataArray, levels: Sequence[float], paths: int) -> None:
    if "year" in values.dims:
        axes.draw_fan(ax, values, levels, paths)
        if result.attrs.get("model") == MODEL:
            years = values["year"].values
            axes.draw_observations(ax, years_within(observations_of(str(values.name)), years[0], years[-1]))
    else:
        axes.draw_histogram(ax, values, levels)
    ax.set_title(axes.title_of(values), loc="left", fontsize=13, parse_math=False)


def _caption(figure: Figure, result: xr.DataTree, shown: Iterable[Axes]) -> None:
    """Write the title, where the figure comes from, and one legend for all panels."""
    attributes = {key: literal(value) for key, value in result.attrs.items() if key != "prior_set_document"}
    title = attributes.get("title") or attributes["prior_set"]
    shortened = textwrap.shorten(title, TITLE_CHARACTERS, placeholder=" …")
    figure.text(0.012, 0.965, shortened, fontsize=18, parse_math=False)
    provenance = (
        f"Prior set {attributes['prior_set']}, {int(result.attrs['draws']):,} draws, seed {attributes['seed']}, "
        f"design {attributes['design']}, {attributes['source']}. Intervals are equal-tailed."
    )
    figure.text(0.012, 0.012, provenance, fontsize=10, color=axes.LINE_COLOR, parse_math=False)
    entries = {label: handle for ax in shown for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)}
    axes.literal_legend(
        figure.legend(
            entries.values(),
            entries.keys(),
            loc="lower left",
            bbox_to_anchor=(0.005, 0.03),
            ncols=5,
            fontsize=10.5,
            frameon=False,
        )
    )


def _panels(result: xr.DataTree) -> list[str]:
    """Return what to draw: the main outputs of the shipped model, else the first outputs, else the first parameters."""
    quantities, parameters = ([str(name) for name in result[group].data_vars] for group in GROUPS)
    wanted = [name for name in PANELS if name in quantities] if result.attrs.get("model") == MODEL else []
    return wanted or (quantities or parameters)[:PANEL_COUNT]


def _levels(ci_prob: float | Sequence[float]) -> list[float]:
    """Return the probabilities of the bands, the widest first."""
    levels = sorted({float(level) for level in np.atleast_1d(ci_prob)}, reverse=True)
    for level in levels:
        if not 0 < level < 1:
            raise InputError(f"ci_prob: {level:g}: must lie between 0 and 1")
    return levels


def _find(result: xr.DataTree, output: str) -> xr.DataArray:
    groups = [result[group].to_dataset() for group in GROUPS if group in result.children]
    for group in groups:
        if output in group.data_vars:
            return group[output]
    known = [str(name) for group in groups for name in group.data_vars]
    raise InputError(f"output: {output!r}: not in this result; {nearest(output, known)}")
