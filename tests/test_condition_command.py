from pathlib import Path

import pytest
from numpy.testing import assert_array_equal

from mcdemand import cli
from mcdemand.exporting import export
from mcdemand.netcdf_file import read_result
from mcdemand.result_files import read

MODEL = """\
def demand(x1, x2, t):
    'Demand of things.'
    return 100 * x1 / x2 * (1.0 + t)
"""
PRIORS = """\
[prior_set]
name = "a"
years = { start = 2024, stop = 2026 }
[parameters]
x1 = { distribution = "lognormal", mu = 0.3, sigma = 0.4 }
x2 = { distribution = "lognormal", mu = -0.2, sigma = 0.5 }
"""
SEEN = """\
[[observations]]
output = "demand"
year = 2025
distribution = "lognormal"
value = 400
sigma = 0.2
source = "somebody"
[[observations]]
output = "x1"
at_least = 1.0
"""
SMALL = ("--draws", "2048", "--chains", "4")
OWN = ("a.toml", "seen.toml", "--model", "own.py", *SMALL)


def call(*words: str) -> int:
    """Run the command in this process and return its exit code."""
    return cli._call(["condition", *words], debug=False)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in (("own.py", MODEL), ("a.toml", PRIORS), ("seen.toml", SEEN)):
        (tmp_path / name).write_text(text)
    return tmp_path


def test_a_prior_set_is_simulated_and_weighted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(*OWN) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Conditioned on 2 observations, without a new run:" in said
    assert "demand 2025: 400 (90 %: 290 to 560); somebody" in said
    assert "x1: at least 1" in said
    assert "Log evidence" in said
    assert "Prior set a: 2,048 draws in 4 chains" in said
    assert "Written: a-conditioned.nc, a-conditioned.png" in said
    assert (folder / "a-conditioned.png").stat().st_size > 10_000
    found = read_result("a-conditioned.nc")
    assert found["posterior"]["x1"].min() >= 1
    # Files that it names itself are replaced.
    assert call(*OWN, "--quiet") == 0


def test_a_result_is_weighted_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(*OWN, "--quiet") == 0
    first = read_result("a-conditioned.nc")
    bare = first.drop_nodes(["posterior", "posterior_predictive", "log_likelihood", "sample_stats_prior"])
    export(bare, "a.nc")
    assert call("a.nc", "seen.toml", "-o", "again.nc", "--years", "2026", "--outputs", "demand,x1") == 0
    said = capsys.readouterr().out
    assert "x1" in said
    assert "\n2025" not in said
    assert_array_equal(read_result("again.nc")["posterior"]["x1"], first["posterior"]["x1"])
    assert call("a.nc", "seen.toml", "--draws", "512") == 2
    assert "--draws: the draws of a result are made" in capsys.readouterr().err


def test_what_is_written_can_be_handed_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(*OWN, "--quiet") == 0
    assert cli._call(["export", "a-conditioned.nc", "-o", "a.csv"], debug=False) == 0
    assert "the draws are those after conditioning" in " ".join(capsys.readouterr().out.split())
    expected = read_result("a-conditioned.nc")["posterior_predictive"]["demand"]
    assert_array_equal(read("a.csv")["prior_predictive"]["demand"], expected)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("a.toml", "none.toml"), 4, "none.toml: no such file"),
        (("nobody", "seen.toml"), 2, "nobody"),
        ((*OWN, "-o", "out.csv"), 2, "out.csv: a conditioned result ends in .nc; export it afterwards"),
        ((*OWN, "--plot", "out.doc"), 2, "out.doc"),
        ((*OWN, "-o", "own.nc"), 4, "own.nc"),
        ((*OWN, "--ci-prob", "90"), 2, "--ci-prob"),
        ((*OWN, "--outputs", "x9"), 2, "x9"),
        ((*OWN, "--years", "2040"), 2, "2040"),
        (("a.toml", "unknown.toml", *OWN[2:]), 2, "unknown.toml: observations[1 of 2].output: 'deman'"),
        ((*OWN, "--set", "x1.mu=-9"), 3, "no draw agrees with it"),
    ],
)
def test_mistakes_are_one_line_and_leave_nothing(
    words: tuple[str, ...], code: int, message: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "own.nc").write_bytes(b"mine")
    (folder / "unknown.toml").write_text(SEEN.replace("demand", "deman"))
    before = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert call(*words) == code
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert {path: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


def test_weights_that_cannot_be_trusted_are_asked_for(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    far = SEEN.replace("400", "9000").replace("0.2", "0.01")
    (folder / "far.toml").write_text(far)
    words = ("a.toml", "far.toml", "--model", "own.py", *SMALL)
    assert call(*words) == 3
    assert "pass --accept-unreliable" in capsys.readouterr().err
    assert not (folder / "a-conditioned.nc").exists()
    assert call(*words, "--accept-unreliable") == 0
    assert "NOT reliable" in capsys.readouterr().out
