"""Workbooks of strangers: bombs, entities, formulas and damage are refused; what other programs save again is read."""

import re
import resource
import time
import zipfile

import numpy as np
import openpyxl
import pytest

import mcdemand as mc
from mcdemand.exporters import _sheet_reading
from mcdemand.exporters._sheet_reading import open_sheets, sheet_names
from mcdemand.exporting import export
from mcdemand.result_files import read

DRAWS, LIBRARY, TEXTS, BOOK = (
    "xl/worksheets/sheet4.xml",
    "xl/worksheets/sheet1.xml",
    "xl/sharedStrings.xml",
    "xl/workbook.xml",
)
LAUGHS = "".join(f'<!ENTITY a{k} "{f"&a{k - 1};" * 10}">' for k in range(1, 10))


@pytest.fixture(params=["excel", "sipmath2"])
def book(result, tmp_path, request):
    return export(result, tmp_path / "a.xlsx", request.param, outputs="energy_served", years=2030, draws=40).path


@pytest.fixture
def excel(result, tmp_path):
    return export(result, tmp_path / "a.xlsx", outputs="energy_served", years=[2030, 2031], draws=40).path


def sheet_of(path):
    """Return the part that the draws are in."""
    return LIBRARY if "Library" in sheet_names(path) else sheet_place(path, "draws")


def sheet_place(path, name):
    number = re.findall(r'<sheet name="(\w+)"', part_of(path, BOOK)).index(name) + 1
    return f"xl/worksheets/sheet{number}.xml"


def part_of(path, part):
    with zipfile.ZipFile(path) as file:
        return file.read(part).decode()


def change(path, part, made, **options):
    """Write an archive again with a part changed."""
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    parts[part] = made(parts[part].decode()).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **options) as file:
        for name, content in parts.items():
            file.writestr(name, content)


def refused(path, words):
    with pytest.raises(mc.IntegrityError, match=words) as caught:
        read(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("part", ["draws", TEXTS, BOOK])
def test_a_bomb_is_refused_before_it_is_unpacked(book, part):
    place = sheet_of(book) if part == "draws" else part
    change(book, place, lambda text: text + " " * 120_000_000)
    assert book.stat().st_size < 1_000_000
    started, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused(book, "refused, .* would unpack to 12|it has no sheet|has no sheet")
    assert time.process_time() - started < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_a_stated_size_is_not_believed(book):
    place = sheet_of(book)
    change(book, place, lambda text: text.replace("</sheetData>", " " * 3_000_000 + "</sheetData>"))
    raw = bytearray(book.read_bytes())
    with zipfile.ZipFile(book) as file:
        stated = file.getinfo(place).file_size
    raw = bytes(raw).replace(stated.to_bytes(4, "little"), (100_000).to_bytes(4, "little"))
    book.write_bytes(raw)
    refused(book, "cut short or damaged")


@pytest.mark.parametrize(
    "declared",
    [
        f'<!DOCTYPE a [<!ENTITY a0 "ha">{LAUGHS}]>',
        '<!DOCTYPE a [<!ENTITY secret SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">',
        '<!DOCTYPE a [<!ENTITY % b "c"> %b;]>',
    ],
)
@pytest.mark.parametrize("part", ["draws", TEXTS])
def test_a_document_type_is_refused(book, part, declared):
    place = sheet_of(book) if part == "draws" else part
    change(book, place, lambda text: re.sub(r"(<\?xml.*?\?>\s*)", lambda head: head[1] + declared, text, count=1))
    refused(book, "declares a document type or an entity")


def test_a_type_in_the_list_of_sheets_makes_it_no_workbook(book):
    change(book, BOOK, lambda text: text.replace("?>", "?><!DOCTYPE a []>", 1))
    assert sheet_names(book) == []
    refused(book, "declares a document type or an entity")


@pytest.mark.parametrize(
    ("pattern", "made", "words"),
    [
        (r"<v>[^<]*</v></c></row></sheetData>", "<f>1+1</f><v>2</v></c></row></sheetData>", "is a formula"),
        (r"(<row r=\")5\"", r'\g<1>4"', "rows are out of order"),
        (r"(<row r=\")5\"", r'\g<1>9999999"', "rows are out of order"),
        (r"<c r=\"C30\"", '<c r="A30"', "cells are out of order|cut short or damaged"),
        (r"<c r=\"C30\"", '<c r="ZZZ30"', "cells are out of order|cut short or damaged"),
        (r"<c r=\"C(?=30\")", '<c t="b" r="C', "neither a number nor a text"),
        (r"(<c r=\"C30\"[^>]*><v>)", r"\1nan", "is no number"),
        (r"(<c r=\"C30\"[^>]*><v>)[^<]*", r"\g<1>1e999", "draws that are no numbers"),
        (r"(<c r=\"C30\"[^>]*><v>)[^<]*", r"\1", "lacks a number|not whole"),
        (r"<row r=\"30\".*?</row>", "", "sorted anew or changed|trials or metadata are missing"),
        (r"<sheetData>", "<sheetData", "cut short or damaged"),
        (r"</sheetData>.*", "", "cut short or damaged"),
        (r"(<c r=\"C30\"[^>]*?)><v>[^<]*", r'\1 t="s"><v>0', "lacks a number|not whole"),
        (r"(<c r=\"C30\"[^>]*?)><v>[^<]*", r'\1 t="s"><v>99999', "points at a text that is not there"),
    ],
)
def test_a_changed_sheet_is_refused(book, pattern, made, words):
    place = sheet_of(book)
    before = part_of(book, place)
    change(book, place, lambda text: re.sub(pattern, made, text, count=1, flags=re.DOTALL))
    assert part_of(book, place) != before
    refused(book, words)


def test_a_locked_or_oddly_packed_or_crowded_archive_is_refused(book, monkeypatch):
    whole = book.read_bytes()
    locked = bytearray(whole)
    for at in (at.start() for at in re.finditer(b"PK\x01\x02", whole)):
        locked[at + 8] |= 1
    book.write_bytes(locked)
    refused(book, "or is locked")
    with zipfile.ZipFile(book, "w", zipfile.ZIP_LZMA) as file:
        file.writestr("xl/_rels/workbook.xml.rels", "<a/>")
    refused(book, "or is locked")
    book.write_bytes(whole)
    monkeypatch.setattr(_sheet_reading, "MAX_PARTS", 3)
    refused(book, "an archive of more than 3 files")


def test_links_lead_nowhere_else(book):
    change(book, "xl/_rels/workbook.xml.rels", lambda text: text.replace('"worksheets/', '"../../worksheets/'))
    refused(book, "There is no item named")
    change(book, "xl/_rels/workbook.xml.rels", lambda text: text.replace("Id=", "Nr="))
    refused(book, "There is no item named")


def test_another_program_may_save_it_again(result, excel):
    before = read(excel)
    book = openpyxl.load_workbook(excel)
    book["draws"]["C3"].value = 12.5
    book.save(excel)
    again = read(excel)
    assert again.attrs == before.attrs
    array = again["prior_predictive"]["energy_served"]
    assert array.values[0, 0, 0] == 12.5
    wanted = result["prior_predictive"]["energy_served"].sel(year=[2030, 2031]).values[:, :10]
    # It writes 16 digits.
    np.testing.assert_allclose(array.values[1:], wanted[1:], rtol=1e-15)
    assert array.attrs == before["prior_predictive"]["energy_served"].attrs


def test_texts_stand_in_cells_or_beside_them(tmp_path):
    path = tmp_path / "a.xlsx"
    rows = (
        '<row><c t="inlineStr"><is><r><t>a</t></r><r><t>b &amp; c</t></r></is></c><c t="s"><v>0</v></c><c/>'
        "<c><v>-1e-3</v></c></row>"
        '<row r="4"><c r="B4" t="str"><v>_x005F_x0041_</v></c></row><row/>'
    )
    parts = {
        BOOK: '<workbook xmlns:r="x"><sheets><sheet name="one" r:id="k"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="k" Target="/xl/here.xml"/></Relationships>',
        "xl/here.xml": f"<worksheet><sheetData>{rows}</sheetData></worksheet>",
        TEXTS: "<sst><si><r><t>two</t></r><r><t> runs</t></r></si></sst>",
    }
    with zipfile.ZipFile(path, "w") as file:
        for name, text in parts.items():
            file.writestr(name, text)
    with open_sheets(path) as book:
        assert book.names == ["one"]
        assert list(book.rows("one")) == [(0, {0: "ab & c", 1: "two runs", 3: -0.001}), (3, {1: "_x0041_"}), (4, {})]
        assert list(book.rows("none")) == []
    refused(path, "has no sheet draws; of workbooks those of --to excel and --to sipmath2 are read back")


def test_a_name_that_looks_like_a_code_is_kept(result, tmp_path):
    tree = result.copy()
    tree["prior_predictive"] = result["prior_predictive"].to_dataset().rename(energy_served="a_x0041_b")
    for to in ("excel", "sipmath2"):
        path = export(tree, tmp_path / f"{to}.xlsx", to, outputs="a_x0041_b", years=2030, draws=40).path
        assert list(read(path)["prior_predictive"].data_vars) == ["a_x0041_b"]


@pytest.mark.parametrize(
    ("change_cells", "words"),
    [
        ({"A1": "when"}, "does not begin with chain and draw"),
        ({"A5": 3}, "sorted anew or changed"),
        ({"Z1": "more"}, "a column without numbers"),
        ({"D1": "energy_served_2030"}, "two columns are called 'energy_served' in 2030"),
    ],
)
def test_a_sheet_of_draws_is_as_it_was_written(excel, change_cells, words):
    book = openpyxl.load_workbook(excel)
    for place, value in change_cells.items():
        book["draws"][place].value = value
    book.save(excel)
    refused(excel, words)


def test_a_sheet_of_draws_alone_tells_by_its_labels(excel, result):
    book = openpyxl.load_workbook(excel)
    for name in book.sheetnames:
        if name != "draws":
            del book[name]
    book.save(excel)
    found = read(excel)
    wanted = result["prior_predictive"]["energy_served"].sel(year=[2030, 2031]).values[:, :10]
    np.testing.assert_allclose(found["prior_predictive"]["energy_served"], wanted, rtol=1e-15)
    assert found["prior_predictive"]["energy_served"].attrs == {"units": "TWh"}
    assert found.attrs == {}
    sheet = openpyxl.load_workbook(excel)
    sheet["draws"].delete_rows(3, 60)
    sheet.save(excel)
    refused(excel, "a column without numbers")


def test_groups_are_those_that_the_sheets_state(result, tmp_path):
    named = result.copy()
    named["prior"] = result["prior"].to_dataset().rename({"request_growth": "energy_served_2030"})
    chosen = {"outputs": ["energy_served", "energy_served_2030"], "years": 2030, "draws": 40}
    found = read(export(named, tmp_path / "a.xlsx", **chosen).path)
    assert list(found["prior_predictive"].data_vars) == ["energy_served"]
    assert list(found["prior"].data_vars) == ["energy_served_2030"]
    assert found["prior"]["energy_served_2030"].attrs["source"] == result["prior"]["request_growth"].attrs["source"]
    found = read(export(result, tmp_path / "b.xlsx", outputs="request_growth", draws=40).path)
    assert (list(found.children), list(found["prior"].data_vars)) == (["prior"], ["request_growth"])
    still = result.copy()
    mean = result["prior_predictive"].to_dataset()[["energy_served"]].mean("year", keep_attrs=True)
    still["prior_predictive"] = mean.transpose("chain", "draw")
    found = read(export(still, tmp_path / "c.xlsx", outputs="energy_served", draws=40).path)
    np.testing.assert_array_equal(found["prior_predictive"]["energy_served"], mean["energy_served"].values[:, :10])


def test_notices_and_numbers_of_a_run_come_back(result, tmp_path):
    told = result.copy()
    told.attrs |= {"notices": "one\ntwo", "seed": 2**60, "title": "\x07"}
    found = read(export(told, tmp_path / "a.xlsx", outputs="energy_served", years=2030, draws=40).path)
    assert found.attrs["notices"] == "one\ntwo"
    # A cell does not hold so many digits, and no seed is better than another one.
    assert "seed" not in found.attrs
    assert (found.attrs["draws"], found.attrs["draws_kept"]) == (1024, 40)
