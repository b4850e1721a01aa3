"""Samples of an empirical law from a column of a file, so that they need not stand in the prior set.

A row says `samples = { file = "x.csv", column = "y" }`; the file lies in the folder of the prior set, or below it.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath
from typing import Any

from mcdemand.errors import FileError, InputError
from mcdemand.registry import nearest

MOST_SAMPLES = 100_000
MAX_BYTES = 20_000_000
MAX_DEPTH = 20
KEYS = {"file", "column"}
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


def read_samples(stated: Mapping[str, Any], folder: Traversable, label: str, key: str = "samples") -> list[float]:
    r"""Return the numbers in a column of a CSV or a Parquet file.

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
    if stated.keys() != KEYS or not all(isinstance(value, str) for value in stated.values()):
        raise InputError(f'{label}: {key}: {dict(stated)!r:.80}: must be {{ file = "name.csv", column = "name" }}')
    name, column = stated["file"], stated["column"]
    place = find_beside(name, folder, label, key, (".csv", ".parquet"))
    where = f"{label}: {key}: {name}"
    found = _of_parquet(place, column, where) if name.endswith(".parquet") else _of_csv(place, column, where)
    if not found:
        raise InputError(f"{where}: column {column!r:.80}: holds no numbers")
    return found


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


def _of_csv(place: Path | Traversable, column: str, where: str) -> list[float]:
    lines = csv.reader(io.StringIO(text := _text(place, where), newline=""), delimiter=_delimiter(text), strict=True)
    found: list[float] = []
    try:
        header = [cell.strip() for cell in next(lines, [])]
        at = _place(column, header, where)
        for cells in lines:
            if any(cell.strip() for cell in cells):
                found.append(_number(cells[at] if at < len(cells) else "", f"{where}: line {lines.line_num}"))
                _refuse_more(len(found), where)
    except csv.Error as error:
        raise InputError(f"{where}: line {lines.line_num}: not CSV: {error}") from None
    return found


def _text(place: Path | Traversable, where: str) -> str:
    try:
        with place.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise FileError(f"{where}: cannot be read: {error.strerror}") from error
    if len(raw) > MAX_BYTES:
        raise InputError(f"{where}: at most {MAX_BYTES} bytes are read; keep the column that is wanted")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: not UTF-8: {error}; save it as CSV UTF-8") from None


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


def _of_parquet(place: Path | Traversable, column: str, where: str) -> list[float]:
    try:
        from pyarrow import parquet
    except ImportError:
        raise InputError(
            f"{where}: Parquet is read by pyarrow, which is not installed; install it, or save the column as CSV"
        ) from None
    try:
        with place.open("rb") as file:
            table = parquet.ParquetFile(file)
            _place(column, table.schema_arrow.names, where)
            _refuse_more(table.metadata.num_rows, where)
            cells = table.read(columns=[column]).column(column).to_pylist()
    except InputError:
        raise
    except OSError as error:
        raise FileError(f"{where}: cannot be read: {error}") from error
    except ValueError as error:
        raise InputError(f"{where}: not Parquet: {error}") from None
    return [_number(str(cell), f"{where}: row {k + 1}") for k, cell in enumerate(cells)]
