import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import arviz as az
import numpy as np
import pytest
import xarray as xr

from mcdemand import InputError, cli, load_prior_set
from mcdemand.own_model import read_model

COMMAND = [sys.executable, "-c", "from mcdemand.cli import main; main()"]
# The command as people have it, even where the tests run interpreted.
COMPILED = {name: value for name, value in os.environ.items() if name != "NUMBA_DISABLE_JIT"}
HEAVY = ("arviz", "matplotlib", "numba", "numpy", "pandas", "pydantic", "scipy", "xarray")
OWN_MODEL = "def demand(x1, x2):\n    'Demand of things.'\n    return 100 * x1 / x2\n\n\ndef _part(x):\n    return x\n"
OWN_PRIORS = """\
[prior_set]
name = "own"
title = '[/foo] <script> $\\frac{$'
[parameters]
x1 = { distribution = "lognormal", mu = 0.3, sigma = 0.4 }
x2 = { distribution = "lognormal", mu = -0.2, sigma = 0.5 }
"""


def start(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in its own process."""
    return subprocess.run(
        [*COMMAND, *words],
        cwd=folder,
        env={**COMPILED, **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )


def call(*words: str) -> int:
    """Run the command in this process and return its exit code."""
    return cli._call(list(words), debug=False)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.py").write_text(OWN_MODEL)
    (tmp_path / "own.toml").write_text(OWN_PRIORS)
    return tmp_path


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["priors", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(words: list[str], tmp_path: Path) -> None:
    code = (
        "import sys\nfrom mcdemand.cli import main\n"
        f"try:\n    main({words})\n"
        f"finally:\n    print('HEAVY', [m for m in {HEAVY} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=60)
    assert done.returncode == 0
    assert done.stdout.strip().endswith("HEAVY []")
    assert done.stderr == ""


def test_the_main_job(folder: Path) -> None:
    done = start(folder, "run", "--draws", "1_024", "--above", "ENERGY=945", PYTHONIOENCODING="utf-8")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert sum(line.startswith("2035") for line in lines) >= 6
    assert "1,024 draws in 16 chains, seed 0" in done.stdout
    for part in ("energy_served [TWh]", "capex [GUSD/yr]", "P(energy > 945 TWh)", "P(energy > energy supply)"):
        assert part in done.stdout
    assert lines[-1].split() == ["Written:", "consensus.nc,", "consensus.png"]
    assert sorted(file.name for file in folder.iterdir()) == ["consensus.nc", "consensus.png", "own.py", "own.toml"]
    assert (folder / "consensus.png").read_bytes().startswith(b"\x89PNG")
    with xr.open_datatree(folder / "consensus.nc", engine="h5netcdf") as result:
        energy = result["prior_predictive"]["energy"].load()
        assert energy.sizes == {"chain": 16, "draw": 64, "year": 12}
        share = float((energy.sel(year=2035) > 945).mean())
        table = az.summary(result, group="prior", var_names=["request_growth"])
    assert f"{100 * share:.0f} %" in next(line for line in reversed(lines) if line.startswith("2035"))
    np.testing.assert_allclose(float(table["mean"].iloc[0]), 1.9, atol=0.1)


def test_own_model_and_text_that_no_encoding_carries(folder: Path) -> None:
    words = ["run", "own.toml", "--model", "own.py", "--draws", "512"]
    done = start(folder, *words, LC_ALL="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (done.returncode, done.stderr) == (0, "")
    assert "own: [/foo] <script> $\\frac{$" in done.stdout
    assert "demand: Demand of things" in done.stdout
    assert done.stdout.isascii()
    assert (folder / "own.png").stat().st_size > 10_000


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_stop_the_run_and_leave_nothing(folder: Path, sent: int, code: int) -> None:
    words = ["run", "--outputs", "energy,request_growth", "--years", "2030", "--quiet", "--draws"]
    assert start(folder, *words, "16").returncode == 0, "compiles, so that the signal meets the simulation"
    (folder / "consensus.nc").unlink()
    (folder / "consensus.png").unlink()
    process = subprocess.Popen(
        [*COMMAND, *words, "5e7"],
        cwd=folder,
        env=COMPILED,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    time.sleep(4)
    assert process.poll() is None
    process.send_signal(sent)
    try:
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, out, err) == (code, b"", b"")
    assert sorted(file.name for file in folder.iterdir()) == ["own.py", "own.toml"]


def test_a_closed_pipe_is_quiet(folder: Path) -> None:
    words = " ".join(f"'{word}'" for word in [*COMMAND, "priors", "list"])
    done = subprocess.run(f"{words} | true", shell=True, cwd=folder, capture_output=True, encoding="utf-8", timeout=60)
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["run", "--draws", "1.5"], 2, "--draws: 1.5: must be a whole number"),
        (["run", "--draws", "0"], 2, "draws: 0: must be a whole number from 1"),
        (["run", "--draws", "1e12"], 2, "GB"),
        (["run", "--ci-prob", "90"], 2, "--ci-prob: 90: must lie between 0 and 1; did you mean 0.9?"),
        (["run", "--ci-kind", "sd"], 2, "--ci-kind: 'sd': must be eti or hdi"),
        (["run", "--years", "2035:2025"], 2, "must run forward"),
        (["run", "--years", "2020"], 2, "the model starts in 2024"),
        (["run", "--outputs", "enrgy"], 2, "did you mean 'energy'"),
        (["run", "--above", "energi=3"], 2, "--above: 'energi': no such output; did you mean 'energy'?"),
        (["run", "--above", "energy"], 2, "write OUTPUT=NUMBER"),
        (["run", "--set", "request_growth.p50=ten"], 2, "not a TOML value"),
        (["run", "--set", "nothing=1"], 2, "no such parameter"),
        (["run", "consensu"], 2, "did you mean 'consensus'"),
        (["run", "missing.toml"], 4, "no such file"),
        (["run", "own.toml"], 2, "pass --model FILE.py"),
        (["run", "own.toml", "--model", "missing.py"], 4, "no such file"),
        (["run", "--threads", "0"], 2, "threads: 0"),
        (["run", "--drws", "3"], 2, "Did you mean --draws?"),
        (["run", "--output", "own.toml"], 2, "own.toml: a result file ends in .arrow, .arviz.nc, .csv"),
        (["run", "--plot", "a.gif"], 2, "a figure ends in"),
        (["run", "--output", "nowhere/a.nc"], 4, "there is no folder nowhere"),
        (["run", "--output", "there.nc"], 4, "exists; pass --overwrite"),
        (["run", "--plot", "there.png"], 4, "exists; pass --overwrite"),
        (["bogus"], 2, "Unknown command"),
        (["priors", "check", "consensu"], 2, "did you mean 'consensus'"),
        (["priors", "new", "own.toml", "--extends", "consensus"], 4, "exists"),
        (["priors", "new", "a.toml", "--extends", "consensu"], 2, "did you mean 'consensus'"),
        (["priors", "new", "a.txt", "--extends", "consensus"], 2, "ends in .toml"),
    ],
)
def test_mistakes_are_one_line_with_an_exit_code(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, said: str
) -> None:
    (folder / "there.nc").touch()
    (folder / "there.png").touch()
    before = sorted(folder.iterdir())
    assert call(*words) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert said in err
    assert err.count("\n") == 1
    assert sorted(folder.iterdir()) == before


def test_every_problem_of_a_prior_set_has_a_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "own.toml").write_text(OWN_PRIORS.replace("sigma = 0.4", "sigma = -1").replace("mu = -0.2", "my = 3"))
    assert call("priors", "check", "own.toml") == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("error: own.toml: parameters.x") for line in lines)


@pytest.mark.parametrize(
    ("model", "code", "said"),
    [
        ("def demand(x1, x2)\n    return 1\n", 2, "line 1: SyntaxError"),
        ("LIMIT = 1 / 0\n", 2, "line 1: ZeroDivisionError"),
        ("LIMIT = 1\n", 2, "has no public function"),
        ("def demand(x1, x2):\n    return 1e308 * (x1 + 10.0) * x2 * 1e10\n", 3, "not a finite number in chain"),
    ],
)
def test_faults_of_an_own_model(
    folder: Path, capsys: pytest.CaptureFixture[str], model: str, code: int, said: str
) -> None:
    (folder / "own.py").write_text(model)
    assert call("run", "own.toml", "--model", "own.py", "--draws", "16") == code
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_debug_shows_the_traceback() -> None:
    with pytest.raises(InputError, match="unknown"):
        cli._call(["run", "consensu"], debug=True)


def test_files_that_the_user_names(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["run", "own.toml", "--model", "own.py", "--draws", "64", "--output", "a.nc", "--plot", "b.svg", "--quiet"]
    assert call(*words) == 0
    first = (folder / "a.nc").read_bytes()
    assert call(*words) == 4
    assert (folder / "a.nc").read_bytes() == first
    assert call(*words, "--overwrite") == 0
    assert "exists" in capsys.readouterr().err
    assert not (folder / "own.nc").exists()


def test_quiet_prints_nothing_and_own_names_are_replaced(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["run", "own.toml", "--model", "own.py", "--draws", "64", "--quiet"]
    assert [call(*words), call(*words)] == [0, 0]
    assert capsys.readouterr() == ("", "")
    assert (folder / "own.nc").is_file()


def test_options_reach_the_simulation(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "--set",
        "x1=3",
        "--set",
        "x2.sigma=0.25",
        "--seed",
        "5",
        "--chains",
        "2",
        "--draws",
        "256",
        "--threads",
        "1",
    ]
    own = ["run", "own.toml", "--model", "own.py", "--ci-kind", "hdi", "--ci-prob", "0.8", "--above", "DEMAND=400"]
    assert call(*own, *words) == 0
    out = capsys.readouterr().out
    assert "256 draws in 2 chains, seed 5" in out
    assert "Intervals: 80 %, shortest." in out
    assert "P(demand > 400)" in out
    with xr.open_datatree(folder / "own.nc", engine="h5netcdf") as result:
        prior, demand = result["prior"].load(), result["prior_predictive"]["demand"].load()
    assert (prior["x1"] == 3).all()
    np.testing.assert_allclose(demand, 300 / prior["x2"], rtol=1e-15)
    np.testing.assert_allclose(np.log(prior["x2"]).std(), 0.25, rtol=0.2)


def test_priors_new_makes_a_set_that_passes_the_check(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("priors", "new", "my view.toml", "--extends", "seed") == 0
    made = load_prior_set(folder / "my view.toml")
    assert made.name == "my-view"
    assert made.parameters == load_prior_set("seed").parameters
    assert (folder / "my view.toml").read_text(encoding="utf-8").count("# [parameters.") == 3
    head, rows = (
        (folder / "my view.toml").read_text(encoding="utf-8").split("# Take away the leading # to state a row.\n")
    )
    (folder / "all.toml").write_text(head + rows.replace("# ", ""))
    assert load_prior_set(folder / "all.toml").parameters.keys() == made.parameters.keys()
    capsys.readouterr()
    assert call("priors", "check", "my view.toml") == 0
    assert capsys.readouterr().out.startswith("ok: my-view: 54 parameters")


def test_priors_list_and_show(capsys: pytest.CaptureFixture[str]) -> None:
    assert [call("priors", "list"), call("priors", "show", "seed-low")] == [0, 0]
    out = capsys.readouterr().out
    assert "high-efficiency" in out
    assert "reasoning_multiplier [1]" in out


def test_own_model_keeps_defaults_and_base_year(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(
        OWN_MODEL + "\ndef other(x1):\n    return x1\nDEFAULT_OUTPUTS = ['other']\nBASE_YEAR = 2020\n"
    )
    model = read_model(tmp_path / "m.py")
    assert (sorted(model.quantities), model.default_outputs, model.base_year) == (["demand", "other"], ("other",), 2020)


@pytest.mark.usefixtures("folder")
def test_precision_and_budget(capsys: pytest.CaptureFixture[str]) -> None:
    own = ["run", "own.toml", "--model", "own.py", "--draws", "4096"]
    assert call(*own, "--precision", "10%") == 0
    assert "Precision: demand 10 % asked and reached after 1 look, confirmed by a fresh run" in spoken(capsys)
    assert call(*own, "--precision", "demand=0.001", "--budget", "5000") == 0
    assert "Precision NOT reached: demand 0.001 asked; after 1 look the budget is spent" in spoken(capsys)
    assert call(*own, "--budget", "5000") == 2
    assert "--budget: limits --precision, which is not given" in capsys.readouterr().err


def test_a_pool(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "other.toml").write_text(OWN_PRIORS.replace('"own"', '"other"').replace("mu = 0.3", "mu = 3.3"))
    pool = ["run", "--model", "own.py", "--draws", "512", "--pool", "own.toml=0.25,other.toml=0.75"]
    assert call(*pool) == 0
    printed = spoken(capsys)
    assert "Linear pool: 25 % own, 75 % other" in printed
    assert "90 % interval by set" in printed
    with xr.open_datatree(folder / "own+other.nc", engine="h5netcdf") as tree:
        assert abs(float(tree["prior"]["prior_set"].mean()) - 0.75) < 0.02
    assert call(*pool, "own.toml") == 2
    assert "--pool: own.toml is named too" in capsys.readouterr().err
    assert call("run", "--pool", "consensus=0.5,liftoff=0.4") == 2
    assert "weights sum to 0.9: must sum to 1; in proportion: 0.5556, 0.4444" in capsys.readouterr().err


def spoken(capsys: pytest.CaptureFixture[str]) -> str:
    """Return what was printed, as one line."""
    return " ".join(capsys.readouterr().out.split())


def test_a_precision_that_is_not_reached_is_said_even_to_the_quiet(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["run", "own.toml", "--model", "own.py", "--draws", "4096", "--quiet", "--precision", "0.01%"]
    assert call(*asked, "--budget", "5000") == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(
        "warning: Precision NOT reached: demand 0.01 % asked; after 1 look the budget is spent"
    )
    assert (folder / "own.nc").exists()


def test_a_pool_of_which_a_set_gets_no_draws_is_refused_before_the_run(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("run", "--pool", "consensus=0.9999,liftoff=0.0001") == 2
    refused = capsys.readouterr().err
    assert "--pool: liftoff=0.0001: gets too few of 16384 draws; ask for 100000 draws, or drop it" in refused
    assert sorted(path.name for path in folder.iterdir()) == ["own.py", "own.toml"]
    assert call("run", "--pool", ",") == 2
    assert "--pool: names no prior set; write SET=WEIGHT" in capsys.readouterr().err
