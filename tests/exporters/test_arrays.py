"""What all array formats promise: the result comes back, an old file is safe, a stranger's file does no harm."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

import mcdemand as mc
from mcdemand.content import content_digest
from mcdemand.exporters import exporters
from mcdemand.exporting import export
from mcdemand.result_files import read

CASES = {
    "a.nc": {},
    "a.zarr": {},
    "a.parquet": {},
    "b.parquet": {"layout": "tidy", "compression": "zstd"},
    "a.arrow": {},
    "b.feather": {"layout": "tidy"},
    "a.csv": {"about": True},
    "b.csv": {"layout": "tidy", "about": True},
}
EVERY = pytest.mark.parametrize(("name", "options"), CASES.items(), ids=list(CASES))


@pytest.fixture(scope="module")
def small(result):
    """The first 40 draws of each chain, said to be a whole result."""
    part = result.isel(draw=slice(40))
    part.attrs.update(result.attrs, draws=160)
    return part


@EVERY
def test_a_result_comes_back(small, tmp_path, name, options):
    done = export(small, tmp_path / name, **options)
    found = read(done.path)
    assert content_digest(found) == content_digest(small)
    for group in ("prior", "prior_predictive"):
        xr.testing.assert_equal(found[group].to_dataset(), small[group].to_dataset())
        for variable, array in small[group].data_vars.items():
            assert found[group][variable].attrs == array.attrs
            assert found[group][variable].values.tobytes() == array.values.tobytes()
    assert found.attrs["prior_set_document"] == small.attrs["prior_set_document"]
    again = export(found, tmp_path / f"again-{name}", **options)
    assert contents(again.path) == contents(done.path)


@EVERY
def test_a_part_comes_back(small, tmp_path, name, options):
    output = next(iter(small["prior_predictive"].data_vars))
    done = export(small, tmp_path / name, outputs=[output, "growth_shape"], years=[2030, 2031], draws=12, **options)
    found = read(done.path)
    wanted = small["prior_predictive"][output].isel(draw=slice(3)).sel(year=[2030, 2031])
    xr.testing.assert_identical(found["prior_predictive"][output], wanted)
    assert list(found["prior"].data_vars) == ["growth_shape"]
    assert found.attrs["draws_kept"] == 12


@EVERY
def test_one_chain_and_no_parameters(tmp_path, name, options):
    one = mc.simulate("consensus", draws=64, chains=1, outputs="energy_served", years=2030, design="random")
    assert content_digest(read(export(one, tmp_path / name, **options).path)) == content_digest(one)


@EVERY
def test_an_existing_one_is_kept(small, tmp_path, name, options):
    path = export(small, tmp_path / name, draws=8, **options).path
    before = contents(path)
    with pytest.raises(mc.FileError, match="exists; pass --overwrite"):
        export(small, path, draws=12, **options)
    assert contents(path) == before
    export(small, path, draws=12, overwrite=True, **options)
    assert contents(path) != before
    assert os.listdir(tmp_path) == [name]


FULL = {
    limit: [name for name in CASES if name.startswith("a.") and not (name == "a.zarr" and limit > 700)]
    for limit in (0, 700, 20_000)
}
LIMITED = """
import json, resource, sys
import mcdemand as mc
from mcdemand.exporting import export
from mcdemand.result_files import read
small = read(sys.argv[1])
for limit, names in json.loads(sys.argv[3]).items():
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), resource.RLIM_INFINITY))
    for name in names:
        try:
            export(small, sys.argv[2] + "/" + name, overwrite=True)
        except mc.FileError as error:
            print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")
def test_a_full_disk_leaves_the_old_one(small, tmp_path):
    source = export(small, tmp_path / "source.nc").path
    place = tmp_path / "here"
    place.mkdir()
    for name in FULL[0]:
        export(small, place / name, draws=4)
    before = contents(place)
    # Byte code that is cut short would break the next import.
    command = [sys.executable, "-B", "-c", LIMITED, str(source), str(place), json.dumps(FULL)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == sum(len(names) for names in FULL.values()), done
    assert all(line.endswith("nothing was changed") and ": cannot be written: " in line for line in lines)
    assert contents(place) == before


@EVERY
def test_every_error_of_the_system_leaves_the_old_one(small, tmp_path, monkeypatch, name, options):
    path = export(small, tmp_path / name, draws=8, **options).path
    before = contents(tmp_path)
    for step in ("fsync", "replace"):
        with monkeypatch.context() as patch:

            def fail(*_arguments, **_options):
                raise OSError(28, "No space left on device")

            patch.setattr(f"mcdemand.files.os.{step}", fail)
            with pytest.raises(mc.FileError, match="No space left on device; nothing was changed"):
                export(small, path, overwrite=True, **options)
        assert contents(tmp_path) == before


@EVERY
def test_damage_is_found(small, tmp_path, name, options):
    path = export(small, tmp_path / name, outputs=["energy_served", "growth_shape"], draws=12, **options).path
    biggest = max(files_of(path), key=lambda file: file.stat().st_size)
    whole = biggest.read_bytes()
    generator = np.random.default_rng(5)
    for place in generator.integers(0, len(whole), 25):
        broken = bytearray(whole)
        broken[place] ^= 1 << int(generator.integers(8))
        biggest.write_bytes(broken)
        found, said = outcome(path)
        # Padding, comments and names of writers carry no number.
        assert said or content_digest(found) == found.attrs["content_sha256"]
        assert "\n" not in said
    for length in generator.integers(0, len(whole) - 1, 10):
        biggest.write_bytes(whole[:length])
        with pytest.raises((mc.IntegrityError, mc.FileError)) as caught:
            read(path)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", CASES)
def test_what_is_none_is_told(tmp_path, name):
    path = tmp_path / name
    with pytest.raises(mc.FileError, match="no such file"):
        read(path)
    if path.suffix == ".zarr":
        path.mkdir()
        (path / "notes.txt").write_text("mine")
    else:
        path.write_bytes(b"PAR1 something else\n" * 20)
    with pytest.raises((mc.IntegrityError, mc.FileError)) as caught:
        read(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith("a.")])
def test_texts_of_strangers(poison, payload, tmp_path, name):
    tree = poison(payload)
    options = CASES[name]
    said = refusal(tree, tmp_path / name, options)
    if said:
        # Only formats whose names are parts of paths may refuse some; other texts they take.
        assert name in ("a.nc", "a.zarr")
        assert "\n" not in said
        assert os.listdir(tmp_path) == []
        tree = plainly_named(tree)
        assert not refusal(tree, tmp_path / name, options)
    path = tmp_path / name
    with pytest.raises(mc.IntegrityError) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    assert os.listdir(tmp_path) == [name]


def test_exporters_say_what_they_keep():
    for name in ("netcdf", "zarr", "parquet", "arrow", "csv"):
        one = exporters()[name]
        assert (one.keeps, one.has_parameters, one.owns_suffix) == ("joint draws", True, True)
        assert one.read is not None


def outcome(path):
    """Return what is read, or what is said."""
    try:
        return read(path), ""
    except (mc.IntegrityError, mc.FileError) as error:
        return None, str(error)


def refusal(tree, path, options):
    try:
        export(tree, path, **options)
    except mc.InputError as error:
        return str(error)
    return ""


def plainly_named(tree):
    found = xr.DataTree(xr.Dataset(attrs=tree.attrs))
    for group, name in (("prior", "a"), ("prior_predictive", "b")):
        dataset = tree[group].to_dataset()
        found[group] = xr.DataTree(dataset.rename({next(iter(dataset.data_vars)): name}))
    return found


def files_of(path):
    return sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]


def contents(path):
    return {one.relative_to(path): one.read_bytes() for one in files_of(path)}
