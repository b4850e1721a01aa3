from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr

import mcdemand as mc
from mcdemand import cli
from mcdemand.own_model import read_model

MODEL = "def demand(x1, x2):\n    'Demand of things.'\n    return 100 * x1 / x2\n"
PRIORS = {
    "prior_set": {"name": "own"},
    "parameters": {name: {"distribution": "lognormal", "mu": 0.3, "sigma": 0.4} for name in ("x1", "x2")},
}


def call(*words: str) -> int:
    return cli._call(list(words), debug=False)


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> xr.DataTree:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.py").write_text(MODEL)
    result = mc.simulate(PRIORS, model=read_model(tmp_path / "own.py"), draws=64, chains=2, design="random")
    mc.write_result(result, tmp_path / "own.nc")
    return result


def test_a_draw_is_printed(stored: xr.DataTree, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("explain", "own.nc", "--chain", "1", "--draw", "7", "--model", "own.py") == 0
    out, err = capsys.readouterr()
    value = float(stored["prior_predictive"]["demand"][1, 7])
    assert f"demand is {value:.4g}".rstrip("0") in " ".join(out.split())
    assert err == ""
    assert call("explain", "own.nc", "--near", "p95", "--output", "x1", "--model", "own.py") == 0
    assert "the nearest to p95: x1 is" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["own.nc"], 2, "model: 'own': not installed, so it is one's own; pass --model FILE.py"),
        (["own.nc", "--model", "own.py", "--chain", "2", "--draw", "0"], 2, "chain: 2: this result has chains 0 to 1"),
        (["own.nc", "--model", "own.py", "--chain", "0"], 2, "draw: missing"),
        (["own.nc", "--model", "own.py", "--near", "95"], 2, "near: '95'"),
        (["own.nc", "--model", "own.py", "--years", "2030"], 2, "years: 2030: this draw has no years"),
        (["own.nc", "--model", "own.py", "--output", "deman"], 2, "did you mean 'demand'"),
        (["nowhere.nc"], 4, "nowhere.nc: cannot be read"),
        (["text.nc"], 4, "text.nc: cannot be read: not a netCDF-4 file"),
        (["own.py"], 5, "own.py: has no draws"),
        (["own.toml"], 2, "own.toml: no result can be read from such a file"),
        (["changed.nc", "--model", "own.py"], 5, "changed.nc: x1, chain "),
    ],
)
def test_mistakes_are_one_line(
    stored: xr.DataTree, capsys: pytest.CaptureFixture[str], words: list[str], code: int, said: str
) -> None:
    stored["prior"]["x1"].values[:] += 1e-9
    mc.write_result(stored, "changed.nc")
    for name in ("text.nc", "own.toml"):
        Path(name).write_text(MODEL)
    assert call("explain", *words) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert said in err
    assert err.count("\n") == 1


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("key", ["draws", "chains"])
@pytest.mark.parametrize("value", [-64, 0, np.nan, "many", np.arange(500), 1e300, None])
def test_a_damaged_size_names_the_file(capsys: pytest.CaptureFixture[str], key: str, value: object) -> None:
    with h5py.File("own.nc", "r+") as file:
        del file.attrs["content_sha256"], file.attrs[key]
        if value is not None:
            file.attrs[key] = value
    assert call("explain", "own.nc", "--model", "own.py") == 5
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"error: own.nc: {key}: ")
    assert err.count("\n") == 1
    assert len(err) < 200


@pytest.mark.usefixtures("stored")
def test_a_file_without_its_digest_is_warned_of(capsys: pytest.CaptureFixture[str]) -> None:
    with h5py.File("own.nc", "r+") as file:
        del file.attrs["content_sha256"]
    assert call("explain", "own.nc", "--model", "own.py") == 0
    out, err = capsys.readouterr()
    assert "Chain " in out
    assert err == (
        "warning: own.nc: holds no content_sha256, so only this draw is known to be what its attributes lead to\n"
    )
    with h5py.File("own.nc", "r+") as file:
        file.move("prior_predictive/demand", "prior_predictive/evil")
        file["prior_predictive/evil"][...] *= 1000
    assert call("explain", "own.nc", "--model", "own.py", "--near", "p95") == 5
    assert capsys.readouterr().err.startswith("error: own.nc: prior_predictive/evil: stored, but the run")


@pytest.mark.usefixtures("stored")
def test_another_model_than_the_results_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    Path("other.py").write_text(MODEL.replace("demand", "users"))
    assert call("explain", "own.nc", "--model", "other.py") == 2
    err = capsys.readouterr().err
    assert "this result is of model 'own', and 'other' does not fit it: other has no quantity 'demand'" in err


@pytest.mark.parametrize("name", ["a.parquet", "a.zarr", "a.arrow", "a.csv", "a.arviz.nc"])
def test_every_file_that_keeps_the_whole_of_a_result_is_taken(
    stored: xr.DataTree, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    words = ("--chain", "1", "--draw", "7", "--model", "own.py")
    assert call("explain", "own.nc", *words) == 0
    printed = capsys.readouterr().out
    mc.export(stored, name, **({"about": True} if name.endswith(".csv") else {}))
    assert call("explain", name, *words) == 0
    assert capsys.readouterr() == (printed, "")


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_draws_without_their_priors_are_not_enough(
    stored: xr.DataTree, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    mc.export(stored, name)
    assert call("explain", name, "--model", "own.py") == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: {name}: holds draws but not the prior set that they are from; ")
    assert said.count("\n") == 1


@pytest.mark.usefixtures("stored")
def test_a_streamed_result_has_no_draw_to_explain_or_export(capsys: pytest.CaptureFixture[str]) -> None:
    mc.write_result(mc.stream(PRIORS, model=read_model(Path("own.py")), draws=64, chains=2), "s.nc")
    for words in (["explain", "s.nc"], ["sensitivity", "s.nc"], ["export", "s.nc", "--to", "json"]):
        assert call(*words) == 2
        said = capsys.readouterr().err
        assert "of a streamed run, keeps a summary and no draws; simulate without --stream, or stream with -o " in said
        assert said.count("\n") == 1
    assert not Path("s.json").exists()
