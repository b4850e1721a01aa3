"""Scrambled Sobol' points: far smaller errors for the same draws; chains are independent randomisations.

What holds of the draw contract: more draws start with the fewer (a chain has a power of two of them), more chains start
with the fewer, threads and tiles do not matter, any single draw can be replayed alone, and two prior sets of one model
pair, because a parameter's axis is the rank of its name among the model's own and its scramble belongs to the name.
What does not: another model, with more or fewer parameters, moves all draws. Axes beyond the 1024 that there are
numbers for, and parameters that the model does not know, are drawn at random. The draws of a chain are not independent
of each other: errors come from the chains.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from mcdemand.designs._design import Axis, Design, key_words
from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.jit import loop
from mcdemand.kernels.sobol import INDEX_BITS, fill_scrambled

DIMENSIONS = 1024
DIRECTIONS = "joe_kuo_6.txt"


def source(axis: Axis) -> tuple[int, ...]:
    """Return the two key words of the axis' scramble, and the columns of its generating matrix."""
    return (*key_words("sobol", axis.seed, axis.name, axis.step), *columns(axis.dimension))


@cache
def columns(dimension: int) -> tuple[int, ...]:
    """Return the columns of a generating matrix, first digit lowest, each added to the one before.

    The sum of neighbours puts the points in the order of the Gray code, in which others number them too. Joe and Kuo
    (2008), section 2: v_k = m_k / 2^k, m_k = 2 a_1 m_{k-1} ^ ... ^ 2^{s-1} a_{s-1} m_{k-s+1} ^ 2^s m_{k-s} ^ m_{k-s}.
    """
    degree, inner, initial = _directions()[dimension]
    numbers = list(initial)
    for k in range(len(numbers), INDEX_BITS):
        number = numbers[k - degree] ^ (numbers[k - degree] << degree)
        for j in range(1, degree):
            number ^= ((inner >> (degree - 1 - j)) & 1) * (numbers[k - j] << j)
        numbers.append(number)
    digits = [int(f"{number:0{k}b}"[::-1], 2) for k, number in enumerate(numbers, start=1)]
    return tuple(second ^ first for first, second in zip([0, *digits], digits, strict=False))


@cache
def _directions() -> tuple[tuple[int, int, tuple[int, ...]], ...]:
    """Return (degree, inner coefficients, initial numbers) of each dimension; all numbers of the first one are 1."""
    lines = files(__package__).joinpath(DIRECTIONS).read_text(encoding="ascii").splitlines()[1:]
    rows = [[int(word) for word in line.split()] for line in lines]
    return ((0, 0, (1,) * INDEX_BITS), *((row[1], row[2], tuple(row[3:])) for row in rows))


@loop
def fill(row: Floats, words: Integers, chain: int, block: int) -> None:
    """Scrambled points of one block."""
    fill_scrambled(row, words[0], words[1], words[2 : 2 + INDEX_BITS], chain, block)


DESIGN = Design(
    name="sobol",
    source=source,
    fill=fill,
    is_independent=False,
    grows=True,
    power_of_two=True,
    dimensions=DIMENSIONS,
)
