"""Shapley effects: each factor's share of an output's variance, for priors that may be correlated (Owen 2014).

A factor's effect is the variance it explains when it becomes known, averaged over all orders in which the factors may
become known; effects are not negative and sum to 1.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mcdemand.kernels.arrays import Floats
from mcdemand.sensitivity._method import Estimate, Index, Method
from mcdemand.sensitivity._picks import Order, PickExperiment, PickSums, PickTuple, jackknife, ratio

A, B = 0, 1
"""The copy whose parameters become known, and the one that the unknown are drawn with."""


def estimate(experiment: PickExperiment) -> Mapping[str, Estimate]:
    """Return Shapley effects, by sampled orders.

    Notes
    -----
    v(S) = Var E[Y | X_S] = V - mean (f(A) - f(A_S))^2 / 2, A_S a pick that keeps A's S (Jansen 1999; for dependent
    parameters the others are drawn given those). One order is walked for every few hundred draws, from nothing known
    to everything: each step costs one evaluation and serves one factor (Song, Nelson and Staum 2016, with as few draws
    to an order as they advise), and each order is followed by its reverse. Effects are divided by the sum of the
    steps, which is the variance, so they sum to 1. Errors hold the draws and the orders.
    """
    factors, every = experiment.factors, experiment.everything

    def walk(order: Order) -> list[PickTuple]:
        known = [frozenset[str]().union(*(factors[i] for i in order[:k])) for k in range(len(order))]
        return [(A, every, A), *((A, one, B) for one in known)]

    count = len(factors)
    pairs = [(0, 0), *((0, k) for k in range(1, count + 1)), *((k, k) for k in range(1, count + 1))]

    def steps(order: Order, second: Floats) -> Floats:
        explained = [*(second[1 : count + 1] - second[count + 1 :] / 2), second[0] / 2]
        found = np.empty((count, second.shape[1]))
        found[list(order)] = np.diff(explained, axis=0)
        return found

    def effects(sums: PickSums) -> dict[str, Floats]:
        return {"shapley_effect": ratio(sums.second, sums.second.sum(axis=1, keepdims=True))}

    return jackknife(experiment.sums_by_order(walk, pairs, steps), effects)


METHOD = Method(
    name="shapley",
    title="Shapley effects",
    design="pick_freeze",
    indices={"shapley_effect": Index("Shapley effect")},
    estimate=estimate,
    dependence="respected",
    groups=True,
)
