"""The engine's front door: a request in, labelled draws out, or what all of them come to."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xarray as xr

from mcdemand.designs import designs
from mcdemand.determinism import compare_twice
from mcdemand.engine import Progress, store_run
from mcdemand.errors import InputError, IntegrityError
from mcdemand.model import Model
from mcdemand.planning import RunPlan, plan_stream
from mcdemand.prior_pool import PRIOR_SET
from mcdemand.request import CHAINS, DESIGN, DRAWS, Beliefs, prepare_request
from mcdemand.result import label_run
from mcdemand.run import Run, prepare
from mcdemand.run_statement import restate_run, state_run
from mcdemand.streamed_result import label_answer
from mcdemand.streamed_run import stream_run
from mcdemand.streaming.checkpoint import Checkpoint, hold_folder
from mcdemand.streaming.passes import Team
from mcdemand.streaming.source import Keeper
from mcdemand.streaming.study import Question
from mcdemand.summary_request import check_limits, check_probabilities

PROBABILITIES, CI_PROB = (0.05, 0.25, 0.5, 0.75, 0.95), 0.9


def simulate(
    priors: Beliefs,
    *,
    model: Model | str | None = None,
    draws: int = DRAWS,
    chains: int = CHAINS,
    seed: int = 0,
    design: str = DESIGN,
    outputs: str | Iterable[str] | None = None,
    years: int | Iterable[int] | None = None,
    set: Mapping[str, Any] | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
    check_determinism: bool = False,
    store: bool = True,
) -> xr.DataTree:
    """Return draws of demand trajectories.

    Parameters
    ----------
    priors
        A prior set, or what `load_prior_set` takes: a shipped name, a path, a mapping; or a pool of prior sets.
    model
        The model; None: the one that the prior set names.
    draws
        Draws over all chains, rounded up to whole chains; under "sobol" to a power of two in each.
    chains
        Independent randomisations. Where draws within a chain are not independent, errors come from the chains, so a
        single one has no error.
    seed
        A whole number; the same one gives the same bits.
    design
        "sobol" (smallest errors), "latin_hypercube" or "random" (independent draws); `mcdemand.designs` says what each
        promises.
    outputs
        Quantities and parameters to keep; None: the model's default outputs and all parameters that they need.
    years
        Years to keep; None: those of the prior set. The recursion starts in the model's base year all the same.
    set
        Overrides of the prior set, such as `{"reasoning_multiplier.p50": 10}`.
    threads
        Threads to use; the result does not depend on it.
    progress
        Called with (draws done, draws in all).
    check_determinism
        Compute the first draws twice before the run and compare the bits.
    store
        Whether to keep the draws; False: what `stream` returns for the same request, in memory that does not grow with
        their number.

    Returns
    -------
    xr.DataTree
        Groups `prior` with dims (chain, draw) and `prior_predictive` with dims (chain, draw, year), every variable
        with `units` and `long_name`; the root's attributes are enough to run it again.

    Raises
    ------
    InputError
        If the request is not sound; the message names key, value, rule and remedy.
    NumericalError
        If a kept value is NaN or infinite; if a quantity gives other numbers the second time, where that is checked.
    ResourceError
        If the draws do not fit into the memory that is free, or that this process may use.

    Examples
    --------
    >>> result = simulate("consensus", draws=512, chains=2, outputs=["energy_served"], years=[2025, 2026])
    >>> dict(result["prior_predictive"].sizes)
    {'chain': 2, 'draw': 256, 'year': 2}
    """
    sizes: dict[str, Any] = {"draws": draws, "chains": chains, "seed": seed, "design": design}
    run = prepare_request(priors, model=model, outputs=outputs, years=years, set=set, **sizes)
    if check_determinism:
        compare_twice(run)
    if not store:
        question = read_question(run)
        return run_stream(run, question, plan_stream(run, question, threads=threads), progress=progress)
    return label_run(run, store_run(run, threads=threads, progress=progress))


def read_question(
    run: Run,
    probabilities: Sequence[float] = PROBABILITIES,
    ci_prob: float | Sequence[float] = CI_PROB,
    thresholds: Mapping[str, float | Sequence[float]] | None = None,
    *,
    exact: bool = True,
) -> Question:
    """Return what is asked of a run, checked.

    Raises
    ------
    InputError
        If a level or a threshold is none.
    """
    names = run.plan.outputs or run.kept_parameters
    limits = check_limits(thresholds or {}, dict.fromkeys(names))
    return Question(
        probabilities=check_probabilities("probabilities", probabilities),
        ci_probs=check_probabilities("ci_prob", ci_prob),
        thresholds={name: tuple(x for x in values.tolist() if x == x) for name, values in limits.items()},
        replicates=not designs()[run.design].is_independent,
        exact=exact,
    )


def _restate(folder: Path, about: Mapping[str, Any], model: Model | str | None) -> tuple[Run, Question]:
    """Return the run whose progress a folder holds, and what was asked of it."""
    try:
        run = restate_run(about["run"], model)
    except IntegrityError as error:
        raise IntegrityError(f"{folder}: {error}") from None
    asked = about["question"]
    lists = {key: tuple(asked[key]) for key in ("probabilities", "ci_probs")}
    thresholds = {name: tuple(values) for name, values in asked["thresholds"].items()}
    return run, Question(**{**asked, **lists, "thresholds": thresholds})


def _stated(run: Run, question: Question, keeping: str) -> dict[str, Any]:
    return {"run": state_run(run), "question": dataclasses.asdict(question), "keeping": keeping}


def _grown(run: Run, draws: int) -> Run:
    """Return the same run with more draws."""
    before = run.chains * run.draws_per_chain
    if draws < before:
        raise InputError(f"draws: {draws}: this run has {before}; ask for more, or begin anew")
    if draws > before and not designs()[run.design].grows:
        raise InputError(f"draws: design {run.design}: more draws are another sample; begin anew")
    outputs = (*run.plan.outputs, *(name for name in run.kept_parameters if name != PRIOR_SET))
    sizes: dict[str, Any] = {"draws": draws, "chains": run.chains, "seed": run.seed, "design": run.design}
    return prepare(run.priors, run.model, outputs=outputs, years=run.years, **sizes)


def run_stream(
    run: Run,
    question: Question,
    plan: RunPlan,
    *,
    checkpoint: str | Path | None = None,
    keeping: str = "",
    keeper: Keeper | None = None,
    team: Team | None = None,
    progress: Progress | None = None,
) -> xr.DataTree:
    """Return what the draws of a planned run come to, as `stream` does.

    Parameters
    ----------
    keeping, keeper
        Where the draws are kept, and who keeps those that threads of this process compute; none, if they are not.
    team
        Who computes spans; None: threads of this process.

    Raises
    ------
    FileError
        If the folder holds another run, is in use, or cannot be written.
    """
    if checkpoint is None:
        return _finish(run, question, plan, None, keeper, team, progress)
    question = dataclasses.replace(question, growing=True)
    with hold_folder(Path(checkpoint)) as kept:
        stated = _stated(run, question, keeping)
        if kept.is_begun:
            kept.check_run(stated)
        kept.write_run(stated)
        return _finish(run, question, plan, kept, keeper, team, progress)


@dataclass(frozen=True)
class Resumed:
    """A run whose progress a folder holds, which is this process's until the block ends.

    Attributes
    ----------
    keeping
        Where the draws are kept; nothing, if they are not.
    """

    run: Run
    question: Question
    kept: Checkpoint
    keeping: str

    def finish(
        self,
        plan: RunPlan,
        *,
        keeper: Keeper | None = None,
        team: Team | None = None,
        progress: Progress | None = None,
    ) -> xr.DataTree:
        """Return what `run_stream` would have."""
        self.kept.write_run(_stated(self.run, self.question, self.keeping))
        return _finish(self.run, self.question, plan, self.kept, keeper, team, progress)


@contextmanager
def open_resumed(
    checkpoint: str | Path, *, draws: int | None = None, model: Model | str | None = None
) -> Iterator[Resumed]:
    """Yield the run whose progress a folder holds, with more draws if any are asked for; `resume` says more.

    Raises
    ------
    InputError, FileError, IntegrityError
        As `resume`.
    """
    with hold_folder(Path(checkpoint), existing=True) as kept:
        about = kept.read_run()
        run, question = _restate(kept.folder, about, model)
        if draws is not None and about["keeping"]:
            raise InputError(f"draws: {draws}: a run that keeps its draws does not grow; begin anew")
        yield Resumed(run if draws is None else _grown(run, draws), question, kept, str(about["keeping"]))


def _finish(
    run: Run,
    question: Question,
    plan: RunPlan,
    kept: Checkpoint | None,
    keeper: Keeper | None,
    team: Team | None,
    progress: Progress | None,
) -> xr.DataTree:
    answer, sample = stream_run(run, question, plan, team=team, keeper=keeper, journal=kept, progress=progress)
    return label_answer(run, question, answer, sample)
