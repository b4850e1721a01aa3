"""What becomes of a tile: a sink says where the kernel writes it, and is told when it is full.

Sinks do not know the model, the model does not know sinks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.blocks import store_parameters
from mcdemand.spare_memory import empty


@dataclass(frozen=True)
class Tile:
    """Consecutive draws of one chain.

    Attributes
    ----------
    parameters
        (row, draw) of the row program; only the first `count` draws count.
    series, offset
        (output, column, draw) and the place of the first draw in it.
    """

    chain: int
    first_draw: int
    count: int
    parameters: Floats
    series: Floats
    offset: int


class Sink(Protocol):
    """Takes tiles from several threads at once."""

    def place(self, chain: int, first_draw: int, count: int) -> tuple[Floats, int]:
        """Return the array (output, column, draw) that the kernel fills for these draws, and where in it."""

    def take(self, tile: Tile) -> None:
        """Use a full tile."""


class Store:
    """Keeps every draw: the kernel writes straight into the result.

    Attributes
    ----------
    series
        (output, column, chain * draws per chain).
    parameters
        (kept row, chain * draws per chain).
    draws
        Draws of each chain.
    """

    def __init__(self, rows: Sequence[int], outputs: int, columns: int, chains: int, draws: int) -> None:
        self._rows = np.array(rows, dtype=np.int64)
        self._chains = chains
        self.draws = draws
        memory = empty((outputs * columns + len(rows)) * chains * draws)
        self.series = memory[: outputs * columns * chains * draws].reshape(outputs, columns, chains * draws)
        self.parameters = memory[self.series.size :].reshape(len(rows), chains * draws)

    def place(self, chain: int, first_draw: int, count: int) -> tuple[Floats, int]:
        """Return the result itself."""
        assert first_draw + count <= self.draws
        return self.series, chain * self.draws + first_draw

    def copy_start(self, start: Store) -> None:
        """Begin every chain with the draws of a store of fewer draws."""
        for own, other in ((self.series, start.series), (self.parameters, start.parameters)):
            own.reshape(-1, self._chains, self.draws)[..., : start.draws] = other.reshape(-1, self._chains, start.draws)

    def take(self, tile: Tile) -> None:
        """Copy the parameters that are kept."""
        store_parameters(tile.parameters, self._rows, tile.count, self.parameters, tile.offset)
