"""The file for ArviZ, opened by ArviZ itself."""

import arviz as az
import h5py
import matplotlib
import numpy as np
import pytest
import xarray as xr

import mcdemand as mc
from mcdemand.content import DIGEST, content_digest
from mcdemand.errors import InputError


@pytest.fixture
def opened(result, tmp_path):
    path = mc.export(result, tmp_path / "a.arviz.nc").path
    with az.from_netcdf(path) as tree:
        tree.load()
    return tree


def test_groups_are_those_of_arviz(opened, result):
    assert opened.groups == ("/", "/prior", "/prior_predictive", "/constant_data", "/observed_data")
    xr.testing.assert_identical(opened["prior"].to_dataset(), result["prior"].to_dataset())
    xr.testing.assert_identical(opened["prior_predictive"].to_dataset(), result["prior_predictive"].to_dataset())
    assert opened["constant_data"]["calendar_year"].values.tolist() == list(range(2024, 2036))


def test_summaries_need_no_conversion(opened, result):
    found = az.summary(opened, group="prior_predictive", var_names=["energy_served"], round_to="none", ci_prob=0.9)
    draws = result["prior_predictive"]["energy_served"].values.reshape(-1, 12)
    np.testing.assert_allclose(found["mean"], draws.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found["eti90_ub"], np.quantile(draws, 0.95, axis=0), rtol=2e-3)


def test_plots_need_no_conversion(opened):
    matplotlib.use("Agg")
    fan = az.plot_lm(
        opened, x="calendar_year", y="energy_served", group="prior_predictive", ci_prob=(0.5, 0.9), smooth=False
    )
    assert fan.viz["figure"].item() is not None
    forest = az.plot_forest(opened, group="prior_predictive", var_names=["energy_served"], combined=True)
    assert forest.viz["figure"].item() is not None
    from matplotlib import pyplot

    pyplot.close("all")


def test_published_figures_are_observed_data(tmp_path):
    result = mc.simulate("consensus", draws=512, outputs=["capacity", "energy_served"])
    path = mc.export(result, tmp_path / "a.arviz.nc").path
    with xr.open_datatree(path) as tree:
        observed = tree["observed_data"].to_dataset().load()
    # Stanford's AI Index 2026: 29.6 GW at the end of 2025.
    assert observed["capacity"].sel(year=2025).item() == 29.6
    assert observed["capacity"].notnull().sum().item() == 1
    assert observed["energy_served"].isnull().all()


def test_it_comes_back(result, tmp_path):
    found = mc.read(mc.export(result, tmp_path / "a.arviz.nc").path)
    assert set(found.children) == {"prior", "prior_predictive"}
    xr.testing.assert_identical(found["prior_predictive"].to_dataset(), result["prior_predictive"].to_dataset())
    assert found.attrs[DIGEST] == content_digest(result)


def test_parameters_alone_have_no_calendar(result, tmp_path):
    path = mc.export(result, tmp_path / "a.arviz.nc", outputs="tokens_2024").path
    with az.from_netcdf(path) as tree:
        assert tree.groups == ("/", "/prior")


def test_texts_of_strangers_stay_texts(poison, payload, tmp_path):
    path, tree = tmp_path / "a.arviz.nc", poison(payload)
    # The name of the parameter ends in a space.
    with pytest.raises(InputError, match="netCDF has no room for such a name"):
        mc.export(tree, path)
    assert not path.exists()
    tree["prior_predictive"] = tree["prior_predictive"].to_dataset().rename({payload.replace("/", "|"): "one"})
    tree["prior"] = tree["prior"].to_dataset().rename({f"{payload.replace('/', '|')} ": "two"})
    mc.export(tree, path)
    with h5py.File(path) as file:
        assert file.attrs["title"] == payload.replace("\0", "")
