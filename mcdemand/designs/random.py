"""Independent draws: every clause of the draw contract holds.

Adding, removing or reordering parameters, more draws, other threads or tiles leave every draw as it was; any single
draw can be replayed alone.
"""

from __future__ import annotations

import hashlib

from mcdemand.designs._design import Design
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.jit import loop
from mcdemand.kernels.philox import fill_uniforms

CONTRACT_ID = "mcdemand-draws-1"
KEY_BYTES = 8


def source(seed: int, name: str, step: int) -> tuple[int, int, int]:
    """Return the two key words of a name, BLAKE2b-64 of (contract, seed, name), and the step."""
    text = "\0".join((CONTRACT_ID, str(seed), name))
    key = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=KEY_BYTES).digest(), "little")
    return key & 0xFFFFFFFF, key >> 32, step


@loop
def fill(row: Floats, key_low: int, key_high: int, step: int, chain: int, block: int) -> None:
    """Philox uniforms of one block."""
    fill_uniforms(row, key_low, key_high, chain, step, block)


DESIGN = Design(name="random", source=source, fill=fill)
