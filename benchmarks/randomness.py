"""The uniforms as the engine lays them out, interleaved in ways that a user's model could meet, as a stream of bits.

`python -m benchmarks.randomness parameters | RNG_test stdin32` feeds PractRand;
`python -m benchmarks.randomness seeds | dieharder -a -g 200` feeds dieharder. The stream does not end by itself.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import numpy as np

from mcdemand.designs import designs
from mcdemand.designs._design import Axis
from mcdemand.kernels.philox import BLOCK

WORD_STEPS = 2.0**32
BLOCKS_AT_ONCE = 64

Key = tuple[int, str, int, int]


def one_parameter(_index: int) -> Key:
    """Return (seed, name, step, chain) of a single parameter: its draws in their order."""
    return 0, "request_growth", 0, 0


def parameters(index: int) -> Key:
    """Return the key of the index-th parameter of one draw: x0, x1, x2, ..."""
    return 0, f"x{index}", 0, 0


def chains(index: int) -> Key:
    """Return the key of the index-th chain."""
    return 0, "request_growth", 0, index


def steps(index: int) -> Key:
    """Return the key of the index-th year of a parameter that varies by year."""
    return 0, "request_growth", index, 0


def seeds(index: int) -> Key:
    """Return the key of seed 0, 1, 2, ..."""
    return index, "request_growth", 0, 0


INTERLEAVINGS: dict[str, tuple[Callable[[int], Key], int]] = {
    "one_parameter": (one_parameter, 1),
    "parameters": (parameters, 64),
    "chains": (chains, 64),
    "steps": (steps, 64),
    "seeds": (seeds, 64),
}


def uniforms(interleaving: str, block: int, blocks: int) -> np.ndarray:
    """Return the uniforms of some blocks, one key after the other for each draw."""
    key, width = INTERLEAVINGS[interleaving]
    design = designs()["random"]
    rows = np.empty((width, blocks * BLOCK))
    for index in range(width):
        seed, name, step, chain = key(index)
        for k in range(blocks):
            row = rows[index, k * BLOCK : (k + 1) * BLOCK]
            design.fill(row, np.array(design.source(Axis(seed, name, step))), chain, block + k)
    return rows.T.ravel()


def words(interleaving: str, block: int, blocks: int) -> np.ndarray:
    """Return the leading 32 bits of the uniforms."""
    return (uniforms(interleaving, block, blocks) * WORD_STEPS).astype(np.uint32)


def stream(interleaving: str) -> Iterator[bytes]:
    """Yield words for ever."""
    block = 0
    while True:
        yield words(interleaving, block, BLOCKS_AT_ONCE).tobytes()
        block += BLOCKS_AT_ONCE


if __name__ == "__main__":
    try:
        for piece in stream(sys.argv[1]):
            sys.stdout.buffer.write(piece)
    except BrokenPipeError:
        sys.stderr.close()
