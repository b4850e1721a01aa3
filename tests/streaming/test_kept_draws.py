"""Draws that a streamed run writes as it goes: those that a stored one keeps, by threads, a cluster, after a stop."""

import pytest
import xarray as xr

import mcdemand as mc
from mcdemand.streaming.checkpoint import Checkpoint

ASKED = {"draws": 2**17 + 5000, "chains": 2, "seed": 4, "design": "random", "outputs": ["capacity"], "years": [2030]}


@pytest.fixture(scope="module")
def stored():
    return mc.simulate("consensus", **ASKED)


def _same(found, stored):
    for group in ("prior", "prior_predictive"):
        xr.testing.assert_identical(found[group].to_dataset(), stored[group].to_dataset())


def test_they_are_those_of_a_stored_run(stored, tmp_path):
    streamed = mc.stream("consensus", **ASKED, draws_to=tmp_path / "draws.zarr", threads=2)
    _same(mc.read(tmp_path / "draws.zarr"), stored)
    quantiles = mc.summarize(stored)["quantiles"]
    xr.testing.assert_equal(streamed["summary"]["quantiles"], quantiles)
    assert mc.verify_result(tmp_path / "draws.zarr", choice=1).numbers > 0
    assert [path.name for path in tmp_path.iterdir()] == ["draws.zarr"]


def test_a_cluster_writes_the_same(stored, tmp_path):
    mc.stream("consensus", **ASKED, draws_to=tmp_path / "draws.zarr", cluster="local:2")
    _same(mc.read(tmp_path / "draws.zarr"), stored)


def test_a_stopped_run_goes_on_with_them(stored, tmp_path, monkeypatch):
    keep, calls = Checkpoint.keep, []

    def stop(self, name, work, done):
        calls.append(name)
        if len(calls) == 2:
            raise RuntimeError("stopped here")
        keep(self, name, work, done)

    request = {**ASKED, "draws_to": tmp_path / "draws.zarr", "checkpoint": tmp_path / "kept"}
    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "keep", stop)
        with pytest.raises(RuntimeError, match="stopped here"):
            mc.stream("consensus", **request, threads=1)
    assert not (tmp_path / "draws.zarr").exists()
    mc.resume(tmp_path / "kept")
    _same(mc.read(tmp_path / "draws.zarr"), stored)
    with pytest.raises(mc.InputError, match="a run that keeps its draws does not grow"):
        mc.resume(tmp_path / "kept", draws=10**6)


def test_what_exists_is_kept_unless_it_may_be_replaced(stored, tmp_path):
    small = {**ASKED, "draws": 4096}
    mc.stream("consensus", **small, draws_to=tmp_path / "draws.zarr")
    with pytest.raises(mc.FileError, match=r"draws.zarr: exists; pass --overwrite"):
        mc.stream("consensus", **ASKED, draws_to=tmp_path / "draws.zarr")
    assert mc.read(tmp_path / "draws.zarr").attrs["draws"] == 4096
    mc.stream("consensus", **ASKED, draws_to=tmp_path / "draws.zarr", overwrite=True)
    _same(mc.read(tmp_path / "draws.zarr"), stored)
