"""The shipped model's draws into files of each array format, and plain copies of as many bytes."""

from __future__ import annotations

import os
import tempfile
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
        with tempfile.TemporaryDirectory() as folder:
            clock.restart()
            for name, (file, options) in FILES.items():
                mc.export(result, Path(folder, file), **options)
                clock.mark(name)
            clock.stop()
            before = total(result)
            return {name: [before, total(mc.read(Path(folder, file)))] for name, (file, _) in FILES.items()}

    return job


def copies() -> Job:
    """Write the bytes of as many numbers and wait for the disk, once for each of the formats."""

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        values = np.random.default_rng(seed).random((len(OUTPUTS), YEARS, draws))
        found = {}
        with tempfile.TemporaryDirectory() as folder:
            clock.restart()
            for name in FILES:
                with Path(folder, f"{name}.bin").open("wb") as file:
                    values.tofile(file)
                    file.flush()
                    os.fsync(file.fileno())
                clock.mark(name)
            clock.stop()
            for name in FILES:
                found[name] = [float(values.sum()), float(np.fromfile(Path(folder, f"{name}.bin")).sum())]
        return found

    return job
