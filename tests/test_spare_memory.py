"""A block is used again only when no array refers to it any more."""

import gc

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import mcdemand as mc
from mcdemand import spare_memory

SIZE = 2**13


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Keep small blocks too; nothing is spare before or after."""
    monkeypatch.setattr(spare_memory, "SMALLEST_BYTES", 8 * SIZE)
    spare_memory._spare.clear()
    yield
    spare_memory._spare.clear()


def address(array):
    return array.__array_interface__["data"][0]


def leave_spare(size):
    """Take a block and let go of it."""
    spare_memory.empty(size)


def test_memory_that_nobody_holds_is_used_again():
    first = spare_memory.empty(SIZE)
    place = address(first)
    del first
    assert spare_memory.spare_bytes(SIZE) == 8 * SIZE
    assert address(spare_memory.empty(SIZE)) == place


@pytest.mark.parametrize(
    "derive",
    [
        lambda a: a[3:5],
        lambda a: a.reshape(2, -1)[1].T,
        lambda a: a[::7],
        lambda a: a.view(np.uint64)[:2],
        lambda a: memoryview(a)[4:8],
        lambda a: np.broadcast_to(a[:1], (3, 1)),
    ],
    ids=["slice", "reshape", "stride", "bits", "memoryview", "broadcast"],
)
def test_memory_that_anything_refers_to_is_left_alone(derive):
    first = spare_memory.empty(SIZE)
    first[:] = 1.0
    place, part = address(first), derive(first)
    before = np.array(part)
    del first
    gc.collect()
    second = spare_memory.empty(SIZE)
    second[:] = 2.0
    assert address(second) != place
    assert_array_equal(np.asarray(part), before)
    del part
    gc.collect()
    assert spare_memory.spare_bytes(SIZE) == 8 * SIZE


def test_a_block_that_does_not_suit_is_given_up():
    leave_spare(SIZE)
    assert spare_memory.spare_bytes(2 * SIZE) == 0
    leave_spare(4 * SIZE)
    assert spare_memory.spare_bytes(SIZE) == 0
    assert spare_memory._spare == []


def test_small_arrays_leave_the_block_where_it_is():
    leave_spare(SIZE)
    assert spare_memory.empty(10).size == 10
    assert spare_memory.empty(0).size == 0
    assert spare_memory.spare_bytes(SIZE) == 8 * SIZE


class Interrupted(list):
    """Spare blocks of which another thread takes one before each step of this thread."""

    def __init__(self, blocks):
        super().__init__(blocks)
        self.taken = []
        self.is_other = False

    def let_the_other_in(self):
        if not self.is_other:
            self.is_other = True
            self.taken.append(spare_memory.empty(SIZE))
            self.is_other = False

    def pop(self):
        self.let_the_other_in()
        return super().pop()

    def append(self, block):
        self.let_the_other_in()
        super().append(block)

    def clear(self):
        self.let_the_other_in()
        super().clear()

    def __setitem__(self, place, blocks):
        self.let_the_other_in()
        super().__setitem__(place, blocks)


@pytest.mark.parametrize("look_first", [False, True])
def test_no_two_threads_get_one_block(monkeypatch, look_first):
    spare = Interrupted([np.empty(SIZE), np.empty(SIZE)])
    monkeypatch.setattr(spare_memory, "_spare", spare)
    if look_first:
        spare_memory.spare_bytes(SIZE)
    held = [spare_memory.empty(SIZE), spare_memory.empty(SIZE), *spare.taken]
    assert len(spare.taken) >= 1
    assert len({address(block) for block in held}) == len(held)


def test_a_piece_of_a_result_outlives_it_unchanged():
    options = {"draws": 2**10, "chains": 1, "outputs": ["x"]}
    law = {"distribution": "normal", "mu": 0.0, "sigma": 1.0}
    model = mc.Model.from_functions([define_total])
    priors = {"parameters": {f"x{k}": law for k in range(8)}}
    options["outputs"] = [f"x{k}" for k in range(8)]
    first = mc.simulate(priors, model=model, seed=1, **options)
    piece = first["prior"]["x3"].values[0, 5:9]
    before = piece.copy()
    del first
    second = mc.simulate(priors, model=model, seed=2, **options)
    assert_array_equal(piece, before)
    assert not np.array_equal(second["prior"]["x3"].values[0, 5:9], before)


def define_total(x0, x1, x2, x3, x4, x5, x6, x7):
    return x0 + x1 + x2 + x3 + x4 + x5 + x6 + x7
