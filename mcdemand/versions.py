"""What must be the same on two machines that are to compute the same bits."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path

from mcdemand.designs._design import CONTRACT_ID

LIBRARIES = ("numpy", "numba", "llvmlite", "scipy", "distributed")
SOURCES = (".py", ".txt")
DIGITS = 16


@cache
def package_digest() -> str:
    """Return the first hexadecimal digits of the SHA-256 of all sources of mcdemand, and of its tables."""
    root = Path(__file__).resolve().parent
    hasher = hashlib.sha256()
    for path in sorted(path for path in root.rglob("*") if path.suffix in SOURCES):
        hasher.update(f"{path.relative_to(root).as_posix()}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return hasher.hexdigest()[:DIGITS]


# Now, while the files are what is being imported: a process that runs on after an edit is not of the new version.
package_digest()


@cache
def installed_versions() -> dict[str, str]:
    """Return the versions, by what they are of.

    Examples
    --------
    >>> sorted(installed_versions())[:2]
    ['Python', 'contract']
    """
    own = {"mcdemand": version("mcdemand"), "sources of mcdemand": package_digest(), "contract": CONTRACT_ID}
    return own | {name: version(name) for name in LIBRARIES} | {"Python": ".".join(map(str, sys.version_info[:2]))}


def explain_skew(theirs: Mapping[str, str], ours: Mapping[str, str]) -> str:
    """Return what differs, in words; empty if nothing does.

    Examples
    --------
    >>> explain_skew({"numpy": "2.5.0"}, {"numpy": "2.5.1"})
    'numpy 2.5.0 there, 2.5.1 here'
    """
    return ", ".join(
        f"{name} {theirs.get(name, 'missing')} there, {ours.get(name, 'missing')} here"
        for name in {**ours, **theirs}
        if theirs.get(name) != ours.get(name)
    )
