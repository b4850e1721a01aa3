"""The formats that a result leaves in: one file each, defining `EXPORTER`; it says what the format keeps."""

from __future__ import annotations

import sys
from functools import cache

from mcdemand.exporters._exporter import Exporter
from mcdemand.registry import collect


@cache
def exporters() -> dict[str, Exporter]:
    """Return every exporter by name."""
    return collect(sys.modules[__name__], "EXPORTER", Exporter)
