"""hubverse model output, read by csv and by pyarrow."""

import contextlib
import csv
import json
from datetime import date

import numpy as np
import pytest

from mcdemand.errors import InputError, IntegrityError
from mcdemand.exporters._hub_rows import round_thresholds
from mcdemand.exporting import export
from mcdemand.report.text import literal
from mcdemand.result_files import read as read_back

TITLES = ["origin_date", "target", "target_date", "scenario_id", "output_type", "output_type_id", "value"]


def read(path):
    """Return {(target, target_date, output_type): {id: value}}."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == TITLES
    found = {}
    for row in rows:
        key = row["target"], row["target_date"], row["output_type"]
        assert row["output_type_id"] not in found.setdefault(key, {})
        found[key][row["output_type_id"]] = float(row["value"])
    return found


@pytest.fixture(scope="module")
def written(result, tmp_path_factory):
    return export(result, tmp_path_factory.mktemp("hub") / "out.csv", "hubverse", years=[2030, 2035])


def test_summaries_are_those_of_the_draws(result, written):
    found = read(written.path)
    for name in ("energy_served", "tokens_served"):
        draws = result["prior_predictive"][name].sel(year=2035).values.reshape(-1)
        assert found[name, "2035-12-31", "mean"] == {"NA": pytest.approx(draws.mean(), rel=1e-13)}
        assert found[name, "2035-12-31", "median"] == {"NA": pytest.approx(np.median(draws), rel=1e-14)}
        levels = found[name, "2035-12-31", "quantile"]
        assert list(levels) == ["0.05", "0.25", "0.5", "0.75", "0.95"]
        np.testing.assert_allclose([*levels.values()], np.quantile(draws, [float(p) for p in levels]), rtol=1e-14)
        for threshold, share in found[name, "2035-12-31", "cdf"].items():
            assert share == (draws <= float(threshold)).mean()


def test_thresholds_are_the_same_on_every_date_and_cover_the_range(written):
    found = read(written.path)
    for name in ("energy_served", "tokens_served"):
        early, late = (found[name, f"{year}-12-31", "cdf"] for year in (2030, 2035))
        assert list(early) == list(late)
        assert min(*early.values(), *late.values()) <= 0.05
        assert max(*early.values(), *late.values()) >= 0.95


def test_a_trajectory_keeps_its_id(result, written):
    found = read(written.path)
    for name in ("energy_served", "tokens_served"):
        for year in (2030, 2035):
            draws = result["prior_predictive"][name].sel(year=year).transpose("draw", "chain").values.reshape(-1)
            sample = found[name, f"{year}-12-31", "sample"]
            assert list(sample) == [str(k) for k in range(100)]
            np.testing.assert_array_equal([*sample.values()], draws[:100])
    assert 'Samples: 100 of 1,024 draws, with compound_taskid_set ["origin_date", "scenario_id"].' in written.notes


def test_ids_can_differ_between_targets(result, tmp_path):
    options = {"output_types": "sample", "samples": 10, "joint_targets": False, "years": 2030}
    exported = export(result, tmp_path / "out.csv", "hubverse", **options)
    found = read(exported.path)
    assert list(found["energy_served", "2030-12-31", "sample"]) == [str(k) for k in range(10)]
    assert list(found["tokens_served", "2030-12-31", "sample"]) == [str(k) for k in range(10, 20)]
    assert any('["origin_date", "scenario_id", "target"]' in note for note in exported.notes)


def test_parquet_has_types_and_provenance(result, written, tmp_path):
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    path = export(result, tmp_path / "out.parquet", "hubverse", years=[2030, 2035]).path
    table = pq.read_table(path)
    kinds = [pa.date32(), pa.string(), pa.date32(), pa.string(), pa.string(), pa.string(), pa.float64()]
    assert table.schema.names == TITLES
    assert table.schema.types == kinds
    rows = table.to_pylist()
    found = {}
    for row in rows:
        key = row["target"], str(row["target_date"]), row["output_type"]
        found.setdefault(key, {})["NA" if row["output_type_id"] is None else row["output_type_id"]] = row["value"]
    assert found == read(written.path)
    about = json.loads(table.schema.metadata[b"mcdemand"])
    assert about["seed"] == 11
    assert about["units"] == {"energy_served": "TWh", "tokens_served": "T/day"}
    assert about["mcse"]["energy_served 2030"]["0.5"] > 0


@pytest.mark.parametrize(
    ("types", "declared", "kind"),
    [
        (["quantile", "mean"], "auto", "double"),
        (["sample"], "auto", "int32"),
        (["quantile", "sample"], "auto", "string"),
        (["quantile", "sample"], "double", "double"),
        (["sample"], "character", "string"),
    ],
)
def test_ids_have_the_type_that_the_hub_declares(result, tmp_path, types, declared, kind):
    pq = pytest.importorskip("pyarrow.parquet")
    options = {"output_types": types, "id_type": declared, "years": 2030, "outputs": "energy_served"}
    table = pq.read_table(export(result, tmp_path / "out.parquet", "hubverse", **options).path)
    assert str(table.schema.field("output_type_id").type) == kind
    assert set(table["output_type"].to_pylist()) == set(types)


def test_names_of_the_hub(result, tmp_path):
    options = {
        "team": "grid_lab",
        "model": "mc1",
        "origin_date": date(2026, 7, 1),
        "target": "AI energy",
        "scenario_id": "B",
    }
    exported = export(result, tmp_path / "out.csv", "hubverse", outputs="energy_served", years=2030, **options)
    with exported.path.open(newline="") as file:
        row = next(csv.DictReader(file))
    assert [row[key] for key in TITLES[:4]] == ["2026-07-01", "AI energy", "2030-12-31", "B"]
    assert exported.notes[0].startswith(
        "A hub expects the file as model-output/grid_lab-mc1/2026-07-01-grid_lab-mc1.csv;"
    )


def test_usual_names_come_from_the_result(written):
    assert written.notes[0].startswith(
        "A hub expects the file as model-output/mcdemand-consensus/2024-12-31-mcdemand-consensus.csv;"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"team": "a-b"}, "team: 'a-b': must be 1 to 16 letters, digits and underscores"),
        ({"model": "../x"}, r"model: '\.\./x': must be"),
        ({"origin_date": "soon"}, "origin_date: 'soon': must be a date"),
        ({"target": "x"}, "target: 'x': names one output, and these are 2"),
        ({"output_types": "pmf"}, "output_types: 'pmf': unknown"),
        ({"output_types": []}, "output_types: none; name at least one"),
        ({"samples": 0}, "samples: 0: must be a whole number"),
        ({"thresholds": ["a"]}, "thresholds: 'a': must be a number"),
        ({"id_type": "integer"}, "id_type: 'integer': levels of quantiles"),
        ({"joint_targets": 1}, "joint_targets: 1: must be true or false"),
        ({"outputs": "token_exponent"}, "outputs: 'token_exponent': has no years"),
    ],
)
def test_refusals(result, tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        export(result, tmp_path / "out.csv", "hubverse", **options)
    assert not list(tmp_path.iterdir())


def test_own_thresholds(result, tmp_path):
    options = {"output_types": ["cdf"], "thresholds": [300, 100.5], "outputs": "energy_served", "years": 2030}
    found = read(export(result, tmp_path / "out.csv", "hubverse", **options).path)
    assert list(found["energy_served", "2030-12-31", "cdf"]) == ["100.5", "300.0"]


@pytest.mark.parametrize(
    ("low", "high"), [(3.0, 700.0), (-7.0, 12.0), (5.0, 5.0), (0.0, 0.0), (1e-9, 1e15), (98.0, 101.0)]
)
def test_round_thresholds_cover(low, high):
    found = round_thresholds(low, high)
    assert found[0] <= low
    assert found[-1] >= high
    assert len(found) <= 32
    assert list(found) == sorted(set(found))


def test_same_bytes_twice(result, written, tmp_path):
    again = export(result, tmp_path / "out.csv", "hubverse", years=[2030, 2035])
    assert again.path.read_bytes() == written.path.read_bytes()


@pytest.fixture
def poisoned(poison, payload):
    """Return a poisoned result of a design that exists: what a summary's errors rest on must be known."""
    tree = poison(payload)
    tree.attrs["design"] = "random"
    return tree


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_strangers_texts_are_texts(poisoned, payload, tmp_path, suffix):
    path = tmp_path / f"out.{suffix}"
    name, scenario = literal(payload.replace("/", "|")), literal(payload)
    export(poisoned, path, "hubverse", years=[2030, 2031], samples=5)
    if suffix == "parquet":
        pq = pytest.importorskip("pyarrow.parquet")
        rows = pq.read_table(path).to_pylist()
        assert {(row["target"], row["scenario_id"]) for row in rows} == {(name, scenario)}
        return
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert {len(row) for row in rows} == {len(TITLES)}
    for row in rows[1:]:
        assert row[1].removeprefix("'") == name.removeprefix("'")
        assert row[3].removeprefix("'") == scenario.removeprefix("'")
        assert not row[1].startswith(("=", "+", "-", "@", "\t", "\r"))
        assert not row[3].startswith(("=", "+", "-", "@", "\t", "\r"))


FEW = {"outputs": "energy_served", "years": [2030, 2035], "samples": 8}


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (",sample,1,", ",sample,-1,", "'-1': is no id of a trajectory"),
        (",sample,7,", ",sample,9,", "lacks a trajectory"),
        (",2035-12-31,consensus,sample,0,", ",2035,consensus,sample,0,", "cut short or damaged"),
        (",2035-12-31,consensus,sample,7,", ",2036-12-31,consensus,sample,7,", "lacks a trajectory|same number"),
        (",sample,1,", ",sample,1,nan", "is no number"),
        (",sample,1,", ",sample,1,2,", "has 8 cells, not 7"),
        (",sample,7,", ",mean,7,", "same number of draws"),
    ],
)
def test_a_changed_file_is_refused(result, tmp_path, before, after, words):
    path = export(result, tmp_path / "out.csv", "hubverse", **FEW).path
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))
    with pytest.raises(IntegrityError, match=words) as caught:
        read_back(path)
    assert "\n" not in str(caught.value)


def test_a_target_that_begins_like_a_formula_is_called_so(result, tmp_path):
    path = export(result, tmp_path / "out.csv", "hubverse", target="=1+1", **FEW).path
    assert list(read_back(path)["prior_predictive"].data_vars) == ["=1+1"]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_without_a_sample_there_are_no_draws(result, tmp_path, suffix):
    path = export(result, tmp_path / f"out.{suffix}", "hubverse", output_types=["mean", "quantile"], **FEW).path
    with pytest.raises(IntegrityError, match="has no draws: no row is of output type 'sample'"):
        read_back(path)


def change(path, **columns):
    """Write a Parquet file again with other columns."""
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    table = pq.read_table(path)
    for name, made in columns.items():
        place = TITLES.index(name)
        table = table.set_column(place, name, pa.array(made(table[name].to_pylist())))
    return table


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"value": lambda cells: [None, *cells[1:-1], None]}, "a cell is empty"),
        ({"value": lambda cells: [str(one) for one in cells]}, "refused, column value holds"),
        ({"target_date": lambda cells: [str(one) for one in cells]}, "refused, column target_date holds string"),
        ({"output_type_id": lambda cells: [0.5] * len(cells)}, "0.5: is no id of a trajectory"),
        ({"value": lambda cells: [float("nan")] * len(cells)}, "draws that are no numbers"),
    ],
)
def test_other_columns_are_refused(result, tmp_path, columns, words):
    pq = pytest.importorskip("pyarrow.parquet")
    path = export(result, tmp_path / "out.parquet", "hubverse", output_types=["mean", "sample"], **FEW).path
    pq.write_table(change(path, **columns), path)
    with pytest.raises(IntegrityError, match=words):
        read_back(path)


def test_bombs_are_refused(result, tmp_path):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    path = export(result, tmp_path / "out.parquet", "hubverse", **FEW).path
    many = change(path, target=lambda cells: ["a" * 5_000_000] * len(cells))
    pq.write_table(many, path, compression="zstd")
    with pytest.raises(IntegrityError, match="refused, it would unpack to"):
        read_back(path)
    zeros = pa.concat_tables([change(path, target=lambda cells: ["a"] * len(cells))] * 100_000).combine_chunks()
    pq.write_table(zeros, path, compression="zstd")
    with pytest.raises(IntegrityError, match="refused, it would unpack to"):
        read_back(path)


def test_damaged_metadata_do_not_end_the_process(result, tmp_path):
    pytest.importorskip("pyarrow")
    path = export(result, tmp_path / "out.parquet", "hubverse", **FEW).path
    whole = path.read_bytes()
    footer = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    for place in range(footer, len(whole) - 8, 9):
        path.write_bytes(whole[:place] + b"\x33" + whole[place + 1 :])
        with contextlib.suppress(IntegrityError):
            read_back(path)


def test_units_that_are_none_are_left_out(result, tmp_path):
    pq = pytest.importorskip("pyarrow.parquet")
    path = export(result, tmp_path / "out.parquet", "hubverse", **FEW).path
    for stated, said in ((b'{"units": 3, "seed": "x", "chains": 3}', {"chains": 3}), (b"[]", None)):
        pq.write_table(change(path).replace_schema_metadata({"mcdemand": stated}), path)
        if said is None:
            with pytest.raises(IntegrityError, match="its description is no table"):
                read_back(path)
            continue
        found = read_back(path)
        assert "units" not in found["prior_predictive"]["energy_served"].attrs
        # Eight draws are not of three chains.
        assert (found.attrs, found["prior_predictive"].sizes["chain"]) == ({}, 1)
