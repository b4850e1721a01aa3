"""Sensitivity analyses made by hand, to the contract of `mcdemand.sensitivity`."""

import io

import numpy as np
import xarray as xr
from rich.console import Console

from mcdemand.report.sensitivity_tables import print_sensitivity

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


HOSTILE = "=[/foo] \x1b[31mx"
LONG = [f"generative_share_of_the_rest_{k}" for k in range(54)]


def printed(found: xr.Dataset, *arguments: object, show: object = print_sensitivity, width: int = 80) -> str:
    file = io.StringIO()
    show(Console(file=file, width=width, markup=False, highlight=False), found, *arguments)  # type: ignore[operator]
    return file.getvalue()


def flowing(text: str) -> str:
    return " ".join(text.split())


def cells(text: str, start: str) -> list[str]:
    return next(line for line in text.splitlines() if line.startswith(start)).split()


def three(values: list[float]) -> np.ndarray:
    """Return (parameter, output, year) of one output and one year."""
    return np.array(values)[:, None, None]


def decision() -> xr.Dataset:
    data: dict[str, object] = {}
    ones = {
        "evpi": ((), 10.0),
        "evppi": (("parameter",), [6.0, 2.0, 0.0]),
        "evsi": (("parameter",), [3.0, np.nan, 0.0]),
    }
    ones |= {"evppi_share": (("parameter",), [0.6, 0.2, 0.0])}
    ones |= {"expected_payoff": (("option",), [5.0, 7.0]), "probability_best": (("option",), [0.3, 0.7])}
    for name, (dims, value) in ones.items():
        known = np.asarray(value, dtype=float)
        error = 0.1 * np.ones_like(known)
        data |= {name: (dims, known, {"units": "GUSD"}), f"mcse_{name}": (dims, error)}
        data[f"ci_{name}"] = ((*dims, "ci_bound"), np.stack([known - 0.2, known + 0.2], axis=-1))
    names = ["a", "b", "c"]
    coords = {"parameter": names, "members": ("parameter", names), "option": ["build", "wait"]}
    coords |= {"measurement_error": ("parameter", ["5%", "", "5%"])}
    about = {"title": "Build or wait", "units": "GUSD", "best_option": "wait", "prior_set": "mine", "draws": 100}
    about |= {"chains": 4, "seed": 0, "design": "random", "dependence": "respected", "groups": "", "notices": "careful"}
    return xr.Dataset(data, coords, {**about, "evaluations": 0, "method": "value_of_information", "sorted_by": "evppi"})


def reweighted() -> xr.Dataset:
    years, dims = [2030, 2035], ("prior", "output", "year")
    data: dict[str, object] = {"pareto_k": 0.25, "ess": 80.0, "missing_mass": 0.0}
    both = np.array([[[100.0, 200.0]], [[110.0, 240.0]]])
    for name in ("mean", "median"):
        data |= {name: (dims, both), f"mcse_{name}": (dims, np.ones_like(both))}
        shift = both[1] - both[0]
        data |= {f"shift_{name}": (dims[1:], shift), f"mcse_shift_{name}": (dims[1:], np.ones_like(shift))}
    ends = np.stack([0.5 * both, 2 * both], axis=-1)
    data |= {"interval": ((*dims, "ci_bound"), ends), "mcse_interval": ((*dims, "ci_bound"), np.ones_like(ends))}
    data["shift_interval"] = ((*dims[1:], "ci_bound"), ends[1] - ends[0])
    data["mcse_shift_interval"] = ((*dims[1:], "ci_bound"), np.ones_like(ends[1]))
    coords = {"prior": ["stated", "reweighted"], "output": ["demand"], "year": years, "ci_bound": ["lower", "upper"]}
    coords |= {"units": ("output", ["TWh"]), "long_name": ("output", ["Demand of things"])}
    about = {"method": "reweight", "title": "Outputs under another prior", "parameter": "a", "change": "p50 8 -> 9"}
    about |= {"ci_prob": 0.9, "ci_kind": "eti", "reliable": 0, "notices": "not reliable: few", "dependence": "kept"}
    about |= {"prior_set": "mine", "draws": 100, "chains": 4, "seed": 0, "design": "sobol", "evaluations": 0}
    return xr.Dataset(data, coords, about)


def walked(count: int = 3) -> xr.Dataset:
    """Return a waterfall by hand: parts of 4, 2, 1, ... in 2030, twice that in 2035."""
    parts = 4.0 * 0.5 ** np.arange(count)[:, None, None] * np.array([1.0, 2.0])
    names = [f"row{k}" for k in range(count)]
    data: dict[str, object] = {"contribution": (("parameter", "output", "year"), parts, {"long_name": "contribution"})}
    data["mcse_contribution"] = (("parameter", "output", "year"), np.full(parts.shape, 0.1))
    move = parts.sum(axis=0)
    for name, one in {"start": np.full((1, 2), 10.0), "end": 10.0 + move, "move": move}.items():
        data |= {name: (("output", "year"), one), f"mcse_{name}": (("output", "year"), np.full((1, 2), 0.1))}
    coords = {"parameter": names, "output": ["demand"], "year": [2030, 2035], "units": ("output", ["TWh"])}
    coords |= {"long_name": ("output", ["Demand of things"]), "change": ("parameter", ["p50 1 -> 2"] * count)}
    coords |= {"reaches": (("parameter", "output"), np.ones((count, 1), dtype=bool)), "scale": ("output", ["raw"])}
    about = {"method": "waterfall", "title": "Waterfall", "sorted_by": "contribution", "statistic": "median"}
    about |= {"start_set": "a", "end_set": "b", "overrides": "{}", "dependence": "correlations respected", "groups": ""}
    about |= {"draws": 64, "chains": 4, "seed": 0, "design": "sobol", "notices": "", "permutations": 16}
    return xr.Dataset(data, coords, {**about, "prior_set": "a to b", "evaluations": 640})
