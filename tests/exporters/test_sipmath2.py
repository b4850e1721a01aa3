"""The SIPmath 2.0 workbook, read back by openpyxl through its defined names."""

import numpy as np
import openpyxl
import pytest

from mcdemand.errors import IntegrityError
from mcdemand.exporters import sipmath2
from mcdemand.exporters._selection import select
from mcdemand.report.text import literal
from mcdemand.result_files import read


@pytest.fixture
def write(tmp_path):
    """Write a library; return the workbook and the notes."""

    def written(result, **chosen):
        path = tmp_path / "library.xlsx"
        notes = list(sipmath2.write(select(result, **chosen), path))
        return openpyxl.load_workbook(path), notes

    return written


def values_of(book, name):
    """Return the values of a named range of one row or one column."""
    ((sheet, place),) = book.defined_names[name].destinations
    found = book[sheet][place.replace("$", "")]
    return [row[0].value for row in found] if isinstance(found, tuple) else found.value


def test_every_sip_is_a_name_for_its_trials(result, write):
    book, notes = write(result)
    assert notes == []
    assert book.sheetnames == ["Library"]
    assert values_of(book, "PM_Trials") == 1024
    provenance = values_of(book, "PM_Lib_Provenance")
    assert "prior_set consensus" in provenance
    assert "seed 11" in provenance
    for name, array in result["prior"].data_vars.items():
        np.testing.assert_array_equal(values_of(book, name), array.values.T.ravel())
    for name, array in result["prior_predictive"].data_vars.items():
        for year in array["year"].values.tolist():
            trials = values_of(book, f"{name}_{year}")
            np.testing.assert_array_equal(trials, array.sel(year=year).values.T.ravel())
    assert len(book.defined_names) == 4 + 2 * (len(result["prior"].data_vars) + 24)


def test_metadata_follow_the_trials(result, write):
    book, _ = write(result, outputs="energy_served")
    labels, places = values_of(book, "PM_Meta"), values_of(book, "PM_Meta_Index")
    column = values_of(book, "energy_served_2030.MD")
    found = {label: column[place - 1] for label, place in zip(labels, places, strict=True)}
    draws = result["prior_predictive"]["energy_served"].sel(year=2030).values
    assert column[:1024] == draws.T.ravel().tolist()
    assert len(column) == 1024 + len(labels)
    texts = [found[key] for key in ("name", "what it is", "unit", "year")]
    assert texts == ["energy_served", "AI electricity used in a year", "TWh", 2030]
    expected = [draws.mean(), *np.quantile(draws, (0.05, 0.5, 0.95))]
    np.testing.assert_allclose(
        [found[key] for key in ("mean of these trials", "p5", "p50", "p95")], expected, rtol=1e-13
    )


def test_the_sheet_has_headers_and_numbered_trials(result, write):
    sheet = write(result, outputs="energy_served", years=2030)[0]["Library"]
    assert [sheet["A1"].value, sheet["B1"].value, sheet["A2"].value] == ["PM_Trials", 1024, "PM_Lib_Provenance"]
    header = next(row for row in range(1, 40) if sheet.cell(row, 3).value == "energy_served_2030")
    assert [sheet.cell(header + k, 2).value for k in range(1, 1025)] == [*range(1, 1025)]


def test_fewer_trials_and_other_names_are_noted(result, write, monkeypatch):
    monkeypatch.setattr(sipmath2, "MOST_ROWS", 10)
    renamed = result.copy()
    renamed["prior"] = result["prior"].to_dataset().rename({"request_growth": "AI2030"})
    book, notes = write(renamed)
    assert "10 of 1,024 draws" in notes[0]
    assert "'AI2030'" in notes[1]
    assert values_of(book, "PM_Trials") == 10
    np.testing.assert_array_equal(values_of(book, "ai2030_"), result["prior"]["request_growth"].values.T.ravel()[:10])


def test_no_name_is_an_address():
    labels = [
        "AI2030",
        "R1C1",
        "r",
        "C",
        "rc",
        "R2C",
        "XFD1",
        "a1",
        "pm_trials",
        "PM_Meta",
        "true",
        "x.MD",
        "",
        "é",
        "9",
    ]
    names = sipmath2.sip_names([*labels, *labels])
    assert len({*names}) == 2 * len(labels)
    assert names[:5] == ["ai2030_", "r1c1_", "r_", "c_", "rc_"]
    for name in names:
        assert name.isidentifier()
        assert not sipmath2.ADDRESS.fullmatch(name)


def test_texts_of_strangers_stay_texts(poison, payload, write):
    book, _ = write(poison(payload))
    sheet = book["Library"]
    assert all(cell.data_type in "ns" and not cell.hyperlink for row in sheet.iter_rows() for cell in row)
    sips = [name for name in book.defined_names if not name.startswith("PM_") and not name.endswith(".MD")]
    assert len(sips) == 13
    column = values_of(book, f"{sips[0]}.MD")
    assert [text or "" for text in column[128:131]] == [literal(payload.replace("/", "|")), *[literal(payload)] * 2]


def test_two_libraries_have_the_same_bytes(result, tmp_path):
    paths = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    for path in paths:
        list(sipmath2.write(select(result, draws=128), path))
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"A1": "Trials"}, "does not begin with PM_Trials and their number"),
        ({"B1": "many"}, "does not begin with PM_Trials and their number"),
        ({"B1": 9}, "cut short or damaged"),
        ({"B1": 7}, "cut short or damaged"),
        ({"D5": "title"}, "a library of another program or version"),
        ({"B16": 7}, "trial 2 is not whole, or not in its place"),
        ({"C16": "7"}, "trial 2 is not whole, or not in its place"),
        ({"B23": "title"}, "trials or metadata are missing"),
        ({"C26": "soon"}, "'soon' is no year"),
        ({"C26": 2035}, "two columns are called 'energy_served' in 2035"),
    ],
)
def test_a_changed_library_is_refused(result, tmp_path, cells, words):
    path = tmp_path / "library.xlsx"
    list(sipmath2.write(select(result, outputs="energy_served", years=[2030, 2035], draws=8), path))
    book = openpyxl.load_workbook(path)
    assert (book["Library"]["B15"].value, book["Library"]["B23"].value, book["Library"]["C26"].value) == (
        1,
        "name",
        2030,
    )
    for place, value in cells.items():
        book["Library"][place].value = value
    book.save(path)
    with pytest.raises(IntegrityError, match=words) as caught:
        read(path)
    assert "\n" not in str(caught.value)
