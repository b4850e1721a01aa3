"""Samples from columns of a file, so that they need not stand in the prior set.

An empirical row says `samples = { file = "x.csv", column = "y" }`, an empirical group
`samples = { file = "x.csv", columns = ["y", "z"] }`; the file lies in the folder of the prior set, or below it. A group
that states no samples has those of its members.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Mapping, Sequence
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath
from typing import Any

from mcdemand.errors import FileError, InputError
from mcdemand.files import read_text
from mcdemand.registry import nearest

MOST_SAMPLES = 100_000
MAX_BYTES = 20_000_000
MAX_DEPTH = 20
KEYS, KEYS_OF_MANY = {"file", "column"}, {"file", "columns"}
MOST_COLUMNS = 200
JOINT = "empirical"
MOST_OF_A_REASON = 200
DELIMITERS = ",;\t"


def with_samples(content: Any, folder: Traversable, label: str, key: str, depth: int = 0) -> Any:
    """Return a row of a prior set, with the samples of files in place of their names.

    Parameters
    ----------
    content
        A table, a list or a value of a row; tables with the key `samples` may stand at any depth.
    folder
        Where the prior set lies.
    label, key
        The prior set, and where the content stands in it, for messages.

    Raises
    ------
    InputError
        If a table of samples is not one of file and column, or the column holds no numbers.
    FileError
        If a file is not there or cannot be read.
    """
    if depth > MAX_DEPTH:
        return content
    if isinstance(content, list):
        return [
            with_samples(one, folder, label, f"{key}[{k} of {len(content)}]", depth + 1)
            for k, one in enumerate(content, start=1)
        ]
    if not isinstance(content, Mapping):
        return content
    return {
        name: read_samples(value, folder, label, f"{key}.samples")
        if name == "samples" and isinstance(value, Mapping)
        else with_samples(value, folder, label, f"{key}.{ascii(name)[1:-1]}", depth + 1)
        for name, value in content.items()
    }


def with_joint_samples(content: Mapping[str, Any], groups: str) -> None:
    """Give the empirical groups of a prior set that state no samples those of their members, row by row, in place.

    So what is drawn together stays so when another law is put into a member's row later. A group some of whose members
    are not empirical, or have another number of samples, stays as it is.

    Parameters
    ----------
    groups
        The key of the list of groups.
    """
    stated, rows = content.get(groups), content.get("parameters")
    if not isinstance(stated, list) or not isinstance(rows, Mapping):
        return
    for group in stated:
        if not isinstance(group, dict) or group.get("family") != JOINT or "samples" in group:
            continue
        members = group.get("members")
        found = [_samples_of(rows.get(str(name))) for name in members] if isinstance(members, list) else []
        if found and all(found) and len({*map(len, found)}) == 1:
            group["samples"] = found


def _samples_of(row: Any) -> list[Any]:
    if not isinstance(row, Mapping) or row.get("distribution") != "empirical":
        return []
    samples = row.get("samples")
    return list(samples) if isinstance(samples, list) else []


def read_samples(stated: Mapping[str, Any], folder: Traversable, label: str, key: str = "samples") -> list[Any]:
    r"""Return the numbers in a column of a CSV or a Parquet file, or those of some columns, a list each.

    Raises
    ------
    InputError
        If the table or the column is not what it should be.
    FileError
        If the file is not there or cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "x.csv").write_text("a,b\n1,2\n3,4.5\n")
    ...     read_samples({"file": "x.csv", "column": "b"}, Path(folder), "my.toml")
    [2.0, 4.5]
    """
    if not isinstance(stated.get("file"), str) or stated.keys() not in (KEYS, KEYS_OF_MANY) or not _columns(stated):
        raise InputError(
            f'{label}: {key}: {dict(stated)!r:.80}: must be {{ file = "name.csv", column = "name" }}, of a group '
            'columns = ["name", "name"]'
        )
    name = stated["file"]
    place = find_beside(name, folder, label, key, (".csv", ".parquet"))
    found = read_columns(place, _columns(stated), f"{label}: {key}: {name}")
    return found if "columns" in stated else found[0]


def _columns(stated: Mapping[str, Any]) -> list[str]:
    """Return the columns that are named; none if they are not texts, or too many."""
    columns: Any = stated["columns"] if "columns" in stated else [stated.get("column")]
    is_sound = isinstance(columns, list) and len(columns) <= MOST_COLUMNS
    return [*columns] if is_sound and all(isinstance(one, str) for one in columns) else []


def read_columns(place: Path | Traversable, columns: Sequence[str], where: str) -> list[list[float]]:
    """Return the numbers in some columns of a CSV or a Parquet file, a list each.

    Raises
    ------
    InputError
        If a column is not there, or holds anything but finite numbers; the message starts with `where`.
    FileError
        If the file cannot be read.
    """
    read = _of_parquet if place.name.lower().endswith(".parquet") else _of_csv
    found = read(place, columns, where)
    if not found or not found[0]:
        raise InputError(f"{where}: column {columns[0]!r:.80}: holds no numbers")
    return found


def column_names(place: Path | Traversable, where: str) -> list[str]:
    """Return the names in the first line of a CSV file, or of a Parquet file's columns of numbers.

    Raises
    ------
    InputError
        If it is neither.
    FileError
        If it cannot be read.
    """
    if place.name.lower().endswith(".parquet"):
        return _with_parquet(place, where, _numeric_names)
    return _header(_lines(_text(place, where)), where)


def find_beside(
    name: str, folder: Traversable, label: str, key: str, endings: tuple[str, ...], rule: str = "must be"
) -> Path | Traversable:
    """Return the file of a name in the folder of a prior set, or below it.

    Parameters
    ----------
    label, key
        The prior set, and where it names the file, for messages.
    endings
        How the name may end.
    rule
        What the value must be, before "the name of a file".

    Raises
    ------
    InputError
        If the name is no such one, or leads out of the folder.
    FileError
        If there is no such file.
    """
    where, parts = f"{label}: {key}: {name!r:.80}", PurePosixPath(name).parts
    if not name.endswith(endings) or "\\" in name or ":" in name or not name.isprintable():
        raise InputError(f"{where}: {rule} the name of a file ending in {' or '.join(endings)} beside this one")
    if name.startswith("/") or ".." in parts:
        raise InputError(f"{where}: leaves the folder of {label}; copy the file there")
    place = folder.joinpath(*parts)
    if not place.is_file():
        raise FileError(f"{where}: no such file beside {label}")
    if isinstance(place, Path) and isinstance(folder, Path) and not place.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"{where}: is a link out of the folder; copy the file here")
    return place


def _of_csv(place: Path | Traversable, columns: Sequence[str], where: str) -> list[list[float]]:
    lines = _lines(_text(place, where))
    header = _header(lines, where)
    places = [_place(column, header, where) for column in columns]
    found: list[list[float]] = [[] for _ in columns]
    try:
        for cells in lines:
            if any(cell.strip() for cell in cells):
                _check_width(cells, header, f"{where}: line {lines.line_num}")
                for own, at in zip(found, places, strict=True):
                    own.append(_number(cells[at] if at < len(cells) else "", f"{where}: line {lines.line_num}"))
                _refuse_more(len(found[0]), where)
    except csv.Error as error:
        raise InputError(f"{where}: line {lines.line_num}: not CSV: {error}") from None
    return found


def _check_width(cells: Sequence[str], header: Sequence[str], place: str) -> None:
    """Raise if a line has more cells than the header, as 1,5 has where commas are meant for decimals."""
    if any(cell.strip() for cell in cells[len(header) :]):
        raise InputError(
            f"{place}: {len(cells)} cells, the header has {len(header)}; with decimal commas, put ; between columns"
        )


def _lines(text: str) -> Any:
    """Return a reader of lines; those before the first that begin with # are empty ones to it."""
    rows = list(io.StringIO(text, newline=""))
    first = next((k for k, row in enumerate(rows) if not row.startswith("#")), len(rows))
    return csv.reader(["\n"] * first + rows[first:], delimiter=_delimiter("".join(rows[first : first + 9])))


def _header(lines: Any, where: str) -> list[str]:
    try:
        return [cell.strip() for cell in next((cells for cells in lines if cells), [])]
    except csv.Error as error:
        raise InputError(f"{where}: line {lines.line_num}: not CSV: {error}") from None


def _text(place: Path | Traversable, where: str) -> str:
    return read_text(place, where, MAX_BYTES, "keep the columns that are wanted")


def _delimiter(text: str) -> str:
    first = text.lstrip().partition("\n")[0]
    return max(DELIMITERS, key=first.count)


def _place(column: str, header: list[str], where: str) -> int:
    if not any(header):
        raise InputError(f"{where}: has no header; put the names of the columns in its first line")
    if column not in header:
        raise InputError(f"{where}: column {column!r:.80}: is not there; {nearest(column, filter(None, header))}")
    if header.count(column) > 1:
        raise InputError(f"{where}: column {column!r:.80}: is there twice; rename one")
    return header.index(column)


def _number(cell: str, where: str) -> float:
    try:
        number = float(cell)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or "_" in cell or not cell.strip().isascii():
        raise InputError(f"{where}: {cell!r:.80}: must be a finite number; leave lines without one out")
    return number


def _refuse_more(count: int, where: str) -> None:
    if count > MOST_SAMPLES:
        raise InputError(f"{where}: at most {MOST_SAMPLES} samples are read; thin them")


def _of_parquet(place: Path | Traversable, columns: Sequence[str], where: str) -> list[list[float]]:
    def read(table: Any) -> list[list[float]]:
        numeric = _numeric_names(table)
        for column in columns:
            _place(column, table.schema_arrow.names, where)
            # Texts can be written once and repeated as often as there are rows.
            if column not in numeric:
                raise InputError(f"{where}: column {column!r:.80}: holds no numbers; store them as such")
        _refuse_more(table.metadata.num_rows, where)
        cells = table.read(columns=list(columns), use_threads=False)
        return [
            [_number(str(cell), f"{where}: row {k + 1}") for k, cell in enumerate(cells.column(column).to_pylist())]
            for column in columns
        ]

    return _with_parquet(place, where, read)


def _numeric_names(table: Any) -> list[str]:
    from pyarrow import types

    return [one.name for one in table.schema_arrow if types.is_integer(one.type) or types.is_floating(one.type)]


def _with_parquet[T](place: Path | Traversable, where: str, read: Callable[[Any], T]) -> T:
    """Return what a function reads of a Parquet file."""
    try:
        from pyarrow import parquet
    except ImportError:
        raise InputError(
            f"{where}: Parquet is read by pyarrow, which is not installed; install it, or save the columns as CSV"
        ) from None
    try:
        with place.open("rb") as file:
            return read(parquet.ParquetFile(file))
    except InputError:
        raise
    except OSError as error:
        raise FileError(f"{where}: cannot be read: {_in_a_line(error)}") from error
    except (ValueError, NotImplementedError) as error:
        raise InputError(f"{where}: not Parquet that can be read: {_in_a_line(error)}") from None


def _in_a_line(error: Exception) -> str:
    return ascii(" ".join(str(error).split()))[1:-1][:MOST_OF_A_REASON]
