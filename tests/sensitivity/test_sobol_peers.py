"""The estimators on the values that SALib and OpenTURNS were given: the same digits."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from mcdemand.sensitivity import sobol
from mcdemand.sensitivity._picks import PickSums
from tests.references import peers_sobol

PEERS = json.loads(Path(peers_sobol.TARGET).read_text())
OF = peers_sobol.values()
EXACT = {"rtol": 1e-10, "atol": 1e-14}


class Values:
    """An experiment whose picks are given: A, B and AB_i."""

    everything = frozenset("xyz")
    factors = tuple(map(frozenset, "xyz"))

    def sums(self, picks, pairs):
        values = np.array([self.value(*pick) for pick in picks])
        second = [(values[i] * values[j]).sum() for i, j in pairs]
        shape = (1, -1, 1)
        return PickSums(
            np.full((1, 1, 1), values.shape[1]), values.sum(axis=1).reshape(shape), np.reshape(second, shape)
        )

    def value(self, copy, kept, luck):
        if kept == self.everything:
            return OF["ab"[copy]]
        assert (copy, luck) == (sobol.A, sobol.B)
        return OF["ab_i"][["x" not in kept, "y" not in kept, "z" not in kept].index(True)]


@pytest.fixture(scope="module")
def ours():
    return {name: one.value[:, 0] for name, one in sobol.estimate(Values()).items()}


def test_salib(ours):
    """Its functions take values about the mean of f(A) and f(B)."""
    assert_allclose(ours["first_order"], PEERS["salib"]["first"], **EXACT)
    assert_allclose(ours["total_order"], PEERS["salib"]["total"], **EXACT)


def test_openturns(ours):
    """The same products: it divides them by the variance of f(A) alone, and takes them about the mean of all values."""
    a, b, ab = OF["a"], OF["b"], OF["ab_i"]
    both, every = np.concatenate([a, b]), np.concatenate([a, b, ab.ravel()])
    first = ours["first_order"] * both.var() + (both.mean() - every.mean()) * (ab - a).mean(axis=1)
    assert_allclose(first / a.var(), PEERS["openturns"]["MauntzKucherenko"]["first"], **EXACT)
    total = ours["total_order"] * both.var() * both.size / (both.size - 1)
    assert_allclose(total / a.var(ddof=1), PEERS["openturns"]["Jansen"]["total"], **EXACT)
