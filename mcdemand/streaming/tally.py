"""The first pass: moments, counts by leading bits, and how many draws lie above thresholds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from mcdemand.errors import NumericalError
from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.moments import moments_of_rows
from mcdemand.kernels.octaves import count_above
from mcdemand.streaming.moment_tree import MomentTree, Node
from mcdemand.streaming.octave_counts import OctaveCounts
from mcdemand.streaming.passes import Arrays, digest_arrays
from mcdemand.streaming.source import Row
from mcdemand.streaming.spans import LEAF_DRAWS, Span


class NotFinite(NumericalError):
    """A draw that is NaN or infinite."""


@dataclass(frozen=True)
class TallyPlan:
    """What the first pass counts.

    Attributes
    ----------
    edges
        (row, level): numbers of bins; how many draws of each chain lie below them tells how far chains differ.
    thresholds
        (row, threshold), NaN where a row has fewer.
    """

    rows: tuple[Row, ...]
    edges: Integers
    thresholds: Floats

    @classmethod
    def of_nothing(cls, rows: tuple[Row, ...]) -> TallyPlan:
        """Return the plan without edges and thresholds."""
        return cls(rows, np.empty((len(rows), 0), dtype=np.int64), np.empty((len(rows), 0)))


class TallyWorker:
    """Tallies the leaves of a span.

    Attributes
    ----------
    counts
        Of the leaves so far.
    """

    stores = True

    def __init__(self, plan: TallyPlan) -> None:
        self._plan = plan
        self.counts = OctaveCounts(len(plan.rows))
        self._begin()

    def _begin(self) -> None:
        self.counts.clear()
        self._above = np.zeros(self._plan.thresholds.shape, dtype=np.int64)
        self._tree = MomentTree()
        self._end = np.empty((0, 4, len(self._plan.rows)))

    def take(self, rows: Floats, span: Span, first_draw: int) -> None:
        """Tally a leaf.

        Raises
        ------
        NotFinite
            If a value is NaN or infinite.
        """
        place = self.counts.count(rows)
        if place < rows.size:
            row, draw = divmod(place, rows.shape[1])
            raise NotFinite(
                f"{self._plan.rows[row]}: {rows[row, draw]}: not a finite number in chain {span.chain}, draw "
                f"{first_draw + draw}"
            )
        moments = np.empty((4, rows.shape[0]))
        with np.errstate(invalid="ignore", over="ignore"):
            moments_of_rows(rows, moments)
        if self._above.size:
            count_above(rows, self._plan.thresholds, self._above)
        if rows.shape[1] == LEAF_DRAWS:
            self._tree.add(Node(span.chain, 0, first_draw // LEAF_DRAWS), moments)
        else:
            self._end = moments[None]

    def finish(self) -> Arrays:
        """Return what the span came to, and begin anew."""
        nodes = list(self._tree.nodes.items())
        octaves, counts = self.counts.held()
        found = {
            "octaves": octaves,
            "counts": counts,
            "below": self.counts.below(self._plan.edges),
            "above": self._above,
            "nodes": np.array([place for place, _ in nodes], dtype=np.int64).reshape(-1, 3),
            "moments": np.array([moments for _, moments in nodes]).reshape(-1, 4, len(self._plan.rows)),
            "end": self._end,
        }
        self._begin()
        return found


class Tally:
    """The first pass over all draws.

    Attributes
    ----------
    counts
        Of all draws.
    below
        (chain, row, level): draws below the plan's edges.
    above
        (chain, row, threshold): draws above the thresholds.
    tree
        Moments of whole leaves.
    ends
        Draws of the last leaf of a chain, where that is short, and what it came to: not part of the rest before
        `close`, so that a longer run can go on without it.
    """

    def __init__(self, plan: TallyPlan, chains: int) -> None:
        self.plan = plan
        self.counts = OctaveCounts(len(plan.rows), np.int64)
        self.below = np.zeros((chains, *plan.edges.shape), dtype=np.int64)
        self.above = np.zeros((chains, *plan.thresholds.shape), dtype=np.int64)
        self.tree = MomentTree()
        self.ends: dict[int, tuple[int, Arrays]] = {}

    @property
    def new_worker(self) -> Callable[[], TallyWorker]:
        """Makes a worker; it can be sent to another process."""
        return partial(TallyWorker, self.plan)

    def merge(self, span: Span, found: Arrays) -> None:
        """Add what a span came to; the order of spans does not matter."""
        if not span.is_whole:
            self.ends[span.chain] = (span.draws, found)
            return
        self._add(span.chain, found)
        for place, moments in zip(found["nodes"].tolist(), found["moments"], strict=True):
            self.tree.add(Node(*place), moments)

    def _add(self, chain: int, found: Arrays) -> None:
        self.counts.add(found["octaves"], found["counts"])
        self.below[chain] += found["below"]
        self.above[chain] += found["above"]

    def close(self) -> None:
        """Count the chains' short ends too: all draws have come."""
        for chain, (_, found) in self.ends.items():
            self._add(chain, found)

    @property
    def identity(self) -> str:
        """A digest of what is counted."""
        return digest_arrays(self.plan.edges, self.plan.thresholds)

    def state(self) -> Arrays:
        """Return what the whole leaves so far came to."""
        places, moments = list(self.tree.nodes), list(self.tree.nodes.values())
        return {
            "octaves": self.counts.octaves,
            "counts": self.counts.counts,
            "below": self.below,
            "above": self.above,
            "nodes": np.array(places, dtype=np.int64).reshape(-1, 3),
            "moments": np.array(moments).reshape(-1, 4, len(self.plan.rows)),
        }

    def restore(self, state: Arrays) -> None:
        """Begin with what `state` returned."""
        self.counts.add(state["octaves"], state["counts"])
        self.below, self.above = state["below"], state["above"]
        self.tree = MomentTree({Node(*p): m for p, m in zip(state["nodes"].tolist(), state["moments"], strict=True)})

    def moments(self, chain: int) -> tuple[int, Floats]:
        """Return draws and moments (4, row) of a chain."""
        end = self.ends.get(chain)
        return self.tree.of_chain(chain, (end[0], end[1]["end"][0]) if end else None)
