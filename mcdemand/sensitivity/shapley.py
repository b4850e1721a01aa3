"""Shapley effects: each factor's share of an output's variance, for priors that may be correlated (Owen 2014).

A factor's effect is the variance it explains when it becomes known, averaged over all orders in which the factors may
become known; effects are not negative and sum to 1.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np

from mcdemand.kernels.arrays import Floats
from mcdemand.sensitivity._method import Estimate, Index, Method
from mcdemand.sensitivity._picks import Order, PickExperiment, PickSums, PickTuple, jackknife, ratio

A, B = 0, 1
"""The copy whose parameters become known, and the one that the unknown are drawn with."""
MOST_FACTORS_OF_ALL_SETS = 4
"""Of five factors there are 32 sets, and an order knows 6 of them."""


def estimate(experiment: PickExperiment) -> Mapping[str, Estimate]:
    """Return Shapley effects: of up to four factors by all sets of them, of more by sampled orders.

    Notes
    -----
    v(S) = Var E[Y | X_S] = V - mean (f(A) - f(A_S))^2 / 2, A_S a pick that keeps A's S (Jansen 1999; for dependent
    parameters the others are drawn given those). Of an order of the factors, each step from nothing known to everything
    costs one evaluation and serves one factor; one order is walked for every few hundred draws (Song, Nelson and Staum
    2016, with as few draws to an order as they advise), and each is followed by its reverse. Effects are divided by the
    sum of the steps, which is the variance, so they sum to 1. Errors hold the draws and the orders.
    """
    if len(experiment.factors) <= MOST_FACTORS_OF_ALL_SETS:
        return _by_all_sets(experiment)
    return _by_orders(experiment)


def _by_all_sets(experiment: PickExperiment) -> Mapping[str, Estimate]:
    """Average over all orders at once: every set of factors is evaluated on every draw."""
    count = len(experiment.factors)
    sets = [frozenset(one) for size in range(count + 1) for one in itertools.combinations(range(count), size)]
    weights = np.zeros((count, len(sets)))
    for k, known in enumerate(sets):
        for i in set(range(count)) - known:
            weight = 1 / (count * math.comb(count - 1, len(known)))
            weights[i, [sets.index(known | {i}), k]] += weight, -weight

    def effects(sums: PickSums) -> dict[str, Floats]:
        return _shares(np.einsum("ik,rky->riy", weights, _explained(sums.second)))

    return jackknife(experiment.sums(*_picks(experiment, sets)), effects)


def _by_orders(experiment: PickExperiment) -> Mapping[str, Estimate]:
    count = len(experiment.factors)

    def sets(order: Order) -> list[frozenset[int]]:
        return [frozenset(order[:k]) for k in range(count + 1)]

    def steps(order: Order, second: Floats) -> Floats:
        found = np.empty((count, second.shape[1]))
        found[list(order)] = np.diff(_explained(second), axis=0)
        return found

    pairs = _picks(experiment, sets(tuple(range(count))))[1]
    sums = experiment.sums_by_order(lambda order: _picks(experiment, sets(order))[0], pairs, steps)
    return jackknife(sums, lambda of: _shares(of.second))


def _picks(experiment: PickExperiment, sets: Sequence[frozenset[int]]) -> tuple[list[PickTuple], list[tuple[int, int]]]:
    """Return the picks that know each of the sets, the last of which is everything, and the products to sum."""
    known = [frozenset[str]().union(*(experiment.factors[i] for i in one)) for one in sets[:-1]]
    picks = [(A, experiment.everything, A), *((A, one, B) for one in known)]
    others = range(1, len(sets))
    return picks, [*((0, k) for k in others), *((k, k) for k in others), (0, 0)]


def _explained(second: Floats) -> Floats:
    """Return (..., set, row) sums of what each set explains, less the same number for all, from sums of products."""
    crossed, squares, own = np.split(second, [(second.shape[-2] - 1) // 2, second.shape[-2] - 1], axis=-2)
    return np.concatenate([crossed - squares / 2, own / 2], axis=-2)


def _shares(steps: Floats) -> dict[str, Floats]:
    return {"shapley_effect": ratio(steps, steps.sum(axis=1, keepdims=True))}


METHOD = Method(
    name="shapley",
    title="Shapley effects",
    design="pick_freeze",
    indices={"shapley_effect": Index("Shapley effect")},
    estimate=estimate,
    dependence="respected",
    groups=True,
)
