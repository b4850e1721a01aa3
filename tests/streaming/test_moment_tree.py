"""Moments put together from leaves: certified digits, and the same bits in whatever order leaves come."""

from fractions import Fraction

import numpy as np
import pytest

from mcdemand.kernels.moments import merge_moments, moments_of_rows
from mcdemand.streaming.moment_tree import MomentTree, Node, join_moments
from mcdemand.streaming.spans import LEAF_DRAWS


def _exact(values):
    """Return mean, m2, m3, m4 of some numbers by rational arithmetic."""
    numbers = [Fraction(float(value)) for value in values]
    mean = sum(numbers) / len(numbers)
    return [float(mean), *(float(sum((x - mean) ** k for x in numbers) / len(numbers)) for k in (2, 3, 4))]


def _leaf(row):
    found = np.empty((4, 1))
    moments_of_rows(np.ascontiguousarray(row[None]), found)
    return found


@pytest.fixture(params=["normal", "lognormal", "shifted", "sorted", "short"])
def row(request):
    draws = np.random.default_rng(11).standard_normal(1500)
    made = {
        "normal": draws,
        "lognormal": np.exp(2 * draws),
        # As in NIST's NumAcc4: a mean 10^7 times the standard deviation.
        "shifted": 1e7 + 0.1 * np.sign(draws),
        "sorted": np.sort(draws) + 5,
        "short": draws[:3],
    }
    return made[request.param]


def test_moments_of_a_row_are_those_of_rational_arithmetic(row):
    found, exact = _leaf(row)[:, 0], _exact(row)
    assert found[0] == pytest.approx(exact[0], rel=1e-15)
    assert found[1] == pytest.approx(exact[1], rel=1e-8 if exact[0] > 1e6 else 1e-13)
    spread = exact[1] ** 0.5
    assert found[2] == pytest.approx(exact[2], rel=1e-12, abs=1e-8 * spread**3)
    assert found[3] == pytest.approx(exact[3], rel=1e-7)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_parts_together_are_the_whole(row, share):
    cut = max(1, int(share * row.size))
    merged = merge_moments(_leaf(row[:cut]), _leaf(row[cut:]), (cut, row.size - cut))[:, 0]
    exact = _exact(row)
    assert merged[0] == pytest.approx(exact[0], rel=1e-14)
    assert merged[1] == pytest.approx(exact[1], rel=1e-8)
    assert merged[2] == pytest.approx(exact[2], rel=1e-10, abs=1e-7 * exact[1] ** 1.5)
    assert merged[3] == pytest.approx(exact[3], rel=1e-7)


def test_a_constant_has_no_moments():
    leaf = _leaf(np.full(1000, 0.1))
    assert leaf[:, 0].tolist() == [0.1, 0, 0, 0]
    assert merge_moments(leaf, leaf, (1, 3))[:, 0].tolist() == [0.1, 0, 0, 0]


def test_the_order_of_leaves_does_not_matter():
    rng = np.random.default_rng(3)
    leaves = {Node(chain, 0, k): rng.standard_normal((4, 2)) for chain in range(3) for k in range(13)}
    end = (100, rng.standard_normal((4, 2)))
    first = MomentTree(leaves)
    for _ in range(20):
        places = [*leaves]
        rng.shuffle(places)
        other = MomentTree({Node(*place): leaves[Node(*place)] for place in places})
        for chain in range(3):
            (n, a), (m, b) = first.of_chain(chain, end), other.of_chain(chain, end)
            assert n == m == 13 * LEAF_DRAWS + 100
            assert a.tobytes() == b.tobytes()


def test_a_tree_keeps_no_more_than_it_needs():
    tree = MomentTree()
    for k in range(1000):
        tree.add(Node(0, 0, k), np.zeros((4, 1)))
    assert len(tree.nodes) == bin(1000).count("1")


def test_joined_parts_have_all_draws():
    parts = [(n, _leaf(np.arange(float(n)) + k)) for k, n in enumerate((3, 5, 8, 2, 9))]
    size, found = join_moments(parts)
    values = np.concatenate([np.arange(float(n)) + k for k, n in enumerate((3, 5, 8, 2, 9))])
    assert size == values.size
    assert found[0, 0] == pytest.approx(values.mean(), rel=1e-14)
    assert found[1, 0] == pytest.approx(values.var(), rel=1e-14)
