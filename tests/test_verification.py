"""A stored result is what its writer wrote and its attributes lead to; otherwise the first difference is named."""

import json

import numpy as np
import pytest
import xarray as xr
from numba import config

import mcdemand as mc
from mcdemand.cli import main
from mcdemand.exporters.zarr import encode_chunk
from mcdemand.manifest import write_manifest

TILE = 8192
# Three tiles a chain, the last one short.
PER_CHAIN = 100 if config.DISABLE_JIT else 2 * TILE + 77
TILES = 2 * -(-PER_CHAIN // TILE)
PRIORS = {
    "prior_set": {"years": {"start": 2025, "stop": 2027}},
    "parameters": {
        "x1": {"distribution": "normal", "mu": 0, "sigma": 1},
        "x2": {"distribution": "lognormal", "mu": 0, "sigma": 1},
    },
}
FORMATS = {
    "a.nc": {},
    "a.zarr": {},
    "a.parquet": {},
    "b.parquet": {"layout": "tidy"},
    "a.arrow": {},
    "a.csv": {"about": True},
}


def yearly(x1, x2, t):
    return 2.0 * x1 + x2 * t


def timeless(x1):
    return x1 * x1


MODEL = mc.Model.from_functions([yearly, timeless])


@pytest.fixture(scope="module")
def result():
    return mc.simulate(PRIORS, model=MODEL, draws=2 * PER_CHAIN, chains=2, design="random", seed=3)


def verify(path, **options):
    return mc.verify_result(path, **{"tiles": 1000, "model": MODEL, **options})


def refused(path, **options):
    with pytest.raises(mc.IntegrityError) as caught:
        verify(path, **options)
    said = str(caught.value)
    assert said.startswith(f"{path}: ")
    assert "\n" not in said
    assert caught.value.exit_code == 5
    return said


@pytest.mark.parametrize(("name", "options"), FORMATS.items(), ids=list(FORMATS))
def test_what_was_written_is_sound(result, tmp_path, name, options):
    found = verify(mc.export(result, tmp_path / name, **options).path)
    assert (found.of, len(found.tiles)) == (TILES, TILES)
    # Two parameters, one output of three years, one of none.
    assert found.numbers == 2 * PER_CHAIN * (2 + 3 + 1)
    assert found.content == ("manifest.json" if name == "a.zarr" else "content_sha256")


@pytest.mark.parametrize("name", ["a.nc", "a.zarr", "a.parquet"])
def test_parts_are_sound(result, tmp_path, name):
    part = mc.export(result, tmp_path / name, outputs=["yearly", "x1"], years=[2027, 2025], draws=60).path
    found = verify(part)
    assert found.tiles == ((0, 0, 30), (1, 0, 30))
    assert found.numbers == 60 * (2 + 1)


def test_tiles_are_others_each_time_and_the_same_by_choice(result, tmp_path, monkeypatch):
    path = mc.write_result(result, tmp_path / "a.nc")
    many = [verify(path, tiles=1, choice=seed).tiles for seed in range(20)]
    assert len({*many}) == min(TILES, 6)
    assert verify(path, tiles=1, choice=7).tiles == many[7]
    monkeypatch.setattr("mcdemand.verification.secrets.randbelow", lambda _: 5)
    found = verify(path, tiles=1)
    assert (found.choice, found.tiles) == (5, many[5])
    for request in ({"tiles": 0}, {"choice": -1}):
        with pytest.raises(mc.InputError):
            verify(path, **request)


def changed(result, name, place):
    """Return a result with one number of it changed in its last bit, and both numbers."""
    copy = result.copy(deep=True)
    group = "prior" if name in result["prior"] else "prior_predictive"
    numbers = copy[group][name].values
    old = float(numbers[place])
    numbers[place] = np.nextafter(old, np.inf)
    return copy, float(numbers[place]), old


@pytest.mark.parametrize("file", ["a.nc", "a.zarr", "a.parquet"])
@pytest.mark.parametrize(
    ("name", "place", "where"),
    [
        ("yearly", (1, PER_CHAIN - 1, 2), f"yearly, year 2027, chain 1, draw {PER_CHAIN - 1}"),
        ("timeless", (0, 0), "timeless, chain 0, draw 0"),
        ("x2", (1, 31), "x2, chain 1, draw 31"),
    ],
)
def test_a_changed_number_whose_digest_was_made_anew(result, tmp_path, file, name, place, where):
    other, new, old = changed(result, name, place)
    other.attrs.pop("content_sha256", None)
    said = refused(mc.export(other, tmp_path / file).path)
    assert f": {where}: {new!r} stored, {old!r} computed, the first of 1 of its numbers" in said


def test_a_changed_chunk_whose_manifest_was_made_anew(result, tmp_path):
    path = mc.export(result, tmp_path / "a.zarr").path
    chunk = path / "prior_predictive/yearly/c/1/0/0"
    numbers = np.frombuffer(chunk.read_bytes()[:-4]).reshape(1, PER_CHAIN, 3).copy()
    numbers[0, 12, 1] += 1.0
    chunk.write_bytes(encode_chunk(numbers, numbers.shape))
    assert "yearly/c/1/0/0" in refused(path)
    write_manifest(path)
    assert "yearly, year 2026, chain 1, draw 12: " in refused(path)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"seed": 4}, "stored, "),
        ({"draws": 2 * PER_CHAIN + 2}, "its attributes say 2 and"),
        ({"outputs": ["yearly", "timeless", "x3"]}, "has no quantity 'x3'"),
        ({"draws_kept": 2 * PER_CHAIN - 2}, "its attributes say 2 and"),
        ({"prior_set_document": json.dumps({"parameters": {}})}, "prior_set_document|has no quantity|no prior"),
    ],
    ids=["seed", "draws", "outputs", "kept", "priors"],
)
def test_other_attributes(result, tmp_path, change, told):
    other = result.copy()
    other.attrs = {**result.attrs, **change}
    path = mc.write_result(other, tmp_path / "a.nc")
    with pytest.raises((mc.IntegrityError, mc.InputError), match=told) as caught:
        verify(path)
    assert "\n" not in str(caught.value)


def with_group(result, group, dataset):
    return xr.DataTree.from_dict(
        {"/": xr.Dataset(attrs=result.attrs), **{f"/{k}": v.to_dataset() for k, v in result.children.items()}}
        | {f"/{group}": dataset}
    )


def test_other_variables_labels_and_units(result, tmp_path):
    outputs = result["prior_predictive"].to_dataset()
    cases = {
        "missing": (outputs.drop_vars("timeless"), "'timeless': stated among its outputs"),
        "more": (outputs.assign(extra=outputs["timeless"]), "prior_predictive/extra: stored, but no part"),
        "labels": (outputs.assign_coords(draw=np.arange(PER_CHAIN) + 1), "other dimensions, labels or units"),
        "chains": (outputs.assign_coords(chain=[1, 0]), "other dimensions, labels or units"),
        "years": (outputs.assign_coords(year=[2025, 2026, 2028]), "has other years"),
        "swapped": (outputs.isel(year=[1, 0, 2]).assign_coords(year=outputs["year"]), "yearly, year 2025, chain 0"),
    }
    unit = outputs.copy()
    unit["yearly"] = unit["yearly"].assign_attrs(units="GWh")
    cases["units"] = unit, "other dimensions, labels or units"
    for name, (dataset, told) in cases.items():
        path = mc.write_result(with_group(result, "prior_predictive", dataset), tmp_path / f"{name}.nc")
        assert told in refused(path), name


def test_a_run_that_cannot_be_repeated(result, tmp_path):
    path = mc.export(result, tmp_path / "a.csv").path
    with pytest.raises(mc.InputError, match="not the prior set"):
        verify(path)
    with pytest.raises(mc.FileError, match="no such file"):
        verify(tmp_path / "none.nc")
    path = mc.write_result(result, tmp_path / "a.nc")
    with pytest.raises(mc.InputError, match="not installed"):
        mc.verify_result(path)


def test_the_sample_of_a_streamed_result(tmp_path):
    streamed = mc.stream(PRIORS, model=MODEL, draws=2 * PER_CHAIN, chains=2, design="random", seed=3)
    path = mc.write_result(streamed, tmp_path / "a.nc")
    assert verify(path, tiles=1).numbers >= min(PER_CHAIN, TILE) * 3
    other = streamed.copy(deep=True)
    other["sample_prior_predictive"]["yearly"].values[1, 5, 0] += 1.0
    assert "yearly, year 2025, chain 1, draw 5" in refused(mc.write_result(other, tmp_path / "b.nc"))


def test_the_command(tmp_path, monkeypatch, capsys):
    def command(*arguments):
        with pytest.raises(SystemExit) as left:
            main(["verify", *arguments])
        return left.value.code, *capsys.readouterr()

    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.py").write_text("def timeless(x1):\n    return x1 * x1\n")
    (tmp_path / "bare.py").write_text("def demand(x1):\n    return 2.0 * x1\n")
    model = mc.Model.from_functions([timeless])
    mc.export(mc.simulate(PRIORS, model=model, draws=64, chains=2, design="random"), "a.zarr")
    assert command("a.zarr")[0] == 2
    assert command("a.zarr", "--model", "bare.py")[0] == 2
    own = ("--model", "own.py")
    code, out, err = command("a.zarr", *own, "--tiles", "1", "--choice", "1")
    assert (code, err) == (0, "")
    assert out.count("\n") == 1
    assert "Verified: a.zarr (zarr): its content is what manifest.json states; 1 of 2 tiles" in out
    assert "(--choice 1: chain 0 draws 0 to 31): 64 numbers, the same to the last bit." in out
    (tmp_path / "a.zarr/prior_predictive/timeless/c/1/0").write_bytes(b"")
    code, out, err = command("a.zarr", *own)
    assert (code, out) == (5, "")
    assert err.startswith("error: a.zarr: cut short or damaged: 'prior_predictive/timeless/c/1/0'")
