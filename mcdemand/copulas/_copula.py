"""What a copula is: the root of the family."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mcdemand.kernels.arrays import Floats


@dataclass(frozen=True)
class Copula:
    """A way to make independent normal scores depend on each other.

    Attributes
    ----------
    latent_correlation
        From Spearman's rank correlation to that of the latent normals.
    factor
        From the latent correlation matrix of a group, in name order, to the lower triangular matrix whose rows combine
        independent scores; NaN on the diagonal if there is none.
    """

    name: str
    latent_correlation: Callable[[float], float]
    factor: Callable[[Floats], Floats]
