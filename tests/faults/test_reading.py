"""Result files from strangers: they are looked through before one number is read, and refused in one line."""

import os
import shutil

import h5py
import numpy as np
import pytest
import xarray as xr
from provoke import start

import mcdemand as mc
from mcdemand.content import DIGEST, content_digest

SECRET = b"the password is 12345678 "


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A small sound result."""

    def demand(x1):
        return 2.0 * x1

    priors = {"parameters": {"x1": {"distribution": "normal", "mu": 0, "sigma": 1}}}
    result = mc.simulate(priors, model=mc.Model.from_functions([demand]), draws=64, chains=2)
    return mc.write_result(result, tmp_path_factory.mktemp("sound") / "sound.nc")


@pytest.fixture
def path(original, tmp_path):
    """A copy to spoil."""
    return shutil.copy(original, tmp_path / "result.nc")


def refusal(path, error=mc.IntegrityError):
    """Return the one line with which a file is refused; no plug-in folder is lost."""
    plugins = h5py.h5pl.size()
    with pytest.raises(error) as raised:
        mc.read_result(path)
    assert h5py.h5pl.size() == plugins
    message = str(raised.value)
    assert message.startswith(f"{path}: ")
    assert "password" not in message
    return message


def replace(path, spoil):
    """Take the draws of x1 out of a file and let `spoil` put something else in their place."""
    with h5py.File(path, "r+") as file:
        del file["prior/x1"]
        spoil(file["prior"])


def external_storage(group):
    secret = f"{os.path.dirname(group.file.filename)}/secret"
    with open(secret, "wb") as file:
        file.write(SECRET * 50)
    group.create_dataset("x1", (2, 32), "f8", external=[(secret, 0, 512)])


def external_link(group):
    group["x1"] = h5py.ExternalLink("secret.nc", "/x1")


def soft_link(group):
    group["x1"] = h5py.SoftLink("/prior_predictive/demand")


def second_link(group):
    group["x1"] = group.file["prior_predictive/demand"]


def circle(group):
    group["x1"] = group


def virtual_dataset(group):
    layout = h5py.VirtualLayout((2, 32), "f8")
    layout[:] = h5py.VirtualSource("secret.nc", "x1", (2, 32))
    group.create_virtual_dataset("x1", layout)


def strange_filter(group):
    group.create_dataset("x1", (2, 32), "f8", chunks=(2, 32), compression="lzf")


def scale_offset(group):
    group.create_dataset("x1", (2, 32), "i4", chunks=(2, 32), scaleoffset=4)


def strings(group):
    group.create_dataset("x1", (2,), h5py.string_dtype())


def ragged(group):
    group.create_dataset("x1", (2,), h5py.vlen_dtype("f8"))


def references(group):
    group.create_dataset("x1", (2,), h5py.ref_dtype)


def records(group):
    group.create_dataset("x1", (2, 32), [("a", "f8"), ("b", "i4")])


def committed_type(group):
    group["x1"] = np.dtype("f8")


def bomb(group):
    group.create_dataset("x1", (10**6, 10**6), "f8", chunks=(1000, 1000), compression="gzip")


def unallocated(group):
    group.create_dataset("x1", (10**6, 10**4), "f8")


def deep(group):
    group.create_group("/".join(["a"] * 8))


def rescaled(group):
    group.create_dataset("x1", data=np.ones((2, 32))).attrs["scale_factor"] = 1e6


def odd_attribute(group):
    group.create_dataset("x1", data=np.ones((2, 32))).attrs.create("units", np.void(b"abc"))


REFUSED = {
    external_storage: "keeps its values in another file",
    external_link: "is a link to elsewhere",
    soft_link: "is a link to elsewhere",
    second_link: "is linked twice",
    circle: "is linked twice",
    virtual_dataset: "is a view of other files",
    strange_filter: "needs filter 32000",
    scale_offset: "needs filter 6",
    strings: "does not hold numbers",
    ragged: "does not hold numbers",
    references: "does not hold numbers",
    records: "does not hold numbers",
    committed_type: "is neither a group nor a dataset",
    bomb: "it would unpack to 8e+12 bytes",
    unallocated: "it would unpack to 8e+10 bytes",
    deep: "lies deeper than 4 groups",
    rescaled: "is rescaled by scale_factor",
    odd_attribute: "is neither text nor numbers",
}


@pytest.mark.parametrize("spoil", REFUSED, ids=lambda spoil: spoil.__name__)
def test_what_reaches_out_is_refused(path, spoil, monkeypatch):
    """Before xarray sees the file."""
    replace(path, spoil)
    monkeypatch.setattr(xr, "open_datatree", lambda *_arguments, **_options: pytest.fail("was opened"))
    message = refusal(path)
    assert REFUSED[spoil] in message
    assert "\n" not in message


def test_the_secret_would_have_been_read(path):
    """Without the walk, as a control."""
    replace(path, external_storage)
    with h5py.File(path) as file:
        assert file["prior/x1"][...].tobytes().startswith(SECRET)


def test_allowed_filters_are_read(path):
    draws = np.arange(64.0).reshape(2, 32)
    replace(
        path,
        lambda group: group.create_dataset(
            "x1", data=draws, chunks=(2, 16), compression="gzip", shuffle=True, fletcher32=True
        ),
    )
    with pytest.raises(mc.IntegrityError, match="its content is not what was written"):
        mc.read_result(path)
    with h5py.File(path, "r+") as file:
        del file.attrs["content_sha256"]
    np.testing.assert_array_equal(mc.read_result(path)["prior"]["x1"].values, draws)


def test_plug_in_folders_are_out_of_reach_while_reading(path, monkeypatch):
    seen, real = [], xr.open_datatree

    def look(*arguments, **options):
        seen.append(h5py.h5pl.size())
        return real(*arguments, **options)

    monkeypatch.setattr(xr, "open_datatree", look)
    folders = [h5py.h5pl.get(k) for k in range(h5py.h5pl.size())]
    mc.read_result(path)
    assert seen == [0]
    assert [h5py.h5pl.get(k) for k in range(h5py.h5pl.size())] == folders


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.9, 0.999])
def test_a_file_cut_short(path, share):
    with open(path, "r+b") as file:
        file.truncate(int(share * os.path.getsize(path)))
    assert "cut short or damaged" in refusal(path)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_draw_that_is_no_number(path, value):
    with h5py.File(path, "r+") as file:
        file["prior/x1"][1, 3] = value
    assert "x1 has draws that are no numbers" in refusal(path)


@pytest.mark.parametrize(("key", "value"), [("schema", "mcdemand-result-9"), ("contract", "mcdemand-draws-9")])
def test_another_version_says_who_wrote_it(path, key, value):
    with h5py.File(path, "r+") as file:
        file.attrs[key] = value
        file.attrs["source"] = "mcdemand 9.9"
    assert f"written by mcdemand 9.9: {key} '{value}', here 'mcdemand-" in refusal(path)


def test_a_file_of_another_program(tmp_path):
    path = tmp_path / "other.nc"
    xr.Dataset({"x": ("y", [1.0])}).to_netcdf(path, engine="h5netcdf")
    assert "written by another program: schema None" in refusal(path)


def test_a_result_without_draws(path):
    with h5py.File(path, "r+") as file:
        del file["prior"], file["prior_predictive"]
    assert "neither prior nor prior_predictive" in refusal(path)


def test_text_is_no_result(tmp_path):
    path = tmp_path / "other.nc"
    path.write_bytes(b"CDF\x01" + bytes(100))
    assert "not a netCDF-4 file" in refusal(path, mc.FileError)


def test_a_digest_finds_a_draw_that_was_changed(path, tmp_path):
    result = mc.read_result(path)
    result.attrs[DIGEST] = content_digest(result)
    sealed = mc.write_result(result, tmp_path / "sealed.nc")
    xr.testing.assert_equal(mc.read_result(sealed), result)
    with h5py.File(sealed, "r+") as file:
        file["prior/x1"][1, 3] += 1e-12
    assert "its content is not what was written" in refusal(sealed)


@pytest.mark.parametrize(
    ("place", "name", "value"),
    [
        ("/", "prior_set_document", "{}"),
        ("/", "seed", 1),
        ("prior/x1", "units", "TWh"),
        ("prior_predictive/demand", "long_name", "Supply"),
    ],
)
def test_what_is_said_of_the_numbers_is_sealed_too(path, place, name, value):
    with h5py.File(path, "r+") as file:
        file[place].attrs[name] = value
    assert "its content is not what was written" in refusal(path)


def test_coordinates_are_sealed_too(path):
    with h5py.File(path, "r+") as file:
        file["prior/draw"][0] = 7
    assert "its content is not what was written" in refusal(path)


def test_a_result_with_labels_of_its_owner_is_sealed_as_well(path):
    result = mc.read_result(path)
    before = content_digest(result)
    result["prior"] = xr.DataTree(result["prior"].to_dataset().assign_coords(who=("chain", ["me", "you"])))
    assert content_digest(result) != before


def test_flipped_bits_are_refused_or_harmless(original, tmp_path):
    """In processes of their own: the library has been seen to crash on files like these."""
    content = original.read_bytes()
    script = (
        "import sys, mcdemand as mc\n"
        "for path in sys.argv[1:]:\n"
        "    try:\n"
        "        mc.read_result(path)\n"
        "        print('read')\n"
        "    except mc.McdemandError as error:\n"
        "        print('refused' if '\\n' not in str(error).strip() else repr(error))\n"
    )
    generator = np.random.default_rng(5)
    paths = []
    for k in range(60):
        spoilt = bytearray(content)
        for place in generator.integers(0, len(spoilt), 1 + k % 4):
            spoilt[place] ^= 1 << int(generator.integers(8))
        paths.append(tmp_path / f"{k}.nc")
        paths[-1].write_bytes(spoilt)
    done = start(tmp_path, script, *map(str, paths))
    assert done.returncode == 0, done.stderr
    said = done.stdout.split("\n")[:-1]
    assert len(said) == len(paths)
    assert set(said) <= {"read", "refused"}
    assert said.count("refused") >= 10


@pytest.mark.parametrize(("group", "is_sound"), [("observed_data", True), ("sensitivity", False)])
def test_only_observations_may_be_missing(original, tmp_path, group, is_sound):
    tree = mc.read_result(original)
    tree[group] = xr.DataTree(xr.Dataset({"demand": ("place", [1.0, np.nan])}))
    file = mc.write_result(tree, tmp_path / "more.nc")
    if is_sound:
        assert np.isnan(mc.read_result(file)[group]["demand"].values[1])
    else:
        assert "demand has draws that are no numbers" in refusal(file)
