"""`mcdemand compare`: prior sets side by side on the same draws, or what each changed row explains."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcdemand.commands import arguments, options
from mcdemand.errors import InputError

if TYPE_CHECKING:
    from mcdemand.model import Model
    from mcdemand.paired_sets import Named

FIGURE_SUFFIX = ".png"


def compare(
    *prior_sets: str,
    set_: options.ComparedOverrides = None,
    outputs: options.ComparedOutputs = None,
    years: options.ComparedYears = None,
    attribute: options.Attribute = False,
    output: options.AttributedOutput = None,
    year: options.AttributedYear = None,
    statistic: options.Statistic = None,
    permutations: options.Permutations = None,
    draws: options.Draws = "16384",
    chains: options.Chains = "16",
    seed: options.Seed = "0",
    design: options.Design = "sobol",
    ci_prob: options.CiProb = "0.9",
    model: options.ModelFile = None,
    plot: options.ComparisonFigure = None,
    overwrite: options.OverwriteFigure = False,
    threads: options.Threads = None,
    quiet: options.Quiet = False,
) -> None:
    """Compare prior sets on the same draws: differences and ratios to the first one, a table and a figure.

    Parameters
    ----------
    prior_sets
        Names of shipped sets or paths to TOML files, the baseline first. A single one stands against itself with the
        changes of --set.
    """
    simulation: dict[str, Any] = {
        "draws": arguments.parse_count("--draws", draws),
        "chains": arguments.parse_count("--chains", chains),
        "seed": arguments.parse_count("--seed", seed),
        "design": design,
        "set": arguments.parse_overrides(set_ or ()),
        "threads": threads,
    }
    if attribute:
        _refuse("--attribute takes one of each: write --output and --year", {"--outputs": outputs, "--years": years})
    else:
        others = {"--output": output, "--year": year, "--statistic": statistic, "--permutations": permutations}
        _refuse("goes with --attribute; else write --outputs and --years", others)
    named, chosen = _sets_and_model(prior_sets, simulation["set"], model)
    simulation["model"] = chosen
    target = _target("attribute" if attribute else "compare", named, plot, overwrite=overwrite)
    replace = overwrite or plot is None
    if attribute:
        walk = {"output": output or chosen.default_outputs[0], "year": year, "statistic": statistic or "median"}
        walk["permutations"] = arguments.parse_count("--permutations", permutations or "16")
        _attribute(prior_sets, simulation | walk, target, overwrite=replace, quiet=quiet)
        return
    simulation["outputs"] = arguments.parse_names(outputs) or _main_outputs(chosen)
    simulation["years"] = arguments.parse_years(years) if years is not None else None
    simulation["ci_prob"] = arguments.parse_probability("--ci-prob", ci_prob)
    _compare(prior_sets, simulation, target, overwrite=replace, quiet=quiet)


def _refuse(rule: str, given: dict[str, Any]) -> None:
    for option, value in given.items():
        if value is not None:
            raise InputError(f"{option}: {value}: {rule}")


def _sets_and_model(
    prior_sets: tuple[str, ...], overrides: dict[str, Any], model_file: Path | None
) -> tuple[Named, Model]:
    from mcdemand.own_model import choose_model
    from mcdemand.paired_sets import common_model, load_sets

    named = load_sets(prior_sets, overrides)
    if model_file is None and len({one.model for one in named.values()}) > 1:
        common_model(named)
    return named, choose_model(next(iter(named.values())), model_file)


def _main_outputs(model: Model) -> tuple[str, ...]:
    """Return the main outputs of the shipped model, or the default ones of another."""
    from mcdemand.report.figures import PANELS
    from mcdemand.report.observations import MODEL

    return PANELS if model.name == MODEL else model.default_outputs


def _target(what: str, named: Named, plot: Path | None, *, overwrite: bool) -> Path:
    """Return the figure to write; refuse now what could not be written later.

    Raises
    ------
    InputError
        If the file's ending is not one of a known format, or --attribute is to walk between more than two sets.
    FileError
        If it exists and the user named it, or cannot be written.
    """
    from mcdemand.files import check_target
    from mcdemand.report.canvas import check_suffix

    if what == "attribute" and len(named) > 2:
        raise InputError(f"--attribute: {len(named)} prior sets; name two, or one and --set KEY=VALUE")
    target = plot or Path(f"{'-'.join((what, *named))}{FIGURE_SUFFIX}")
    check_suffix(target)
    check_target(target, overwrite=overwrite or plot is None)
    return target


def _compare(
    prior_sets: tuple[str, ...], request: dict[str, Any], target: Path, *, overwrite: bool, quiet: bool
) -> None:
    from mcdemand.commands.progress import show_progress
    from mcdemand.comparison import compare
    from mcdemand.report.comparison import print_comparison
    from mcdemand.report.comparison_figures import draw_comparison

    with show_progress(f"comparing {', '.join(prior_sets)}", quiet=quiet) as progress:
        comparison = compare(prior_sets, **request, progress=progress)
    draw_comparison(comparison, target, overwrite=overwrite)
    _show(print_comparison, comparison, target, quiet=quiet)


def _attribute(
    prior_sets: tuple[str, ...], request: dict[str, Any], target: Path, *, overwrite: bool, quiet: bool
) -> None:
    from mcdemand.attribution import attribute
    from mcdemand.commands.progress import show_progress
    from mcdemand.report.attribution import print_attribution
    from mcdemand.report.comparison_figures import draw_attribution

    first, second = prior_sets[0], prior_sets[1] if len(prior_sets) > 1 else None
    with show_progress(f"walking from row to row: {request['output']}", quiet=quiet) as progress:
        attribution = attribute(first, second, **request, progress=progress)
    draw_attribution(attribution, target, overwrite=overwrite)
    _show(print_attribution, attribution, target, quiet=quiet)


def _show(print_: Callable[[Any, Any], None], found: Any, target: Path, *, quiet: bool) -> None:
    from mcdemand.report.layout import print_notes
    from mcdemand.report.text import console

    if not quiet:
        out = console(sys.stdout)
        print_(out, found)
        print_notes(out, [f"Written: {target}"])
