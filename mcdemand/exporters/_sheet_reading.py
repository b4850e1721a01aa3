"""Sheets of a stranger's workbook, row by row: numbers and texts only, no formula, no entity, no other file."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.parsers import expat

from mcdemand.errors import IntegrityError
from mcdemand.exporters._joint_columns import number
from mcdemand.exporters._restoring import most_bytes
from mcdemand.exporters._workbook import MOST_COLUMNS
from mcdemand.reading import MAX_BYTES

MOST_ROWS = 2**20
MAX_PARTS = 10_000
MAX_TEXT_BYTES = 2**26
"""Of a list of sheets, and of all texts: those stay in memory."""
CHUNK = 2**16
WORKBOOK, LINKS, TEXTS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/sharedStrings.xml"
PACKED = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
REFERENCE = re.compile(r"([A-Z]{1,3})\d{1,7}", re.ASCII)
ESCAPED = re.compile("_x005F_(?=x[0-9A-Fa-f]{4}_)")
"""An underline that would begin the code of a character."""
ENCRYPTED = 1

type Cells = dict[int, str | float]
"""The cells of a row that are not empty, by column from 0."""


class Sheets:
    """A workbook whose sheets can be read."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self._path, self._archive = path, archive
        self._left = most_bytes(path)
        if len(archive.namelist()) > MAX_PARTS:
            raise IntegrityError(f"{path}: refused, it is an archive of more than {MAX_PARTS} files")
        links = {
            one["Id"]: one["Target"] for one in self._tags(LINKS, "Relationship") if {"Id", "Target"} <= one.keys()
        }
        self._places = {
            one.get("name", ""): _place(links.get(_identity(one), "")) for one in self._tags(WORKBOOK, "sheet")
        }
        self._texts: list[str] | None = None

    @property
    def names(self) -> list[str]:
        """Names of the sheets."""
        return list(self._places)

    def rows(self, name: str) -> Iterator[tuple[int, Cells]]:
        """Yield the rows of a sheet that are not empty, each with its number from 0; none of a sheet that is not there.

        A damaged sheet is known for one only when it has been read to its end.

        Raises
        ------
        IntegrityError
            If it is not what a sheet is, or would unpack to too much.
        """
        if name not in self._places:
            return
        handlers = _Rows(self._path, self._shared())
        yield from self._parsed(self._places[name], handlers)

    def _shared(self) -> list[str]:
        """Return the texts that cells point at."""
        if self._texts is None:
            present = TEXTS in self._archive.namelist()
            self._texts = list(self._parsed(TEXTS, _Texts(), MAX_TEXT_BYTES)) if present else []
        return self._texts

    def _tags(self, part: str, name: str) -> list[dict[str, str]]:
        return list(self._parsed(part, _Tags(name), MAX_TEXT_BYTES))

    def _parsed(self, part: str, handlers: _Handlers, most: int = MAX_BYTES) -> Iterator[Any]:
        """Yield what handlers find in a part of the archive."""
        info = self._archive.getinfo(part)
        self._left -= info.file_size
        if self._left < 0 or info.file_size > most or info.compress_type not in PACKED or info.flag_bits & ENCRYPTED:
            raise IntegrityError(
                f"{self._path}: refused, {part:.60} would unpack to {info.file_size} bytes, or is locked"
            )
        parser = handlers.parser()
        # The archive gives no more than the size that it states, and a sum is checked at the end.
        with self._archive.open(info) as stream:
            while chunk := stream.read(CHUNK):
                parser.Parse(chunk)
                yield from handlers.take()
        parser.Parse(b"", True)
        yield from handlers.take()


@contextmanager
def open_sheets(path: Path) -> Iterator[Sheets]:
    """Open a workbook.

    Raises
    ------
    IntegrityError
        If it would unpack to too much.
    """
    # An archive keeps its file open as long as a sheet of it is being read, whatever comes between.
    with path.open("rb") as file, zipfile.ZipFile(file) as archive:
        yield Sheets(path, archive)


def sheet_names(path: Path) -> list[str]:
    """Return the names of a workbook's sheets; none if it cannot be read."""
    try:
        with open_sheets(path) as book:
            return book.names
    except Exception:  # Whatever is wrong with it, it is no workbook; who reads it says what.
        return []


class _Handlers:
    """What is done with tags; none of a document type, which could name other files and grow without bounds."""

    def __init__(self) -> None:
        self._found: list[Any] = []
        self._text: list[str] | None = None

    def parser(self) -> Any:
        made = expat.ParserCreate(namespace_separator=" ")
        made.buffer_text = True
        made.StartDoctypeDeclHandler = made.EntityDeclHandler = _refuse
        made.StartElementHandler = lambda tag, given: self.start(tag.rpartition(" ")[2], given)
        made.EndElementHandler = lambda tag: self.end(tag.rpartition(" ")[2])
        made.CharacterDataHandler = self._add
        return made

    def take(self) -> list[Any]:
        """Return what was found since the last time."""
        found, self._found = self._found, []
        return found

    def start(self, tag: str, given: dict[str, str], /) -> None:
        """Take note of a tag."""

    def end(self, tag: str) -> None:
        """Take note of a tag's end."""

    def _add(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _taken(self) -> str:
        """Return the text since the last tag that has one, and listen no more."""
        text, self._text = "".join(self._text or ()), None
        return text


def _refuse(*_: Any) -> None:
    raise ValueError("it declares a document type or an entity, which no workbook does")


class _Tags(_Handlers):
    """Yields the attributes of tags of a name."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def start(self, tag: str, given: dict[str, str], /) -> None:
        if tag == self._name:
            self._found.append(given)


class _Texts(_Handlers):
    """Yields the shared texts, each of all its runs."""

    def __init__(self) -> None:
        super().__init__()
        self._runs: list[str] = []

    def start(self, tag: str, _given: dict[str, str], /) -> None:
        if tag == "t":
            self._text = []

    def end(self, tag: str) -> None:
        if tag == "t":
            self._runs.append(self._taken())
        elif tag == "si":
            self._found.append("".join(self._runs))
            self._runs = []


class _Rows(_Handlers):
    """Yields rows."""

    def __init__(self, path: Path, shared: list[str]) -> None:
        super().__init__()
        self._path, self._shared = path, shared
        self._number, self._column, self._kind, self._content = -1, -1, "", ""
        self._row: Cells = {}

    def start(self, tag: str, given: dict[str, str], /) -> None:
        if tag == "c":
            self._begin(given)
        elif tag in ("v", "t"):
            self._text = []
        elif tag == "row":
            at = int(given.get("r", self._number + 2)) - 1
            self._check(self._number < at < MOST_ROWS, "its rows are out of order")
            self._number, self._column, self._row = at, -1, {}
        elif tag == "f":
            self._check(False, "a cell is a formula, and nothing is computed here")

    def _begin(self, given: dict[str, str]) -> None:
        """Take note of a cell."""
        place = REFERENCE.fullmatch(given["r"]) if "r" in given else None
        column = _column(place[1]) if place else self._column + 1
        self._check(self._column < column < MOST_COLUMNS, "its cells are out of order")
        self._column, self._kind, self._content = column, given.get("t", "n"), ""

    def end(self, tag: str) -> None:
        if tag in ("v", "t"):
            self._content += self._taken()
        elif tag == "c" and self._content:
            self._row[self._column] = self._value()
        elif tag == "row":
            self._found.append((self._number, self._row))

    def _value(self) -> str | float:
        if self._kind == "n":
            return number(self._content)
        if self._kind == "s":
            place = int(self._content)
            self._check(0 <= place < len(self._shared), "a cell points at a text that is not there")
            return ESCAPED.sub("_", self._shared[place])
        self._check(self._kind in ("str", "inlineStr"), "a cell is neither a number nor a text")
        return ESCAPED.sub("_", self._content)

    def _check(self, sound: bool, problem: str) -> None:
        if not sound:
            raise IntegrityError(f"{self._path}: refused, {problem} (row {self._number + 1})")


def _column(letters: str) -> int:
    """Return the place of a column, from 0."""
    place = 0
    for letter in letters:
        place = 26 * place + ord(letter) - ord("A") + 1
    return place - 1


def _identity(given: dict[str, str]) -> str:
    """Return what a sheet's link is called; the name has a namespace before it."""
    return next((value for key, value in given.items() if key.rpartition(" ")[2] == "id"), "")


def _place(target: str) -> str:
    """Return where in the archive a link leads to."""
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
