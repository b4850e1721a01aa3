"""`mc.export` and `mc.read`: the format by name or ending, files whole or not at all."""

import json
import os

import pytest
from numpy.testing import assert_array_equal

import mcdemand as mc
from mcdemand.cli import main
from mcdemand.exporters import exporters
from mcdemand.files import replace_folder

SIZES = {"draws": 64, "chains": 2, "design": "random"}


@pytest.fixture(scope="module")
def result():
    return mc.simulate("consensus", outputs=["energy_served", "request_growth"], years=[2029, 2030], **SIZES)


def test_no_two_formats_own_an_ending():
    owned = [suffix for one in exporters().values() if one.owns_suffix for suffix in one.suffixes]
    assert len(owned) == len(set(owned))
    assert all(suffix == suffix.lower() for one in exporters().values() for suffix in one.suffixes)


def test_the_format_is_named_or_belongs_to_the_ending(result, tmp_path):
    assert mc.export(result, tmp_path / "a.csv").format == "csv"
    assert mc.export(result, tmp_path / "b.csv", "draws-df").format == "draws-df"
    for path, to, words in (
        ("a.xyz", None, "of no known format"),
        ("a.csv", "jsn", "to: 'jsn': unknown; did you mean 'json'"),
        ("a.csv", "json", "json files end in .json; rename it"),
    ):
        with pytest.raises(mc.InputError, match=words):
            mc.export(result, tmp_path / "new" / path, to)
    with pytest.raises(mc.InputError, match="boxes: no option of csv; known: layout"):
        mc.export(result, tmp_path / "c.csv", boxes=1)


def test_what_exists_is_kept(result, tmp_path):
    place = tmp_path / "a.csv"
    place.write_text("mine")
    with pytest.raises(mc.FileError, match="exists; pass --overwrite"):
        mc.export(result, place)
    assert place.read_text() == "mine"
    mc.export(result, place, overwrite=True)
    assert place.read_text() != "mine"
    assert [one.name for one in tmp_path.iterdir()] == ["a.csv"]


def test_what_is_no_plain_file_is_kept(result, tmp_path):
    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(mc.FileError, match="is no plain file"):
        mc.export(result, tmp_path / "a.csv", overwrite=True)


def test_a_missing_library_is_named(result, tmp_path, monkeypatch):
    monkeypatch.setattr("mcdemand.exporters._exporter.find_spec", lambda _: None)
    with pytest.raises(mc.InputError, match="parquet: needs pyarrow, which is not installed; add the extra 'export'"):
        mc.export(result, tmp_path / "a.parquet")
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(mc.FileError, match="no such file or folder"):
        mc.read(tmp_path / "none.nc")
    (tmp_path / "a.xyz").write_text("")
    with pytest.raises(mc.InputError, match=r"endings that can: .*\.parquet"):
        mc.read(tmp_path / "a.xyz")


def fill(text):
    def write(folder):
        with open(f"{folder}/mark", "w") as file:
            file.write(text)

    return write


def test_folders_are_replaced_whole_or_not_at_all(tmp_path):
    place = tmp_path / "a.zarr"
    replace_folder(place, fill("one"), marker="mark", overwrite=False)
    with pytest.raises(mc.FileError, match="exists; pass --overwrite"):
        replace_folder(place, fill("two"), marker="mark", overwrite=False)

    def fail(folder):
        fill("broken")(folder)
        raise OSError(28, "No space left on device")

    with pytest.raises(mc.FileError, match="No space left on device; nothing was changed"):
        replace_folder(place, fail, marker="mark", overwrite=True)
    assert (place / "mark").read_text() == "one"
    replace_folder(place, fill("three"), marker="mark", overwrite=True)
    assert (place / "mark").read_text() == "three"
    assert [one.name for one in tmp_path.iterdir()] == ["a.zarr"]


def test_somebody_elses_folder_is_never_replaced(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(mc.FileError, match="is a folder without mark, so something else"):
        replace_folder(tmp_path / "mine", fill("one"), marker="mark", overwrite=True)
    assert (tmp_path / "mine" / "letter.txt").read_text() == "dear"
    (tmp_path / "file").write_text("")
    with pytest.raises(mc.FileError, match="is a file; name a folder"):
        replace_folder(tmp_path / "file", fill("one"), marker="mark", overwrite=True)


def command(*arguments):
    with pytest.raises(SystemExit) as left:
        main([str(one) for one in arguments])
    return left.value.code


def test_the_command(result, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    mc.write_result(result, "one.nc")
    assert command("export", "one.nc", "--to", "csv", "--years", "2030", "--outputs", "energy_served") == 0
    assert "Written: one.csv" in capsys.readouterr().out
    assert (tmp_path / "one.csv").read_text().splitlines()[0] == "chain,draw,energy_served_2030"
    assert command("export", "one.nc", "-o", "two.json", "--probabilities", "0.1,0.9", "--quiet") == 0
    assert json.loads((tmp_path / "two.json").read_text())
    assert command("export", "one.nc", "-o", "three.csv", "--option", "layout=tidy", "--draws", "4", "--quiet") == 0
    assert command("export", "-o", "none.csv") == 2
    assert "RESULT: missing" in capsys.readouterr().err
    assert command("export", "one.nc", "-o", "four.csv", "--option", "layout=../x", "--quiet") == 2
    assert "layout: '../x'" in capsys.readouterr().err
    assert command("export", "one.nc") == 2
    assert "--to: missing" in capsys.readouterr().err
    assert command("export", "one.nc", "-o", "one.csv") == 4
    assert command("export") == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in exporters())


def test_a_result_is_repeated_from_another_format(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    sizes = ("--draws", "64", "--chains", "2", "--outputs", "energy_served,request_growth", "--years", "2030")
    assert command("run", "seed", *sizes, "-o", "one.parquet") == 0
    assert command("run", "--from", "one.parquet") == 0
    assert "came out the same, to the last bit" in " ".join(capsys.readouterr().out.split())
    stored, again = mc.read("one.parquet"), mc.read("one_repeated.nc")
    assert_array_equal(again["prior_predictive"]["energy_served"], stored["prior_predictive"]["energy_served"])
    assert command("run", "seed", "--from", "one.parquet") == 2
    assert "--from: a result is repeated as it is, so leave out the set, seed" in capsys.readouterr().err
    assert command("run", "--from", "one.parquet", "--draws", "128") == 2
    assert "leave out --draws" in capsys.readouterr().err
    assert command("run", "seed", *sizes, "-o", "two.csv") == 0
    assert command("run", "--from", "two.csv", "--quiet") == 0
    assert command("export", "one.parquet", "-o", "bare.csv", "--quiet") == 0
    capsys.readouterr()
    assert command("run", "--from", "bare.csv") == 2
    assert "holds draws but not the prior set" in capsys.readouterr().err
    assert command("run", "seed", *sizes, "-o", "one.json") == 2
    assert "json files do not keep one" in capsys.readouterr().err
