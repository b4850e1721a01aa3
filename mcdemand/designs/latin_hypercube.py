"""Latin hypercube: each parameter's draws fall one into each of n strata of equal probability, in a random order.

McKay, Beckman and Conover (1979). What holds of the draw contract: adding, removing or reordering parameters leaves the
others' draws, more chains start with the fewer, threads and tiles do not matter, any single draw can be replayed alone,
and two prior sets pair. What does not: another number of draws is another sample altogether, because the strata change.
The draws of a chain are not independent of each other: errors come from the chains.
"""

from __future__ import annotations

import sys

from mcdemand.designs._design import Axis, Design, key_words
from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.jit import loop
from mcdemand.kernels.permutation import fill_stratified


def source(axis: Axis) -> tuple[int, ...]:
    """Return the two key words of the axis' permutation, and the number of strata."""
    return (*key_words("latin_hypercube", axis.seed, axis.name, axis.step), axis.draws)


@loop
def fill(row: Floats, words: Integers, chain: int, block: int) -> None:
    """Stratified uniforms of one block."""
    fill_stratified(row, words[0], words[1], words[2], chain, block)


DESIGN = Design(
    name="latin_hypercube",
    source=source,
    fill=fill,
    is_independent=False,
    grows=False,
    power_of_two=False,
    dimensions=sys.maxsize,
)
