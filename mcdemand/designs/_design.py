"""What a design is: the root of the family."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Design:
    """A way to lay points in the unit cube.

    Attributes
    ----------
    source
        `source(seed, name, step)` -> three integers that key a row's uniforms.
    fill
        Kernel `fill(row, k0, k1, k2, chain, block)`: 256 uniforms of one row; `k0, k1, k2` come from `source`.
    """

    name: str
    source: Callable[[int, str, int], tuple[int, int, int]]
    fill: Callable[..., None]
