"""Independence: takes away the dependence that a prior set inherits between its members."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from mcdemand.copulas._copula import Copula, Numbers


@dataclass(frozen=True)
class Independence(Copula):
    """No dependence, so no rows."""

    ties: ClassVar[bool] = False

    def read(self, names: Sequence[str], stated: Numbers) -> dict[str, float]:
        """Return no numbers."""
        return {}


COPULA = Independence(name="independence")
