"""`mcdemand run`: simulate a prior set, print the table, write the result and the picture."""

from __future__ import annotations

import inspect
import json
import math
import sys
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcdemand.commands import arguments, options, streamed
from mcdemand.commands.run_output import Files, choose_targets, print_result, write_files
from mcdemand.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

    from mcdemand.model import Model
    from mcdemand.prior_pool import PriorPool
    from mcdemand.prior_set import PriorSet

DEFAULT_SET, DRAWS = "consensus", "16384"
FEWEST_OF_A_SET = 10
CI_KINDS = ("eti", "hdi")
SHOWING = frozenset({"prior_set", "model", "output", "plot", "overwrite", "threads", "quiet"})
"""Options that do not change what is run."""


@dataclass(frozen=True)
class Request:
    """What is to be simulated and shown, checked.

    Attributes
    ----------
    simulation
        Arguments of `simulate`.
    summary
        Arguments of `summarize`.
    precision
        What precision is asked for, and the budget; empty if none is.
    """

    simulation: dict[str, Any]
    summary: dict[str, Any]
    precision: dict[str, Any]


def run(
    prior_set: str | None = None,
    /,
    *,
    draws: options.RunDraws = None,
    seed: options.Seed = "0",
    outputs: options.Outputs = None,
    years: options.Years = None,
    ci_prob: options.CiProb = "0.9",
    ci_kind: options.CiKind = "eti",
    above: options.Above = None,
    precision: options.Precision = None,
    budget: options.Budget = None,
    set_: options.Overrides = None,
    pool: options.Pool = None,
    output: options.ResultFile = None,
    plot: options.FigureFile = None,
    model: options.ModelFile = None,
    design: options.Design = "sobol",
    chains: options.Chains = "16",
    threads: options.Threads = None,
    quiet: options.Quiet = False,
    check_determinism: options.CheckDeterminism = False,
    overwrite: options.Overwrite = False,
    from_: options.Repeated = None,
    stream: options.Stream = False,
    one_pass: options.OnePass = False,
    probabilities: options.StreamLevels = None,
    checkpoint: options.CheckpointFolder = None,
    resume: options.ResumedFolder = None,
    cluster: options.ClusterAddress = None,
    plan: options.PlanOnly = False,
) -> None:
    """Simulate a prior set: a table by year, a result file and a fan chart.

    Parameters
    ----------
    prior_set
        Name of a shipped set (see `mcdemand priors list`) or path to a TOML file. Default: consensus.
    """
    given = dict(locals())
    files = Files(output, plot, overwrite)
    streaming = streamed.read_streaming(given)
    if from_ is not None:
        _check_alone("--from: a result is repeated as it is", given, {"from_", *SHOWING, "ci_prob", "ci_kind"})
        _repeat(from_, model, _interval(given), files, quiet=quiet)
    elif resume is not None:
        _check_alone("--resume: a run goes on as it was begun", given, {"resume", *SHOWING, "draws", "cluster", "plan"})
        streamed.resume(resume, streaming, files)
    elif stream:
        request = _request(given)
        if request.precision:
            raise InputError("--precision: doubles the draws that are kept; leave out --stream, or state --draws")
        streamed.stream(request.simulation, request.summary, streaming, files)
    else:
        _run(_request(given), files, plan=plan, quiet=quiet)


def _check_alone(rule: str, given: Mapping[str, Any], free: Set[str]) -> None:
    """Refuse whatever would make a run another one than that of a file."""
    if given["prior_set"] is not None:
        raise InputError(f"{rule}, so leave out the set, {given['prior_set']}")
    for name, parameter in inspect.signature(run).parameters.items():
        if name not in free and given[name] != parameter.default:
            raise InputError(f"{rule}, so leave out --{name.rstrip('_').replace('_', '-')}")


def _request(given: Mapping[str, Any]) -> Request:
    """Return what is to be simulated and shown, from the options by name."""
    years = given["years"]
    simulation: dict[str, Any] = {
        "draws": arguments.parse_count("--draws", given["draws"] or DRAWS),
        "chains": arguments.parse_count("--chains", given["chains"]),
        "seed": arguments.parse_count("--seed", given["seed"]),
        "outputs": arguments.parse_names(given["outputs"]),
        "years": None if years is None else arguments.parse_years(years),
        **{name: given[name] for name in ("design", "threads", "check_determinism")},
    }
    request = Request(simulation, _interval(given), _precision(given["precision"], given["budget"]))
    overrides = arguments.parse_overrides(given["set_"] or ())
    weights = {} if given["pool"] is None else arguments.parse_weights(given["pool"])
    simulation.update(_priors_and_model(given["prior_set"], weights, overrides, given["model"]))
    _check_shares(simulation["priors"], simulation["draws"])
    _add_thresholds(request, given["above"] or ())
    return request


def _run(request: Request, files: Files, *, plan: bool, quiet: bool) -> None:
    """Simulate, write, draw and print; or print what that would take."""
    targets = choose_targets(request.simulation["priors"].name, files)
    if plan:
        streamed.show_stored_plan(request.simulation, targets.result.parent)
        return
    result = _simulate(request, quiet=quiet)
    write_files(result, targets)
    if not quiet:
        print_result(result, request.summary, targets)
    elif request.precision:
        _warn(result)


def _repeat(source: Path, model_file: Path | None, summary: dict[str, Any], files: Files, *, quiet: bool) -> None:
    """Simulate a result again from its own attributes, compare, and do with it what is done with a new one."""
    from mcdemand.commands.progress import show_progress
    from mcdemand.own_model import read_model
    from mcdemand.repetition import repeat_result
    from mcdemand.result_files import read_draws

    targets, stored = choose_targets(f"{source.stem}_repeated", files), read_draws(source)
    model = None if model_file is None else read_model(model_file)
    with show_progress(f"repeating {source}", quiet=quiet) as progress:
        result = repeat_result(stored, model=model, threads=summary["threads"], progress=progress)
    write_files(result, targets)
    if not quiet:
        print_result(result, summary, targets, f"Every number that {source} stores came out the same, to the last bit.")


def _priors_and_model(
    prior_set: str | None, pool: dict[str, float], overrides: dict[str, Any], model_file: Path | None
) -> dict[str, Any]:
    from mcdemand.own_model import choose_model
    from mcdemand.prior_pool import pool_prior_sets
    from mcdemand.prior_set import load_prior_set

    if pool and prior_set is not None:
        raise InputError(f"--pool: {prior_set} is named too; give it a weight in the pool, or leave it out")
    priors = pool_prior_sets(pool, overrides) if pool else load_prior_set(prior_set or DEFAULT_SET, overrides)
    return {"priors": priors, "model": choose_model(priors, model_file)}


def _check_shares(priors: PriorSet | PriorPool, draws: int) -> None:
    """Raise where a set of a pool can expect too few draws to be shown beside it.

    Raises
    ------
    InputError
        If it can.
    """
    from mcdemand.prior_pool import PriorPool

    if isinstance(priors, PriorPool) and min(priors.weights) * draws < FEWEST_OF_A_SET:
        weight, name = min(zip(priors.weights, (one.name for one in priors.sets), strict=True))
        needed = math.ceil(FEWEST_OF_A_SET / weight)
        raise InputError(
            f"--pool: {name}={weight:g}: gets too few of {draws} draws; ask for {needed} draws, or drop it"
        )


def _warn(result: xr.DataTree) -> None:
    """Say on the error stream that a precision was not reached: who prints nothing else should know."""
    from mcdemand.report.notes import precision_notes
    from mcdemand.report.text import literal

    if json.loads(result.attrs["precision"])["stopped_by"] != "precision":
        for note in precision_notes({str(key): value for key, value in result.attrs.items()}):
            sys.stderr.write(f"warning: {literal(note)}\n")


def _precision(precision: list[str] | None, budget: list[str] | None) -> dict[str, Any]:
    """Return what `simulate_until_precise` takes beside the simulation; nothing if no precision is asked for."""
    if not precision:
        if budget:
            raise InputError("--budget: limits --precision, which is not given; state one, such as --precision 1%")
        return {}
    return {"precision": arguments.parse_precision(precision), "budget": arguments.parse_budget(budget or ())}


def _interval(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `summarize` is asked for."""
    if given["ci_kind"] not in CI_KINDS:
        raise InputError(f"--ci-kind: {given['ci_kind']!r}: must be {' or '.join(CI_KINDS)}")
    prob = arguments.parse_probability("--ci-prob", given["ci_prob"])
    return {"threads": given["threads"], "ci_prob": prob, "ci_kind": given["ci_kind"]}


def _add_thresholds(request: Request, above: Sequence[str]) -> None:
    """Add thresholds to the summary, and outputs that only they name to the simulation."""
    model: Model = request.simulation["model"]
    thresholds = arguments.parse_thresholds(above, list(model.quantities))
    if not thresholds:
        return
    request.summary["thresholds"] = thresholds
    outputs: tuple[str, ...] | None = request.simulation["outputs"]
    if outputs is None:
        # Naming outputs leaves out the parameters that are not named, so all that are needed are named.
        plan = model.plan((*model.default_outputs, *thresholds))
        outputs = (*plan.outputs, *plan.parameters)
    request.simulation["outputs"] = tuple(dict.fromkeys((*outputs, *thresholds)))


def _simulate(request: Request, *, quiet: bool) -> xr.DataTree:
    from mcdemand.commands.progress import show_progress
    from mcdemand.precision import Budget, simulate_until_precise
    from mcdemand.simulation import simulate

    priors: PriorSet | PriorPool = request.simulation["priors"]
    with show_progress(f"simulating {priors.name}", quiet=quiet) as progress:
        if not request.precision:
            return simulate(**request.simulation, progress=progress)
        return simulate_until_precise(
            **request.simulation,
            precision=request.precision["precision"],
            budget=Budget(**request.precision["budget"]),
            ci_prob=request.summary["ci_prob"],
            progress=progress,
        )
