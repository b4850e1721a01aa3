"""netCDF: the same file as `write_result`, read by h5py."""

import h5py
import numpy as np

import mcdemand as mc
from mcdemand.exporting import export
from mcdemand.result_files import read


def test_it_is_the_result_s_own_file(result, tmp_path):
    export(result, tmp_path / "a.nc")
    mc.write_result(result, tmp_path / "b.nc")
    assert (tmp_path / "a.nc").read_bytes() == (tmp_path / "b.nc").read_bytes()


def test_h5py(result, tmp_path):
    path = export(result, tmp_path / "a.nc", outputs="energy_served", years=[2030], draws=100).path
    with h5py.File(path) as file:
        found = file["prior_predictive/energy_served"]
        wanted = result["prior_predictive"]["energy_served"].sel(year=[2030]).values[:, :25]
        assert found[...].tobytes() == wanted.tobytes()
        np.testing.assert_array_equal(file["prior_predictive/year"][...], [2030])
        assert found.attrs["units"] == "TWh"
        assert file.attrs["seed"] == 11
        assert file.attrs["draws_kept"] == 100
    assert read(path).attrs["prior_set"] == "consensus"


def test_characters_that_netcdf_has_not(result, tmp_path):
    tree = result.isel(draw=slice(4))
    tree.attrs.update(result.attrs, title="a\0b")
    assert read(export(tree, tmp_path / "a.nc").path).attrs["title"] == "ab"
