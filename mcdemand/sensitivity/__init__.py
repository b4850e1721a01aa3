"""Which belief matters: one file a method, defining `METHOD`; estimators on arrays, without labels."""

from __future__ import annotations

import sys
from functools import cache

from mcdemand.registry import collect
from mcdemand.sensitivity._method import Method


@cache
def methods() -> dict[str, Method]:
    """Return every method by name."""
    return collect(sys.modules[__name__], "METHOD", Method)
