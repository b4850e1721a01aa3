"""The model as methods of sensitivity analysis see it: picks summed, points evaluated, parameters held at a level."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby

import numpy as np

from mcdemand.engine import thread_count
from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.philox import BLOCK
from mcdemand.kernels.pick_sums import add_pick_sums
from mcdemand.pick_builder import Pick
from mcdemand.pick_freeze import NO_PAIRS, PickRun, PicksOf, Stretch, do_stretches, evaluator, pair_places
from mcdemand.run import Run
from mcdemand.sensitivity._picks import Factors, Order, PickSums, PickTuple
from mcdemand.shapley import MAX_PERMUTATIONS, sampled_orders
from mcdemand.study import Flags, Study, correlated_groups

LOG = "log"
ROUNDING = 1e-13
"""Share of a row's size up to which its spread is rounding: the row does not vary."""
type Combine = Callable[[int, Floats], Floats]


@dataclass
class PickModel:
    """The model as a method of design "pick_freeze" sees it.

    Attributes
    ----------
    scales
        "raw", "log" or both: rows are the study's rows in each of them, one scale after the other.
    evaluations
        Runs of the model so far.
    still
        Whether (row) an output does not vary.
    """

    study: Study
    scales: tuple[str, ...]
    evaluations: int = 0
    still: Flags = field(default_factory=lambda: np.zeros(0, dtype=bool))

    @property
    def run(self) -> Run:
        """What `simulate` would run."""
        return self.study.run

    @cached_property
    def factors(self) -> Factors:
        """The parameters of each factor."""
        return [frozenset(members) for members in self.study.factors.values()]

    @cached_property
    def everything(self) -> frozenset[str]:
        """The parameters of all factors."""
        return frozenset().union(*self.factors)

    def sums(self, picks: Sequence[PickTuple], pairs: Sequence[tuple[int, int]]) -> PickSums:
        """Return the sums of some picks and of their products."""
        listed = [Pick(*one) for one in picks]
        return self._sums(lambda _: listed, len(listed), pairs, None, None)

    def sums_by_order(
        self,
        picks: Callable[[Order], Sequence[PickTuple]],
        pairs: Sequence[tuple[int, int]],
        combine: Callable[[Order, Floats], Floats],
    ) -> PickSums:
        """Return the sums where picks belong to sampled orders of the factors."""
        blocks = self.run.chains * -(-self.run.draws_per_chain // BLOCK)
        stretch_draws = BLOCK * -(-blocks // MAX_PERMUTATIONS)
        count = min(blocks + blocks % 2, MAX_PERMUTATIONS)
        place = {name: k for k, name in enumerate(self.study.names)}
        sampled = sampled_orders(self.study.names, max(count, 2), self.run.seed)
        orders = [tuple(place[name] for name in order) for order in sampled]

        def order_of(number: int) -> Order:
            return orders[number % len(orders)]

        def picks_of(number: int) -> list[Pick]:
            return [Pick(*one) for one in picks(order_of(number))]

        def combine_of(number: int, second: Floats) -> Floats:
            return combine(order_of(number), second)

        return self._sums(picks_of, len(picks(orders[0])), pairs, combine_of, stretch_draws)

    def _sums(
        self,
        picks_of: Callable[[int], Sequence[Pick]],
        count: int,
        pairs: Sequence[tuple[int, int]],
        combine: Combine | None,
        stretch_draws: int | None,
    ) -> PickSums:
        """Return the sums, of outputs with the same correlated parameters at a time."""
        columns, total = self.study.columns, self.study.rows
        found: PickSums | None = None
        for outputs, players in self._audiences():
            picked = PickRun(self.run, players, self.study.as_if_independent)
            places = np.concatenate([np.arange(k * columns, (k + 1) * columns) for k in outputs])
            totals = _Totals(places, self.scales, pair_places(pairs), combine)
            part = self._part(picked, picks_of, stretch_draws or picked.stretch_draws(count), totals)
            whole = np.concatenate([places + k * total for k in range(len(self.scales))])
            found = _placed(found, part, whole, total * len(self.scales))
            self.evaluations += count * self.run.chains * self.run.draws_per_chain
        assert found
        self.still = (found.second == 0).all(axis=(0, 1)).reshape(len(self.scales), total).any(axis=0)
        return found

    def _audiences(self) -> list[tuple[list[int], frozenset[str]]]:
        """Return outputs that need the same members of correlated groups, and the parameters they may condition on.

        A parameter that an output does not need says nothing about it beyond what its partners say, so it must not
        share in their effects, whatever other outputs are asked for.
        """
        groups = () if self.study.as_if_independent else correlated_groups(self.run)
        grouped = frozenset(name for group in groups for name in group.names)
        plans = [self.run.model.plan((output,)) for output in self.study.outputs]
        tied = [frozenset(plan.parameters) & grouped for plan in plans]
        order = sorted(range(len(tied)), key=lambda k: sorted(tied[k]))
        return [
            (list(outputs), (self.everything - grouped) | (members & self.everything))
            for members, outputs in groupby(order, key=lambda k: tied[k])
        ]

    def _part(self, picked: PickRun, picks_of: PicksOf, stretch_draws: int, totals: _Totals) -> PickSums:
        """Return the sums of some rows."""
        run = self.run
        evaluate = evaluator(picked, picks_of, stretch_draws)
        pilot = min(run.draws_per_chain, BLOCK)
        centers = totals.centers(evaluate(Stretch(0, 0, 0, pilot)), pilot)

        def work(job: Sequence[Stretch]) -> tuple[int, Floats, Floats]:
            sums = [totals.of_stretch(stretch, evaluate(stretch), centers) for stretch in job]
            first, second = (np.sum(parts, axis=0) for parts in zip(*sums, strict=True))
            return sum(stretch.draws for stretch in job), first, second

        done = do_stretches(run, stretch_draws, work, thread_count(self.study.threads), self.study.progress)
        chains = [[result for chain, result in done if chain == k] for k in range(run.chains)]
        count, first, second = (
            np.array([np.sum([job[part] for job in jobs], axis=0) for jobs in chains], dtype=np.float64)
            for part in range(3)
        )
        still = np.abs(second).max(axis=(0, 1)) <= count.sum() * (ROUNDING * centers.ravel()) ** 2
        first[..., still], second[..., still] = 0.0, 0.0
        return PickSums(count.reshape(-1, 1, 1), first, second)


@dataclass(frozen=True)
class _Totals:
    """How the values of a stretch become sums.

    Attributes
    ----------
    rows
        The rows that are summed.
    combine
        What becomes of the sums of products, by the stretch's number; None: nothing.
    """

    rows: Integers
    scales: tuple[str, ...]
    pairs: Integers
    combine: Combine | None

    def centers(self, values: Floats, count: int) -> Floats:
        """Return (scale, row) about the mean of the first pick: where to take sums about."""
        center = np.zeros(self.rows.size)
        sums = [self._sums(values[:1], count, center, scale, NO_PAIRS)[0][0] for scale in self.scales]
        return np.array(sums) / count

    def of_stretch(self, stretch: Stretch, values: Floats, centers: Floats) -> tuple[Floats, Floats]:
        """Return the sums (pick, scale and row), and those of products (pair, scale and row)."""
        firsts, seconds = [], []
        for center, scale in zip(centers, self.scales, strict=True):
            first, second = self._sums(values, stretch.draws, center, scale, self.pairs)
            firsts.append(first)
            seconds.append(self.combine(stretch.number, second) if self.combine else second)
        return np.concatenate(firsts, axis=1), np.concatenate(seconds, axis=1)

    def _sums(self, values: Floats, count: int, center: Floats, scale: str, pairs: Integers) -> tuple[Floats, Floats]:
        first, second = np.zeros((len(values), self.rows.size)), np.zeros((len(pairs), self.rows.size))
        add_pick_sums(values, self.rows, count, center, scale == LOG, pairs, first, second)
        return first, second


def _placed(found: PickSums | None, part: PickSums, places: Integers, total: int) -> PickSums:
    """Return sums of all rows with those of some filled in."""
    if found is None:
        shapes = [(*one.shape[:2], total) for one in (part.first, part.second)]
        found = PickSums(part.count, *(np.zeros(shape) for shape in shapes))
    found.first[..., places], found.second[..., places] = part.first, part.second
    return found
