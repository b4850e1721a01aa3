"""Zarr folders: read by xarray and zarr; what asks for more than numbers is refused."""

import json
import os

import pytest
import xarray as xr
import zarr

import mcdemand as mc
from mcdemand.exporting import export, read

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
