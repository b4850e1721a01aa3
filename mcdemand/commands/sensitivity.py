"""`mcdemand sensitivity`: which belief matters, by output and year; a table, a figure and a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mcdemand.commands import arguments, options

if TYPE_CHECKING:
    import xarray as xr

    from mcdemand.commands.study import Study, StudyRequest

DEFAULT_SET, FIGURE_SUFFIX = "consensus", ".png"
NOTHING = "; nothing was changed"


def sensitivity(
    prior_set: str | None = None,
    /,
    *,
    method: options.StudyMethod = "default",
    output: options.StudyOutputs = None,
    year: options.StudyYears = None,
    groups: options.StudyGroups = None,
    scale: options.StudyScale = None,
    as_if_independent: options.AsIfIndependent = False,
    draws: options.StudyDraws = None,
    chains: options.StudyChains = None,
    seed: options.StudySeed = None,
    design: options.StudyDesign = None,
    set_: options.StudyOverrides = None,
    threads: options.Threads = None,
    option: options.MethodOption = None,
    to: options.WalkTo = None,
    decision: options.DecisionFile = None,
    above: options.Cases = None,
    accept_unreliable: options.AcceptUnreliable = False,
    model: options.ModelFile = None,
    plot: options.StudyFigure = None,
    save: options.StudyFile = None,
    overwrite: options.OverwriteStudy = False,
    quiet: options.Quiet = False,
) -> None:
    """Show which parameters an output's uncertainty comes from: tables, bars, and a heat map of all years.

    Parameters
    ----------
    prior_set
        Name of a shipped set, path to a TOML file, or a file that draws can be read from. Default: consensus.
    """
    from mcdemand.commands.study import StudyRequest

    counts = {"draws": draws, "chains": chains, "seed": seed}
    simulation = {key: arguments.parse_count(f"--{key}", text) for key, text in counts.items() if text is not None}
    request = StudyRequest(
        source=prior_set or DEFAULT_SET,
        method=method,
        outputs=arguments.parse_names(output),
        years=None if year is None else arguments.parse_years(year),
        simulation=simulation | ({} if design is None else {"design": design}),
        overrides=arguments.parse_overrides(set_ or ()),
        options=arguments.parse_options(option or ()),
        own={
            "groups": groups,
            "scale": scale,
            "as_if_independent": as_if_independent or None,
            "to": to,
            "decision": decision,
            "above": above,
            "accept_unreliable": accept_unreliable or None,
        },
        threads=threads,
        model_file=model,
    )
    _run(request, plot, save, overwrite=overwrite, quiet=quiet)


def _run(request: StudyRequest, plot: Path | None, save: Path | None, *, overwrite: bool, quiet: bool) -> None:
    """Refuse what cannot work, compute, write, print."""
    from mcdemand.commands.progress import show_progress
    from mcdemand.commands.study import prepare_study
    from mcdemand.report.layout import print_notes
    from mcdemand.report.text import console

    study = prepare_study(request)
    target = plot or Path(f"{study.name}{FIGURE_SUFFIX}")
    _check_targets(target, save, overwrite=overwrite, may_replace=overwrite or plot is None)
    with show_progress(study.words, quiet=quiet) as progress:
        found = study.run(progress)
    written = _write(study, found, target, save, overwrite=overwrite, may_replace=overwrite or plot is None)
    if not quiet:
        out = console(sys.stdout)
        study.show(out, found)
        print_notes(out, [f"Written: {', '.join(map(str, written))}"])


def _write(
    study: Study, found: xr.Dataset, target: Path, save: Path | None, *, overwrite: bool, may_replace: bool
) -> list[Path]:
    """Return the files written: the numbers first, as the figure can be drawn from them again.

    Raises
    ------
    FileError
        If one cannot be written; the message says what was.
    """
    from mcdemand.errors import FileError
    from mcdemand.report.canvas import save_figure
    from mcdemand.report.sensitivity_files import write_sensitivity

    figure = study.draw(found)
    numbers = [] if save is None else [write_sensitivity(found, save, overwrite=overwrite)]
    try:
        return [*numbers, save_figure(figure, target, overwrite=may_replace)]
    except FileError as error:
        if not numbers:
            raise
        raise FileError(
            f"{str(error).removesuffix(NOTHING)}; {save} was written, so only the figure is missing"
        ) from error


def _check_targets(target: Path, save: Path | None, *, overwrite: bool, may_replace: bool) -> None:
    """Raise now if a file could not be written later.

    Raises
    ------
    InputError
        If a file's ending is not one of a known format.
    FileError
        If a file that the user named exists, or cannot be written.
    """
    from mcdemand.files import check_room, check_target
    from mcdemand.report.canvas import check_suffix
    from mcdemand.report.sensitivity_files import check_save_suffix

    check_suffix(target)
    check_target(target, overwrite=may_replace)
    check_room(target)
    if save is not None:
        check_save_suffix(save)
        check_target(save, overwrite=overwrite)
        check_room(save)
