"""All passes over the draws of a source, and what they come to: summaries, counts, exact quantiles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from mcdemand.errors import NumericalError
from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.philox import BLOCK
from mcdemand.replicates import Replicates
from mcdemand.row_summary import RowPlan, RowSummary
from mcdemand.streaming.ladder import Ladder
from mcdemand.streaming.octave_counts import OctaveCounts
from mcdemand.streaming.passes import Arrays, Pass, Summed, Team
from mcdemand.streaming.row_figures import RowCounts, summarize_counts, wanted_ranks
from mcdemand.streaming.sieve import KEPT_AT_MOST, Divide, Sieve
from mcdemand.streaming.slots import choose_slots, divide_slots, is_divisible
from mcdemand.streaming.source import Row, Source
from mcdemand.streaming.spans import LEAF_DRAWS, Span, cut_spans
from mcdemand.streaming.tally import Tally, TallyPlan, TallyWorker

PILOT_DRAWS, PILOT_CHAINS = 2**14, 64
GROWTH_MARGIN = 6.0


@dataclass(frozen=True)
class Question:
    """What is asked of every row.

    Attributes
    ----------
    thresholds
        By name of a row, values in its unit.
    replicates
        Whether errors come from the chains.
    exact
        Whether quantiles are exact, which takes a second pass.
    growing
        Whether more draws may follow, so that what is kept should suffice for them too.
    """

    probabilities: tuple[float, ...]
    ci_probs: tuple[float, ...]
    thresholds: Mapping[str, tuple[float, ...]]
    replicates: bool
    exact: bool = True
    growing: bool = False

    def plan_of(self, source: Source) -> RowPlan:
        """Return the plan of a row."""
        stops = tuple(range(source.draws, source.chains * source.draws + 1, source.draws))
        replicates = Replicates(stops) if self.replicates else None
        return RowPlan(source.chains * source.draws, self.probabilities, self.ci_probs, ("eti",), replicates)

    def limits_of(self, rows: Sequence[Row]) -> Floats:
        """Return thresholds (row, threshold), NaN where a row has fewer than others."""
        longest = max(map(len, self.thresholds.values()), default=0)
        limits = np.full((len(rows), longest), np.nan)
        for k, row in enumerate(rows):
            mine = self.thresholds.get(row.name, ())
            limits[k, : len(mine)] = mine
        return limits


class Journal(Protocol):
    """Keeps what spans came to, for a run that goes on where another one was stopped."""

    def open(self, name: str, work: Summed) -> list[Span]:
        """Fill a pass with what was kept of it, and return the spans that this holds."""

    def keep(self, name: str, work: Summed, done: Sequence[Span]) -> None:
        """Keep a pass that holds some spans."""

    def open_pieces(self, sieve: Sieve) -> list[Span]:
        """Hand the second pass what was kept of it, and return the spans of that."""

    def keep_piece(self, sieve: Sieve, span: Span, found: Arrays) -> None:
        """Keep what a span of the second pass came to."""


@dataclass(frozen=True)
class Answer:
    """What all draws of a source come to.

    Attributes
    ----------
    summaries
        Of each row.
    bounds
        (row, level): how far a quantile can be from that of all draws, 0 where it is exact.
    ladders
        Each row's bins and how many draws they hold.
    """

    rows: tuple[Row, ...]
    plan: RowPlan
    summaries: tuple[RowSummary, ...]
    bounds: Floats
    ladders: tuple[Ladder, ...]
    limits: Floats


def ask(
    source: Source,
    question: Question,
    team: Team,
    *,
    span_draws: int,
    journal: Journal | None = None,
    watch: Callable[[int, int], None] | None = None,
) -> Answer:
    """Return the answer for every row, from one pass over all draws or, if it is to be exact, two.

    Parameters
    ----------
    span_draws
        Draws that are computed between two looks at the clock; the answer does not depend on it.
    watch
        Called with (draws done, draws in all), those of every pass.

    Raises
    ------
    NumericalError
        If a draw is not finite; it names row, chain and draw.
    """
    study = _Study(source, question, team, span_draws, journal, watch)
    return study.answer()


@dataclass
class _Study:
    source: Source
    question: Question
    team: Team
    span_draws: int
    journal: Journal | None
    watch: Callable[[int, int], None] | None
    passes: int = 0

    @cached_property
    def plan(self) -> RowPlan:
        return self.question.plan_of(self.source)

    def answer(self) -> Answer:
        self.passes = 2 if self.question.exact else 1
        limits = self.question.limits_of(self.source.rows)
        tally = self._tally(limits)
        rows = range(len(self.source.rows))
        ladders = tuple(Ladder(*tally.counts.of_row(row)) for row in rows)
        sieve = self._sieve(ladders, tally.counts) if self.question.exact else None
        chains = [tally.moments(chain) for chain in range(self.source.chains)]
        summaries = []
        for row in rows:
            moments = [(size, found[:, row]) for size, found in chains]
            counts = RowCounts(ladders[row], moments, tally.below[:, row], tally.above[:, row])
            summaries.append(self._summary(row, counts, limits[row], sieve))
        bounds = np.zeros((len(rows), len(self.plan.levels)))
        if not sieve:
            positions = (self.plan.size - 1) * np.asarray(self.plan.levels)
            bounds = np.array(
                [row.bound_of(_quantiles(s), positions) for row, s in zip(ladders, summaries, strict=True)]
            )
        return Answer(tuple(self.source.rows), self.plan, tuple(summaries), bounds, ladders, limits)

    def _summary(self, row: int, counts: RowCounts, limits: Floats, sieve: Sieve | None) -> RowSummary:
        def values_at(ranks: Integers) -> Floats:
            return sieve.values_at(row, ranks) if sieve else counts.ladder.value_at(ranks)

        try:
            return summarize_counts(self.plan, counts, limits, values_at)
        except NumericalError as error:
            raise NumericalError(f"{self.source.rows[row]}: {error}") from None

    def _tally(self, limits: Floats) -> Tally:
        levels = np.asarray(self.plan.levels)
        edges = np.array([row.edges_near((row.size - 1) * levels) for row in self._pilot()], dtype=np.int64)
        tally = Tally(TallyPlan(tuple(self.source.rows), edges, limits), self.source.chains)
        self._sum("tally", tally, 0)
        return tally

    def _pilot(self) -> list[Ladder]:
        """Return the bins of the first draws of each chain, or of some chains: about where the quantiles lie."""
        rows = tuple(self.source.rows)
        worker = TallyWorker(TallyPlan.of_nothing(rows))
        chains = min(self.source.chains, PILOT_CHAINS)
        count = min(self.source.draws, LEAF_DRAWS, -(-PILOT_DRAWS // (chains * BLOCK)) * BLOCK)
        for chain in range(chains):
            worker.take(self.source.fill(chain, 0, count), Span(chain, 0, count), 0)
        return [Ladder(*worker.counts.of_row(row)) for row in range(len(rows))]

    def _sieve(self, ladders: Sequence[Ladder], counts: OctaveCounts) -> Sieve:
        margin = GROWTH_MARGIN if self.question.growing else 0.0
        ranges = [wanted_ranks(self.plan, margin)] * len(ladders)
        slots = choose_slots(ladders, ranges)
        if sum(slot.count for slot in slots) > KEPT_AT_MOST:
            self.passes = 3
            divide = Divide([slot for slot in slots if is_divisible(slot)], counts.pages)
            self._sum("divide", divide, 1)
            slots = divide_slots(slots, divide.parts, ranges)
        sieve = Sieve(slots, counts.pages)
        self._keep(sieve)
        return sieve

    def _sum(self, name: str, work: Summed, number: int) -> None:
        """Run a pass that is kept as a whole."""
        done = self.journal.open(name, work) if self.journal else []

        def keep(span: Span, found: Arrays) -> None:
            work.merge(span, found)
            if self.journal and span.is_whole:
                done.append(span)
                self.journal.keep(name, work, done)

        self._run(work, [*done], keep, number)
        work.close()

    def _keep(self, sieve: Sieve) -> None:
        """Run the pass that keeps draws."""
        done = self.journal.open_pieces(sieve) if self.journal else []

        def keep(span: Span, found: Arrays) -> None:
            sieve.merge(span, found)
            if self.journal:
                self.journal.keep_piece(sieve, span, found)

        self._run(sieve, done, keep, self.passes - 1)

    def _run(self, work: Pass, done: Sequence[Span], keep: Callable[[Span, Arrays], None], number: int) -> None:
        """Run a pass over the spans that are not done."""
        total, before = self.plan.size, sum(span.draws for span in done)

        def watch(count: int) -> None:
            if self.watch:
                self.watch(number * total + before + count, self.passes * total)

        spans = cut_spans(self.source.chains, self.source.draws, self.span_draws, done)
        self.team.run(work, spans, keep, watch)


def _quantiles(summary: RowSummary) -> Floats:
    """Return the quantiles of a summary by level of its plan."""
    return np.concatenate([summary.quantiles, summary.interval[0].T.ravel()])
