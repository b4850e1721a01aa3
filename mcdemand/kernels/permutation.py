"""A keyed permutation of 0 ... n - 1, evaluated at one place at a time, and the Latin hypercube that it makes."""

from __future__ import annotations

import numpy as np

from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.jit import kernel, loop
from mcdemand.kernels.philox import BLOCK, ODD, WORD_BITS, AffineKey, affine_key, fill_uniforms

LARGEST_BELOW_ONE = 1.0 - 2.0**-53
SMALL_BITS, PASSES_OF_FEW = 8, 4

type Keys = tuple[AffineKey, AffineKey, AffineKey, AffineKey]


@kernel
def mixed(place: np.uint64, mask: np.uint64, shift: np.uint64, key: AffineKey) -> np.uint64:
    """A permutation of the numbers up to the mask: x -> a x + b with odd a, x -> x ^ (x >> s), by halves of a key."""
    place = (place * key[0] + key[1]) & mask
    place = place ^ (place >> shift)
    place = (place * ((key[0] >> WORD_BITS) | ODD) + (key[1] >> WORD_BITS)) & mask
    return place ^ (place >> shift)


@kernel
def permuted_once(place: np.uint64, mask: np.uint64, shift: np.uint64, keys: Keys, passes: int) -> np.uint64:
    """A permutation of the numbers up to the mask; each pass reads other bits of the keys, as few numbers use few."""
    for k in range(passes):
        offset = np.uint64(SMALL_BITS * k)
        for key in keys:
            place = mixed(place, mask, shift, ((key[0] >> offset) | ODD, key[1] >> offset))
    return place


@kernel
def permuted(
    place: np.uint64, size: np.uint64, mask: np.uint64, shift: np.uint64, keys: Keys, passes: int
) -> np.uint64:
    """The image of a place below the size: a permutation up to a power of two, again until the image is below the size.

    Black and Rogaway (2002), "Ciphers with arbitrary finite domains", section 3, cycle walking.
    """
    place = permuted_once(place, mask, shift, keys, passes)
    while place >= size:
        place = permuted_once(place, mask, shift, keys, passes)
    return place


@loop
def fill_stratified(row: Floats, key_low: int, key_high: int, draws: int, chain: int, block: int) -> None:
    """Fill a block of 256 draws: each of `draws` draws lies in a stratum of its own, (stratum + u) / draws."""
    fill_uniforms(row, key_low, key_high, chain, 0, block)
    bits = 1
    while (1 << bits) < draws:
        bits += 1
    mask, shift, size = np.uint64((1 << bits) - 1), np.uint64((bits + 1) // 2), np.uint64(draws)
    passes = PASSES_OF_FEW if bits <= SMALL_BITS else 1
    keys = (
        affine_key(key_low, key_high, chain, 0),
        affine_key(key_low, key_high, chain, 1),
        affine_key(key_low, key_high, chain, 2),
        affine_key(key_low, key_high, chain, 3),
    )
    for i in range(BLOCK):
        # The last block is filled beyond the last draw, where the permutation is not defined.
        place = np.uint64(min(block * BLOCK + i, draws - 1))
        stratum = permuted(place, size, mask, shift, keys, passes)
        row[i] = min((np.float64(stratum) + row[i]) / draws, LARGEST_BELOW_ONE)
