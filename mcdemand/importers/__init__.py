"""The formats that beliefs come back from: one file each, defining `IMPORTER`."""

from __future__ import annotations

import sys
from functools import cache

from mcdemand.importers._importer import Importer
from mcdemand.registry import collect


@cache
def importers() -> dict[str, Importer]:
    """Return every importer by name."""
    return collect(sys.modules[__name__], "IMPORTER", Importer)
