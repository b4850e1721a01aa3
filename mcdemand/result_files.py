"""Files that keep draws come back, whatever their format."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import xarray as xr

from mcdemand.errors import FileError, InputError
from mcdemand.exporters import exporters, owner_of
from mcdemand.exporters._description import DIMS
from mcdemand.exporters._exporter import Exporter
from mcdemand.exporters._restoring import first_cells
from mcdemand.result import STREAM_SCHEMA

CSV = ".csv"


def read(path: str | Path) -> xr.DataTree:
    """Return the draws of a file that `export`, `write_result` or `mcdemand run` wrote; a stranger's does no harm.

    Parameters
    ----------
    path
        A file in any format that keeps draws, or a folder of one; where several have its ending, its content tells.

    Returns
    -------
    xr.DataTree
        In the shape of a result, with the attributes that the file carries.

    Raises
    ------
    InputError
        If no format that can be read has such an ending.
    FileError
        If there is no such file, or it cannot be read.
    IntegrityError
        If it is damaged, or was not written by mcdemand.

    Examples
    --------
    >>> import tempfile
    >>> from mcdemand import simulate, write_result
    >>> result = simulate("consensus", draws=512, chains=2, outputs="energy_served")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     int(read(write_result(result, f"{folder}/one.nc")).attrs["seed"])
    0
    """
    place = Path(path)
    _, load = _reader_of(place)
    return load(place)


def read_draws(path: str | Path, *, with_priors: bool = True) -> xr.DataTree:
    """Return what `read` does of a file that keeps draws.

    Parameters
    ----------
    with_priors
        Whether the file must also say what they were drawn from, so that the run can be made again.

    Raises
    ------
    InputError
        If it lacks that, or keeps no draws.
    FileError, IntegrityError
        As `read`.
    """
    result = read(path)
    check_draws(str(path), result)
    if with_priors:
        check_priors(str(path), result)
    return result


def check_priors(where: str, result: xr.DataTree) -> None:
    """Raise unless a result says what it was drawn from, so that the run can be made again.

    Raises
    ------
    InputError
        If it does not.
    """
    if "prior_set_document" not in result.attrs:
        raise InputError(
            f"{where}: holds draws but not the prior set that they are from; name a file that keeps it, such as .nc or "
            ".parquet (CSV by about=true)"
        )


def check_draws(where: str, result: xr.DataTree) -> None:
    """Raise if a result is of a streamed run, which keeps a summary in place of draws.

    Raises
    ------
    InputError
        If it is.
    """
    if isinstance(result, xr.DataTree) and result.attrs.get("schema") == STREAM_SCHEMA:
        raise InputError(
            f"{where}: of a streamed run, keeps a summary and no draws; simulate without --stream, or stream with "
            "-o DRAWS.zarr and name that folder"
        )


def is_result(path: str | Path) -> bool:
    """Return whether draws can be read from a file, by its ending; of CSV, which priors may be too, by its start."""
    place = Path(path)
    if place.suffix.lower() != CSV:
        return place.name.lower().endswith(tuple(_readable()))
    cells = first_cells(place)
    is_table = tuple(cells[:2]) == DIMS[:2] or "".join(cells[:1]).startswith("#")
    return is_table or any(one.claims(place) for one in exporters().values() if one.claims and CSV in one.suffixes)


@contextmanager
def look_into(path: str | Path) -> Iterator[tuple[Exporter, xr.DataTree]]:
    """Open a file as `read` does, whatever its size, and yield its format and what is in it.

    Of a format of many files every byte is checked, but numbers are read when they are taken.

    Raises
    ------
    InputError, FileError, IntegrityError
        As `read`.
    """
    place = Path(path)
    one, load = _reader_of(place)
    if one.look is None:
        yield one, load(place)
        return
    with one.look(place) as tree:
        yield one, tree


def _reader_of(place: Path) -> tuple[Exporter, Callable[[Path], xr.DataTree]]:
    """Return the format of a file, and what reads it."""
    if not place.exists():
        raise FileError(f"{place}: cannot be read: no such file or folder")
    one = _format_of(place)
    if one is None or one.reader is None:
        raise InputError(f"{place}: no result can be read from such a file; endings that can: {', '.join(_readable())}")
    if one.keeps_whole:
        one.check_library()
    return one, one.reader


def _readable() -> list[str]:
    """Return the endings of formats that draws can be read from."""
    return sorted({suffix for one in exporters().values() if one.reader for suffix in one.suffixes})


def _format_of(path: Path) -> Exporter | None:
    """Return the format that a file is in: of several with its ending the one that claims it, else the owner."""
    sharing = [one for one in exporters().values() if one.reader and path.name.lower().endswith(one.suffixes)]
    claimed = next((one for one in sharing if one.claims and one.claims(path)), None)
    return claimed or owner_of(path) or next(iter(sharing), None)
