"""What the system's control groups leave to this process: bytes of memory, processors. Linux, both versions."""

from __future__ import annotations

import math
from pathlib import Path

SYSTEM = Path("/")
UNLIMITED_BYTES = 2**62
"""Version 1 says that there is no limit by a number that no machine reaches, version 2 by a word."""


def bytes_left() -> int | None:
    """Return the bytes that this process's group, or one above it, leaves; None where nothing limits them."""
    return min((left for folder in _folders("memory") if (left := _left_in(folder)) is not None), default=None)


def processors() -> int | None:
    """Return how many processors the share of time amounts to, rounded up; None where nothing limits it."""
    return min((count for folder in _folders("cpu") if (count := _processors_in(folder)) is not None), default=None)


def _folders(controller: str) -> list[Path]:
    """Return the folders of the process's groups that have a controller, and of all groups above them."""
    root = SYSTEM / "sys/fs/cgroup"
    try:
        lines = (SYSTEM / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        lines = []
    folders = [root, root / controller]
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers or controller in controllers.split(","):
            own = (root / controller if controllers else root) / path.lstrip("/")
            folders += [own, *(parent for parent in own.parents if root in parent.parents)]
    return [*dict.fromkeys(folders)]


def _left_in(folder: Path) -> int | None:
    for limit, used, cached in (
        ("memory.max", "memory.current", "inactive_file"),
        ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        try:
            most = int((folder / limit).read_text())
            if most >= UNLIMITED_BYTES:
                return None
            left = most - int((folder / used).read_text())
            rows = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        except (ValueError, OSError):
            continue
        # Files that were read are given up when somebody needs the room.
        return max(0, left + int(rows.get(cached, 0)))
    return None


def _processors_in(folder: Path) -> int | None:
    try:
        if (folder / "cpu.max").exists():
            quota, period = (folder / "cpu.max").read_text().split()
        else:
            quota, period = ((folder / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period"))
        return max(1, math.ceil(int(quota) / int(period))) if int(quota) > 0 else None
    except (ValueError, OSError):
        return None
