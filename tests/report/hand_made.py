import numpy as np
import xarray as xr

YEARS = np.array([2024, 2025, 2030])


def tree(variables: dict[str, np.ndarray], **attributes: object) -> xr.DataTree:
    """Return a result made by hand: arrays (chain, draw) or (chain, draw, year)."""
    dims = ("chain", "draw", "year")
    data = {name: (dims[: a.ndim], a, {"units": "TWh", "long_name": f"the {name}"}) for name, a in variables.items()}
    coords = {"year": YEARS} if any(a.ndim == 3 for a in variables.values()) else {}
    root = {"prior_set": "mine", "title": "My title", "model": "own", "draws": 400, "chains": 4, "seed": 7}
    root |= {"design": "random", "source": "mcdemand", "notices": "", **attributes}
    groups = {"/": xr.Dataset(attrs=root), "/prior": xr.Dataset(), "/prior_predictive": xr.Dataset(data, coords)}
    return xr.DataTree.from_dict(groups)
