"""A result computed again from its own attributes: the same bits, or a refusal."""

import numpy as np
import pytest
import xarray as xr
from numba import config

import mcdemand as mc
from mcdemand.content import content_digest

SIZES = {"draws": 256 if config.DISABLE_JIT else 2048, "chains": 4}


@pytest.mark.parametrize(
    "request_",
    [
        {"seed": 3, "design": "random"},
        {"seed": 4, "design": "latin_hypercube", "years": [2026, 2030], "outputs": ["energy_served"]},
        {"seed": 2**40, "design": "sobol", "set": {"reasoning_multiplier.p50": 11}},
    ],
    ids=["random", "part", "override"],
)
def test_the_same_to_the_last_bit(request_, tmp_path):
    stored = mc.read_result(mc.write_result(mc.simulate("consensus", **SIZES, **request_), tmp_path / "one.nc"))
    assert content_digest(mc.repeat_result(stored, threads=1)) == content_digest(stored)


def test_a_pool_and_a_run_that_stopped_by_itself():
    pool = mc.pool_prior_sets({"consensus": 0.5, "liftoff": 0.5})
    pooled = mc.simulate(pool, **SIZES)
    assert content_digest(mc.repeat_result(pooled)) == content_digest(pooled)
    options = {"outputs": ["energy_served"], "years": [2030], "chains": 4, "draws": 256}
    stopped = mc.simulate_until_precise("consensus", precision="20%", budget=mc.Budget(draws=8192), **options)
    assert content_digest(mc.repeat_result(stopped)) == content_digest(stopped)


def changed(result, value):
    """Return a result with one number changed in its last bit, or to a value."""
    copy = result.copy(deep=True)
    numbers = copy["prior_predictive"]["energy_served"].values
    numbers[1, 2, 3] = np.nextafter(numbers[1, 2, 3], np.inf) if value is None else value
    return copy


@pytest.mark.parametrize("value", [None, 0.0, -1.0])
def test_another_number_is_refused(value):
    stored = mc.simulate("consensus", outputs=["energy_served"], **SIZES)
    with pytest.raises(mc.IntegrityError, match="energy_served: 1 of its numbers"):
        mc.repeat_result(changed(stored, value))


def test_other_attributes_are_refused():
    stored = mc.simulate("consensus", outputs=["energy_served"], **SIZES)
    stored.attrs["seed"] = 1
    with pytest.raises(mc.IntegrityError, match="not those that its attributes lead to"):
        mc.repeat_result(stored)
    with pytest.raises(mc.IntegrityError):
        mc.repeat_result(xr.DataTree.from_dict({"/prior": xr.Dataset(), "/prior_predictive": xr.Dataset()}))
