"""Parquet, Arrow and CSV, read by pandas, polars, DuckDB and pyarrow."""

import json
import re

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import mcdemand as mc
from mcdemand.exporters._table import distinct
from mcdemand.exporting import export
from mcdemand.result_files import read

OUTPUT, PARAMETER = "energy_served", "growth_shape"
SUFFIXES = ("parquet", "arrow", "csv")
EVERY = pytest.mark.parametrize("suffix", SUFFIXES)


@pytest.fixture(scope="module")
def folder(result, tmp_path_factory):
    place = tmp_path_factory.mktemp("tables")
    for suffix in SUFFIXES:
        export(result, place / f"wide.{suffix}", outputs=[OUTPUT, PARAMETER], years=[2028, 2030])
        export(result, place / f"tidy.{suffix}", outputs=[OUTPUT, PARAMETER], years=[2028, 2030], layout="tidy")
    return place


def with_pandas(path):
    readers = {".parquet": pd.read_parquet, ".arrow": pd.read_feather, ".csv": pd.read_csv}
    return readers[path.suffix](path)


def with_polars(path):
    readers = {".parquet": pl.read_parquet, ".arrow": pl.read_ipc, ".csv": pl.read_csv}
    return readers[path.suffix](path)


def draws(result, name, year=None):
    """Draws chain after chain, without the exporter."""
    if year is None:
        return result["prior"][name].values.ravel()
    return result["prior_predictive"][name].sel(year=year).values.ravel()


@EVERY
@pytest.mark.parametrize("reader", [with_pandas, with_polars])
def test_wide(result, folder, suffix, reader):
    table = reader(folder / f"wide.{suffix}")
    assert list(table.columns) == ["chain", "draw", f"{OUTPUT}_2028", f"{OUTPUT}_2030", PARAMETER]
    assert len(table) == 1024
    for year in (2028, 2030):
        found = table[f"{OUTPUT}_{year}"].to_numpy()
        assert found.tobytes() == draws(result, OUTPUT, year).tobytes()
    assert np.asarray(table[PARAMETER]).astype(float).tobytes() == draws(result, PARAMETER).tobytes()
    assert np.array_equal(table["chain"], np.repeat(np.arange(4), 256))
    assert np.array_equal(table["draw"], np.tile(np.arange(256), 4))


@EVERY
@pytest.mark.parametrize("reader", [with_pandas, with_polars])
def test_tidy(result, folder, suffix, reader):
    table = reader(folder / f"tidy.{suffix}")
    assert list(table.columns) == ["chain", "draw", "year", OUTPUT, PARAMETER]
    assert len(table) == 2048
    later = np.asarray(table["year"]) == 2030
    assert np.asarray(table[OUTPUT])[later].tobytes() == draws(result, OUTPUT, 2030).tobytes()
    assert np.array_equal(np.asarray(table[PARAMETER])[~later], draws(result, PARAMETER))
    assert np.array_equal(np.asarray(table[PARAMETER])[later], draws(result, PARAMETER))


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_duckdb(result, folder, suffix):
    with duckdb.connect() as database:
        wide = f"select quantile_cont({OUTPUT}_2030, 0.95) from '{folder / f'wide.{suffix}'}'"
        tidy = f"select quantile_cont({OUTPUT}, 0.95) from '{folder / f'tidy.{suffix}'}' where year = 2030"
        found = [database.execute(query).fetchone()[0] for query in (wide, tidy)]
    np.testing.assert_allclose(found, np.quantile(draws(result, OUTPUT, 2030), 0.95), rtol=1e-14)


def test_duckdb_reads_arrow(result, folder):
    with pa.memory_map(str(folder / "wide.arrow")) as source:
        table = pa.ipc.open_file(source).read_all()
        with duckdb.connect() as database:
            database.register("wide", table)
            found = database.execute(f"select avg({OUTPUT}_2030) from wide").fetchone()[0]
    np.testing.assert_allclose(found, draws(result, OUTPUT, 2030).mean(), rtol=1e-12)


@pytest.mark.parametrize("suffix", ["parquet", "arrow"])
def test_what_is_said_of_the_draws(result, folder, suffix):
    path = folder / f"wide.{suffix}"
    if suffix == "parquet":
        metadata = pq.read_schema(path).metadata
    else:
        with pa.OSFile(str(path)) as source:
            metadata = pa.ipc.open_file(source).schema.metadata
    said = json.loads(metadata[b"mcdemand"])
    assert said["about"]["seed"] == 11
    assert said["about"]["prior_set"] == "consensus"
    assert said["about"]["result_sha256"] == mc.reading.content_digest(result)
    (variable,) = said["groups"]["prior_predictive"]["variables"]
    assert variable["columns"] == [f"{OUTPUT}_2028", f"{OUTPUT}_2030"]
    assert variable["attributes"] == result["prior_predictive"][OUTPUT].attrs


def test_parquet_says_which_years_a_block_has(folder):
    file = pq.ParquetFile(folder / "tidy.parquet")
    years = [file.metadata.row_group(k).column(2).statistics for k in range(file.num_row_groups)]
    assert [(one.min, one.max) for one in years] == [(2028, 2028), (2030, 2030)]
    file.close()


def test_csv_says_what_it_leaves_out(result, tmp_path):
    done = export(result, tmp_path / "a.csv", draws=8)
    assert "about=true" in done.notes[0]
    table = pd.read_csv(export(result, tmp_path / "b.csv", draws=8, about=True).path, comment="#")
    assert table.equals(pd.read_csv(done.path))


@pytest.mark.parametrize("layout", ["wide", "tidy"])
def test_a_bare_csv_comes_back_by_its_labels(result, folder, layout):
    found = read(folder / f"{layout}.csv")
    wanted = result["prior_predictive"][OUTPUT].sel(year=[2028, 2030])
    assert np.array_equal(found["prior_predictive"][OUTPUT].values, wanted.values)
    assert found["prior_predictive"]["year"].values.tolist() == [2028, 2030]
    assert np.array_equal(found["prior"][PARAMETER].values, result["prior"][PARAMETER].values)


def test_no_cell_of_a_csv_runs(poison, payload, tmp_path):
    path = export(poison(payload), tmp_path / "a.csv", about=True).path
    lines = path.read_text().split("\n")
    said = [line for line in lines if is_comment(line)]
    header = lines[len(said)]
    assert said
    assert header.startswith("chain,draw,")
    assert set(path.read_text()).isdisjoint("\x1b\x07\x00\u202e\u2028\ufeff\r\t")
    # A quote may open a cell; what stands behind it is what a spreadsheet sees.
    cells = [re.sub('^ *"? *', "", cell) for line in (*said, header) for cell in re.split("[,;\t]", line)]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "-", "\t", "\r"))]


def is_comment(line):
    return line.startswith("# ")


def test_names_differ_without_capitals():
    assert list(distinct(["a", "A", "chain", "", "a\x1b"], {"chain"})) == ["a", "A_2", "chain_2", "unnamed", "a_3"]


@pytest.mark.parametrize(
    ("suffix", "options", "message"),
    [
        ("csv", {"layout": "long"}, "layout: 'long'"),
        ("csv", {"about": 1}, "about: 1"),
        ("parquet", {"compression": "brotli"}, "compression: 'brotli'"),
        ("arrow", {"compression": "zstd"}, "no option of arrow"),
    ],
)
def test_options_are_checked(result, tmp_path, suffix, options, message):
    with pytest.raises(mc.InputError, match=message):
        export(result, tmp_path / f"a.{suffix}", draws=4, **options)


def test_a_column_of_text_is_refused(result, tmp_path):
    path = export(result, tmp_path / "a.parquet", draws=4, outputs=OUTPUT, years=2030).path
    table = pq.read_table(path)
    metadata, whole = table.schema.metadata, read(path)
    odd = table.set_column(2, "text", pa.array(["=1"] * 4)).replace_schema_metadata(metadata)
    pq.write_table(odd, path)
    with pytest.raises(mc.IntegrityError, match=r"refused, column 'text' holds string"):
        read(path)
    pq.write_table(table.replace_schema_metadata(metadata), path, compression="gzip")
    assert read(path).identical(whole)
    pq.write_table(table.slice(0, 3).replace_schema_metadata(metadata), path, compression="none", use_dictionary=False)
    with pytest.raises(mc.IntegrityError, match="rows or columns"):
        read(path)
    nulls = table.set_column(2, table.column_names[2], pa.array([1.0, None, 2.0, 3.0]))
    pq.write_table(nulls.replace_schema_metadata(metadata), path, compression="none", use_dictionary=False)
    with pytest.raises(mc.IntegrityError, match="missing"):
        read(path)


def test_packed_arrow_is_refused(result, tmp_path):
    path = export(result, tmp_path / "a.arrow", draws=400, outputs=OUTPUT, years=2030).path
    with pa.OSFile(str(path)) as source:
        table = pa.ipc.open_file(source).read_all()
    for compression in ("lz4", "zstd"):
        options = pa.ipc.IpcWriteOptions(compression=compression)
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema, options=options) as writer:
            writer.write_table(table)
        with pytest.raises(mc.IntegrityError, match="refused, it is packed"):
            read(path)


def test_a_sorted_table_is_refused(result, tmp_path):
    path = export(result, tmp_path / "a.csv", draws=8, outputs=OUTPUT, years=2030).path
    header, *rows = path.read_text().splitlines()
    path.write_text("\n".join([header, *reversed(rows)]) + "\n")
    found = read(path)
    assert found["prior_predictive"]["chain"].values.tolist() == [3, 2, 1, 0]
    path.write_text("\n".join([header, *sorted(rows, key=lambda row: row.split(",")[2])]) + "\n")
    with pytest.raises(mc.IntegrityError, match="sorted anew"):
        read(path)


def test_a_bare_csv_is_read_by_its_labels_to_its_last_line(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("chain,draw,x_2029,x_2030,x,y_2030\n0,0,1.0,2.0,3.0,4.0\n0,1,5.0,6.0,7.0,8.0\n")
    found = read(path)
    assert found["prior_predictive"]["x"].values.tolist() == [[[1.0, 2.0], [5.0, 6.0]]]
    assert {str(name): array.values.tolist() for name, array in found["prior"].data_vars.items()} == {
        "x": [[3.0, 7.0]],
        "y_2030": [[4.0, 8.0]],
    }
    path.write_text(path.read_text().rstrip())
    with pytest.raises(mc.IntegrityError, match="its last line has no end"):
        read(path)
