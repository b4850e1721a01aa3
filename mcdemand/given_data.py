"""Sensitivity from draws that exist: estimators called on all of them, and on each chain for the errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mcdemand.crew import do_jobs
from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats
from mcdemand.sensitivity._method import Estimate, Index, Method

FEWEST_DRAWS, FEWEST_DRAWS_OF_A_REPLICATE = 32, 32
BATCHES = 16
"""Replicates that independent draws of a single chain are cut into."""


@dataclass(frozen=True)
class Draws:
    """Draws that an estimator is given.

    Attributes
    ----------
    factors
        (column, draw) of each factor.
    rows
        (row, draw) outputs in years, none of them constant.
    chains
        Independent parts of the draws, one after the other; 1 if there are none.
    """

    factors: Sequence[Floats]
    rows: Floats
    chains: int

    def chain(self, k: int) -> Draws:
        """Return one of the chains."""
        size = self.rows.shape[1] // self.chains
        mine = slice(k * size, (k + 1) * size)
        return Draws([one[:, mine] for one in self.factors], np.ascontiguousarray(self.rows[:, mine]), 1)


def estimate_given_data(method: Method, draws: Draws, options: Mapping[str, Any], threads: int) -> dict[str, Estimate]:
    """Return a method's indices with errors: its own, or from replicates, s / sqrt(R) of the replicates' indices.

    Replicates are the chains. Their mean takes no part: it is biased where an estimator of few draws is.

    Raises
    ------
    InputError
        If there are too few draws for any estimate.
    """
    if draws.rows.shape[1] < FEWEST_DRAWS:
        raise InputError(f"draws: {draws.rows.shape[1]}: {method.name} needs at least {FEWEST_DRAWS}; ask for more")
    is_split = draws.chains >= 2 and draws.rows.shape[1] // draws.chains >= FEWEST_DRAWS_OF_A_REPLICATE
    if not is_split:
        return {name: _without_error(value) for name, value in _call(method, draws, options).items()}
    own = dict(_own_errors(method, draws, options, threads))
    return own if own.keys() >= method.indices.keys() else _replicated(method, draws, options, threads) | own


def _own_errors(method: Method, draws: Draws, options: Mapping[str, Any], threads: int) -> Mapping[str, Estimate]:
    """Return the indices whose errors a method finds itself."""
    if not method.estimate_with_errors:
        return {}
    return method.estimate_with_errors(_factors(method, draws), draws.rows, draws.chains, threads, **options)


def _replicated(method: Method, draws: Draws, options: Mapping[str, Any], threads: int) -> dict[str, Estimate]:
    """Return all indices, with errors from calling the estimator on each chain."""
    values = _call(method, draws, options)
    if not any(method.indices[name].has_error for name in values):
        return {name: _without_error(value) for name, value in values.items()}
    smaller = dict(options)
    if "sample" in smaller:
        # An estimator that looks at a part of the draws looks at as large a part of each replicate's.
        smaller["sample"] = max(int(smaller["sample"]) // draws.chains, 10)
    parts = do_jobs(lambda k: _call(method, draws.chain(k), smaller), range(draws.chains), threads)
    return {
        name: _with_error(method.indices[name], value, [part[name] for part in parts]) for name, value in values.items()
    }


def _call(method: Method, draws: Draws, options: Mapping[str, Any]) -> Mapping[str, Floats]:
    return method.estimate(_factors(method, draws), draws.rows, **options)


def _factors(method: Method, draws: Draws) -> Floats | Sequence[Floats]:
    return draws.factors if method.groups else np.concatenate(draws.factors)


def _with_error(index: Index, value: Floats, parts: Sequence[Floats]) -> Estimate:
    if not index.has_error:
        return _without_error(value)
    number = len(parts)
    return Estimate(value, np.std(parts, axis=0, ddof=1) / np.sqrt(number), number - 1)


def _without_error(value: Floats) -> Estimate:
    return Estimate(value, np.full(np.shape(value), np.nan), np.nan)
