"""The empirical copula: members come together as in the rows of a sample, such as the posterior of another model.

The first member's score picks the row, the one that holds its own rank; each other member's score is put, uniformly,
into the n-th part of the unit interval that its rank in that row stands for (the checkerboard copula of Li, Mikusinski
and Taylor 1998, "Strong approximation of copulas"). So every margin stays continuous, and a member whose law is
empirical, of the same sample, takes exactly its value of the row. Tied samples are ranked in an order of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mcdemand.copulas._copula import Copula, Numbers, Rows
from mcdemand.copulas._table import STEP, step_table
from mcdemand.errors import InputError
from mcdemand.kernels import rows as operations
from mcdemand.kernels.arrays import Floats, Integers

LEAST_SAMPLES, MOST_SAMPLES = 2, 100_000
MARGIN = 2.0**-24
"""The share of a part that is left out at both ends, so that no rounding takes a score into the next one."""
MAX_TABLES = 64


@dataclass(frozen=True)
class Empirical(Copula):
    """Rows of a sample, each as likely.

    Its numbers are `ranks`, (member but the first, row) ranks of the rows in the order of the first member's, and
    `spearman`, (member, member) rank correlations of the sample.
    """

    keys: ClassVar[tuple[str, ...]] = ("samples",)

    def read(self, names: Sequence[str], stated: Numbers) -> dict[str, Any]:
        """Return the ranks of samples (member, row), and their rank correlations.

        Raises
        ------
        InputError
            If there are none, or the members have not the same number of them.
        """
        samples = stated.get("samples")
        if samples is None:
            raise InputError(
                'samples: missing; state { file = "x.csv", columns = ["a", "b"] }, or give all members empirical laws '
                "of as many samples"
            )
        counts = {*map(len, samples)}
        if len(counts) > 1:
            raise InputError(f"samples: {min(counts)} of one member and {max(counts)} of another: needs whole rows")
        if not LEAST_SAMPLES <= min(counts) <= MOST_SAMPLES:
            raise InputError(f"samples: {min(counts)} rows: {LEAST_SAMPLES} to {MOST_SAMPLES} are taken; thin them")
        ranks = [rank_of_each(np.asarray(column, dtype=np.float64), place) for place, column in enumerate(samples)]
        order = np.argsort(ranks[0])
        return {"ranks": tuple(tuple(own[order].tolist()) for own in ranks[1:]), "spearman": spearman(samples)}

    def latent(self, key: str, value: float, numbers: Numbers) -> float:
        """Return 0: there are no latent correlations."""
        return 0.0

    def rank(self, latent: float, numbers: Numbers) -> float:
        """Return that of the first two members."""
        return self.rank_of(0, 1, latent, numbers)

    def rank_of(self, first: int, second: int, latent: float, numbers: Numbers) -> float:
        """Return Spearman's rank correlation of a pair in the sample."""
        return float(numbers["spearman"][first][second])

    def fill(self, builder: Rows, rows: Sequence[int], factor: Floats, numbers: Numbers, name: str, step: int) -> None:
        """Look the first part of the unit interval up by the first member's score, and add a share of its width."""
        picked = builder.rows(1)
        width = (1 - 2 * MARGIN) / len(numbers["ranks"][0])
        for row, table in zip(rows[1:], self.tables(numbers), strict=True):
            builder.do(operations.fill, [picked], [0.0])
            builder.do(operations.combine, [picked, rows[0]], [0.0, 1.0])
            builder.do(STEP, [picked], table)
            builder.do(operations.to_uniform, [row])
            builder.do(operations.combine, [row, picked], [width, 1.0])
            builder.do(operations.to_normal, [row])

    def tables(self, numbers: Numbers) -> list[Floats]:
        """Return, for each member but the first, where in the unit interval its part begins."""
        return [start_table(ranks) for ranks in numbers["ranks"]]


def rank_of_each(column: Floats, place: int) -> Integers:
    """Return the ranks of some samples, from 0; equal ones in an order that depends on the place of their column."""
    order = np.lexsort((_scrambled(column.size, place), column))
    ranks = np.empty(column.size, dtype=np.int64)
    ranks[order] = np.arange(column.size)
    return ranks


def spearman(samples: Sequence[Sequence[float]]) -> tuple[tuple[float, ...], ...]:
    """Return the (column, column) rank correlations of some columns; 0 of one whose values are all the same.

    Examples
    --------
    >>> round(spearman([[1, 2, 3], [4, 9, 6]])[0][1], 12)
    0.5
    """
    ranked = np.array([_middle_ranks(np.asarray(column, dtype=np.float64)) for column in samples])
    # Exact in any order: the products are quarters of whole numbers.
    products = ranked @ ranked.T
    sizes = np.sqrt(np.diag(products))
    scale = np.outer(sizes, sizes)
    return tuple(map(tuple, np.divide(products, scale, out=np.zeros_like(scale), where=scale > 0).tolist()))


def _middle_ranks(column: Floats) -> Floats:
    """Return ranks about 0, those of equal values their mean."""
    _, places, counts = np.unique(column, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - 0.5 * (counts - 1)
    return np.asarray(ranks[places] - ranks[places].mean())


def _scrambled(count: int, place: int) -> NDArray[np.uint64]:
    """Return numbers in no order: the finaliser of SplitMix64 (Steele, Lea and Flood 2014)."""
    z = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(place << 32)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@lru_cache(MAX_TABLES)
def start_table(ranks: tuple[int, ...]) -> Floats:
    """Return the table of where the parts of the rows begin."""
    return step_table((np.array(ranks) + MARGIN) / len(ranks))


COPULA = Empirical(name="empirical")
