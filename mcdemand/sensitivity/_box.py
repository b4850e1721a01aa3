"""The search for a box: peel, choose the best on the way, paste, drop the restrictions that chance explains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.stats import binom

from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.peeling import scan_ends
from mcdemand.sensitivity._worst import Marks

LARGEST_QUASI_P = 0.05


@dataclass(frozen=True)
class Rules:
    """How to peel: the share of draws that a peel takes, the least share that is left, the most parameters."""

    peel: float
    least_mass: float
    most_restricted: int


@dataclass(frozen=True)
class SortedDraws:
    """The places of each parameter's values in order, and the values in that order, (parameter, draw)."""

    places: Integers
    values: Floats

    @staticmethod
    def of(x: Floats) -> SortedDraws:
        """Sort each parameter."""
        places = np.argsort(x, axis=1)
        return SortedDraws(places, np.take_along_axis(x, places, axis=1))

    def only(self, kept: Marks) -> SortedDraws:
        """Return some of the draws."""
        marks = kept[self.places]
        shape = len(self.places), -1
        return SortedDraws(self.places[marks].reshape(shape), self.values[marks].reshape(shape))


class Half(NamedTuple):
    """One half of the draws, x (parameter, draw): those that no earlier box holds, and the cases of interest."""

    x: Floats
    free: Marks
    cases: Marks

    def tally(self, box: Floats) -> Tally:
        """Return what a box holds of the free draws."""
        return count(self.free & inside(self.x, box), self.cases)

    def outside(self, box: Floats) -> Half:
        """Return this half with fewer free draws: those that a box does not hold."""
        return self._replace(free=self.free & ~inside(self.x, box))


class Tally(NamedTuple):
    """How many draws a box holds, and how many of them are cases of interest."""

    draws: int
    cases: int


def unbounded(parameters: int) -> Floats:
    """Return a box that holds every draw: (parameter, end) values, lower and upper."""
    return np.tile([-np.inf, np.inf], (parameters, 1))


def restricted(box: Floats) -> Marks:
    """Return which parameters a box restricts."""
    marks: Marks = (box[:, 0] > -np.inf) | (box[:, 1] < np.inf)
    return marks


def inside(x: Floats, box: Floats) -> Marks:
    """Return which draws lie in a box, its limits included."""
    kept = np.ones(x.shape[1], dtype=bool)
    for j in np.flatnonzero(restricted(box)):
        kept &= (x[j] >= box[j, 0]) & (x[j] <= box[j, 1])
    return kept


def count(kept: Marks, cases: Marks) -> Tally:
    """Return how many draws are kept, and how many of them are cases."""
    return Tally(int(np.count_nonzero(kept)), int(np.count_nonzero(kept & cases)))


def find_box(order: SortedDraws, search: Half, judge: Half, rules: Rules) -> Floats:
    """Return the box on the peeling trajectory with the largest F1, pasted, less what the other half calls chance."""
    total = count(search.free, search.cases).cases
    best, best_score = unbounded(search.x.shape[0]), 0.0
    for box, tally in _trajectory(order, search, rules):
        if (score := f1(tally, total)) > best_score:
            best, best_score = box, score
    return _drop_chance(judge, _paste(search, best, rules, total))


def f1(box: Tally, total: int) -> float:
    """Return 2 coverage density / (coverage + density) = 2 cases in the box / (draws in the box + all cases), or 0.

    Where a parameter does not matter, peeling it takes cases and draws alike, which lowers F1.
    """
    return 2.0 * box.cases / (box.draws + total) if total else 0.0


def quasi_p_values(half: Half, box: Floats) -> Floats:
    """Return, for each parameter, how likely so many cases in the box would be without its restriction; 1 where none.

    P(B >= k), B binomial with the draws in the box and the density of the box without the restriction: Bryant and
    Lempert (2010).
    """
    found = np.ones(half.x.shape[0])
    own = half.tally(box)
    for j in np.flatnonzero(restricted(box)):
        wider = half.tally(_without(box, int(j)))
        found[j] = binom.sf(own.cases - 1, own.draws, wider.cases / max(wider.draws, 1))
    return found


def _trajectory(order: SortedDraws, half: Half, rules: Rules) -> Iterator[tuple[Floats, Tally]]:
    """Peel until too few draws are left, or only cases, or none; yield the boxes on the way and what they hold."""
    box, kept = unbounded(half.x.shape[0]), half.free.copy()
    least, starts = max(1.0, rules.least_mass * kept.size), _ends(order.places.shape)
    while True:
        tally = count(kept, half.cases)
        yield box, tally
        if not 0 < tally.cases < tally.draws:
            return
        if tally.draws < order.places.shape[1] / 2:
            # Most of what a scan passes by would lie outside the box.
            order = order.only(kept)
            starts = _ends(order.places.shape)
        peels = np.zeros((*box.shape, 3), dtype=np.int64)
        size = max(1, int(rules.peel * tally.draws))
        scan_ends(order.places, order.values, kept.view(np.uint8), half.cases.view(np.uint8), starts, size, peels)
        gain = np.where(_barred(box, rules)[:, np.newaxis], -np.inf, _gain(peels, tally, least))
        j, end = divmod(int(np.argmax(gain)), 2)
        if gain[j, end] == -np.inf:
            return
        box = box.copy()
        box[j, end] = order.values[j, peels[j, end, 2]]
        kept &= half.x[j] <= box[j, 1] if end else half.x[j] >= box[j, 0]


def _ends(shape: tuple[int, ...]) -> Integers:
    """Return the first and the last place of each parameter, (parameter, end)."""
    return np.tile(np.array([0, shape[1] - 1], dtype=np.int64), (shape[0], 1))


def _gain(found: Integers, tally: Tally, least: float) -> Floats:
    """Return by how much each peel raises the density, per draw that it takes; -inf where too few draws are left.

    Friedman and Fisher (1999) compare densities; per draw, as Kwakkel and Jaxa-Rozen (2016), so that a
    category with many draws is not preferred for its size.
    """
    removed, hits = found[:, :, 0], found[:, :, 1]
    left = tally.draws - removed
    after = (tally.cases - hits) / np.maximum(left, 1)
    gain: Floats = (after - tally.cases / tally.draws) / np.maximum(removed, 1)
    return np.where(left >= least, gain, -np.inf)


def _barred(box: Floats, rules: Rules) -> Marks:
    """Return which parameters must not be restricted, as enough others are."""
    marks = restricted(box)
    return ~marks & (np.count_nonzero(marks) >= rules.most_restricted)


def _paste(half: Half, box: Floats, rules: Rules, total: int) -> Floats:
    """Move the limit outwards, by as many draws as a peel takes, that raises F1 most; again until none does."""
    while True:
        own = half.tally(box)
        ends = np.argwhere(np.isfinite(box))
        size = max(1, int(rules.peel * own.draws))
        wider = [_moved_out(half, box, int(j), int(end), size) for j, end in ends]
        scores = [f1(half.tally(one), total) for one in wider]
        if not scores or max(scores) <= f1(own, total):
            return box
        box = wider[int(np.argmax(scores))]


def _moved_out(half: Half, box: Floats, parameter: int, end: int, size: int) -> Floats:
    """Return the box with one limit moved out by so many draws, ties included, or lifted where fewer lie beyond."""
    wider = box.copy()
    wider[parameter, end] = np.inf if end else -np.inf
    x = half.x[parameter]
    beyond = x > box[parameter, 1] if end else x < box[parameter, 0]
    values = x[beyond & half.free & inside(half.x, wider)]
    if values.size > size:
        place = size - 1 if end else values.size - size
        wider[parameter, end] = np.partition(values, place)[place]
    return wider


def _drop_chance(half: Half, box: Floats) -> Floats:
    """Drop the restriction with the largest quasi-p-value, again until none exceeds 0.05."""
    while restricted(box).any():
        values = np.where(restricted(box), quasi_p_values(half, box), -1.0)
        worst = int(np.argmax(values))
        if values[worst] <= LARGEST_QUASI_P:
            break
        box = _without(box, worst)
    return box


def _without(box: Floats, parameter: int) -> Floats:
    """Return the box without the restriction of a parameter."""
    wider = box.copy()
    wider[parameter] = -np.inf, np.inf
    return wider
