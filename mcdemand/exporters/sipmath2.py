"""SIPmath 2.0 workbook: a sheet `Library` of joint draws, one column and one workbook name for each SIP."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from mcdemand.errors import IntegrityError
from mcdemand.exporters._exporter import Exporter
from mcdemand.exporters._joint_columns import RESULT_DIGEST, Joint, chains_of, joint_tree, provenance
from mcdemand.exporters._restoring import reading
from mcdemand.exporters._selection import STATED, Column, Selection
from mcdemand.exporters._sheet_reading import Cells, open_sheets, sheet_names
from mcdemand.exporters._source import identifiers
from mcdemand.exporters._workbook import HEADER, MOST_ROWS, Book, cell_text, number_format
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.order_statistics import quantiles

LIBRARY = "Library"
RESERVED = ("pm_trials", "pm_lib_provenance", "pm_meta", "pm_meta_index", "pm_index")
ADDRESS = re.compile(r"[a-z]{1,3}[0-9]+|r[0-9]*(c[0-9]*)?|c[0-9]*")
"""What a spreadsheet reads as a cell, a row or a column, in both ways to write an address."""
LEVELS = (0.05, 0.5, 0.95)
META = ("name", "what it is", "unit", "year", "mean of these trials", "p5", "p50", "p95")
META_NAME, META_INDEX, INDEX, FIRST_SIP = 3, 4, 1, 2
META_ROW = 4
LEAST_WIDTH, MOST_WIDTH = 12, 34
TEXT_FORMAT = "General"
TRIALS = "PM_Trials"
ABOUT = re.compile(f"(?:^|; )({'|'.join((*STATED, 'draws_exported', RESULT_DIGEST))}) ")


class Layout(NamedTuple):
    """Rows of the sheet, from 0.

    Attributes
    ----------
    header, first, meta
        The names of the SIPs, their first trial, and the first row of metadata, below the last trial.
    """

    trials: int
    header: int
    first: int
    meta: int


def write(selection: Selection, target: Path, /) -> Iterable[str]:
    """Write the workbook.

    Raises
    ------
    InputError
        If there are more columns than a sheet has.

    Notes
    -----
    The layout is that of ProbabilityManagement.org's PySIPmath (`PySIP2library`): metadata lie below the trials in the
    same columns, `<sip>.MD` names trials and metadata together, and `PM_Meta_Index` says which of them each label of
    `PM_Meta` is.
    """
    book = Book()
    sheet = book.add_sheet(LIBRARY, fits=False)
    columns = selection.columns(most=MOST_ROWS)
    names = sip_names(one.label for one in columns)
    layout = _layout(len(columns[0].values))
    _put_library(book, sheet, selection, layout)
    _put_sips(book, sheet, columns, names, layout)
    _define_names(book, names, layout)
    book.save(target)
    return list(_notes(selection))


def _layout(trials: int) -> Layout:
    header = META_ROW + len(META) + 1
    return Layout(trials, header, header + 1, header + 1 + trials)


def sip_names(labels: Iterable[str]) -> list[str]:
    """Return a name for each label that a workbook takes and that is no address of a cell, all of them different.

    Examples
    --------
    >>> sip_names(["energy_2030", "AI2030", "R1C1", "PM_Trials", "c"])
    ['energy_2030', 'ai2030_', 'r1c1_', 'pm_trials_2', 'c_']
    """
    names = identifiers(labels, RESERVED)
    return [f"{name}_" if ADDRESS.fullmatch(name) else name for name in names]


def _put_library(book: Book, sheet: Any, selection: Selection, layout: Layout) -> None:
    """Write what the library is, and the list of metadata."""
    about = {key: value for key, value in selection.about().items() if key != "notices"}
    provenance = "; ".join(f"{key} {value}" for key, value in (about | {"draws_exported": layout.trials}).items())
    for row, key in enumerate((TRIALS, "PM_Lib_Provenance")):
        book.put(sheet, row, 0, key, bold=True)
    book.put(sheet, 0, 1, layout.trials, align="left")
    book.put(sheet, 1, 1, provenance)
    for column, text in ((META_NAME, "Meta Data"), (META_INDEX, "Index")):
        book.put(sheet, META_ROW - 1, column, text, **HEADER)
    for k, text in enumerate(META):
        book.put(sheet, META_ROW + k, META_NAME, text)
        book.put(sheet, META_ROW + k, META_INDEX, layout.trials + 1 + k, num_format="0")


def _put_sips(book: Book, sheet: Any, columns: list[Column], names: list[str], layout: Layout) -> None:
    """Write names, trials and metadata of the SIPs, beside the number of each trial."""
    sheet.set_column(0, 0, 20)
    sheet.set_column(INDEX, INDEX, 20)
    for place, (name, column) in enumerate(zip(names, columns, strict=True), FIRST_SIP):
        sheet.set_column(place, place, max(LEAST_WIDTH, min(len(name) + 2, MOST_WIDTH)))
        book.put(sheet, layout.header, place, name, **HEADER | {"text_wrap": False, "align": "right"})
        for row, (value, form) in enumerate(_meta(column), layout.meta):
            book.put(sheet, row, place, value, num_format=form, align="left" if isinstance(value, str) else "right")
    for row, text in enumerate(META, layout.meta):
        book.put(sheet, row, INDEX, text, bold=True)
    formats = ["0", *(number_format(one.values) for one in columns)]
    index = np.arange(1.0, layout.trials + 1)
    book.put_block(sheet, layout.first, [index, *(one.values for one in columns)], formats, start=INDEX)
    sheet.freeze_panes(layout.first, FIRST_SIP)


def _meta(column: Column) -> Iterator[tuple[str | float, str]]:
    """Yield the metadata of a SIP, each with its number format."""
    yield from ((text, TEXT_FORMAT) for text in (column.name, column.long_name, column.units))
    yield ("", TEXT_FORMAT) if column.year is None else (float(column.year), "0")
    for value in (float(column.values.mean()), *quantiles(column.values, LEVELS).tolist()):
        yield value, number_format(value)


def _define_names(book: Book, names: list[str], layout: Layout) -> None:
    last, meta_last = layout.first + layout.trials - 1, META_ROW + len(META) - 1
    ranges = {
        TRIALS: (0, 1, 0, 1),
        "PM_Lib_Provenance": (1, 1, 1, 1),
        "PM_Meta": (META_ROW, META_NAME, meta_last, META_NAME),
        "PM_Meta_Index": (META_ROW, META_INDEX, meta_last, META_INDEX),
    }
    for column, name in enumerate(names, FIRST_SIP):
        ranges[name] = (layout.first, column, last, column)
        ranges[f"{name}.MD"] = (layout.first, column, layout.meta + len(META) - 1, column)
    for name, place in ranges.items():
        book.define_name(name, LIBRARY, place)


def _notes(selection: Selection) -> Iterator[str]:
    if selection.draws > MOST_ROWS:
        yield f"{MOST_ROWS:,} of {selection.draws:,} draws are trials, the first of every chain: more are slow to open."
    labels = [one.label for one in selection.columns(most=1)]
    if renamed := [label for label, name in zip(labels, sip_names(labels), strict=True) if label != name]:
        yield (
            f"{len(renamed)} of {len(labels)} variables have another name as a SIP, such as "
            f"{cell_text(renamed[0])!r:.60}, as theirs is taken or no name for a workbook; the metadata state it."
        )


def claims(path: Path) -> bool:
    """Return whether a workbook is a library."""
    return LIBRARY in sheet_names(path)


def read(path: Path) -> xr.DataTree:
    """Return the trials of a library, with names, units and years as its metadata state them."""
    with reading(path), open_sheets(path) as book:
        layout, trials, around = _parts(path, book.rows(LIBRARY))
        rows = [around.get(layout.meta + k, {}) for k in range(len(META))]
        columns = [_joint(path, rows, place, np.array(one)) for place, one in enumerate(trials, FIRST_SIP)]
        attributes = _provenance(str(around.get(1, {}).get(1, "")))
        return joint_tree(path, columns, chains=chains_of(attributes), attributes=attributes)


def _parts(path: Path, rows: Iterable[tuple[int, Cells]]) -> tuple[Layout, list[array[float]], dict[int, Cells]]:
    """Return where what is, the trials of each SIP, and the rows above and below them."""
    table = iter(rows)
    place, first = next(table, (0, {}))
    count = first.get(1)
    if place or first.get(0) != TRIALS or not isinstance(count, float):
        raise IntegrityError(f"{path}: its sheet {LIBRARY} does not begin with {TRIALS} and their number")
    layout, trials, around = _layout(int(count)), list[array[float]](), {0: first}
    for place, row in table:
        if layout.first <= place < layout.meta:
            trials = trials or [array("d") for _ in row][1:]
            _add_trial(path, row, trials, place - layout.first + 1)
        else:
            around[place] = row
    above, below = (
        tuple(around.get(start + k, {}).get(column) for k in range(len(META)))
        for start, column in ((META_ROW, META_NAME), (layout.meta, INDEX))
    )
    if above != META:
        raise IntegrityError(f"{path}: a library of another program or version; one of --to sipmath2 is read back")
    if {len(one) for one in trials} != {layout.trials} or below != META:
        raise IntegrityError(f"{path}: cut short or damaged: trials or metadata are missing")
    return layout, trials, around


def _add_trial(path: Path, row: Cells, trials: list[array[float]], number: int) -> None:
    index, *values = row.values()
    whole = [*row] == [*range(INDEX, FIRST_SIP + len(trials))] and index == number
    if not whole or any(isinstance(value, str) for value in values):
        raise IntegrityError(f"{path}: cut short or damaged: trial {number} is not whole, or not in its place")
    for column, value in zip(trials, values, strict=True):
        column.append(float(value))


def _joint(path: Path, meta: list[Cells], place: int, values: Floats) -> Joint:
    """Return a SIP with what its metadata say."""
    name, long_name, units, year = (row.get(place, "") for row in meta[:4])
    if isinstance(year, str) and year:
        raise IntegrityError(f"{path}: damaged: {year!r:.60} is no year")
    about = {"units": str(units), "long_name": str(long_name)}
    return Joint(str(name), None if isinstance(year, str) else int(year), values, about)


def _provenance(text: str) -> dict[str, Any]:
    """Return what is stated as `title A; seed 0`; of a key that a text brings in, the last one counts."""
    parts = ABOUT.split(text)
    return provenance(dict(zip(parts[1::2], parts[2::2], strict=True)))


EXPORTER = Exporter(
    name="sipmath2",
    title="SIPmath 2.0 workbook of joint trials, for Excel",
    suffixes=(".xlsx",),
    keeps="joint draws",
    write=write,
    read_draws=read,
    claims=claims,
    has_parameters=True,
    library="xlsxwriter",
    extra="export",
)
