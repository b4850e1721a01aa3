"""The Gaussian copula: correlated normals under the laws.

A Spearman rank correlation r belongs to the latent correlation 2 sin(pi r / 6) (Pearson 1907; Kruskal 1958, eq. 6.4),
Kendall's tau to sin(pi tau / 2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from mcdemand.copulas._copula import Numbers
from mcdemand.copulas._elliptical import Elliptical, sine


@dataclass(frozen=True)
class Gaussian(Elliptical):
    """Correlated normals; a score given others is normal too."""

    is_conditional: ClassVar[bool] = True

    def latent_correlation(self, rank: float) -> float:
        """Return 2 sin(pi rank / 6)."""
        return 2 * sine(math.pi * rank / 6)

    def latent_of_rank(self, rank: float, numbers: Numbers) -> float:
        """Return 2 sin(pi rank / 6)."""
        return self.latent_correlation(rank)

    def rank(self, latent: float, numbers: Numbers) -> float:
        """Return (6 / pi) asin(latent / 2)."""
        return 6 / math.pi * math.asin(latent / 2)


COPULA = Gaussian(name="gaussian")
