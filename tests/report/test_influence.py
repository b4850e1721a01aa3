from itertools import combinations
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon
from matplotlib.path import Path as Curve
from matplotlib.transforms import Bbox

import mcdemand as mc
from mcdemand.model import load_model
from mcdemand.report.influence import draw_influence_diagram, influence_diagram
from mcdemand.units import TWh


def initial_stock(first):
    return first


def stock(previous_stock, flow):
    return previous_stock + flow


def flow(t, rate):
    return rate * t


def use(stock, next_stock, share) -> TWh:
    return share * (stock + next_stock)


OWN = mc.Model.from_functions([initial_stock, stock, flow, use], name="mine $\\frac{$", default_outputs=["use"])


def boxes(figure: Figure) -> list[FancyBboxPatch]:
    return [patch for patch in figure.axes[0].patches if isinstance(patch, FancyBboxPatch)]


def words(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def extents(figure: Figure) -> list[Bbox]:
    renderer = figure.canvas.get_renderer()
    return [text.get_window_extent(renderer) for text in [*figure.axes[0].texts, *figure.legends[0].get_texts()]]


def test_a_box_for_each_quantity_with_its_parameters() -> None:
    figure = influence_diagram(OWN)
    assert len(boxes(figure)) == 3
    shown = words(figure)
    assert [name for name in ("flow", "stock", "use [TWh]", "rate", "first", "share") if name not in shown] == []
    assert "Influence diagram of mine $\\frac{$" in shown


def test_lines_tell_whose_year_is_read() -> None:
    figure = influence_diagram(OWN)
    styles = [patch.get_linestyle() for patch in figure.axes[0].patches if isinstance(patch, PathPatch)]
    # flow -> stock, stock -> use solid; stock -> stock, next stock -> use dashed; each ends in an arrow.
    assert styles.count("solid") == 2
    assert len(styles) == 4
    assert sum(isinstance(patch, Polygon) for patch in figure.axes[0].patches) == 4
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "value of the same year",
        "value of the year before or after",
        "default output",
    ]


def test_only_what_an_output_needs_is_shown() -> None:
    figure = influence_diagram(load_model("ai_compute"), outputs=["mix"])
    names = [word for word in words(figure) if word in load_model("ai_compute").quantities]
    weights = ["agent_weight", "conventional_weight", "reasoning_weight"]
    assert sorted(names) == sorted(["agent_multiplier_used", "agent_share", "mix", "reasoning_share", *weights])
    assert "Influence diagram of ai_compute: what mix needs" in words(figure)


@pytest.mark.parametrize("outputs", [None, ["energy_served"], ["context"], ["mix", "rebound"]])
def test_no_words_overlap_and_none_leave_the_sheet(outputs: list[str] | None) -> None:
    figure = influence_diagram(load_model("ai_compute"), outputs=outputs)
    figure.canvas.draw()
    found = extents(figure)
    inner = [one.expanded(0.98, 0.98) for one in found]
    assert not any(one.overlaps(other) for one, other in combinations(inner, 2))
    sheet = figure.bbox
    assert all(sheet.x0 <= one.x0 and one.x1 <= sheet.x1 and sheet.y0 <= one.y0 and one.y1 <= sheet.y1 for one in found)
    frames = [box.get_window_extent() for box in boxes(figure)]
    assert len(frames) == (61 if outputs is None else len(frames))
    assert not any(one.overlaps(other) for one, other in combinations(frames, 2))


def test_lines_go_round_the_boxes() -> None:
    figure = influence_diagram(load_model("ai_compute"))
    frames = [box.get_window_extent().expanded(0.95, 0.95) for box in boxes(figure)]
    for patch in (one for one in figure.axes[0].patches if isinstance(one, PathPatch)):
        bare = patch.get_path().cleaned(curves=False)
        line = Curve(bare.vertices[bare.codes != Curve.STOP]).interpolated(20)
        points = line.transformed(figure.axes[0].transData).vertices
        assert not any(frame.contains(*point) for frame in frames for point in points)


def test_files_are_whole_and_their_endings_known(tmp_path: Path) -> None:
    file = draw_influence_diagram(OWN, tmp_path / "a.png")
    assert file.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(mc.FileError, match="exists"):
        draw_influence_diagram(OWN, file, overwrite=False)
    with pytest.raises(mc.InputError, match=r"ends in \.pdf"):
        draw_influence_diagram(OWN, tmp_path / "a.gif")
    with pytest.raises(mc.InputError, match="did you mean 'use'"):
        draw_influence_diagram(OWN, tmp_path / "b.png", outputs=["us"])
    assert b"<svg" in draw_influence_diagram(OWN, tmp_path / "a.svg").read_bytes()[:2000]
