"""What each process of a cluster does: it makes the run again, once, and computes the spans that it is handed."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mcdemand.errors import ClusterError, InputError, IntegrityError
from mcdemand.model import Model, installed_models
from mcdemand.own_model import read_model_text
from mcdemand.run import Run
from mcdemand.run_statement import restate_run, state_run
from mcdemand.streaming.passes import Arrays, SpanWorker, compute_span
from mcdemand.streaming.source import Keeper, RunSource
from mcdemand.streaming.spans import Span
from mcdemand.versions import explain_skew, installed_versions

RUNS_AT_ONCE = 4
"""Runs that a process remembers, for users who share a cluster."""


@dataclass(frozen=True)
class StatedRun:
    """A run on its way to other processes.

    Attributes
    ----------
    versions
        Those that compute the same bits.
    statement
        What makes the run.
    model_text
        The text of the file of a model of one's own; None: the model is installed.
    new_keeper
        Makes who keeps the draws; None: nobody does.
    """

    versions: Mapping[str, str]
    statement: Mapping[str, Any]
    model_text: str | None
    new_keeper: Callable[[Run], Keeper] | None = None

    @cached_property
    def digest(self) -> str:
        """Digest of the run, and of where its draws are kept."""
        stated = [self.statement, self.model_text, str(self.new_keeper)]
        return hashlib.sha256(json.dumps(stated, sort_keys=True).encode()).hexdigest()


def state_for_cluster(run: Run, model_text: str | None, new_keeper: Callable[[Run], Keeper] | None = None) -> StatedRun:
    """Return a run as other processes can make it again.

    Raises
    ------
    InputError
        If its model is one's own and comes without the text of its file, or that text makes another model.
    """
    if model_text is None and installed_models().get(run.model.name) is not run.model:
        raise InputError(
            f"model: {run.model.name!r:.80}: one's own, and a cluster needs the text of its file: pass --model FILE.py "
            "(model_text=), or run without a cluster"
        )
    stated = StatedRun(installed_versions(), state_run(run), model_text, new_keeper)
    if model_text is not None:
        _check_text(stated)
    return stated


def _check_text(stated: StatedRun) -> None:
    try:
        restate_run(stated.statement, _model_of(stated))
    except IntegrityError as error:
        name = str(stated.statement["model"])
        raise InputError(f"model: {name!r:.80}: the text of its file makes another one: {error}") from None


def _model_of(stated: StatedRun) -> Model | None:
    name = str(stated.statement["model"])
    return None if stated.model_text is None else read_model_text(stated.model_text, name)


@dataclass(frozen=True)
class Assignment:
    """A pass over the draws of a run, on its way to other processes."""

    run: StatedRun
    new_worker: Callable[[], SpanWorker]


def hand_over(assignment: Assignment) -> Assignment:
    """Return an assignment: a task, so that whoever loses it gets it again."""
    return assignment


def compute(assignment: Assignment, chain: int, first_draw: int, draws: int) -> Arrays:
    """Return what a span comes to.

    Raises
    ------
    ClusterError
        If this process is of another version than the one that asks, or makes another run.
    NumericalError
        If a draw is not finite.
    """
    _check_versions(assignment.run.versions)
    source = _source_of(assignment.run)
    return compute_span(source, assignment.new_worker(), Span(chain, first_draw, draws))


_sources: dict[str, RunSource] = {}
_making = threading.Lock()


def _source_of(stated: StatedRun) -> RunSource:
    """Return the source of a run, made once in a process."""
    with _making:
        if stated.digest not in _sources:
            while len(_sources) >= RUNS_AT_ONCE:
                del _sources[next(iter(_sources))]
            run = _restated(stated)
            _sources[stated.digest] = RunSource(run, stated.new_keeper(run) if stated.new_keeper else None)
        return _sources[stated.digest]


def _check_versions(expected: Mapping[str, str]) -> None:
    skew = explain_skew(installed_versions(), expected)
    if skew:
        raise ClusterError(explain_refusal(_own_address(), skew))


def explain_refusal(who: str, skew: str) -> str:
    """Return that somebody is of another version."""
    return f"cluster: {who}: {skew}; install the same versions everywhere and start it again"


def _restated(stated: StatedRun) -> Run:
    try:
        return restate_run(stated.statement, _model_of(stated))
    except IntegrityError as error:
        raise ClusterError(f"cluster: {_own_address()}: makes another run: {error}") from None


def _own_address() -> str:
    """Return the address of the worker that this task runs on."""
    from distributed import get_worker

    return f"worker {get_worker().address}"
