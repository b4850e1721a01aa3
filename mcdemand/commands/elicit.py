"""`mcdemand elicit`: from what somebody says of a number to the row that states it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcdemand.commands import arguments, elicit_options, options
from mcdemand.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

MOST_SHOWN = 8


def elicit(
    *,
    quantiles: elicit_options.ElicitedQuantiles = None,
    interval: elicit_options.ElicitedInterval = None,
    level: elicit_options.ElicitedLevel = None,
    mode: elicit_options.ElicitedMode = None,
    lower: elicit_options.ElicitedLower = None,
    upper: elicit_options.ElicitedUpper = None,
    edges: elicit_options.ElicitedEdges = None,
    chips: elicit_options.ElicitedChips = None,
    families: elicit_options.ElicitedFamilies = None,
    above: elicit_options.ElicitedThresholds = None,
    name: elicit_options.ElicitedName = "x",
    unit: elicit_options.ElicitedUnit = "1",
    plot: elicit_options.ElicitedFigure = None,
    overwrite: options.OverwriteFigure = False,
) -> None:
    """Fit every family that can say what is believed of a number: ranked, read back, with the row to paste."""
    from mcdemand.elicitation import elicit
    from mcdemand.elicited_statement import LEVEL
    from mcdemand.report.elicitation import print_elicitation
    from mcdemand.report.text import console

    if (edges is None) != (chips is None):
        raise InputError("--chips: goes with --edges: one edge more than bins")
    if level is not None and interval is None:
        raise InputError("--level: goes with --interval")
    _check_figure(plot, overwrite=overwrite)
    said: dict[str, Any] = {
        "quantiles": arguments.parse_pairs("--quantiles", quantiles) if quantiles else None,
        "interval": arguments.parse_numbers("--interval", interval) if interval else None,
        "level": LEVEL if level is None else level,
        "chips": (arguments.parse_numbers("--edges", edges), arguments.parse_numbers("--chips", chips))
        if edges and chips
        else None,
        "thresholds": arguments.parse_numbers("--above", above) if above else (),
    }
    found = elicit(
        **said,
        mode=mode,
        lower=lower,
        upper=upper,
        families=arguments.parse_names(families),
        name=name,
        unit=unit,
    )
    print_elicitation(console(sys.stdout), found, MOST_SHOWN)
    if plot is not None:
        sys.stdout.write(f"Written: {_draw(found, plot, overwrite=overwrite)}\n")


def _check_figure(plot: Path | None, *, overwrite: bool) -> None:
    """Raise now if the figure could not be written later."""
    from mcdemand.files import check_target
    from mcdemand.report.canvas import check_suffix

    if plot is not None:
        check_suffix(plot)
        check_target(plot, overwrite=overwrite)


def _draw(found: xr.Dataset, plot: Path, *, overwrite: bool) -> Path:
    from mcdemand.report.canvas import save_figure
    from mcdemand.report.elicitation import plot_elicitation

    return save_figure(plot_elicitation(found), plot, overwrite=overwrite)
