"""What `mcdemand run` leaves: a table in the terminal, the result file and the picture."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import xarray as xr

RESULT_SUFFIX, FIGURE_SUFFIX = ".nc", ".png"


class Files(NamedTuple):
    """Files that the user named, and whether those that exist may be replaced."""

    result: Path | None
    figure: Path | None
    overwrite: bool


@dataclass(frozen=True)
class Targets:
    """Files to write, whether one that exists may be replaced, and options under which a result is kept whole."""

    result: Path
    keeping: Mapping[str, Any]
    replace_result: bool
    figure: Path
    replace_figure: bool


def choose_targets(name: str, files: Files) -> Targets:
    """Return the files to write; refuse now what could not be written later.

    Raises
    ------
    InputError
        If a file's ending is not one of a known format, or no draws are kept in that.
    FileError
        If a file that the user named exists, or cannot be written.
    """
    from mcdemand.exporting import check_result_target
    from mcdemand.files import check_target
    from mcdemand.report.canvas import check_suffix

    result, may_replace = files.result or Path(f"{name}{RESULT_SUFFIX}"), files.overwrite or files.result is None
    targets = Targets(
        result=result,
        keeping=check_result_target(result, overwrite=may_replace),
        replace_result=may_replace,
        figure=files.figure or Path(f"{name}{FIGURE_SUFFIX}"),
        replace_figure=files.overwrite or files.figure is None,
    )
    check_suffix(targets.figure)
    check_target(targets.figure, overwrite=targets.replace_figure)
    return targets


def write_files(result: xr.DataTree, targets: Targets) -> None:
    """Write the result and the picture."""
    from mcdemand.exporting import export
    from mcdemand.report.figures import draw_overview

    export(result, targets.result, overwrite=targets.replace_result, **targets.keeping)
    draw_overview(result, targets.figure, overwrite=targets.replace_figure)


def print_result(result: xr.DataTree, request: dict[str, Any], targets: Targets, *notes: str) -> None:
    """Print tables and notes of a result; `request` are arguments of `summarize`."""
    from mcdemand.prior_pool import PRIOR_SET
    from mcdemand.report.layout import print_notes
    from mcdemand.report.notes import summary_notes
    from mcdemand.report.tables import MEDIAN, exceedance_events, print_summary, shortage_event
    from mcdemand.report.text import console
    from mcdemand.summary import summarize

    group = "prior_predictive" if result["prior_predictive"].data_vars else "prior"
    is_pool = PRIOR_SET in result["prior"].data_vars
    summary = summarize(result, group=group, probabilities=(MEDIAN,), by_prior_set=is_pool, **request)
    out = console(sys.stdout)
    attributes = {str(key): value for key, value in result.attrs.items()}
    print_summary(out, summary, attributes, [*shortage_event(result), *exceedance_events(summary)])
    out.print()
    print_notes(out, [*summary_notes(summary, attributes), *notes, f"Written: {targets.result}, {targets.figure}"])
