"""What a result holds, and its file."""

import errno
import json
import os

import numpy as np
import pytest
import xarray as xr

import mcdemand as mc
from mcdemand import files
from mcdemand.designs._design import CONTRACT_ID

OUTPUTS = ["energy_served", "generative_share_2024"]


@pytest.fixture(scope="module")
def result():
    return mc.simulate("consensus", draws=32, chains=4, seed=3, outputs=[*OUTPUTS, "load_factor"], years=[2025, 2030])


@pytest.fixture
def small():
    def double(x):
        return 2 * x

    priors = {"parameters": {"x": {"distribution": "uniform", "lower": 0.0, "upper": 1.0}}}
    return mc.simulate(priors, model=mc.Model.from_functions([double]), draws=8, chains=2)


class TestTree:
    def test_groups_and_dimensions(self, result):
        assert list(result.children) == ["prior", "prior_predictive"]
        assert result["prior"]["load_factor"].dims == ("chain", "draw")
        assert result["prior_predictive"]["energy_served"].dims == ("chain", "draw", "year")
        assert dict(result["prior_predictive"].sizes) == {"chain": 4, "draw": 8, "year": 2}

    def test_a_quantity_without_time_has_no_year(self, result):
        assert result["prior_predictive"]["generative_share_2024"].dims == ("chain", "draw")

    def test_a_model_without_years_has_no_year(self, small):
        assert dict(small["prior_predictive"].sizes) == {"chain": 2, "draw": 4}
        assert "year" not in small["prior_predictive"].coords

    def test_coordinates(self, result):
        group = result["prior_predictive"]
        assert group["year"].values.tolist() == [2025, 2030]
        assert group["chain"].values.tolist() == [0, 1, 2, 3]
        assert group["draw"].values.tolist() == list(range(8))

    def test_a_parameter_that_varies_has_years(self):
        varies = {"load_factor.varies": {"kind": "independent"}}
        outputs = ["energy_supply", "load_factor", "tokens_2024"]
        group = mc.simulate("consensus", set=varies, draws=8, chains=1, outputs=outputs, years=[2026, 2030])["prior"]
        assert group["load_factor"].dims == ("chain", "draw", "year")
        assert group["tokens_2024"].dims == ("chain", "draw")
        assert np.all(group["load_factor"][..., 0].values != group["load_factor"][..., 1].values)

    def test_what_depends_on_a_parameter_that_varies_has_years(self):
        varies = {"training_share_2024.varies": {"kind": "independent"}}
        group = mc.simulate("consensus", set=varies, draws=8, chains=1, outputs=OUTPUTS, years=[2025, 2030])[
            "prior_predictive"
        ]
        assert group["generative_share_2024"].dims == ("chain", "draw", "year")


class TestAttributes:
    def test_quantities(self, result):
        attributes = result["prior_predictive"]["energy_served"].attrs
        assert attributes == {"units": "TWh", "long_name": "AI electricity used in a year"}

    def test_parameters(self, result):
        attributes = result["prior"]["load_factor"].attrs
        assert attributes["units"] == "1"
        assert json.loads(attributes["prior"]) == {"distribution": "beta", "alpha": 38.5, "beta": 25.6}
        assert attributes["source"]
        assert attributes["long_name"] == "load factor"

    def test_a_truncation_is_part_of_the_law(self):
        group = mc.simulate("consensus", draws=4, outputs=["residual_growth"])["prior"]
        law = json.loads(group["residual_growth"].attrs["prior"])
        assert law["truncation"] == [None, 0.5]

    def test_the_root_says_what_was_run(self, result):
        found = {
            key: result.attrs[key] for key in ("contract", "prior_set", "model", "seed", "design", "chains", "draws")
        }
        assert found == {
            "contract": CONTRACT_ID, "prior_set": "consensus", "model": "ai_compute", "seed": 3, "design": "sobol",
            "chains": 4, "draws": 32,
        }  # fmt: skip
        assert list(result.attrs["years"]) == [2025, 2030]
        assert result.attrs["same_bits_everywhere"] == 1

    def test_powers_of_a_platform_are_said(self):
        def square(x):
            return x**2.5

        priors = {"parameters": {"x": {"distribution": "uniform", "lower": 0.0, "upper": 1.0}}}
        result = mc.simulate(priors, model=mc.Model.from_functions([square]), draws=4)
        assert result.attrs["same_bits_everywhere"] == 0

    def test_it_can_be_run_again_from_itself(self):
        changed = mc.simulate("liftoff", set={"request_growth.p50": 1.7}, draws=8, chains=2, seed=5, years=[2025])
        about = changed.attrs
        again = mc.simulate(
            json.loads(about["prior_set_document"]), model=about["model"], draws=about["draws"], chains=about["chains"],
            seed=about["seed"], design=about["design"], years=list(about["years"]),
        )  # fmt: skip
        xr.testing.assert_identical(again, changed)
        assert again.attrs["prior_set_document"] == about["prior_set_document"]


class TestFile:
    def test_round_trip(self, result, tmp_path):
        path = mc.write_result(result, tmp_path / "result.nc")
        read = mc.read_result(path)
        xr.testing.assert_equal(read, result)
        assert {name: v.attrs for name, v in read["prior"].data_vars.items()} == {
            name: v.attrs for name, v in result["prior"].data_vars.items()
        }
        assert read.attrs["prior_set_document"] == result.attrs["prior_set_document"]

    def test_draws_without_labels_are_written(self, small, tmp_path):
        bare = small.map_over_datasets(lambda one: one.drop_vars("draw", errors="ignore"))
        with xr.open_datatree(mc.write_result(bare, tmp_path / "bare.nc"), engine="h5netcdf") as found:
            for group in ("prior", "prior_predictive"):
                xr.testing.assert_equal(found[group].to_dataset(), bare[group].to_dataset())

    def test_plain_xarray_reads_it(self, result, tmp_path):
        path = mc.write_result(result, tmp_path / "result.nc")
        with xr.open_datatree(path, engine="h5netcdf") as tree:
            xr.testing.assert_equal(tree.load(), result)

    def test_arviz_works_on_it_unconverted(self, result, tmp_path):
        import arviz as az
        import matplotlib

        matplotlib.use("agg")
        with xr.open_datatree(mc.write_result(result, tmp_path / "result.nc"), engine="h5netcdf") as file:
            tree = file.load()
        table = az.summary(tree, group="prior", kind="stats", round_to="none")
        found = float(table.loc["load_factor", "mean"])
        np.testing.assert_allclose(found, result["prior"]["load_factor"].values.mean(), rtol=1e-12)
        wide = az.summary(tree, group="prior_predictive", kind="stats")
        assert list(wide.index) == ["energy_served[2025]", "energy_served[2030]", "generative_share_2024"]
        assert az.plot_forest(tree, group="prior") is not None

    def test_an_existing_file_is_kept(self, small, tmp_path):
        path = tmp_path / "kept.nc"
        path.write_bytes(b"mine")
        with pytest.raises(mc.FileError, match=r"kept\.nc: exists; pass --overwrite"):
            mc.write_result(small, path)
        assert path.read_bytes() == b"mine"

    def test_it_is_replaced_when_told(self, small, tmp_path):
        path = tmp_path / "old.nc"
        path.write_bytes(b"old")
        mc.write_result(small, path, overwrite=True)
        xr.testing.assert_equal(mc.read_result(path), small)

    def test_whichever_write_fails_the_old_file_is_left(self, small, tmp_path, monkeypatch):
        class FullDisk(files.PatientFile):
            room, writes = 10**9, 0

            def write(self, data):
                FullDisk.writes += 1
                if FullDisk.writes > FullDisk.room:
                    self.failure = OSError(errno.ENOSPC, "No space left on device")
                return super().write(data)

        monkeypatch.setattr(files, "PatientFile", FullDisk)
        path = mc.write_result(small, tmp_path / "result.nc")
        before, needed = path.read_bytes(), FullDisk.writes
        for room in range(needed):
            FullDisk.room, FullDisk.writes = room, 0
            with pytest.raises(mc.FileError, match="No space left on device; nothing was changed"):
                mc.write_result(small, path, overwrite=True)
            assert path.read_bytes() == before

    def test_a_failing_write_leaves_the_old_file(self, small, tmp_path, monkeypatch):
        def fail(_tree, file, **_options):
            file.write(b"half")
            raise OSError(28, "No space left on device")

        path = tmp_path / "old.nc"
        path.write_bytes(b"old")
        monkeypatch.setattr(xr.DataTree, "to_netcdf", fail)
        with pytest.raises(mc.FileError, match=r"old\.nc: cannot be written: No space left on device"):
            mc.write_result(small, path, overwrite=True)
        assert path.read_bytes() == b"old"
        assert os.listdir(tmp_path) == ["old.nc"]

    @pytest.mark.parametrize("dangling", [True, False])
    def test_a_link_is_refused(self, small, tmp_path, dangling):
        target = tmp_path / "target.nc"
        if not dangling:
            target.write_bytes(b"mine")
        link = tmp_path / "link.nc"
        link.symlink_to(target)
        with pytest.raises(mc.FileError, match="is a link"):
            mc.write_result(small, link, overwrite=True)
        assert target.exists() == (not dangling)

    def test_a_folder_is_refused(self, small, tmp_path):
        with pytest.raises(mc.FileError, match="is a folder"):
            mc.write_result(small, tmp_path, overwrite=True)

    def test_a_missing_folder_is_refused(self, small, tmp_path):
        with pytest.raises(mc.FileError, match="there is no folder"):
            mc.write_result(small, tmp_path / "none" / "result.nc")

    @pytest.mark.parametrize(
        ("content", "error"),
        [
            (b"", mc.FileError),
            (b"not netCDF", mc.FileError),
            (b"\x89HDF\r\n\x1a\n" + bytes(100), mc.IntegrityError),
        ],
    )
    def test_what_is_no_result_cannot_be_read(self, tmp_path, content, error):
        path = tmp_path / "odd.nc"
        path.write_bytes(content)
        with pytest.raises(error, match=r"odd\.nc: "):
            mc.read_result(path)

    def test_a_missing_file_cannot_be_read(self, tmp_path):
        with pytest.raises(mc.FileError, match=r"none\.nc"):
            mc.read_result(tmp_path / "none.nc")
