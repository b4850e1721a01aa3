"""`mcdemand priors import`: rows to paste, and prior sets that run."""

import tomllib

import numpy as np
import pytest

import mcdemand as mc
from mcdemand import cli
from mcdemand.importers import importers

MODEL = "def total(growth, share):\n    return growth * share\n"


def call(*words):
    """Run the command in this process and return its exit code."""
    return cli._call(["priors", "import", *words], debug=False)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.py").write_text(MODEL)
    (tmp_path / "theirs.squiggle").write_text('@doc("theirs")\ngrowth = 2 to 5\nshare = beta(2, 3)\n')
    x = np.sin(np.arange(1, 41)) + 2
    rows = "\n".join(f"{one!r},{one * one!r}" for one in x.tolist())
    (tmp_path / "theirs.csv").write_text(f"growth,share\n{rows}\n")
    (tmp_path / "below").mkdir()
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_rows_to_paste(capsys):
    assert call("theirs.squiggle") == 0
    printed = capsys.readouterr()
    content = tomllib.loads(printed.out)
    assert content["parameters"]["growth"] == {
        "distribution": "lognormal", "p5": 2, "p95": 5, "note": "theirs", "unit": "unstated",
    }  # fmt: skip
    assert printed.err == ""
    assert mc.load_prior_set(content).name == "theirs"


@pytest.mark.parametrize("file", ["theirs.squiggle", "theirs.csv"])
def test_a_prior_set_that_runs(file, folder, capsys):
    assert call(file, "-o", "mine.toml") == 0
    assert capsys.readouterr().out == "Written: mine.toml\n"
    assert tomllib.loads((folder / "mine.toml").read_text())["prior_set"]["name"] == "mine"
    assert cli._call(["run", "mine.toml", "--model", "own.py", "--draws", "128", "-o", "out.nc"], debug=False) == 0
    result = mc.read_result("out.nc")
    growth, share = (result["prior"][name].values for name in ("growth", "share"))
    assert growth.size == 128
    if file.endswith(".csv"):
        np.testing.assert_allclose(share, growth * growth, rtol=1e-14)


def test_samples_are_named_beside_the_file_and_copied_elsewhere(folder):
    assert call("theirs.csv", "-o", "mine.toml", "--quiet") == 0
    assert call("theirs.csv", "-o", "below/mine.toml", "--quiet") == 0
    assert call("theirs.csv", "-o", "few.toml", "--option", "draws=10", "--quiet") == 0
    named, copied, few = (
        tomllib.loads((folder / name).read_text())["parameters"]["growth"]["samples"]
        for name in ("mine.toml", "below/mine.toml", "few.toml")
    )
    assert named == {"file": "theirs.csv", "column": "growth"}
    assert len(copied) == 40
    assert few == copied[::4]
    one, other = (mc.load_prior_set(name) for name in ("mine.toml", "below/mine.toml"))
    assert [group.statement for group in one.groups] == [group.statement for group in other.groups]


def test_rows_over_a_shipped_set(folder):
    (folder / "theirs.squiggle").write_text("request_growth = 1.5 to 3\nhardware_life = 4 to 6")
    assert call("theirs.squiggle", "-o", "mine.toml", "--extends", "consensus") == 0
    result = mc.simulate("mine.toml", draws=64, chains=2, outputs=["energy_served"], years=[2030])
    assert result.attrs["prior_set"] == "mine"
    changed = mc.load_prior_set("mine.toml").parameters
    assert changed["request_growth"].stated == {"p5": 1.5, "p95": 3}


def test_files_that_exist_are_kept(folder, capsys):
    (folder / "mine.toml").write_text("kept")
    assert call("theirs.squiggle", "-o", "mine.toml") == 4
    assert "pass --overwrite" in capsys.readouterr().err
    assert (folder / "mine.toml").read_text() == "kept"
    assert call("theirs.squiggle", "-o", "mine.toml", "--overwrite") == 0


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("theirs.squiggle", "-o", "mine.txt"), "mine.txt: a prior set's file ends in .toml"),
        (("theirs.squiggle", "--from", "csv"), "theirs.squiggle: line 2: 'growth = 2 to 5': must be a finite number"),
        (("theirs.csv", "--from", "excel"), "format: 'excel': unknown; known: arviz, csv"),
        (("theirs.squiggle", "--option", "rows=3"), "rows: no option of squiggle; known: draws"),
        (("own.py",), "own.py: of no known ending"),
    ],
)
def test_what_cannot_be(words, problem, folder, capsys):
    assert call(*words) == 2
    error = capsys.readouterr().err
    assert problem in error
    assert len(error.strip().splitlines()) == 1
    assert not (folder / "mine.toml").exists()


def test_texts_of_strangers_are_shown_literally(folder, capsys):
    (folder / "theirs.squiggle").write_text(
        '@name("\x1b[31mred\u202e[bold]") @doc("\x9b1m\\u001b\\n\'\'\' x = 1")\n_é$1 = 1 to 2\n'.replace("é", "e"),
        encoding="utf-8",
    )
    assert call("theirs.squiggle") == 0
    printed = capsys.readouterr()
    assert not {*"\x1b\u202e\x9b"} & {*(printed.out + printed.err)}
    assert [*tomllib.loads(printed.out)["parameters"]] == ["e_1"]
    (folder / "theirs.csv").write_text("\x1b[31mred\u202e,b\n1,2\n3,4\n")
    assert call("theirs.csv", "-o", "mine.toml") == 0
    printed = capsys.readouterr()
    assert not {*"\x1b\u202e"} & {*printed.out, *(folder / "mine.toml").read_text()}
    assert [*mc.load_prior_set("mine.toml").parameters] == ["b", "x_31mred"]


def test_too_many_samples_for_toml(folder, capsys):
    rows = "\n".join(f"{k},{k * k}" for k in range(60_000))
    (folder / "theirs.csv").write_text(f"growth,share\n{rows}\n")
    assert call("theirs.csv", "-o", "below/mine.toml") == 0
    assert "45,000 of 60,000 draws, evenly spaced" in capsys.readouterr().out
    assert mc.load_prior_set("below/mine.toml").groups[0].names == ("growth", "share")
    assert call("theirs.csv", "-o", "below/more.toml", "--option", "draws=60000") == 2
    assert "120000 samples: a TOML file takes 100000; keep fewer: draws=1000" in capsys.readouterr().err


def test_a_list_of_formats(capsys):
    assert call() == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in importers())


def test_a_reserved_name_is_refused(folder, capsys):
    (folder / "theirs.squiggle").write_text("growth = 2 to 5\nprior_set = 1 to 2\n")
    assert call("theirs.squiggle", "-o", "mine.toml") == 2
    assert "theirs.squiggle: prior_set: the name is reserved, no parameter can have it" in capsys.readouterr().err
    assert not (folder / "mine.toml").exists()


def test_lists_of_samples_are_thinned_together(folder, capsys):
    lists = [[float(k) for k in range(100)], [float(k * k) for k in range(100)]]
    source = "\n".join(f"{name} = SampleSet.fromList({one})" for name, one in zip("ab", lists, strict=True))
    (folder / "theirs.squiggle").write_text(source)
    assert call("theirs.squiggle", "-o", "mine.toml", "--option", "draws=20") == 0
    assert "Note: 20 of 100 draws, evenly spaced." in capsys.readouterr().out.splitlines()
    rows = tomllib.loads((folder / "mine.toml").read_text())["parameters"]
    assert rows["a"]["samples"] == [*range(0, 100, 5)]
    assert rows["b"]["samples"] == [k * k for k in range(0, 100, 5)]
    assert call("theirs.squiggle", "--option", "draws=1") == 2
    assert "draws: 1: must be a whole number from 2 to 100000" in capsys.readouterr().err
