from itertools import pairwise

import pytest
from numpy.testing import assert_allclose

from mcdemand.report.layered_graph import Edge, count_crossings, lay_out


def test_a_box_lies_one_layer_past_what_it_reads_and_near_its_only_reader() -> None:
    edges = [Edge("a", "b"), Edge("b", "c"), Edge("c", "d"), Edge("late", "d")]
    layout = lay_out(dict.fromkeys(["a", "b", "c", "late", "d"], 1.0), edges, gap=0.1)
    assert [sorted(layer) for layer in layout.layers] == [["a"], ["b"], ["c", "late"], ["d"]]


def test_what_goes_to_several_readers_passes_a_layer_once() -> None:
    edges = [Edge("a", "b"), Edge("b", "c"), Edge("a", "c"), Edge("c", "d"), Edge("a", "d")]
    layout = lay_out(dict.fromkeys("abcd", 1.0), edges, gap=0.1)
    passing = [item for layer in layout.layers for item in layer if not isinstance(item, str)]
    assert passing == [("a", "", 1), ("a", "", 2)]
    pieces = [(one.start, one.end) for one in layout.segments]
    assert (("a", "", 1), "c") in pieces
    assert (("a", "", 1), ("a", "", 2)) in pieces
    assert len(pieces) == len(set(pieces)) == 7


def test_crossings_are_counted_and_swept_away() -> None:
    crossed = [["a", "b"], ["x", "y"]]
    assert count_crossings(crossed, {"a": ["y"], "b": ["x"]}) == 1
    assert count_crossings(crossed, {"a": ["x", "y"], "b": ["x", "y"]}) == 1
    assert count_crossings(crossed, {"a": ["x"], "b": ["x", "y"]}) == 0
    layout = lay_out(dict.fromkeys("abcxyz", 1.0), [Edge("a", "z"), Edge("b", "y"), Edge("c", "x")], gap=0.1)
    pairs = {"a": "z", "b": "y", "c": "x"}
    assert [pairs[item] for item in layout.layers[0]] == layout.layers[1]


@pytest.mark.parametrize("gap", [0.0, 0.5])
def test_boxes_of_a_layer_keep_their_distance(gap: float) -> None:
    heights = {"a": 1.0, "b": 2.0, "c": 3.0, "sum": 1.0}
    layout = lay_out(heights, [Edge(name, "sum") for name in "abc"], gap=gap)
    first = layout.layers[0]
    for upper, lower in pairwise(first):
        free = layout.places[lower] - layout.places[upper] - (heights[lower] + heights[upper]) / 2
        assert free >= gap - 1e-12


def test_a_chain_is_level() -> None:
    layout = lay_out(dict.fromkeys("abc", 1.0), [Edge("a", "b"), Edge("b", "c")], gap=0.1)
    assert_allclose([layout.places[name] for name in "abc"], 0.0, atol=1e-12)


def test_nothing_at_all_has_a_layout() -> None:
    assert lay_out({}, [], gap=0.1).layers == []
