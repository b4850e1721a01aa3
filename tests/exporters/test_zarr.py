"""Zarr folders: read by xarray and zarr; what asks for more than numbers is refused."""

import hashlib
import json
import os

import pytest
import xarray as xr
import zarr

import mcdemand as mc
from mcdemand.content import content_digest
from mcdemand.exporting import export
from mcdemand.manifest import write_manifest
from mcdemand.result_files import read

OUTPUT = "energy_served"
ARRAY = f"prior_predictive/{OUTPUT}/zarr.json"


@pytest.fixture
def path(result, tmp_path):
    return export(result, tmp_path / "a.zarr", outputs=[OUTPUT, "growth_shape"], draws=64).path


def test_xarray_and_zarr(result, path):
    wanted = result["prior_predictive"][OUTPUT].isel(draw=slice(16))
    with xr.open_zarr(path, group="prior_predictive", consolidated=False, chunks=None) as found:
        xr.testing.assert_identical(found[OUTPUT].load(), wanted)
    array = zarr.open_array(path, path=f"prior_predictive/{OUTPUT}", mode="r")
    assert array[...].tobytes() == wanted.values.tobytes()
    assert array.chunks == (1, 16, 12)
    assert [type(one).__name__ for one in array.compressors] == ["Crc32cCodec"]
    assert zarr.open_group(path, mode="r").attrs["seed"] == 11


@pytest.mark.parametrize(
    "change",
    [
        {"data_type": "string"},
        {"data_type": "variable_length_bytes"},
        {"data_type": {"name": "numpy.object", "configuration": {}}},
        {"codecs": [{"name": "vlen-utf8"}]},
        {"codecs": [{"name": "bytes"}, {"name": "numcodecs.pickle"}]},
        {"codecs": [{"name": "bytes"}, {"name": "zstd"}]},
        {"codecs": [{"name": "bytes"}]},
        {"storage_transformers": [{"name": "other"}]},
        {"shape": [4, 10**12, 12]},
        {"shape": [4, True, 12]},
        {"chunk_grid": {"name": "rectangular"}},
        {"chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1, 10**9, 12]}}},
        {"zarr_format": 2},
        {"node_type": "array", "attributes": {"scale_factor": 2.0}},
        {"dimension_names": ["chain", "draw"]},
        {"codecs": 5},
    ],
    ids=str,
)
def test_what_asks_for_more_is_refused(path, change):
    file = path / ARRAY
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    write_manifest(path)
    with pytest.raises(mc.IntegrityError) as caught:
        read(path)
    assert "\n" not in str(caught.value)


def test_files_that_do_not_belong(path, tmp_path):
    chunk = next(one for one in (path / "prior_predictive" / OUTPUT / "c").rglob("*") if one.is_file())
    kept = chunk.read_bytes()
    chunk.unlink()
    with pytest.raises(mc.IntegrityError, match="missing"):
        read(path)
    (tmp_path / "secret").write_bytes(kept)
    chunk.symlink_to(tmp_path / "secret")
    with pytest.raises(mc.IntegrityError, match="link"):
        read(path)
    chunk.unlink()
    os.mkfifo(chunk)
    with pytest.raises(mc.IntegrityError, match="device"):
        read(path)
    chunk.unlink()
    chunk.write_bytes(kept[:-1])
    with pytest.raises(mc.IntegrityError, match="size"):
        read(path)
    chunk.write_bytes(bytes([kept[0] ^ 1]) + kept[1:])
    with pytest.raises(mc.IntegrityError, match="checksum"):
        read(path)
    chunk.write_bytes(kept)
    (path / "more").write_text("x")
    with pytest.raises(mc.IntegrityError, match="too many"):
        read(path)


def test_only_a_zarr_folder_is_replaced(result, tmp_path):
    place = tmp_path / "a.zarr"
    place.mkdir()
    (place / "thesis.txt").write_text("mine")
    with pytest.raises(mc.FileError, match=r"without zarr\.json"):
        export(result, place, draws=4, overwrite=True)
    assert os.listdir(place) == ["thesis.txt"]


def test_manifest_says_it_of_every_file(path):
    stated = json.loads((path / "manifest.json").read_text())
    files = {one.relative_to(path).as_posix(): one.read_bytes() for one in path.rglob("*") if one.is_file()}
    del files["manifest.json"]
    wanted = {name: {"bytes": len(text), "sha256": hashlib.sha256(text).hexdigest()} for name, text in files.items()}
    assert stated["files"] == wanted
    lines = "".join(f"{one['sha256']} {one['bytes']} {name}\n" for name, one in sorted(wanted.items()))
    assert stated["sha256"] == hashlib.sha256(lines.encode()).hexdigest()


@pytest.mark.parametrize(
    "change",
    [
        lambda stated: {**stated, "sha256": "0" * 64},
        lambda stated: {**stated, "schema": "mcdemand-manifest-2"},
        lambda _: {"files": 5},
        lambda _: [],
        lambda stated: {**stated, "files": dict.fromkeys(stated["files"])},
        lambda stated: {**stated, "files": {**stated["files"], "../a": {"bytes": 1, "sha256": "0" * 64}}},
        lambda stated: {**stated, "more": "x" * 2**20},
    ],
)
def test_a_manifest_that_was_not_written_so(path, change):
    file = path / "manifest.json"
    file.write_text(json.dumps(change(json.loads(file.read_text())), indent=1))
    with pytest.raises(mc.IntegrityError, match=r"manifest\.json"):
        read(path)


def test_folders_of_earlier_versions_are_read(path):
    wanted = read(path)
    (path / "manifest.json").unlink()
    root = path / "zarr.json"
    stated = json.loads(root.read_text())
    with pytest.raises(mc.IntegrityError, match="not complete"):
        read(path)
    for digest in ("0" * 64, content_digest(wanted)):
        stated["attributes"]["content_sha256"] = digest
        root.write_text(json.dumps(stated))
        if digest == "0" * 64:
            with pytest.raises(mc.IntegrityError, match="its content is not what was written"):
                read(path)
    found = read(path)
    assert found.attrs.pop("content_sha256") == content_digest(wanted)
    xr.testing.assert_identical(found, wanted)
