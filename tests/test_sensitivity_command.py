import csv
from pathlib import Path

import pytest
import xarray as xr

from mcdemand import cli
from mcdemand.commands import options, study
from mcdemand.errors import FileError
from mcdemand.exporting import export
from mcdemand.result_files import read
from mcdemand.sensitivity import methods

# log demand = log x1 - log x2 + log(1 + t): variances 0.16 and 0.25, so 39.0 % and 61.0 % in every year.
MODEL = """\
def demand(x1, x2, t):
    'Demand of things.'
    return 100 * x1 / x2 * (1.0 + t)


def size(x1):
    return x1
"""
FIRST, SECOND = 100 * 0.16 / 0.41, 100 * 0.25 / 0.41
PRIORS = """\
[prior_set]
name = "{name}"
years = {{ start = 2024, stop = 2026 }}
[parameters]
x1 = {{ distribution = "lognormal", mu = {mu}, sigma = 0.4 }}
x2 = {{ distribution = "lognormal", mu = -0.2, sigma = 0.5 }}
"""
DECISION = """\
[decision]
output = "demand"
year = 2026
unit = "GUSD"
levels = [1, 100, 800, 20000]
[options]
build = [-20, 0, 100, 2000]
wait = [0, 5, 10, 20]
"""
SMALL = ("--draws", "256", "--chains", "4")
OWN = ("a.toml", "--model", "own.py", *SMALL)


def call(*words: str) -> int:
    """Run the command in this process and return its exit code."""
    return cli._call(["sensitivity", *words], debug=False)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.py").write_text(MODEL)
    (tmp_path / "decision.toml").write_text(DECISION)
    for name, mu in (("a", 0.3), ("b", 0.8)):
        (tmp_path / f"{name}.toml").write_text(PRIORS.format(name=name, mu=mu))
    return tmp_path


def pictures(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir() if file.read_bytes().startswith(b"\x89PNG"))


def shares(printed: str) -> dict[str, list[float]]:
    """Return the table by year, in per cent."""
    rows = [line.split() for line in printed[printed.index("by year") :].splitlines()]
    return {row[0]: [float(cell) for cell in row[1:]] for row in rows if row and row[0] in ("x1", "x2")}


def test_the_default_says_where_the_uncertainty_comes_from(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(*OWN) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert max(map(len, printed.out.splitlines())) <= 80
    assert "demand, 2026, on the logarithm of the output: Demand of things" in printed.out
    by_year = shares(printed.out)
    assert list(by_year) == ["x2", "x1"]
    for name, exact in (("x1", FIRST), ("x2", SECOND)):
        assert len(by_year[name]) == 3
        assert all(abs(share - exact) < 8 for share in by_year[name])
    assert printed.out.splitlines()[-1] == "Written: sensitivity-a.png"
    assert pictures(folder) == ["sensitivity-a.png"]
    assert call(*OWN, "--quiet") == 0, "a figure that mcdemand names itself is replaced"
    assert capsys.readouterr().out == ""


def test_outputs_and_years_are_those_that_are_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(*OWN, "--method", "rank", "--output", "demand,size", "--year", "2024:2025", "--save", "a.nc") == 0
    printed = capsys.readouterr().out
    assert "demand, 2025" in printed
    assert "size, 2025" in printed
    with xr.open_dataset("a.nc", engine="h5netcdf") as found:
        assert found["output"].values.tolist() == ["demand", "size"]
        assert found["year"].values.tolist() == [2024, 2025]
        assert found["first_order"].sel(output="size", parameter="x2").values.tolist() == [0.0, 0.0]
    assert pictures(folder) == ["sensitivity-a-rank.png"]


@pytest.mark.parametrize("method", sorted(methods()))
def test_every_method_can_be_asked_for(method: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fewer = ("--option", "sample=64") if method == "hsic" else ()
    assert call(*OWN, "--method", method.replace("_", "-"), "--year", "2026", "--save", "a.csv", *fewer) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert "nan" not in printed.out
    assert "x2" in printed.out
    rows = list(csv.DictReader((folder / "a.csv").read_text(encoding="utf-8").splitlines()))
    assert {row["parameter"] for row in rows} == {"x1", "x2"}


@pytest.mark.usefixtures("folder")
def test_a_result_is_looked_at_without_a_new_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli._call(["run", *OWN, "--quiet"], debug=False) == 0
    assert call("a.nc", "--model", "own.py", "--method", "spearman", "--year", "2026") == 0
    assert "Written: sensitivity-a-spearman.png" in capsys.readouterr().out
    assert call("a.nc", "--method", "spearman", "--set", "x1.mu=1") == 2
    assert "the draws of a result are made; use --method reweight" in capsys.readouterr().err
    for method in ("spearman", "shapley", "tornado", "reweight"):
        for words in (("--draws", "64"), ("--chains", "2"), ("--seed", "1"), ("--design", "random")):
            assert call("a.nc", "--model", "own.py", "--method", method, *words) == 2
            error = capsys.readouterr().err
            assert f"{words[0]}: the draws of a result are made; name the prior set" in error
    assert call("a.nc", "--model", "own.py", "--method", "reweight", "--set", "x1.mu=0.35", "--year", "2026") == 0
    assert "Reweighted, without a new run: x1 mu 0.3 -> 0.35." in capsys.readouterr().out
    assert call("a.nc", "--method", "waterfall", "--to", "b.toml") == 2
    assert "walks between prior sets" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", ["a.parquet", "a.zarr", "a.feather", "a.csv"])
def test_a_result_may_be_in_any_format_that_keeps_its_priors(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli._call(["run", *OWN, "--quiet"], debug=False) == 0
    words = ("--model", "own.py", "--method", "spearman", "--overwrite")
    assert call("a.nc", *words) == 0
    printed = capsys.readouterr().out
    export(read("a.nc"), name, **({"about": True} if name.endswith(".csv") else {}))
    assert call(name, *words) == 0
    assert capsys.readouterr() == (printed, "")


@pytest.mark.usefixtures("folder")
def test_draws_alone_are_enough_for_a_decision(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli._call(["run", *OWN, "--quiet"], debug=False) == 0
    export(read("a.nc"), "a.xlsx")
    decided = ("--method", "value-of-information", "--decision", "decision.toml")
    assert call("a.xlsx", *decided) == 0
    assert "build" in capsys.readouterr().out
    for words in (("--method", "rank"), (*decided, "--groups", "driver")):
        assert call("a.xlsx", "--model", "own.py", *words) == 2
        assert "a.xlsx: holds draws but not the prior set" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_a_prior_set_may_be_a_table_too(capsys: pytest.CaptureFixture[str]) -> None:
    Path("c.csv").write_text("parameter,p5,p50,p95\nx1,1,2,4\nx2,1,3,9\n")
    assert call("c.csv", "--model", "own.py", "--method", "rank", "--output", "size", *SMALL, "--quiet") == 0
    assert call("d.csv", "--model", "own.py") == 4
    assert "d.csv" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_a_box_is_of_the_output_that_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--method", "prim", "--above", "SIZE=2", "--draws", "4096", "--year", "2026")
    assert call("a.toml", "--model", "own.py", *words) == 0
    printed = " ".join(capsys.readouterr().out.split())
    # x1 > 2 is where the normal score lies above (log 2 - 0.3) / 0.4 = 0.98, at p84.
    assert "happens mostly when x1 is above its p8" in printed


def test_a_waterfall_to_another_set_and_to_a_change(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(*OWN, "--method", "waterfall", "--to", "b.toml") == 0
    printed = capsys.readouterr().out
    assert "mu 0.3 -> 0.8" in printed
    assert "demand: contribution by year" in printed
    assert call(*OWN, "--method", "waterfall", "--set", "x1.mu=0.8", "--option", "statistic='mean'") == 0
    assert "demand in 2026, mean" in capsys.readouterr().out
    assert pictures(folder) == ["sensitivity-a-waterfall-b.png", "sensitivity-a-waterfall.png"]


@pytest.mark.usefixtures("folder")
def test_a_decision_is_worth_knowing_more_for(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--method", "value-of-information", "--decision", "decision.toml", "--option", "measurement={x1='10%'}")
    assert call(*OWN, *words, "--save", "a.nc") == 0
    printed = capsys.readouterr().out
    assert "EVPI, to know everything before choosing: " in printed
    assert "EVSI" in printed
    with xr.open_dataset("a.nc", engine="h5netcdf") as found:
        assert float(found["evppi"].max()) <= float(found["evpi"]) + 3 * float(found["mcse_evpi"])


def test_what_depends_on_each_other_is_learnt_together(folder: Path) -> None:
    """All parameters of the demand are in the group, so knowing it is worth what knowing all is."""
    (folder / "a.toml").write_text(
        PRIORS.format(name="a", mu=0.3) + '[[correlations]]\nbetween = ["x1", "x2"]\nrank = 0.3\n'
    )
    words = ("--method", "value-of-information", "--decision", "decision.toml", "--groups", "correlated")
    assert call(*OWN, *words, "--quiet", "--save", "a.nc") == 0
    with xr.open_dataset("a.nc", engine="h5netcdf") as found:
        assert found["parameter"].values.tolist() == ["x1 and others"]
        assert abs(found["evpi"].item() - found["evppi"].item()) < 4 * found["mcse_evppi"].item()


def test_files_that_the_user_names_are_not_replaced_unasked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = (*OWN, "--method", "spearman", "--quiet", "--plot", "mine.svg", "--save", "mine.csv")
    assert call(*words) == 0
    assert call(*words) == 4
    assert "pass --overwrite" in capsys.readouterr().err
    assert call(*words, "--overwrite") == 0
    assert (folder / "mine.svg").exists()


def test_places_that_cannot_be_written_are_refused_before_the_run(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("mcdemand.sensitivity_study.sensitivity")
    before = sorted(folder.iterdir())
    for words in (("--save", "/proc/a.csv"), ("--plot", "/proc/a.png", "--save", "a.csv"), ("--save", "no/a.csv")):
        assert call(*OWN, *words) == 4, "nothing is computed before"
        assert capsys.readouterr().err.count("\n") == 1
    assert sorted(folder.iterdir()) == before


def test_numbers_are_written_before_the_figure(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> Path:
        raise FileError("a.png: cannot be written: no room; nothing was changed")

    monkeypatch.setattr("mcdemand.report.canvas.save_figure", fail)
    assert call(*OWN, "--method", "spearman", "--save", "a.csv") == 4
    assert capsys.readouterr().err == (
        "error: a.png: cannot be written: no room; a.csv was written, so only the figure is missing\n"
    )
    assert (folder / "a.csv").exists()
    assert call(*OWN, "--method", "spearman") == 4
    assert "nothing was changed" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_an_unknown_method_is_answered_with_all_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(*OWN, "--method", "foo") == 2
    listed = capsys.readouterr().err.partition("known: ")[2].strip().split(", ")
    assert listed == sorted([*options._METHODS, "default", "waterfall", "reweight", "value-of-information"])


@pytest.mark.usefixtures("folder")
def test_groups_and_outputs_that_not_every_factor_reaches(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--output", "demand,size", "--year", "2024,2026", "--groups", "{ one = ['x1'], two = ['x2'] }")
    assert call(*OWN, *words) == 0
    assert "size, 2026" in capsys.readouterr().out


def test_help_lists_every_method(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--help") == 0
    text = " ".join(capsys.readouterr().out.replace("│", " ").split())
    names = [name.replace("_", "-") for name in methods()]
    assert sorted(names) == options._METHODS, "the help reads them off the folder"
    assert all(name in text for name in (*names, "waterfall", "reweight", "value-of-information"))


def test_methods_may_be_written_with_either_dash() -> None:
    assert study.check_method("Value-of_information") == study.VALUE


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--method", "waterfal"), "did you mean 'waterfall'?"),
        (("--method", "value-of-informatio"), "did you mean 'value-of-information'?"),
        (("--output", "demnd"), "did you mean 'demand'?"),
        (("--year", "2031:2025"), "must run forward"),
        (("--scale", "cubic"), "must be raw, log"),
        (("--groups", "chips"), "--groups: 'chips': must be driver"),
        (("--to", "b.toml"), "--to: goes with --method waterfall"),
        (("--decision", "decision.toml"), "--decision: goes with --method value-of-information"),
        (("--above", "demand=3"), "--above: goes with --method prim"),
        (("--accept-unreliable",), "--accept-unreliable: goes with --method reweight"),
        (("--method", "waterfall", "--to", "b.toml", "--scale", "log"), "--scale: means nothing to --method waterfall"),
        (("--method", "waterfall"), "write --to PRIOR_SET, or --set KEY=VALUE"),
        (("--method", "waterfall", "--to", "b.toml", "--option", "permutation=2"), "did you mean 'permutations'?"),
        (("--method", "reweight"), "write --set KEY=VALUE, the change of one row"),
        (("--method", "value-of-information"), "write --decision FILE.toml"),
        (("--method", "prim", "--above", "demand=1", "--above", "size=2"), "one output and one number"),
        (("--method", "rank", "--option", "list=1"), "list: no option of rank; known: neighbours, circular"),
        (("--method", "rank", "--option", "neighbors=2"), "neighbo"),
        (("--option", "boxes"), "--option: 'boxes': write KEY=VALUE"),
        (("--save", "a.xlsx"), "saved as .nc or .csv"),
        (("--plot", "a.txt"), "a figure ends in"),
        (("--design", "sobo"), "did you mean 'sobol'?"),
    ],
)
def test_mistakes_are_one_line_and_leave_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str
) -> None:
    before = sorted(file.name for file in folder.iterdir())
    assert call(*OWN, *words) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert printed.err.count("\n") == 1
    assert printed.out == ""
    assert sorted(file.name for file in folder.iterdir()) == before
