"""`mcdemand run --stream` and `--resume`: a run that keeps no draws, planned, watched, and resumed after a stop."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcdemand.commands import arguments
from mcdemand.commands.run_output import RESULT_SUFFIX, Files, Targets, choose_targets
from mcdemand.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

    from mcdemand.planning import RunPlan
    from mcdemand.run import Run
    from mcdemand.streaming.study import Question

LONG_SECONDS = 60.0
"""A run that is to take longer keeps its progress, wherever it was not told to."""
SUFFIX, PROGRESS_SUFFIX, DRAWS_SUFFIX = "_streamed", "_progress", ".zarr"
MEDIAN = 0.5


@dataclass(frozen=True)
class Streaming:
    """The options of a streamed run, checked.

    Attributes
    ----------
    probabilities
        Levels of quantiles, the median among them.
    """

    probabilities: tuple[float, ...]
    exact: bool
    checkpoint: Path | None
    cluster: str | None
    plan_only: bool
    threads: int | None
    quiet: bool
    model_file: Path | None
    draws: str | None


def read_streaming(given: Mapping[str, Any]) -> Streaming:
    """Return what the options of `mcdemand run`, by name, say of a streamed run.

    Raises
    ------
    InputError
        If one is given that only a streamed run has, and the run is none.
    """
    own = [name for name in ("one_pass", "probabilities", "checkpoint", "cluster") if given[name]]
    if own and not given["stream"] and given["resume"] is None:
        raise InputError(f"--{own[0].replace('_', '-')}: belongs to a streamed run; add --stream")
    levels = arguments.parse_levels(given["probabilities"]) if given["probabilities"] else ()
    return Streaming(
        probabilities=tuple(sorted({*levels, MEDIAN})),
        exact=not given["one_pass"],
        plan_only=given["plan"],
        model_file=given["model"],
        draws=given["draws"],
        **{name: given[name] for name in ("checkpoint", "cluster", "threads", "quiet")},
    )


def stream(simulation: Mapping[str, Any], summary: Mapping[str, Any], chosen: Streaming, files: Files) -> None:
    """Run without keeping draws; print, write and draw what they come to.

    Parameters
    ----------
    simulation
        Arguments of `simulate`.
    summary
        Arguments of `summarize`.

    Raises
    ------
    InputError
        If shortest intervals are asked for.
    """
    from mcdemand.determinism import compare_twice
    from mcdemand.request import prepare_request
    from mcdemand.simulation import read_question, run_stream
    from mcdemand.streaming.checkpoint import remove_folder

    if summary["ci_kind"] != "eti":
        raise InputError("--ci-kind: shortest intervals need all draws; leave out --stream, or take eti")
    run = prepare_request(**_request(simulation))
    if simulation["check_determinism"]:
        compare_twice(run)
    thresholds = summary.get("thresholds")
    question = read_question(run, chosen.probabilities, summary["ci_prob"], thresholds, exact=chosen.exact)
    keeping, files = _split_off_draws(files)
    targets, plan = choose_targets(f"{run.priors.name}{SUFFIX}", files), _plan(run, question, chosen, keeping)
    if chosen.plan_only:
        return
    folder = chosen.checkpoint or _own_folder(run, plan)
    begin = partial(run_stream, run, question, plan, checkpoint=folder, keeping=keeping)
    result = _execute(begin, run, chosen, keeping, folder, overwrite=files.overwrite)
    _show(result, targets, chosen, keeping)
    if folder and not chosen.checkpoint:
        remove_folder(folder)


def resume(folder: Path, chosen: Streaming, files: Files) -> None:
    """Go on with the run whose progress a folder holds; print, write and draw what its draws come to."""
    from mcdemand.own_model import read_model
    from mcdemand.simulation import open_resumed

    model = None if chosen.model_file is None else read_model(chosen.model_file)
    count = None if chosen.draws is None else arguments.parse_count("--draws", chosen.draws)
    with open_resumed(folder, draws=count, model=model) as found:
        if files.result and files.result.name.endswith(DRAWS_SUFFIX):
            raise InputError("--resume: a run goes on as it was begun, so leave out -o, or name a .nc")
        targets = choose_targets(f"{found.run.priors.name}{SUFFIX}", files)
        plan = _plan(found.run, found.question, chosen, found.keeping)
        if chosen.plan_only:
            return
        go_on = partial(found.finish, plan)
        result = _execute(go_on, found.run, chosen, found.keeping, folder, overwrite=files.overwrite)
        _show(result, targets, chosen, found.keeping)


def _split_off_draws(files: Files) -> tuple[str, Files]:
    """Return the Zarr folder for all draws, nothing if none is named, and the other files."""
    if files.result is None or files.result.suffix == RESULT_SUFFIX:
        return "", files
    if not files.result.name.endswith(DRAWS_SUFFIX):
        raise InputError(
            f"{files.result}: what a streamed run comes to is written as {RESULT_SUFFIX}, all of its draws as "
            f"{DRAWS_SUFFIX}; name such a file"
        )
    return str(files.result.absolute()), files._replace(result=None)


def _execute(
    begin: Callable[..., xr.DataTree],
    run: Run,
    chosen: Streaming,
    keeping: str,
    folder: Path | None,
    *,
    overwrite: bool,
) -> xr.DataTree:
    """Return what a run comes to; its draws are kept and a cluster computes it, where that is wanted."""
    from mcdemand.long_run import gather_team, keep_draws

    text = None if chosen.model_file is None else chosen.model_file.read_text(encoding="utf-8-sig")
    with (
        keep_draws(run, keeping, overwrite=overwrite, resumable=folder is not None) as store,
        gather_team(run, chosen.cluster, store, model_text=text, note=_tell) as team,
        _watch(run, chosen, folder) as progress,
    ):
        return begin(keeper=store, team=team, progress=progress)


def _plan(run: Run, question: Question, chosen: Streaming, keeping: str) -> RunPlan:
    """Return the plan of a run, and print it."""
    from mcdemand.planning import check_disk, plan_stream

    plan = plan_stream(run, question, threads=chosen.threads, stores=bool(keeping))
    if not chosen.quiet or chosen.plan_only:
        print_plan(plan)
    if keeping:
        check_disk(Path(keeping).parent, plan.disk_bytes)
    return plan


def print_plan(plan: RunPlan) -> None:
    """Print what a run takes, before it begins."""
    from mcdemand.report.layout import print_text
    from mcdemand.report.stream_tables import plan_line
    from mcdemand.report.text import console

    print_text(console(sys.stdout), plan_line(plan))
    sys.stdout.flush()


def show_stored_plan(simulation: Mapping[str, Any], folder: Path) -> None:
    """Print what a run that keeps its draws takes.

    Raises
    ------
    InputError, ResourceError, FileError
        If it does not fit into memory, or its file not on the disk.
    """
    from mcdemand.planning import check_disk, plan_store
    from mcdemand.request import prepare_request

    run = prepare_request(**_request(simulation))
    plan = plan_store(run, threads=simulation["threads"])
    print_plan(plan)
    check_disk(folder, plan.disk_bytes)


def _request(simulation: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of `simulate` that state a run."""
    return {key: value for key, value in simulation.items() if key not in ("threads", "check_determinism")}


def _own_folder(run: Run, plan: RunPlan) -> Path | None:
    """Return where a run that takes long keeps its progress; None for a short one."""
    return Path(f"{run.priors.name}{PROGRESS_SUFFIX}") if plan.seconds > LONG_SECONDS else None


def _tell(note: str) -> None:
    from mcdemand.report.text import literal

    sys.stderr.write(f"note: {literal(note)}\n")


@contextmanager
def _watch(run: Run, chosen: Streaming, folder: Path | None) -> Iterator[Any]:
    """Yield what moves the progress bar; whoever stops the run learns how it goes on."""
    from mcdemand.commands.progress import show_progress

    try:
        with show_progress(f"streaming {run.priors.name}", quiet=chosen.quiet) as progress:
            yield progress
    except (KeyboardInterrupt, SystemExit):
        if folder and folder.is_dir():
            sys.stderr.write(f"stopped; go on with: {_resuming(run, folder)}\n")
        raise


def _resuming(run: Run, folder: Path) -> str:
    """Return the command that goes on with a run."""
    from mcdemand.model import installed_models
    from mcdemand.report.text import literal

    model = "" if run.model.name in installed_models() else " --model FILE.py"
    return literal(f"mcdemand run --resume {shlex.quote(str(folder))}{model}")


def _show(result: xr.DataTree, targets: Targets, chosen: Streaming, keeping: str) -> None:
    """Write what a run came to and a picture of its sample, and print tables."""
    from mcdemand.netcdf_file import write_result
    from mcdemand.report.figures import draw_overview
    from mcdemand.streamed_result import sample_of

    write_result(result, targets.result, overwrite=targets.replace_result)
    draw_overview(sample_of(result), targets.figure, overwrite=targets.replace_figure)
    if not chosen.quiet:
        draws = f", {keeping} (all draws)" if keeping else ""
        _print(result, f"Written: {targets.result}, {targets.figure} (its first draws){draws}")


def _print(result: xr.DataTree, written: str) -> None:
    from mcdemand.report.layout import print_notes
    from mcdemand.report.notes import summary_notes
    from mcdemand.report.stream_tables import accuracy_notes, print_quantiles
    from mcdemand.report.tables import exceedance_events, print_summary
    from mcdemand.report.text import console

    summary, out = result["summary"].to_dataset(), console(sys.stdout)
    attributes = {str(key): value for key, value in result.attrs.items()}
    print_summary(out, summary, attributes, exceedance_events(summary))
    print_quantiles(out, summary)
    out.print()
    accuracy = accuracy_notes(summary, exact=bool(attributes["exact"]))
    print_notes(out, [*summary_notes(summary, attributes), *accuracy, written])
