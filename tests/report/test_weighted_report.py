"""What was observed, in the heading and the figure of outputs before and after."""

import numpy as np
import pytest
import xarray as xr
from rich.console import Console

import mcdemand as mc
from mcdemand.report.sensitivity_figures import plot_sensitivity
from mcdemand.report.weighted_report import print_weighted, weighted_figure
from mcdemand.result import CONTRACT_ID, SCHEMA

ROWS = [
    {"output": "demand", "year": 2026, "unit": "GW", "distribution": "lognormal", "value": 1.5, "sigma": 0.3},
    {"output": "demand", "year": 2027, "unit": "GW", "at_least": 1.2, "source": "a meter"},
    {"output": "rate", "distribution": "normal", "p5": 0.1, "p95": 0.5},
]


@pytest.fixture(scope="module")
def found() -> xr.Dataset:
    rate = np.random.default_rng(2).normal(0.3, 0.1, (4, 1000))
    demand = np.exp(rate[..., np.newaxis] * np.arange(3))
    coords = {"year": [2025, 2026, 2027]}
    groups = {
        "prior": xr.Dataset({"rate": (("chain", "draw"), rate, {"units": "1", "long_name": "rate"})}),
        "prior_predictive": xr.Dataset(
            {"demand": (("chain", "draw", "year"), demand, {"units": "GW", "long_name": "demand"})}, coords
        ),
    }
    tree = xr.DataTree.from_dict(groups)
    tree.attrs = {"design": "random", "seed": 7, "prior_set": "mine", "model": "own", "source": "test"}
    tree.attrs |= {"schema": SCHEMA, "contract": CONTRACT_ID, "chains": 4, "draws": 4000}
    return mc.summarize_posterior(mc.condition(tree, ROWS))


def test_the_heading_says_what_was_seen(found: xr.Dataset) -> None:
    console = Console(width=100, record=True, file=None)
    with console.capture() as capture:
        print_weighted(console, found)
    said = " ".join(capture.get().split())
    assert "Conditioned on 3 observations" in said
    assert "demand 2026: 1.5 GW (90 %: 0.92 to 2.5)" in said
    assert "demand 2027: at least 1.2 GW; a meter" in said
    assert "rate: 0.30 (90 %: 0.10 to 0.50)" in said


def test_only_values_of_the_output_in_its_years_are_drawn(found: xr.Dataset) -> None:
    (ax,) = weighted_figure(found).axes
    (observed,) = ax.containers
    line = observed.lines[0]
    assert (line.get_xdata().tolist(), line.get_ydata().tolist()) == ([2026.0], [1.5])
    (ax,) = weighted_figure(found.isel(year=[0, 2])).axes
    assert not ax.containers
    (ax,) = plot_sensitivity(found).axes
    assert len(ax.containers) == 1
