"""The ways to lay the points: one file each, defining `DESIGN`; its docstring says what stays put when."""

from __future__ import annotations

import sys
from functools import cache

from mcdemand.designs._design import Design
from mcdemand.registry import collect


@cache
def designs() -> dict[str, Design]:
    """Return every design by name."""
    return collect(sys.modules[__name__], "DESIGN", Design)
