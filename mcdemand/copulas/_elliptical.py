"""Copulas of a matrix of latent correlations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from mcdemand.copulas._copula import Copula, Numbers, Rows, one_of
from mcdemand.kernels import rows as operations
from mcdemand.kernels.arrays import Floats

SINE_TERMS = 10
PAIR_KEYS = ("rank", "kendall", "latent")


def sine(x: float) -> float:
    """Return sin(x) for abs(x) <= pi / 2, by a series so that no platform's sine decides the last bit."""
    term = total = x
    for k in range(1, SINE_TERMS):
        term *= -x * x / (2 * k * (2 * k + 1))
        total += term
    return total


@dataclass(frozen=True)
class Elliptical(Copula):
    """A copula of latent correlations, which are stated pair by pair or once for all pairs."""

    keys: ClassVar[tuple[str, ...]] = ("correlations", *PAIR_KEYS)
    has_pairs: ClassVar[bool] = True

    def read(self, names: Sequence[str], stated: Numbers) -> dict[str, float]:
        """Return no numbers: the correlations say it all."""
        one_of(stated, PAIR_KEYS)
        return {}

    def latent(self, key: str, value: float, numbers: Numbers) -> float:
        """Return the latent correlation; of Kendall's tau sin(pi tau / 2) (Lindskog, McNeil and Schmock 2003)."""
        if key == "latent":
            return value
        if key == "kendall":
            return max(-1.0, min(1.0, sine(math.pi * value / 2)))
        return self.latent_of_rank(value, numbers)

    def latent_of_rank(self, rank: float, numbers: Numbers) -> float:
        """Return the latent correlation that has a Spearman rank correlation."""
        raise NotImplementedError

    def fill(self, builder: Rows, rows: Sequence[int], factor: Floats, numbers: Numbers, name: str, step: int) -> None:
        """Correlate the scores."""
        for k in reversed(range(len(rows))):
            used = [j for j in range(k) if factor[k, j] != 0.0]
            weights = [factor[k, j] for j in (k, *used)]
            builder.do(operations.combine, [rows[j] for j in (k, *used)], weights)
