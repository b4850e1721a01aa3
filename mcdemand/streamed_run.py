"""A run that keeps no draws, from its plan to its answer."""

from __future__ import annotations

from mcdemand.engine import Progress, store_run
from mcdemand.planning import RunPlan, of_sample
from mcdemand.run import Run
from mcdemand.sinks import Store
from mcdemand.streaming.passes import Team, Threads
from mcdemand.streaming.source import Keeper, RunSource
from mcdemand.streaming.study import Answer, Journal, Question, ask


def stream_run(
    run: Run,
    question: Question,
    plan: RunPlan,
    *,
    team: Team | None = None,
    keeper: Keeper | None = None,
    journal: Journal | None = None,
    progress: Progress | None = None,
) -> tuple[Answer, Store]:
    """Return the answer of a run, and the first draws of each chain.

    Parameters
    ----------
    team
        Who computes spans; None: threads of this process.
    keeper
        Who keeps the draws that threads of this process compute, if anybody does.
    progress
        Called with (draws done, draws in all), those of every pass.

    Raises
    ------
    NumericalError
        If a draw is not finite; it names quantity, chain, draw and year.
    """
    sample = store_run(of_sample(run), threads=plan.threads)
    source = RunSource(run, keeper)
    crew = team or Threads(source, plan.threads)
    answer = ask(source, question, crew, span_draws=plan.span_draws, journal=journal, watch=progress)
    return answer, sample
