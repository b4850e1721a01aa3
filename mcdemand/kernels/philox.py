"""Philox4x32-10: a key and a counter to uniforms, one parameter's block of draws at a time.

Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11 (2011), section 3.3.
"""

from __future__ import annotations

import numpy as np

from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.intrinsics import bits_float
from mcdemand.kernels.jit import kernel, loop

type Words = tuple[np.uint64, np.uint64, np.uint64, np.uint64]
type AffineKey = tuple[np.uint64, np.uint64]

BLOCK = 256
HALF_BLOCK = BLOCK // 2
ROUNDS = 10
MULTIPLIER_0 = np.uint64(0xD2511F53)
MULTIPLIER_1 = np.uint64(0xCD9E8D57)
WEYL_0 = np.uint64(0x9E3779B9)
WEYL_1 = np.uint64(0xBB67AE85)
WORD = np.uint64(0xFFFFFFFF)
WORD_BITS = np.uint64(32)
DROPPED_BITS = np.uint64(12)
EXPONENT_OF_ONE = np.uint64(0x3FF0000000000000)
BELOW_ONE = 1.0 - 2.0**-53
ODD = np.uint64(1)


@kernel
def philox_round(c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64, k0: np.uint64, k1: np.uint64) -> Words:
    """One round on four counter words and two key words, each 32 bits in a 64-bit integer."""
    product_0 = MULTIPLIER_0 * c0
    product_1 = MULTIPLIER_1 * c2
    return (
        (product_1 >> WORD_BITS) ^ c1 ^ k0,
        product_1 & WORD,
        (product_0 >> WORD_BITS) ^ c3 ^ k1,
        product_0 & WORD,
    )


@kernel
def philox(
    c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64, k0: np.uint64, k1: np.uint64, rounds: int
) -> Words:
    """Four random 32-bit words from four counter words and two key words."""
    for _ in range(rounds):
        c0, c1, c2, c3 = philox_round(c0, c1, c2, c3, k0, k1)
        k0 = (k0 + WEYL_0) & WORD
        k1 = (k1 + WEYL_1) & WORD
    return c0, c1, c2, c3


@kernel
def fraction(word: np.uint64) -> float:
    """(k + 1/2) / 2^52 with the leading 52 of 64 bits as k: never 0, never 1."""
    # From 1 + k / 2^52; the difference is exact.
    return bits_float(np.int64((word >> DROPPED_BITS) | EXPONENT_OF_ONE)) - BELOW_ONE


@kernel
def uniform(high: np.uint64, low: np.uint64) -> float:
    """The fraction whose digits are those of two 32-bit words."""
    return fraction((high << WORD_BITS) | low)


@loop
def fill_uniforms(row: Floats, key_low: int, key_high: int, chain: int, step: int, block: int) -> None:
    """Fill a block of 256 draws: draws i and i + 128 come from one call of the cipher."""
    # Masks tell the compiler that these are 32-bit words, whose product is one instruction.
    k0, k1 = np.uint64(key_low) & WORD, np.uint64(key_high) & WORD
    c2, c3 = np.uint64(chain) & WORD, np.uint64(step) & WORD
    first = np.uint64(HALF_BLOCK * block)
    # No sum carries: the first counter of a block is a multiple of 128.
    c0, c1 = first & WORD, first >> WORD_BITS
    for i in range(HALF_BLOCK):
        w0, w1, w2, w3 = philox((c0 + np.uint64(i)) & WORD, c1, c2, c3, k0, k1, ROUNDS)
        row[i] = uniform(w0, w1)
        row[HALF_BLOCK + i] = uniform(w2, w3)


@kernel
def affine_key(key_low: int, key_high: int, chain: int, part: int) -> AffineKey:
    """A random odd factor and a random summand for a chain, from a counter that no uniform uses."""
    counter = (np.uint64(part), np.uint64(0), np.uint64(chain), WORD)
    w0, w1, w2, w3 = philox(*counter, np.uint64(key_low), np.uint64(key_high), ROUNDS)
    return ((w0 << WORD_BITS) | w1) | ODD, (w2 << WORD_BITS) | w3
