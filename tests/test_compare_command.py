from pathlib import Path

import numba
import pytest

from mcdemand import cli

MODEL = "def demand(x1, x2):\n    'Demand of things.'\n    return 100 * x1 / x2\n\n\ndef size(x1):\n    return x1\n"
PRIORS = """\
[prior_set]
name = "{name}"
[parameters]
x1 = {{ distribution = "lognormal", mu = {mu}, sigma = 0.4 }}
x2 = {{ distribution = "lognormal", mu = -0.2, sigma = 0.5 }}
"""
SMALL = ("--draws", "256", "--chains", "4")
OWN = ("a.toml", "b.toml", "--model", "own.py", *SMALL)


def call(*words: str) -> int:
    """Run the command in this process and return its exit code."""
    return cli._call(list(words), debug=False)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.py").write_text(MODEL)
    for name, mu in (("a", 0.3), ("b", 0.8)):
        (tmp_path / f"{name}.toml").write_text(PRIORS.format(name=name, mu=mu))
    return tmp_path


def pictures(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir() if file.read_bytes().startswith(b"\x89PNG"))


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="simulates the shipped model too often")
def test_two_shipped_sets(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("compare", "consensus", "liftoff", "--years", "2025,2030", *SMALL) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    lines = printed.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert [line.split()[0] for line in lines if " [" in line] == [
        "energy_served",
        "capacity",
        "tokens_served",
        "capex_served",
    ]
    assert lines[-1].rstrip() == "Written: compare-consensus-liftoff.png"
    assert pictures(folder) == ["compare-consensus-liftoff.png"]


def test_a_model_of_ones_own(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("compare", *OWN, "--design", "random") == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if line.startswith(("demand  ", "size  "))]
    # x1 is exp(0.5) = 1.6487 times as large in every draw.
    assert len(rows) == 2
    assert all({"1.649", "1.649–1.649", ">99"} <= {*row} for row in rows)
    assert pictures(folder) == ["compare-a-b.png"]


def test_a_set_against_itself_with_overrides(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("compare", "a.toml", "--model", "own.py", "--set", "x1.mu=0.8", *SMALL) == 0
    assert "B = a+set: A with x1.mu = 0.8" in capsys.readouterr().out
    assert call("compare", "a.toml", "--model", "own.py", "--set", "x1.mu=0.8", "--attribute", *SMALL) == 0
    assert "mu 0.3 -> 0.8" in capsys.readouterr().out
    assert pictures(folder) == ["attribute-a-a+set.png", "compare-a-a+set.png"]


def test_what_changed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("compare", "--attribute", *OWN, "--output", "demand", "--statistic", "mean")
    assert call(*words) == 0
    printed = capsys.readouterr().out
    assert "demand, mean: Demand of things" in printed
    assert "From a, " in printed
    assert pictures(folder) == ["attribute-a-b.png"]
    assert call(*words) == 0, "a figure that mcdemand names itself is replaced"
    capsys.readouterr()
    assert call(*words, "--quiet", "--permutations", "4") == 0
    assert capsys.readouterr().out == ""


def test_help_is_that_of_a_comparison(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("compare", "--help") == 0
    text = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "Replace the file that --plot names." in text
    assert "Default: those that the sets have in common." in text
    assert "Change every set" in text


def test_a_figure_that_the_user_names_is_not_replaced_unasked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("compare", *OWN, "--plot", "mine.svg", "--quiet") == 0
    assert call("compare", *OWN, "--plot", "mine.svg", "--quiet") == 4
    assert "pass --overwrite" in capsys.readouterr().err
    assert call("compare", *OWN, "--plot", "mine.svg", "--quiet", "--overwrite") == 0
    assert (folder / "mine.svg").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("consensus",), "a single prior set; name another one, or change it with --set KEY=VALUE"),
        ((), "no prior set"),
        (("consensus", "liftof"), "did you mean 'liftoff'?"),
        (("consensus", "liftoff", "--year", "2030"), "--year: 2030: goes with --attribute"),
        (("consensus", "liftoff", "--statistic", "mean"), "--statistic: mean: goes with --attribute"),
        (("consensus", "liftoff", "--attribute", "--years", "2030"), "write --output and --year"),
        (("consensus", "liftoff", "seed", "--attribute"), "--attribute: 3 prior sets; name two"),
        (("consensus", "liftoff", "--attribute", "--permutations", "5"), "must be even"),
        (("consensus", "liftoff", "--outputs", "energy_servd"), "did you mean 'energy_served'?"),
        (("consensus", "liftoff", "--plot", "a.txt"), "a figure ends in"),
        (("consensus", "liftoff", "--ci-prob", "90"), "did you mean 0.9?"),
        (("consensus", "liftoff", "--design", "sobo"), "did you mean 'sobol'?"),
        (("a.toml", "b.toml"), "pass --model FILE.py"),
        (("a.toml", "consensus"), "sets that are compared must be for one model"),
    ],
)
def test_mistakes_are_one_line_and_leave_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str
) -> None:
    assert call("compare", *words, "--draws", "64") == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert printed.err.count("\n") == 1
    assert printed.out == ""
    assert sorted(file.name for file in folder.iterdir()) == ["a.toml", "b.toml", "own.py"]
