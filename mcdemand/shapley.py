"""The Shapley values of rows: average steps over orders, which sum to the whole move bit for bit."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from mcdemand.designs._design import key_words
from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats
from mcdemand.ranges import check_range

MAX_PERMUTATIONS = 1024
ENUMERATED_ROWS = 4
EXACT_BITS, VALUE_BITS, SMALLEST_EXPONENT = 52, 40, -1074

type Rows = frozenset[str]
type Order = tuple[str, ...]


def sampled_orders(rows: Sequence[str], count: int, seed: int) -> list[Order]:
    """Return the orders to walk in: all of them for up to four rows, else sampled ones, each with its reverse.

    An order sorts the rows by keys that belong to (seed, pair, name), so every order is equally likely.

    Raises
    ------
    InputError
        If the number is odd or out of range.

    Examples
    --------
    >>> sampled_orders(["x", "y"], 16, seed=0)
    [('x', 'y'), ('y', 'x')]
    """
    check_range("permutations", count, 2, MAX_PERMUTATIONS)
    if count % 2:
        raise InputError(f"permutations: {count}: must be even, as every order is walked with its reverse")
    if len(rows) <= ENUMERATED_ROWS:
        every = itertools.permutations(sorted(rows))
        pairs = [order for order in every if order <= order[::-1]]
        return [order for pair in pairs for order in dict.fromkeys((pair, pair[::-1]))]
    drawn = [tuple(sorted(rows, key=lambda name: key_words(seed, "order", k, name))) for k in range(count // 2)]
    return [order for pair in drawn for order in (pair, pair[::-1])]


def contributions(rows: Sequence[str], orders: Sequence[Order], values: Mapping[Rows, Floats]) -> xr.Dataset:
    """Return what each row contributes to the move, with errors, and the move itself.

    Parameters
    ----------
    rows
        Names of the rows that change.
    orders
        Orders of the rows; unless they are all there are, each even one is followed by its reverse.
    values
        For each set of rows that an order comes through: the statistic of all draws, then that of each chain.
    """
    none, every = frozenset[str](), frozenset(rows)
    integers, exponent = _integers({key: float(value[0]) for key, value in values.items()}, len(orders), len(rows))
    walks = [_steps(order, integers) for order in orders]
    start, end = (math.ldexp(integers[key] * len(orders), exponent) for key in (none, every))
    chains = {key: value[1:] for key, value in values.items()}
    by_chain = [_steps(order, chains) for order in orders]
    exact = [math.ldexp(sum(walk[row] for walk in walks), exponent) for row in rows]
    share = [one / (end - start) if end != start else math.nan for one in exact]
    step = math.ldexp(len(orders), exponent)
    by_row: dict[str, list[float]] = {
        "contribution": exact,
        "share": share,
        "mcse_draws": [_error(np.mean([walk[row] for walk in by_chain], axis=0)) for row in rows],
        "mcse_orders": [_order_error([step * walk[row] for walk in walks], rows) for row in rows],
    }
    ends = {"start": start, "end": end, "move": end - start}
    ends |= {"mcse_start": _error(chains[none]), "mcse_end": _error(chains[every])}
    ends |= {"mcse_move": _error(chains[every] - chains[none])}
    data: dict[str, Any] = {name: ("row", np.array(one, dtype=np.float64)) for name, one in by_row.items()}
    return xr.Dataset(data | ends, {"row": list(rows)})


def _integers(values: Mapping[Rows, float], orders: int, rows: int) -> tuple[dict[Rows, int], int]:
    """Return the values as integers times orders * 2^exponent, so small that sums of averages stay exact."""
    bits = min(VALUE_BITS, EXACT_BITS - math.ceil(math.log2(orders * max(rows, 1))))
    largest = max(map(abs, values.values()))
    exponent = max(math.frexp(largest / orders)[1] - bits, SMALLEST_EXPONENT)
    return {key: round(math.ldexp(value / orders, -exponent)) for key, value in values.items()}, exponent


def _steps[Value: (int, Floats)](order: Order, values: Mapping[Rows, Value]) -> dict[str, Value]:
    """Return by how much each row moves the value when its turn comes."""
    return {row: values[frozenset(order[: k + 1])] - values[frozenset(order[:k])] for k, row in enumerate(order)}


def _order_error(steps: Sequence[float], rows: Sequence[str]) -> float:
    """Return the error from the sampling of orders; each is followed by its reverse."""
    return 0.0 if len(rows) <= ENUMERATED_ROWS else _error(np.reshape(steps, (-1, 2)).mean(axis=1))


def _error(estimates: Any) -> float:
    """Return the standard error of the mean of independent estimates; of a single one, NaN."""
    one: Floats = np.asarray(estimates, dtype=np.float64)
    # From the first one, so that the error of equal estimates is exactly 0; in units of the largest, lest a square
    # overflows.
    apart = one - one[0]
    largest = float(np.abs(apart).max())
    if one.size < 2 or largest == 0:
        return math.nan if one.size < 2 else 0.0
    return largest * float((apart / largest).std(ddof=1)) / math.sqrt(one.size)
