"""The formats that a result leaves in: one file each, defining `EXPORTER`; it says what the format keeps."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

from mcdemand.exporters._exporter import Exporter
from mcdemand.registry import collect


@cache
def exporters() -> dict[str, Exporter]:
    """Return every exporter by name."""
    return collect(sys.modules[__name__], "EXPORTER", Exporter)


def owners() -> dict[str, Exporter]:
    """Return the format that each ending belongs to."""
    return {suffix: one for one in exporters().values() if one.owns_suffix for suffix in one.suffixes}


def owner_of(path: Path) -> Exporter | None:
    """Return the format that the ending of a name belongs to, the longest that any has."""
    known = owners()
    endings = [suffix for suffix in known if path.name.lower().endswith(suffix)]
    return known[max(endings, key=len)] if endings else None
