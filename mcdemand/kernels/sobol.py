"""Sobol' points from an index, scrambled by a keyed hash, one parameter's block of draws at a time.

Points are 64-bit words whose lowest bit is the first binary digit of the fraction: in that order a multiplication, an
addition or an exclusive or with a multiple of two moves digits only towards later ones, so each permutes the halves of
[0, 1), then the quarters within each half, and so on: a nested scramble (Owen 1995).
"""

from __future__ import annotations

import numpy as np

from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.kernels.intrinsics import reverse_bits
from mcdemand.kernels.jit import kernel, loop
from mcdemand.kernels.philox import BLOCK, AffineKey, affine_key, fraction

BLOCK_BITS = 8
INDEX_BITS = 40
MIXER_0 = np.uint64(0xD1342543DE82EF96)
MIXER_1 = np.uint64(0xAF251AF3B0F025B6)


@loop
def sobol_words(columns: Integers, block: int, words: Integers) -> None:
    """The block's points, unscrambled: the exclusive or of the columns where the draw's index has a bit."""
    start = np.int64(0)
    for k in range(BLOCK_BITS, INDEX_BITS):
        start ^= columns[k] * ((block >> (k - BLOCK_BITS)) & 1)
    words[0] = start
    for k in range(BLOCK_BITS):
        half = 1 << k
        for i in range(half):
            words[half + i] = words[i] ^ columns[k]


@kernel
def scrambled(word: np.uint64, first: AffineKey, second: AffineKey) -> np.uint64:
    """A nested permutation of digits: x -> a x + b, x -> x ^ c x, x -> x ^ d x, twice, mod 2^64; a odd, c and d even.

    With random a and b, two points that first differ in one digit are independent of each other in all later ones,
    which is all that the variance under Owen's scramble rests on; the other steps are there for three points and more.
    """
    word = word * first[0] + first[1]
    word = word ^ (word * MIXER_0)
    word = word ^ (word * MIXER_1)
    word = word * second[0] + second[1]
    word = word ^ (word * MIXER_0)
    return word ^ (word * MIXER_1)


@loop
def fill_scrambled(row: Floats, key_low: int, key_high: int, columns: Integers, chain: int, block: int) -> None:
    """Fill a block of 256 draws with scrambled Sobol' points in (0, 1)."""
    words = row.view(np.int64)
    sobol_words(columns, block, words)
    first = affine_key(key_low, key_high, chain, 0)
    second = affine_key(key_low, key_high, chain, 1)
    for i in range(BLOCK):
        row[i] = fraction(reverse_bits(scrambled(np.uint64(words[i]), first, second)))
