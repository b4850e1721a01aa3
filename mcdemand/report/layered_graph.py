"""A graph laid out in layers from left to right: Sugiyama, Tagawa and Toda (1981).

Layers by the longest path, order within a layer by barycentres, heights by least squares under that order. What one
node sends over several layers runs on one shared line, so that it takes one slot in each layer it passes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

ORDER_SWEEPS = 24
PLACE_SWEEPS = 40
PASSING_WEIGHT = 3.0
# How much a neighbour at the middle line counts beside the real ones: without it the picture drifts up or down.
MIDDLE_WEIGHT = 0.12

# A box by its name, or the line (source, kind) where it passes a layer.
type Item = str | tuple[str, str, int]


@dataclass(frozen=True)
class Edge:
    """An arrow from one box to another, of some kind; arrows of one source and kind share a line."""

    source: str
    target: str
    kind: str = ""


@dataclass(frozen=True)
class Segment:
    """A piece of a line from one layer to the next."""

    start: Item
    end: Item
    source: str
    kind: str


@dataclass(frozen=True)
class Layout:
    """Where everything lies.

    Attributes
    ----------
    layers
        Items of each layer, from the left, each from above.
    places
        Height of each item's centre; boxes of a layer do not touch.
    segments
        Pieces of lines between neighbouring layers.
    """

    layers: list[list[Item]]
    places: dict[Item, float]
    segments: list[Segment]


def lay_out(heights: Mapping[str, float], edges: Sequence[Edge], *, gap: float) -> Layout:
    """Return the layout of boxes of some heights, in the order of evaluation, and arrows that all point forward.

    Parameters
    ----------
    gap
        Free space between neighbours of a layer.

    Examples
    --------
    >>> layout = lay_out({"a": 1.0, "b": 1.0, "c": 1.0}, [Edge("a", "c"), Edge("b", "c")], gap=0.5)
    >>> layout.layers
    [['a', 'b'], ['c']]
    """
    depth = _depths(list(heights), edges)
    segments = _segments(edges, depth)
    layers: list[list[Item]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for name in heights:
        layers[depth[name]].append(name)
    for item in dict.fromkeys(item for one in segments for item in (one.start, one.end) if not isinstance(item, str)):
        layers[item[2]].append(item)
    layers = _ordered(layers, segments)
    return Layout(layers, _placed(layers, segments, heights, gap), segments)


def _depths(names: Sequence[str], edges: Sequence[Edge]) -> dict[str, int]:
    """Return the layer of each box: one past what it reads, then as near to its readers as shortens lines."""
    sources: dict[str, set[str]] = {name: set() for name in names}
    targets: dict[str, set[str]] = {name: set() for name in names}
    for edge in edges:
        sources[edge.target].add(edge.source)
        targets[edge.source].add(edge.target)
    depth: dict[str, int] = {}
    for name in names:
        depth[name] = max((depth[source] + 1 for source in sources[name]), default=0)
    for name in reversed(names):
        if targets[name] and len(sources[name]) < 2:
            depth[name] = min(depth[target] for target in targets[name]) - 1
    return depth


def _segments(edges: Iterable[Edge], depth: Mapping[str, int]) -> list[Segment]:
    found: dict[tuple[Item, Item, str], Segment] = {}
    for edge in edges:
        start: Item = edge.source
        for layer in range(depth[edge.source] + 1, depth[edge.target]):
            passing: Item = (edge.source, edge.kind, layer)
            found.setdefault((start, passing, edge.kind), Segment(start, passing, edge.source, edge.kind))
            start = passing
        found[start, edge.target, edge.kind] = Segment(start, edge.target, edge.source, edge.kind)
    return list(found.values())


def _neighbours(segments: Iterable[Segment]) -> tuple[dict[Item, list[Item]], dict[Item, list[Item]]]:
    """Return what each item is joined to on its left and on its right."""
    left: dict[Item, list[Item]] = {}
    right: dict[Item, list[Item]] = {}
    for one in segments:
        left.setdefault(one.end, []).append(one.start)
        right.setdefault(one.start, []).append(one.end)
    return left, right


def _ordered(layers: list[list[Item]], segments: Sequence[Segment]) -> list[list[Item]]:
    """Return the layers in the order with the fewest crossings that sweeps of barycentres come across."""
    left, right = _neighbours(segments)
    best, fewest = [list(layer) for layer in layers], count_crossings(layers, right)
    current = [list(layer) for layer in layers]
    for sweep in range(ORDER_SWEEPS):
        forward = sweep % 2 == 0
        for k in range(1, len(current)) if forward else range(len(current) - 2, -1, -1):
            fixed = {item: place for place, item in enumerate(current[k - 1 if forward else k + 1])}
            joined = left if forward else right
            centre = {
                item: sum(fixed[one] for one in joined[item]) / len(joined[item]) if item in joined else float(place)
                for place, item in enumerate(current[k])
            }
            current[k].sort(key=centre.__getitem__)
        _swap_neighbours(current, left, right)
        crossings = count_crossings(current, right)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in current], crossings
    return best


def _swap_neighbours(
    layers: list[list[Item]], left: Mapping[Item, list[Item]], right: Mapping[Item, list[Item]]
) -> None:
    """Swap neighbours of a layer, in place, wherever that takes a crossing away."""
    places = {item: place for layer in layers for place, item in enumerate(layer)}
    for layer in layers:
        for k in range(len(layer) - 1):
            upper, lower = layer[k], layer[k + 1]
            gain = 0
            for joined in (left, right):
                above, below = ([places[one] for one in joined.get(item, ())] for item in (upper, lower))
                gain += sum((a > b) - (a < b) for a in above for b in below)
            if gain > 0:
                layer[k], layer[k + 1] = lower, upper
                places[upper], places[lower] = k + 1, k


def count_crossings(layers: Sequence[Sequence[Item]], right: Mapping[Item, Sequence[Item]]) -> int:
    """Return how many pairs of pieces cross between neighbouring layers."""
    crossings = 0
    for here, there in pairwise(layers):
        places = {item: place for place, item in enumerate(there)}
        ends = [sorted(places[one] for one in right.get(item, ())) for item in here]
        passed: list[int] = []
        for group in ends:
            crossings += sum(earlier > end for end in group for earlier in passed)
            passed += group
    return crossings


def _placed(
    layers: Sequence[Sequence[Item]], segments: Sequence[Segment], heights: Mapping[str, float], gap: float
) -> dict[Item, float]:
    """Return heights that pull neighbours level, order and distances kept."""
    left, right = _neighbours(segments)
    size = {item: heights[item] if isinstance(item, str) else 0.0 for layer in layers for item in layer}
    places: dict[Item, float] = {}
    for layer in layers:
        places.update(zip(layer, _spread([0.0] * len(layer), [1.0] * len(layer), layer, size, gap), strict=True))
    for sweep in range(PLACE_SWEEPS):
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            wanted, weights = [], []
            for item in layer:
                joined = [*left.get(item, ()), *right.get(item, ())]
                wanted.append(sum(places[one] for one in joined) / (len(joined) + MIDDLE_WEIGHT))
                weights.append(1.0 if isinstance(item, str) else PASSING_WEIGHT)
            places.update(zip(layer, _spread(wanted, weights, layer, size, gap), strict=True))
    return places


def _spread(
    wanted: Sequence[float], weights: Sequence[float], layer: Sequence[Item], size: Mapping[Item, float], gap: float
) -> list[float]:
    """Return the heights nearest to those wanted, by least squares, that keep order and distances.

    Pool adjacent violators, Ayer et al. (1955), after the least distances are taken off.
    """
    offsets = [0.0]
    for upper, lower in pairwise(layer):
        offsets.append(offsets[-1] + (size[upper] + size[lower]) / 2 + gap)
    blocks: list[tuple[float, float, int]] = []
    for want, weight, offset in zip(wanted, weights, offsets, strict=False):
        value, mass, count = want - offset, weight, 1
        while blocks and blocks[-1][0] > value:
            other, its_mass, its_count = blocks.pop()
            value = (value * mass + other * its_mass) / (mass + its_mass)
            mass, count = mass + its_mass, count + its_count
        blocks.append((value, mass, count))
    levels = [value for value, _, count in blocks for _ in range(count)]
    return [level + offset for level, offset in zip(levels, offsets, strict=False)]
