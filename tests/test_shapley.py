import itertools
import math
import random

import numpy as np
import pytest
from numpy.testing import assert_allclose

from mcdemand.shapley import contributions, sampled_orders


def random_values(
    rows: list[str], orders: list[tuple[str, ...]], scale: float, seed: int
) -> dict[frozenset[str], np.ndarray]:
    rng = np.random.default_rng(seed)
    sets = {frozenset(order[:k]) for order in orders for k in range(len(rows) + 1)}
    return {one: scale * rng.standard_normal(3) for one in sorted(sets, key=sorted)}


@pytest.mark.parametrize("scale", [1.0, 1e-200, 1e200, 3e-7])
@pytest.mark.parametrize(("count", "permutations"), [(1, 2), (3, 2), (4, 2), (5, 16), (17, 16), (40, 64), (64, 1024)])
def test_contributions_sum_to_the_move_bit_for_bit_in_any_order(count: int, permutations: int, scale: float) -> None:
    rows = [f"row{k}" for k in range(count)]
    orders = sampled_orders(rows, permutations, seed=count)
    values = random_values(rows, orders, scale, count)
    found = contributions(rows, orders, values)
    move, parts = float(found["move"]), found["contribution"].values.tolist()
    for seed in range(10):
        random.Random(seed).shuffle(parts)
        assert sum(parts) == move
    largest = max(abs(one[0]) for one in values.values())
    ends = values[frozenset()][0], values[frozenset(rows)][0]
    assert_allclose([found["start"], found["end"]], ends, rtol=0, atol=largest * 2.0**-32)


def test_values_are_the_textbook_ones() -> None:
    # The glove game (Shapley 1953): a and b hold left gloves, c the only right one; a pair is worth 1.
    rows = ["a", "b", "c"]
    values = {
        frozenset(some): np.array([float("c" in some and len(some) > 1)] * 3)
        for size in range(4)
        for some in itertools.combinations(rows, size)
    }
    found = contributions(rows, sampled_orders(rows, 16, seed=0), values)
    assert_allclose(found["contribution"], [1 / 6, 1 / 6, 4 / 6], atol=2.0**-39)
    assert found["mcse_orders"].values.tolist() == [0.0, 0.0, 0.0]
    assert float(found["contribution"].sum()) == float(found["move"])


def test_orders_are_all_or_in_pairs() -> None:
    assert sorted(sampled_orders("abcd", 2, seed=0)) == sorted(itertools.permutations("abcd"))
    assert sampled_orders([], 16, seed=0) == [()]
    orders = sampled_orders("abcdef", 8, seed=5)
    assert len(orders) == 8
    assert all(sorted(order) == list("abcdef") for order in orders)
    assert all(one == other[::-1] for one, other in zip(orders[::2], orders[1::2], strict=True))
    assert orders[:4] == sampled_orders("abcdef", 4, seed=5), "more orders begin with the fewer"
    assert orders != sampled_orders("abcdef", 8, seed=6)


def test_every_place_in_an_order_is_equally_likely() -> None:
    firsts = [order[0] for seed in range(3) for order in sampled_orders("abcde", 1024, seed=seed)[::2]]
    counts = np.array([firsts.count(name) for name in "abcde"])
    expected = len(firsts) / 5
    # Chi-squared with 4 degrees of freedom: 23.5 is its 99.99 % quantile.
    assert float(((counts - expected) ** 2 / expected).sum()) < 23.5


def test_errors_of_chains_and_orders() -> None:
    # Steps of one row are the same in every order, and 1, 2, 3 in the chains: sd 1 / sqrt(3) chains.
    found = contributions(["x"], [("x",)], {frozenset(): np.zeros(4), frozenset("x"): np.array([2.0, 1.0, 2.0, 3.0])})
    assert_allclose(found["mcse_draws"], 1 / math.sqrt(3))
    assert_allclose(found["mcse_move"], 1 / math.sqrt(3))
    assert found["mcse_orders"].item() == 0.0
