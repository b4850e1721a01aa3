"""Draws kept on disk while a run goes on: the folder that an export writes, to the last byte, or none that is read."""

import contextlib
import dataclasses
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from numba import config

import mcdemand as mc
from mcdemand import zarr_store
from mcdemand.crew import do_jobs
from mcdemand.exporters import zarr as zarr_format
from mcdemand.planning import chunk_bytes
from mcdemand.request import prepare_request
from mcdemand.streaming.source import RunSource
from mcdemand.streaming.spans import cut_spans
from mcdemand.zarr_store import create_store, finish_store, open_store

CHUNK = 2**16
# Chunks and leaves that are full, nearly full, or hold a draw more: too many draws for an interpreter.
MANY = [
    (CHUNK, 1, "random"),
    (2 * 70_001, 2, "random"),
    (3 * (CHUNK + 8192), 3, "random"),
    (2 * (2 * CHUNK + 1), 2, "latin_hypercube"),
    (2**18, 2, "sobol"),
]
LONG, FEW = 150_001, 70_001
if config.DISABLE_JIT:
    MANY, LONG, FEW = [], 151, 71
PRIORS = {
    "prior_set": {"years": {"start": 2025, "stop": 2027}},
    "parameters": {
        "x1": {"distribution": "normal", "mu": 0, "sigma": 1},
        "x2": {"distribution": "lognormal", "mu": 0, "sigma": 1},
    },
    "correlations": [{"between": ["x1", "x2"], "latent": 0.5}],
}


def yearly(x1, x2, t):
    return 2.0 * x1 + x2 * t


def timeless(x1):
    return x1 * x1


MODEL = mc.Model.from_functions([yearly, timeless])


def request_of(draws, chains, design="random", **more):
    return {"model": MODEL, "draws": draws, "chains": chains, "design": design, "seed": 5, **more}


def run_of(**request):
    return prepare_request(PRIORS, **{"outputs": None, "years": None, "set": None, **request})


def fill(run, store, *, threads=1, span_draws=CHUNK, chosen=lambda _: True, backwards=False):
    """Hand a store the draws of some spans, or of all."""
    source = RunSource(run, store)
    spans = [*filter(chosen, cut_spans(run.chains, run.draws_per_chain, span_draws))]

    def compute(span):
        for first, count in span.leaves():
            source.fill(span.chain, first, count, store=True)

    do_jobs(compute, reversed(spans) if backwards else spans, threads)


def files_in(folder):
    return {str(one.relative_to(folder)): one.read_bytes() for one in sorted(folder.rglob("*")) if one.is_file()}


def exported(request, folder):
    """Return what `simulate` returns, and the files of its export."""
    result = mc.simulate(PRIORS, **request)
    return result, files_in(mc.export(result, folder / "exported.zarr").path)


def stored(run, folder, **how):
    store = create_store(run, folder / "work")
    fill(run, store, **how)
    finish_store(store, folder / "kept.zarr", overwrite=False)
    return folder / "kept.zarr"


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(
    ("draws", "chains", "design"),
    [
        (6, 3, "random"),
        (600, 2, "sobol"),
        *MANY,
    ],
)
def test_what_simulate_returns_and_export_writes(tmp_path, draws, chains, design, threads):
    request = request_of(draws, chains, design)
    result, wanted = exported(request, tmp_path)
    path = stored(run_of(**request), tmp_path, threads=threads)
    assert files_in(path) == wanted
    assert sorted(os.listdir(tmp_path)) == ["exported.zarr", "kept.zarr"]
    found = mc.read(path)
    assert found.attrs == result.attrs
    for group in ("prior", "prior_predictive"):
        xr.testing.assert_identical(found[group].to_dataset(), result[group].to_dataset())


@pytest.mark.parametrize(
    "more", [{"outputs": "timeless"}, {"outputs": ["x2"]}, {"outputs": ["yearly", "x1"], "years": [2026]}], ids=str
)
def test_parts_of_a_model(tmp_path, more):
    request = request_of(100, 2, **more)
    _, wanted = exported(request, tmp_path)
    assert files_in(stored(run_of(**request), tmp_path)) == wanted


def test_parameters_that_vary_by_year_and_pools(tmp_path):
    pool = mc.pool_prior_sets({"consensus": 0.5, "liftoff": 0.5})
    request = {"draws": 64, "chains": 2, "design": "random", "outputs": ["request_growth"]}
    wanted = files_in(mc.export(mc.simulate(pool, **request), tmp_path / "a.zarr").path)
    run = prepare_request(pool, **request, model=None, seed=0, years=None, set=None)
    assert files_in(stored(run, tmp_path)) == wanted


@pytest.mark.parametrize("how", [{"backwards": True}, {"span_draws": 8192}, {"span_draws": 2 * CHUNK, "threads": 2}])
def test_any_order_and_any_spans(tmp_path, how):
    request = request_of(2 * LONG, 2)
    _, wanted = exported(request, tmp_path)
    assert files_in(stored(run_of(**request), tmp_path, **how)) == wanted


OTHER = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from test_zarr_store import FEW, fill, open_store, request_of, run_of
run = run_of(**request_of(2 * FEW, 2))
fill(run, open_store(run, Path(sys.argv[2])), chosen=lambda span: span.chain == 1)
"""


def test_another_process_writes_some_chunks(tmp_path):
    request = request_of(2 * FEW, 2)
    _, wanted = exported(request, tmp_path)
    run = run_of(**request)
    store = create_store(run, tmp_path / "work")
    command = [sys.executable, "-c", OTHER, str(Path(__file__).parent), str(tmp_path / "work")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as other:
        # The second span of chain 1 comes twice, from both.
        fill(run, store, chosen=lambda span: span.chain == 0 or span.first_draw)
        assert other.wait(60) == 0, other.stderr.read()
    finish_store(store, tmp_path / "kept.zarr", overwrite=False)
    assert files_in(tmp_path / "kept.zarr") == wanted


@pytest.fixture(scope="module")
def complete(tmp_path_factory):
    """A run of two chains of 300 draws, and its working folder with every chunk."""
    run = run_of(**request_of(600, 2))
    work = tmp_path_factory.mktemp("complete") / "work"
    fill(run, create_store(run, work))
    return run, work


@pytest.fixture
def work(complete, tmp_path):
    """A copy of the complete working folder."""
    return shutil.copytree(complete[1], tmp_path / "work")


@pytest.fixture(scope="module")
def sound(complete, tmp_path_factory):
    place = tmp_path_factory.mktemp("sound")
    work = shutil.copytree(complete[1], place / "work")
    finish_store(open_store(complete[0], work), place / "sound.zarr", overwrite=False)
    return place / "sound.zarr"


def test_what_is_not_finished_is_not_read(complete, work, tmp_path):
    with pytest.raises(mc.IntegrityError, match=r"it has no zarr\.json"):
        mc.read(Path(shutil.copytree(work / "new", tmp_path / "a.zarr")))
    with pytest.raises(FileNotFoundError):
        xr.open_datatree(work / "new", engine="zarr", consolidated=False)
    finish_store(open_store(complete[0], work), path := tmp_path / "kept.zarr", overwrite=False)
    (path / "manifest.json").unlink()
    with pytest.raises(mc.IntegrityError, match=r"not complete: it has no manifest\.json"):
        mc.read(path)


def test_a_chunk_that_never_came(complete, work, tmp_path):
    (work / "new/prior_predictive/yearly/c/1/0/0").unlink()
    with pytest.raises(mc.IntegrityError, match="yearly/c/1/0/0' is missing"):
        finish_store(open_store(complete[0], work), tmp_path / "kept.zarr", overwrite=False)
    assert os.listdir(tmp_path) == ["work"]


def test_only_its_own_run_goes_on(complete, work, tmp_path):
    other = dataclasses.replace(complete[0], seed=6)
    with pytest.raises(mc.IntegrityError, match="seed: 5 when it was begun, 6 now"):
        open_store(other, work)
    with pytest.raises(mc.FileError, match="cannot be made"):
        create_store(complete[0], work)
    with pytest.raises(mc.FileError, match="cannot be read"):
        open_store(complete[0], tmp_path / "nowhere")
    shutil.move(work / "new", tmp_path / "elsewhere")
    with pytest.raises(mc.FileError, match="have been moved"):
        open_store(complete[0], work)
    (work / "root.json").write_text("{")
    with pytest.raises(mc.IntegrityError, match=r"root\.json: damaged"):
        open_store(complete[0], work)


def test_an_existing_folder_is_replaced_only_if_it_may_be(complete, work, tmp_path):
    target = mc.export(mc.simulate(PRIORS, **request_of(20, 2)), tmp_path / "kept.zarr").path
    before = files_in(target)
    store = open_store(complete[0], work)
    with pytest.raises(mc.FileError, match="exists; pass --overwrite"):
        finish_store(store, target, overwrite=False)
    assert files_in(target) == before
    finish_store(store, target, overwrite=True)
    assert os.listdir(tmp_path) == ["kept.zarr"]
    assert mc.read(target).attrs["draws"] == 600


class Failing:
    """Calls of the operating system, of which the k-th fails."""

    def __init__(self, monkeypatch, k, error):
        self.left, self.error = k, error
        for name in ("fsync", "replace", "open", "mkdir"):
            monkeypatch.setattr(os, name, self.guard(getattr(os, name)))
        monkeypatch.setattr(Path, "write_bytes", self.guard(Path.write_bytes))

    def guard(self, call):
        def guarded(*arguments, **options):
            self.left -= 1
            if self.left == 0:
                raise self.error
            return call(*arguments, **options)

        return guarded


@pytest.mark.parametrize(
    ("with_old", "error"), [(False, OSError(28, "No space left on device")), (True, KeyboardInterrupt())]
)
def test_the_kth_call_fails_while_a_store_is_finished(complete, sound, tmp_path, monkeypatch, with_old, error):
    wanted = files_in(sound)
    old = files_in(mc.export(mc.simulate(PRIORS, **request_of(20, 2)), tmp_path / "old.zarr").path)
    target, work = tmp_path / "kept.zarr", tmp_path / "work"
    for k in range(1, 100):
        shutil.copytree(complete[1], work)
        if with_old:
            shutil.copytree(tmp_path / "old.zarr", target)
        with monkeypatch.context() as patch:
            system = Failing(patch, k, error)
            with contextlib.suppress(mc.FileError, KeyboardInterrupt):
                finish_store(open_store(complete[0], work), target, overwrite=True)
            if system.left > 0:
                break
        left = files_in(target) if target.exists() else {}
        assert left in (old if with_old else {}, wanted)
        if work.exists() and left != wanted:
            finish_store(open_store(complete[0], work), target, overwrite=True)
        assert files_in(target) == wanted
        for place in (target, work):
            shutil.rmtree(place, ignore_errors=True)
    assert k > 5
    assert mc.read(target).attrs["draws"] == 600


def test_the_kth_call_fails_while_a_chunk_is_written(complete, tmp_path, monkeypatch):
    run, work = complete[0], tmp_path / "work"
    store = create_store(run, work)
    first = {"chosen": lambda span: span.chain == 1}
    wanted = files_in(complete[1] / "new")
    for k in range(1, 100):
        with monkeypatch.context() as patch:
            system = Failing(patch, k, OSError(28, "No space left on device"))
            with contextlib.suppress(mc.FileError):
                fill(run, store, **first)
        assert files_in(work / "spare") == {}
        assert files_in(work / "new").items() <= wanted.items()
        if system.left > 0:
            break
    assert k > 10
    fill(run, store)
    assert files_in(work / "new") == wanted


def refused(path):
    with pytest.raises(mc.IntegrityError) as caught:
        mc.read(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_every_file_is_guarded(sound, tmp_path):
    path = Path(shutil.copytree(sound, tmp_path / "a.zarr"))
    generator = np.random.default_rng(3)
    for name, whole in files_in(path).items():
        file = path / name
        for place in {0, len(whole) - 1, *generator.integers(0, len(whole), 6).tolist()}:
            broken = bytearray(whole)
            broken[place] ^= 1 << int(generator.integers(8))
            file.write_bytes(broken)
            said = refused(path)
            # A statement that is no JSON any more, or asks for other files, is told before anything is read.
            assert name in said or name.endswith("zarr.json"), said
        file.write_bytes(whole[: int(generator.integers(len(whole)))])
        assert name in refused(path) or name.endswith("zarr.json")
        file.unlink()
        assert name in refused(path) or name.endswith("zarr.json")
        file.write_bytes(whole)
    mc.read(path)
    (path / "prior/x1/c/2").mkdir()
    (path / "prior/x1/c/2/0").write_bytes((path / "prior/x1/c/1/0").read_bytes())
    assert "prior/x1/c/2/0" in refused(path)


def test_a_folder_larger_than_memory_is_not_loaded(sound, monkeypatch):
    monkeypatch.setattr(zarr_format, "available_bytes", lambda: 20_000)
    with pytest.raises(mc.ResourceError, match=r"20 kB \(20000 bytes\) are available; xarray\.open_zarr") as caught:
        mc.read(sound)
    assert caught.value.exit_code == 4
    with zarr_format.look(sound) as tree:
        assert float(tree["prior"]["x1"][1, 299]) == float(
            mc.simulate(PRIORS, **request_of(600, 2))["prior"]["x1"][1, 299]
        )


def test_folders_of_many_files_are_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(zarr_store, "MAX_FILES", 6)
    with pytest.raises(mc.InputError, match="would be 8 files"):
        create_store(run_of(**request_of(20, 2)), tmp_path / "work")
    assert os.listdir(tmp_path) == []


def test_memory_of_a_thread():
    # Two parameters and two outputs, of which each has room for three years, and the file of one.
    assert chunk_bytes(run_of(**request_of(100, 2))) == 8 * 50 * (2 + 2 * 3 + 3)
