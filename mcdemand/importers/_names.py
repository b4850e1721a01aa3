"""Names of strangers as names of parameters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

LONGEST = 64
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


def parameter_names(labels: Iterable[str]) -> list[str]:
    """Return a parameter name for each label: itself, or its letters and digits, and a number if it is taken.

    Examples
    --------
    >>> parameter_names(["Growth rate (%)", "Growth-rate", "2030", "x"])
    ['Growth_rate', 'Growth_rate_2', 'x_2030', 'x']
    """
    found: dict[str, None] = {}
    for label in labels:
        found.setdefault(_untaken(_plain(label), found))
    return list(found)


def _plain(label: str) -> str:
    if NAME.fullmatch(label):
        return label
    letters = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9]+", "_", letters).strip("_")
    return (name if re.match(r"[A-Za-z]", name) else f"x_{name}".rstrip("_"))[:LONGEST]


def _untaken(name: str, taken: Iterable[str]) -> str:
    known, number, candidate = set(taken), 1, name
    while candidate in known:
        number += 1
        candidate = f"{name[: LONGEST - len(str(number)) - 1]}_{number}"
    return candidate
