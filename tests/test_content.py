"""Bytes of results: every number once and in order, and a digest that is known without hashing twice."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
import xarray as xr

from mcdemand import content
from mcdemand.content import blocks, content_digest, has_content_of


@pytest.fixture
def tree() -> xr.DataTree:
    values = np.random.default_rng(5).random((7, 3, 50)).transpose(1, 2, 0)
    dataset = xr.Dataset({"x": (("chain", "draw", "year"), values, {"units": "W"})}, {"year": np.arange(7)})
    return xr.DataTree.from_dict({"/": xr.Dataset(attrs={"seed": 1}), "prior_predictive": dataset})


@pytest.mark.parametrize("most", [1, 2, 3, 7, 10, 64, 1000])
@pytest.mark.parametrize("shape", [(), (1,), (13,), (3, 5), (5, 3, 4), (1, 1, 9), (4, 0), (2, 7, 1, 3)])
def test_blocks_are_small_and_in_order(monkeypatch, shape, most):
    monkeypatch.setattr(content, "BLOCK_ITEMS", most)
    values = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    parts = [values[place] for place in blocks(shape)]
    assert [int(one) for part in parts for one in np.ravel(part)] == values.ravel().tolist()
    assert max((part.size for part in parts), default=0) <= most


@pytest.mark.parametrize("most", [1, 20, 10**6])
def test_digest_is_of_the_numbers_in_order(monkeypatch, tree, most):
    monkeypatch.setattr(content, "BLOCK_ITEMS", most)
    hasher = hashlib.sha256(b'{"seed": [1]}')
    hasher.update(b"('prior_predictive', 'x', ('chain', 'draw', 'year'), (3, 50, 7))" + b'{"units": ["W"]}')
    hasher.update(tree["prior_predictive/x"].values.tobytes("C"))
    hasher.update(b"('prior_predictive', 'year', ('year',), (7,)){}" + np.arange(7.0).tobytes())
    assert content_digest(tree) == hasher.hexdigest()


def test_same_content_is_seen(tree):
    copied = tree.copy(deep=True)
    assert has_content_of(tree, tree)
    assert has_content_of(copied, tree)
    assert content_digest(copied) == content_digest(tree)


@pytest.mark.parametrize(
    "change",
    [
        lambda tree: tree.attrs.update(seed=2),
        lambda tree: tree["prior_predictive/x"].attrs.update(units="kW"),
        lambda tree: tree["prior_predictive/x"].values.__setitem__((2, 49, 6), -0.0),
        lambda tree: tree["prior_predictive"].update({"y": xr.Variable("year", np.zeros(7))}),
        lambda tree: tree.update({"prior": xr.DataTree(xr.Dataset({"a": ("draw", np.zeros(50))}))}),
    ],
)
def test_other_content_is_seen(tree, change):
    tree["prior_predictive/x"].values[2, 49, 6] = 0.0
    other = tree.copy(deep=True)
    change(other)
    assert not has_content_of(other, tree)
    assert not has_content_of(tree, other)
    assert content_digest(other) != content_digest(tree)
