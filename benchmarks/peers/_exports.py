"""The shipped model's draws into files of each array format, and plain copies of as many bytes."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers._peer import Clock, Figures, Job

CHAINS = 4
OUTPUTS = (
    "energy_served",
    "energy",
    "capacity",
    "accelerators_served",
    "capex_served",
    "tokens_served",
    "training_share",
)
YEARS = 12
FILES: dict[str, tuple[str, dict[str, Any]]] = {
    "netcdf": ("a.nc", {}),
    "parquet": ("a.parquet", {}),
    "parquet, zstd": ("b.parquet", {"compression": "zstd"}),
    "parquet, tidy": ("c.parquet", {"layout": "tidy"}),
    "arrow": ("a.arrow", {}),
    "zarr": ("a.zarr", {}),
}


def total(result: Any) -> float:
    """Return the sum of all outputs."""
    return float(sum(array.values.sum() for array in result["prior_predictive"].data_vars.values()))


def exports() -> Job:
    """Write each file anew; the folder is the temporary one, so `TMPDIR` says which disk."""
    import mcdemand as mc

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        result = mc.simulate("consensus", draws=draws, chains=CHAINS, design="random", seed=seed, outputs=OUTPUTS)
        before, found = total(result), {}
        for name, (file, options) in FILES.items():
            write = partial(mc.export, result, **options)
            found[name] = [before, _write(file, name, write, lambda path: total(mc.read(path)), clock)]
        return found

    return job


def copies() -> Job:
    """Write the bytes of as many numbers and wait for the disk, once for each of the formats."""

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        values = np.random.default_rng(seed).random((len(OUTPUTS), YEARS, draws))
        before, write = float(values.sum()), partial(_copy, values)
        return {
            name: [before, _write("a.bin", name, write, lambda path: float(np.fromfile(path).sum()), clock)]
            for name in FILES
        }

    return job


def _copy(values: np.ndarray[Any, np.dtype[np.float64]], path: Path) -> None:
    with path.open("wb") as file:
        values.tofile(file)
        file.flush()
        os.fsync(file.fileno())


def _write(
    file: str, phase: str, write: Callable[[Path], object], look: Callable[[Path], float], clock: Clock
) -> float:
    """Write a file twice, the second time as a phase, and return what is seen in it.

    Where a virtual machine's host takes back memory that lies idle, a first file is slow: the system must be given room
    to keep it. A second one takes the room that the first has left.
    """
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder, file))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, file)
        clock.skip()
        write(path)
        clock.mark(phase)
        seen = look(path)
    clock.skip()
    return seen
