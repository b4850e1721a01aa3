"""The kinds of dependence: one file each, defining `COPULA`."""

from __future__ import annotations

import sys
from functools import cache

from mcdemand.copulas._copula import Copula
from mcdemand.registry import collect


@cache
def copulas() -> dict[str, Copula]:
    """Return every copula by name."""
    return collect(sys.modules[__name__], "COPULA", Copula)
