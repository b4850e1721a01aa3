from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

import mcdemand as mc
from mcdemand.report.comparison_figures import (
    comparison_figure,
    draw_attribution,
    draw_comparison,
    lumped,
    waterfall,
)

HOSTILE = "$\\frac{$ [/foo] \x1b[31m"


def demand(x: float, t: float) -> float:
    """Demand of things."""
    return x * (1.0 + t)


def flat(x: float) -> float:
    return x - 1.0


MODEL = mc.Model.from_functions([demand, flat], base_year=2024)


def sets(*mus: float, title: str = "") -> list[dict[str, object]]:
    return [
        {
            "prior_set": {"name": f"set{k}", "title": title, "years": {"start": 2024, "stop": 2027}},
            "parameters": {"x": {"distribution": "lognormal", "mu": mu, "sigma": 0.5}},
        }
        for k, mu in enumerate(mus)
    ]


def compared(*mus: float, **options: object) -> xr.Dataset:
    return mc.compare(sets(*mus), model=MODEL, draws=64, chains=4, **options)  # type: ignore[arg-type]


def attributed(contributions: list[float]) -> xr.Dataset:
    """Return an attribution made by hand."""
    rows = [f"row{k}" for k in range(len(contributions))]
    ones = np.ones(len(rows))
    data = {name: ("row", ones) for name in ("mcse_draws", "mcse_orders", "share")}
    ends = {"start": 10.0, "end": 10.0 + sum(contributions), "move": sum(contributions)}
    errors = {f"mcse_{name}": 0.1 for name in ends}
    attributes = {"start_set": HOSTILE, "end_set": "b", "output": "demand", "units": "$[TWh", "long_name": HOSTILE}
    attributes |= {"year": 2030, "statistic": "median", "orders": 16, "all_orders": 0, "draws": 64, "chains": 4}
    attributes |= {"seed": 0, "design": "sobol"}
    found = {"contribution": ("row", np.array(contributions, dtype=float)), **data, **ends, **errors}
    return xr.Dataset(found, {"row": rows}, attributes)


def test_bands_and_ratios_are_those_of_the_comparison() -> None:
    found = compared(0.0, 0.7, outputs="demand")
    levels, ratios = comparison_figure(found).axes
    medians = [line.get_ydata() for line in levels.get_lines()]
    np.testing.assert_array_equal(medians[0], found["baseline_median"].sel(output="demand"))
    np.testing.assert_array_equal(medians[1], found["other_median"].isel(comparison=0).sel(output="demand"))
    same, ratio = (line.get_ydata() for line in ratios.get_lines())
    np.testing.assert_array_equal(same, [1.0, 1.0])
    np.testing.assert_allclose(ratio, np.exp(0.7))
    assert levels.get_title(loc="left") == "Demand of things"
    assert ratios.get_ylabel() == "times set0"


def test_a_single_year_and_outputs_without_years_stand_side_by_side() -> None:
    for found in (
        compared(0.0, 0.3, 0.6, years=2026, outputs=["demand", "flat"]),
        compared(0.0, 0.3, outputs="flat", years=2024),
    ):
        figure = comparison_figure(found)
        assert len(figure.axes) == 2 * found.sizes["output"]
        levels, ratios = figure.axes[:2]
        assert levels.get_xlim() == ratios.get_xlim(), "a set stands in one place in both panels"


def test_differences_stand_in_for_ratios_that_are_unknown() -> None:
    constant = {"distribution": "constant", "value": 1}
    some = [{**one, "parameters": {"x": constant}} for one in sets(0.0)] + sets(0.5)
    figure = comparison_figure(mc.compare(some, model=MODEL, outputs="flat", draws=64, chains=4))
    assert figure.axes[1].get_ylabel() == "minus set0", "1 - 1 = 0 in every draw"


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_figures_are_written_whatever_the_text(tmp_path: Path, suffix: str) -> None:
    comparison = compared(0.0, 0.5, 1.0).assign_coords(long_name=("output", [HOSTILE] * 2))
    comparison.attrs["baseline"] = HOSTILE
    for draw, found in ((draw_comparison, comparison), (draw_attribution, attributed([3.0, -1.0]))):
        path = tmp_path / f"{draw.__name__}{suffix}"
        draw(found, path)
        assert path.stat().st_size > 5_000
        with pytest.raises(mc.FileError, match="exists"):
            draw(found, path, overwrite=False)
    with pytest.raises(mc.InputError, match="ends in"):
        draw_comparison(comparison, tmp_path / "a.txt")


def test_the_waterfall_leads_from_the_one_value_to_the_other() -> None:
    (ax,) = waterfall(attributed([5.0, -2.0, 0.0])).axes
    edges = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches]
    np.testing.assert_allclose(edges, [(10, 15), (15, 13)])
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels == ["$\\frac{$ [/foo] [31m", "row0", "row1", "b"], "a row that moves nothing is left out"


def test_small_rows_are_lumped_in_the_figure_only() -> None:
    contributions = [float(20 - k) for k in range(20)]
    bars = lumped(attributed(contributions))
    assert len(bars) == 12
    assert bars[-1][0] == "9 others"
    assert bars[-1][1] == sum(contributions[11:]) == 45.0
    assert len(lumped(attributed(contributions[:12]))) == 12


def written(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


def test_figures_say_what_was_changed() -> None:
    options = {"model": MODEL, "outputs": "demand", "draws": 64, "chains": 4}
    change = {"x.sigma": 0.7}
    alone = mc.compare(sets(0.0), set=change, **options)  # type: ignore[arg-type]
    assert "set0+set: set0 with x.sigma = 0.7" in written(comparison_figure(alone))
    assert "All with x.sigma = 0.7" in written(comparison_figure(compared(0.0, 0.5, 1.0, set=change)))
    long = compared(0.0, 0.5).assign_attrs(overrides='{"x.sigma": "' + 500 * "9" + '"}')
    assert any(
        text.startswith("Both with x.sigma = 99") and len(text) < 120 for text in written(comparison_figure(long))
    )
    walk = mc.attribute(sets(0.0)[0], None, "demand", set={"x.mu": 0.3}, model=MODEL, draws=64, chains=4)
    assert "set0+set: set0 with x.mu = 0.3" in written(waterfall(walk))


def test_an_attribution_without_rows_is_drawn(tmp_path: Path) -> None:
    found = mc.attribute(*sets(0.0, 0.0), "demand", 2026, model=MODEL, draws=64, chains=4)
    assert draw_attribution(found, tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
