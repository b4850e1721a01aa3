"""`mcdemand export`: a result in another tool's format."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mcdemand.commands import arguments, options
from mcdemand.commands.formats import print_formats
from mcdemand.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console


def export(
    result: Path | None = None,
    /,
    *,
    to: options.ExportFormat = None,
    outputs: options.ExportOutputs = None,
    years: options.ExportYears = None,
    probabilities: options.ExportLevels = None,
    draws: options.ExportDraws = None,
    option: options.ExportOption = None,
    output: options.ExportFile = None,
    overwrite: options.OverwriteExport = False,
    quiet: options.Quiet = False,
) -> None:
    """Write a result in another tool's format; without a result, list the formats, or say what --to FORMAT takes.

    Parameters
    ----------
    result
        A file that `mcdemand run` or `mcdemand export` wrote and that keeps draws, such as consensus.nc.
    """
    if result is None:
        if output is not None:
            raise InputError("RESULT: missing; name the file to export, such as consensus.nc")
        from mcdemand.exporters import exporters
        from mcdemand.registry import look_up

        print_formats(exporters().values() if to is None else [look_up(to, {**exporters()}, "--to")])
        return
    from mcdemand.exporting import export as write
    from mcdemand.report.text import console
    from mcdemand.result_files import read_draws

    target = output or _default_target(result, to)
    chosen = arguments.parse_options(option or ())
    written = write(
        read_draws(result, with_priors=False),
        target,
        to,
        outputs=arguments.parse_names(outputs),
        years=arguments.parse_years(years) if years is not None else None,
        probabilities=arguments.parse_levels(probabilities) if probabilities is not None else None,
        draws=arguments.parse_count("--draws", draws) if draws is not None else None,
        overwrite=overwrite,
        **chosen,
    )
    if not quiet:
        _print(console(sys.stdout), [*written.notes, f"Written: {written.path}"])


def _default_target(result: Path, to: str | None) -> Path:
    """Return the result's name with the usual ending of a format, in this folder."""
    from mcdemand.exporters import exporters
    from mcdemand.registry import look_up

    if to is None:
        raise InputError("--to: missing; name a format, or a file by -o; mcdemand export alone lists the formats")
    return Path(f"{result.stem}{look_up(to, {**exporters()}, '--to').suffixes[0]}")


def _print(out: Console, notes: list[str]) -> None:
    from mcdemand.report.layout import print_notes

    print_notes(out, notes)
