"""The rank correlation that draws show, beside the one that the prior set states of each pair."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import numpy as np

from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.prior_set import PriorSet
from mcdemand.run import Run
from mcdemand.sinks import Store

LOOKED_AT = 2048
"""Draws that are ranked: sorting all of them would take longer than the run."""
FEWEST, MOST_PAIRS = 64, 100
FALSE_ALARM_RATE = 1e-6
"""Probability that a sound run of independent draws is said to be off in any pair."""
NEGLIGIBLE = 1e-3
DIGITS = 6


@dataclass(frozen=True)
class RankCorrelation:
    """Spearman's rank correlation of a pair: as stated or implied by the copula, as realized, and its standard error.

    The standard error is that of independent draws; under other designs it is smaller.
    """

    between: tuple[str, str]
    stated: float
    realized: float
    error: float

    def is_off(self, pairs: int) -> bool:
        """Return whether chance does not explain the difference, where so many pairs are looked at."""
        return abs(self.realized - self.stated) > max(_limit(pairs) * self.error, NEGLIGIBLE)


def rank_correlations(run: Run, store: Store) -> list[dict[str, Any]]:
    """Return the rank correlations of a run, by pair, as plain mappings.

    Parameters
    ----------
    store
        The draws of the kept parameters. Pairs of which one is not kept, or varies by year, are left out; so are all of
        a pool and of fewer than 64 draws.

    Notes
    -----
    Of the first draws of each chain, 2048 in all, and of at most 100 pairs. The standard error is that of the influence
    function of Spearman's correlation (Croux and Dehon 2010, equation 10).
    """
    if not isinstance(run.priors, PriorSet):
        return []
    pairs = [(first, second, stated) for first, second, stated in _pairs(run)][:MOST_PAIRS]
    names = sorted({name for first, second, _ in pairs for name in (first, second)})
    draws = {name: _first_draws(run, store, name) for name in names}
    if not names or draws[names[0]].size < FEWEST:
        return []
    ranked = {name: _ranked(values) for name, values in draws.items()}
    return [asdict(_correlate((a, b), stated, ranked[a], ranked[b])) for a, b, stated in pairs]


def _pairs(run: Run) -> Iterator[tuple[str, str, float]]:
    """Yield the pairs whose dependence is stated and whose draws are kept, with the stated rank correlation."""
    priors = run.priors
    assert isinstance(priors, PriorSet)
    kept = {n for n in run.kept_parameters if not priors.parameters[n].is_constant and not priors.varies(n)}
    for group in priors.groups:
        for first, second in group.pairs:
            if first in kept and second in kept:
                yield first, second, group.rank(first, second)


def _first_draws(run: Run, store: Store, name: str) -> Floats:
    """Return the first draws of a parameter in every chain."""
    row = sum(len(run.rows_of(one)) for one in run.kept_parameters[: run.kept_parameters.index(name)])
    by_chain = store.parameters[row].reshape(run.chains, run.draws_per_chain)
    return np.array(by_chain[:LOOKED_AT, : max(1, LOOKED_AT // run.chains)]).ravel()


def _ranked(values: Floats) -> tuple[Integers, Floats]:
    """Return the order of some draws, and their ranks as shares less one half; ties share the average."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    stops = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True)) + 1
    starts = np.append(0, stops[:-1])
    shares = np.empty(values.size)
    shares[order] = np.repeat((starts + stops) / (2 * values.size) - 0.5, stops - starts)
    return order, shares


def _correlate(
    between: tuple[str, str], stated: float, first: tuple[Integers, Floats], second: tuple[Integers, Floats]
) -> RankCorrelation:
    (u_order, u), (v_order, v) = first, second
    scale = math.sqrt(float(u @ u) * float(v @ v)) / u.size
    if scale == 0:
        return RankCorrelation(between, round(stated, DIGITS), 0.0, 0.0)
    realized = float(u @ v) / u.size / scale
    influence = u * v + _later(u_order, v) + _later(v_order, u)
    error = float(np.std(influence)) / scale / math.sqrt(u.size)
    return RankCorrelation(between, *(round(x, DIGITS) for x in (stated, realized, error)))


def _later(order: Integers, other: Floats) -> Floats:
    """Return the mean over all draws of what the other one is where this one is larger."""
    found = np.empty(other.size)
    found[order] = np.cumsum(other[order][::-1])[::-1] / other.size
    return found


@cache
def _limit(pairs: int) -> float:
    from scipy.special import ndtri

    return float(-ndtri(FALSE_ALARM_RATE / (2 * max(1, pairs))))
