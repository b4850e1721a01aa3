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


def tornado(count: int = 3) -> xr.Dataset:
    """Return a tornado: p0 from 300 to 900 around 400, each further parameter half as far; the last one still."""
    half = np.append(0.5 ** np.arange(count - 1), 0.0)[:, None, None]
    ends = {"low": 400 - 100 * half, "high": 400 + 500 * half, "swing": 600 * half}
    found = analysis(
        {"swing": ends["swing"] * np.ones((1, 1, 3))},
        index_unit="output",
        method="tornado",
        title="Tornado: each parameter low, then high",
    )
    data: dict[str, object] = {}
    for name, values in {**ends, "baseline": np.full((1, 1), 400.0)}.items():
        both = np.stack([0.9 * values, values]) * np.ones(3)
        error = np.stack([np.zeros_like(values), np.ones_like(values)]) * np.ones(3)
        dims = (
            ("others", "parameter", "output", "year")[-both.ndim :] if both.ndim == 4 else ("others", "output", "year")
        )
        data[name] = (dims, both, {"units": "output", "long_name": name})
        data[f"mcse_{name}"] = (dims, error)
        data[f"ci_{name}"] = ((*dims, "ci_bound"), np.stack([both - 2 * error, both + 2 * error], axis=-1))
    return xr.Dataset(data, {**found.coords, "others": ["at_medians", "drawn"]}, found.attrs)


def boxes() -> xr.Dataset:
    """Return one box, in which p0 lies above p61, p3 between p20 and p60, and p1 below p80."""
    limits = {"lower": [0.61, 0, 0, 0.2], "upper": [1, 0.8, 1, 0.6], "quasi_p_value": [1e-12, 0.003, 1, 1e-5]}
    restriction = np.array([0.61, 0.2, 0, 0.6])[:, None, None] * np.ones((1, 1, 3))
    found = analysis({"restriction": restriction}, method="prim", options='{"above": 945.0, "tail": "upper"}')
    found = found[["restriction"]]
    found["restriction"].attrs["long_name"] = "share of the prior that the box leaves out"
    quality = {"coverage": 0.63, "density": 0.58, "mass": 0.11, "coverage_error": 0.02, "density_error": 0.02}
    dims = ("box", "parameter", "output", "year")
    by_parameter = {name: (dims, np.array(one)[None, :, None, None] * np.ones(3)) for name, one in limits.items()}
    by_box = {name: (("box", "output", "year"), np.full((1, 1, 3), one)) for name, one in quality.items()}
    return found.assign(**by_parameter, **by_box).assign_coords(box=[1])


def regional() -> xr.Dataset:
    """Return a regional analysis: p0 lies high among the worst draws, p1 does not matter, p2 is not needed."""
    distance = np.array([0.6, 0.05, 0.0])[:, None, None] * np.ones(3)
    found = analysis({"ks_distance": distance}, what="distance", method="regional")
    levels = np.array([[0.5, 0.05, 0.05], [0.8, 0.5, 0.5], [0.99, 0.95, 0.95]])[:, :, None, None] * np.ones(3)
    p_values = np.array([1e-9, 0.4, 1.0])[:, None, None] * np.ones(3)
    dims = ("parameter", "output", "year")
    more = {"p_value": (dims, p_values), "level_worst": (("quantile", *dims), levels)}
    return found.assign(more).assign_coords(quantile=[0.05, 0.5, 0.95])
