import io
import sys
from pathlib import Path

import numpy as np
import pytest
from hand_made import YEARS, tree
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from numpy.testing import assert_allclose

from mcdemand import FileError, InputError, plot
from mcdemand.report.figures import draw_overview, overview

NASTY = "<script> [/foo] $\\frac{$ \x1b[31m \u202e日本"


def bands(ax) -> list[np.ndarray]:
    """Return the (lower, upper) edges by year of each filled band, the widest first."""
    edges = []
    for band in (c for c in ax.collections if isinstance(c, PolyCollection)):
        points = band.get_paths()[0].vertices
        edges.append(
            np.array([[points[points[:, 0] == y, 1].min(), points[points[:, 0] == y, 1].max()] for y in YEARS]).T
        )
    return edges


def test_band_edges_and_median_are_sample_quantiles(wide: np.ndarray) -> None:
    ax = plot(tree({"energy": wide}), "energy")
    widest, narrowest = bands(ax)
    draws = wide.reshape(400, 3)
    assert_allclose(widest, np.quantile(draws, [0.05, 0.95], axis=0), rtol=1e-12)
    assert_allclose(narrowest, np.quantile(draws, [0.25, 0.75], axis=0), rtol=1e-12)
    (median,) = [line for line in ax.lines if line.get_label() == "median"]
    assert_allclose(median.get_ydata(), np.median(draws, axis=0), rtol=1e-12)


def test_scale_is_logarithmic_only_beyond_a_factor_of_30(wide: np.ndarray, narrow: np.ndarray) -> None:
    result = tree({"wide": wide, "narrow": narrow, "signed": narrow - 100})
    assert plot(result, "wide").get_yscale() == "log"
    linear = plot(result, "narrow")
    assert linear.get_yscale() == "linear"
    assert linear.get_ylim()[0] == 0
    assert plot(result, "signed").get_ylim()[0] < 0


def test_labels_say_unit_and_bands(narrow: np.ndarray) -> None:
    ax = plot(tree({"energy": narrow}), "energy", ci_prob=0.8)
    assert ax.get_ylabel() == "TWh"
    assert ax.get_title("left") == "the energy"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["80 % interval", "median"]


def test_paths_are_the_first_draws(narrow: np.ndarray) -> None:
    ax = plot(tree({"energy": narrow}), "energy", paths=3)
    drawn = [line.get_ydata() for line in ax.lines if line.get_label().startswith("_child")]
    assert_allclose(drawn, narrow.reshape(400, 3)[:3])


def test_observed_values_belong_to_the_shipped_model(narrow: np.ndarray) -> None:
    shipped = plot(tree({"capacity": narrow}, model="ai_compute"), "capacity")
    assert [c.get_label() for c in shipped.containers] == ["published figure"]
    assert_allclose(shipped.containers[0].lines[0].get_xydata(), [[2025.0, 29.6]])
    assert plot(tree({"capacity": narrow}), "capacity").containers == []


def test_an_output_without_years_is_a_histogram_of_all_draws(narrow: np.ndarray) -> None:
    ax = plot(tree({"size": narrow[:, :, 0]}), "size")
    assert ax.get_xlabel() == "TWh"
    (steps,) = [patch for patch in ax.patches if hasattr(patch, "get_data")]
    assert 0.99 <= steps.get_data().values.sum() <= 1


def test_given_axes_are_used(narrow: np.ndarray) -> None:
    ax = Figure().subplots()
    assert plot(tree({"energy": narrow}), "energy", ax=ax) is ax


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 1)])
def test_one_draw_and_equal_draws_can_be_drawn(shape: tuple[int, ...]) -> None:
    figure = overview(tree({"energy": np.full(shape, 3.0)}))
    figure.savefig(io.BytesIO(), format="png")
    assert figure.axes[0].get_title("left") == "the energy"


def test_text_from_strangers_is_drawn_literally(narrow: np.ndarray, tmp_path: Path) -> None:
    result = tree({"energy": narrow}, title=NASTY)
    result["prior_predictive"]["energy"].attrs.update(units=NASTY, long_name=NASTY)
    file = draw_overview(result, tmp_path / "figure.png")
    assert file.read_bytes().startswith(b"\x89PNG")
    figure = overview(result)
    shown = [figure.axes[0].get_title("left"), figure.axes[0].get_ylabel(), figure.texts[0].get_text()]
    assert shown == ["<script> [/foo] $\\frac{$ [31m 日本"] * 3


def test_overview_draws_demand_over_what_is_served(wide: np.ndarray) -> None:
    variables = {
        "energy_served": wide / 2,
        "energy": wide,
        "capacity": wide,
        "tokens_served": wide,
        "capex_served": wide,
    }
    figure = overview(tree(variables, model="ai_compute"))
    assert [ax.get_title("left") for ax in figure.axes] == [
        "the energy_served",
        "the capacity",
        "the tokens_served",
        "the capex_served",
    ]
    (line,) = [one for one in figure.axes[0].lines if one.get_label() == "unconstrained demand: median"]
    assert_allclose(line.get_ydata(), np.median(wide.reshape(400, 3), axis=0), rtol=1e-12)


def test_pyplot_is_never_imported(narrow: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    assert draw_overview(tree({"energy": narrow}), tmp_path / "a.png").stat().st_size > 10_000


def test_a_file_that_may_not_be_replaced_stays(narrow: np.ndarray, tmp_path: Path) -> None:
    result = tree({"energy": narrow})
    file = draw_overview(result, tmp_path / "a.svg")
    first = file.read_bytes()
    with pytest.raises(FileError, match="exists"):
        draw_overview(result, file, overwrite=False)
    assert file.read_bytes() == first
    with pytest.raises(InputError, match=r"ends in \.pdf, \.png, \.svg"):
        draw_overview(result, tmp_path / "a.gif")


def test_errors_name_what_is_wrong(narrow: np.ndarray) -> None:
    result = tree({"energy": narrow})
    with pytest.raises(InputError, match="did you mean 'energy'"):
        plot(result, "enrgy")
    with pytest.raises(InputError, match="ci_prob: 90"):
        plot(result, "energy", ci_prob=90)
