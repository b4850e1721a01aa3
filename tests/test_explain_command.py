from pathlib import Path

import pytest
import xarray as xr

import mcdemand as mc
from mcdemand import cli
from mcdemand.commands.own_model import read_model

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
        (["own.py"], 4, "own.py: cannot be read: not a netCDF-4 file"),
        (["changed.nc", "--model", "own.py"], 5, "changed.nc: x1, chain "),
    ],
)
def test_mistakes_are_one_line(
    stored: xr.DataTree, capsys: pytest.CaptureFixture[str], words: list[str], code: int, said: str
) -> None:
    stored["prior"]["x1"].values[:] += 1e-9
    mc.write_result(stored, "changed.nc")
    assert call("explain", *words) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert said in err
    assert err.count("\n") == 1
