"""The families of laws: one file each.

A member defines `DISTRIBUTION`, a `Distribution` (see `_distribution.py`): the quantile function as a kernel, how the
kernel's numbers come from the stated parameters, the inverse, how to fit quantiles, and an independent oracle. It is
found by being in this folder; the tests of the folder then apply to it.
"""

from __future__ import annotations

import sys
from functools import cache

from mcdemand.distributions._distribution import Distribution
from mcdemand.registry import collect


@cache
def distributions() -> dict[str, Distribution]:
    """Return every family by name."""
    return collect(sys.modules[__name__], "DISTRIBUTION", Distribution)


@cache
def find_distribution(name: str) -> Distribution | None:
    """Return the family of a name, such as `beta` or `scipy:gamma`; None if there is none.

    Raises
    ------
    InputError
        If a member that stands for many families does not know the name.
    """
    head, _, rest = name.partition(":")
    family = distributions().get(head)
    if family is None or not rest:
        return family
    return family.named(rest) if family.named else None
