"""A posterior of ArviZ's as priors here: every draw a joint row, from memory and from a stranger's file."""

import arviz as az
import h5py
import numpy as np
import pytest
import xarray as xr
from numpy.testing import assert_array_equal

import mcdemand as mc
from mcdemand.prior_set import load_prior_set

SCHOOLS = ["Choate", "Deerfield"]


def posterior(draws=50, **more):
    rng = np.random.default_rng(3)
    mu = rng.normal(size=(2, draws))
    variables = {"mu": mu, "theta": mu[..., np.newaxis] ** 2 + rng.normal(size=(2, draws, 2)), **more}
    return az.from_dict(
        {"posterior": variables, "sample_stats": {"diverging": np.zeros((2, draws), dtype=bool)}},
        coords={"school": SCHOOLS},
        dims={"theta": ["school"]},
    )


def double(x):
    return 2 * x


@pytest.fixture
def file(tmp_path):
    posterior().to_netcdf(tmp_path / "theirs.nc", engine="h5netcdf")
    return tmp_path / "theirs.nc"


def columns(tree):
    theta = tree["posterior"]["theta"].values.reshape(-1, 2)
    return {"mu": tree["posterior"]["mu"].values.ravel(), "theta_0": theta[:, 0], "theta_1": theta[:, 1]}


@pytest.mark.parametrize("form", ["file", "tree", "dataset"])
def test_every_draw_is_a_row(form, file):
    tree = posterior()
    source = {"file": file, "tree": tree, "dataset": tree["posterior"].to_dataset()}[form]
    found = mc.import_priors(source)
    assert [*found.rows] == ["mu", "theta_0", "theta_1"]
    for name, values in columns(tree).items():
        assert_array_equal(found.rows[name]["samples"], values)
        assert found.rows[name]["source"] == "draws of the posterior of another model"
    assert found.groups == ({"family": "empirical", "members": ["mu", "theta_0", "theta_1"]},)
    assert "theta[0]: is called theta_0 here." in found.notes


def test_priors_are_drawn_with_their_dependence(file, draw):
    tree = posterior()
    x = draw(load_prior_set(mc.import_priors(file).document()), 256)
    known = {*zip(*(values.tolist() for values in columns(tree).values()), strict=True)}
    assert {*zip(*(x[name][0].tolist() for name in columns(tree)), strict=True)} <= known


def test_variables_draws_and_groups(file):
    assert [*mc.import_priors(file, variables="mu").rows] == ["mu"]
    thinned = mc.import_priors(file, variables=["mu"], draws=10)
    assert_array_equal(thinned.rows["mu"]["samples"], posterior()["posterior"]["mu"].values.ravel()[::10])
    assert thinned.notes == ("10 of 100 draws, evenly spaced.",)
    model = mc.Model.from_functions([double])
    result = mc.simulate({"parameters": {"x": "1 to 2"}}, model=model, draws=64, chains=2, outputs=["double", "x"])
    own = mc.import_priors(result, group="prior")
    assert_array_equal(own.rows["x"]["samples"], result["prior"]["x"].values.ravel())


def test_what_toml_cannot_hold_is_thinned():
    found = mc.import_priors(posterior(20_000))
    assert len(found.rows["mu"]["samples"]) == 30_000
    assert found.notes[-1] == "30,000 of 40,000 draws, evenly spaced."


def test_a_variable_that_never_moves_is_a_constant():
    found = mc.import_priors(posterior(fixed=np.full((2, 50), 7)))
    assert found.rows["fixed"]["value"] == 7.0
    assert "fixed" not in found.groups[0]["members"]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"group": "prior"}, "it has no group 'prior'"),
        ({"group": "posterior/mu"}, "group: 'posterior/mu': must be the name of a group"),
        ({"variables": "nu"}, "variables: 'nu': did you mean 'mu'|variables: 'nu': known"),
        ({"variables": 3}, "variables: 3: must be names"),
        ({"draws": 0}, "draws: 0: must be a whole number"),
        ({"chains": 2}, "chains: no option of arviz"),
    ],
)
def test_requests_that_are_not_sound(options, problem, file):
    for source in (file, posterior()) if "/" not in str(options) else (file,):
        with pytest.raises(mc.InputError) as error:
            mc.import_priors(source, **options)
        assert any(one in str(error.value) for one in problem.split("|"))
        assert "\n" not in str(error.value)


def test_draws_that_are_no_numbers(tmp_path):
    tree = posterior(bad=np.full((2, 50), np.nan))
    tree.to_netcdf(tmp_path / "x.nc", engine="h5netcdf")
    for source in (tree, tmp_path / "x.nc"):
        with pytest.raises(mc.InputError, match="bad: has draws that are NaN or infinite"):
            mc.import_priors(source)
        assert [*mc.import_priors(source, variables="mu").rows] == ["mu"]


def test_too_many_parameters():
    with pytest.raises(mc.InputError, match="203 parameters, 20300 draws of them: at most 200"):
        mc.import_priors(posterior(many=np.zeros((2, 50, 200))))


def test_a_dataset_without_draws():
    with pytest.raises(mc.InputError, match="no column of numbers"):
        mc.import_priors(xr.Dataset({"x": ("time", np.zeros(3))}))


def link(file):
    file["posterior/x"] = h5py.ExternalLink("secret.nc", "/posterior/mu")


def outside(file):
    file["posterior"].create_dataset("x", (2, 50), "f8", external=[("secret", 0, 800)])


def huge(file):
    file["posterior"].create_dataset("x", (2**20, 2**20), "f8", chunks=(64, 64))


def deep(file):
    file.create_group("/".join("abcdefgh"))


def code(file):
    file["posterior"].create_dataset("x", (2, 50), "f8", chunks=(2, 50), compression="lzf")


def kind(file):
    file["posterior"].create_dataset("x", (2, 50), [("a", "f8"), ("b", "i4")])


def scaled(file):
    file["posterior/mu"].attrs["scale_factor"] = 2.0


@pytest.mark.parametrize("spoil", [link, outside, huge, deep, code, kind, scaled])
def test_a_hostile_file_is_refused_in_one_line(spoil, file):
    with h5py.File(file, "a") as opened:
        spoil(opened)
    with pytest.raises(mc.IntegrityError, match="refused") as error:
        mc.import_priors(file)
    assert "\n" not in str(error.value)


def test_files_that_are_none(tmp_path, file):
    (tmp_path / "x.nc").write_bytes(b"CDF\x01" + b"\x00" * 100)
    with pytest.raises(mc.FileError, match="not a netCDF-4 file"):
        mc.import_priors(tmp_path / "x.nc")
    (tmp_path / "x.nc").write_bytes(file.read_bytes()[:3000])
    with pytest.raises(mc.IntegrityError, match="cut short or damaged"):
        mc.import_priors(tmp_path / "x.nc")
    with pytest.raises(mc.FileError, match="cannot be read"):
        mc.import_priors(tmp_path / "none.nc")
