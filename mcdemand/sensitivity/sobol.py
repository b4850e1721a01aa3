"""Sobol' indices by pick-freeze: first, total and second order, of parameters or of closed groups of them.

With A and B two independent copies of all parameters, AB_u is A with the parameters u from B: f(A) and f(AB_u) share
all but u, f(B) and f(AB_u) share u alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched, combinations

import numpy as np

from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats
from mcdemand.sensitivity._method import Estimate, Index, Method
from mcdemand.sensitivity._picks import Factors, PickExperiment, PickSums, jackknife, ratio

A, B, C = 0, 1, 2
BATCH = 64
"""Sets of parameters whose picks are held at once."""
BASE_PAIRS = ((A, A), (B, B), (A, B))


@dataclass(frozen=True)
class Products:
    """Mean products of what picks give, (replicate, row), and by set of parameters (replicate, set, row).

    About the sums' center; `u` is AB_u; for Owen's estimator `a_u` is A's u in B, and `u_c` is A with u from C.
    """

    mean_a: Floats
    mean_b: Floats
    aa: Floats
    bb: Floats
    ab: Floats
    mean_u: Floats
    uu: Floats
    a_with_u: Floats
    b_with_u: Floats
    a_with_a_u: Floats
    u_c_with_a_u: Floats
    b_with_u_c: Floats

    @property
    def mean(self) -> Floats:
        """The mean of A and B together."""
        return (self.mean_a + self.mean_b) / 2

    @property
    def variance(self) -> Floats:
        """The variance of A and B together, as of one sample."""
        return np.maximum((self.aa + self.bb) / 2 - self.mean**2, 0.0)


def saltelli(of: Products) -> Floats:
    """Return mean f(B) (f(AB_u) - f(A)) / V, f about the mean (Saltelli and others 2010, table 2, row b)."""
    return ratio(of.b_with_u - of.ab - of.mean * (of.mean_u - of.mean_a), of.variance)


def janon_monod(of: Products) -> Floats:
    """Return (mean f(B) f(AB_u) - m^2) / (mean (f(B)^2 + f(AB_u)^2) / 2 - m^2) (Janon and others 2014, equation 6).

    m is the mean of f(B) and f(AB_u) together.
    """
    mean = (of.mean_b + of.mean_u) / 2
    return ratio(of.b_with_u - mean**2, (of.bb + of.uu) / 2 - mean**2)


def owen(of: Products) -> Floats:
    """Return mean (f(A) - f(CA_u)) (f(A_u B) - f(B)) / V (Owen 2013, correlation 2): made for small indices."""
    return ratio(of.a_with_a_u - of.ab - of.u_c_with_a_u + of.b_with_u_c, of.variance)


def jansen(of: Products) -> Floats:
    """Return mean (f(A) - f(AB_u))^2 / (2 V) (Jansen 1999)."""
    return ratio((of.aa + of.uu - 2 * of.a_with_u) / 2, of.variance)


ESTIMATORS: Mapping[str, Callable[[Products], Floats]] = {
    "saltelli": saltelli,
    "janon_monod": janon_monod,
    "owen": owen,
}


def estimate(
    experiment: PickExperiment, *, estimator: str = "saltelli", second_order: bool = False
) -> Mapping[str, Estimate]:
    """Return first-order and total-order indices, and second-order ones if they are asked for.

    Parameters
    ----------
    estimator
        Of the first order: "saltelli", "janon_monod", or "owen", which takes twice the runs and is the most precise
        for small indices.
    second_order
        Whether to evaluate every pair of factors: S_ij = S_closed{i, j} - S_i - S_j.

    Raises
    ------
    InputError
        If there is no such estimator.
    """
    if estimator not in ESTIMATORS:
        raise InputError(f"estimator: {estimator!r}: unknown; known: {', '.join(ESTIMATORS)}")
    factors = experiment.factors
    pairs = list(combinations(range(len(factors)), 2)) if second_order else []
    sets = [*factors, *(factors[i] | factors[j] for i, j in pairs)]
    first_order = ESTIMATORS[estimator]
    sums = _sums(experiment, sets, with_third=estimator == "owen")

    def indices(sums: PickSums) -> dict[str, Floats]:
        products = _products(sums, len(sets), with_third=estimator == "owen")
        closed, total = first_order(products), jansen(products)
        found = {"first_order": closed[:, : len(factors)], "total_order": total[:, : len(factors)]}
        return found | ({"second_order": _interactions(closed, len(factors), pairs)} if pairs else {})

    return jackknife(sums, indices)


def _sums(experiment: PickExperiment, sets: Factors, *, with_third: bool) -> PickSums:
    """Return the sums that `_products` takes apart, from as many sets at a time as memory should hold."""
    found = [_batch_sums(experiment, batch, with_third=with_third) for batch in batched(sets, BATCH)]
    kinds = 3 if with_third else 1
    firsts = [one.first[:, 2:].reshape(len(one.count), kinds, -1, one.first.shape[-1]) for one in found]
    seconds = [one.second[:, 3:].reshape(len(one.count), 3 * min(kinds, 2), -1, one.second.shape[-1]) for one in found]
    base = found[0]
    first = np.concatenate(firsts, axis=2).reshape(len(base.count), -1, base.first.shape[-1])
    second = np.concatenate(seconds, axis=2).reshape(len(base.count), -1, base.second.shape[-1])
    return PickSums(
        base.count,
        np.concatenate([base.first[:, :2], first], axis=1),
        np.concatenate([base.second[:, :3], second], axis=1),
    )


def _batch_sums(experiment: PickExperiment, sets: Factors, *, with_third: bool) -> PickSums:
    """Return the sums of some sets: A, B, every AB_u, and for a third copy every A_u B and every CA_u."""
    every, count = experiment.everything, len(sets)
    u, a_u, u_c = (range(2 + k * count, 2 + (k + 1) * count) for k in range(3))
    picks = [(A, every, A), (B, every, B), *((A, every - one, B) for one in sets)]
    pairs = [*BASE_PAIRS, *((k, k) for k in u), *((A, k) for k in u), *((B, k) for k in u)]
    if with_third:
        picks += [*((A, one, B) for one in sets), *((A, every - one, C) for one in sets)]
        pairs += [*((A, k) for k in a_u), *zip(u_c, a_u, strict=True), *((B, k) for k in u_c)]
    return experiment.sums(picks, pairs)


def _products(sums: PickSums, count: int, *, with_third: bool) -> Products:
    first, second = sums.first / sums.count, sums.second / sums.count
    kinds = [*second[:, 3:].reshape(len(second), -1, count, second.shape[-1]).swapaxes(0, 1)]
    nothing = np.zeros((1, 1, 1))
    third = kinds[3:] if with_third else [nothing] * 3
    return Products(
        mean_a=first[:, :1],
        mean_b=first[:, 1:2],
        aa=second[:, :1],
        bb=second[:, 1:2],
        ab=second[:, 2:3],
        mean_u=first[:, 2 : 2 + count],
        uu=kinds[0],
        a_with_u=kinds[1],
        b_with_u=kinds[2],
        a_with_a_u=third[0],
        u_c_with_a_u=third[1],
        b_with_u_c=third[2],
    )


def _interactions(closed: Floats, count: int, pairs: Sequence[tuple[int, int]]) -> Floats:
    """Return (replicate, factor, factor, row) second-order indices, 0 on the diagonal."""
    found = np.zeros((len(closed), count, count, closed.shape[-1]))
    for k, (i, j) in enumerate(pairs, count):
        found[:, i, j] = found[:, j, i] = closed[:, k] - closed[:, i] - closed[:, j]
    return found


METHOD = Method(
    name="sobol",
    title="Sobol' indices",
    design="pick_freeze",
    indices={
        "total_order": Index("total-order index"),
        "first_order": Index("first-order index"),
        "second_order": Index("second-order index", ("other_parameter", "parameter")),
    },
    estimate=estimate,
    dependence="refused",
    groups=True,
    options={"estimator": "saltelli", "second_order": False},
)
