"""Independent draws: every clause of the draw contract holds.

Adding, removing or reordering parameters, more draws, other threads or tiles leave every draw as it was; any single
draw can be replayed alone.
"""

from __future__ import annotations

import sys

from mcdemand.designs._design import Axis, Design, key_words
from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.jit import loop
from mcdemand.kernels.philox import fill_uniforms


def source(axis: Axis) -> tuple[int, ...]:
    """Return the two key words of a name, BLAKE2b-64 of (contract, seed, name), and the step."""
    return (*key_words(axis.seed, axis.name), axis.step)


@loop
def fill(row: Floats, words: Integers, chain: int, block: int) -> None:
    """Philox uniforms of one block."""
    fill_uniforms(row, words[0], words[1], chain, words[2], block)


DESIGN = Design(
    name="random",
    source=source,
    fill=fill,
    is_independent=True,
    grows=True,
    power_of_two=False,
    dimensions=sys.maxsize,
)
