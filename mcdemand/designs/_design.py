"""What a design is: the root of the family."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

CONTRACT_ID = "mcdemand-draws-1"
KEY_BYTES = 8


@dataclass(frozen=True)
class Axis:
    """One axis of the unit cube: the uniforms of a parameter in a year.

    Attributes
    ----------
    step
        Years since the base year; 0 for a parameter that does not vary by year.
    dimension
        The place of the axis in the model: the rank of the parameter's name among all of them, and so on year by year;
        -1 for a name that the model does not know.
    draws
        Draws of each chain.
    """

    seed: int
    name: str
    step: int = 0
    dimension: int = -1
    draws: int = 1


@dataclass(frozen=True)
class Design:
    """A way to lay points in the unit cube.

    Attributes
    ----------
    source
        `source(axis)` -> the integers that an axis is drawn from.
    fill
        Kernel `fill(row, words, chain, block)`: 256 uniforms of one axis, `words` from `source`.
    is_independent
        Whether the draws of a chain are independent of each other. Where they are not, only chains are, and errors come
        from them.
    grows
        Whether more draws start with the fewer.
    power_of_two
        Whether a chain needs a power of two of draws.
    dimensions
        Axes that it can lay; those beyond are drawn at random.
    """

    name: str
    source: Callable[[Axis], Sequence[int]]
    fill: Callable[..., None]
    is_independent: bool
    grows: bool
    power_of_two: bool
    dimensions: int


def key_words(*parts: object) -> tuple[int, int]:
    """Return the two 32-bit words of a key: BLAKE2b-64 of the contract and what the key belongs to."""
    text = "\0".join(map(str, (CONTRACT_ID, *parts)))
    key = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=KEY_BYTES).digest(), "little")
    return key & 0xFFFFFFFF, key >> 32
