"""Full and independent Sobol' indices: a pair of each for priors that are correlated (Mara and Tarantola 2012).

The full ones count what a parameter does alone and through those that move with it; the independent ones count what is
left of it once all others are known. Without correlations both are the Sobol' indices.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mcdemand.kernels.arrays import Floats
from mcdemand.sensitivity._method import Estimate, Index, Method
from mcdemand.sensitivity._picks import PickExperiment, PickSums, jackknife, ratio

A, B = 0, 1


def estimate(experiment: PickExperiment) -> Mapping[str, Estimate]:
    """Return full and independent, first-order and total-order indices.

    Notes
    -----
    For a factor u, with X_u | X_-u and X_-u | X_u drawn exactly: full first order Var E[Y | X_u], from f(A) and a pick
    that keeps A's u; independent total order E Var[Y | X_-u], from f(A) and a pick that keeps A's other parameters.
    With the order of the Rosenblatt transform turned round, u alone drawn anew while the others keep their luck, come
    the full total order and the independent first order (Mara, Tarantola and Annoni 2015, section 3).
    """
    every, factors = experiment.everything, experiment.factors
    count = len(factors)
    picks = [(A, every, A), (B, every, B)]
    picks += [(A, one, B) for one in factors]
    picks += [(B, one, A) for one in factors]
    picks += [(A, every - one, B) for one in factors]
    kept, moved, last = (range(2 + k * count, 2 + (k + 1) * count) for k in range(3))
    pairs = [(A, A), (B, B), (A, B)]
    pairs += [*((A, k) for k in kept), *((A, k) for k in moved), *((k, k) for k in moved)]
    pairs += [*((A, k) for k in last), *((k, k) for k in last), *((B, k) for k in last)]

    def indices(sums: PickSums) -> dict[str, Floats]:
        first, second = sums.first / sums.count, sums.second / sums.count
        a, b, ab = (second[:, k : k + 1] for k in range(3))
        a_kept, a_moved, moved2, a_last, last2, b_last = second[:, 3:].reshape(len(second), 6, count, -1).swapaxes(0, 1)
        mean = (first[:, :1] + first[:, 1:2]) / 2
        variance = np.maximum((a + b) / 2 - mean**2, 0.0)
        mean_kept, _, mean_last = first[:, 2:].reshape(len(first), 3, count, -1).swapaxes(0, 1)
        return {
            "full_first_order": ratio(a_kept - ab - mean * (mean_kept - first[:, 1:2]), variance),
            "full_total_order": ratio((a + moved2 - 2 * a_moved) / 2, variance),
            "independent_first_order": ratio(b_last - ab - mean * (mean_last - first[:, :1]), variance),
            "independent_total_order": ratio((a + last2 - 2 * a_last) / 2, variance),
        }

    return jackknife(experiment.sums(picks, pairs), indices)


METHOD = Method(
    name="full_independent",
    title="full and independent Sobol' indices",
    design="pick_freeze",
    indices={
        "full_first_order": Index("full first-order index"),
        "full_total_order": Index("full total-order index"),
        "independent_first_order": Index("independent first-order index"),
        "independent_total_order": Index("independent total-order index"),
    },
    estimate=estimate,
    dependence="respected",
    groups=True,
)
