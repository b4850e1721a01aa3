"""Moments of many draws: leaves put together pair by pair, the same pairs in whatever order they come."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.moments import merge_moments
from mcdemand.streaming.spans import LEAF_DRAWS


class Node(NamedTuple):
    """The place of 2^level leaves of a chain that begin at leaf number * 2^level."""

    chain: int
    level: int
    number: int


class MomentTree:
    """Moments of the leaves of all chains; two nodes that make up a larger one become it.

    Attributes
    ----------
    nodes
        (4, row) of each node: mean, and the moments m2, m3, m4.
    """

    def __init__(self, nodes: dict[Node, Floats] | None = None) -> None:
        self.nodes: dict[Node, Floats] = {}
        for place, moments in (nodes or {}).items():
            self.add(place, moments)

    def add(self, place: Node, moments: Floats) -> None:
        """Add a node, and put together what belongs together."""
        sibling = place._replace(number=place.number ^ 1)
        while sibling in self.nodes:
            other = self.nodes.pop(sibling)
            first, second = (moments, other) if place.number % 2 == 0 else (other, moments)
            moments = merge_moments(first, second, (1, 1))
            place = Node(place.chain, place.level + 1, place.number // 2)
            sibling = place._replace(number=place.number ^ 1)
        assert place not in self.nodes
        self.nodes[place] = moments

    def of_chain(self, chain: int, end: tuple[int, Floats] | None = None) -> tuple[int, Floats]:
        """Return draws and moments of a chain, from its first draw on; `end` are those of a last, shorter leaf."""
        mine = sorted((place for place in self.nodes if place.chain == chain), key=lambda p: p.number << p.level)
        parts = [(LEAF_DRAWS << place.level, self.nodes[place]) for place in mine]
        return join_moments([*parts, *([end] if end else [])])


def join_moments(parts: Iterable[tuple[int, Floats]]) -> tuple[int, Floats]:
    """Return draws and moments of parts together, neighbours first."""
    joined = list(parts)
    while len(joined) > 1:
        pairs = [joined[k : k + 2] for k in range(0, len(joined), 2)]
        joined = [_pair(*pair) if len(pair) == 2 else pair[0] for pair in pairs]
    return joined[0]


def _pair(first: tuple[int, Floats], second: tuple[int, Floats]) -> tuple[int, Floats]:
    size = first[0] + second[0]
    return size, np.asarray(merge_moments(first[1], second[1], (first[0], second[0])))
