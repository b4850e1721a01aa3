"""What the tests of the draw contract share."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numba
import numpy as np
import xarray as xr

import mcdemand as mc
from mcdemand.model import load_model

INTERPRETED = bool(numba.config.DISABLE_JIT)
PER_CHAIN = 100 if INTERPRETED else 300
"""No multiple of 256, and compiled more than that."""
ALL_QUANTITIES = sorted(load_model("ai_compute").quantities)
ALL_PARAMETERS = sorted(mc.load_prior_set("consensus").parameters)

Array = np.ndarray[Any, np.dtype[np.float64]]


def parameter_draws(
    priors: Any, *, draws: int = 2 * PER_CHAIN, chains: int = 2, seed: int = 7, **options: Any
) -> dict[str, Array]:
    """Return (chain, draw) of every parameter of a prior set."""
    priors = mc.load_prior_set(priors, options.pop("set", None))
    names = list(priors.parameters)
    options = {"design": "random", **options}
    result = mc.simulate(priors, draws=draws, chains=chains, seed=seed, outputs=names, **options)
    return arrays(result["prior"].to_dataset())


def arrays(group: xr.Dataset) -> dict[str, Array]:
    return {str(name): variable.values for name, variable in group.items()}


def assert_same_bits(found: Mapping[str, Array], expected: Mapping[str, Array]) -> None:
    assert set(found) == set(expected)
    assert found
    for name, values in expected.items():
        assert found[name].shape == values.shape, name
        assert found[name].tobytes() == values.tobytes(), name


def sha256(values: Array) -> str:
    return hashlib.sha256(np.ascontiguousarray(values, dtype="<f8").tobytes()).hexdigest()
