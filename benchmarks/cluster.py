"""Passes on a Dask cluster: the same bits when workers are killed, and what it takes beside threads."""

from __future__ import annotations

import inspect
import os
import random
import signal
import statistics
import time
from collections.abc import Callable, Sequence

from benchmarks import w1
from mcdemand.cluster import Cluster, Connection, open_cluster
from mcdemand.own_model import read_model_text
from mcdemand.planning import plan_stream
from mcdemand.request import prepare_request
from mcdemand.run import Run
from mcdemand.streaming.passes import Team, Threads
from mcdemand.streaming.source import RunSource
from mcdemand.streaming.spans import LEAF_DRAWS
from mcdemand.streaming.study import Answer, Question, ask

DRAWS, KILLS, ROUNDS = 10**8, 20, 3
CHAINS = 16
CREWS = (1, 2, 4)
SMALL_SPAN = 64 * LEAF_DRAWS
"""Draws of a span where workers are killed: more tasks, more that can be lost."""
KILL_SECONDS = 1.0, 6.0
"""Seconds between two kills, at least and at most."""
QUESTION = Question(w1.PROBABILITIES, (w1.CI_PROB,), {}, replicates=False)
HEADER = "from math import log\nfrom mcdemand.math import exp, expm1, logistic\nfrom mcdemand.math import log as ln\n"
TEXT = "\n\n".join([f"{HEADER}LN_2 = log(2.0)\n", *map(inspect.getsource, w1.FUNCTIONS)])


def prepare_w1(draws: int) -> Run:
    """Return W1 made of a text, as it travels to workers."""
    sizes = {"draws": draws, "chains": CHAINS, "seed": 0, "design": "random"}
    model = read_model_text(TEXT, "w1")
    return prepare_request(w1.PRIORS, model=model, outputs=["demand"], years=None, set=None, **sizes)


def bits_of(answer: Answer) -> bytes:
    """Return the bits of all figures."""
    return b"".join(
        row.quantiles.tobytes() + row.mean.hex().encode() + row.sd.hex().encode() for row in answer.summaries
    )


def answer_by(run: Run, team: Team, span_draws: int, watch: Callable[[int, int], None] | None = None) -> bytes:
    """Return the bits that a team comes to."""
    return bits_of(ask(RunSource(run), QUESTION, team, span_draws=span_draws, watch=watch))


class Killer:
    """Kills a worker now and then, from the thread that waits for it."""

    def __init__(self, connection: Connection, kills: int) -> None:
        self._client, self.left, self._chance = connection.client, kills, random.Random(0)
        self._next = time.monotonic() + self._chance.uniform(*KILL_SECONDS)

    def watch(self, _done: int, _total: int) -> None:
        """Kill a worker if it is time to."""
        if not self.left or time.monotonic() < self._next:
            return
        workers = sorted(self._client.run(os.getpid, on_error="ignore").values())
        if workers:
            os.kill(self._chance.choice(workers), signal.SIGKILL)
            self.left -= 1
        self._next = time.monotonic() + self._chance.uniform(*KILL_SECONDS)


def check_kills(draws: int, kills: int) -> None:
    """Run again and again until all kills are done; every run must come to the bits of threads."""
    run, runs = prepare_w1(draws), 0
    expected = answer_by(run, Threads(RunSource(run), 2), SMALL_SPAN)
    with open_cluster("local:2") as connection:
        team, killer = Cluster(connection, run, model_text=TEXT), Killer(connection, kills)
        while killer.left:
            assert answer_by(run, team, SMALL_SPAN, killer.watch) == expected
            runs += 1
    print(f"{kills} workers killed at random moments of {runs} runs of {draws:,} draws: the same bits in each")


def time_crews(draws: int, rounds: int) -> None:
    """Print seconds by workers and by as many threads, in turns."""
    run = prepare_w1(draws)
    print(f"W1, {draws:,} draws, two passes, medians of {rounds} rounds in turns")
    print("| workers | seconds | seconds of as many threads | ratio | seconds to start |\n|---|---|---|---|---|")
    for crew in CREWS:
        started = time.perf_counter()
        with open_cluster(f"local:{crew}") as connection:
            opened = time.perf_counter() - started
            teams: tuple[Team, Team] = Cluster(connection, run, model_text=TEXT), Threads(RunSource(run), crew)
            times = _time_in_turns(run, teams, plan_stream(run, QUESTION, threads=crew).span_draws, rounds)
        median = [statistics.median(column) for column in zip(*times, strict=True)]
        ratio = statistics.median(ours / theirs for ours, theirs in times)
        print(f"| {crew} | {median[0]:.2f} | {median[1]:.2f} | {ratio:.2f} | {opened:.1f} |")


def _time_in_turns(run: Run, teams: Sequence[Team], span_draws: int, rounds: int) -> list[tuple[float, ...]]:
    times, found = [], {answer_by(run, team, span_draws) for team in teams}
    assert len(found) == 1
    for _ in range(rounds):
        row = []
        for team in teams:
            start = time.perf_counter()
            answer_by(run, team, span_draws)
            row.append(time.perf_counter() - start)
        times.append(tuple(row))
    return times


def print_cluster(arguments: Sequence[str]) -> None:
    """Check the kills and time the crews; `DRAWS KILLS ROUNDS` may be given, no kills among them."""
    given = [*map(int, arguments), *(DRAWS, KILLS, ROUNDS)[len(arguments) :]]
    check_kills(given[0] // 10, given[1])
    time_crews(given[0], given[2])
