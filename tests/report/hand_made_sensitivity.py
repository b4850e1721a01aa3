"""Sensitivity analyses made by hand, to the contract of `mcdemand.sensitivity`."""

import numpy as np
import xarray as xr

YEARS = (2025, 2030, 2035)


def attributes(**changes: object) -> dict[str, object]:
    found: dict[str, object] = {
        "method": "shapley",
        "title": "Shapley effects",
        "sorted_by": "shapley",
        "ci_prob": 0.95,
        "dependence": "correlations respected",
        "groups": "",
        "prior_set": "mine",
        "model": "own",
        "source": "mcdemand 0.1",
        "seed": 7,
        "design": "sobol",
        "draws": 4096,
        "chains": 16,
        "evaluations": 4096,
        "notices": "",
    }
    return found | changes


def analysis(
    indices: dict[str, np.ndarray],
    *,
    errors: dict[str, np.ndarray] | None = None,
    names: list[str] | None = None,
    outputs: tuple[str, ...] = ("demand",),
    years: tuple[int, ...] | None = YEARS,
    scale: str = "raw",
    unit: str = "TWh",
    index_unit: str = "1",
    long_name: str = "Demand of things",
    what: str = "share of the variance",
    **changes: object,
) -> xr.Dataset:
    """Return an analysis of arrays (parameter, output, year), or (parameter, output) without years."""
    first = next(iter(indices.values()))
    dims = ("parameter", "output", "year")[: first.ndim]
    data: dict[str, object] = {}
    for name, values in indices.items():
        error = np.full(values.shape, 0.01) if errors is None else errors[name]
        bounds = np.stack([values - 2 * error, values + 2 * error], axis=-1)
        data[name] = (dims, values, {"units": index_unit, "long_name": f"{name}, {what}"})
        data[f"mcse_{name}"] = (dims, error)
        data[f"ci_{name}"] = ((*dims, "ci_bound"), bounds)
    names = names or [f"p{k}" for k in range(len(first))]
    coords: dict[str, object] = {
        "parameter": names,
        "members": ("parameter", names),
        "output": list(outputs),
        "units": ("output", [unit] * len(outputs)),
        "long_name": ("output", [long_name] * len(outputs)),
        "scale": ("output", [scale] * len(outputs)),
        "ci_bound": ["lower", "upper"],
    }
    if "year" in dims:
        coords["year"] = list(years or ())
    return xr.Dataset(data, coords, attributes(**{"sorted_by": next(iter(indices)), **changes}))


def shares(count: int, years: int = 3, outputs: int = 1, seed: int = 1) -> np.ndarray:
    """Return (parameter, output, year) shares that fall from parameter to parameter and sum to about 1."""
    rng = np.random.default_rng(seed)
    falling = 0.55 ** np.arange(count)[:, None, None] * rng.uniform(0.6, 1.4, (count, outputs, years))
    return falling / falling.sum(axis=0)
