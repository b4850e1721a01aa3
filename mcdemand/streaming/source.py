"""Rows of draws: those of a run, leaf by leaf, in memory that a thread uses again and again."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from mcdemand.engine import tile_worker
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.blocks import store_parameters
from mcdemand.run import Run
from mcdemand.sinks import Tile
from mcdemand.streaming.spans import LEAF_DRAWS


class Row(NamedTuple):
    """An output, or a parameter, in a year; None where it has no time."""

    name: str
    year: int | None

    def __str__(self) -> str:
        """Return what an error calls it."""
        return self.name if self.year is None else f"{self.name}, year {self.year}"


class Source(Protocol):
    """Rows of draws of all chains."""

    @property
    def rows(self) -> Sequence[Row]:
        """What the rows hold."""

    @property
    def chains(self) -> int:
        """Number of chains."""

    @property
    def draws(self) -> int:
        """Draws of each chain."""

    def fill(self, chain: int, first_draw: int, count: int, *, store: bool = False) -> Floats:
        """Return (row, draw) of a leaf; it holds until the same thread asks for another.

        Parameters
        ----------
        store
            Whether to write the draws to where they are kept, if they are; spans begin and end with a chunk there.
        """


class Keeper(Protocol):
    """Keeps all draws elsewhere than in memory."""

    def take(self, tile: Tile) -> None:
        """Keep a full tile; a thread hands over those of a span one after the other."""


class RunSource:
    """The kept quantities of a run by year, or the kept parameters of one that keeps no quantity.

    Parameters
    ----------
    keeper
        Keeps the draws, if any are kept.
    """

    def __init__(self, run: Run, keeper: Keeper | None = None) -> None:
        self._keeper = keeper
        self.run, self.chains, self.draws = run, run.chains, run.draws_per_chain
        named = [*enumerate(_rows(run))]
        self.rows: Sequence[Row] = [row for _, row in named if row is not None]
        self._chosen = [k for k, row in named if row is not None]
        self._copied = len(self._chosen) < len(named)
        self._parameters = np.array([] if run.plan.outputs else run.kept_rows(), dtype=np.int64)
        self._own = threading.local()
        self._work = tile_worker(run, self, LEAF_DRAWS)

    def fill(self, chain: int, first_draw: int, count: int, *, store: bool = False) -> Floats:
        """Return (row, draw) of a leaf; it holds until the same thread asks for another."""
        self._own.keeper = self._keeper if store else None
        self._work((chain, first_draw, count))
        rows: Floats = self._own.rows
        return rows[self._chosen] if self._copied else rows

    def place(self, _chain: int, _first_draw: int, count: int) -> tuple[Floats, int]:
        """Return this thread's memory, as a sink."""
        outputs, columns = len(self.run.plan.outputs), max(1, len(self.run.years))
        shape = (outputs * columns + self._parameters.size, count)
        if getattr(self._own, "rows", np.empty(0)).shape != shape:
            self._own.rows = np.empty(shape)
        series: Floats = self._own.rows[: outputs * columns].reshape(outputs, columns, count)
        return series, 0

    def take(self, tile: Tile) -> None:
        """Copy the parameters that are wanted, as a sink, and let the draws be kept."""
        keeper: Keeper | None = getattr(self._own, "keeper", None)
        if keeper:
            keeper.take(tile)
        if self._parameters.size:
            store_parameters(tile.parameters, self._parameters, tile.count, self._own.rows, 0)


def _rows(run: Run) -> Iterator[Row | None]:
    """Yield what the rows of a tile are; None for those that repeat an earlier year."""
    timed = run.model.timed(run.plan, run.yearly())
    for name in run.plan.outputs:
        for column, year in enumerate(run.years or (None,)):
            if name in timed:
                yield Row(name, year)
            else:
                yield None if column else Row(name, None)
    for name in () if run.plan.outputs else run.kept_parameters:
        years = run.years if run.priors.varies(name) and run.years else (None,)
        yield from (Row(name, year) for year in years)
