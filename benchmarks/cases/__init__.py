"""What is compared: one file each, defining `CASE`; it says what a job finds, and how that is checked."""

from __future__ import annotations

import sys
from functools import cache

from benchmarks.cases._case import Case
from mcdemand.registry import collect


@cache
def cases() -> dict[str, Case]:
    """Return every case by name."""
    return collect(sys.modules[__name__], "CASE", Case)
