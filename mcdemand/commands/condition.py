"""`mcdemand condition`: what follows once something was observed; a table, a figure and a result file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcdemand.commands import arguments, condition_options, options
from mcdemand.commands.run_output import FIGURE_SUFFIX, RESULT_SUFFIX
from mcdemand.commands.study import names_result
from mcdemand.errors import InputError

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

DRAWS = 65_536


def condition(
    source: str,
    observations: Path,
    /,
    *,
    outputs: condition_options.ConditionedOutputs = None,
    years: condition_options.ConditionedYears = None,
    ci_prob: options.CiProb = "0.9",
    draws: condition_options.ConditionedDraws = None,
    chains: options.StudyChains = None,
    seed: options.StudySeed = None,
    design: condition_options.ConditionedDesign = None,
    set_: options.Overrides = None,
    accept_unreliable: options.AcceptUnreliable = False,
    model: options.ModelFile = None,
    output: condition_options.ConditionedFile = None,
    plot: condition_options.ConditionedFigure = None,
    overwrite: options.Overwrite = False,
    threads: options.Threads = None,
    quiet: options.Quiet = False,
) -> None:
    """Weight draws by what was observed: outputs before and after, and a result that holds draws of both.

    Parameters
    ----------
    source
        A file that draws can be read from, or the name or TOML file of a prior set, which is simulated.
    observations
        TOML file: an [[observations]] table for each, with output, year, unit, and value, distribution and sigma, or
        p5 and p95, or at_least or at_most.
    """
    from mcdemand.evidence._observations import load_observations
    from mcdemand.evidence.condition import condition as condition_on
    from mcdemand.evidence.posterior import summarize_posterior
    from mcdemand.report.weighted_report import weighted_figure

    counts = {"draws": draws, "chains": chains, "seed": seed}
    simulation: dict[str, Any] = {
        key: arguments.parse_count(f"--{key}", text) for key, text in counts.items() if text is not None
    }
    simulation |= {} if design is None else {"design": design}
    level = arguments.parse_probability("--ci-prob", ci_prob)
    shown = None if years is None else arguments.parse_years(years)
    seen = load_observations(observations)
    names = tuple(dict.fromkeys(one.row.output for one in seen))
    request = Request(source, names, simulation, arguments.parse_overrides(set_ or ()), model, threads)
    name, make = request.prepare(quiet=quiet)
    targets = _targets(name, output, plot, overwrite=overwrite)
    result = make()
    chosen = arguments.parse_names(outputs) or _main_outputs(result)
    conditioned = condition_on(result, seen, accept_unreliable=accept_unreliable)
    found = summarize_posterior(conditioned, outputs=chosen, years=shown, ci_prob=level)
    targets.write(conditioned, weighted_figure(found, chosen))
    if not quiet:
        _show(found, targets)


@dataclass(frozen=True)
class Request:
    """Where draws come from.

    Attributes
    ----------
    seen
        Outputs that were observed, and so must be kept.
    simulation
        Draws, chains, seed and design, as far as they are given.
    """

    source: str
    seen: tuple[str, ...]
    simulation: Mapping[str, Any]
    overrides: Mapping[str, Any]
    model_file: Path | None
    threads: int | None

    def prepare(self, *, quiet: bool) -> tuple[str, Callable[[], xr.DataTree]]:
        """Return what files are called, and what gives the result: one that is there, or that of a prior set.

        Raises
        ------
        InputError
            If the prior set is not valid, or a result is asked to be simulated anew.
        FileError, IntegrityError
            If a file cannot be read, or is not what it claims to be.
        """
        from mcdemand.result_files import read_draws

        if not names_result(self.source):
            return self._prepare_run(quiet=quiet)
        given = [*self.simulation, *(["set"] if self.overrides else []), *(["model"] if self.model_file else [])]
        if given:
            raise InputError(f"--{given[0]}: the draws of a result are made; name the prior set to make others")
        return Path(self.source).stem, lambda: read_draws(self.source, with_priors=False)

    def _prepare_run(self, *, quiet: bool) -> tuple[str, Callable[[], xr.DataTree]]:
        from mcdemand.commands.progress import show_progress
        from mcdemand.own_model import choose_model
        from mcdemand.prior_set import load_prior_set
        from mcdemand.simulation import simulate

        priors = load_prior_set(self.source, dict(self.overrides))
        model = choose_model(priors, self.model_file)
        quantities = [name for name in dict.fromkeys((*model.default_outputs, *self.seen)) if name in model.quantities]
        parameters = [name for name in self.seen if name in priors.parameters]
        kept = [*dict.fromkeys((*quantities, *parameters, *model.plan(quantities).parameters))]
        options = {"draws": DRAWS, "threads": self.threads} | dict(self.simulation)

        def make() -> xr.DataTree:
            with show_progress(f"simulating {priors.name}", quiet=quiet) as progress:
                return simulate(priors, model=model, outputs=kept, progress=progress, **options)

        return priors.name, make


@dataclass(frozen=True)
class Targets:
    """Files to write, and whether one that exists may be replaced."""

    result: Path
    replace_result: bool
    figure: Path
    replace_figure: bool

    def write(self, conditioned: xr.DataTree, figure: Figure) -> None:
        """Write both."""
        from mcdemand.netcdf_file import write_result
        from mcdemand.report.canvas import save_figure

        write_result(conditioned, self.result, overwrite=self.replace_result)
        save_figure(figure, self.figure, overwrite=self.replace_figure)


def _targets(name: str, result: Path | None, figure: Path | None, *, overwrite: bool) -> Targets:
    """Return the files to write; refuse now what could not be written later.

    Raises
    ------
    InputError
        If an ending is not right.
    FileError
        If a file that the user named exists, or cannot be written.
    """
    from mcdemand.files import check_target
    from mcdemand.report.canvas import check_suffix

    named = result or Path(f"{name}-conditioned{RESULT_SUFFIX}"), figure or Path(f"{name}-conditioned{FIGURE_SUFFIX}")
    targets = Targets(named[0], overwrite or result is None, named[1], overwrite or figure is None)
    if targets.result.suffix != RESULT_SUFFIX:
        raise InputError(f"{targets.result}: a conditioned result ends in {RESULT_SUFFIX}; export it afterwards")
    check_suffix(targets.figure)
    check_target(targets.result, overwrite=targets.replace_result)
    check_target(targets.figure, overwrite=targets.replace_figure)
    return targets


def _main_outputs(result: xr.DataTree) -> tuple[str, ...]:
    """Return the main outputs that are kept, or else the first ones."""
    from mcdemand.draw_choice import GROUPS, dataset_of
    from mcdemand.report.figures import PANEL_COUNT, PANELS

    stored = [str(name) for group in GROUPS for name in dataset_of(result, group).data_vars]
    return tuple(name for name in PANELS if name in stored) or tuple(stored[:PANEL_COUNT])


def _show(found: xr.Dataset, targets: Targets) -> None:
    from mcdemand.report.layout import print_notes
    from mcdemand.report.text import console
    from mcdemand.report.weighted_report import print_weighted

    out = console(sys.stdout)
    print_weighted(out, found)
    print_notes(out, [f"Written: {targets.result}, {targets.figure}"])
