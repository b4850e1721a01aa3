"""The Excel workbook, read back by openpyxl: numbers, formats, charts, and texts that stay texts."""

import re
import zipfile

import numpy as np
import openpyxl
import pytest
import xarray as xr

from mcdemand.errors import InputError
from mcdemand.exporters import _workbook, excel
from mcdemand.exporters._excel_inputs import prior_words
from mcdemand.exporters._selection import select
from mcdemand.exporters._tenths import swings, tenths
from mcdemand.exporters._workbook import Book, cell_text, number_format
from mcdemand.report.text import literal

SHEETS = ["quantiles", "charts", "tornado", "inputs", "draws", "about"]


@pytest.fixture
def write(tmp_path):
    """Write a workbook; return its path and the notes."""

    def written(result, **chosen):
        path = tmp_path / "book.xlsx"
        return path, list(excel.write(select(result, **chosen), path))

    return written


@pytest.fixture(scope="module")
def book(result, tmp_path_factory):
    path = tmp_path_factory.mktemp("excel") / "book.xlsx"
    assert [*excel.write(select(result), path)] == []
    return openpyxl.load_workbook(path)


def draws_of(result, name, year=None):
    group = "prior_predictive" if name in result["prior_predictive"].data_vars else "prior"
    array = result[group][name] if year is None else result[group][name].sel(year=year)
    return array.values


def rows_of(sheet, first):
    """Return the rows below the header in row `first`, each by header."""
    table = sheet.iter_rows(min_row=first, values_only=True)
    headers = next(table)
    return [dict(zip(headers, row, strict=True)) for row in table]


def test_quantiles_are_those_of_the_draws(book, result):
    assert book.sheetnames == SHEETS
    rows = rows_of(book["quantiles"], 1)
    assert len(rows) == 2 * result["prior_predictive"].sizes["year"]
    for row in rows:
        draws = draws_of(result, row["output"], row["year"]).ravel()
        expected = {"mean": draws.mean(), "sd": draws.std(ddof=1)}
        expected |= {f"p{100 * p:g}": np.quantile(draws, p) for p in (0.05, 0.25, 0.5, 0.75, 0.95)}
        expected |= {"90 % interval, low": expected["p5"], "90 % interval, high": expected["p95"]}
        for key, value in expected.items():
            np.testing.assert_allclose(row[key], value, rtol=1e-13)
        np.testing.assert_allclose(row["MCSE of mean"], draws.std(ddof=1) / np.sqrt(draws.size), rtol=1e-12)


def test_draws_are_joint_and_equal_bit_for_bit(book, result):
    sheet = book["draws"]
    table = sheet.iter_rows(values_only=True)
    headers, units = next(table), next(table)
    rows = np.array([*table], dtype=np.float64)
    assert rows.shape == (1024, 2 + 2 * 12 + len(result["prior"].data_vars))
    chains, draws = rows[:, :2].astype(int).T
    assert {*zip(chains.tolist(), draws.tolist(), strict=True)} == {(c, d) for c in range(4) for d in range(256)}
    for place, (label, unit) in enumerate(zip(headers[2:], units[2:], strict=True), 2):
        name, _, year = label.rpartition("_")
        is_output = name in result["prior_predictive"].data_vars
        values = draws_of(result, name, int(year)) if is_output else draws_of(result, label)
        np.testing.assert_array_equal(rows[:, place], values[chains, draws])
        assert unit == result["prior_predictive" if is_output else "prior"][name if is_output else label].units


def test_a_draws_sheet_of_fewer_rows_says_so(result, write, monkeypatch):
    monkeypatch.setattr(excel, "MOST_ROWS", 10)
    path, notes = write(result, outputs="energy_served")
    assert "10 of 1,024 draws" in notes[0]
    sheet = openpyxl.load_workbook(path)["draws"]
    assert [row[:2] for row in sheet.iter_rows(min_row=3, values_only=True)] == [(k % 4, k // 4) for k in range(10)]


def test_a_parameter_that_is_called_as_an_output_in_a_year_is_marked(result, write):
    named = result.copy()
    named["prior"] = result["prior"].to_dataset().rename({"request_growth": "energy_served_2030"})
    path, _ = write(named, outputs=["energy_served", "energy_served_2030"], years=2030)
    headers = [cell.value for cell in openpyxl.load_workbook(path)["draws"][1]]
    assert headers == ["chain", "draw", "energy_served_2030", "energy_served_2030 (parameter)"]


def test_inputs_have_prior_source_and_quantiles(book, result):
    rows = rows_of(book["inputs"], 1)
    assert [row["parameter"] for row in rows] == [*result["prior"].data_vars]
    for row in rows:
        array = result["prior"][row["parameter"]]
        found = [row[key] for key in ("p5", "p50", "p95")]
        np.testing.assert_allclose(found, np.quantile(array.values, (0.05, 0.5, 0.95)), rtol=1e-13)
        assert (row["unit"], row["source"], row["note"]) == (array.units, array.source, cell_text(array.note))
    stated = {row["parameter"]: row["prior as stated"] for row in rows}
    assert stated["tokens_2024"] == "two_piece_lognormal: p5 = 2, p50 = 4.5, p95 = 9"


def test_a_tornado_is_of_the_draws_in_the_tenths(book, result):
    rows = rows_of(book["tornado"], 7)
    sizes = [row["swing"] for row in rows]
    assert sizes == sorted(sizes, reverse=True)
    output = draws_of(result, "energy_served", 2035).ravel()
    for row in rows:
        x = draws_of(result, row["parameter"]).ravel()
        ends = np.sort(x)[[102 - 1, -102]]
        np.testing.assert_allclose([row["lowest tenth: up to"], row["highest tenth: from"]], ends, rtol=1e-14)
        medians = np.median(output[x <= ends[0]]), np.median(output[x >= ends[1]])
        found = [row[f"median where it lies in its {end} tenth"] for end in ("lowest", "highest")]
        np.testing.assert_allclose(found, medians, rtol=1e-14)
        assert row["MCSE of swing"] > 0
    assert "2035" in book["tornado"]["A1"].value
    assert "share credit" in book["tornado"]["A3"].value


def test_charts_are_native_and_point_at_numbers(book):
    fans = book["charts"]._charts
    assert len(fans) == 2
    assert len(book["tornado"]._charts) == 1
    (bars,) = book["tornado"]._charts
    assert [one.val.numRef.f for one in bars.series] == ["tornado!$B$8:$B$22", "tornado!$C$8:$C$22"]
    for place, fan in enumerate(fans):
        lines = fan._charts[1].series
        assert [one.val.numRef.f for one in lines] == [
            f"quantiles!${letter}${2 + 12 * place}:${letter}${13 + 12 * place}" for letter in "GHIJK"
        ]
        bands = np.array([_numbers(book, one.val.numRef.f) for one in fan.series])
        quantiles = np.array([_numbers(book, one.val.numRef.f) for one in lines])
        np.testing.assert_allclose(np.cumsum(bands, axis=0), quantiles, rtol=1e-12)


def _numbers(book, reference):
    name, _, place = reference.partition("!")
    return [row[0].value for row in book[name][place.replace("$", "")]]


def test_cells_have_formats_and_headers_stay(book):
    for name in ("quantiles", "tornado", "inputs", "draws"):
        assert book[name].freeze_panes is not None
    assert book["quantiles"]["E2"].number_format == "0.00"
    assert book["quantiles"]["A1"].font.bold
    assert {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row} == {"n", "s"}


def test_two_workbooks_have_the_same_bytes(result, write):
    chosen = {"outputs": ["energy_served", "request_growth"], "draws": 128}
    first = write(result, **chosen)[0].read_bytes()
    assert write(result, **chosen)[0].read_bytes() == first


def test_texts_of_strangers_stay_texts(poison, payload, write):
    tree = poison(payload)
    tree.attrs["design"] = "random"
    path, _ = write(tree, years=[2030, 2035])
    book = openpyxl.load_workbook(path)
    assert all(cell.data_type in "ns" for sheet in book for row in sheet.iter_rows() for cell in row)
    assert all(cell.hyperlink is None for sheet in book for row in sheet.iter_rows() for cell in row)
    name, long_name, unit = (book["quantiles"].cell(2, column).value or "" for column in (1, 2, 3))
    assert name == literal(payload.replace("/", "|"))
    assert long_name == unit == literal(payload)
    shown = [book["inputs"].cell(2, column).value or "" for column in (8, 9)]
    assert shown == [literal(payload)] * 2
    (fan,) = book["charts"]._charts
    assert fan.title.tx.strRef.f == "charts!$V$3"
    assert (book["charts"]["V3"].value or "").startswith(literal(payload))
    with zipfile.ZipFile(path) as file:
        charts = [file.read(name).decode() for name in file.namelist() if name.startswith("xl/charts/")]
    references = {one for chart in charts for one in re.findall(r"<c:f>(.*?)</c:f>", chart)}
    assert {one.partition("!")[0] for one in references} <= {"quantiles", "charts", "tornado"}


def test_a_single_year_and_no_parameters_leave_sheets_out(result, write):
    path, notes = write(result, outputs="energy_served", years=2030, draws=128)
    assert openpyxl.load_workbook(path).sheetnames == ["quantiles", "tornado", "inputs", "draws", "about"]
    assert notes == ["No chart: none of the outputs has two years or more."]
    bare = xr.DataTree.from_dict(
        {"/": xr.Dataset(attrs=result.attrs), "/prior_predictive": result["prior_predictive"].to_dataset()}
    )
    path, notes = write(bare, draws=64)
    assert openpyxl.load_workbook(path).sheetnames == ["quantiles", "charts", "draws", "about"]
    assert notes[0].startswith("No tornado")


def test_parameters_alone_and_other_levels_are_taken(result, write):
    path, _ = write(result, outputs="request_growth", probabilities=(0.9, 0.5), draws=128)
    (row,) = rows_of(openpyxl.load_workbook(path)["quantiles"], 1)
    draws = draws_of(result, "request_growth")[:, :32]
    np.testing.assert_allclose([row["p90"], row["p50"]], np.quantile(draws, (0.9, 0.5)), rtol=1e-13)
    path, _ = write(result, outputs="energy_served", probabilities=(0.9, 0.1, 0.5, 0.5), draws=128)
    (fan,) = openpyxl.load_workbook(path)["charts"]._charts
    assert [one.tx.v for one in fan._charts[1].series] == ["p10", "median", "p90"]


def test_negative_values_are_drawn_as_lines(result, write):
    low = result.copy(deep=True)
    low["prior_predictive"]["energy_served"].values[:] -= 1e4
    path, _ = write(low, outputs="energy_served", years=[2030, 2035], draws=128)
    (fan,) = openpyxl.load_workbook(path)["charts"]._charts
    assert fan.tagname == "lineChart"


def test_too_many_columns_are_refused(monkeypatch):
    monkeypatch.setattr(_workbook, "MOST_COLUMNS", 3)
    book = Book()
    with pytest.raises(InputError, match="4 columns: a sheet takes 3"):
        book.put_block(book.add_sheet("one"), 0, [np.zeros(2)] * 4, ["0"] * 4)


def test_cells_are_cut_and_cleaned():
    assert cell_text("a" * 20_000) == "a" * 15_999 + "…"
    assert cell_text("a\uffffb\ufffe") == "ab"
    assert number_format(0.0) == number_format(np.nan) == "0"
    assert number_format(12.345) == "0.00"


def test_priors_are_put_in_words():
    assert prior_words("{") == "{"
    assert prior_words("[1]") == "[1]"
    assert prior_words("[" * 100_000).startswith("[[")
    assert (
        prior_words('{"distribution": "normal", "mu": 1, "truncation": [0, null]}')
        == "normal: mu = 1; truncated to [0, none]"
    )
    assert prior_words('{"by_prior_set": {"a": {"distribution": "x"}, "b": 1}}') == "a: x; b: 1"
    assert prior_words(f'{{"sample": {list(range(40))}}}').endswith("31, ... (40)]")


def test_tenths_of_tied_and_constant_parameters():
    y = np.arange(100.0)
    tied = np.repeat([0.0, 1.0], 50)
    found = tenths(np.array([tied, np.zeros(100)]), y[np.newaxis])
    assert found["low"][:, 0].tolist() == [24.5, 49.5]
    assert found["high"][:, 0].tolist() == [74.5, 49.5]
    (one,) = swings({"tied": tied, "still": np.zeros(100)}, y, 1, is_independent=False)
    assert (one.swing, one.low_end, one.high_end) == (50.0, 0.0, 1.0)
    assert np.isnan(one.mcse)
    assert swings({"tied": tied[:50]}, y[:50], 1, is_independent=True) == []


def test_the_error_of_a_swing_is_that_of_independent_chains():
    rng = np.random.default_rng(5)
    x = rng.standard_normal((200, 4000))
    y = x + rng.standard_normal(x.shape)
    found = [swings({"x": a}, b, 8, is_independent=True)[0] for a, b in zip(x, y, strict=True)]
    spread = np.std([one.high - one.low for one in found], ddof=1)
    # 200 swings: their spread is known to 5 %, the root mean square of 200 errors with 7 degrees of freedom to 3 %.
    np.testing.assert_allclose(np.sqrt(np.mean([one.mcse**2 for one in found])), spread, rtol=0.25)
