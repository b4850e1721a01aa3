"""Time to write 10^6 draws of 7 outputs in 12 years in each array format, beside a plain copy of the same bytes."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import xarray as xr

import mcdemand as mc
from mcdemand.exporting import export, read

DRAWS, CHAINS = 10**6, 4
OUTPUTS = (
    "energy_served",
    "energy",
    "capacity",
    "accelerators_served",
    "capex_served",
    "tokens_served",
    "training_share",
)
ROUNDS = 7
MOST_TIMES = 3.0
JUDGED = ("netcdf", "parquet")
CASES = {
    "netcdf": ("a.nc", {}),
    "parquet": ("a.parquet", {}),
    "parquet, zstd": ("b.parquet", {"compression": "zstd"}),
    "parquet, tidy": ("c.parquet", {"layout": "tidy"}),
    "arrow": ("a.arrow", {}),
    "zarr": ("a.zarr", {}),
}
SLOW_CASES = {"csv": ("a.csv", {}), "csv, tidy": ("b.csv", {"layout": "tidy"})}


def simulate() -> xr.DataTree:
    """Return the draws, without parameters."""
    return mc.simulate("consensus", draws=DRAWS, chains=CHAINS, design="random", seed=1, outputs=OUTPUTS)


def copy(values: np.ndarray, path: Path) -> None:
    """Write the bytes of an array and wait for the disk."""
    with path.open("wb") as file:
        values.tofile(file)
        file.flush()
        os.fsync(file.fileno())


def seconds(run: Callable[[], object]) -> float:
    """Return the seconds of one call."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def cpu_seconds(run: Callable[[], object]) -> float:
    """Return the processor's seconds of one call, over all threads."""
    start = time.process_time()
    run()
    return time.process_time() - start


def print_exports() -> None:
    """Print medians of what each format takes, the ratio to a copy within a round, and what reading takes.

    `--csv` adds CSV, once; the folder is the temporary one, so `TMPDIR` says which disk.
    """
    result = simulate()
    arrays = [array.values for array in result["prior_predictive"].data_vars.values()]
    # In the order in which they lie in memory, so that the copy costs no more than it must.
    values = np.ascontiguousarray(np.stack([array.transpose(2, 0, 1) for array in arrays]))
    print(f"{len(arrays)} outputs, {arrays[0].shape}: {values.nbytes / 1e6:.0f} MB")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runs: dict[str, Callable[[], object]] = {"copy": lambda: copy(values, folder / "copy.bin")}
        for case, (file, options) in CASES.items():
            runs[case] = lambda file=file, options=options: export(result, folder / file, overwrite=True, **options)
        rounds = [{case: seconds(run) for case, run in runs.items()} for _ in range(ROUNDS)]
        for case in runs:
            found = statistics.median(times[case] for times in rounds)
            ratio = statistics.median(times[case] / times["copy"] for times in rounds)
            late = f": MORE THAN {MOST_TIMES:g}" if case in JUDGED and ratio > MOST_TIMES else ""
            busy = cpu_seconds(runs[case])
            print(f"{case}: {found:.2f} s ({busy:.2f} s of processor), {ratio:.2f} times the copy{late}")
        if "--csv" in sys.argv:
            for case, (file, options) in SLOW_CASES.items():
                taken = seconds(lambda file=file, options=options: export(result, folder / file, **options))
                print(f"{case}: {taken:.1f} s, {(folder / file).stat().st_size / 1e6:.0f} MB")
        for case, (file, _) in (CASES | SLOW_CASES).items():
            if (folder / file).exists():
                print(f"reading {case}: {seconds(lambda file=file: read(folder / file)):.2f} s")
