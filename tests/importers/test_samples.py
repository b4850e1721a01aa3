"""Samples in columns of CSV and Parquet files as empirical rows, kept joint."""

import random

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import mcdemand as mc
from mcdemand.prior_set import load_prior_set


def write(path, columns):
    rows = "\n".join(",".join(map(repr, row)) for row in zip(*(c.tolist() for c in columns.values()), strict=True))
    path.write_text(f"{','.join(columns)}\n{rows}\n")
    return path


def sample(rows=60):
    x = np.sin(np.arange(1, rows + 1) * 12.9898) * 3
    return {"growth": x, "share": x * x, "fixed": np.full(rows, 2.5)}


def total(growth, share, fixed):
    return growth + 100 * share + fixed


def drawn_rows(document):
    model = mc.Model.from_functions([total])
    result = mc.simulate(document, model=model, draws=512, chains=2, outputs=["total", "growth", "share"])
    return {*zip(*(result["prior"][name].values.ravel().tolist() for name in ("growth", "share")), strict=True)}


def test_rows_are_drawn_whole(tmp_path):
    columns = sample()
    found = mc.import_priors(write(tmp_path / "x.csv", columns))
    assert found.rows["fixed"]["value"] == 2.5
    assert found.groups == ({"family": "empirical", "members": ["growth", "share"]},)
    assert found.notes == ("fixed: the same in all draws, so constant.",)
    expected = {*zip(columns["growth"].tolist(), columns["share"].tolist(), strict=True)}
    assert drawn_rows(found.document()) == expected


def test_parquet_is_read_as_csv_is(tmp_path):
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    columns = sample()
    table = pa.table({**columns, "chain": np.arange(60), "label": ["a"] * 60})
    parquet.write_table(table, tmp_path / "x.parquet")
    expected = mc.import_priors(write(tmp_path / "x.csv", columns))
    found = mc.import_priors(tmp_path / "x.parquet")
    assert {name: row.get("samples") for name, row in found.rows.items()} == {
        name: row.get("samples") for name, row in expected.rows.items()
    }
    assert found.groups == expected.groups


def test_rows_may_name_the_file(tmp_path):
    columns = sample()
    path = write(tmp_path / "x.csv", columns)
    found = mc.import_priors(path, inline=False)
    assert found.rows["growth"]["samples"] == {"file": "x.csv", "column": "growth"}
    assert found.rows["fixed"] == {"distribution": "constant", "value": 2.5, "unit": "unstated"}
    from mcdemand.row_writing import write_toml

    (tmp_path / "mine.toml").write_text(write_toml(found.document(name="mine")))
    named = load_prior_set(tmp_path / "mine.toml")
    inline = load_prior_set(mc.import_priors(path).document())
    assert [one.statement for one in named.groups] == [one.statement for one in inline.groups]
    assert named.parameters["growth"].values == inline.parameters["growth"].values


def test_columns_draws_and_names(tmp_path):
    columns = {"sample": np.zeros(60), "Growth rate (%)": sample()["growth"], "share": sample()["share"]}
    path = write(tmp_path / "x.csv", columns)
    found = mc.import_priors(path, draws=20)
    assert [*found.rows] == ["Growth_rate", "share"]
    assert_array_equal(found.rows["Growth_rate"]["samples"], columns["Growth rate (%)"][::3])
    assert found.notes == ("Growth rate (%): is called Growth_rate here.", "20 of 60 draws, evenly spaced.")
    assert [*mc.import_priors(path, columns="share").rows] == ["share"]
    assert [*mc.import_priors(path, columns=["share", "sample"]).rows] == ["share", "sample"]
    assert mc.import_priors(path, columns="share").groups == ()


def test_our_own_csv_comes_back(tmp_path):
    priors = {"parameters": {"growth": "1 to 2", "share": "3 to 4", "fixed": 2}}
    model = mc.Model.from_functions([total])
    result = mc.simulate(priors, model=model, draws=64, chains=2, outputs=["total", "share"])
    for about in (False, True):
        mc.export(result, tmp_path / "x.csv", about=about, overwrite=True)
        found = mc.import_priors(tmp_path / "x.csv")
        expected = zip(
            result["prior_predictive"]["total"].values.ravel(), result["prior"]["share"].values.ravel(), strict=True
        )
        assert {*zip(found.rows["total"]["samples"], found.rows["share"]["samples"], strict=True)} == {*expected}
        assert found.groups == ({"family": "empirical", "members": ["total", "share"]},)


def test_semicolons_and_blank_lines(tmp_path):
    (tmp_path / "x.csv").write_bytes(b"\xef\xbb\xbfa;b\r\n1;2\r\n\r\n3;4\r\n")
    assert mc.import_priors(tmp_path / "x.csv").rows["b"]["samples"] == [2.0, 4.0]


@pytest.mark.parametrize(
    ("content", "options", "problem"),
    [
        ("", {}, "no column of numbers"),
        ("a,b\n", {}, "column 'a': holds no numbers"),
        ("a,b\n1,2\n3,\n", {}, "line 3: '': must be a finite number"),
        ("a,b\n1,2\n3,x\n", {}, "line 3: 'x': must be a finite number"),
        ("a\n1\nnan\n", {}, "line 3: 'nan': must be a finite number"),
        ("a\n1\n1e999\n", {}, "line 3: '1e999': must be a finite number"),
        ("a\n1\n1_0\n", {}, "line 3: '1_0': must be a finite number"),
        ("a\n1\n=1+1\n", {}, "line 3: '=1+1': must be a finite number"),
        ("a\n1\n__import__('os')\n", {}, "must be a finite number"),
        ("a\n\x00\n", {}, "must be a finite number"),
        ("a,a\n1,2\n", {}, "column 'a': is there twice"),
        ("chain,draw\n1,2\n", {}, "no column of numbers"),
        ("a\n1\n2\n", {"columns": "b"}, "column 'b': is not there"),
        ("a\n1\n2\n", {"columns": 3}, "columns: 3: must be names"),
        ("a\n1\n2\n", {"draws": 1}, "draws: 1: must be a whole number"),
        ("a\n1\n2\n", {"draws": True}, "draws: True: must be a whole number"),
        ("a\n1\n2\n", {"draws": 2, "inline": False}, "draws: only of samples that stand in the rows"),
        ("a\n1\n2\n", {"inline": "no"}, "inline: 'no': must be true or false"),
        ("a\n1\n2\n", {"thin": 2}, "thin: no option of csv; known: columns, draws, inline"),
        (",".join(f"a{k}" for k in range(201)) + "\n", {}, "201 columns: at most 200 are read"),
        ("a\n" + "1\n" * 100_001, {}, "at most 100000 samples are read"),
        ("a\n" + "x" * 200_000 + "\n", {}, "not CSV: field larger than"),
        ("x" * 200_000, {}, "not CSV: field larger than"),
    ],
)
def test_what_is_no_sample_is_refused_in_one_line(content, options, problem, tmp_path):
    (tmp_path / "x.csv").write_text(content)
    with pytest.raises(mc.InputError) as error:
        mc.import_priors(tmp_path / "x.csv", **options)
    assert problem in str(error.value)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 300 + len(str(tmp_path))


def test_files_that_are_not_what_they_say(tmp_path):
    pytest.importorskip("pyarrow")
    (tmp_path / "x.parquet").write_bytes(b"PAR1" + b"\x00" * 100 + b"PAR1")
    with pytest.raises((mc.InputError, mc.FileError), match=r"x.parquet: (not Parquet|cannot be read)"):
        mc.import_priors(tmp_path / "x.parquet")
    (tmp_path / "x.csv").write_bytes(b"a\n\xff\n")
    with pytest.raises(mc.InputError, match="not UTF-8"):
        mc.import_priors(tmp_path / "x.csv")
    (tmp_path / "x.csv").write_bytes(b"a\n" + b"1\n" * 10_000_001)
    with pytest.raises(mc.InputError, match="at most 20000000 bytes"):
        mc.import_priors(tmp_path / "x.csv")
    with pytest.raises(mc.FileError, match="cannot be read"):
        mc.import_priors(tmp_path / "none.csv")
    with pytest.raises(mc.InputError, match="of no known ending"):
        mc.import_priors(tmp_path / "x.txt")
    with pytest.raises(mc.InputError, match="format: 'cvs': unknown; did you mean 'csv'"):
        mc.import_priors(tmp_path / "x.txt", format="cvs")


def test_a_damaged_parquet_file_is_refused_in_one_line(tmp_path):
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(pa.table({"a": [1.0, 2.0, 3.0], "b": [1, 2, 4]}), tmp_path / "x.parquet")
    whole = (tmp_path / "x.parquet").read_bytes()
    rng = random.Random(5)
    for _ in range(100):
        damaged = bytearray(whole)
        for _ in range(3):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        (tmp_path / "x.parquet").write_bytes(damaged)
        said = ""
        try:
            mc.import_priors(tmp_path / "x.parquet")
        except mc.McdemandError as error:
            said = str(error)
        assert "\n" not in said
