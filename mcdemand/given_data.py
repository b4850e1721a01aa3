"""Sensitivity from draws that exist: estimators called on all of them, and on each replicate for the errors."""

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

    def part(self, k: int, kind: str) -> Draws:
        """Return one of as many replicates as there are chains: a chain, or the k-th block of every chain."""
        size = self.rows.shape[1] // self.chains
        if kind == "chains":
            places = np.arange(k * size, (k + 1) * size)
        else:
            block = np.arange(k * size // self.chains, (k + 1) * size // self.chains)
            places = (block + size * np.arange(self.chains)[:, np.newaxis]).ravel()
        return Draws([one[:, places] for one in self.factors], np.ascontiguousarray(self.rows[:, places]), 1)


def estimate_given_data(method: Method, draws: Draws, options: Mapping[str, Any], threads: int) -> dict[str, Estimate]:
    """Return a method's indices with errors from replicates: s / sqrt(R) of the replicates' own.

    The replicates' mean takes no part: it is biased where an estimator of few draws is.

    Raises
    ------
    InputError
        If there are too few draws for any estimate.
    """
    if draws.rows.shape[1] < FEWEST_DRAWS:
        raise InputError(f"draws: {draws.rows.shape[1]}: {method.name} needs at least {FEWEST_DRAWS}; ask for more")
    values = _call(method, draws, options)
    size = draws.rows.shape[1] // draws.chains
    if draws.chains < 2 or size < FEWEST_DRAWS_OF_A_REPLICATE:
        return {name: _without_error(value) for name, value in values.items()}
    smaller = dict(options)
    if "sample" in smaller:
        # An estimator that looks at a part of the draws looks at as large a part of each replicate's.
        smaller["sample"] = max(int(smaller["sample"]) // draws.chains, 10)
    if not any(method.indices[name].has_error for name in values):
        return {name: _without_error(value) for name, value in values.items()}
    parts = do_jobs(lambda k: _call(method, draws.part(k, method.replicates), smaller), range(draws.chains), threads)
    return {
        name: _with_error(method.indices[name], value, [part[name] for part in parts]) for name, value in values.items()
    }


def _call(method: Method, draws: Draws, options: Mapping[str, Any]) -> Mapping[str, Floats]:
    if method.groups:
        return method.estimate(draws.factors, draws.rows, **options)
    return method.estimate(np.concatenate(draws.factors), draws.rows, **options)


def _with_error(index: Index, value: Floats, parts: Sequence[Floats]) -> Estimate:
    if not index.has_error:
        return _without_error(value)
    number = len(parts)
    return Estimate(value, np.std(parts, axis=0, ddof=1) / np.sqrt(number), number - 1)


def _without_error(value: Floats) -> Estimate:
    return Estimate(value, np.full(np.shape(value), np.nan), np.nan)
