"""A result leaves for another tool, and files that keep its draws come back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import xarray as xr

from mcdemand.errors import FileError, InputError
from mcdemand.exporters import exporters
from mcdemand.exporters._description import DIMS
from mcdemand.exporters._exporter import Exporter
from mcdemand.exporters._restoring import first_cells
from mcdemand.exporters._selection import select
from mcdemand.files import check_folder, check_target, replace_file, replace_folder
from mcdemand.registry import look_up
from mcdemand.result import STREAM_SCHEMA

CSV = ".csv"


class Exported(NamedTuple):
    """What was written.

    Attributes
    ----------
    notes
        What the format could not keep, a sentence each.
    """

    path: Path
    format: str
    notes: tuple[str, ...]


def export(
    result: xr.DataTree,
    path: str | Path,
    to: str | None = None,
    *,
    outputs: str | Iterable[str] | None = None,
    years: int | Iterable[int] | None = None,
    probabilities: Sequence[float] | None = None,
    draws: int | None = None,
    overwrite: bool = False,
    **options: Any,
) -> Exported:
    """Write a result in another tool's format, whole or not at all.

    Parameters
    ----------
    result
        What `simulate`, `read_result` or `read` returned, whole.
    path
        The file, or the folder of a format that is one.
    to
        A name of `mcdemand.exporters.exporters()`; None: the format that the path's ending belongs to.
    outputs
        Quantities and parameters; None: all quantities, and all parameters where the format keeps joint draws.
    years
        None: all.
    probabilities
        Levels of the quantiles that a file states; None: 0.05, 0.25, 0.5, 0.75 and 0.95. A format without quantiles
        takes none.
    draws
        So many draws, the first of every chain: rounded down to equally many of each, at least one; None: all that the
        format takes.
    overwrite
        Whether a file that exists is replaced.
    options
        The format's own, such as `layout="tidy"` for "csv".

    Returns
    -------
    Exported
        The path, the format, and notes on what it could not keep.

    Raises
    ------
    InputError
        If the request is not sound, or the format needs a library that is not installed.
    NumericalError
        If a draw is NaN or infinite.
    FileError
        If the file exists and may not be overwritten, or cannot be written; then nothing changes.

    Examples
    --------
    >>> import tempfile
    >>> from mcdemand import simulate
    >>> result = simulate("consensus", draws=512, chains=2, outputs="energy_served")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     export(result, f"{folder}/energy.csv", years=2030).format
    'csv'
    """
    target = Path(path)
    _check_draws("result", result)
    exporter = choose_exporter(target, to)
    exporter.check_library()
    chosen = check_options(exporter, options)
    if probabilities is not None and not exporter.states_quantiles:
        raise InputError(f"probabilities: {exporter.name} files state no quantiles; leave it out, or use json or excel")
    selection = select(
        result,
        outputs=outputs,
        years=years,
        draws=draws,
        probabilities=probabilities,
        with_parameters=exporter.has_parameters,
    )
    notes: list[str] = []

    def write(place: str) -> None:
        notes.extend(exporter.write(selection, Path(place), **chosen))

    if exporter.marker:
        replace_folder(target, write, marker=exporter.marker, overwrite=overwrite)
    else:
        replace_file(target, write, overwrite=overwrite)
    return Exported(target, exporter.name, tuple(notes))


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
    _check_draws(str(path), result)
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


def _check_draws(where: str, result: xr.DataTree) -> None:
    """Raise if a result is of a streamed run, which keeps a summary in place of draws."""
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


def check_result_target(path: Path, *, overwrite: bool) -> Mapping[str, Any]:
    """Return the options under which a file keeps a whole result; raise unless one can be written, and read again.

    Raises
    ------
    InputError
        If its ending is that of no format, or of one that does not keep the whole of it, or a library is missing.
    FileError
        If it exists and may not be overwritten, or its folder does not exist.
    """
    exporter = _owner_of(path)
    if exporter is None or not exporter.keeps_whole:
        kept = "" if exporter is None else f"; {exporter.name} files do not keep one, so export it afterwards"
        whole = sorted(suffix for suffix, one in _owners().items() if one.keeps_whole)
        raise InputError(f"{path}: a result file ends in {', '.join(whole)}{kept}")
    exporter.check_library()
    if exporter.marker:
        check_folder(path, exporter.marker, overwrite=overwrite)
    else:
        check_target(path, overwrite=overwrite)
    return exporter.whole


def choose_exporter(path: Path, to: str | None) -> Exporter:
    """Return the format that is named, or else the one that the path's ending belongs to.

    Raises
    ------
    InputError
        If there is none, or the path has another format's ending.
    """
    if to is not None:
        exporter = look_up(to, {**exporters()}, "to")
        if not path.name.lower().endswith(exporter.suffixes):
            raise InputError(f"{path}: {exporter.name} files end in {' or '.join(exporter.suffixes)}; rename it")
        return exporter
    owner = _owner_of(path)
    if owner is None:
        raise InputError(
            f"{path}: of no known format; end the name in {', '.join(sorted(_owners()))}, or name the format"
        )
    return owner


def check_options(exporter: Exporter, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a format, those that are not given as they are by default.

    Raises
    ------
    InputError
        If one is unknown.
    """
    for name in options:
        if name not in exporter.options:
            known = ", ".join(exporter.options) or "none"
            raise InputError(f"{name}: no option of {exporter.name}; known: {known}")
    return {**exporter.options, **options}


def _owners() -> dict[str, Exporter]:
    return {suffix: one for one in exporters().values() if one.owns_suffix for suffix in one.suffixes}


def _readable() -> list[str]:
    """Return the endings of formats that draws can be read from."""
    return sorted({suffix for one in exporters().values() if one.reader for suffix in one.suffixes})


def _format_of(path: Path) -> Exporter | None:
    """Return the format that a file is in: of several with its ending the one that claims it, else the owner."""
    sharing = [one for one in exporters().values() if one.reader and path.name.lower().endswith(one.suffixes)]
    claimed = next((one for one in sharing if one.claims and one.claims(path)), None)
    return claimed or _owner_of(path) or next(iter(sharing), None)


def _owner_of(path: Path) -> Exporter | None:
    """Return the format that the ending of a name belongs to, the longest that any has."""
    owners = _owners()
    endings = [suffix for suffix in owners if path.name.lower().endswith(suffix)]
    return owners[max(endings, key=len)] if endings else None
