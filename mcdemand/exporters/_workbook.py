"""Excel workbooks in which nothing runs: texts are texts, numbers are numbers; the same result gives the same bytes."""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import batched
from pathlib import Path
from textwrap import wrap
from typing import Any, NamedTuple

import numpy as np

from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats
from mcdemand.report.text import literal

MOST_ROWS = 10_000
"""Draws in a workbook: spreadsheets take far more rows, and seconds for each further million of cells."""
MOST_COLUMNS = 16_384
LONGEST_TEXT = 16_000
"""Characters; a cell takes 32,767 units of 16 bits, and a character may need two of them."""
DIGITS, DIGITS_OF_ERROR = 4, 2
PLAIN_EXPONENTS = range(-4, 7)
# Excel says when a file was made; the clock would make every file another one.
CREATED = datetime(2000, 1, 1)
OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
HEADER = {"bold": True, "bg_color": "#dce6f1", "bottom": 1, "text_wrap": True, "valign": "top"}
LINE_HEIGHT, MOST_LINES = 15, 27
"""Points; no row may be higher than 409 of them."""
ROWS_AT_ONCE = 256
CELL = re.compile(r'<c r="([A-Z]+)\d+"((?: s="\d+")?)')
BYTES_PER_CELL, LARGE = 48, 2**31
COMPRESSED: dict[str, Any] = {"compression": zipfile.ZIP_DEFLATED, "compresslevel": 1}

type Array = np.ndarray[Any, Any]


class Block(NamedTuple):
    """Rows of numbers whose first and last one are in a sheet already, with their formats.

    Attributes
    ----------
    sheet
        Place of the sheet in the workbook, from 0.
    first
        Row of the first numbers, from 0.
    """

    sheet: int
    first: int
    columns: Sequence[Array]

    @property
    def is_large(self) -> bool:
        """Whether its sheet may be too large for a plain archive."""
        return len(self.columns) * len(self.columns[0]) * BYTES_PER_CELL > LARGE


class Book:
    """A workbook that is being written."""

    def __init__(self) -> None:
        import xlsxwriter

        self._buffer = io.BytesIO()
        self.workbook = xlsxwriter.Workbook(self._buffer, OPTIONS)
        self.workbook.set_properties({"created": CREATED})
        self._styles: dict[str, Any] = {}
        self._blocks: list[Block] = []

    def style(self, **properties: Any) -> Any:
        """Return a format, the same one for the same properties."""
        key = repr(sorted(properties.items()))
        if key not in self._styles:
            self._styles[key] = self.workbook.add_format({"valign": "top"} | properties)
        return self._styles[key]

    def add_sheet(self, name: str, *, fits: bool = True) -> Any:
        """Return a new sheet, which prints as wide as a page if it fits on one."""
        sheet = self.workbook.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(9)
        if fits:
            sheet.fit_to_pages(1, 0)
        return sheet

    def put(self, sheet: Any, row: int, column: int, value: str | float, **properties: Any) -> None:
        """Write a text, or a number; one that is NaN or infinite leaves the cell empty."""
        style = self.style(**properties)
        if isinstance(value, str):
            text = cell_text(value)
            sheet.write_string(row, column, text, style) if text else sheet.write_blank(row, column, None, style)
        elif math.isfinite(value):
            sheet.write_number(row, column, value, style)
        else:
            sheet.write_blank(row, column, None, style)

    def put_row(
        self, sheet: Any, row: int, values: Sequence[str | float], widths: Sequence[float], **style: Any
    ) -> None:
        """Write a row that is as high as its longest text needs, broken into lines."""
        for column, value in enumerate(values):
            self.put(sheet, row, column, value, text_wrap=True, **style)
        sheet.set_row(row, LINE_HEIGHT * lines_of(values, widths))

    def put_header(
        self, sheet: Any, row: int, texts: Sequence[str], widths: Sequence[float], numbers: Collection[int] = ()
    ) -> None:
        """Write the names of columns, those of numbers on the right, and set how wide those are, in characters."""
        for column, (text, width) in enumerate(zip(texts, widths, strict=True)):
            place = {"align": "right"} if column in numbers else {"indent": int(column - 1 in numbers)}
            self.put(sheet, row, column, text, **HEADER, **place)
            sheet.set_column(column, column, width)
        sheet.set_row(row, LINE_HEIGHT * lines_of(texts, widths))

    def put_block(
        self, sheet: Any, first: int, columns: Sequence[Array], formats: Sequence[str], start: int = 0
    ) -> None:
        """Write columns of numbers, from a row and a column on, alone in their rows; every bit of them is kept.

        Raises
        ------
        InputError
            If there are more columns than a sheet has.
        """
        if start + len(columns) > MOST_COLUMNS:
            raise InputError(
                f"outputs: {len(columns)} columns: a sheet takes {MOST_COLUMNS:,}; name fewer outputs or years"
            )
        last = len(columns[0]) - 1
        for k in {0, last}:
            for place, (column, form) in enumerate(zip(columns, formats, strict=True), start):
                self.put(sheet, first + k, place, float(column[k]), num_format=form)
        self._blocks.append(Block(sheet.index, first, columns))

    def define_name(self, name: str, sheet: str, place: tuple[int, int, int, int]) -> None:
        """Give a name to a range: its first row and column, its last row and column, from 0."""
        from xlsxwriter.utility import xl_range_abs

        self.workbook.define_name(name, f"={sheet}!{xl_range_abs(*place)}")

    def save(self, target: Path) -> None:
        """Write the file."""
        self.workbook.close()
        blocks = {f"xl/worksheets/sheet{one.sheet + 1}.xml": one for one in self._blocks}
        # Digits hardly shrink further at a higher level, which takes three times as long. An archive's own `open`,
        # unlike `writestr`, does not look at the clock.
        with zipfile.ZipFile(self._buffer) as made, zipfile.ZipFile(target, "w", **COMPRESSED) as file:
            for name in made.namelist():
                text, block = made.read(name), blocks.get(name)
                with file.open(name, "w", force_zip64=block is not None and block.is_large) as part:
                    part.writelines([text] if block is None else _filled(text.decode(), block))


def _filled(sheet: str, block: Block) -> Iterator[bytes]:
    """Yield a sheet with all rows of a block: the library takes ten times as long, and keeps 16 digits only."""
    last = block.first + len(block.columns[0])
    start = sheet.index(f'<row r="{block.first + 1}"')
    stop = sheet.index("</row>", sheet.index(f'<row r="{last}"')) + len("</row>")
    cells = CELL.findall(sheet[start : sheet.index("</row>", start)])
    row = "".join(f'<c r="{letters}#"{style}><v>%r</v></c>' for letters, style in cells)
    yield sheet[:start].encode()
    yield from (text.encode() for text in _rows(f'<row r="#">{row}</row>', block))
    yield sheet[stop:].encode()


def _rows(row: str, block: Block) -> Iterator[str]:
    size = len(block.columns[0])
    for numbers in batched(range(size), ROWS_AT_ONCE):
        table = np.stack([column[numbers[0] : numbers[-1] + 1] for column in block.columns], axis=1, dtype=np.float64)
        lines = zip(numbers, table.tolist(), strict=True)
        yield "".join(row.replace("#", str(block.first + 1 + k)) % tuple(line) for k, line in lines)


def lines_of(values: Sequence[str | float], widths: Sequence[float]) -> int:
    """Return the lines of the text of a row that has most of them, where texts break at the widths."""
    texts = zip(values, widths, strict=True)
    # A letter is about as wide as a digit, which is what widths count.
    counts = (len(wrap(cell_text(text), max(int(width), 4))) for text, width in texts)
    return min(max(counts, default=1) or 1, MOST_LINES)


def cell_text(text: object) -> str:
    """Return a text as a cell shows it: on one line, without what is no character, cut where a cell ends."""
    shown = "".join(one for one in literal(text) if ord(one) & 0xFFFE != 0xFFFE)
    return shown if len(shown) <= LONGEST_TEXT else f"{shown[: LONGEST_TEXT - 1]}…"


def number_format(values: Floats | float, digits: int = DIGITS) -> str:
    """Return the format that shows so many digits of a typical value; whole numbers as such.

    Examples
    --------
    >>> number_format(1234.5), number_format(0.1234), number_format(1.5e9), number_format(np.array([1.0, 2.0]))
    ('#,##0', '0.0000', '0.000E+00', '0')
    """
    sizes = np.abs(np.atleast_1d(np.asarray(values, dtype=np.float64)))
    sizes = sizes[np.isfinite(sizes) & (sizes > 0)]
    if not sizes.size:
        return "0"
    exponent = math.floor(math.log10(float(np.median(sizes))))
    if exponent not in PLAIN_EXPONENTS:
        return f"0.{'0' * (digits - 1)}E+00"
    whole = "#,##0" if float(sizes.max()) >= 1000 else "0"
    decimals = 0 if np.all(sizes == np.round(sizes)) else max(0, digits - 1 - exponent)
    return f"{whole}.{'0' * decimals}" if decimals else whole
