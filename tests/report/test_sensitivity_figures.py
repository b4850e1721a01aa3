from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hand_made_sensitivity import analysis, boxes, decision, regional, reweighted, shares, tornado, walked
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mcdemand.errors import FileError, InputError
from mcdemand.report.decision_report import decision_figure
from mcdemand.report.sensitivity_bars import short
from mcdemand.report.sensitivity_figures import draw_sensitivity, plot_sensitivity, sensitivity_figure
from mcdemand.report.waterfall_report import waterfall_figure
from mcdemand.report.weighted_report import weighted_figure

HOSTILE = "$\\frac{$ [/foo] \x1b[31m a name that goes on and on and on"


def words(figure: Figure) -> str:
    return " | ".join(text.get_text() for text in figure.texts)


def names(ax: Axes) -> list[str]:
    return [label.get_text() for label in ax.get_yticklabels()]


def test_bars_are_those_of_the_chosen_year_and_cells_those_of_all() -> None:
    found = analysis({"shapley_effect": shares(4)})
    bars, cells = plot_sensitivity(found, year=2030).axes
    values = found["shapley_effect"].sel(output="demand", year=2030).sortby(found["parameter"]).values
    order = np.argsort(-values)
    np.testing.assert_allclose([bar.get_width() for bar in bars.patches], 100 * values[order])
    assert names(bars) == [f"p{k}" for k in order]
    drawn = np.asarray(cells.collections[0].get_array()).reshape(4, 3)
    shown = found["shapley_effect"].isel(output=0)
    np.testing.assert_array_equal(drawn, shown.sel(parameter=names(cells)).values)
    assert [label.get_text() for label in cells.get_xticklabels()] == ["2025", "2030", "2035"]


def test_whiskers_are_the_confidence_intervals() -> None:
    found = analysis({"shapley_effect": shares(2)})
    bars = plot_sensitivity(found).axes[0]
    whiskers = np.array([line[:, 0] for line in bars.collections[0].get_segments()])
    np.testing.assert_allclose(whiskers, 100 * found["ci_shapley_effect"].sel(output="demand", year=2035))


def test_first_order_lies_inside_total_order() -> None:
    total = shares(3)
    bars = plot_sensitivity(analysis({"total_order": total, "first_order": 0.5 * total})).axes[0]
    outer, inner = ([bar.get_width() for bar in group] for group in bars.containers[::2])
    np.testing.assert_allclose(np.array(inner), 0.5 * np.array(outer))
    assert [text.get_text() for text in bars.get_legend().get_texts()] == ["total-order index", "first-order index"]


def test_the_figure_says_what_was_done() -> None:
    found = analysis({"total_order": shares(3)}, scale="log", dependence="as if independent", source="mcdemand 9")
    text = words(plot_sensitivity(found))
    assert "Dependence between priors: as if independent." in text
    assert text.count("on the logarithm of the output, as if independent") == 2, "a panel may be cut out"
    assert "4,096 draws in 16 chains, seed 7, design sobol. mcdemand 9." in text
    assert "Demand of things, 2035" in text


def test_one_year_or_none_has_bars_only() -> None:
    assert len(plot_sensitivity(analysis({"src": shares(3, years=1)}, years=(2030,))).axes) == 1
    assert len(plot_sensitivity(analysis({"src": shares(3)[:, :, 0]}, years=None)).axes) == 1


def test_many_parameters_are_cut_and_counted() -> None:
    values = np.full((54, 1, 2), 0.02)
    values[50:] = 0.0
    figure = plot_sensitivity(analysis({"shapley_effect": values}, years=(2030, 2031)))
    assert [len(names(ax)) for ax in figure.axes] == [15, 15]
    assert "35 more, none above 2.0 %; 4 exactly 0" in words(figure)


def test_negative_values_are_told_apart_by_colour() -> None:
    cells = plot_sensitivity(analysis({"src": shares(2) * np.array([1, -1])[:, None, None]})).axes[1].collections[0]
    low, high = cells.get_clim()
    assert low == -high
    noise = shares(2)
    noise[1] = -0.001
    assert plot_sensitivity(analysis({"total_order": noise})).axes[1].collections[0].get_clim()[0] == 0


def test_an_output_that_nothing_moves_is_said_to_be_so() -> None:
    (ax,) = plot_sensitivity(analysis({"src": 0 * shares(3)})).axes
    assert ax.texts[0].get_text() == "every parameter has exactly 0"


def test_outputs_stand_below_each_other() -> None:
    found = analysis({"src": shares(3, outputs=2)}, outputs=("one", "two"))
    assert len(sensitivity_figure(found, ["one", "two"]).axes) == 4
    with pytest.raises(InputError, match="did you mean 'two'"):
        plot_sensitivity(found, "tow")


def test_a_row_left_out_may_have_no_index_at_all() -> None:
    values = shares(3, outputs=2)
    values[0, 1] = values[1, 1] = 0.0
    first = np.zeros_like(values)
    first[0, 1] = 0.5
    found = analysis({"shapley_effect": values, "first_order": first}, outputs=("one", "two"))
    assert "1 more, none above 0 %; 1 exactly 0" in words(sensitivity_figure(found, ["one", "two"]))


def test_first_order_indices_are_markers_on_shapley_effects() -> None:
    effects = shares(3)
    bars = plot_sensitivity(analysis({"shapley_effect": effects, "first_order": 2 * effects})).axes[0]
    (markers,) = [line for line in bars.lines if line.get_marker() == "D"]
    np.testing.assert_allclose(np.array(markers.get_xdata()), 2 * np.array([bar.get_width() for bar in bars.patches]))
    assert [text.get_text() for text in bars.get_legend().get_texts()] == ["Shapley effect", "first-order index"]
    assert bars.get_xlim()[1] > 200 * effects[0, 0, 2], "a marker is not cut off"


def test_figures_speak_in_words_and_say_what_they_mean_once() -> None:
    found = analysis({"full_first_order": shares(3)}, method="full_independent", title="full", scale="log")
    figure = plot_sensitivity(found)
    text = words(figure)
    assert "full_" not in text
    assert "Full first-order index by year, %" in text
    assert "Full first-order index: share of the variance that goes away once the parameter is known" in text
    assert text.count("shares of its relative spread, not of its spread in TWh") == 1


def test_lines_of_words_stay_inside_the_figure() -> None:
    found = analysis({"shapley_effect": shares(3)}, scale="log", dependence="as if independent " * 20)
    figure = plot_sensitivity(found)
    canvas = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    assert max(text.get_window_extent(canvas).x1 for text in figure.texts) <= figure.bbox.width


@pytest.mark.parametrize("wrong", [5, None, xr.Dataset()])
def test_what_is_no_analysis_is_refused(wrong: object) -> None:
    with pytest.raises(InputError, match=r"found: .*: must be a dataset that sensitivity, waterfall, reweight, "):
        plot_sensitivity(wrong)  # type: ignore[arg-type]


def test_a_tornado_begins_where_no_parameter_is_moved() -> None:
    ax = plot_sensitivity(tornado()).axes[0]
    ends = {(round(bar.get_x(), 6), round(bar.get_x() + bar.get_width(), 6)) for bar in ax.patches}
    assert ends == {(400, 300), (400, 900), (400, 350), (400, 650), (360, 270), (360, 810), (360, 315), (360, 585)}
    assert len(ax.get_legend().get_texts()) == 4
    assert ax.get_xlabel().splitlines()[0] == "Demand of things, TWh"
    assert ax.get_xlabel().splitlines()[1].startswith("median of the draws; black: ")


def test_a_tornado_says_between_which_levels_and_marks_a_swing_of_nothing() -> None:
    found = tornado().assign_attrs(options='{"range": [0.1, 0.9], "statistic": "mean"}')
    found["swing"].loc[{"others": "at_medians", "parameter": "p1"}] = 0.0
    figure = plot_sensitivity(found)
    assert "at the p10 and the p90 of its prior; with the others drawn, the output's mean." in words(figure).replace(
        " | ", " "
    )
    assert [(text.get_text(), text.xy[0]) for text in figure.axes[0].texts] == [("0", 360.0)]


def test_a_box_shows_its_limits() -> None:
    ax = plot_sensitivity(boxes()).axes[0]
    assert names(ax) == ["p0", "p3", "p1"]
    assert [text.get_text() for text in ax.texts] == ["p61", "p20", "p60", "p80"]
    assert "coverage 63 %, density 58 %, mass 11 %" in words(plot_sensitivity(boxes()))


def test_long_names_keep_both_ends() -> None:
    assert short("a" * 40 + "_2024").endswith("_2024")
    assert len(short("a" * 40)) == 34


def test_names_are_no_commands(tmp_path: Path) -> None:
    found = analysis({"src": shares(3)}, names=[HOSTILE, HOSTILE + "2", "c"], long_name=HOSTILE, title=HOSTILE)
    target = draw_sensitivity(found, tmp_path / "a.svg")
    assert "\x1b" not in target.read_text(encoding="utf-8")


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_figures_of_any_size_are_written(scale: float, tmp_path: Path) -> None:
    found = analysis({"mu_star": scale * shares(54, years=12)}, years=tuple(range(2024, 2036)), index_unit="output")
    target = draw_sensitivity(found, tmp_path / "a.png")
    assert target.stat().st_size > 10_000
    with pytest.raises(FileError, match="exists"):
        draw_sensitivity(found, target, overwrite=False)


def test_a_decision_has_bars_and_a_line_at_the_value_of_everything() -> None:
    (ax,) = decision_figure(decision()).axes
    assert names(ax) == ["a", "b"], "what is worth nothing is left out"
    assert [bar.get_width() for bar in ax.containers[0]] == [6.0, 2.0]
    assert ax.lines[-2].get_xdata()[0] == 10.0 or any(line.get_xdata()[0] == 10.0 for line in ax.lines)


def test_a_reweighting_has_both_medians() -> None:
    (ax,) = weighted_figure(reweighted()).axes
    drawn = [line.get_ydata().tolist() for line in ax.lines]
    assert [100.0, 200.0] in drawn
    assert [110.0, 240.0] in drawn
    assert "a p50 8 → 9: outputs before and after" in words(weighted_figure(reweighted()))


def test_a_reweighting_of_one_year_shows_its_numbers() -> None:
    figure = weighted_figure(reweighted().isel(year=[0]))
    (ax,) = figure.axes
    assert names(ax) == ["as stated", "reweighted"]
    assert [text.get_text() for text in ax.texts] == ["100", "50", "200", "110", "55", "220"]
    assert "Demand of things, 2030" in words(figure)
    assert "weights worth 80 of 100 draws; NOT reliable" in words(figure)
    assert ax.get_legend() is None


def test_a_waterfall_ends_where_the_other_set_is() -> None:
    (ax,) = waterfall_figure(walked(), "demand", 2030).axes
    assert names(ax) == ["a", "row0", "row1", "row2", "b"]
    last = ax.patches[-1]
    assert last.get_x() + last.get_width() == 17.0


def test_every_kind_is_drawn_by_one_function() -> None:
    assert [len(plot_sensitivity(found).axes) for found in (walked(), reweighted(), decision())] == [1, 1, 1]


def test_regional_distances_are_bars() -> None:
    assert names(plot_sensitivity(regional()).axes[0]) == ["p0", "p1"]
